"""The links that a truth names are those of its equations, and its time-reversal figures are those of the design."""

from __future__ import annotations

import ast
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from truths.catalogue import TRUTHS, draw_cohort
from truths.columns import COLUMNS
from truths.crises import CRISES
from truths.pairs import CONFOUNDED, LINKED, NO_EFFECT, PAIRS, Hidden, Pair
from truths.parts import SESSIONS, States
from truths.sessions import SESSION_DESIGNS, Sessions
from truths.truth import Array, Truth

#: design: mean of the time-reversal statistic over 200 cohorts of 60 with 8% missing; above 0: x before lower y
STATISTICS = {
    "no_link": 0.0,
    "shared_bend": 0.0,
    "separate_bends": 0.0,
    "same_week_factor": 0.0,
    "unequal_carry_over": -1.98,
    "unequal_carry_over_with_heavy_error": -1.61,
    "factor_and_unequal_carry_over": 1.00,
    "two_same_week_factors": 0.0,
    "season": 0.0,
    "confounder_a_week_earlier": 6.44,
    "floor_without_link": 0.0,
    "floor_and_factor": 0.0,
    "floor_and_alliance_first": 2.48,
    "alliance_first": 4.31,
    "alliance_first_and_factor": 3.11,
    "alliance_first_and_correlated_shocks": 4.89,
    "symptoms_first_in_session": -2.07,
    "symptoms_first": -4.30,
    "each_follows_the_other": 2.64,
}
#: truths in which the design found time reversal fooled towards the same side as unequal carry-over
FOOLED_LIKE_CARRY_OVER = (
    "fast_shocks_with_slow_parts",
    "slow_shocks_with_fast_parts",
    "carry_over_with_lasting_error",
    "carry_over_that_differs",
)


def detrended(values: Array, joint: Array) -> Array:
    """Return residuals of each person's line over joint rows, 0 elsewhere, after the mean of each session."""
    values = np.where(joint, values - np.nanmean(values, axis=0), 0.0)
    n = np.maximum(joint.sum(axis=1, keepdims=True), 1)
    time = np.where(joint, np.arange(SESSIONS), 0.0)
    time = np.where(joint, time - time.sum(axis=1, keepdims=True) / n, 0.0)
    centred = np.where(joint, values - values.sum(axis=1, keepdims=True) / n, 0.0)
    slope = (time * centred).sum(axis=1, keepdims=True) / np.maximum((time**2).sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(centred - slope * time)


def time_reversal_at_60(y: Array, x: Array) -> float:
    """Return mean(a)/sd(a)·√60 with a = Σ ỹ(t) x̃(t+1) − x̃(t) ỹ(t+1), of persons with five joint rows."""
    joint = np.isfinite(y) & np.isfinite(x)
    joint &= (joint.sum(axis=1) >= 5)[:, None]
    y, x = detrended(y, joint), detrended(x, joint)
    a = (y[:, :-1] * x[:, 1:] - x[:, :-1] * y[:, 1:]).sum(axis=1)[joint.any(axis=1)]
    return float(a.mean() / a.std(ddof=1) * np.sqrt(60))


def statistic(truth: Truth, process: str) -> float:
    columns = draw_cohort(truth, 5000, 0)
    return time_reversal_at_60(columns[truth.outcome], columns[process])


@pytest.mark.parametrize("name", STATISTICS)
def test_the_time_reversal_statistic_is_that_of_the_design(name: str) -> None:
    # standard error .11 here and .07 in the design
    assert statistic(TRUTHS[name], "alliance") == pytest.approx(STATISTICS[name], abs=0.4)


@pytest.mark.parametrize("name", FOOLED_LIKE_CARRY_OVER)
def test_mixtures_with_carry_over_fool_time_reversal(name: str) -> None:
    assert statistic(TRUTHS[name], "alliance") < -0.5


def test_a_confounder_half_a_week_earlier_lies_between_none_and_a_week() -> None:
    assert 2.0 < statistic(TRUTHS["confounder_half_a_week_earlier"], "alliance") < 5.0


def test_what_merely_follows_or_shares_an_earlier_confounder_looks_like_a_cause() -> None:
    assert statistic(TRUTHS["follower"], "empathy") > 2.0
    assert statistic(TRUTHS["measured_confounder"], "alliance") > 4.0
    assert statistic(TRUTHS["measured_confounder"], "stress") < -4.0


def equations(truth: Truth) -> Pair | Sessions | None:
    """Return the equations behind a truth, None where a function of its own simulates it."""
    if isinstance(truth.draw, partial):
        first = truth.draw.args[0] if truth.draw.args else None
        return first if isinstance(first, Pair) else None
    owner = getattr(truth.draw, "__self__", None)
    return owner if isinstance(owner, Pair | Sessions) else None


def links_of(states: States) -> set[tuple[str, str, str]]:
    effects = {
        ("alliance", "symptoms", "next"): states.alliance_to_next_symptoms,
        ("symptoms", "alliance", "next"): states.symptoms_to_next_alliance,
        ("symptoms", "alliance", "same"): states.symptoms_to_alliance,
    }
    assert all(effect <= 0 for effect in effects.values())
    return {link for link, effect in effects.items() if effect}


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=lambda truth: truth.name)
def test_links_are_those_of_the_equations(truth: Truth) -> None:
    named = {(link.source, link.target, link.occasion) for link in truth.links if link.sign == -1}
    match equations(truth):
        case Pair(states=states, hidden=hidden):
            assert named == links_of(states)
            earlier = {("alliance", "symptoms")} if any(h.lead for h in hidden) else set()
            assert {*truth.unseen} == earlier
        case Sessions(to_alliance=to_alliance, to_symptoms=to_symptoms, lead=lead):
            effects = {("symptoms", "alliance", "same"): to_alliance, ("alliance", "symptoms", "same"): to_symptoms}
            assert named == {link for link, effect in effects.items() if effect}
            assert bool(truth.unseen) is bool(lead)
        case None:
            assert truth in (*COLUMNS, *CRISES, *NO_EFFECT), "a truth with links in the pairs has equations to compare"


def test_effects_reach_the_session_that_the_link_names() -> None:
    """Regress each state on what its equation holds: only the named effect differs from zero."""
    for effect, expected in (
        ("alliance_to_next_symptoms", [(0.4, -0.3), (0.0, 0.4, 0.0)]),
        ("symptoms_to_next_alliance", [(0.4, 0.0), (0.0, 0.4, -0.3)]),
        ("symptoms_to_alliance", [(0.4, 0.0), (-0.3, 0.4, 0.0)]),
    ):
        y, a = States(**{effect: -0.3}).draw(20_000, np.random.default_rng(8))
        before_y, before_a, now_y, now_a = y[:, 6], a[:, 6], y[:, 7], a[:, 7]
        to_symptoms = np.linalg.lstsq(np.column_stack([before_y, before_a]), now_y, rcond=None)[0]
        to_alliance = np.linalg.lstsq(np.column_stack([now_y, before_a, before_y]), now_a, rcond=None)[0]
        np.testing.assert_allclose(to_symptoms, expected[0], atol=0.03)
        np.testing.assert_allclose(to_alliance, expected[1], atol=0.03)


@pytest.mark.parametrize(("to_alliance", "to_symptoms"), [(0.0, 0.0), (-0.35, 0.0), (0.0, -0.35), (-0.35, -0.35)])
def test_links_act_within_the_session(to_alliance: float, to_symptoms: float) -> None:
    dynamics = Sessions(to_alliance=to_alliance, to_symptoms=to_symptoms)
    y_before, a_before, y_after, a_after = dynamics.states(20_000, np.random.default_rng(9))[:, :, 5]
    design = np.column_stack([y_before, a_before])
    np.testing.assert_allclose(np.linalg.lstsq(design, y_after, rcond=None)[0], (1.0, to_symptoms), atol=0.03)
    np.testing.assert_allclose(np.linalg.lstsq(design, a_after, rcond=None)[0], (to_alliance, 1.0), atol=0.03)


@pytest.mark.parametrize(("lead", "shift"), [(0.0, 0), (1.0, 1)])
def test_alliance_shows_an_earlier_confounder_first(lead: float, shift: int) -> None:
    symptoms, alliance = Hidden(sd=1.0, lead=lead).draw(500, np.random.default_rng(10))
    np.testing.assert_allclose(alliance[:, : SESSIONS - shift], -symptoms[:, shift:])


def test_half_a_week_earlier_lies_between_the_weeks() -> None:
    symptoms, alliance = Hidden(sd=1.0, persistence=0.6, lead=0.5).draw(20_000, np.random.default_rng(11))
    now, later = (float(np.mean(alliance[:, 5] * symptoms[:, 5 + k])) for k in (0, 1))
    assert now == pytest.approx(-np.sqrt(0.6), abs=0.03)
    assert later == pytest.approx(-np.sqrt(0.6), abs=0.03)


def test_every_truth_of_the_design_is_there() -> None:
    letters = {truth.letters for truth in PAIRS} | {truth.letters for truth in COLUMNS}
    design = "none trend trendp c1 c2 c3 c1c2 d dhalf floor0 floorc floor a ac ac2 r ry both c2b c2b2 c2n c2h c1x2"
    assert {*design.split()} <= letters
    assert {truth.letters for truth in SESSION_DESIGNS} >= {"none", "c1", "c2", "c2s", "d", "r", "r+c1", "r+c2", "x→y"}
    assert len(TRUTHS) == len(PAIRS) + len(COLUMNS) + len(CRISES) + len(SESSION_DESIGNS)
    assert all(truth.unseen for truth in CONFOUNDED)
    assert all(truth.links for truth in LINKED)


def test_the_simulator_shares_nothing_with_the_package() -> None:
    """Check the imports of every generator: NumPy, the standard library and each other."""
    allowed = {"__future__", "collections", "dataclasses", "functools", "math", "numpy", "typing", "zlib"}
    for file in Path(__file__).parent.glob("*.py"):
        if file.name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, file.name
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert str(node.module).split(".")[0] in allowed, file.name
