"""The equations of the whole web against a simulation in small steps that shares no formula with them."""

from __future__ import annotations

import numpy as np
import pytest

from each import each
from oracles.euler_web import after, covariance_after, effect_of_a_week
from securebase.model.arms import arm
from securebase.model.parameters import Array
from securebase.model.processes import AfterTheEnd, Processes
from securebase.model.scenario import scenario
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.dynamics import WebDynamics
from securebase.model.simulate.people import draw_people
from securebase.model.simulate.streams import Streams
from securebase.model.simulate.web_process import WebProcess
from securebase.model.states import states
from securebase.model.theory import theory
from securebase.model.web.network import Web, switch_off
from securebase.model.web.plan import WebPlan

PILLARS = scenario("pillars")
WEB: Web = PILLARS.web.build(PILLARS.parameter_set)
CORE, MOVING = WEB.terms.core, WEB.terms.moving
SIZES = {e.id: e.size.value for e in theory().edges if e.size is not None}


def courses(days: Array, last: int, happens: Processes, shocks: Array | None = None) -> SimulatedCourses:
    rng = np.random.default_rng(1)
    streams = Streams.spawn_from(rng)
    n = len(days)
    people = draw_people(PILLARS.parameter_set, happens, (arm("ipt"),) * n, rng, streams, web=WEB)
    displaced = np.zeros((*days.shape, CORE)) if shocks is None else shocks
    attendance = Attendance(days, np.full(n, last), displaced)
    return true_courses(PILLARS.parameter_set, happens, people, attendance, rng=rng, streams=streams, web=WEB)


def test_every_lag_does_its_size_after_a_week_in_small_steps() -> None:
    decay = -np.diag(WEB.drift)
    for path in WEB.terms.lags:
        if max(path.origin, path.end) < CORE:
            continue
        per_unit = effect_of_a_week(decay[path.origin], decay[path.end])
        entry = WEB.drift[path.end, path.origin] * WEB.sd[path.origin] / WEB.sd[path.end]
        assert entry * per_unit == pytest.approx(SIZES[path.id], rel=2e-4), path.id


@each((7.0, 10.5, 14.0, 45.5), str)
def test_a_step_over_any_gap_is_that_of_small_steps(days: float) -> None:
    """State, constant input and shocks; effects within the session come at its end."""
    dynamics = WebDynamics(WEB, WEB.core_parameters, None)
    rng = np.random.default_rng(1)
    start, constant = rng.normal(size=MOVING), 0.1 * rng.normal(size=MOVING)
    gaps = np.full(1, days / 7.0)
    moved, _ = dynamics.propagate(start[None], gaps, np.zeros((1, MOVING)), constant[None])
    expected = WEB.session_map @ after(days / 7.0, WEB.drift, start, constant)
    assert np.abs(moved[0] - expected).max() < 1e-6
    shocks, _ = dynamics.propagate(
        np.zeros((MOVING, MOVING)), np.repeat(gaps, MOVING), np.eye(MOVING), np.zeros((MOVING, MOVING))
    )
    T = WEB.session_map
    expected = T @ covariance_after(days / 7.0, WEB.drift, WEB.diffusion, np.zeros_like(WEB.drift)) @ T.T
    assert np.abs(shocks.T @ shocks - expected).max() < 1e-6


def test_a_week_of_small_steps_leaves_every_variance_as_stated() -> None:
    T = WEB.session_map
    week = T @ covariance_after(1.0, WEB.drift, WEB.diffusion, WEB.covariance) @ T.T
    assert np.abs(week - WEB.covariance).max() < 1e-6
    for k, name in enumerate(WEB.names[CORE:MOVING], start=CORE):
        assert week[k, k] == pytest.approx(1.0 - states()[name].level_share, rel=1e-5), name


@each(("ipt", "usual_care", "waiting_list"), str)
def test_stated_changes_are_met_in_small_steps_in_every_arm(name: str) -> None:
    """By the planned end: the natural change, and the arm's share of what therapy adds."""
    happens = Processes()
    rng = np.random.default_rng(1)
    people = draw_people(PILLARS.parameter_set, happens, (arm(name),) * 2, rng, Streams.spawn_from(rng), web=WEB)
    mean = WEB.start_mean
    for _ in range(round(PILLARS.parameter_set.specification.planned_end)):
        mean = WEB.session_map @ after(1.0, WEB.drift, mean, people.push[0])
    change = mean - WEB.start_mean
    for construct in WEB.names[CORE:MOVING]:
        state = states()[construct]
        added = WEB.terms.therapy_change.get(construct, state.therapy_change)
        if state.natural_change is not None and added is not None:
            expected = state.natural_change + arm(name).share(construct) * added
            assert change[WEB.index(construct)] == pytest.approx(expected, abs=1e-5), construct


def test_stated_changes_hold_at_weekly_sessions_only() -> None:
    """`docs/explanation/simulation.md` states these figures: effects within a session accumulate with every session."""
    changes = {}
    for weeks in (1, 2):
        mean = WEB.start_mean
        for _ in range(16 // weeks):
            mean = WEB.session_map @ after(weeks, WEB.drift, mean, WEB.therapy_effect)
        changes[weeks] = mean - WEB.start_mean
    for name, weekly, fortnightly in (("alliance_bond", 0.20, -0.08), ("anxiety", -0.60, -0.37)):
        k = WEB.index(name)
        assert (changes[1][k], changes[2][k]) == pytest.approx((weekly, fortnightly), abs=0.01)


def test_with_every_link_off_nothing_acts_on_anything() -> None:
    """Tracked constructs alone still act on each other, as in their own model."""
    off = switch_off(WEB, {term.id for term in WEB.terms.all})
    assert off.terms.all == ()
    for matrix in (off.drift - np.diag(np.diag(off.drift)), off.within_session, off.level_paths, off.moved):
        rest = matrix.copy()
        rest[:CORE, :CORE] = 0.0
        assert np.abs(rest).max() < 1e-12
    assert np.abs(off.drift[:CORE, :CORE] - PILLARS.parameter_set.parameters.drift).max() < 1e-12


def test_what_moves_a_construct_at_once_moves_what_follows_it_in_the_same_session() -> None:
    """A drop of the alliance shows in its bond on the same card, not only a week later."""
    days, shocks = np.tile(7.0 * np.arange(3), (50, 1)), np.zeros((50, 3, CORE))
    alliance, bond = WEB.index("alliance"), WEB.index("alliance_bond")
    shocks[:, 1, alliance] = -1.5
    calm, dropped = (courses(days, 3, Processes(), given) for given in (None, shocks))
    difference = (dropped.true - calm.true)[:, 1]
    assert difference[:, alliance] == pytest.approx(-1.5)
    assert difference[:, bond] == pytest.approx(-1.5 * WEB.within_session[bond, alliance])


def test_a_cause_of_size_0_leaves_the_chance_of_an_event_alone() -> None:
    edge = "arousal_felt_safety_corrective_session"
    factors = []
    for size in (0.5, 0.0):
        web = WebPlan(enters_core=True, sizes={edge: size}).build(PILLARS.parameter_set)
        process = WebProcess(web, np.zeros((1, len(web.names))), 16.0)
        factors.append(process.chance_factor("corrective_experience", np.ones((1, MOVING)))[0])
    assert factors[0] > 1.5
    assert factors[1] == 1.0


def test_who_left_early_is_followed_up_from_their_own_last_session() -> None:
    """Sessions of the others do not reach them: their follow-up is that of a course planned to end there."""
    happens = Processes(after_the_end=AfterTheEnd(follow_ups=(1.0, 8.0)))
    left, planned = (courses(np.tile(7.0 * np.arange(rows), (400, 1)), 4, happens) for rows in (16, 4))
    for k, name in enumerate(WEB.names):
        same = planned.after[:, :, k].std(axis=0)
        assert left.after[:, :, k].std(axis=0) == pytest.approx(same, rel=0.15, abs=1e-9), name


def test_a_published_correlation_is_met_by_levels_and_movement_adds_to_it() -> None:
    """`docs/explanation/simulation.md` and decision 35 state the largest distances."""
    levels = WEB.level_map @ WEB.level_residual @ WEB.level_map.T
    total = levels.copy()
    total[:MOVING, :MOVING] += WEB.covariance
    spread = np.sqrt(np.diag(total))
    added = {}
    for path in WEB.terms.levels:
        if path.published:
            scale = spread[path.end] * spread[path.origin]
            assert levels[path.end, path.origin] / scale == pytest.approx(SIZES[path.id], abs=1e-6), path.id
            added[path.id] = abs(total[path.end, path.origin] / scale) - abs(SIZES[path.id])
    assert {name for name, more in added.items() if more > 0.03} == {
        "connectedness_symptoms_level",
        "intimacy_wellbeing_level",
        "physical_health_wellbeing_level",
        "support_loneliness_level",
    }
    assert max(added.values()) == pytest.approx(0.11, abs=0.01)
