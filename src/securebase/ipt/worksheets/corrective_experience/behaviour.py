"""Corrective experiences in the record."""

from __future__ import annotations

from collections.abc import Iterator

from securebase.ipt.behaviour import Behaviour, Entries
from securebase.records.episode import CorrectiveExperienceRecord, EpisodeRecord


def typed_records(record: EpisodeRecord, entries: Entries) -> Iterator[CorrectiveExperienceRecord]:
    """Yield the experiences with a session."""
    days = {s.number: s.at for s in record.sessions}
    for entry in entries:
        # without an entry on what happened instead, the feared outcome has not been disconfirmed yet
        if entry.session is not None and entry.session in days and entry.text("happened"):
            yield CorrectiveExperienceRecord(at=days[entry.session], session=entry.session)


BEHAVIOUR = Behaviour(typed_records=typed_records)
