"""Jobs: work that is done later, once; and the mail server that messages leave by."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from securebase.workbench.accounts.models import Clinic


class JobState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Job(models.Model):
    """One piece of work. `key` names it: a second job with the same key is refused, whatever became of the first.

    `payload` holds ids only, never what a person wrote.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120, unique=True)
    payload = models.JSONField(default=dict)
    run_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("run_at",)
        indexes = (models.Index(fields=("state", "run_at"), name="job_due"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Security(models.TextChoices):
    """Encryption of the connection to a mail server."""

    TLS = "tls", "TLS (usually port 465)"
    STARTTLS = "starttls", "STARTTLS (usually port 587)"
    NONE = "none", "None (only on this machine)"


class MailServer(models.Model):
    """The SMTP server of a clinic. The password is in the encrypted database and on no page."""

    clinic = models.OneToOneField(Clinic, on_delete=models.PROTECT, related_name="mail_server", primary_key=True)
    host = models.CharField(max_length=200)
    port = models.PositiveIntegerField(default=587, validators=[MinValueValidator(1), MaxValueValidator(65535)])
    security = models.CharField(max_length=10, choices=Security.choices, default=Security.STARTTLS)
    user = models.CharField(max_length=200, blank=True)
    password = models.CharField(max_length=500, blank=True)
    sender = models.EmailField()
    #: when a test message last left by these settings
    tested_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
