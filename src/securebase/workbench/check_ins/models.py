"""Check-ins: the questionnaires before or after a session, and the link that opens them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.functional import cached_property

from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import SESSION_SETS, AskedPart
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.scoping import ScopedModel
from securebase.workbench.clients.tokens import derived_token, digest
from securebase.workbench.measures.models import MOMENTS, Administration
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.wordings import worded_part


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
    """The questionnaires before, after or between sessions; only a digest of the link's token is stored.

    One before or after a session begins with the set of its moment. One between sessions has its `extras` only.
    """

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="check_ins")
    therapy_session = models.ForeignKey(
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="check_ins"
    )
    moment = models.CharField(max_length=10, choices=MOMENTS)
    mode = models.CharField(max_length=10, choices=CheckInMode.choices)
    state = models.CharField(max_length=10, choices=CheckInState.choices, default=CheckInState.WAITING)
    #: counts the links; each has a token of its own, and a new one ends the one before
    link_number = models.PositiveIntegerField(default=0)
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
    def token(self) -> str:
        """Token of the present link."""
        return derived_token(f"check-in:{self.id}:{self.link_number}")

    @property
    def path(self) -> str:
        return f"/c/{self.token}/"

    def works(self, at: datetime) -> bool:
        """Return True if its present link can be given to the client: it has not ended, and is one of this version."""
        has_time = self.expires_at is not None and at < self.expires_at
        return self.is_waiting and has_time and self.token_digest == digest(self.token)

    @property
    def instrument_id(self) -> str:
        """The first instrument: the set of the moment, else the first of the extras."""
        return SESSION_SETS.get(self.moment) or self.parts[0].instrument

    @property
    def parts(self) -> tuple[AskedPart, ...]:
        """Additional questions, by instrument."""
        return tuple(map(AskedPart.parse, self.extras))

    @cached_property
    def asked_instruments(self) -> list[tuple[Instrument, str]]:
        """Every instrument with its asked items in the client's language, the first one first, and its wording."""
        language = self.episode.client.language or "en"
        first = [(get_instrument(SESSION_SETS[self.moment]), "")] if self.moment in SESSION_SETS else []
        return [*first, *(worded_part(part, language) for part in self.parts)]

    @property
    def extra_instruments(self) -> list[Instrument]:
        """The instruments after the first one, each with the items that are asked."""
        return [instrument for instrument, _ in self.asked_instruments[1:]]

    @property
    def answers(self) -> Administration:
        """Administration of the first instrument. Raises Administration.DoesNotExist if it was not answered."""
        return self.administrations.get(instrument=self.instrument_id)

    @property
    def extra_answers(self) -> list[Administration]:
        """Administrations of the instruments after the first one, in the order in which they were asked."""
        by_instrument = {a.instrument: a for a in self.administrations.all()}
        names = [part.instrument for part in self.parts if part.instrument != self.instrument_id]
        return [by_instrument[name] for name in names if name in by_instrument]

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
