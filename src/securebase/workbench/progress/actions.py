"""The only writes of this room: pictures and drawings that were derived. No audit row: nothing anyone said changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from securebase.picture.client import ClientPicture
from securebase.workbench.clients.models import Episode
from securebase.workbench.progress.models import StoredPicture

DERIVED = "the picture derived from an episode already in scope"


def store_picture(*, episode: Episode, picture: ClientPicture, at: datetime) -> None:
    """Keep the picture in place of an older one; drawings of the older one go."""
    StoredPicture.objects.for_the_workbench(because=DERIVED).update_or_create(
        episode=episode,
        defaults={"fingerprint": picture.fingerprint, "picture": picture.to_json(), "drawings": {}, "made_at": at},
    )


def store_drawings(*, episode: Episode, picture: ClientPicture, drawings: Mapping[str, str]) -> None:
    """Keep the charts, if the picture they were drawn from is still the one stored."""
    rows = StoredPicture.objects.for_the_workbench(because=DERIVED)
    rows.filter(episode=episode, fingerprint=picture.fingerprint).update(drawings=dict(drawings))
