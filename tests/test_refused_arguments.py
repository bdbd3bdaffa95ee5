"""Public functions refuse an argument of another class with a SecurebaseError that names it, not a raw exception."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import securebase
from securebase import InputError

TABLE = b"who,session,mood,bond\nA,1,12,5\nA,2,9,6\nB,1,15,4\nB,2,15,4\n"


def read(**changed: Any) -> securebase.Cohort:
    arguments = {"person": "who", "time": "session", "outcome": "mood"} | changed
    return securebase.read_cohort(TABLE, **arguments)


def course() -> securebase.EpisodeRecord:
    return securebase.simulate("default", n_clients=1, rng=np.random.default_rng(1), sessions=4, dropout=0.0).episodes[
        0
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"processes": 3}, "processes must be a list of texts (got 3)"),
        ({"missing": -99}, "missing must be a list of texts (got -99)"),
        ({"missing": [-99]}, "missing must be a list of texts (got [-99])"),
        ({"indicators": ["bond"]}, "indicators must be a mapping (got ['bond'])"),
        ({"indicators": {"mood": 3}}, "indicators must be a list of texts (got 3)"),
        ({"columns": "mood"}, "columns must be a mapping (got 'mood')"),
        ({"outcome": None}, "outcome must be the name of a column (got None)"),
        ({"person": 5}, "person must be the name of a column (got 5)"),
        ({"therapist": 5}, "therapist must be the name of a column (got 5)"),
    ],
)
def test_read_cohort_names_the_argument(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        read(**changed)
    assert error.value.what == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: securebase.instrument(None), "the name of an instrument must be of class str (got None)"),
        (lambda: securebase.score("phq9", {1: 1}), "instrument must be of class Instrument (got str)"),
        (
            lambda: securebase.score(securebase.instrument("phq9"), [1, 2]),
            "responses must be of class Mapping (got list)",
        ),
        (lambda: securebase.write_cohort(3, "table.csv"), "cohort must be of class Cohort (got int)"),
        (lambda: securebase.read_record(3), "path must be a text or Path (got 3)"),
        (lambda: securebase.client_picture(3, as_of=5.0), "record must be of class EpisodeRecord (got int)"),
        (
            lambda: securebase.client_picture(course(), as_of=float("nan")),
            "as_of must be a finite number of days (got nan)",
        ),
        (lambda: securebase.client_picture(course(), as_of="5"), "as_of must be a finite number of days (got '5')"),
        (
            lambda: securebase.client_picture(course(), as_of=5.0, parameter_set="literature"),
            "parameter_set must be of class ParameterSet (got str)",
        ),
        (lambda: securebase.ClientPicture.from_json(3), "text must be of class str (got int)"),
        (
            lambda: securebase.ClientPicture.from_json("x"),
            "invalid JSON: Expecting value: line 1 column 1 (char 0)",
        ),
        (lambda: securebase.study_cohort(read(), processes=3), "processes must be a list of columns (got 3)"),
        (lambda: securebase.study_cohort(read(), moderators=3), "moderators must be a list of columns (got 3)"),
        (lambda: securebase.power(run=3), "run must be a callable (got 3)"),
        (lambda: securebase.study_report(3), "result must be of class StudyResult (got int)"),
        (lambda: securebase.power_report(3), "result must be of class PowerResult (got int)"),
        (lambda: securebase.client_report(3, name="A. B."), "picture must be of class ClientPicture (got int)"),
    ],
)
def test_message_names_the_argument_and_what_was_passed(call: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError) as error:
        call()
    assert error.value.what == message


def test_a_missing_record_is_named() -> None:
    with pytest.raises(InputError, match=r"absent\.json: file not found"):
        securebase.read_record("absent.json")


def test_an_unwritable_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mood\.csv: cannot write the file \(No such file or directory\)"):
        securebase.write_cohort(read(), tmp_path / "absent" / "mood.csv")


def test_a_single_number_counts_as_a_list_of_one() -> None:
    plan = securebase.PowerPlan(clients=50, sessions=8, missing=0.1, effects=-0.1)
    assert (plan.clients, plan.sessions, plan.missing, plan.effects) == ((50,), (8,), (0.1,), (-0.1,))
