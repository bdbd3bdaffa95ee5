"""Covariates, therapists, inputs and indicators of a table: reading, remarks and errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from securebase.errors import ModelError, TableError
from securebase.exchange.csv_tables import read_cohort, write_cohort
from securebase.model.observations import panel
from securebase.records.cohort import Cohort
from securebase.records.episode import StandardisedCovariate

TABLE = """who,session,phq,bdi,warmth,age,sex,doctor,exposure
a,1,14,30,5,31,woman,X,
a,2,12,,6,31,,X,1
a,3,11,25,,31,woman,X,0.5
b,1,9,18,4,44,man,Y,0
b,2,,17,5,,man,,2
c,1,20,40,3,28,woman,,
c,2,18,38,3,28,woman,,0
c,3,,,,28,woman,,
"""


def read(text: str = TABLE, **more: Any) -> Cohort:
    arguments: dict[str, Any] = {"person": "who", "time": "session", "outcome": "phq", "processes": ["warmth"]}
    return read_cohort(text.encode(), **arguments | more)


def sentences(cohort: Cohort) -> str:
    assert cohort.import_report is not None
    return "\n".join(cohort.import_report.sentences())


def test_the_panel_equals_one_built_by_hand() -> None:
    cohort = read(
        outcome="symptoms",
        indicators={"symptoms": ["phq", "bdi"]},
        covariates=["age", "sex"],
        therapist="doctor",
        inputs=["exposure"],
    )
    rows = panel(cohort)
    nan = np.nan
    assert rows.indicators == (("phq", "symptoms"), ("bdi", "symptoms"), ("warmth", "warmth"))
    assert rows.constructs == ("symptoms", "warmth")
    assert rows.reference_columns == (0, 2)
    np.testing.assert_array_equal(
        rows.scores,
        [
            [14, 30, 5], [12, nan, 6], [11, 25, nan],
            [9, 18, 4], [nan, 17, 5],
            [20, 40, 3], [18, 38, 3], [nan, nan, nan],
        ],
    )  # fmt: skip
    np.testing.assert_array_equal(rows.times, [1, 2, 3, 1, 2, 1, 2, 3])
    assert rows.covariate_names == ("age", "sex=man")
    np.testing.assert_array_equal(rows.covariates, [[31, 0], [44, 1], [28, 0]])
    np.testing.assert_array_equal(rows.therapist, [0, 1, 2])  # c has no therapist and becomes a group of its own
    assert rows.input_names == ("exposure",)
    np.testing.assert_array_equal(rows.inputs, [[0], [1], [0.5], [0], [2], [0], [0], [0]])


def test_remarks_state_how_columns_were_read() -> None:
    words = sentences(read(covariates=["age", "sex"], therapist="doctor", inputs=["exposure"]))
    for part in (
        "“age” is given on some rows only for 1 person and was used for all rows",
        "“sex” is categorical: 0/1 columns for man (1); reference woman (2 persons)",
        "“doctor” names 2 therapists with 1 clients each; 1 person without one, each a cluster",
        "Input “exposure” counts as given between the previous row and its own",
        "Unused columns: bdi",
    ):
        assert part in words


def test_an_input_of_a_session_acts_until_the_next() -> None:
    text = TABLE.replace("X,\n", "X,3\n").replace("c,1,20,40,3,28,woman,,\n", "c,1,20,40,3,28,woman,,7\n")
    rows = panel(read(text, inputs=["exposure"], input_moments={"exposure": "after"}))
    np.testing.assert_array_equal(rows.inputs, [[0], [3], [1], [0], [0], [0], [7], [0]])


def test_persons_without_a_covariate_are_excluded_and_counted() -> None:
    text = TABLE.replace("44", "")
    cohort = read(text, covariates=["age"])
    assert [e.person for e in cohort.episodes] == ["a", "c"]
    assert "Skipped 1 person: no value of the covariate “age” (row 5)" in sentences(cohort)
    assert cohort.import_report is not None
    assert cohort.import_report.rows_used == 6
    assert (cohort.import_report.cells_used, cohort.import_report.cells_missing) == (9, 3)


def test_a_wide_table_holds_the_same() -> None:
    text = "who,y1,y2,z1,z2,done1,done2,age\na,1,2,5,6,,1,30\nb,3,,7,8,,0,40\n"
    cohort = read_cohort(
        text.encode(),
        person="who",
        outcome="symptoms",
        indicators={"symptoms": ["y", "z"]},
        covariates="age",
        inputs="done",
        layout="wide",
    )
    rows = panel(cohort)
    np.testing.assert_array_equal(rows.scores, [[1, 5], [2, 6], [3, 7], [np.nan, 8]])
    np.testing.assert_array_equal(rows.inputs, [[0], [1], [0], [0]])
    np.testing.assert_array_equal(rows.covariates, [[30], [40]])


def test_dates_make_no_difference_to_inputs() -> None:
    text = "who,day,y,done\na,2024-03-01,4,0\na,2024-03-05,3,1\na,2024-03-12,5,0\n"
    rows = panel(read(text, time="day", outcome="y", processes=(), inputs=["done"]))
    np.testing.assert_array_equal(rows.inputs, [[0], [1], [0]])


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (
            ("31,woman", "31,woman"),
            {"covariates": ["bdi"]},
            r"row 4, column “bdi”: the covariate varies within person “a”",
        ),
        (("c,2,18,38,3,28", "c,2,18,38,3,29"), {"covariates": ["age"]}, r"row 8, .*varies within person “c”.*got “29”"),
        (("a,1,14,30,5,31", "a,1,14,30,5,young"), {"covariates": ["age"]}, r"varies within person “a”"),
        (("44", "old"), {"covariates": ["age"]}, r"row 5, column “age”: not a number in a numeric column"),
        ((",man,", ",woman,"), {"covariates": ["sex"]}, r"column “sex”: the column has 1 different text"),
        (("b,2,,17,5,,man,", "b,2,,17,5,,man,Z"), {"therapist": "doctor"}, r"row 6.*another therapist than in row 5"),
        (("X,0.5", "X,"), {"inputs": ["exposure"]}, r"row 4, column “exposure”: the input is missing for person “a”"),
        (
            ("X", "X"),
            {"inputs": ["exposure"], "input_moments": {"exposure": "after"}},
            r"row 2, .*missing for person “a”",
        ),
        (("X", "X"), {"covariates": ["warmth"]}, r"column “warmth”: the column is used twice"),
        (("X", "X"), {"covariates": ["ages"]}, r"unknown column “ages”.*Did you mean “age”"),
        (("X", "X"), {"indicators": {"hope": ["phq"]}}, r"neither outcome nor process"),
        (("X", "X"), {"input_moments": {"exposure": "after"}}, r"which is not an input"),
    ],
)
def test_invalid_columns_are_refused_with_their_location(
    change: tuple[str, str], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(TableError, match=message):
        read(TABLE.replace(*change), **arguments)


def test_records_from_other_sources_meet_the_same_checks() -> None:
    cohort = read(inputs=["exposure"])
    first, *other_episodes = cohort.episodes
    lacking = Cohort(
        (_without_input(first), *other_episodes), cohort.constructs, "phq", ("warmth",), inputs=("exposure",)
    )
    with pytest.raises(ModelError, match="“exposure” of “a” is missing in the interval before week 2"):
        panel(lacking)
    with pytest.raises(ModelError, match="covariate “age” is missing for 3 of 3 persons: “a”, “b”, “c”"):
        panel(cohort, covariates=["age"])
    assert panel(lacking, inputs=()).inputs is None


def _without_input(episode: Any) -> Any:
    return replace(episode, inputs=tuple(i for i in episode.inputs if i.at != 14.0))


def test_covariates_of_a_scenario_enter_the_panel() -> None:
    cohort = read()
    covariates = tuple(
        replace(e, brought=(StandardisedCovariate("attachment", float(k)),)) for k, e in enumerate(cohort.episodes)
    )
    rows = panel(replace(cohort, episodes=covariates), covariates=["attachment"])
    np.testing.assert_array_equal(rows.covariates, [[0.0], [1.0], [2.0]])


def test_covariates_and_therapists_are_written_and_read_back(tmp_path: Path) -> None:
    cohort = read(covariates=["age", "sex"], therapist="doctor")
    write_cohort(cohort, tmp_path / "out.csv")
    back = read_cohort(
        tmp_path / "out.csv",
        person="person",
        time="time",
        outcome="phq",
        processes=["warmth"],
        covariates=["age", "sex=man"],
        therapist="therapist",
    )
    assert [(e.covariates, e.therapist) for e in back.episodes] == [
        (e.covariates, e.therapist) for e in cohort.episodes
    ]
