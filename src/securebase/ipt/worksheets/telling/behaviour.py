"""Retellings in the record."""

from __future__ import annotations

from collections.abc import Iterator

from securebase.ipt.behaviour import Behaviour, Entries
from securebase.records.episode import EpisodeRecord, RetellingRecord


def typed_records(record: EpisodeRecord, entries: Entries) -> Iterator[RetellingRecord]:
    """Yield the retellings with a session, a peak and distress at the end."""
    days = {s.number: s.at for s in record.sessions}
    for entry in entries:
        peak, end = entry.number("peak"), entry.number("end_distress")
        if entry.session is not None and entry.session in days and peak is not None and end is not None:
            yield RetellingRecord(at=days[entry.session], session=entry.session, peak=peak, end=end)


BEHAVIOUR = Behaviour(typed_records=typed_records)
