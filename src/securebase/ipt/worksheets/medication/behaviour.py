"""Medication on the timeline and in the overview of the course."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from securebase.ipt.behaviour import Behaviour
from securebase.ipt.rendering import field_in_words
from securebase.ipt.shelf import worksheet
from securebase.ipt.timeline_marks import SpanKind, TimelineSpan
from securebase.records.artefact import ArtefactRecord
from securebase.records.dates import days_since
from securebase.records.episode import EpisodeRecord


def timeline_marks(entry: ArtefactRecord, _: EpisodeRecord, began: date) -> Iterator[TimelineSpan]:
    start, end = days_since(entry.text("from_on"), began), days_since(entry.text("to_on"), began)
    if start is not None or end is not None:
        name, dose = entry.text("name") or "(no name yet)", entry.text("dose")
        yield TimelineSpan(entry.id, entry.worksheet, SpanKind.MEDICATION, name, start, end, dose)


def overview(entry: ArtefactRecord) -> list[str]:
    until = field_in_words(worksheet(entry.worksheet), entry.values, "to_on")
    name = " ".join(p for p in (entry.text("name"), entry.text("dose")) if p)
    return [name + (f", until {until}" if until else "")]


BEHAVIOUR = Behaviour(timeline_marks=timeline_marks, overview=overview)
