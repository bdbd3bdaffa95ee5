"""Mediation of a treatment effect: regressions written out, and the joint model against the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from mediated_trials import true_share
from mediation_tables import ask_trial, simulated_trial, table_of
from securebase.model.panel import Panel
from securebase.study.mediation.answer import EdgeGrade, TrialMediation
from securebase.study.mediation.between import ARM, estimate_trial, part_means
from securebase.study.mediation.joint import arm_effect, estimate_joint
from securebase.study.questions.question import AnswerInterval


def draw_answer(name: str, mediators: tuple[str, ...], seed: int) -> TrialMediation:
    return simulated_trial(name, mediators, n=200, seed=seed)


def test_the_truth_of_the_scenarios() -> None:
    # effects are set over one week; between weeks the drift lets a little pass by other ways
    assert true_share("one_mechanism", "social_support") == pytest.approx(0.995, abs=0.001)
    assert true_share("one_mechanism", "interpersonal_skills") == pytest.approx(0.0, abs=0.001)
    assert true_share("reverse_only", "social_support") == pytest.approx(0.0, abs=0.001)
    assert 0.05 < true_share("all_four_equal", "social_support") < 0.6


def test_the_effect_of_the_arm_is_the_solution_of_its_equations() -> None:
    rng = np.random.default_rng(1)
    drift = rng.normal(size=(5, 3, 3)) * 0.3 - 0.6 * np.eye(3)
    effects = rng.normal(size=(5, 3, 2))
    for A, E, value in zip(drift, effects, arm_effect(drift, effects, 7.0), strict=True):
        state = np.zeros(3)
        for half in (0, 1):
            solved = solve_ivp(lambda _t, s, A=A, e=E[:, half]: A @ s + e, (0.0, 3.5), state, rtol=1e-10, atol=1e-12)
            state = solved.y[:, -1]
        assert value == pytest.approx(state[0], rel=1e-6)
    # a drift without decay: the effect grows with time
    grown = arm_effect(np.zeros((1, 2, 2)), np.array([[[0.5, 0.25], [1.0, 1.0]]]), 8.0)
    assert grown[0] == pytest.approx(4 * 0.5 + 4 * 0.25)


def test_support_mediates_the_whole_effect_and_skills_none_of_it() -> None:
    answer = draw_answer("one_mechanism", ("social_support", "interpersonal_skills"), 1)
    assert answer.joint is not None
    support, skills = answer.joint.mediators
    assert answer.supported == (("social_support",),)
    assert support.share is not None
    assert skills.share is not None
    assert support.share.lower < true_share("one_mechanism", "social_support") < support.share.upper
    assert support.share.lower > 0.3
    assert skills.share.lower < 0.0 < skills.share.upper
    # a rating in the middle of the course, with its error, sees less of it
    assert answer.estimate.share is not None
    assert answer.estimate.share.estimate < support.share.estimate
    words = answer.in_words({})
    assert words.startswith("ipt versus waiting_list → symptoms: consistent with mediation by social_support")
    assert "which random assignment of the arm does not exclude." in words
    assert "Random assignment of the arm does not protect" in answer.rule
    grades = {(e.earlier, e.later): e.grade for e in answer.edges}
    assert grades[ARM, "social_support"] is EdgeGrade.ASSIGNED
    assert grades["social_support", "symptoms"] is EdgeGrade.EARLIER
    assert grades[ARM, "interpersonal_skills"] is EdgeGrade.OPEN


def test_shares_hold_the_truth_and_mediators_without_effect_are_not_reported() -> None:
    """Draw six cohorts each; `benchmarks mediation` draws more.

    In `reverse_only` the arm moves support by way of symptoms, and regressions alone report support in four of ten.
    """
    held = 0
    for seed in range(6):
        answer = draw_answer("one_mechanism", ("social_support",), 100 + seed)
        assert answer.joint is not None
        assert answer.joint.share is not None
        held += answer.joint.share.lower < 1.0 < answer.joint.share.upper
    assert held >= 5
    answers = [draw_answer("reverse_only", ("social_support",), 100 + seed) for seed in range(6)]
    assert sum(bool(answer.supported) for answer in answers) <= 1
    assert sum(answer.estimate.routes[0].effect.sign != 0 for answer in answers) >= 1


def draw_trial(seed: int, n: int = 200) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw arm → m (.8), m → y (.5), arm → y (.2) over three occasions."""
    rng = np.random.default_rng(seed)
    arm = np.repeat([1.0, 0.0], n // 2)
    m, y = rng.normal(size=(2, n, 3))
    m[:, 1] += 0.5 * m[:, 0] + 0.8 * arm
    y[:, 2] += 0.5 * y[:, 0] + 0.5 * m[:, 1] + 0.2 * arm
    return {"y": y, "m": m}, arm


def test_the_regressions_of_a_trial_are_analyses_of_covariance() -> None:
    values, arm = draw_trial(1)
    m, y = values["m"], values["y"]
    result = estimate_trial(table_of(values), ((ARM,), ("m",), ("y",)), arm, 2.0)
    assert result is not None

    def coefficient(target: np.ndarray, *columns: np.ndarray) -> float:
        X = np.column_stack([np.ones(len(target)), *columns])
        return float(np.linalg.lstsq(X, target, rcond=None)[0][1])

    baseline = (m[:, 0], y[:, 0])
    unit_m, unit_y = m[:, 0].std(ddof=1), y[:, 0].std(ddof=1)
    a = coefficient(m[:, 1], arm, *baseline) / unit_m
    b = coefficient(y[:, 2], m[:, 1], arm, *baseline) * unit_m / unit_y
    direct = coefficient(y[:, 2], arm, m[:, 1], *baseline) / unit_y
    assert result.indirect.estimate == pytest.approx(a * b, rel=1e-9)
    assert result.direct.estimate == pytest.approx(direct, rel=1e-9)
    assert result.total.estimate == pytest.approx(a * b + direct, rel=1e-9)
    assert result.path(ARM, "m").effect.estimate == pytest.approx(a, rel=1e-9)


def test_no_share_is_given_where_the_total_effect_may_be_zero() -> None:
    rng = np.random.default_rng(3)
    values = {"y": rng.normal(size=(100, 3)), "m": rng.normal(size=(100, 3))}
    result = estimate_trial(table_of(values), ((ARM,), ("m",), ("y",)), np.repeat([1.0, 0.0], 50), 2.0)
    assert result is not None
    assert result.total.sign == 0
    assert result.share is None


def test_parts_of_a_course_are_means_of_their_ratings() -> None:
    table = table_of({"y": np.array([[1.0, 2.0, 3.0, 4.0, np.nan], [5.0, np.nan, np.nan, np.nan, 9.0]])})
    # centred at 0, 2 and 4: times below 1, from 1 to below 3, and from 3
    expected = np.array([[1.0, 2.5, 4.0], [5.0, np.nan, 9.0]])
    np.testing.assert_allclose(part_means(table, "y", 3, 4.0), expected)


def test_a_chain_in_a_trial() -> None:
    rng = np.random.default_rng(4)
    arm = np.repeat([1.0, 0.0], 150)
    m1, m2, y = rng.normal(size=(3, 300, 4))
    m1[:, 1] += 0.9 * arm
    m2[:, 2] += 0.6 * m1[:, 1]
    y[:, 3] += 0.6 * m2[:, 2]
    values = {"y": y, "m1": m1, "m2": m2}
    result = estimate_trial(table_of(values), ((ARM,), ("m1",), ("m2",), ("y",)), arm, 3.0)
    assert result is not None
    (route,) = result.routes
    assert route.through == ("m1", "m2")
    assert route.effect.lower < 0.9 * 0.6 * 0.6 < route.effect.upper
    assert route.effect.sign == 1
    assert result.direct.sign == 0


def test_a_model_without_estimates_says_why() -> None:
    scores = np.random.default_rng(1).normal(size=(6, 2))
    rows = Panel(("1", "2"), ("y", "m"), np.array([0, 3, 6]), np.tile(np.arange(3.0), 2), scores, np.full(6, -1))
    joint = estimate_joint(rows, np.array([1.0, 0.0]), 2.0)
    assert joint.reason
    assert joint.total is None


def draw_reverse_chain(seed: int, *, acts: bool) -> dict[str, np.ndarray]:
    """Draw a trial of 300 in 12 weeks: arm → y → m1 and m2 with two signs, or arm → m1 → m2 → y if the chain acts."""
    rng = np.random.default_rng(seed)
    arm = np.repeat([1.0, 0.0], 150)
    y, m1, m2 = rng.normal(size=(3, 300, 12))
    for t in range(1, 12):
        noise = 0.4 * rng.normal(size=(3, 300))
        y[:, t] = 0.8 * y[:, t - 1] + (-0.4 * m2[:, t - 1] if acts else -0.25 * arm) + noise[0]
        m1[:, t] = 0.8 * m1[:, t - 1] + (0.4 * arm if acts else -0.4 * y[:, t - 1]) + noise[1]
        m2[:, t] = 0.7 * m2[:, t - 1] + (0.4 * m1[:, t - 1] if acts else -0.4 * y[:, t - 1]) + noise[2]
    error = 0.5 * rng.normal(size=(3, 300, 12))
    return {"y": y + error[0], "m1": m1 + error[1], "m2": m2 + error[2]}


def test_a_chain_that_only_follows_the_outcome_is_not_reported() -> None:
    arms = ["ipt"] * 150 + ["waiting"] * 150

    def ask_chain(seed: int, *, acts: bool) -> TrialMediation:
        table = table_of(draw_reverse_chain(seed, acts=acts))
        return ask_trial(table, arms, ["m1", "m2"], "y", serial=True, reference="waiting")

    reverse = [ask_chain(seed, acts=False) for seed in range(8)]
    assert sum(answer.estimate.routes[0].effect.sign != 0 for answer in reverse) >= 3
    assert not any(answer.supported for answer in reverse)
    withheld = next(answer for answer in reverse if answer.estimate.routes[0].effect.sign)
    assert "the outcome may act on the mediators." in withheld.figures_in_words({})
    assert "too few ratings" in replace(withheld, given_outcome=None).figures_in_words({})
    assert all(ask_chain(seed, acts=True).supported for seed in range(4))


def test_a_share_outside_0_and_1_is_explained_and_the_rule_names_its_assumptions() -> None:
    answer = draw_answer("one_mechanism", ("social_support",), 1)
    assert answer.joint is not None
    opposite = "direct and indirect effect have opposite signs"
    negative = replace(answer, joint=replace(answer.joint, share=AnswerInterval(-0.2, 0.1, -0.4, 0.0)))
    within = replace(answer, joint=replace(answer.joint, share=AnswerInterval(0.5, 0.1, 0.3, 0.7)))
    assert opposite in negative.figures_in_words({})
    assert opposite not in within.figures_in_words({})
    assert "acts alike in both arms" in answer.rule
