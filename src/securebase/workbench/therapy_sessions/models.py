"""Therapy sessions, and ruptures of the alliance with their repair."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from securebase.records.vocabulary import Phase, RuptureKind
from securebase.workbench.clients.models import PHASES, Episode
from securebase.workbench.clients.scoping import ScopedModel

RUPTURE_KINDS = [(k.value, k.label) for k in RuptureKind]


class TherapySession(ScopedModel):
    """One therapy session, held or planned: `held_at` may be in the future."""

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="therapy_sessions")
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(200)])
    held_at = models.DateTimeField()
    phase = models.CharField(max_length=20, choices=PHASES, default=Phase.INITIAL.value)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("episode", "number"), name="one_session_a_number"),)

    def __str__(self) -> str:
        return f"Session {self.number}"

    @property
    def phase_label(self) -> str:
        return Phase(self.phase).label


class Rupture(ScopedModel):
    """A rupture of the alliance that the therapist marked, with its repair."""

    THERAPIST_PATH: ClassVar[str] = "therapy_session__episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    therapy_session = models.ForeignKey(TherapySession, on_delete=models.PROTECT, related_name="ruptures")
    kind = models.CharField(max_length=20, choices=RUPTURE_KINDS)
    marked_at = models.DateTimeField()
    repaired_in = models.ForeignKey(
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="repairs"
    )
    repaired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("marked_at",)

    def __str__(self) -> str:
        return self.kind
