"""The clinic, the accounts of its staff, and the counts of failed sign-ins."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

HELP_TEXT = (
    "If you are in danger, or might act on thoughts of hurting yourself, call your local emergency number now "
    "or go to the nearest emergency department.\n"
    "If you can, tell someone near you how you feel, and do not stay alone."
)


class Role(models.TextChoices):
    """Roles of an account. Only therapists see clients, and only their own."""

    THERAPIST = "therapist", "Therapist"
    SUPERVISOR = "supervisor", "Supervisor"
    RESEARCHER = "researcher", "Researcher"
    ADMINISTRATOR = "administrator", "Administrator"


def normalise_user_name(user_name: str) -> str:
    """Return the user name as stored, looked up and counted: NFKC, trimmed, case-folded.

    Otherwise look-alike spellings would be separate accounts, each with failed attempts of its own.
    """
    return unicodedata.normalize("NFKC", user_name).strip().casefold()


class IptTraining(models.TextChoices):
    """Levels of training in IPT."""

    NONE = "none", "None yet"
    READ = "read", "Reading only"
    COURSE = "course", "Course"
    SUPERVISED = "supervised", "Course and supervised cases"
    CERTIFIED = "certified", "Certified"
    TEACHES = "teaches", "Supervises or teaches IPT"


class Clinic(models.Model):
    """The practice or clinic that runs this workbench. `help_text` is shown to clients who need help at once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    help_text = models.TextField(max_length=2000, default=HELP_TEXT)
    #: its lineage of IPT (`ipt.lineage`) and its own course formats (`ipt.course_format`)
    lineage = models.JSONField(default=dict, blank=True)
    course_forms = models.JSONField(default=list, blank=True)
    #: who is told of a safety alert that its therapist has not acknowledged, and after how many minutes
    duty_clinician = models.ForeignKey("Account", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    duty_after_minutes = models.PositiveIntegerField(default=60, validators=[MinValueValidator(5)])
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(user_name=normalise_user_name(username or ""))


class Account(AbstractBaseUser):
    """A member of staff. Clients have no account; they use links made for them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="accounts")
    user_name = models.CharField(max_length=150, unique=True)
    name_shown = models.CharField(max_length=120)
    #: address for messages about safety alerts; blank if none are wanted
    mail = models.EmailField(blank=True)
    roles = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    #: an administrator set the password and knows it: the owner must choose another
    password_set_by_other = models.BooleanField(default=False)
    #: therapist characteristics that outcomes are adjusted for; the owner may leave them empty
    training = models.CharField(max_length=200, blank=True)
    years_of_experience = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(70)])
    orientation = models.CharField(max_length=200, blank=True)
    ipt_training = models.CharField(max_length=20, choices=IptTraining.choices, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "user_name"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name_shown"]
    objects = AccountManager()

    class Meta:
        ordering = ("name_shown",)

    def __str__(self) -> str:
        return self.name_shown

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.user_name = normalise_user_name(self.user_name)
        super().save(*args, **kwargs)

    def has_role(self, *roles: Role) -> bool:
        """Return whether the account is active and has one of these roles."""
        return bool(self.is_active and {str(r) for r in roles} & set(self.roles))

    @property
    def role_labels(self) -> Sequence[str]:
        return [Role(r).label for r in self.roles]

    @property
    def is_therapist(self) -> bool:
        return self.has_role(Role.THERAPIST)

    @property
    def is_supervisor(self) -> bool:
        return self.has_role(Role.SUPERVISOR)

    @property
    def is_researcher(self) -> bool:
        return self.has_role(Role.RESEARCHER)

    @property
    def is_administrator(self) -> bool:
        return self.has_role(Role.ADMINISTRATOR)


class SignInCount(models.Model):
    """Count of failed sign-ins of one account name or one network address; it survives restarts.

    `key` is a digest, because people type passwords into the user name field.
    """

    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=64)
    failures = models.PositiveIntegerField(default=0)
    last_failed_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("kind", "key"), name="one_count_a_key"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.failures}"
