"""Rows of a table → `Cohort`, with the account of what was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from securebase.errors import TableError
from securebase.exchange.columns import NamedColumns
from securebase.exchange.covariates import Beside, what_stands_beside
from securebase.exchange.grid import Grid, plural
from securebase.exchange.remarks import remarks_on
from securebase.exchange.request import Extract, TableRequest, TableRow
from securebase.exchange.times import TimeUnit
from securebase.measurement.constructs import CONSTRUCTS, Construct, own_construct
from securebase.records.cohort import Cohort, Reading, Skipped
from securebase.records.episode import (
    AdministrationRecord,
    EpisodeRecord,
    InputRecord,
    ScoreRecord,
    TherapySessionRecord,
)
from securebase.records.vocabulary import Moment

#: name of the instrument that all scores of a table carry
TABLE = "table"


def cohort_of(asked: TableRequest, grid: Grid, found: NamedColumns, extract: Extract) -> Cohort:
    """The cohort. Raises TableError where no row, or no number of a column, can be used."""
    left_out = [Skipped("the line is blank", len(grid.blank), rows=grid.blank[:5])] if grid.blank else []
    left_out += extract.skipped
    beside = what_stands_beside(asked, grid, found, extract)
    left_out += beside.skipped
    if beside.left_out:
        extract.rows = [row for row in extract.rows if row.person not in beside.left_out]
        extract.rows_used = len({row.number for row in extract.rows})
    _check_something_is_there(asked, grid, extract, left_out)
    persons: dict[str, list[TableRow]] = {}
    for row in extract.rows:
        persons.setdefault(row.person, []).append(row)
    names = list(asked.moments)
    cells = len(extract.rows) * len(asked.scores)
    there = sum(value is not None for row in extract.rows for value in row.values)
    return Cohort(
        episodes=tuple(_episode(person, rows, asked, extract, beside) for person, rows in persons.items()),
        constructs=tuple(_construct(name, moment) for name, moment in asked.moments.items()),
        outcome=names[0],
        processes=tuple(names[1:]),
        time_unit=extract.unit.value,
        days_per_unit=extract.unit.days,
        covariates=beside.covariate_names,
        inputs=beside.input_names,
        therapists=asked.therapist is not None,
        indicators={
            name: tuple((TABLE, extract.columns[column]) for column in columns)
            for name, columns in asked.indicators.items()
        },
        reading=Reading(
            file=grid.file,
            fingerprint=grid.fingerprint,
            rows_in_file=len(grid.rows) + len(grid.blank),
            rows_used=extract.rows_used,
            cells_used=there,
            cells_missing=cells - there,
            skipped=tuple(left_out),
            remarks=(*beside.remarks, *remarks_on(asked, grid, found, extract, persons)),
        ),
    )


def _check_something_is_there(asked: TableRequest, grid: Grid, extract: Extract, left_out: Sequence[Skipped]) -> None:
    if not extract.rows:
        reasons = "; ".join(f"{s.reason} ({plural(s.count, s.unit)})" for s in left_out)
        advice = f"Skipped: {reasons}." if reasons else "There is nothing below the header."
        raise TableError("no row can be used", file=grid.file, advice=advice)
    for k, (_, name) in enumerate(asked.scores):
        if all(row.values[k] is None for row in extract.rows):
            raise TableError(
                "the column holds no number in the rows that can be used",
                file=grid.file,
                column=extract.columns[name],
                advice="Name another column, or leave it out.",
            )


def _construct(name: str, moment: Moment) -> Construct:
    """The theory's construct where the name is one of its own, else the table's."""
    known = CONSTRUCTS.get(name)
    return own_construct(name, asked=moment.value) if known is None else replace(known, asked=moment.value)


def _episode(person: str, rows: list[TableRow], asked: TableRequest, extract: Extract, beside: Beside) -> EpisodeRecord:
    rows = sorted(rows, key=lambda row: row.time)
    zero = rows[0].time if extract.from_first else 0.0
    # dates and calendar day numbers are days already; other numbers are in the column's unit
    days = 1.0 if extract.from_first else extract.unit.days
    moments = sorted(set(asked.moments.values()), key=list(Moment).index)
    administrations: list[AdministrationRecord] = []
    inputs: list[InputRecord] = []
    sessions: list[TherapySessionRecord] = []
    for row in rows:
        at, session = (row.time - zero) * days, _session(row.time, extract.unit)
        administrations += (_administration(row, at, moment, asked, extract) for moment in moments)
        if session is not None and session > 0:
            sessions.append(TherapySessionRecord(session, at))
        done = beside.inputs.get((person, row.time), {})
        inputs += (InputRecord(name, value, at, beside.moments[name]) for name, value in done.items())
    first = dict(reversed(asked.scores))
    followed = first.get("symptoms", first[next(iter(asked.moments))])
    return EpisodeRecord(
        person=person,
        administrations=tuple(administrations),
        sessions=tuple(sessions),
        symptom_measure=(TABLE, extract.columns[followed]),
        began_on=rows[0].day,
        therapist=beside.therapist.get(person, ""),
        covariates=beside.covariates.get(person, {}),
        inputs=tuple(inputs),
    )


def _session(time: float, unit: TimeUnit) -> int | None:
    """The session's number where times are session numbers; one before the first session (−1) has none."""
    return int(time) if unit is TimeUnit.SESSION and time >= 0 and time == int(time) else None


def _administration(
    row: TableRow,
    at: float,
    moment: Moment,
    asked: TableRequest,
    extract: Extract,
) -> AdministrationRecord:
    session = _session(row.time, extract.unit)
    scores = tuple(
        ScoreRecord(name, value, at, moment, session, TABLE, extract.columns[column])
        for (name, column), value in zip(asked.scores, row.values, strict=True)
        if asked.moments[name] is moment and value is not None
    )
    return AdministrationRecord(TABLE, at, moment, session, scores=scores)
