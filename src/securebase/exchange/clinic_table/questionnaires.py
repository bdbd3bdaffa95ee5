"""Columns of what was asked: every scale under the name of its construct, and items that belong to no scale.

The plain name of a construct belongs to one measure, the same for all clients: the one of the session sets, else the
one with most answers by clients. Other measures of the construct add what sets them apart: respondent, instrument,
scale, moment.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from msgspec.structs import replace

from securebase.exchange.clinic_table.course_rows import CourseRows, TableEntry
from securebase.exchange.data_dictionary import TableColumn
from securebase.measurement.catalogue import find_scale, instrument_in_version, instruments
from securebase.measurement.constructs import CONSTRUCTS
from securebase.measurement.rotation import ROTATION
from securebase.measurement.schedule import SESSION_SETS
from securebase.records.episode import AdministrationRecord, ScoreRecord
from securebase.records.vocabulary import Moment, Respondent

#: Intake values are first answers in one of these sessions.
INTAKE_SESSIONS = (1, 2)


@dataclass(frozen=True, slots=True, order=True)
class ScaleKey:
    """One scale as one person answers it at one moment; `item` instead of a scale for an item outside all scales."""

    construct: str
    instrument: str
    scale: str
    respondent: Respondent
    moment: Moment
    item: int = 0

    @property
    def rank(self) -> tuple[bool, bool]:
        """The measure of the session sets goes first, then the others by clients."""
        return self.instrument not in SESSION_SETS.values(), self.respondent is not Respondent.CLIENT

    @property
    def position(self) -> tuple[bool, bool, int, str, int]:
        """Position among the columns: session sets first, the scales of an instrument in its order, then items."""
        spec = instruments().get(self.instrument)
        scales = [scale.id for scale in spec.scales] if spec else []
        place = scales.index(self.scale) if self.scale in scales else len(scales) + self.item
        return (*self.rank, list(Moment).index(self.moment), self.instrument, place)


@dataclass(frozen=True, slots=True)
class _Value:
    """One value with its measure, version of the instrument, course and row.

    question: which item of the scale was asked, 1 for its first, where a check-in asked just one; else 0.
    """

    measure: ScaleKey
    version: str
    course: int
    row: int
    value: float
    question: int = 0


def questionnaire_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield the columns of all scales and of single items. Of several answers in one row the last counts.

    A scale whose items a check-in asks in turn has one more column, which says which of them was asked.
    """
    values = list(_values(courses))
    columns = _columns(values)
    values.sort(key=lambda value: value.measure.position)
    for v in values:
        column = columns[v.measure]
        yield TableEntry(column, v.course, v.row, v.value)
        if v.question:
            yield TableEntry(item_column(column), v.course, v.row, float(v.question))


def item_column(column: TableColumn) -> TableColumn:
    """Return the column beside this one that says which question of the scale was asked."""
    return replace(
        column,
        name=f"{column.name}_item",
        label=f"{column.label}: question asked (1 is the first of the scale)",
        construct="",
        unit="",
        minimum=1.0,
        maximum=None,
        claims=(),
    )


def intake_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield each scale that a client first answered at intake again as a column of its first value, in every row."""
    values = list(_values(courses))
    columns = _columns(values)
    first: dict[tuple[int, ScaleKey], _Value] = {}
    values.sort(key=lambda value: value.measure.position)
    for value in values:
        if value.measure.scale and value.measure.respondent is Respondent.CLIENT:
            first.setdefault((value.course, value.measure), value)
    for (c, measure), value in first.items():
        if courses[c].rows[value.row].session in INTAKE_SESSIONS:
            column = columns[measure]
            intake = replace(
                column,
                name=f"intake_{column.name}",
                label=f"At intake: {column.label}",
                block="background",
                moment=None,
            )
            yield from (TableEntry(intake, c, r, value.value) for r in range(len(courses[c].rows)))


def security_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield attachment security, minus the mean of both dimensions of the questionnaire that gave both most often.

    Rotating questions give single answers, not scores of the dimensions.
    """
    dimensions = ("attachment_anxiety", "attachment_avoidance")
    values: dict[str, dict[tuple[int, int], dict[str, TableEntry]]] = defaultdict(lambda: defaultdict(dict))
    for entry in questionnaire_entries(courses):
        is_whole = entry.column.instrument != ROTATION
        if entry.column.construct in dimensions and is_whole and entry.column.respondent is Respondent.CLIENT:
            values[entry.column.instrument][entry.course, entry.row][entry.column.construct] = entry
    pairs = {
        name: {place: pair for place, pair in places.items() if len(pair) == len(dimensions)}
        for name, places in values.items()
    }
    most = max(pairs, key=lambda name: (len(pairs[name]), name), default=None)
    for place, pair in pairs[most].items() if most is not None else ():
        column = pair[dimensions[0]].column
        security = replace(
            column,
            name="attachment_security",
            label="Attachment security: minus the mean of anxiety and avoidance",
            construct="attachment_security",
            scale="",
            minimum=None if column.maximum is None else -column.maximum,
            maximum=None if column.minimum is None else -column.minimum,
            claims=CONSTRUCTS["attachment_security"].claims,
        )
        yield TableEntry(security, *place, -fmean(float(entry.value) for entry in pair.values()))


def count_unplaced(courses: Sequence[CourseRows]) -> int:
    """Return the number of scored administrations that belong to no row, such as those before a coming session."""
    return sum(course.of_answers(a) is None for course in courses for a in course.record.administrations if a.scores)


def _values(courses: Sequence[CourseRows]) -> Iterator[_Value]:
    """Yield the values of all courses, those of one course in order of time."""
    for c, course in enumerate(courses):
        for answers in sorted(course.record.administrations, key=lambda a: a.at):
            row = course.of_answers(answers)
            if row is None:
                continue
            for score in answers.scores:
                measure = ScaleKey(score.construct, answers.instrument, score.scale, answers.respondent, answers.moment)
                yield _Value(measure, answers.instrument_version, c, row, score.value, _question(answers, score))
            for item, response in _single_items(answers):
                measure = ScaleKey("", answers.instrument, "", answers.respondent, answers.moment, item)
                yield _Value(measure, answers.instrument_version, c, row, response)


def _question(answers: AdministrationRecord, score: ScoreRecord) -> int:
    """Return which item of a scale was asked, 1 for its first; 0 if the whole scale or several items were."""
    scale = find_scale(answers.instrument, score.scale)
    if scale is None or len(scale.items) == 1:
        return 0
    asked = [n for n, item in enumerate(scale.items, 1) if item in answers.responses]
    return asked[0] if len(asked) == 1 else 0


def _single_items(answers: AdministrationRecord) -> Iterator[tuple[int, float]]:
    """Yield number and response of the items that no scale of the instrument scores."""
    if answers.instrument not in instruments():
        return
    spec = instrument_in_version(answers.instrument, answers.instrument_version)
    scored = {number for scale in spec.scales for number in scale.items}
    for item in spec.items:
        response = item.scored(answers.responses.get(item.number))
        if item.number not in scored and response is not None:
            yield item.number, response


def _columns(values: Sequence[_Value]) -> dict[ScaleKey, TableColumn]:
    """Return the column of each measure."""
    counts = Counter(value.measure for value in values)
    versions: dict[ScaleKey, set[str]] = defaultdict(set)
    for value in values:
        versions[value.measure].add(value.version)
    names = _names(counts)
    return {measure: _column(name, measure, sorted(versions[measure])) for measure, name in names.items()}


def _names(counts: Mapping[ScaleKey, int]) -> dict[ScaleKey, str]:
    """Return a name for each measure: its construct, then as many of its other properties as make it unique."""
    names: dict[ScaleKey, str] = {}
    for measure in sorted(counts, key=lambda m: (m.rank, -counts[m], m)):
        used = set(names.values())
        names[measure] = next(name for name in _candidates(measure) if name not in used)
    return names


def _candidates(measure: ScaleKey) -> Iterator[str]:
    if measure.item:
        name = f"{measure.instrument}_item_{measure.item}"
    else:
        name = measure.construct or f"{measure.instrument}_{measure.scale}"
    if measure.respondent is not Respondent.CLIENT:
        name = f"{name}_by_{measure.respondent.value}"
    yield name
    yield f"{name}_{measure.instrument}"
    yield f"{name}_{measure.instrument}_{measure.scale}"
    yield f"{name}_{measure.instrument}_{measure.scale}_{measure.moment.value}"


def _column(name: str, measure: ScaleKey, versions: Sequence[str]) -> TableColumn:
    column = TableColumn(
        name,
        name,
        "questionnaires",
        construct=measure.construct,
        instrument=measure.instrument,
        scale=measure.scale,
        versions=tuple(versions),
        unit="points",
        moment=measure.moment,
        respondent=measure.respondent,
    )
    spec = instruments().get(measure.instrument)
    if spec is None:
        return column
    if measure.item:
        items = {i.number: i for i in instrument_in_version(spec.id, versions[-1]).items}
        item = items[measure.item]
        return replace(column, label=f"{spec.name}: {item.label}", minimum=item.minimum, maximum=item.maximum)
    scale = find_scale(measure.instrument, measure.scale)
    if scale is None:
        return column
    return replace(
        column,
        label=f"{spec.name}: {scale.label}",
        minimum=scale.minimum,
        maximum=scale.maximum,
        claims=scale.claims,
    )
