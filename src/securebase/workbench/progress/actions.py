"""Store derived pictures, charts and summaries; clinical data does not change, so no audit row is written."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from securebase.picture.client import ClientPicture
from securebase.workbench.clients.models import Episode
from securebase.workbench.progress.models import StoredPicture
from securebase.workbench.progress.rows import Summary

DERIVED = "the picture derived from an episode already in scope"


@dataclass(frozen=True, slots=True)
class Validity:
    """Period and versions for which a stored picture is valid without reading the record.

    It is valid for `since` ≤ now < `until`, while the record has version `record_version` and the versions in use have
    the fingerprint `made_with`.
    """

    since: datetime
    until: datetime
    record_version: int
    made_with: str

    def columns(self) -> dict[str, object]:
        return {
            "made_at": self.since,
            "holds_until": self.until,
            "record_version": self.record_version,
            "made_with": self.made_with,
        }


def store_picture(*, episode: Episode, picture: ClientPicture, validity: Validity) -> None:
    """Replace the stored picture, and clear the charts and the summary of the previous one."""
    columns = {"fingerprint": picture.fingerprint, "picture": picture.to_json(), "drawings": {}, "summary": {}}
    rows = StoredPicture.objects.unscoped(reason=DERIVED)
    rows.update_or_create(episode=episode, defaults=columns | validity.columns())


def extend_validity(*, episode: Episode, fingerprint: str, validity: Validity) -> None:
    """Extend the validity of a stored picture that still matches the record."""
    rows = StoredPicture.objects.unscoped(reason=DERIVED)
    rows.filter(episode=episode, fingerprint=fingerprint).update(**validity.columns())


@transaction.atomic
def store_drawing(*, stored: StoredPicture, name: str, drawing: str) -> None:
    """Add a chart to those already stored, if the picture it was drawn from has not been replaced."""
    rows = StoredPicture.objects.unscoped(reason=DERIVED)
    rows = rows.filter(id=stored.id, fingerprint=stored.fingerprint)
    current = rows.only("drawings").first()
    if current is not None:
        rows.update(drawings={**current.drawings, name: drawing})


@transaction.atomic
def store_summaries(summaries: Mapping[uuid.UUID, tuple[str, Summary]]) -> None:
    """Store summaries (episode → picture's fingerprint, summary) with those pictures that are still stored."""
    rows = StoredPicture.objects.unscoped(reason=DERIVED)
    for episode, (fingerprint, summary) in summaries.items():
        rows.filter(episode=episode, fingerprint=fingerprint).update(summary=summary.to_stored())
