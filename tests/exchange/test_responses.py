"""Responses from a line of text and from tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase.errors import InputError, ResponseError, TableError
from securebase.exchange.responses import read_responses, responses_from_text
from securebase.measurement import catalogue

GAD7, PHQ9, CARE = (catalogue.instrument(name) for name in ("gad7", "phq9", "care"))


def read(text: str, **options: str) -> list[tuple[int, str | None, list[float | None]]]:
    rows = read_responses(text.encode(), GAD7, file="r.csv", **options)
    return [(r.row, r.person, [r.responses[n] for n in range(1, 8)]) for r in rows]


def header(pattern: str) -> str:
    return ",".join(pattern.format(n) for n in range(1, 8))


@pytest.mark.parametrize("pattern", ["gad7_{}", "item {}", "q{}", "GAD-7.{}", "x{}"])
def test_item_columns_end_in_the_items_number(pattern: str) -> None:
    assert read(f"when,{header(pattern)}\n2024-01-01,0,1,2,3,,NA,0\n") == [(2, None, [0, 1, 2, 3, None, None, 0])]


def test_a_person_column_and_unrelated_columns_are_allowed() -> None:
    table = f"id,note7,{header('gad7_{}')}\nCarla,x,0,0,0,0,0,0,1\n'=x,y,1,1,1,1,1,1,1\n"
    assert [(row, person) for row, person, _ in read(table, person="id")] == [(2, "Carla"), (3, "=x")]


def test_several_sets_of_columns_need_the_stem() -> None:
    table = f"{header('pre_{}')},{header('post_{}')}\n{'0,' * 7}{','.join('1' * 7)}\n"
    with pytest.raises(TableError, match=r"several sets of columns match: “pre”, “post”\. Choose one with --stem"):
        read(table)
    assert read(table, stem="post") == [(2, None, [1] * 7)]


def test_missing_item_columns_are_named() -> None:
    with pytest.raises(TableError, match=r"no column for item 6, 7 of GAD-7\. Name the columns by item"):
        read("g1,g2,g3,g4,g5\n0,0,0,0,0\n")
    with pytest.raises(TableError, match="no column for item 1, 2, 3"):
        read(f"{header('g{}')}\n0,0,0,0,0,0,0\n", stem="h")
    with pytest.raises(TableError, match="no rows below the header"):
        read(header("g{}"))
    with pytest.raises(TableError, match="item 7 has two columns"):
        read(f"{header('g{}')},g_7\n0,0,0,0,0,0,0,0\n")
    with pytest.raises(TableError, match=r"r\.csv, row 2, column “g3”: not a number"):
        read(f"{header('g{}')}\n0,0,often,0,0,0,0\n")


def test_the_unscored_item_may_be_absent() -> None:
    nine = ",".join(f"phq9_{n}" for n in range(1, 10))
    (row,) = read_responses(f"{nine}\n{','.join('1' * 9)}\n".encode(), PHQ9)
    assert row.responses == dict.fromkeys(range(1, 10), 1)


def test_a_line_of_responses() -> None:
    assert responses_from_text(GAD7, "1=2, 2 = 0,3=NA,4=") == {1: 2, 2: 0, 3: None, 4: None}


def test_an_answer_that_counts_as_missing_is_read_by_its_words_or_its_number() -> None:
    header = ",".join(f"care_{n}" for n in range(1, 11))
    (row,) = read_responses(f"{header}\nDoes not apply,6,n/a,,4,4,4,4,4,4\n".encode(), CARE)
    assert [row.responses[n] for n in range(1, 6)] == [6, 6, None, None, 4]
    assert responses_from_text(CARE, "1=does not apply,2=6,3=NA") == {1: 6, 2: 6, 3: None}
    with pytest.raises(TableError, match="not a number"):
        read_responses(f"{header.replace('care', 'gad')}\n{'does not apply,' * 9}1\n".encode(), GAD7, stem="gad")


@pytest.mark.parametrize("text", ["", ",", "1", "=1", "a=1", "1=b", "1=1=1", "²=1", "1=1,1=2"])
def test_an_invalid_line_of_responses_is_refused(text: str) -> None:
    with pytest.raises(ResponseError, match=r"^gad7: "):
        responses_from_text(GAD7, text)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_invalid_cells_are_refused(content: bytes, text: str) -> None:
    for action in (lambda: read_responses(content, GAD7, file="r.csv"), lambda: responses_from_text(GAD7, text)):
        refusal = ""
        try:
            action()
        except InputError as error:
            refusal = str(error)
        assert not refusal or refusal.startswith(("r.csv", "gad7"))
