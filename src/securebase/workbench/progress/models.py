"""The stored picture of an episode: a cache that can be deleted at any time and is rebuilt from the record."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.scoping import ScopedModel


class StoredPicture(ScopedModel):
    """A picture as JSON with its fingerprint, the charts drawn from it, and its summary for the caseload.

    The picture is valid for `made_at` ≤ now < `holds_until`, while the episode's record has version `record_version`
    and `made_with` matches the versions in use (decision 0011). No record is read to check this.
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
