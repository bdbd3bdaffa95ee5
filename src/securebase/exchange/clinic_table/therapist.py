"""Columns of the therapist's part: ruptures marked and repaired, and the use of techniques."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor
from statistics import fmean

from securebase.exchange.clinic_table.course_rows import CourseRows, TableEntry
from securebase.exchange.data_dictionary import TableColumn
from securebase.ipt.fidelity import fidelity_over_sessions
from securebase.records.vocabulary import Moment, Respondent, RuptureKind, Technique


def _marked(name: str, label: str, claims: tuple[str, ...], construct: str = "") -> TableColumn:
    return TableColumn(
        name,
        label,
        "therapist",
        "yes_no",
        construct=construct,
        minimum=0.0,
        maximum=1.0,
        moment=Moment.AFTER,
        respondent=Respondent.THERAPIST,
        claims=claims,
    )


_RUPTURES = {
    kind: _marked(f"rupture_{kind.value}", f"Rupture marked: {kind.label.lower()}", ("S14", "S58"))
    for kind in RuptureKind
}
_REPAIR = _marked("rupture_repair", "A rupture was repaired", ("S58",), "rupture_repair")
_TECHNIQUES = TableColumn(
    "technique_use",
    "Mean extent of the techniques that the therapist rated",
    "therapist",
    construct="technique_use",
    minimum=0.0,
    maximum=3.0,
    moment=Moment.AFTER,
    respondent=Respondent.THERAPIST,
    claims=("S13", "S27"),
)
_PRACTICE = TableColumn(
    "emotional_practice",
    "Sessions so far in which the therapist encouraged affect",
    "therapist",
    construct="emotional_practice",
    unit="sessions",
    minimum=0.0,
    moment=Moment.AFTER,
    respondent=Respondent.THERAPIST,
    claims=("S46",),
)
_FIDELITY = TableColumn(
    "fidelity",
    "Mean extent of the elements of IPT that the therapist rated",
    "therapist",
    construct="fidelity",
    minimum=0.0,
    maximum=3.0,
    moment=Moment.AFTER,
    respondent=Respondent.THERAPIST,
    claims=("S102",),
)


def therapist_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield ruptures, repairs and the mean extent of techniques, session by session."""
    names = {technique.value for technique in Technique}
    for c, course in enumerate(courses):
        record = course.record
        repairs = {floor(r.repaired_at) for r in record.ruptures if r.repaired_at is not None}
        for r, row in enumerate(course.rows):
            if row.session is None:
                continue
            for kind, column in _RUPTURES.items():
                marked = any(x.session == row.session and x.kind is kind for x in record.ruptures)
                yield TableEntry(column, c, r, float(marked))
            yield TableEntry(_REPAIR, c, r, float(any(row.covers(day) for day in repairs)))
            extents = [x.value for x in record.inputs if x.name in names and floor(x.at) == row.day]
            if extents:
                yield TableEntry(_TECHNIQUES, c, r, fmean(extents))
        yield from _course_entries(c, course)


def _course_entries(c: int, course: CourseRows) -> Iterator[TableEntry]:
    """Yield what needs the ratings of a whole course: practice with emotions so far, and fidelity."""
    affect = [x for x in course.record.inputs if x.name == Technique.ENCOURAGEMENT_OF_AFFECT]
    fidelity = fidelity_over_sessions(course.record)
    means = {
        session: fmean(cells)
        for n, session in enumerate(fidelity.sessions)
        if (cells := [cell for row in fidelity.elements if (cell := row.cells[n]) is not None])
    }
    for r, row in enumerate(course.rows):
        if affect:
            practised = {floor(x.at) for x in affect if x.value > 0 and floor(x.at) <= row.day}
            yield TableEntry(_PRACTICE, c, r, float(len(practised)))
        if row.session in means:
            yield TableEntry(_FIDELITY, c, r, means[row.session])
