"""The reader answers any bytes with a cohort or with an error that names the problem."""

import math

from hypothesis import given
from hypothesis import strategies as st

from securebase.errors import InputError
from securebase.exchange.csv_tables import read_cohort
from securebase.records.cohort import Cohort

HEADER = "id,session,score,warmth"
NUMBERS = ["1", "2", "3.5", "1,5", '"1,5"', "1e9", "1e999", "99999999999999999999", "nan", "∞", "-"]
TIMES = ["2024-01-02", "03/04/2024", "2024-13-45", "0001-01-01", "1.1.0001", "5 May 2024 7:61"]
SIGNS = ["", "NA", "#NULL!", '"', "a", "\t", ";", "é", "\x00", "\ufeff", "''=1", "=1+1", "\u2028"]
CELL = st.sampled_from([*NUMBERS, *TIMES, *SIGNS])
OPTIONS = st.fixed_dictionaries(
    {
        "person": st.sampled_from(["id", "score", None]),
        "time": st.sampled_from(["session", "id", None]),
        "outcome": st.sampled_from(["score", "s", "warmth"]),
        "processes": st.sampled_from([(), ("warmth",)]),
        "time_unit": st.sampled_from(["day", "week", "session", "file"]),
        "layout": st.sampled_from(["long", "wide"]),
        "decimal": st.sampled_from(["auto", ".", ","]),
    }
)


def read_or_refuse(content: bytes, options: dict[str, object]) -> Cohort | str:
    try:
        return read_cohort(content, file="fuzz.csv", **options)  # type: ignore[arg-type]
    except InputError as error:
        return str(error)


def check(answer: Cohort | str) -> None:
    if isinstance(answer, str):
        assert "fuzz.csv" in answer
        assert answer.isprintable()
        return
    assert answer.import_report is not None
    assert all(sentence.isprintable() for sentence in answer.import_report.sentences())
    skipped = sum(s.count for s in answer.import_report.exclusions)
    assert answer.import_report.rows_used + skipped == answer.import_report.rows_in_file
    for episode in answer.episodes:
        assert episode.administrations
        times = [a.at for a in episode.administrations]
        assert times == sorted(times)
        assert all(math.isfinite(t) for t in times)
        assert all(math.isfinite(s.value) for a in episode.administrations for s in a.scores)
    values = sum(len(a.scores) for e in answer.episodes for a in e.administrations)
    assert values == answer.import_report.cells_used


@given(st.binary(max_size=300), OPTIONS)
def test_arbitrary_bytes(content: bytes, options: dict[str, object]) -> None:
    check(read_or_refuse(content, options))


@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "utf-32"]), OPTIONS)
def test_arbitrary_text_below_a_header(text: str, encoding: str, options: dict[str, object]) -> None:
    content = f"{HEADER}\n{text}".encode(encoding, errors="replace")
    check(read_or_refuse(content, options))


@given(
    st.lists(st.lists(CELL, min_size=2, max_size=6), max_size=8),
    st.sampled_from([HEADER, "id,s1,s2,warmth1", "id;session;score;warmth", "id,session,score,score,warmth"]),
    OPTIONS,
)
def test_tables_of_awkward_cells(rows: list[list[str]], header: str, options: dict[str, object]) -> None:
    separator = ";" if ";" in header else ","
    body = "\n".join(separator.join(row) for row in rows)
    check(read_or_refuse(f"{header}\n{body}\n".encode(), options))


GOOD = (HEADER + "\n" + "".join(f"p{i % 4},{i // 4},{i * 1.5},{20 - i}\n" for i in range(16))).encode()


@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=3)), min_size=1, max_size=4), OPTIONS)
def test_a_valid_table_with_changed_bytes(changes: list[tuple[int, bytes]], options: dict[str, object]) -> None:
    content = bytearray(GOOD)
    for place, new in changes:
        content[place : place + len(new)] = new
    check(read_or_refuse(bytes(content), options))


@given(st.integers(0, len(GOOD)), OPTIONS)
def test_a_valid_table_truncated_anywhere(length: int, options: dict[str, object]) -> None:
    check(read_or_refuse(GOOD[:length], options))
