"""Responses to one instrument, from a table (one row per administration, one column per item) or a line of text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from securebase.errors import ResponseError, TableError
from securebase.exchange.columns import NamedColumns
from securebase.exchange.formulas import unescape_formula
from securebase.exchange.grid import Grid, clean, display_text, read_bytes, read_grid
from securebase.exchange.values import NO_WORDS, find_decimal_sign, is_missing, parse_column, parse_number
from securebase.measurement.instrument import Instrument

_NUMBERED = re.compile(r"(.*?)[ _.\-]?(\d{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One row of responses. `row` is its number in the file, `person` None if no column was named for it."""

    row: int
    person: str | None
    responses: Mapping[int, float | None]


def responses_from_text(instrument: Instrument, text: str) -> dict[int, float | None]:
    """Parse “1=2, 2=0, 3=NA” to item → response. Raises ResponseError with the invalid part."""
    responses: dict[int, float | None] = {}
    for part in filter(None, (clean(p) for p in text.split(","))):
        item, sign, value = (clean(p) for p in part.partition("="))
        words = _answers_in_words(instrument, int(item)) if item.isdecimal() and item.isascii() else NO_WORDS
        number = words.get(value.lower(), parse_number(value))
        if not sign or not item.isdecimal() or not item.isascii() or (number is None and not is_missing(value)):
            raise ResponseError(
                f"invalid response “{display_text(part)}”",
                where=instrument.id,
                advice="Write item=response, such as 1=2,2=0.",
            )
        if int(item) in responses:
            raise ResponseError(f"item {item} is given twice", where=instrument.id, advice="Give each item once.")
        responses[int(item)] = number
    if not responses:
        raise ResponseError("no responses given", where=instrument.id, advice="Write item=response, such as 1=2,2=0.")
    return responses


def read_responses(
    path: str | Path | bytes,
    instrument: Instrument,
    *,
    stem: str | None = None,
    person: str | None = None,
    missing: Collection[str] = (),
    file: str = "table.csv",
) -> tuple[ResponseRow, ...]:
    """Read rows of responses.

    Item columns end in the item number (phq9_1, item 1, q1). `stem` is the part before it, needed only where several
    match. Blank cells are unanswered items; `missing` adds codes for them. An answer that counts as missing (“does not
    apply”) may be given by its words or its number. Raises TableError where columns or cells cannot be read. Scoring
    checks whether a response is allowed.
    """
    if isinstance(path, bytes):
        content = path
    else:
        content, file = read_bytes(path), Path(path).name
    grid = read_grid(content, file)
    columns = _item_columns(grid, instrument, stem)
    persons = grid.column(NamedColumns(grid, {}).find(person)) if person is not None else None
    row_indices = range(len(grid.rows))
    sign = find_decimal_sign(grid, columns.values(), "auto", row_indices)
    missing_codes = frozenset(clean(s) for s in missing)
    answers = {
        item: parse_column(
            grid, index, sign=sign, missing_codes=missing_codes, words=_answers_in_words(instrument, item)
        )
        for item, index in columns.items()
    }
    if not grid.rows:
        raise TableError("the table has no rows below the header", file=file)
    return tuple(
        ResponseRow(
            grid.numbers[i],
            unescape_formula(clean(persons[i])) if persons is not None else None,
            {item: column[i] for item, column in answers.items()},
        )
        for i in row_indices
    )


def _answers_in_words(instrument: Instrument, number: int) -> Mapping[str, float]:
    """Return the answers of an item that count as missing: words in lower case → value."""
    options = (option for item in instrument.items if item.number == number for option in item.missing_options)
    return {option.label.lower(): option.value for option in options}


def _item_columns(grid: Grid, instrument: Instrument, stem: str | None) -> dict[int, int]:
    """Return item → index of the one stem that has a column for every scored item."""
    item_numbers = {item.number for item in instrument.items}
    scored = {number for scale in instrument.scales for number in scale.items}
    stems: dict[str, dict[int, int]] = {}
    for i, header in enumerate(grid.header):
        match = _NUMBERED.fullmatch(header)
        if match and int(match[2]) in item_numbers:
            if int(match[2]) in stems.setdefault(match[1], {}):
                raise TableError(f"item {int(match[2])} has two columns", file=grid.file, column=header)
            stems[match[1]][int(match[2])] = i
    if stem is not None:
        stems = {stem: stems.get(clean(stem), {})}
    complete = {name: columns for name, columns in stems.items() if scored <= set(columns)}
    if len(complete) == 1:
        return next(iter(complete.values()))
    if complete:
        names = ", ".join(f"“{name}”" for name in complete)
        raise TableError(f"several sets of columns match: {names}", file=grid.file, advice="Choose one with --stem.")
    best_match = max(stems.values(), key=len, default={})
    missing_items = ", ".join(str(n) for n in sorted(scored - set(best_match)))
    raise TableError(
        f"no column for item {missing_items} of {instrument.name}",
        file=grid.file,
        advice=f"Name the columns by item, such as {instrument.id}_1, {instrument.id}_2.",
    )
