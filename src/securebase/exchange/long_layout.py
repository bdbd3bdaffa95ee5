"""The long layout: one row for each person and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from securebase.errors import TableError
from securebase.exchange.columns import NamedColumns
from securebase.exchange.formulas import restored
from securebase.exchange.grid import Grid, clean
from securebase.exchange.request import Extract, TableRequest, TableRow, nameless, skipped
from securebase.exchange.times import TimeColumn, read_times
from securebase.exchange.values import decimal_sign, is_missing, missing_signs, numbers
from securebase.records.cohort import Skipped


def read_long(asked: TableRequest, grid: Grid, found: NamedColumns) -> Extract:
    """Rows with person and time; of several at the same time the first. Raises TableError."""
    if asked.person is None or asked.time is None:
        raise TableError("the columns of person and time must be named", file=grid.file, advice="Give both names.")
    person_at, time_at = found.find(asked.person), found.find(asked.time)
    places = {column: found.find(column) for _, column in asked.scores}
    beside = {column: found.find(column) for column in (*asked.of_persons, *asked.inputs)}
    _check_roles(grid, [(asked.person, person_at), (asked.time, time_at), *places.items(), *beside.items()])
    persons = persons_in(grid, person_at, asked.missing)
    named = [i for i, person in enumerate(persons) if person is not None]
    sign = decimal_sign(grid, [time_at, *places.values(), *beside.values()], asked.decimal, named)
    times = read_times(
        grid, time_at, asked.unit, rows=named, sign=sign, further=asked.missing, date_order=asked.date_order
    )
    left_out = nameless(grid, asked, persons, list(places.values()))
    if timeless := [grid.numbers[i] for i in named if times.values[i] is None]:
        left_out.append(skipped(f"no time in “{asked.time}”", timeless))
    kept = [i for i in named if times.values[i] is not None]
    values = [numbers(grid, at, sign=sign, further=asked.missing, rows=kept) for at in places.values()]
    used, repeated = _first_of_each(grid, kept, persons, times, values)
    return Extract(
        rows=[
            replace(_row(grid, i, persons, times, values), beside=cells_beside(grid, i, beside, asked)) for i in used
        ],
        columns={name: grid.header[at] for name, at in places.items()},
        unit=times.unit,
        from_first=times.from_first,
        rows_used=len(used),
        signs=missing_signs(grid, list(places.values()), used, asked.missing),
        sign=sign,
        skipped=left_out + repeated,
        remarks=list(times.remarks),
    )


def persons_in(grid: Grid, index: int, further: frozenset[str]) -> list[str | None]:
    """Identifiers as text, None where there is none. “1” and “1.0” are two persons: nothing is guessed."""
    cells = (clean(cell) for cell in grid.column(index))
    return [None if is_missing(cell, further) else restored(cell) for cell in cells]


def cells_beside(grid: Grid, i: int, places: Mapping[str, int], asked: TableRequest) -> dict[str, str | None]:
    """Cells of one row by name, None where missing."""
    cells = {name: clean(grid.rows[i][at]) for name, at in places.items()}
    return {name: None if is_missing(cell, asked.missing) else restored(cell) for name, cell in cells.items()}


def _check_roles(grid: Grid, places: Sequence[tuple[str, int]]) -> None:
    taken: dict[int, str] = {}
    for name, at in places:
        if at in taken:
            raise TableError(
                f"the column is asked for twice, as “{taken[at]}” and as “{name}”",
                file=grid.file,
                column=grid.header[at],
                advice="Give each role a column of its own.",
            )
        taken[at] = name


def _first_of_each(
    grid: Grid,
    kept: Sequence[int],
    persons: Sequence[str | None],
    times: TimeColumn,
    values: Sequence[Sequence[float | None]],
) -> tuple[list[int], list[Skipped]]:
    """Positions without the rows that repeat a person and time, and an account of those."""
    first: dict[tuple[str | None, float | None], int] = {}
    again = [i for i in kept if first.setdefault((persons[i], times.values[i]), i) != i]
    if not again:
        return list(kept), []
    other = sum(
        any(column[i] not in (None, column[first[persons[i], times.values[i]]]) for column in values) for i in again
    )
    differ = f"{other:,} of them with other values" if other else "with the same values"
    reason = f"the row repeats a person and time; the first was kept, {differ}"
    return sorted(first.values()), [skipped(reason, [grid.numbers[i] for i in again])]


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
