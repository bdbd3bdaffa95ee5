"""Reader of time columns: numbers in a given unit, or dates. Ambiguous dates are refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from securebase.errors import InputError, TableError
from securebase.exchange.grid import Grid, clean, display_text
from securebase.exchange.values import is_missing, parse_column
from securebase.records.dates import EARLIEST

DateOrder = Literal["day_first", "month_first"]

DAYS_PER_WEEK = 7.0

#: Larger day numbers are calendar days: spreadsheets count days since 1900 (35,000 is 1995).
CALENDAR_DAY = 20_000
#: De-identified tables shift dates by up to about two centuries; later years are typing errors.
LAST_YEAR = 2200

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](.+))?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[T ](.+))?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:,? (.+))?", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2}(?: .+)?", re.ASCII)
_DAY_NAMED = re.compile(r"(\d{1,2})\.?[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4})(?: (.+))?", re.ASCII)
_MONTH_NAMED = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?: (.+))?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_DIGITS_ONLY_DATE = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", re.ASCII)

_MONTHS = ("january february march april may june july august september october november december").split()  # noqa: SIM905 - one line reads better
_ISO_ADVICE = "Write dates as year-month-day, such as 2024-03-05."
_ORDER_ADVICE = "Use --date-order day-first or month-first, or write year-month-day."


class TimeUnit(StrEnum):
    """Unit of numbers in the time column. FILE keeps the numbers without a unit."""

    DAY = "day"
    WEEK = "week"
    SESSION = "session"
    FILE = "file"

    @property
    def days(self) -> float:
        """Days in one unit. A session counts as one nominal week."""
        return {"day": 1.0, "week": DAYS_PER_WEEK, "session": DAYS_PER_WEEK, "file": 1.0}[self.value]


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """Times of all rows of the grid, in `unit`, or in calendar days if `dates` is set; None if missing.

    `from_first`: time 0 is each person's earliest row.
    """

    values: tuple[float | None, ...]
    unit: TimeUnit
    from_first: bool = False
    dates: tuple[date | None, ...] | None = None
    remarks: tuple[str, ...] = ()


def time_unit(name: str) -> TimeUnit:
    """Return the unit with this name. Raises InputError if it is unknown."""
    try:
        return TimeUnit(name)
    except ValueError:
        raise InputError(
            f"unknown time unit “{name}”", advice=f"Known: {', '.join(TimeUnit)}. Dates are recognised."
        ) from None


def read_times(
    grid: Grid,
    index: int,
    unit: TimeUnit,
    *,
    rows: Sequence[int],
    sign: Literal[".", ","] = ".",
    missing_codes: frozenset[str] = frozenset(),
    date_order: DateOrder | None = None,
) -> TimeColumn:
    """Read the times of the rows at indices `rows`. Raises TableError with row and column."""
    cells: list[str | None] = [None] * len(grid.rows)
    for i in rows:
        cell = clean(grid.rows[i][index])
        cells[i] = None if is_missing(cell, missing_codes) else cell
    if any(cell is not None and _looks_like_a_date(cell) for cell in cells):
        return _read_dates(grid, index, unit, cells, date_order)
    values = parse_column(grid, index, sign=sign, missing_codes=missing_codes, rows=rows)
    _check_numbers(grid, index, unit, cells, values)
    present = [v for v in values if v is not None]
    if unit is TimeUnit.DAY and present and min(present) > CALENDAR_DAY:
        remark = f"The numbers in “{grid.header[index]}” are calendar days; time counts from each person's first row."
        return TimeColumn(tuple(values), unit, from_first=True, remarks=(remark,))
    remarks = ("Sessions count as one week each, since the table gives only their numbers.",)
    return TimeColumn(tuple(values), unit, remarks=remarks if unit is TimeUnit.SESSION else ())


def _check_numbers(
    grid: Grid, index: int, unit: TimeUnit, cells: Sequence[str | None], values: Sequence[float | None]
) -> None:
    if unit is TimeUnit.FILE:
        return
    for i, (cell, value) in enumerate(zip(cells, values, strict=True)):
        if value is None or cell is None:
            continue
        if _DIGITS_ONLY_DATE.fullmatch(cell):
            raise _error(grid, index, i, "this looks like a date without separators")
        if unit is TimeUnit.SESSION and value != int(value):
            advice = "Use --time-unit day, week or file if the times are not session numbers."
            raise _error(grid, index, i, "a session number must be a whole number", advice)


def _looks_like_a_date(cell: str) -> bool:
    patterns = (_ISO, _YEAR_FIRST, _YEAR_LAST, _SHORT_YEAR, _DAY_NAMED, _MONTH_NAMED)
    return any(pattern.fullmatch(cell) for pattern in patterns)


def _read_dates(
    grid: Grid, index: int, unit: TimeUnit, cells: Sequence[str | None], requested: DateOrder | None
) -> TimeColumn:
    _check_one_format(grid, index, cells)
    order, order_remark = _find_date_order(grid, index, cells, requested)
    moments: list[datetime | None] = [None] * len(cells)
    for i, cell in enumerate(cells):
        if cell is not None:
            moments[i] = _parse_moment(grid, index, i, cell, order)
    aware = {m.tzinfo is not None for m in moments if m is not None}
    if len(aware) > 1:
        i = next(i for i, m in enumerate(moments) if m is not None and m.tzinfo is not None)
        advice = "Give all times a time zone, or none."
        raise _error(grid, index, i, "only some times have a time zone", advice)
    values = tuple(None if m is None else _day_number(m) for m in moments)
    count_unit = unit if unit is TimeUnit.DAY else TimeUnit.WEEK
    remarks = [f"“{grid.header[index]}” holds dates; time counts in {count_unit}s from each person's first row."]
    return TimeColumn(
        values,
        count_unit,
        from_first=True,
        dates=tuple(None if m is None else m.date() for m in moments),
        remarks=(*remarks, *([order_remark] if order_remark else [])),
    )


def _check_one_format(grid: Grid, index: int, cells: Sequence[str | None]) -> None:
    """Check that all dates share one format: in another one, day and month may be the other way round."""
    first: tuple[int, str] | None = None
    for i, cell in enumerate(cells):
        if cell is None or not (form := _date_format(cell)):
            continue
        first = first or (i, form)
        if form != first[1]:
            earlier = f"“{display_text(clean(grid.rows[first[0]][index]), 20)}” in row {grid.numbers[first[0]]}"
            raise _error(grid, index, i, f"the column has dates in two formats, {earlier} and this one")


def _date_format(cell: str) -> str:
    """Return a name of the format in which a date is written; empty where it is none."""
    if _ISO.fullmatch(cell) or _YEAR_FIRST.fullmatch(cell):
        return "year first"
    if _YEAR_LAST.fullmatch(cell):
        return f"year last, with “{cell.lstrip('0123456789')[0]}”"
    return "day and name of month" if _DAY_NAMED.fullmatch(cell) else "month" if _MONTH_NAMED.fullmatch(cell) else ""


def _find_date_order(
    grid: Grid, index: int, cells: Sequence[str | None], requested: DateOrder | None
) -> tuple[DateOrder | None, str]:
    """Find the order of day and month in dates such as 03/04/2024. A number above 12 decides for the column."""
    parts = [(i, int(m[1]), int(m[2])) for i, c in enumerate(cells) if c is not None and (m := _YEAR_LAST.fullmatch(c))]
    if not parts or requested is not None:
        return requested, ""
    day_first = next((i for i, a, _ in parts if a > 12), None)
    month_first = next((i for i, _, b in parts if b > 12), None)
    if day_first is not None and month_first is not None:
        i = max(day_first, month_first)
        raise _error(grid, index, i, "some dates begin with the day and some with the month")
    if day_first is None and month_first is None:
        unclear = next((i for i, a, b in parts if a != b), None)
        if unclear is None:
            return "day_first", ""
        raise _error(grid, index, unclear, "ambiguous date: day or month first", _ORDER_ADVICE)
    if day_first is not None:
        return "day_first", f"In dates the day comes first, as row {grid.numbers[day_first]} shows."
    assert month_first is not None
    return "month_first", f"In dates the month comes first, as row {grid.numbers[month_first]} shows."


def _parse_moment(grid: Grid, index: int, i: int, cell: str, order: DateOrder | None) -> datetime:
    year, month, day, clock = _date_parts(grid, index, i, cell, order)
    try:
        moment = datetime(year, month, day)
        moment = _add_clock(moment, clock) if clock else moment
    except ValueError:
        raise _error(grid, index, i, "no such day or time") from None
    if not EARLIEST.year <= year <= LAST_YEAR:
        raise _error(grid, index, i, f"the year {year} is not between {EARLIEST.year} and {LAST_YEAR}")
    return moment


def _date_parts(grid: Grid, index: int, i: int, cell: str, order: DateOrder | None) -> tuple[int, int, int, str | None]:
    """Return year, month, day and clock time as written."""
    if m := _ISO.fullmatch(cell) or _YEAR_FIRST.fullmatch(cell):
        return int(m[1]), int(m[2]), int(m[3]), m[4]
    if m := _YEAR_LAST.fullmatch(cell):
        day, month = (m[1], m[2]) if order == "day_first" else (m[2], m[1])
        return int(m[3]), int(month), int(day), m[4]
    if _SHORT_YEAR.fullmatch(cell):
        raise _error(grid, index, i, "the year has only two digits")
    if m := _DAY_NAMED.fullmatch(cell):
        day, name = m[1], m[2]
    elif m := _MONTH_NAMED.fullmatch(cell):
        day, name = m[2], m[1]
    else:
        raise _error(grid, index, i, "not a date, unlike other cells of the column")
    matching = [k for k, full in enumerate(_MONTHS, start=1) if full.startswith(name.lower())]
    if len(matching) != 1:
        raise _error(grid, index, i, f"unknown month “{name}”")
    return int(m[3]), matching[0], int(day), m[4]


def _add_clock(moment: datetime, clock: str) -> datetime:
    m = _CLOCK.fullmatch(clock.strip())
    if m is None:
        raise ValueError(clock)
    zone = datetime.fromisoformat(f"2000-01-01T00:00:00{m[4]}").tzinfo if m[4] else None
    return moment.replace(hour=int(m[1]), minute=int(m[2]), second=int(m[3] or 0), tzinfo=zone)


def _day_number(moment: datetime) -> float:
    """Return the proleptic day number with the fraction of the day."""
    offset = moment.utcoffset()
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return moment.toordinal() + (seconds - (offset.total_seconds() if offset else 0.0)) / 86_400


def _error(grid: Grid, index: int, i: int, problem: str, advice: str = _ISO_ADVICE) -> TableError:
    value = display_text(clean(grid.rows[i][index]))
    return TableError(
        problem, file=grid.file, row=grid.numbers[i], column=grid.header[index], value=value, advice=advice
    )
