"""The last picture that was made of an episode. It can be thrown away at any time: it is made anew from the record."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.scoping import ScopedModel


class StoredPicture(ScopedModel):
    """A picture as JSON with the fingerprint of what it was made from, the charts that were drawn of it, and its row
    in the caseload.

    It holds, without a look at the record, from `made_at` until just before `holds_until`, for as long as the episode's
    record has the version `record_version` and `made_with` is what pictures are made with.
    """

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    episode = models.OneToOneField(Episode, on_delete=models.CASCADE, related_name="stored_picture")
    fingerprint = models.CharField(max_length=64)
    picture = models.TextField()
    drawings = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    holds_until = models.DateTimeField(null=True)
    record_version = models.PositiveIntegerField(default=0)
    made_with = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.fingerprint
