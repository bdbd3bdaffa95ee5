"""Builder of a `Cohort` from the rows of a table, with an import report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from securebase.errors import TableError
from securebase.exchange.columns import NamedColumns
from securebase.exchange.covariates import CovariateData, read_covariates
from securebase.exchange.grid import Grid, pluralise
from securebase.exchange.remarks import collect_remarks
from securebase.exchange.request import Extract, TableRequest, TableRow
from securebase.exchange.times import TimeUnit
from securebase.measurement.constructs import CONSTRUCTS, Construct, custom_construct
from securebase.records.cohort import Cohort, Exclusion, ImportReport
from securebase.records.episode import (
    AdministrationRecord,
    EpisodeRecord,
    InputRecord,
    ScoreRecord,
    TherapySessionRecord,
)
from securebase.records.vocabulary import Moment

#: Instrument id of all scores that come from a table.
TABLE = "table"


def build_cohort(request: TableRequest, grid: Grid, columns: NamedColumns, extract: Extract) -> Cohort:
    """Build the cohort. Raises TableError if no row, or no number of a column, is usable."""
    exclusions = [Exclusion("the line is blank", len(grid.blank), rows=grid.blank[:5])] if grid.blank else []
    exclusions += extract.exclusions
    extra = read_covariates(request, grid, columns, extract)
    exclusions += extra.exclusions
    if extra.excluded_persons:
        extract.rows = [row for row in extract.rows if row.person not in extra.excluded_persons]
        extract.rows_used = len({row.number for row in extract.rows})
    _check_not_empty(request, grid, extract, exclusions)
    persons: dict[str, list[TableRow]] = {}
    for row in extract.rows:
        persons.setdefault(row.person, []).append(row)
    outcome, *processes = request.constructs
    cells = len(extract.rows) * len(request.scores)
    n_values = sum(value is not None for row in extract.rows for value in row.values)
    return Cohort(
        episodes=tuple(_episode(person, rows, request, extract, extra) for person, rows in persons.items()),
        constructs=tuple(_construct(name, moment) for name, moment in request.moments.items()),
        outcome=outcome,
        processes=tuple(processes),
        time_unit=extract.unit.value,
        days_per_unit=extract.unit.days,
        covariates=extra.covariate_names,
        inputs=extra.input_names,
        therapists=request.therapist is not None,
        indicators={
            name: tuple((TABLE, extract.columns[column]) for column in columns)
            for name, columns in request.indicators.items()
        },
        before_and_after=request.before_and_after,
        import_report=ImportReport(
            file=grid.file,
            fingerprint=grid.fingerprint,
            rows_in_file=len(grid.rows) + len(grid.blank),
            rows_used=extract.rows_used,
            cells_used=n_values,
            cells_missing=cells - n_values,
            exclusions=tuple(exclusions),
            remarks=(*extra.remarks, *collect_remarks(request, grid, columns, extract, persons)),
        ),
    )


def _check_not_empty(request: TableRequest, grid: Grid, extract: Extract, exclusions: Sequence[Exclusion]) -> None:
    if not extract.rows:
        reasons = "; ".join(f"{s.reason} ({pluralise(s.count, s.unit)})" for s in exclusions)
        advice = f"Skipped: {reasons}." if reasons else "The table has no rows below the header."
        raise TableError("no usable row", file=grid.file, advice=advice)
    for k, (_, name) in enumerate(request.scores):
        if all(row.values[k] is None for row in extract.rows):
            raise TableError(
                "the column has no number in the usable rows",
                file=grid.file,
                column=extract.columns[name],
                advice="Choose another column, or omit it.",
            )


def _construct(name: str, moment: Moment) -> Construct:
    """Return the construct of the theory with this name, else a custom one."""
    theory_construct = CONSTRUCTS.get(name)
    return (
        custom_construct(name, moment=moment.value)
        if theory_construct is None
        else replace(theory_construct, moment=moment.value)
    )


def _episode(
    person: str, rows: list[TableRow], request: TableRequest, extract: Extract, extra: CovariateData
) -> EpisodeRecord:
    rows = sorted(rows, key=lambda row: row.time)
    zero = rows[0].time if extract.from_first else 0.0
    # dates and calendar day numbers are in days; other numbers are in the unit of the column
    days = 1.0 if extract.from_first else extract.unit.days
    main = request.constructs
    seconds = [(name, moment) for name, moment in request.moments.items() if name not in main]
    moments = sorted({request.moments[name] for name in main}, key=list(Moment).index)
    administrations: list[AdministrationRecord] = []
    inputs: list[InputRecord] = []
    sessions: list[TherapySessionRecord] = []
    for row in rows:
        at, session = (row.time - zero) * days, _session(row.time, extract.unit)
        administrations += (_administration(row, at, moment, request, extract, constructs=main) for moment in moments)
        # apart from the main ratings, so that a row without any of these keeps its place in the time line
        others = (_administration(row, at, moment, request, extract, constructs=(name,)) for name, moment in seconds)
        administrations += (a for a in others if a.scores)
        if session is not None and session > 0:
            sessions.append(TherapySessionRecord(session, at))
        values = extra.inputs.get((person, row.time), {})
        inputs += (InputRecord(name, value, at, extra.moments[name]) for name, value in values.items())
    first = dict(reversed(request.scores))
    symptom_column = first.get("symptoms", first[next(iter(request.moments))])
    return EpisodeRecord(
        person=person,
        administrations=tuple(administrations),
        sessions=tuple(sessions),
        symptom_measure=(TABLE, extract.columns[symptom_column]),
        began_on=rows[0].day,
        therapist=extra.therapist.get(person, ""),
        arm=extra.arm.get(person, ""),
        covariates=extra.covariates.get(person, {}),
        inputs=tuple(inputs),
    )


def _session(time: float, unit: TimeUnit) -> int | None:
    """Return the session number if times are session numbers. Times before the first session (−1) have none."""
    return int(time) if unit is TimeUnit.SESSION and time >= 0 and time == int(time) else None


def _administration(
    row: TableRow, at: float, moment: Moment, request: TableRequest, extract: Extract, *, constructs: Sequence[str]
) -> AdministrationRecord:
    session = _session(row.time, extract.unit)
    scores = tuple(
        ScoreRecord(name, value, at, moment, session, TABLE, extract.columns[column])
        for (name, column), value in zip(request.scores, row.values, strict=True)
        if name in constructs and request.moments[name] is moment and value is not None
    )
    return AdministrationRecord(TABLE, at, moment, session, scores=scores)
