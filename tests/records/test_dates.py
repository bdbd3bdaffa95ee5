"""Bounds of calendar dates, and days counted from the beginning of an episode."""

from __future__ import annotations

from datetime import date, timedelta

from securebase.records.dates import EARLIEST, days_since, describe_out_of_bounds, latest_date

BEGAN = date(2026, 9, 1)


def test_days_count_from_the_beginning_of_the_episode() -> None:
    assert days_since("2026-09-11", BEGAN) == 10
    assert days_since("2026-08-31", BEGAN) == -1
    assert days_since("soon", BEGAN) is None
    assert days_since("", BEGAN) is None


def test_dates_beyond_the_bounds_are_not_counted() -> None:
    assert days_since("1900-01-01", BEGAN) == (EARLIEST - BEGAN).days
    assert days_since("1899-12-31", BEGAN) is None
    assert days_since("0001-01-01", BEGAN) is None
    assert days_since("2036-12-31", BEGAN) is not None
    assert days_since("2037-01-01", BEGAN) is None


def test_problem_of_a_date_names_the_bound() -> None:
    latest = latest_date(BEGAN)
    assert latest == date(2036, 12, 31)
    assert describe_out_of_bounds(EARLIEST, latest=latest) == describe_out_of_bounds(latest, latest=latest) == ""
    too_early = describe_out_of_bounds(EARLIEST - timedelta(days=1), latest=latest)
    too_late = describe_out_of_bounds(latest + timedelta(days=1), latest=latest)
    assert too_early == "This is before 1900. Check the year."
    assert too_late == "This is after 31 December 2036. Check the year."
