"""Life events on the timeline and in the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from securebase.ipt.behaviour import Behaviour, Entries
from securebase.ipt.timeline_marks import EventDependence, TimelineEvent
from securebase.records.artefact import ArtefactRecord
from securebase.records.dates import days_since
from securebase.records.episode import EpisodeRecord, LifeEventRecord
from securebase.records.vocabulary import ProblemArea

#: Worksheet weight (0 to 10) that corresponds to weight 1 in the simulator, whose events have mean weight 1.
MEAN_WEIGHT = 5.0


def typed_records(record: EpisodeRecord, entries: Entries) -> Iterator[LifeEventRecord]:
    """Yield the events with a day, a weight and the client's part in them."""
    for entry in entries:
        day = None if record.began_on is None else days_since(entry.text("happened_on"), record.began_on)
        weight, part = entry.number("weight"), entry.text("dependent")
        if day is not None and weight is not None and part in {"dependent", "independent"}:
            yield LifeEventRecord(at=day, dependent=part == "dependent", weight=weight / MEAN_WEIGHT)


def timeline_marks(entry: ArtefactRecord, _: EpisodeRecord, began: date) -> Iterator[TimelineEvent]:
    at, dependent = days_since(entry.text("happened_on"), began), entry.text("dependent")
    if at is not None:
        yield TimelineEvent(
            id=entry.id,
            worksheet=entry.worksheet,
            words=entry.text("what") or "(no description yet)",
            at=at,
            until=days_since(entry.text("ended_on"), began),
            weight=entry.number("weight"),
            dependent=EventDependence(dependent) if dependent in set(EventDependence) else EventDependence.UNCLEAR,
            side=entry.text("side"),
            area=ProblemArea.ROLE_TRANSITION,
        )


BEHAVIOUR = Behaviour(typed_records=typed_records, timeline_marks=timeline_marks)
