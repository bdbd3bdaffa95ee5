"""Check-ins: the questionnaires before or after a session, and the link that opens them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models

from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import SESSION_SETS, AskedPart
from securebase.workbench.clients.scoping import ScopedModel
from securebase.workbench.measures.models import MOMENTS, Administration
from securebase.workbench.therapy_sessions.models import TherapySession


class CheckInState(models.TextChoices):
    WAITING = "waiting", "Waiting for an answer"
    ANSWERED = "answered", "Answered"
    WITHDRAWN = "withdrawn", "Withdrawn"


class CheckInMode(models.TextChoices):
    """Medium of a check-in."""

    LINK = "link", "Link to another device"
    DEVICE = "device", "This device, handed over"
    PAPER = "paper", "Paper, typed in"


class CheckIn(ScopedModel):
    """The questionnaires before or after one session; only a digest of the link's token is stored."""

    THERAPIST_PATH: ClassVar[str] = "therapy_session__episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    therapy_session = models.ForeignKey(TherapySession, on_delete=models.PROTECT, related_name="check_ins")
    moment = models.CharField(max_length=10, choices=MOMENTS)
    mode = models.CharField(max_length=10, choices=CheckInMode.choices)
    state = models.CharField(max_length=10, choices=CheckInState.choices, default=CheckInState.WAITING)
    token_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    invited_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    #: what the page sent to say “this is the same answer again”; a digest, like the link's
    submission_digest = models.CharField(max_length=64, blank=True)
    #: what is asked in addition to the session set, fixed when it was opened: link, paper form and entry agree
    extras = models.JSONField(default=list, blank=True)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ("invited_at",)
        constraints = (models.UniqueConstraint(fields=("therapy_session", "moment"), name="one_check_in_a_moment"),)

    def __str__(self) -> str:
        return f"{self.get_moment_display()}, {self.get_state_display().lower()}"

    @property
    def instrument_id(self) -> str:
        return SESSION_SETS[self.moment]

    @property
    def parts(self) -> tuple[AskedPart, ...]:
        """Additional questions, by instrument."""
        return tuple(map(AskedPart.parse, self.extras))

    @property
    def extra_instruments(self) -> list[Instrument]:
        """The additional instruments, each with the items that are asked."""
        return [part.questions for part in self.parts]

    @property
    def answers(self) -> Administration:
        """Administration of the session set. Raises Administration.DoesNotExist if it was not answered."""
        return self.administrations.get(instrument=self.instrument_id)

    @property
    def extra_answers(self) -> list[Administration]:
        """Administrations of the additional questionnaires, in the order in which they were asked."""
        by_instrument = {a.instrument: a for a in self.administrations.all()}
        return [by_instrument[part.instrument] for part in self.parts if part.instrument in by_instrument]

    def asked(self, now: datetime) -> tuple[AskedPart, ...]:
        """Return the additional questions that were answered with it, or that its open link still asks."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.parts if self.is_answered or (self.is_waiting and not expired) else ()

    @property
    def is_answered(self) -> bool:
        return self.state == CheckInState.ANSWERED

    @property
    def is_waiting(self) -> bool:
        return self.state == CheckInState.WAITING
