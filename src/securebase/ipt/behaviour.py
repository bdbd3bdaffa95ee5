"""Behaviour of a worksheet beyond being filled in: functions that its `behaviour.py` hands to pages and reports.

A folder of the shelf with a `behaviour.py` defines `BEHAVIOUR = Behaviour(...)` there. Functions that it leaves out do
nothing. Entries are handed over in the order in which they were begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from securebase.ipt.area_progress import Fact, RatingsOverTime, RolesCompared
from securebase.ipt.timeline_marks import Onset, TimelineEvent, TimelineSpan
from securebase.records.artefact import ArtefactRecord, Value
from securebase.records.episode import (
    CorrectiveExperienceRecord,
    EpisodeRecord,
    InputRecord,
    LifeEventRecord,
    RetellingRecord,
)
from securebase.records.vocabulary import ProblemArea

Entries: TypeAlias = Sequence[ArtefactRecord]
TypedRecord: TypeAlias = LifeEventRecord | RetellingRecord | CorrectiveExperienceRecord | InputRecord
TimelineMark: TypeAlias = TimelineEvent | TimelineSpan | Onset
Progress: TypeAlias = RatingsOverTime | RolesCompared


@dataclass(frozen=True, slots=True)
class AreaEvidence:
    """One finding that supports an area.

    worksheet, artefact: its source, empty for the inventory or the circle as a whole. relationship: the person.
    """

    area: ProblemArea
    words: str
    worksheet: str = ""
    artefact: str = ""
    relationship: str = ""


def _nothing(*_: object) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The functions of one worksheet.

    typed_records: parts of the record for studies and simulations. timeline_marks: marks of one entry, given the day on
    which the episode began. overview: one entry as lines of the
    course overview; warns: one entry marks its line as a warning. evidence: findings for a problem area. progress,
    facts: charts and further lines of the work in a problem area, the lines on a given day. above: names for the
    template `above.html`, from the values of one entry.
    """

    typed_records: Callable[[EpisodeRecord, Entries], Iterable[TypedRecord]] = _nothing
    timeline_marks: Callable[[ArtefactRecord, EpisodeRecord, date], Iterable[TimelineMark]] = _nothing
    overview: Callable[[ArtefactRecord], list[str]] = lambda _: []
    warns: Callable[[ArtefactRecord], bool] = lambda _: False
    evidence: Callable[[EpisodeRecord, Entries], Iterable[AreaEvidence]] = _nothing
    progress: Callable[[EpisodeRecord, Entries], Iterable[Progress]] = _nothing
    facts: Callable[[Entries, date], Iterable[Fact]] = _nothing
    above: Callable[[Mapping[str, Value]], Mapping[str, Any]] = lambda _: {}


#: The behaviour of a worksheet without a `behaviour.py`.
PLAIN = Behaviour()
