"""Contacts and loneliness over time."""

from __future__ import annotations

from collections.abc import Iterator

from securebase.ipt.area_progress import RatingsOverTime, ratings_over_time
from securebase.ipt.behaviour import Behaviour, Entries
from securebase.records.episode import EpisodeRecord


def progress(_: EpisodeRecord, entries: Entries) -> Iterator[RatingsOverTime]:
    top = max([10.0, *(v for a in entries if (v := a.number("contacts")) is not None)])
    fields = [("contacts", "contacts this week"), ("loneliness", "loneliness")]
    yield ratings_over_time("Contacts and loneliness", entries, fields, top=top)


BEHAVIOUR = Behaviour(progress=progress)
