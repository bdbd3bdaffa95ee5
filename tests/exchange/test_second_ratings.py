"""Constructs rated before and after each session: lags and models read one rating, the other stays beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from securebase.errors import InputError
from securebase.exchange.csv_tables import read_cohort, write_cohort
from securebase.model.observations import panel
from securebase.records.cohort import Cohort

TABLE = b"""who,session,mood,mood_post,warmth_pre,warmth_post
A,1,18,17,4.5,5
A,2,15,14,,6
B,1,12,13,6,6.5
B,2,11,,6.5,7
"""
BOTH = {"mood": ("mood", "mood_post"), "warmth": ("warmth_pre", "warmth_post")}


def read(**changes: Any) -> Cohort:
    arguments: dict[str, Any] = {"person": "who", "time": "session", "outcome": "mood", "processes": ["warmth"]}
    return read_cohort(TABLE, **arguments | {"before_and_after": BOTH} | changes)


def test_the_outcome_before_and_the_process_after_are_the_main_ratings() -> None:
    cohort = read()
    assert (cohort.outcome, cohort.processes) == ("mood", ("warmth",))
    assert cohort.before_and_after == {"mood": ("mood", "mood_post"), "warmth": ("warmth_pre", "warmth")}
    np.testing.assert_array_equal(panel(cohort).scores, [[18, 5], [15, 6], [12, 6.5], [11, 7]])
    once = read(before_and_after=None, columns={"warmth": "warmth_post"})
    assert panel(cohort).fingerprint == panel(once).fingerprint
    second = panel(cohort, ("warmth_pre", "mood_post"))
    np.testing.assert_array_equal(second.scores, [[4.5, 17], [np.nan, 14], [6, 13], [6.5, np.nan]])
    assert {c.name: c.moment for c in cohort.constructs} == {
        "mood": "before",
        "warmth": "after",
        "warmth_pre": "before",
        "mood_post": "after",
    }


def test_the_moment_chooses_the_main_rating() -> None:
    pairs = {"burden": ("mood", "mood_post"), "warmth": ("warmth_pre", "warmth_post")}
    moments = {"outcome_moment": "after", "process_moments": {"warmth": "before"}}
    cohort = read(outcome="burden", before_and_after=pairs, **moments)
    assert cohort.before_and_after == {"burden": ("mood", "burden"), "warmth": ("warmth", "warmth_post")}
    np.testing.assert_array_equal(panel(cohort).scores[0], [17, 4.5])


def test_a_row_with_second_ratings_alone_keeps_its_place() -> None:
    table = b"who,session,mood,pre,post\nA,1,9,1,2\nA,2,,3,\nA,3,8,4,5\n"
    cohort = read_cohort(
        table,
        person="who",
        time="session",
        outcome="mood",
        processes=["warmth"],
        before_and_after={"warmth": ("pre", "post")},
    )
    np.testing.assert_array_equal(panel(cohort).scores, [[9, 2], [np.nan, np.nan], [8, 5]])


def test_a_table_with_one_rating_of_each_construct_has_no_pairs() -> None:
    cohort = read(processes=["warmth_post"], before_and_after=None)
    assert cohort.before_and_after == {}
    assert [c.name for c in cohort.constructs] == ["mood", "warmth_post"]


def test_wide_tables_have_a_stem_for_each_rating() -> None:
    table = b"who,mood1,mood2,pre1,pre2,post1,post2\nA,9,8,1,2,3,4\nB,7,7,5,6,7,8\n"
    cohort = read_cohort(
        table,
        person="who",
        outcome="mood",
        processes=["warmth"],
        layout="wide",
        before_and_after={"warmth": ("pre", "post")},
    )
    np.testing.assert_array_equal(panel(cohort, ("warmth", "pre")).scores, [[3, 1], [4, 2], [7, 5], [8, 6]])


def test_a_written_cohort_keeps_both_ratings(tmp_path: Path) -> None:
    write_cohort(read(), tmp_path / "copy.csv")
    copy = read_cohort(
        tmp_path / "copy.csv",
        person="person",
        time="time",
        outcome="mood",
        processes=["warmth"],
        before_and_after={"mood": ("mood", "mood_post"), "warmth": ("warmth_pre", "warmth")},
    )
    names = ("mood", "warmth", "warmth_pre", "mood_post")
    np.testing.assert_array_equal(panel(copy, names).scores, panel(read(), names).scores)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"before_and_after": {"trust": ("warmth_pre", "warmth_post")}},
            "“trust”, which is neither outcome nor process",
        ),
        ({"before_and_after": {"warmth": "warmth_post"}}, "must name two columns"),
        ({"before_and_after": {"warmth": ("warmth_post",)}}, "must name two columns"),
        ({"before_and_after": [("warmth", "warmth_post")]}, "before_and_after must be a mapping"),
        ({"before_and_after": {"warmth": ("warmth_pre", "warmth_pre")}}, "“warmth_pre”: the column is used twice"),
        ({"before_and_after": {"warmth": ("mood", "warmth_post")}}, "“mood”: the column is used twice"),
        ({"before_and_after": {"warmth": ("warmth_pre", "mood")}}, "“mood”: the column is used twice"),
        ({"before_and_after": {"warmth": ("warmth_pre", "warmth_pst")}}, "Did you mean “warmth_post”"),
        ({"indicators": {"warmth": ["warmth_pre", "warmth_post"]}}, "“warmth” has both indicators and ratings"),
        (
            {"outcome_moment": "after", "before_and_after": {"mood": ("mood", "mood_post")}},
            "“mood” is the name of both the construct and the column of its second rating",
        ),
        ({"process_moments": {"warmth": "between"}}, "“warmth” is measured between sessions"),
    ],
)
def test_ratings_that_do_not_fit_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        read(**changes)
    assert words in str(refused.value)
