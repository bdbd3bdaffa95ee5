"""The onset of the symptoms on the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from securebase.ipt.behaviour import Behaviour
from securebase.ipt.timeline_marks import Onset
from securebase.records.artefact import ArtefactRecord
from securebase.records.dates import days_since
from securebase.records.episode import EpisodeRecord


def timeline_marks(entry: ArtefactRecord, _: EpisodeRecord, began: date) -> Iterator[Onset]:
    at = days_since(entry.text("began_on"), began)
    if at is not None:
        yield Onset(entry.id, entry.worksheet, at, worse=days_since(entry.text("worse_on"), began))


BEHAVIOUR = Behaviour(timeline_marks=timeline_marks)
