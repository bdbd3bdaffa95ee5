"""Designs that settle an order, from a cohort to the result of a study; only the designs are looked at."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from securebase.errors import InputError
from securebase.exchange.csv_tables import read_cohort
from securebase.records.cohort import Cohort
from securebase.study import study as study_module
from securebase.study.parts import NotFitted
from securebase.study.result import StudyResult
from securebase.study.study import study
from securebase.study.verdicts.rule import Rung
from truths.catalogue import TRUTHS, draw_cohort


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit no model: designs do not rest on one."""
    monkeypatch.setattr(study_module, "fit_models", lambda *_args, **_options: ((NotFitted("none", "-"),), {}, None))


def cohort(columns: dict[str, np.ndarray], **request: Any) -> Cohort:
    lines = [",".join(["who", "session", *columns])]
    persons, sessions = next(iter(columns.values())).shape
    for i in range(persons):
        for t in range(sessions):
            cells = ("" if np.isnan(values[i, t]) else f"{values[i, t]:.3f}" for values in columns.values())
            lines.append(",".join([f"p{i}", str(t + 1), *cells]))
    return read_cohort("\n".join(lines).encode(), person="who", time="session", **request)


@pytest.fixture(scope="module")
def sessions() -> dict[str, np.ndarray]:
    return dict(draw_cohort(TRUTHS["symptoms_change_alliance_in_session"], 40, 0))


def prompts(effect: float = -1.5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    prompt = (rng.random((40, 8)) < 0.5).astype(float)
    mood, warmth = rng.normal(size=(2, 40, 8))
    mood[:, 1:] += effect * prompt[:, :-1]
    return {"mood": mood, "warmth": warmth, "prompt": prompt}


def test_processes_rated_twice_have_verdicts_within_the_session(sessions: dict[str, np.ndarray]) -> None:
    pairs = {name: (f"{name}_before", f"{name}_after") for name in ("symptoms", "alliance")}
    result = study(cohort(sessions, outcome="symptoms", processes=["alliance"], before_and_after=pairs))
    assert [(v.earlier, v.later, v.rung) for v in result.designs] == [
        ("alliance", "symptoms", Rung.INCONCLUSIVE),
        ("symptoms", "alliance", Rung.LEADS),
    ]
    assert result.request.processes == ("alliance",)
    values = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert [(v["from"], v["occasion"], v["rung"]) for v in values["verdicts"] if "design" in v] == [
        ("alliance", "same", "inconclusive"),
        ("symptoms", "same", "leads"),
    ]
    assert values["designs_in_words"] == list(result.designs_in_words)
    assert result.settle_in_words == ""
    limits = " ".join(result.limits)
    assert "Rated before and after each session" in limits
    assert "rated once a session" not in limits


def test_a_process_rated_twice_beside_an_outcome_rated_once_has_no_such_verdict(
    sessions: dict[str, np.ndarray],
) -> None:
    pairs = {"alliance": ("alliance_before", "alliance_after")}
    result = study(cohort(sessions, outcome="symptoms_before", processes=["alliance"], before_and_after=pairs))
    assert result.designs == ()
    assert "symptoms_before: rated once a session, so the order" in " ".join(result.limits)
    assert "rate both columns before and after" in result.settle_in_words


def test_an_assigned_column_is_no_process() -> None:
    people = cohort(prompts(), outcome="mood", processes=["warmth", "prompt"])
    result = study(people, assigned="prompt")
    assert (result.request.processes, result.request.assigned) == (("warmth",), ("prompt",))
    (row,) = result.designs
    assert (row.earlier, row.later, row.occasion, row.rung) == ("prompt", "mood", "next", Rung.RANDOMISED)
    assert "Per unit of prompt, mood at the next session was" in result.designs_in_words[0]
    beside = study(people, assigned=["prompt"], processes=["warmth", "prompt"])
    assert len(beside.verdicts) == 4
    assert beside.designs == result.designs


def test_a_study_may_ask_for_nothing_but_an_assigned_column() -> None:
    result = study(cohort(prompts(), outcome="mood", processes=["prompt"]), assigned=["prompt"])
    assert (result.verdicts, len(result.designs)) == ((), 1)


@pytest.mark.parametrize(
    ("assigned", "words"),
    [
        (["nothing"], "assigned: unknown column “nothing”"),
        (["mood"], "“mood” is the outcome"),
        (["prompt"] * 2, "once"),
    ],
)
def test_unsuitable_arguments_are_refused(assigned: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        study(cohort(prompts(), outcome="mood", processes=["prompt"]), assigned=assigned)


def test_a_study_without_a_design_has_none() -> None:
    result: StudyResult = study(cohort(prompts(), outcome="mood", processes=["warmth"]))
    assert (result.designs, result.designs_in_words) == ((), ())
    assert all("design" not in verdict for verdict in result.to_json()["verdicts"])
    assert "before and after each session" not in " ".join(result.limits)
