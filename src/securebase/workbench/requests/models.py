"""Plans of requests, the requests that they make, and what a client or a clinic has chosen about them."""

from __future__ import annotations

import uuid
from datetime import date, time
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from securebase.workbench.accounts.models import Clinic
from securebase.workbench.check_ins.models import CheckIn
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clients.scoping import ScopedModel
from securebase.workbench.requests.occasions import Rule, When


class Channel(models.TextChoices):
    """The way in which a client hears of a request."""

    MAIL = "mail", "By email"
    PUSH = "push", "By a notification on the client’s phone"
    NONE = "none", "Not at all: on the client’s own page, by QR code or on this device"


class RequestState(models.TextChoices):
    WAITING = "waiting", "Planned"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    ANSWERED = "answered", "Answered"
    EXPIRED = "expired", "Not answered"
    WITHDRAWN = "withdrawn", "Withdrawn"
    FAILED = "failed", "Could not be sent"


class RequestPlan(ScopedModel):
    """One line of a course's schedule: what is asked, when, and how the client hears of it.

    A changed plan is ended and replaced by a new one only where it asks something else; times can change.
    """

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="request_plans")
    when = models.CharField(max_length=10, choices=[(w.value, w.value) for w in When])
    #: instruments besides the session set, or all that is asked between sessions
    instruments = models.JSONField(default=list, blank=True)
    at = models.TimeField(default=time(18))
    until = models.TimeField(default=time(20))
    days = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(92)])
    hours = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(72)])
    start = models.DateField(default=date.today)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.MAIL)
    reminders = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(3)])
    reminder_hours = models.PositiveSmallIntegerField(default=14, validators=[MinValueValidator(1)])
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("began_at",)

    def __str__(self) -> str:
        return self.when

    @property
    def is_running(self) -> bool:
        return self.ended_at is None and self.episode.ended_on is None

    @property
    def rule(self) -> Rule:
        return Rule(When(self.when), self.at, self.until, self.days, self.hours, self.start, str(self.id))


class Request(ScopedModel):
    """One occasion on which a client is asked; `occasion` names it within its plan, so that it is asked once."""

    THERAPIST_PATH: ClassVar[str] = "plan__episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.ForeignKey(RequestPlan, on_delete=models.PROTECT, related_name="requests")
    occasion = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.WAITING)
    #: counts how often it was withdrawn and wanted again; each turn has a job of its own
    turn = models.PositiveSmallIntegerField(default=0)
    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, null=True, blank=True, related_name="requests")
    sent_at = models.DateTimeField(null=True, blank=True)
    #: times at which reminders left
    reminded = models.JSONField(default=list, blank=True)
    #: whether it may be reminded, where the clinic lets chance decide; None otherwise
    reminder_arm = models.BooleanField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    #: it could not be sent because the client's email address is missing or was refused
    address_is_wrong = models.BooleanField(default=False)

    class Meta:
        ordering = ("due_at",)
        constraints = (models.UniqueConstraint(fields=("plan", "occasion"), name="one_request_an_occasion"),)

    def __str__(self) -> str:
        return f"{self.due_at:%Y-%m-%d %H:%M} {self.state}"


class MailChoice(ScopedModel):
    """A client's own choice about messages."""

    THERAPIST_PATH: ClassVar[str] = "client__therapist"

    client = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="mail_choice", primary_key=True)
    reminders_off = models.BooleanField(default=False)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return "off" if self.reminders_off else "on"


class PushSubscription(ScopedModel):
    """One browser of a client that takes notifications."""

    THERAPIST_PATH: ClassVar[str] = "client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="push_subscriptions")
    endpoint_digest = models.CharField(max_length=64, unique=True)
    endpoint = models.CharField(max_length=1000)
    p256dh = models.CharField(max_length=1000)
    auth = models.CharField(max_length=1000)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return "ended" if self.ended_at else "open"


class RequestSettings(models.Model):
    """A clinic's choices about requests."""

    clinic = models.OneToOneField(Clinic, on_delete=models.PROTECT, related_name="request_settings", primary_key=True)
    #: chance decides, for each request, whether it may be reminded
    randomise_reminders = models.BooleanField(default=False)

    def __str__(self) -> str:
        return "randomised" if self.randomise_reminders else "always"
