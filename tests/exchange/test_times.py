"""Times: numbers in a unit, or unambiguous dates."""

from datetime import date

import pytest

from securebase.errors import InputError, TableError
from securebase.exchange.csv_tables import read_cohort
from securebase.records.cohort import Cohort


def at(*times: str, unit: str = "session", **options: object) -> Cohort:
    """Write one person with a row for each time and the scores 1, 2, 3 and so on."""
    rows = "".join(f'a,"{time}",{k}\n' for k, time in enumerate(times, start=1))
    return read_cohort(
        f"id,when,y\n{rows}".encode(),
        person="id",
        time="when",
        outcome="y",
        time_unit=unit,
        file="t.csv",
        **options,  # type: ignore[arg-type]
    )


def days(cohort: Cohort) -> list[float]:
    return [a.at for a in cohort.episodes[0].administrations]


def remarks(cohort: Cohort) -> str:
    assert cohort.import_report is not None
    return "\n".join(cohort.import_report.remarks)


@pytest.mark.parametrize(
    ("unit", "expected", "days_per_unit"),
    [("session", [7, 21], 7), ("week", [7, 21], 7), ("day", [1, 3], 1), ("file", [1, 3], 1)],
)
def test_units(unit: str, expected: list[float], days_per_unit: float) -> None:
    cohort = at("1", "3", unit=unit)
    assert days(cohort) == expected
    assert (cohort.time_unit, cohort.days_per_unit) == (unit, days_per_unit)
    sessions = [a.session for a in cohort.episodes[0].administrations]
    assert sessions == ([1, 3] if unit == "session" else [None, None])


def test_the_remark_says_that_a_session_counts_as_a_week() -> None:
    assert "Sessions count as one week each" in remarks(at("1"))
    assert "one week each" not in remarks(at("1", unit="week"))


def test_the_zero_of_the_file_is_kept() -> None:
    assert days(at("0.5", "2.25", unit="file")) == [0.5, 2.25]
    assert days(at("-1", "4", unit="week")) == [-7, 28]


def test_a_session_before_the_first_has_no_number() -> None:
    episode = at("-1", "0", "1").episodes[0]
    assert [a.session for a in episode.administrations] == [None, 0, 1]
    assert [s.number for s in episode.sessions] == [1]


def test_fractional_session_numbers_are_refused_with_advice() -> None:
    with pytest.raises(TableError, match=r"row 3, column “when”: a session number must be a whole number \(got “1.5”"):
        at("1", "1.5")


def test_an_unknown_unit() -> None:
    with pytest.raises(InputError, match=r"unknown time unit “month”\. Known: day, week, session, file"):
        at("1", unit="month")


def test_calendar_day_numbers_count_from_the_first_row() -> None:
    cohort = at("45000", "45009", unit="day")
    assert days(cohort) == [0, 9]
    assert "calendar days" in remarks(cohort)


@pytest.mark.parametrize(
    "times",
    [
        ("2024-03-05", "2024-03-12"),
        ("2024-3-5", "2024-3-12"),
        ("2024/03/05", "2024/03/12"),
        ("2024.03.05", "2024.03.12"),
        ("5 March 2024", "12 Mar 2024"),
        ("5-Mar-2024", "12-mar-2024"),
        ("March 5, 2024", "Mar 12, 2024"),
        ("05/03/2024", "12/03/2024", "19/03/2024"),
        ("03/05/2024", "03/12/2024", "03/19/2024"),
        ("05.03.2024", "12.03.2024", "19.03.2024"),
        ("2024-03-05T09:30", "2024-03-12T09:30:00"),
        ("2024-03-05 09:30:00Z", "2024-03-12 10:30:00+01:00"),
        ("05/03/2024 14:00", "12/03/2024 14:00", "31/03/2024 14:00"),
    ],
)
def test_dates(times: tuple[str, ...]) -> None:
    cohort = at(*times)
    assert days(cohort)[:2] == [0, 7]
    assert cohort.episodes[0].began_on == date(2024, 3, 5)
    assert (cohort.time_unit, cohort.days_per_unit) == ("week", 7)
    assert "“when” holds dates; time counts in weeks from each person's first row." in remarks(cohort)


def test_dates_in_days_and_with_the_time_of_day() -> None:
    cohort = at("2024-03-05 06:00", "2024-03-05 18:00", "2024-03-06 06:00", unit="day")
    assert days(cohort) == [0, 0.5, 1]
    assert (cohort.time_unit, cohort.days_per_unit) == ("day", 1)


def test_dates_count_from_each_persons_earliest_row() -> None:
    cohort = read_cohort(
        b"id,when,y\na,2024-01-10,1\nb,2024-06-01,2\na,2024-01-03,3\n", person="id", time="when", outcome="y"
    )
    assert [[a.at for a in e.administrations] for e in cohort.episodes] == [[0, 7], [0]]
    assert [e.began_on for e in cohort.episodes] == [date(2024, 1, 3), date(2024, 6, 1)]


def test_one_date_beyond_the_twelfth_decides_for_the_column_and_is_named() -> None:
    assert "In dates the day comes first, as row 3 shows." in remarks(at("05/03/2024", "13/03/2024"))
    assert "In dates the month comes first, as row 2 shows." in remarks(at("03/13/2024", "03/05/2024"))


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (
            ("03/04/2024",),
            "row 2, column “when”: ambiguous date: day or month first (got “03/04/2024”)",
        ),
        (("13/04/2024", "04/13/2024"), "row 3, column “when”: some dates begin with the day and some with the month"),
        (("03/04/24",), "row 2, column “when”: the year has only two digits"),
        (("2024-02-30",), "row 2, column “when”: no such day or time"),
        (("0026-02-03",), "row 2, column “when”: the year 26 is not between 1900 and 2200"),
        (("2999-02-03",), "the year 2999 is not between 1900 and 2200"),
        (("2024-02-03 25:00",), "no such day or time"),
        (("31/31/2024",), "row 2, column “when”: some dates begin"),
        (("5 Foo 2024",), "unknown month “Foo”"),
        (("5 Ma 2024", "2024-01-01"), "not a date, unlike other cells of the column (got “5 Ma 2024”)"),
        (("2024-03-05", "3"), "row 3, column “when”: not a date, unlike other cells of the column (got “3”)"),
        (("2024-03-05 09:00", "2024-03-06 09:00Z"), "row 3, column “when”: only some times have a time zone"),
        (
            ("2024-03-05", "12/03/2024"),
            "row 3, column “when”: the column has dates in two formats, “2024-03-05” in row 2 and this one",
        ),
        (("05.03.2024", "13/03/2024"), "dates in two formats"),
        (("5 March 2024", "March 12, 2024"), "dates in two formats"),
        (("20240305",), "this looks like a date without separators"),
        (("Session 3",), "row 2, column “when”: not a number (got “Session 3”"),
    ],
)
def test_invalid_or_ambiguous_times_are_refused(times: tuple[str, ...], message: str) -> None:
    with pytest.raises(TableError) as error:
        at(*times)
    assert message in str(error.value)
    assert error.value.advice


def test_the_caller_can_set_the_date_order() -> None:
    assert days(at("03/04/2024", "10/04/2024", date_order="day_first")) == [0, 7]
    assert days(at("03/04/2024", "03/11/2024", date_order="month_first")) == [0, 7]


def test_the_same_number_twice_needs_no_order() -> None:
    assert at("04/04/2024").episodes[0].began_on == date(2024, 4, 4)
