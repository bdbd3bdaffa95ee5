"""The only writes of this room: pictures and drawings that were derived. No audit row: nothing anyone said changes."""

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
class Holds:
    """For how long a picture holds without a look at the record: `since` ≤ now < `until`, while the record has this
    version and pictures are made with `made`.
    """

    since: datetime
    until: datetime
    version: int
    made: str

    def columns(self) -> dict[str, object]:
        return {
            "made_at": self.since,
            "holds_until": self.until,
            "record_version": self.version,
            "made_with": self.made,
        }


def store_picture(*, episode: Episode, picture: ClientPicture, holding: Holds) -> None:
    """Keep the picture in place of an older one; drawings and the row of the older one go."""
    kept = {"fingerprint": picture.fingerprint, "picture": picture.to_json(), "drawings": {}, "summary": {}}
    StoredPicture.objects.unscoped(reason=DERIVED).update_or_create(episode=episode, defaults=kept | holding.columns())


def keep_holding(*, episode: Episode, fingerprint: str, holding: Holds) -> None:
    """The stored picture was compared with the record and is still the right one."""
    rows = StoredPicture.objects.unscoped(reason=DERIVED)
    rows.filter(episode=episode, fingerprint=fingerprint).update(**holding.columns())


@transaction.atomic
def store_drawing(*, stored: StoredPicture, name: str, drawing: str) -> None:
    """Keep the chart beside those that were drawn meanwhile, if the picture it was drawn from is still the one kept."""
    rows = StoredPicture.objects.unscoped(reason=DERIVED)
    rows = rows.filter(id=stored.id, fingerprint=stored.fingerprint)
    kept = rows.only("drawings").first()
    if kept is not None:
        rows.update(drawings={**kept.drawings, name: drawing})


@transaction.atomic
def store_summaries(made: Mapping[uuid.UUID, tuple[str, Summary]]) -> None:
    """Keep rows of the caseload (episode → fingerprint of the picture, row), where that picture is still stored."""
    rows = StoredPicture.objects.unscoped(reason=DERIVED)
    for episode, (fingerprint, one) in made.items():
        rows.filter(episode=episode, fingerprint=fingerprint).update(summary=one.to_stored())
