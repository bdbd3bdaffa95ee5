"""The comparison of two rivals against known effects, a regression written out, and what it must not conclude."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import InputError
from securebase.measurement.constructs import Direction
from securebase.model.simulate import simulate
from securebase.records.vocabulary import Moment
from securebase.reports.study_report import study_report
from securebase.study import study as study_module
from securebase.study.detrending import Detrending, detrend
from securebase.study.estimators.common_time_course import remove_common_course, time_steps
from securebase.study.parts import NotFitted
from securebase.study.rivals import (
    REFERENCES,
    RULE,
    RivalEstimate,
    RivalFinding,
    Stronger,
    estimate_rivals,
    rival_finding,
)
from securebase.study.rivals_phrases import rivals_figures_in_words, rivals_in_words
from securebase.study.study import study
from securebase.study.table import SessionTable

OUTCOMES = ("y", "w")
DIRECTIONS = {"y": Direction.HIGHER_IS_WORSE, "w": Direction.HIGHER_IS_BETTER}
LABELS = {"x": "Alliance", "z": "Support", "y": "Symptoms", "w": "Skills"}


def draw(seed: int, *, n: int = 80, sessions: int = 16, x: float = 0.4, z: float = 0.4) -> SessionTable:
    """Draw rivals x and z that lower y and raise w at the next session; x is rated after the session."""
    rng = np.random.default_rng(seed)
    rivals = rng.normal(size=(2, n, sessions))
    y, w = rng.normal(size=(2, n, sessions))
    effect = x * rivals[0] + z * rivals[1]
    y[:, 1:] -= effect[:, :-1]
    w[:, 1:] += effect[:, :-1]
    person, session = np.indices((n, sessions)).reshape(2, -1)
    values = {"x": rivals[0].ravel(), "z": rivals[1].ravel(), "y": y.ravel(), "w": w.ravel()}
    moments = {**dict.fromkeys(values, Moment.BEFORE), "x": Moment.AFTER}
    return SessionTable(n, person, session.astype(float), values, moments, "session")


def estimate(table: SessionTable, method: Detrending = Detrending.CENTRED) -> RivalEstimate:
    result = estimate_rivals(table, ("x", "z"), OUTCOMES, DIRECTIONS, method)
    assert result is not None
    return result


def find(table: SessionTable) -> RivalFinding:
    return rival_finding(table, ("x", "z"), OUTCOMES, DIRECTIONS)


def test_known_effects_are_recovered_with_the_sign_of_improvement() -> None:
    result = estimate(draw(1, n=400, sessions=30, x=0.5, z=0.2))
    sd = np.sqrt(1 + 0.5**2 + 0.2**2)
    for lags in result.outcomes:
        assert (lags.first, lags.second) == pytest.approx((0.5 / sd, 0.2 / sd), abs=0.03)
    assert result.difference == pytest.approx(0.3 / sd, abs=0.03)
    assert result.lower < 0.3 / sd < result.upper


@pytest.mark.parametrize("method", Detrending)
def test_the_lags_are_those_of_a_regression_beside_each_other(method: Detrending) -> None:
    table = draw(2)
    first, second = table.successive()
    step = time_steps(table)
    assert step is not None
    columns = {
        name: detrend(method, remove_common_course(method, v, table, step), table.times, table.person)
        for name, v in table.values.items()
    }
    X = np.column_stack([np.ones(len(first)), *(columns[name][first] for name in ("x", "z", "y"))])
    b = np.linalg.lstsq(X, columns["y"][second])[0][1:3]
    scale = [np.std(columns[name][first], ddof=1) / np.std(columns["y"][second], ddof=1) for name in ("x", "z")]
    lags = estimate(table, method).outcomes[0]
    assert [-lags.first, -lags.second] == pytest.approx(list(b * scale), rel=1e-9)


def test_the_standard_error_is_that_of_a_jackknife_over_persons() -> None:
    table = draw(3, n=60)
    without = []
    for i in range(table.n_persons):
        rows = table.person != i
        left = table.select(rows)
        person = table.person[rows] - (table.person[rows] > i)
        without.append(estimate(replace(left, person=person, n_persons=table.n_persons - 1)).difference)
    n = table.n_persons
    jackknife = np.sqrt((n - 1) / n * np.sum((np.array(without) - np.mean(without)) ** 2))
    assert estimate(table).standard_error == pytest.approx(jackknife, rel=0.1)


def test_the_stronger_rival_is_named_whichever_comes_first_and_equal_ones_are_not() -> None:
    assert find(draw(4, z=0.1)).stronger is Stronger.FIRST
    assert find(draw(4, x=0.1)).stronger is Stronger.SECOND
    assert rival_finding(draw(4, x=0.1), ("z", "x"), OUTCOMES, DIRECTIONS).stronger is Stronger.FIRST
    equal = [find(draw(seed)).stronger for seed in range(1000, 1040)]
    assert sum(stronger is not Stronger.UNDECIDED for stronger in equal) <= 5  # 5% of 40, and its chance


def test_a_difference_below_the_reference_names_nobody() -> None:
    finding = find(draw(4, n=400, z=0.35))
    assert finding.centred is not None
    assert finding.centred.lower > 0
    assert finding.stronger is Stronger.FIRST
    assert replace(finding, reference=finding.centred.lower + 0.01).stronger is Stronger.UNDECIDED


def test_detrending_that_takes_the_difference_back_names_nobody() -> None:
    finding = find(draw(4, z=0.1))
    assert finding.detrended is not None
    weaker = replace(finding.detrended, lower=-0.01)
    assert replace(finding, detrended=weaker).stronger is Stronger.UNDECIDED


def test_a_rival_that_shares_the_course_of_each_person_is_not_named() -> None:
    """Neither acts, but x improves as y does: centred, x seems to precede improvement in every table."""
    named, centred = 0, 0
    for seed in range(40):
        table = draw(seed, x=0.0, z=0.0)
        pace = np.random.default_rng(seed + 1000).normal(size=80)[table.person] * (table.times - 7.5) / 8.0
        shared = {"x": table.values["x"] + pace, "y": table.values["y"] - pace, "w": table.values["w"] + pace}
        finding = find(replace(table, values={**table.values, **shared}))
        assert finding.centred is not None
        centred += finding.centred.lower > 0
        named += finding.stronger is not Stronger.UNDECIDED
    assert centred >= 35
    assert named <= 4  # 2.5% of 40 on the side of x, and its chance


def test_the_alliance_has_to_exceed_what_simulated_clinics_show_in_either_order() -> None:
    rows = draw(1)
    names = {"x": "alliance", "z": "social_support", "y": "y", "w": "w"}
    values = {names[name]: v for name, v in rows.values.items()}
    renamed = replace(rows, values=values, moments={names[name]: m for name, m in rows.moments.items()})
    for rivals in (("alliance", "social_support"), ("social_support", "alliance")):
        assert (
            rival_finding(renamed, rivals, OUTCOMES, DIRECTIONS).reference == REFERENCES["alliance", "social_support"]
        )
    assert find(rows).reference == 0.0


def test_a_copy_and_too_few_rows_give_no_figure() -> None:
    rows = draw(5)
    copied = replace(rows, values={**rows.values, "z": np.round(3 * rows.values["x"] + 1, 4)})
    few = draw(5, n=4)
    constant = replace(rows, values={**rows.values, "w": np.ones(rows.n_rows)})
    for table in (copied, few, constant):
        finding = find(table)
        assert (finding.centred, finding.detrended, finding.stronger) == (None, None, Stronger.UNDECIDED)
        assert rivals_in_words(finding, LABELS).endswith("(too few pairs, no variation, or a copy).")
        assert rivals_figures_in_words(finding, LABELS) == ""


def test_the_sentences_name_the_rival_and_what_would_give_the_same() -> None:
    named, equal = find(draw(4, z=0.1)), find(draw(7))
    assert rivals_in_words(named, LABELS).startswith(
        "Alliance precedes more improvement in Symptoms, Skills than Support does. A hidden cause of Alliance"
    )
    assert rivals_in_words(equal, LABELS).endswith("inconclusive. This is no evidence that their effects are equal.")
    assert "by more than in simulated clinics" in rivals_in_words(replace(named, reference=0.05), LABELS)
    assert ", whose interval must lie beyond .05" in rivals_figures_in_words(replace(named, reference=0.05), LABELS)
    assert "Symptoms" in rivals_figures_in_words(named, LABELS)


def test_a_study_compares_rivals_over_the_outcome_and_all_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_module, "fit_models", lambda *_args, **_options: ((NotFitted("none", "-"),), {}, None))
    cohort = simulate("default", n_clients=15, rng=np.random.default_rng(1))
    processes = ["alliance", "social_support", "interpersonal_skills"]
    result = study(cohort, processes=processes, rivals=["alliance", "social_support"])
    (finding,) = result.to_json()["rivals"]
    assert (finding["first"], finding["second"]) == ("alliance", "social_support")
    assert [lag["outcome"] for lag in finding["centred"]["outcomes"]] == ["symptoms", "interpersonal_skills"]
    assert RULE in study_report(result)
    for wrong, message in (
        (["alliance"], "two different processes"),
        ("alliance", "two different processes"),
        (["alliance", "alliance"], "two different processes"),
        (["alliance", "hope"], "“hope” is not among the processes"),
    ):
        with pytest.raises(InputError, match=message):
            study(cohort, processes=processes, rivals=wrong)
