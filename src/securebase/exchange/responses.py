"""Responses to one instrument, from a table (one row a form, one column an item) or from a line of text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from securebase.errors import ResponseError, TableError
from securebase.exchange.columns import NamedColumns
from securebase.exchange.formulas import restored
from securebase.exchange.grid import Grid, clean, load, read_grid, shown
from securebase.exchange.values import decimal_sign, is_missing, number_in, numbers
from securebase.measurement.instrument import Instrument

_NUMBERED = re.compile(r"(.*?)[ _.\-]?(\d{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One row of responses. `row` is its number in the file, `person` None where no column was named for it."""

    row: int
    person: str | None
    responses: Mapping[int, float | None]


def responses_from_text(instrument: Instrument, text: str) -> dict[int, float | None]:
    """“1=2, 2=0, 3=NA” → item to response. Raises ResponseError naming the part that is not understood."""
    found: dict[int, float | None] = {}
    for part in filter(None, (clean(p) for p in text.split(","))):
        item, sign, value = (clean(p) for p in part.partition("="))
        number = number_in(value)
        if not sign or not item.isdecimal() or not item.isascii() or (number is None and not is_missing(value)):
            raise ResponseError(
                f"“{shown(part)}” is no response", where=instrument.id, advice="Write item=response, such as 1=2,2=0."
            )
        if int(item) in found:
            raise ResponseError(f"item {item} is given twice", where=instrument.id)
        found[int(item)] = number
    if not found:
        raise ResponseError("no response is given", where=instrument.id, advice="Write item=response, such as 1=2,2=0.")
    return found


def read_responses(
    path: str | Path | bytes,
    instrument: Instrument,
    *,
    stem: str | None = None,
    person: str | None = None,
    missing: Collection[str] = (),
    file: str = "table.csv",
) -> tuple[ResponseRow, ...]:
    """Rows of responses. Item columns end in the item's number (phq9_1, item 1, q1); `stem` is what stands before it,
    needed only where several would do. Blank cells are unanswered items; `missing`: further signs for them.

    Raises TableError where columns or cells cannot be understood. Whether a response is allowed is for scoring to say.
    """
    if isinstance(path, bytes):
        content = path
    else:
        content, file = load(path), Path(path).name
    grid = read_grid(content, file)
    places = _item_columns(grid, instrument, stem)
    persons = grid.column(NamedColumns(grid, {}).find(person)) if person is not None else None
    everyone = range(len(grid.rows))
    sign = decimal_sign(grid, places.values(), "auto", everyone)
    further = frozenset(clean(s) for s in missing)
    answers = {item: numbers(grid, at, sign=sign, further=further) for item, at in places.items()}
    if not grid.rows:
        raise TableError("there is nothing below the header", file=file)
    return tuple(
        ResponseRow(
            grid.numbers[i],
            restored(clean(persons[i])) if persons is not None else None,
            {item: column[i] for item, column in answers.items()},
        )
        for i in everyone
    )


def _item_columns(grid: Grid, instrument: Instrument, stem: str | None) -> dict[int, int]:
    """Item → position. The stem must have a column for every scored item, and no other may."""
    known = {item.number for item in instrument.items}
    scored = {number for scale in instrument.scales for number in scale.items}
    stems: dict[str, dict[int, int]] = {}
    for i, header in enumerate(grid.header):
        match = _NUMBERED.fullmatch(header)
        if match and int(match[2]) in known:
            if int(match[2]) in stems.setdefault(match[1], {}):
                raise TableError(f"item {int(match[2])} has two columns", file=grid.file, column=header)
            stems[match[1]][int(match[2])] = i
    if stem is not None:
        stems = {stem: stems.get(clean(stem), {})}
    whole = {name: found for name, found in stems.items() if scored <= set(found)}
    if len(whole) == 1:
        return next(iter(whole.values()))
    if whole:
        names = ", ".join(f"“{name}”" for name in whole)
        raise TableError(f"several sets of columns would do: {names}", file=grid.file, advice="Say which with --stem.")
    most = max(stems.values(), key=len, default={})
    lacking = ", ".join(str(n) for n in sorted(scored - set(most)))
    raise TableError(
        f"there is no column for item {lacking} of {instrument.name}",
        file=grid.file,
        advice=f"Name the columns by item, such as {instrument.id}_1, {instrument.id}_2.",
    )
