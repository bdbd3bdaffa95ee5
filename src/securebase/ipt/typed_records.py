"""Typed parts of a record, derived from filled-in worksheets for studies and simulations.

They are life events, retellings, corrective experiences, and the extent to which each technique was used.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from securebase.ipt.behaviour import TypedRecord
from securebase.ipt.shelf import behaviour, worksheets
from securebase.records.episode import (
    CorrectiveExperienceRecord,
    EpisodeRecord,
    InputRecord,
    LifeEventRecord,
    RetellingRecord,
)

T = TypeVar("T", bound=TypedRecord)


def add_typed_records(record: EpisodeRecord) -> EpisodeRecord:
    """Return the record with typed parts from its artefacts added after those it already had.

    Typed parts have no missing values. Left out are events without a day, a weight or the client's part in them,
    retellings without a session, a peak or distress at the end, and experiences without a session. They remain in the
    artefacts.
    """
    parts = [part for name in worksheets() for part in behaviour(name).typed_records(record, record.artefacts_of(name))]
    return replace(
        record,
        life_events=record.life_events + _of_type(parts, LifeEventRecord),
        tellings=record.tellings + _of_type(parts, RetellingRecord),
        corrective_experiences=record.corrective_experiences + _of_type(parts, CorrectiveExperienceRecord),
        inputs=record.inputs + _of_type(parts, InputRecord),
    )


def _of_type(parts: list[TypedRecord], kind: type[T]) -> tuple[T, ...]:
    return tuple(sorted((p for p in parts if isinstance(p, kind)), key=lambda p: p.at))
