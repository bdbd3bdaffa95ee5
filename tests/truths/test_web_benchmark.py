"""Scenarios of the whole web: a small version of the benchmark with fixed seeds, and the checked-in results."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from securebase.measurement.constructs import CONSTRUCTS
from securebase.study.rivals import REFERENCES, rival_finding

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
web: ModuleType = import_module("benchmarks.web")
cohorts: ModuleType = import_module("benchmarks.web_cohorts")
DIRECTIONS = {name: known.direction for name, known in CONSTRUCTS.items()}


def stored_results() -> list[Any]:
    stored = json.loads((ROOT / "docs" / "benchmarks.json").read_text("utf-8"))["web"]
    return [web.WebResult(**result) for result in stored["results"]]


def conclusions(question: str, truth: str, clients: int, times: int = 4) -> list[str]:
    """Return what the study's own rule concludes of the first cohorts of a truth."""
    asked = web.QUESTIONS[question]
    (known,) = (t for t in asked.truths if t.name == truth)
    return [next(iter(web.read_one(question, known, clients, cohort).values())) for cohort in range(times)]


@pytest.mark.parametrize(
    ("question", "truth", "clients", "expected"),
    [
        ("stress × vulnerability", "`diathesis`, size 0.15", 400, "more"),
        ("stress × vulnerability", "`diathesis`, size 0.00", 400, ""),
        ("alliance or support", "`therapist_unique`", 400, "alliance"),
        ("alliance or support", "`friends_serve`", 400, ""),
        ("alliance or support", "`pillars`", 400, ""),
        ("support × quality of friends", "`friends_serve`", 400, "more"),
        ("placebo or nothing", "`placebo`", 200, "less"),
        ("placebo or nothing", "`placebo`, hope does nothing", 200, ""),
        ("hope or alliance", "`placebo`", 400, "hope"),
        ("hope or alliance", "`therapist_unique`", 400, "alliance"),
        ("alliance or skills", "`placebo`", 400, ""),
    ],
)
def test_a_study_tells_the_truths_apart(question: str, truth: str, clients: int, expected: str) -> None:
    """At least three of four cohorts; their seeds are fixed."""
    assert conclusions(question, truth, clients).count(expected) >= 3


@pytest.mark.parametrize(("truth", "above"), [("friends_serve", False), ("pillars", False), ("therapist_unique", True)])
def test_the_reference_lies_between_the_truths(truth: str, above: bool) -> None:
    """The alliance leads by this much although friends do as much; where it is unique, by clearly more."""
    asked = web.QUESTIONS["alliance or support"]
    finding = [
        rival_finding(
            cohorts.draw_table(cohorts.WebTruth("", truth, ""), asked.columns, 400, cohort),
            web.ALLIANCE_SUPPORT,
            ("symptoms", "insight", "interpersonal_skills"),
            DIRECTIONS,
        ).centred
        for cohort in range(6)
    ]
    difference = float(np.mean([f.difference for f in finding if f is not None]))
    reference = REFERENCES[web.ALLIANCE_SUPPORT]
    assert difference > reference + 0.03 if above else difference < reference + 0.01


def test_every_case_is_measured() -> None:
    measured = {(r.question, r.truth, r.clients) for r in stored_results()}
    asked = {(q.name, t.name, n) for q in web.QUESTIONS.values() for t in q.truths for n in q.clients}
    assert measured == asked
    assert {r.cohorts for r in stored_results()} == {web.COHORTS}


def test_no_rule_of_a_study_is_wrong_significantly_more_often_than_asked() -> None:
    for result in stored_results():
        if result.analysis.startswith("study"):
            wrong = round(result.wrong * result.cohorts)
            assert stats.binom.sf(wrong - 1, result.cohorts, web.WRONG) > 0.025, result


def test_the_page_says_which_targets_are_missed() -> None:
    results = stored_results()
    met = [replace(r, right=1.0) if r.expected else r for r in results]
    assert "**not met**" not in web.highlights(met)[0]
    missed = [replace(r, right=0.0) for r in results]
    assert web.highlights(missed)[0].count("**not met**") == len(web.TARGETS)


def test_placebo_and_waiting_list_differ_by_ratings_after_the_session() -> None:
    truth = cohorts.WebTruth("", "placebo", "", arms=("placebo", "waiting_list"))
    rows = cohorts.draw_table(truth, ("symptoms", "alliance", "vulnerability", cohorts.ARM), 20, 1)
    treated = rows.values[cohorts.ARM] == 1.0
    assert treated.mean() == 0.5
    assert np.isnan(rows.values["alliance"][~treated]).all()
    assert np.isfinite(rows.values["symptoms"]).mean() == pytest.approx(0.95, abs=0.05)
    assert 18 <= np.isfinite(rows.values["vulnerability"]).sum() <= 20


def test_the_signature_of_a_truth_changes_with_a_size() -> None:
    truth = web.QUESTIONS["stress × vulnerability"].truths[0]
    assert truth.signature() == replace(truth, name="other").signature()
    assert truth.signature() != replace(truth, sizes={"hope_symptoms_week": -0.01}).signature()
