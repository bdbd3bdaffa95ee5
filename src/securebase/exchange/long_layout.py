"""The long layout: one row per person and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from securebase.errors import TableError
from securebase.exchange.columns import NamedColumns
from securebase.exchange.formulas import unescape_formula
from securebase.exchange.grid import Grid, clean
from securebase.exchange.request import Extract, TableRequest, TableRow, exclusion, rows_without_person
from securebase.exchange.times import TimeColumn, read_times
from securebase.exchange.values import count_missing_codes, find_decimal_sign, is_missing, parse_column
from securebase.records.cohort import Exclusion

#: rows that repeat a time with other values, or go back in time: up to this number, or this share of all rows, they are
#: slips of single entries
MAX_SLIPS, MAX_SLIP_SHARE = 5, 0.1


def read_long(request: TableRequest, grid: Grid, columns: NamedColumns) -> Extract:
    """Read rows with person and time. Of several rows at one time only the first counts. Raises TableError."""
    if request.person is None or request.time is None:
        raise TableError("the long layout needs the columns of person and time", file=grid.file, advice="Name both.")
    person_at, time_at = columns.find(request.person), columns.find(request.time)
    places = {column: columns.find(column) for _, column in request.scores}
    covariate_places = {column: columns.find(column) for column in (*request.person_columns, *request.inputs)}
    _check_roles(grid, [("person", person_at), ("time", time_at), *places.items(), *covariate_places.items()])
    persons = read_persons(grid, person_at, request.missing)
    identified = [i for i, person in enumerate(persons) if person is not None]
    sign = find_decimal_sign(grid, [time_at, *places.values(), *covariate_places.values()], request.decimal, identified)
    times = read_times(
        grid,
        time_at,
        request.unit,
        rows=identified,
        sign=sign,
        missing_codes=request.missing,
        date_order=request.date_order,
    )
    exclusions = rows_without_person(grid, request, persons, list(places.values()))
    if timeless := [grid.numbers[i] for i in identified if times.values[i] is None]:
        exclusions.append(exclusion(f"no time in “{request.time}”", timeless))
    timed = [i for i in identified if times.values[i] is not None]
    values = [parse_column(grid, at, sign=sign, missing_codes=request.missing, rows=timed) for at in places.values()]
    used, repeated = _drop_repeated(grid, timed, persons, times, values)
    _check_order(grid, used, persons, times, time_at)
    return Extract(
        rows=[
            replace(_row(grid, i, persons, times, values), cells=covariate_cells(grid, i, covariate_places, request))
            for i in used
        ],
        columns={name: grid.header[at] for name, at in places.items()},
        unit=times.unit,
        from_first=times.from_first,
        rows_used=len(used),
        signs=count_missing_codes(grid, list(places.values()), used, request.missing),
        sign=sign,
        exclusions=exclusions + repeated,
        remarks=list(times.remarks),
    )


def read_persons(grid: Grid, index: int, missing_codes: frozenset[str]) -> list[str | None]:
    """Return identifiers as text, None if missing. “1” and “1.0” are two persons: no guessing."""
    cells = (clean(cell) for cell in grid.column(index))
    return [None if is_missing(cell, missing_codes) else unescape_formula(cell) for cell in cells]


def covariate_cells(grid: Grid, i: int, places: Mapping[str, int], request: TableRequest) -> dict[str, str | None]:
    """Return the cells of one row by name, None if missing."""
    cells = {name: clean(grid.rows[i][at]) for name, at in places.items()}
    return {name: None if is_missing(cell, request.missing) else unescape_formula(cell) for name, cell in cells.items()}


def _check_roles(grid: Grid, places: Sequence[tuple[str, int]]) -> None:
    roles: dict[int, str] = {}
    for name, at in places:
        if at in roles:
            raise TableError(
                f"the column has two roles, “{roles[at]}” and “{name}”",
                file=grid.file,
                column=grid.header[at],
                advice="Use a separate column for each role.",
            )
        roles[at] = name


def _drop_repeated(
    grid: Grid,
    timed: Sequence[int],
    persons: Sequence[str | None],
    times: TimeColumn,
    values: Sequence[Sequence[float | None]],
) -> tuple[list[int], list[Exclusion]]:
    """Return the indices without repeated rows, and the exclusions. Raises TableError where many rows contradict."""
    first: dict[tuple[str | None, float | None], int] = {}
    repeated = [i for i in timed if first.setdefault((persons[i], times.values[i]), i) != i]
    if not repeated:
        return list(timed), []
    different = [i for i in repeated if any(v[i] not in (None, v[first[persons[i], times.values[i]]]) for v in values)]
    if _is_more_than_slips(len(different), len(timed)):
        raise TableError(
            f"{len(different):,} of {len(timed):,} rows repeat a person and time with different values, such as "
            f"row {grid.numbers[different[0]]}",
            file=grid.file,
            advice="Each person needs one row per time: choose another --person or --time, or merge these rows.",
        )
    values_differ = f"{len(different):,} with different values" if different else "same values"
    reason = f"repeated person and time; the first row was kept, {values_differ}"
    return sorted(first.values()), [exclusion(reason, [grid.numbers[i] for i in repeated])]


def _check_order(
    grid: Grid, used: Sequence[int], persons: Sequence[str | None], times: TimeColumn, time_at: int
) -> None:
    """Check that the rows of a person go forward in time, or all backward; a late entry or two are sorted."""
    last: dict[str | None, float] = {}
    back, forward = [], 0
    for i in used:
        time = times.values[i]
        assert time is not None
        if time < last.get(persons[i], time):
            back.append(i)
        forward += time > last.get(persons[i], time)
        last[persons[i]] = time
    if _is_more_than_slips(min(len(back), forward), len(used)):
        raise TableError(
            f"times are out of order: {len(back):,} of {len(used):,} rows are earlier than the person’s previous row, "
            f"such as row {grid.numbers[back[0]]}",
            file=grid.file,
            column=grid.header[time_at],
            advice="Check that this column is the time, then sort the rows by person and time.",
        )


def _is_more_than_slips(count: int, n_rows: int) -> bool:
    """Return True where so many rows are wrong that the columns, not single entries, are."""
    return count > max(MAX_SLIPS, MAX_SLIP_SHARE * n_rows)


def _row(
    grid: Grid,
    i: int,
    persons: Sequence[str | None],
    times: TimeColumn,
    values: Sequence[Sequence[float | None]],
) -> TableRow:
    person, time = persons[i], times.values[i]
    assert person is not None
    assert time is not None
    day = times.dates[i] if times.dates else None
    return TableRow(person, time, day, tuple(column[i] for column in values), grid.numbers[i])
