"""Bounds of calendar dates. A date beyond them is a typing error, such as the year 26 for 2026."""

from __future__ import annotations

from datetime import date

#: No person in therapy, and nobody they mourn, has dates before this day.
EARLIEST = date(1900, 1, 1)
#: IPT was developed from 1969 on, so no course of it began earlier.
EARLIEST_COURSE = date(1969, 1, 1)
#: Plans and reviews lie at most this number of years ahead.
YEARS_AHEAD = 10


def latest_date(today: date) -> date:
    """Return the last day of the year that lies `YEARS_AHEAD` years after that of `today`."""
    return date(today.year + YEARS_AHEAD, 12, 31)


def describe_out_of_bounds(day: date, *, latest: date, earliest: date = EARLIEST) -> str:
    """Return what is wrong with a day outside the bounds, and what to do; empty for a day within them."""
    if day < earliest:
        return f"This is before {earliest.year}. Check the year."
    if day > latest:
        return f"This is after {latest.day} {latest:%B} {latest.year}. Check the year."
    return ""


def days_since(text: str, began: date) -> float | None:
    """Return an ISO date as days since the episode began, negative before it.

    None if the text is not a date, or is one beyond the bounds: earlier versions stored such dates, and one mistyped
    year would stretch every time axis over centuries.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return float((day - began).days) if EARLIEST <= day <= latest_date(began) else None
