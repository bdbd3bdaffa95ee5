"""The extent of each technique in the record."""

from __future__ import annotations

from collections.abc import Iterator

from securebase.ipt.behaviour import Behaviour, Entries
from securebase.records.episode import EpisodeRecord, InputRecord
from securebase.records.vocabulary import Moment, Technique


def typed_records(record: EpisodeRecord, entries: Entries) -> Iterator[InputRecord]:
    """Yield the extent (0 to 3) of each rated technique, from the last note of each session."""
    days = {s.number: s.at for s in record.sessions}
    notes = {entry.session: entry for entry in entries if entry.session is not None and entry.session in days}
    for session, note in notes.items():
        for technique in Technique:
            extent = note.number(technique.value)
            if extent is not None:
                yield InputRecord(technique.value, extent, days[session], Moment.AFTER)


BEHAVIOUR = Behaviour(typed_records=typed_records)
