"""What a reader of the report should know about how a table was taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median

from securebase.exchange.columns import NamedColumns
from securebase.exchange.grid import Grid, plural, shown
from securebase.exchange.request import MOST_NAMED, Extract, TableRequest, TableRow
from securebase.exchange.times import CALENDAR_DAY, TimeUnit
from securebase.records.vocabulary import Moment

#: numbers that people write where there is no number
_CODES = (-9.0, -99.0, -999.0, -9999.0)

#: fewer values than this cannot be called constant
_FEW = 3

#: sessions are numbered one by one: where the usual step is larger than this, the numbers count something else
_USUAL_STEP = 2.0

#: a gap this many times the usual one is more likely a slip of the pen than a pause
_FAR = 100.0


def remarks_on(
    asked: TableRequest, grid: Grid, found: NamedColumns, extract: Extract, persons: Mapping[str, Sequence[TableRow]]
) -> Iterator[str]:
    """One sentence for each thing worth knowing, in the order in which a table is read."""
    yield from grid.remarks
    yield from found.remarks
    yield from extract.remarks
    yield from _signs_sentence(extract.signs)
    if empty := sum(all(v is None for v in row.values) for row in extract.rows):
        yield f"{plural(empty, 'moment')} without any value kept in the time line."
    if len(asked.moments) > 1:
        yield _moments_sentence(asked.moments)
    yield from _times_sentences(extract, persons)
    if single := [p for p, rows in persons.items() if len(rows) == 1]:
        yield f"{plural(len(single), 'person')} with a single row: {_some(single)}."
    for k, (_, name) in enumerate(asked.scores):
        series = {p: [v for row in rows if (v := row.values[k]) is not None] for p, rows in persons.items()}
        if constant := [p for p, values in series.items() if len(values) >= _FEW and len(set(values)) == 1]:
            yield f"“{name}” never changes in {plural(len(constant), 'person')}: {_some(constant)}."
        yield from _suspected_codes(name, [v for values in series.values() for v in values])
    if unused := found.not_used():
        yield f"Columns not asked for: {_some(unused, 8)}."


def _times_sentences(extract: Extract, persons: Mapping[str, Sequence[TableRow]]) -> Iterator[str]:
    """Session numbers that look like days, and times far from all others: said aloud and not guessed."""
    ordered = [sorted(rows, key=lambda row: row.time) for rows in persons.values()]
    gaps = [(b.time - a.time, b) for rows in ordered for a, b in pairwise(rows)]
    if not gaps:
        return
    usual = median(gap for gap, _ in gaps)
    if extract.unit is TimeUnit.SESSION:
        first = min(rows[0].time for rows in ordered)
        if first > CALENDAR_DAY:
            yield (
                f"Session numbers begin at {first:,.0f}: they look like dates as a spreadsheet counts them. If they "
                "are, say --time-unit day."
            )
        elif usual > _USUAL_STEP:
            yield (
                f"Session numbers are mostly {usual:g} apart: they look like days. If they are, say --time-unit day "
                "(week for weeks, file for any other unit)."
            )
    far = [(gap, row) for gap, row in gaps if gap > _FAR * usual]
    if far:
        gap, row = max(far, key=lambda pair: pair[0])
        unit = "day" if extract.from_first else {TimeUnit.FILE: "unit"}.get(extract.unit, extract.unit.value)
        also = f"; so far from the rest are {plural(len(far), 'gap')}" if len(far) > 1 else ""
        yield (
            f"“{shown(row.person, 40)}” has nothing for {gap:,.0f} {unit}s before row {row.number}, where the usual "
            f"gap is {usual:g}{also}. Check the time for a slip of the pen."
        )


def _signs_sentence(signs: Mapping[str, int]) -> Iterator[str]:
    by_count = sorted(signs.items(), key=lambda pair: -pair[1])
    parts = [f"{f'“{shown(sign, 20)}”' if sign else 'empty cell'} ({count:,})" for sign, count in by_count]
    if parts:
        yield f"Read as missing: {', '.join(parts)}."


def _moments_sentence(moments: Mapping[str, Moment]) -> str:
    by: dict[Moment, list[str]] = {}
    for name, moment in moments.items():
        by.setdefault(moment, []).append(name)
    parts = [f"{moment.label.lower()}: {', '.join(names)}" for moment, names in by.items()]
    return f"Taken as asked {'; '.join(parts)}."


def _suspected_codes(name: str, values: Sequence[float]) -> Iterator[str]:
    """Numbers such as −99 beside scores that are never negative: most likely “missing”, said aloud and not guessed."""
    others = [v for v in values if v not in _CODES]
    codes = sorted(set(values) & set(_CODES))
    if codes and others and min(others) >= 0:
        yield (
            f"“{name}” holds {', '.join(f'{c:g}' for c in codes)} though nothing else in it is negative: if that "
            f"stands for a missing value, say so ({' '.join(f'--missing {c:g}' for c in codes)})."
        )


def _some(names: Sequence[str], most: int = MOST_NAMED) -> str:
    return ", ".join(shown(name, 40) for name in names[:most]) + (", …" if len(names) > most else "")
