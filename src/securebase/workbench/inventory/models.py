"""The people in the client's life, and the versions of the closeness circle."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from securebase.records.artefact import Placement
from securebase.records.vocabulary import CircleKind, Respondent
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.scoping import ScopedModel

CIRCLE_KINDS = [(k.value, k.label) for k in CircleKind]
#: Possible authors of a circle.
DRAWN_BY = [(r.value, r.label) for r in (Respondent.CLIENT, Respondent.THERAPIST)]


class Relationship(ScopedModel):
    """One person in the client's life. Never deleted: `left_at` is the time of removal from the inventory."""

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="relationships")
    name_shown = models.CharField(max_length=80)
    relation = models.CharField(max_length=80, blank=True)
    deceased = models.BooleanField(default=False)
    online = models.BooleanField(default=False)
    professional = models.BooleanField(default=False)
    is_focus = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("added_at", "name_shown")

    def __str__(self) -> str:
        return self.name_shown


class Circle(ScopedModel):
    """One version of the closeness circle. `placements` holds one object for each person on it."""

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"
    #: what a page names as its revision before the first version
    NO_REVISION: ClassVar[str] = " 0"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="circles")
    kind = models.CharField(max_length=10, choices=CIRCLE_KINDS, default=CircleKind.PRESENT.value)
    respondent = models.CharField(max_length=10, choices=DRAWN_BY, default=Respondent.CLIENT.value)
    #: time of the last save
    drawn_at = models.DateTimeField()
    #: the account that saved it; None if the client did so on their own page
    drawn_by = models.UUIDField(null=True, blank=True)
    therapy_session = models.ForeignKey(
        "therapy_sessions.TherapySession", on_delete=models.PROTECT, null=True, blank=True, related_name="circles"
    )
    placements = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("drawn_at",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.drawn_at:%Y-%m-%d}"

    @property
    def revision(self) -> str:
        """Id and version, which a page names when it saves, to detect concurrent edits."""
        return f"{self.id} {self.version}"

    @property
    def placement_values(self) -> tuple[Placement, ...]:
        """The placements as `Placement` values."""
        return tuple(Placement(**placement) for placement in self.placements)
