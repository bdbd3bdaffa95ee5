"""Untidy tables are read, or refused with location and advice."""

import io
import re
from pathlib import Path

import pandas as pd
import pytest

from securebase.errors import InputError, TableError
from securebase.exchange.csv_tables import read_cohort
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment

GOOD = "id,session,score,warmth\na,1,20,5\na,2,18,6\nb,1,30,\nb,3,25,4\n"


def read(text: str | bytes, **options: object) -> Cohort:
    content = text.encode() if isinstance(text, str) else text
    arguments: dict[str, object] = {"person": "id", "time": "session", "outcome": "score", "file": "t.csv"}
    return read_cohort(content, **(arguments | options))  # type: ignore[arg-type]


def series(cohort: Cohort, construct: str = "score") -> dict[str, list[tuple[float, float]]]:
    return {e.person: [(s.at, s.value) for s in e.scores(construct)] for e in cohort.episodes}


def remarks(cohort: Cohort) -> str:
    assert cohort.import_report is not None
    return "\n".join(cohort.import_report.sentences())


def error_message(text: str | bytes, **options: object) -> str:
    with pytest.raises(TableError) as error:
        read(text, **options)
    return str(error.value)


def test_a_plain_table() -> None:
    cohort = read(GOOD, processes=["warmth"])
    assert series(cohort) == {"a": [(7, 20), (14, 18)], "b": [(7, 30), (21, 25)]}
    assert series(cohort, "warmth") == {"a": [(7, 5), (14, 6)], "b": [(21, 4)]}
    assert (cohort.outcome, cohort.processes) == ("score", ("warmth",))
    assert (cohort.time_unit, cohort.days_per_unit) == ("session", 7.0)
    reading = cohort.import_report
    assert reading is not None
    assert (reading.rows_in_file, reading.rows_used, reading.cells_used, reading.cells_missing) == (4, 4, 7, 1)
    assert len(reading.fingerprint) == 64


def test_by_default_the_outcome_is_before_and_processes_after_the_session() -> None:
    first = read(GOOD, processes=["warmth"]).episodes[0].administrations
    assert [(a.moment, a.session, [s.construct for s in a.scores]) for a in first[:2]] == [
        (Moment.BEFORE, 1, ["score"]),
        (Moment.AFTER, 1, ["warmth"]),
    ]
    assert "Measured before the session: score; after the session: warmth." in remarks(read(GOOD, processes=["warmth"]))
    all_before = read(GOOD, processes=["warmth"], process_moments={"warmth": Moment.BEFORE}).episodes[0].administrations
    assert [[s.construct for s in a.scores] for a in all_before] == [["score", "warmth"]] * 2


def test_a_row_whose_scores_are_all_missing_keeps_its_moment() -> None:
    cohort = read("id,session,score,warmth\na,1,20,5\na,2,,NA\na,3,18,6\n", processes=["warmth"])
    (episode,) = cohort.episodes
    assert [(a.at, len(a.scores)) for a in episode.administrations] == [
        (7, 1),
        (7, 1),
        (14, 0),
        (14, 0),
        (21, 1),
        (21, 1),
    ]
    assert [s.number for s in episode.sessions] == [1, 2, 3]
    assert "Kept 1 row without any value." in remarks(cohort)


# -- encodings and separators ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(encoding: str) -> None:
    cohort = read("id,session,score\nJosé,1,20\nZoë,1,18\n".encode(encoding))
    assert [e.person for e in cohort.episodes] == ["José", "Zoë"]


def test_windows_encoding_is_reported() -> None:
    assert "read as windows-1252" in remarks(read("id,session,score\nJosé,1,20\n".encode("cp1252")))
    assert "read as UTF-16" in remarks(read("id,session,score\nJosé,1,20\n".encode("utf-16")))
    assert "read as" not in remarks(read(GOOD))


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_separators_with_decimal_commas(separator: str, name: str) -> None:
    cohort = read("id,session,score\na,1,X\na,2,Y\n".replace(",", separator).replace("X", "12,5").replace("Y", "1,125"))
    assert series(cohort) == {"a": [(7, 12.5), (14, 1.125)]}
    assert f"Cells are separated by {name}." in remarks(cohort)


def test_the_sep_line_of_excel_sets_the_delimiter() -> None:
    assert series(read("sep=;\r\nid;session;score\r\na;1;20\r\n")) == {"a": [(7, 20)]}
    assert "row 3" in error_message("sep=;\nid;session;score\na;1;x\n")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings(ending: str) -> None:
    assert series(read(GOOD.replace("\n", ending))) == series(read(GOOD))


def test_quoted_cells_and_padding() -> None:
    table = (
        '"id" ,session, "score"\n'.replace('" ,', '",') + '"a, the first", 1 , "20"\n"a, the first",2,\u00a018\u00a0\n'
    )
    assert series(read(table)) == {"a, the first": [(7, 20), (14, 18)]}


def test_padded_headers_are_found() -> None:
    assert series(read(GOOD.replace("session", " session ").replace("score", "\u00a0score")))["a"] == [
        (7, 20),
        (14, 18),
    ]


@pytest.mark.parametrize(
    ("start", "description"),
    [
        (b"PK\x03\x04xyz", "an Excel workbook or another zip archive"),
        (b"\xd0\xcf\x11\xe0xyz", "an old Excel workbook"),
        (b"$FL2@(#) SPSS", "an SPSS file"),
        (b"%PDF-1.7", "a PDF"),
    ],
)
def test_other_kinds_of_files_are_named(start: bytes, description: str) -> None:
    assert error_message(start) == f"t.csv: this is {description}, not a CSV file. Save it as “CSV UTF-8”."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \r\n \n", "the file is empty"),
        (b",,\n,,\n", "the file has no header"),
        (b"id,session,score\n", "no usable row. The table has no rows below the header"),
        (b"1,2,3\n4,5,6\n", "row 1: the first row holds numbers instead of column names"),
        (b"id,session,score\na,1,\x81\n", "cannot be decoded as windows-1252"),
        (b"id,session,score\na,1,2\x00\n", "this is not a text file"),
        (b"\xff\xfea", "cannot be decoded as utf-16-le"),
        (b'id,session,score\na,1,"20\nb,1,3\n', "row 2: cannot split the row into cells"),
        (b"id,session,score\na,1,20,9\n", "row 2: the row has 4 cells, the header 3. Quote cells"),
    ],
)
def test_files_that_are_not_tables_are_refused(content: bytes, message: str) -> None:
    assert message in error_message(content)


def test_a_missing_file_a_folder_and_an_oversized_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TableError, match="file not found"):
        read_cohort(tmp_path / "none.csv", person="id", time="t", outcome="y")
    with pytest.raises(TableError, match="cannot read the file"):
        read_cohort(tmp_path, person="id", time="t", outcome="y")
    (tmp_path / "big.csv").write_text(GOOD)
    monkeypatch.setattr("securebase.exchange.grid.MAX_BYTES", 10)
    with pytest.raises(TableError, match="larger than"):
        read_cohort(tmp_path / "big.csv", person="id", time="session", outcome="score")


# -- cells -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sign", ["", "#NULL!", "NA", "N/A", "n/a", ".", "-", " ", "NaN", "NULL", "None", "#N/A", "–", "\\N", "missing"]
)
def test_missing_value_codes(sign: str) -> None:
    cohort = read(f"id,session,score\na,1,{sign}\na,2,3\n")
    assert series(cohort) == {"a": [(14, 3)]}
    assert f"Read as missing: {f'“{sign}”' if sign.strip() else 'empty cell'} (1)." in remarks(cohort)


def test_additional_missing_value_codes() -> None:
    table = "id,session,score\na,1,-99\na,2,3\na,3,4\n"
    assert series(read(table, missing=["-99"])) == {"a": [(14, 3), (21, 4)]}
    assert "“score” holds -99 but no other negative value" in remarks(read(table))


@pytest.mark.parametrize(
    ("cell", "value"),
    [("20", 20), ("+3", 3), ("-3.5", -3.5), ("−3", -3), (".5", 0.5), ("5.", 5), ("1e2", 100), ("1.25E-1", 0.125)],
)
def test_numbers(cell: str, value: float) -> None:
    assert series(read(f"id,session,score\na,1,{cell}\n")) == {"a": [(7, value)]}


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("twenty", "not a number (got “twenty”). Correct it, leave the cell empty, or add --missing"),
        ("20 points", "not a number"),
        ("50%", "not a number"),
        ("1_000", "a thousands separator"),
        ("٣", "not a number"),
        ("inf", "not a number"),
        ("1e300", "too large for a score"),
        ("#VALUE!", "the cell holds a spreadsheet error"),
        ('"1,234"', "ambiguous comma: thousands or decimal separator (got “1,234”). Write numbers without"),
        ('"1,234.5"', "a thousands separator or two decimal separators"),
        ("1.234.567", "a thousands separator or two decimal separators"),
        ("1 234", "a thousands separator"),
        ("1'234", "a thousands separator"),
    ],
)
def test_cells_that_are_not_numbers_are_refused_with_row_and_column(cell: str, message: str) -> None:
    message = error_message(f"id,session,score\na,1,2\na,2,{cell}\n")
    assert message.startswith("t.csv, row 3, column “score”: ")
    assert message in message


def test_thousands_in_a_table_with_decimal_commas() -> None:
    assert "thousands separator" in error_message("id;session;score\na;1;12,5\na;2;1.234,5\n")


def test_both_decimal_signs_in_one_table_are_refused() -> None:
    message = error_message("id;session;score;warmth\na;1;12,5;3\na;2;3;4.25\n", processes=["warmth"])
    assert message.startswith("t.csv, row 3, column “warmth”: numbers with decimal point and decimal comma are mixed")


def test_an_ambiguous_comma_is_resolved_by_the_table_or_the_caller() -> None:
    assert "ambiguous comma" in error_message("id;session;score\na;1;1,234\n")
    assert series(read("id;session;score\na;1;1,234\na;2;0,5\n")) == {"a": [(7, 1.234), (14, 0.5)]}
    assert series(read("id;session;score\na;1;1,234\n", decimal=",")) == {"a": [(7, 1.234)]}
    assert "not a number" in error_message("id;session;score\na;1;12,5\n", decimal=".")


# -- columns -----------------------------------------------------------------------------------------------------------


def test_a_column_name_with_a_line_break_is_one_line() -> None:
    cohort = read('id,session,"total\n  score"\na,1,20\n', outcome="total score")
    assert series(cohort, "total score") == {"a": [(7, 20)]}


def test_an_unknown_column_is_refused_with_the_closest_names() -> None:
    assert error_message(GOOD, outcome="Scores") == (
        "t.csv: unknown column “Scores”. Did you mean “score”? Columns: “id”, “session”, “score”, “warmth”."
    )


def test_duplicate_columns_with_equal_content_are_used_with_a_remark() -> None:
    cohort = read("id,session,score,score\na,1,20,20.0\na,2,NA,\n")
    assert series(cohort) == {"a": [(7, 20)]}
    assert "Columns 3 and 4 are both named “score” and have the same content; the first was read." in remarks(cohort)


def test_duplicate_columns_with_different_content_are_refused() -> None:
    message = error_message("id,session,score,score\na,1,20,20\na,2,18,19\n")
    assert message.startswith(
        "t.csv, row 3, column “score”: columns 3 and 4 have the same name but differ (“18” and “19”)"
    )


def test_unused_duplicate_columns_are_ignored() -> None:
    assert series(read("id,session,score,x,x\na,1,20,1,2\n")) == {"a": [(7, 20)]}


def test_columns_can_be_given_names_of_the_theory() -> None:
    cohort = read(GOOD, outcome="symptoms", processes=["alliance"], columns={"symptoms": "score", "alliance": "warmth"})
    assert [(c.name, c.direction, c.claims[:1]) for c in cohort.constructs] == [
        ("symptoms", "worse", ("S3",)),
        ("alliance", "better", ("S1",)),
    ]
    score = cohort.episodes[0].symptom_scores[0]
    assert (score.construct, score.instrument, score.scale) == ("symptoms", "table", "score")


def test_a_table_can_add_constructs() -> None:
    (added, after) = read(GOOD, processes=["warmth"]).constructs
    assert (added.name, added.direction, added.claims, added.moment, after.moment) == (
        "score",
        "unknown",
        (),
        "before",
        "after",
    )


def test_one_column_cannot_have_two_roles() -> None:
    assert "has two roles, “time” and “score”" in error_message(GOOD, columns={"score": "session"})
    assert "column “score”: the column is used twice" in error_message(GOOD, processes=["score"])
    assert "which is not a process" in error_message(GOOD, process_moments={"score": Moment.AFTER})


def test_a_column_without_any_number_is_refused() -> None:
    assert "column “score”: the column has no number" in error_message("id,session,score\na,1,NA\n")


# -- rows --------------------------------------------------------------------------------------------------------------


def test_rows_without_a_person_or_a_time_are_skipped_and_counted() -> None:
    cohort = read("id,session,score\na,1,20\n,2,30\nNA,3,\na,,5\n\na,4,6\n")
    assert series(cohort) == {"a": [(7, 20), (28, 6)]}
    assert cohort.import_report is not None
    assert [(s.reason, s.count, s.rows) for s in cohort.import_report.exclusions] == [
        ("the line is blank", 1, (6,)),
        ("no identifier in “id”; 1 value in the requested columns unused", 2, (3, 4)),
        ("no time in “session”", 1, (5,)),
    ]
    assert (cohort.import_report.rows_in_file, cohort.import_report.rows_used) == (6, 2)


def test_invalid_cells_in_excluded_rows_are_ignored() -> None:
    assert series(read("id,session,score\na,1,20\n,later,many\n")) == {"a": [(7, 20)]}


def test_the_first_of_repeated_rows_is_kept() -> None:
    cohort = read("id,session,score\na,1,20\na,1.0,21\na,2,9\na,2,9\n")
    assert series(cohort) == {"a": [(7, 20), (14, 9)]}
    assert cohort.import_report is not None
    (skipped,) = cohort.import_report.exclusions
    assert (skipped.count, skipped.rows) == (2, (3, 5))
    assert skipped.reason == "repeated person and time; the first row was kept, 1 with different values"


def test_many_repeated_times_with_other_values_are_refused() -> None:
    """Columns in which more than slips repeat a person and time cannot be those of person and time."""
    slips = "".join(f"a,{t},{t}\na,{t},{t + 1}\n" for t in range(1, 6))
    assert len(series(read(f"id,session,score\n{slips}"))["a"]) == 5
    message = error_message(f"id,session,score\n{slips}a,6,6\na,6,7\n")
    assert "6 of 12 rows repeat a person and time with different values, such as row 3" in message
    same = "".join(f"a,{t},{t}\na,{t},{t}\n" for t in range(1, 9))
    assert len(series(read(f"id,session,score\n{same}"))["a"]) == 8


def test_times_out_of_order_are_refused_unless_they_are_slips() -> None:
    def table(times: list[int]) -> str:
        return "id,session,score\n" + "".join(f"a,{t},{t}\n" for t in times)

    backward = list(range(20, 0, -1))
    late_entries = [5, 1, 6, 2, 7, 3, 8, 4, 9, 10, 11]
    for times in (backward, late_entries):
        assert [value for _, value in series(read(table(times)))["a"]] == sorted(times)
    message = error_message(table([12, 6, 7, 5, 8, 4, 9, 3, 10, 2, 11, 1, 13]))
    assert "column “session”: times are out of order: 6 of 13 rows are earlier" in message
    assert "such as row 3. Check that this column is the time" in message


def test_persons_keep_the_order_of_the_file_and_rows_are_sorted_by_time() -> None:
    cohort = read("id,session,score\nb,2,1\na,1,2\nb,1,3\n")
    assert series(cohort) == {"b": [(7, 3), (14, 1)], "a": [(7, 2)]}
    assert [e.person for e in cohort.episodes] == ["b", "a"]


def test_short_rows_are_read_as_missing_and_reported() -> None:
    cohort = read("id,session,score,warmth\na,1,20\na,2,18,3\n", processes=["warmth"])
    assert series(cohort, "warmth") == {"a": [(14, 3)]}
    assert "1 row shorter than the header (row 2): absent cells were read as missing." in remarks(cohort)


def test_blank_cells_beyond_the_header_are_ignored() -> None:
    assert series(read("id,session,score,,\na,1,20,,,,\n")) == {"a": [(7, 20)]}


def test_single_rows_and_constant_persons_are_kept_and_mentioned() -> None:
    cohort = read("id,session,score\na,1,20\nb,1,5\nb,2,5\nb,3,5\n")
    assert len(cohort) == 2
    assert "1 person with a single row: a." in remarks(cohort)
    assert "“score” is constant in 1 person: b." in remarks(cohort)


def test_a_person_under_two_identifiers_is_mentioned() -> None:
    """Only courses that no two persons are likely to share: five different rows. Times need not agree."""
    courses = {
        "a": [3, 1, 4, 1.5, 9],
        "b": [3, 1, 4, 1.5, 9],
        "c": [3, 1, 4, 1.5, 8],
        "d": [1, 2, 2, 1],
        "e": [1, 2, 2, 1],
    }
    rows = "".join(f"{p},{t + (p == 'b')},{v}\n" for p, values in courses.items() for t, v in enumerate(values, 1))
    report = remarks(read("id,session,score\n" + rows))
    assert (
        "1 person with the same values as another: b (as a). If they are the same person, results look more" in report
    )
    assert report.count("same values") == 1


def test_unused_columns_are_reported() -> None:
    assert "Unused columns: warmth." in remarks(read(GOOD))


# -- the wide layout ---------------------------------------------------------------------------------------------------


def wide(text: str, **options: object) -> Cohort:
    return read(text, **({"layout": "wide", "outcome": "y", "person": None, "time": None} | options))


def test_the_wide_layout() -> None:
    cohort = wide("id,y1,y2,x1,x2,y_total\na,1,2,3,4,9\nb,5,,7,8,9\n", person="id", processes=["x"])
    assert series(cohort, "y") == {"a": [(7, 1), (14, 2)], "b": [(7, 5)]}
    assert series(cohort, "x") == {"a": [(7, 3), (14, 4)], "b": [(7, 7), (14, 8)]}
    assert cohort.import_report is not None
    assert (cohort.import_report.rows_used, cohort.import_report.cells_used, cohort.import_report.cells_missing) == (
        2,
        7,
        1,
    )


def test_wide_without_identifiers_each_row_is_a_person() -> None:
    cohort = wide("y_0,y_2\n1,2\n5,6\n", time_unit="week")
    assert series(cohort, "y") == {"1": [(0, 1), (14, 2)], "2": [(0, 5), (14, 6)]}
    assert "No person column" in remarks(cohort)


def test_wide_columns_may_have_different_times_and_other_names() -> None:
    cohort = wide(
        "y.1,x.2,y.10\n1,2,3\n", outcome="mood", processes=["x"], columns={"mood": "y"}, time_unit="day", decimal="."
    )
    assert series(cohort, "mood") == {"1": [(1, 1), (10, 3)]}
    assert series(cohort, "x") == {"1": [(2, 2)]}


def test_wide_refusals() -> None:
    with pytest.raises(TableError, match=r"unknown column “bdy1, bdy2, …”\. Did you mean “bdi"):
        wide("bdi1,bdi2\n1,2\n", outcome="bdy")
    with pytest.raises(TableError, match="row 2, column “y1”: columns 1 and 2 have the same name"):
        wide("y1,y_1\n1,2\n")
    with pytest.raises(TableError, match="row 2, column “y2”: not a number"):
        wide("y1,y2\n1,two\n")
    with pytest.raises(TableError, match=r"row 4, column “id”: this person already has a row \(row 2\) \(got “a”\)"):
        wide("id,y1\na,1\n,2\na,3\n", person="id")
    cohort = wide("id,y1\na,1\n,2\nb,3\n", person="id")
    assert cohort.import_report is not None
    assert [s.count for s in cohort.import_report.exclusions] == [1]


def test_a_long_table_needs_person_and_time() -> None:
    assert "the long layout needs the columns of person and time" in error_message(GOOD, person=None)


def test_the_error_of_a_missing_value_code_names_the_option_that_helps() -> None:
    text = "id,session,score\na,1,20\na,2,no answer\n"
    assert "add --missing 'no answer' if" in error_message(text)
    assert series(read(text, missing=["no answer"])) == {"a": [(7, 20)]}


def test_a_suspected_missing_value_code_is_reported_with_the_option() -> None:
    assert "add --missing -99" in remarks(read("id,session,score\na,1,20\na,2,-99\n"))


def test_an_ambiguous_date_names_the_option() -> None:
    text = "id,session,score\na,03/04/2024,20\na,05/06/2024,18\n"
    assert "--date-order day-first or month-first" in error_message(text)
    assert read(text, date_order="day_first").episodes[0].began_on is not None


def test_an_empty_file_is_refused_with_advice() -> None:
    assert "a header and one row per session" in error_message("")


@pytest.mark.parametrize("above", ["My study\n\n", "My study\nmade on Monday\n"])
def test_lines_above_the_header_are_named(above: str) -> None:
    message = error_message(above + "id,session,score\na,1,20\n")
    assert "row 3" in message
    assert "The header seems to be in row 3" in message


def test_an_overlong_row_is_not_mistaken_for_a_header() -> None:
    assert "Quote cells" in error_message("id,session,score\na,one,good\nb,two,bad,worse\n")


def test_session_numbers_that_look_like_days_are_reported() -> None:
    days = "id,session,score\na,0,20\na,7,18\na,15,17\nb,0,9\nb,8,9\n"
    assert "mostly 8 apart: they look like days. If they are, use --time-unit day" in remarks(read(days))
    assert "look like" not in remarks(read(days, time_unit="day"))
    assert "look like" not in remarks(read(GOOD))


def test_session_numbers_that_look_like_spreadsheet_dates_are_reported() -> None:
    message = remarks(read("id,session,score\na,45294,20\na,45301,18\n"))
    assert "begin at 45,294: they look like spreadsheet dates" in message
    assert "--time-unit day" in message


def test_an_outlying_time_is_reported_with_person_and_row() -> None:
    rows = [f"{p},{n},{n}" for p in "ab" for n in range(1, 7)]
    message = remarks(read("id,session,score\n" + "\n".join([*rows, "b,99999,3"]) + "\n"))
    assert "“b” has a gap of 99,993 sessions before row 14, where the usual gap is 1" in message
    assert "has a gap of" not in remarks(read("id,session,score\n" + "\n".join(rows) + "\n"))


def test_a_time_column_in_the_wide_layout_is_reported_as_ignored() -> None:
    cohort = read("id,score1,score2\na,1,2\nb,2,3\n", layout="wide", time="session")
    assert "“session” was given as time column but ignored" in remarks(cohort)


def test_an_unused_mapping_is_refused() -> None:
    assert "which no argument uses" in error_message(GOOD, columns={"symptoms": "score"})


def test_one_process_may_be_a_plain_text() -> None:
    assert read(GOOD, processes="warmth").processes == ("warmth",)
    assert series(read(GOOD.replace("18", "-99"), missing="-99"))["a"] == [(7, 20)]


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"layout": "tall"}, "long, wide"),
        ({"decimal": ";"}, "auto, ., ,"),
        ({"date_order": "day-first"}, "day_first, month_first"),
        ({"outcome_moment": "during"}, "before, after, between"),
        ({"processes": ["warmth"], "process_moments": {"warmth": "during"}}, "before, after, between"),
        ({"time_unit": "month"}, "day, week, session, file"),
    ],
)
def test_unknown_options_are_refused_with_the_known_ones(options: dict[str, object], allowed: str) -> None:
    with pytest.raises(InputError, match=f"Known: {re.escape(allowed)}"):
        read(GOOD, **options)


def test_a_data_frame_is_read_like_its_csv() -> None:
    frame = pd.read_csv(io.StringIO(GOOD))
    arguments = {"person": "id", "time": "session", "outcome": "score", "processes": ["warmth"]}
    from_file, from_frame = read(GOOD, **arguments), read_cohort(frame, **arguments)
    assert from_frame.episodes == from_file.episodes
    assert from_frame.import_report is not None
    assert from_frame.import_report.file == "data frame"
    assert read_cohort(frame.set_index("id"), **arguments).episodes == from_file.episodes


def test_other_types_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"cannot read a table from type list\. Pass a path, bytes or a pandas data frame"
    ):
        read_cohort([1, 2], person="id", outcome="score")  # type: ignore[arg-type]
