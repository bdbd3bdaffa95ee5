"""The wide layout: one row per person, with numbered columns for each construct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from securebase.errors import TableError
from securebase.exchange.columns import NamedColumns
from securebase.exchange.grid import Grid, display_text
from securebase.exchange.long_layout import covariate_cells, read_persons
from securebase.exchange.request import Extract, TableRequest, TableRow, rows_without_person
from securebase.exchange.values import count_missing_codes, find_decimal_sign, parse_column
from securebase.records.cohort import Exclusion


def read_wide(request: TableRequest, grid: Grid, columns: NamedColumns) -> Extract:
    """Read every person at every time that occurs in a column name. Raises TableError."""
    stems = {column: columns.find_numbered(column) for _, column in request.scores}
    inputs = {name: columns.find_numbered(name) for name in request.inputs}
    person_places = {name: columns.find(name) for name in request.person_columns}
    persons, exclusions, remarks = _persons(request, grid, columns, stems)
    first: dict[str, int] = {}
    if repeated := [i for i, p in enumerate(persons) if p is not None and first.setdefault(p, i) != i]:
        raise _repeated_person(request, grid, first, repeated[0], str(persons[repeated[0]]))
    waves = sorted({number for stem in stems.values() for number in stem})
    remarks.append(f"Times {', '.join(str(n) for n in waves)} were taken from the column names.")
    if request.time is not None:
        remarks.append(f"“{display_text(request.time, 40)}” was given as time column but ignored in the wide layout.")
    used = list(first.values())
    places = [at for stem in stems.values() for at in stem.values()]
    other_places = [*person_places.values(), *(at for stem in inputs.values() for at in stem.values())]
    sign = find_decimal_sign(grid, [*places, *other_places], request.decimal, used)
    values = [_read_stem(grid, stem, used, sign, request.missing) for stem in stems.values()]
    return Extract(
        rows=[
            TableRow(
                person,
                float(n),
                None,
                tuple(stem[n][i] if n in stem else None for stem in values),
                grid.numbers[i],
                covariate_cells(
                    grid, i, person_places | {name: stem[n] for name, stem in inputs.items() if n in stem}, request
                ),
            )
            for person, i in first.items()
            for n in waves
        ],
        columns={name: columns.renamed.get(name, name) for name in stems},
        unit=request.unit,
        from_first=False,
        rows_used=len(used),
        signs=count_missing_codes(grid, places, used, request.missing),
        sign=sign,
        exclusions=exclusions,
        remarks=remarks,
    )


def _repeated_person(request: TableRequest, grid: Grid, first: Mapping[str, int], i: int, person: str) -> TableError:
    """Return the error for a person with two rows: nothing says which of them to use."""
    return TableError(
        f"this person already has a row (row {grid.numbers[first[person]]})",
        file=grid.file,
        row=grid.numbers[i],
        column=request.person,
        value=display_text(person, 40),
        advice="The wide layout has one row per person: keep one of the two, or use --layout long.",
    )


def _persons(
    request: TableRequest, grid: Grid, columns: NamedColumns, stems: Mapping[str, Mapping[int, int]]
) -> tuple[list[str | None], list[Exclusion], list[str]]:
    if request.person is None:
        remark = "No person column: rows are numbered as persons."
        return [str(i) for i in range(1, len(grid.rows) + 1)], [], [remark]
    persons = read_persons(grid, columns.find(request.person), request.missing)
    places = [at for stem in stems.values() for at in stem.values()]
    return persons, rows_without_person(grid, request, persons, places), []


def _read_stem(
    grid: Grid,
    stem: Mapping[int, int],
    used: Sequence[int],
    sign: Literal[".", ","],
    missing_codes: frozenset[str],
) -> dict[int, list[float | None]]:
    return {n: parse_column(grid, at, sign=sign, missing_codes=missing_codes, rows=used) for n, at in stem.items()}
