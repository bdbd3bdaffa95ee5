"""The wide layout: one row for each person, and for each construct a numbered column for each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from securebase.exchange.columns import NamedColumns
from securebase.exchange.grid import Grid, shown
from securebase.exchange.long_layout import cells_beside, persons_in
from securebase.exchange.request import Extract, TableRequest, TableRow, nameless, skipped
from securebase.exchange.values import decimal_sign, missing_signs, numbers
from securebase.records.cohort import Skipped


def read_wide(asked: TableRequest, grid: Grid, found: NamedColumns) -> Extract:
    """Every person at every time that some column has. Raises TableError."""
    stems = {column: found.find_numbered(column) for _, column in asked.scores}
    done = {name: found.find_numbered(name) for name in asked.inputs}
    own = {name: found.find(name) for name in asked.of_persons}
    persons, left_out, remarks = _persons(asked, grid, found, stems)
    first: dict[str, int] = {}
    if again := [i for i, p in enumerate(persons) if p is not None and first.setdefault(p, i) != i]:
        reason = "the row repeats a person; the first was kept"
        left_out.append(skipped(reason, [grid.numbers[i] for i in again]))
    waves = sorted({number for stem in stems.values() for number in stem})
    remarks.append(f"Times {', '.join(str(n) for n in waves)} were read from the numbers in the columns' names.")
    if asked.time is not None:
        remarks.append(f"“{shown(asked.time, 40)}” was named for the time but not read: the layout is wide.")
    used = list(first.values())
    places = [at for stem in stems.values() for at in stem.values()]
    further = [*own.values(), *(at for stem in done.values() for at in stem.values())]
    sign = decimal_sign(grid, [*places, *further], asked.decimal, used)
    read = [_read_stem(grid, stem, used, sign, asked.missing) for stem in stems.values()]
    return Extract(
        rows=[
            TableRow(
                person,
                float(n),
                None,
                tuple(stem[n][i] if n in stem else None for stem in read),
                grid.numbers[i],
                cells_beside(grid, i, own | {name: stem[n] for name, stem in done.items() if n in stem}, asked),
            )
            for person, i in first.items()
            for n in waves
        ],
        columns={name: found.renamed.get(name, name) for name in stems},
        unit=asked.unit,
        from_first=False,
        rows_used=len(used),
        signs=missing_signs(grid, places, used, asked.missing),
        sign=sign,
        skipped=left_out,
        remarks=remarks,
    )


def _persons(
    asked: TableRequest, grid: Grid, found: NamedColumns, stems: Mapping[str, Mapping[int, int]]
) -> tuple[list[str | None], list[Skipped], list[str]]:
    if asked.person is None:
        remark = "No column names the person: each row is one, numbered from the first below the header."
        return [str(i) for i in range(1, len(grid.rows) + 1)], [], [remark]
    persons = persons_in(grid, found.find(asked.person), asked.missing)
    places = [at for stem in stems.values() for at in stem.values()]
    return persons, nameless(grid, asked, persons, places), []


def _read_stem(
    grid: Grid,
    stem: Mapping[int, int],
    used: Sequence[int],
    sign: Literal[".", ","],
    further: frozenset[str],
) -> dict[int, list[float | None]]:
    return {n: numbers(grid, at, sign=sign, further=further, rows=used) for n, at in stem.items()}
