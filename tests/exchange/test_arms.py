"""Column of the treatment arm."""

from __future__ import annotations

import pytest

from securebase.errors import TableError
from securebase.exchange.csv_tables import read_cohort

_TABLE = "who,session,mood,arm\nA,1,12,ipt\nA,2,9,ipt\nB,1,15,waiting list\nB,2,14,\nC,1,11,ipt\nD,1,10,\n"


def _read(table: str) -> object:
    return read_cohort(table.encode(), person="who", time="session", outcome="mood", arm="arm")


def test_each_person_has_the_arm_of_the_table() -> None:
    cohort = read_cohort(_TABLE.encode(), person="who", time="session", outcome="mood", arm="arm")
    assert [(e.person, e.arm) for e in cohort.episodes] == [("A", "ipt"), ("B", "waiting list"), ("C", "ipt")]
    sentences = cohort.import_report.sentences() if cohort.import_report else ()
    assert "Skipped 1 person: no arm in “arm” (row 7)." in sentences
    assert "“arm” names the treatment arms: ipt (2), waiting list (1)." in sentences


def test_an_arm_that_changes_within_a_person_is_refused() -> None:
    with pytest.raises(TableError, match="person “A” has another arm than in row 2") as error:
        _read(_TABLE.replace("A,2,9,ipt", "A,2,9,other"))
    assert "--assigned" in str(error.value)


def test_a_column_of_names_is_no_column_of_arms() -> None:
    rows = "".join(f"P{i},1,{i},text {i}\n" for i in range(13))
    with pytest.raises(TableError, match="13 different texts"):
        _read("who,session,mood,arm\n" + rows)


def test_an_empty_column_of_arms_is_refused() -> None:
    with pytest.raises(TableError, match="no values"):
        _read("who,session,mood,arm\nA,1,12,\nA,2,9,\n")
