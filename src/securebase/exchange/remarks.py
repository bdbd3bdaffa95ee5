"""Remarks of the import report: assumptions made, and values that look like mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median

from securebase.exchange.columns import NamedColumns
from securebase.exchange.grid import Grid, display_text, pluralise
from securebase.exchange.request import MAX_LISTED, Extract, TableRequest, TableRow
from securebase.exchange.times import CALENDAR_DAY, TimeUnit
from securebase.records.vocabulary import Moment

#: Common numeric missing-value codes.
_CODES = (-9.0, -99.0, -999.0, -9999.0)

#: Fewer values are not called constant.
_MIN_VALUES = 3

#: Persons with so many different rows, all equal, are hardly two.
_MIN_DIFFERENT_ROWS = 5

#: A larger median step suggests that the numbers are not session numbers.
_MAX_SESSION_STEP = 2.0

#: A gap this many times the median gap is more likely a typo than a break.
_GAP_RATIO = 100.0


def collect_remarks(
    request: TableRequest,
    grid: Grid,
    columns: NamedColumns,
    extract: Extract,
    persons: Mapping[str, Sequence[TableRow]],
) -> Iterator[str]:
    """Yield one sentence per remark, in the order in which a table is read."""
    yield from grid.remarks
    yield from columns.remarks
    yield from extract.remarks
    yield from _signs_sentence(extract.signs)
    if empty := sum(all(v is None for v in row.values) for row in extract.rows):
        yield f"Kept {pluralise(empty, 'row')} without any value."
    if len(request.moments) > 1:
        yield _moments_sentence(request.moments)
    yield from _times_sentences(extract, persons)
    if single := [p for p, rows in persons.items() if len(rows) == 1]:
        yield f"{pluralise(len(single), 'person')} with a single row: {_list_names(single)}."
    yield from _copies_sentence(persons)
    for k, (_, name) in enumerate(request.scores):
        series = {p: [v for row in rows if (v := row.values[k]) is not None] for p, rows in persons.items()}
        if constant := [p for p, values in series.items() if len(values) >= _MIN_VALUES and len(set(values)) == 1]:
            yield f"“{name}” is constant in {pluralise(len(constant), 'person')}: {_list_names(constant)}."
        yield from _suspected_codes(name, [v for values in series.values() for v in values])
    if unused := columns.unused_names():
        yield f"Unused columns: {_list_names(unused, 8)}."


def _copies_sentence(persons: Mapping[str, Sequence[TableRow]]) -> Iterator[str]:
    """Yield a remark on persons whose values are those of another one: analyses would count them twice."""
    originals: dict[tuple[tuple[float | None, ...], ...], str] = {}
    copies = []
    for name, rows in persons.items():
        course = tuple(row.values for row in sorted(rows, key=lambda row: row.time))
        if len(set(course)) >= _MIN_DIFFERENT_ROWS and originals.setdefault(course, name) != name:
            copies.append(f"{display_text(name, 40)} (as {display_text(originals[course], 40)})")
    if copies:
        shown = ", ".join(copies[:MAX_LISTED]) + (", …" if len(copies) > MAX_LISTED else "")
        yield (
            f"{pluralise(len(copies), 'person')} with the same values as another: {shown}. If they are the same "
            "person, results look more certain than they are: keep one."
        )


def _times_sentences(extract: Extract, persons: Mapping[str, Sequence[TableRow]]) -> Iterator[str]:
    """Yield remarks on session numbers that look like days, and on outlying times. Nothing is corrected."""
    ordered = [sorted(rows, key=lambda row: row.time) for rows in persons.values()]
    gaps = [(b.time - a.time, b) for rows in ordered for a, b in pairwise(rows)]
    if not gaps:
        return
    usual = median(gap for gap, _ in gaps)
    if extract.unit is TimeUnit.SESSION:
        first = min(rows[0].time for rows in ordered)
        if first > CALENDAR_DAY:
            yield (
                f"Session numbers begin at {first:,.0f}: they look like spreadsheet dates. If they "
                "are, use --time-unit day."
            )
        elif usual > _MAX_SESSION_STEP:
            yield (
                f"Session numbers are mostly {usual:g} apart: they look like days. If they are, use --time-unit day "
                "(week for weeks, file for any other unit)."
            )
    far = [(gap, row) for gap, row in gaps if gap > _GAP_RATIO * usual]
    if far:
        gap, row = max(far, key=lambda pair: pair[0])
        unit = "day" if extract.from_first else {TimeUnit.FILE: "unit"}.get(extract.unit, extract.unit.value)
        also = f"; {pluralise(len(far), 'such gap')} in total" if len(far) > 1 else ""
        yield (
            f"“{display_text(row.person, 40)}” has a gap of {gap:,.0f} {unit}s before row {row.number}, where the "
            f"usual gap is {usual:g}{also}. Check the time for a typo."
        )


def _signs_sentence(signs: Mapping[str, int]) -> Iterator[str]:
    by_count = sorted(signs.items(), key=lambda pair: -pair[1])
    parts = [f"{f'“{display_text(sign, 20)}”' if sign else 'empty cell'} ({count:,})" for sign, count in by_count]
    if parts:
        yield f"Read as missing: {', '.join(parts)}."


def _moments_sentence(moments: Mapping[str, Moment]) -> str:
    names_by_moment: dict[Moment, list[str]] = {}
    for name, moment in moments.items():
        names_by_moment.setdefault(moment, []).append(name)
    parts = [f"{moment.label.lower()}: {', '.join(names)}" for moment, names in names_by_moment.items()]
    return f"Measured {'; '.join(parts)}."


def _suspected_codes(name: str, values: Sequence[float]) -> Iterator[str]:
    """Yield a remark on numbers such as −99 among non-negative scores, most likely missing-value codes."""
    quantities = [v for v in values if v not in _CODES]
    codes = sorted(set(values) & set(_CODES))
    if codes and quantities and min(quantities) >= 0:
        yield (
            f"“{name}” holds {', '.join(f'{c:g}' for c in codes)} but no other negative value. If it "
            f"means missing, add {' '.join(f'--missing {c:g}' for c in codes)}."
        )


def _list_names(names: Sequence[str], max_shown: int = MAX_LISTED) -> str:
    return ", ".join(display_text(name, 40) for name in names[:max_shown]) + (", …" if len(names) > max_shown else "")
