"""Simulated courses: each process against a slow, explicit calculation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import expm

from securebase.errors import ModelError, ParameterSetError
from securebase.model.arms import ARMS, arm
from securebase.model.equations import stationary_covariance
from securebase.model.parameter_set import ParameterSet, parameter_set
from securebase.model.parameters import Array
from securebase.model.processes import (
    AfterTheEnd,
    AllianceGate,
    CorrectiveExperiences,
    LifeEvents,
    PersonEffect,
    Processes,
    Retellings,
    Ruptures,
    SelectiveDropout,
    SimulatedCovariate,
    SuddenGains,
    Support,
    Therapists,
)
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.draws import draw_true_values
from securebase.model.simulate.people import People, draw_people
from securebase.model.simulate.streams import Streams
from securebase.model.specification import Trend
from securebase.model.standardised import standardised_effects
from securebase.model.web.plan import tracked_web
from securebase.records.vocabulary import Ending, RuptureKind

SET = parameter_set()
NAMES = SET.specification.constructs
SYMPTOMS, ALLIANCE, SUPPORT, STRESS = range(4)
NO_PROCESSES = Processes()


def without_variation(source: ParameterSet = SET) -> ParameterSet:
    """Return the set without levels and shocks: only the mean course remains."""
    still = replace(
        source.parameters, diffusion=np.eye(6) * 1e-20, level_covariance=np.zeros((6, 6)), level_mean=np.zeros(6)
    )
    return replace(source, parameters=still)


def without_change(source: ParameterSet = SET) -> ParameterSet:
    """Return the set without a mean course either: states stay at 0 unless a process changes them."""
    return replace(
        without_variation(source),
        parameters=replace(without_variation(source).parameters, start_mean=np.zeros(6), therapy_effect=np.zeros(6)),
    )


def simulate_courses(
    source: ParameterSet,
    processes: Processes = NO_PROCESSES,
    *,
    n: int = 3,
    rows: int = 16,
    seed: int = 1,
    days: Array | None = None,
    last: Array | None = None,
    arms: tuple[str, ...] = ("ipt",),
) -> tuple[SimulatedCourses, People]:
    rng = np.random.default_rng(seed)
    streams = Streams.spawn_from(rng)
    web = tracked_web(source)
    people = draw_people(source, processes, tuple(arm(arms[i % len(arms)]) for i in range(n)), rng, streams, web=web)
    days = np.tile(7.0 * np.arange(rows), (n, 1)) if days is None else days
    ends = np.full(n, rows) if last is None else last
    attendance = Attendance(days, ends.astype(np.int64), np.zeros((n, rows, 6)))
    return true_courses(source, processes, people, attendance, rng=rng, streams=streams, web=web), people


def decayed(change: Mapping[int, float], weeks: float) -> Array:
    """Return an impulse after some weeks of decay, exp(A weeks) times the change."""
    push = np.zeros(6)
    for k, value in change.items():
        push[k] = value
    return expm(SET.parameters.drift * weeks) @ push


# ---- no processes ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("trend", [Trend.CARRIED, Trend.APART])
def test_without_processes_courses_are_draws_from_the_model(trend: Trend) -> None:
    source = SET.with_trend(trend)
    days = np.cumsum(np.random.default_rng(3).integers(1, 12, size=(4, 9)), axis=1).astype(float)
    days -= days[:, :1]
    simulated, _ = simulate_courses(source, n=4, rows=9, days=days, seed=8)
    rng = np.random.default_rng(8)
    expected = draw_true_values(source.specification, source.parameters, list(days / 7.0), rng)
    assert np.allclose(simulated.true, expected, atol=1e-12)
    assert simulated.held.tolist() == [9] * 4
    assert simulated.after.shape == (4, 0, 6)


def test_random_slopes_come_from_a_stream_of_their_own() -> None:
    plain, _ = simulate_courses(SET, n=5)
    with_slopes, people = simulate_courses(SET.with_random_slopes(), n=5)
    t = np.arange(16.0)
    rate = SET.standardised.random_slope_rate
    assert rate is not None
    share = (1 - np.exp(-rate * t)) / (1 - np.exp(-rate * 16.0))
    assert np.allclose(with_slopes.true - plain.true, share[None, :, None] * people.change[:, None, :], atol=1e-12)


def test_adding_a_process_leaves_the_draws_of_earlier_ones_unchanged() -> None:
    """Ruptures and retellings draw from streams of their own, so the life events stay the same."""
    events = replace(
        NO_PROCESSES, life_events=LifeEvents(independent=0.1, dependent=0.1, with_symptoms=0.0, with_stress=0.0)
    )
    rare = Ruptures(chance=0.04, with_low_alliance=0.0)
    ruptures_and_retellings = replace(events, ruptures=rare, tellings=Retellings(chance=0.03))
    fewer_processes, _ = simulate_courses(SET, events, n=20)
    more_processes, _ = simulate_courses(SET, ruptures_and_retellings, n=20)
    assert fewer_processes.life_events.events == more_processes.life_events.events
    assert any(fewer_processes.life_events.events)
    some = [i for i in range(20) if not more_processes.ruptures.events[i] and not more_processes.retellings.events[i]]
    assert 3 < len(some) < 17
    assert np.array_equal(fewer_processes.true[some], more_processes.true[some])
    few, _ = simulate_courses(SET, ruptures_and_retellings, n=7)
    assert few.ruptures.events == more_processes.ruptures.events[:7]


# ---- arms ------------------------------------------------------------------------------------------------------------
def test_arms_share_their_draws_and_differ_by_the_therapy_effect() -> None:
    simulated = {name: simulate_courses(SET, n=2, rows=17, arms=(name,))[0].true for name in ARMS}
    P, A = SET.standardised, SET.parameters.drift
    J = np.linalg.solve(A, expm(A * 16.0) - np.eye(6))
    push = SET.parameters.therapy_effect
    assert push is not None
    added = J @ push
    for name, condition in ARMS.items():
        apart = simulated[name][:, 16] - simulated["waiting_list"][:, 16]
        share = np.array([condition.share(c) for c in NAMES])
        assert np.allclose(apart, share * added, atol=1e-10), name
    assert added == pytest.approx([P.therapy_change[c] for c in NAMES])


def test_arms_need_a_carried_trend() -> None:
    with pytest.raises(ModelError, match="arms differ in the therapy effect, but the trend is apart"):
        simulate_courses(SET.with_trend(Trend.APART), arms=("waiting_list",))


# ---- people ----------------------------------------------------------------------------------------------------------
def test_therapists_and_covariates_add_to_level_and_change() -> None:
    happens = replace(
        NO_PROCESSES,
        therapists=Therapists(number=40, on_level={"alliance": 0.5}, on_change={"symptoms": 0.4}),
        brings=(SimulatedCovariate("attachment_avoidance", {"alliance": -0.3}, {"symptoms": 0.2}),),
    )
    _, people = simulate_courses(without_variation(), happens, n=4000)
    therapist = people.therapist
    assert therapist is not None
    assert np.bincount(therapist).tolist() == [100] * 40
    rest_level = people.level[:, ALLIANCE] + 0.3 * people.brought[:, 0]
    rest_change = people.change[:, SYMPTOMS] - 0.2 * people.brought[:, 0]
    for residual, sd in ((rest_level, 0.5), (rest_change, 0.4)):
        groups = np.array([residual[therapist == k] for k in range(40)])
        assert np.ptp(groups, axis=1).max() < 1e-9
        assert groups[:, 0].std() == pytest.approx(sd, rel=0.35)
    assert people.brought.std() == pytest.approx(1.0, abs=0.04)
    assert not people.level[:, [SYMPTOMS, SUPPORT]].any()


def test_a_covariate_may_follow_others() -> None:
    """Care → anxiety and avoidance, and both → a third: unit variances, the stated paths, and refusals."""
    brings = (
        SimulatedCovariate("care"),
        SimulatedCovariate("anxiety", follows={"care": -0.5}),
        SimulatedCovariate("avoidance", follows={"care": -0.3}),
        SimulatedCovariate("strain", {"symptoms": 0.2}, follows={"anxiety": 0.4, "avoidance": 0.4}),
    )
    _, people = simulate_courses(SET, replace(NO_PROCESSES, brings=brings), n=6000, rows=2)
    r = 0.5 * 0.3
    expected = np.array(
        [
            [1, -0.5, -0.3, -0.4 * 0.8],
            [-0.5, 1, r, 0.4 * (1 + r)],
            [-0.3, r, 1, 0.4 * (1 + r)],
            [-0.4 * 0.8, 0.4 * (1 + r), 0.4 * (1 + r), 1],
        ]
    )
    assert np.cov(people.brought.T) == pytest.approx(expected, abs=0.08)
    plain = tuple(replace(covariate, follows={}) for covariate in brings)
    _, unrelated = simulate_courses(SET, replace(NO_PROCESSES, brings=plain), n=6000, rows=2)
    assert np.array_equal(unrelated.brought[:, 0], people.brought[:, 0])
    for wrong, message in (
        ({"strain": 0.1}, "must be listed before it"),
        ({"care": -1.0}, r"less than 100% .*got 100%"),
    ):
        refused = (brings[0], replace(brings[1], follows=wrong), *brings[2:])
        with pytest.raises(ModelError, match=message):
            simulate_courses(SET, replace(NO_PROCESSES, brings=refused), n=3, rows=2)


def test_person_specific_lagged_effects_vary_around_the_mean_effects() -> None:
    happens = replace(
        NO_PROCESSES,
        person_effects=(PersonEffect("alliance", "symptoms", 0.12), PersonEffect("symptoms", "alliance", 0.0)),
    )
    simulated, people = simulate_courses(SET, happens, n=1500, rows=3)
    assert people.effects is not None
    assert people.drift is not None
    effects = people.effects[:, 0]
    assert effects.shape == (1500,)
    assert effects.mean() == pytest.approx(SET.standardised.effects["alliance", "symptoms"], abs=0.012)
    assert effects.std() == pytest.approx(0.12, rel=0.08)
    P = stationary_covariance(SET.parameters.drift, SET.parameters.diffusion)
    D = np.sqrt(np.diag(P))
    for i in (0, 1, 2):
        assert np.linalg.eigvals(people.drift[i]).real.max() < 0
        weekly = expm(people.drift[i]) * D[None, :] / D[:, None]
        expected = standardised_effects(SET.parameters.drift, P)
        expected[SYMPTOMS, ALLIANCE] = effects[i]
        assert np.allclose(weekly, expected, atol=1e-9)
    # the stationary covariance is the same for everyone
    spread = np.cov((simulated.true - people.level[:, None])[:, 2].T)
    assert np.abs(spread - P).max() < 0.06


def test_each_person_has_their_own_drift() -> None:
    """The mean course under a person's own drift equals Euler steps of dx = (A_i x + B) dt."""
    happens = replace(NO_PROCESSES, person_effects=(PersonEffect("alliance", "symptoms", 0.2),))
    simulated, people = simulate_courses(without_variation(), happens, n=2, rows=4)
    assert people.drift is not None
    for i in range(2):
        x = np.array(SET.parameters.start_mean)
        for j in range(4):
            assert np.allclose(simulated.true[i, j], x, atol=1e-3)
            for _ in range(2000):
                x = x + (people.drift[i] @ x + SET.parameters.therapy_effect) / 2000


# ---- ruptures --------------------------------------------------------------------------------------------------------
def test_a_rupture_lowers_the_alliance_and_a_repair_restores_and_raises_it() -> None:
    settings = Ruptures(chance=0.08, with_low_alliance=0.0, drop=1.0, repaired=0.5, gain=0.3, loss=0.2, within=2)
    simulated, _ = simulate_courses(without_change(), replace(NO_PROCESSES, ruptures=settings), n=300)
    counts = {True: 0, False: 0}
    A = SET.parameters.drift
    for i, ruptures in enumerate(simulated.ruptures.events):
        if len(ruptures) != 1 or ruptures[0].session > 10:
            continue
        rupture = ruptures[0]
        j = rupture.session - 1
        assert np.allclose(simulated.true[i, :j, ALLIANCE], 0.0, atol=1e-8)
        assert simulated.true[i, j, ALLIANCE] == pytest.approx(-1.0)
        closes = (rupture.repaired - 1 if rupture.repaired else j + 3) - j
        assert np.allclose(
            simulated.true[i, j + 1],
            decayed({ALLIANCE: -1.0}, 1.0)
            + (np.eye(6)[ALLIANCE] * 0.0 if closes > 1 else simulated.true[i, j + 1] - decayed({ALLIANCE: -1.0}, 1.0)),
            atol=1e-8,
        )
        remaining = expm(A)[ALLIANCE, ALLIANCE] ** closes
        before = expm(A * closes)[ALLIANCE, ALLIANCE]
        expected = -before + (remaining + 0.3 if rupture.repaired else -0.2)
        assert simulated.true[i, j + closes, ALLIANCE] == pytest.approx(expected, abs=1e-8)
        # loss and gain persist; symptoms, rated before the session, respond from the next session on
        assert simulated.true[i, -1, ALLIANCE] == pytest.approx(0.3 if rupture.repaired else -0.2, abs=0.06)
        assert simulated.true[i, j, SYMPTOMS] == pytest.approx(0.0, abs=1e-8)
        assert simulated.true[i, j + 1, SYMPTOMS] > 0.02
        counts[rupture.repaired is not None] += 1
    assert min(counts.values()) > 20


def test_ruptures_occur_at_their_rate_and_more_often_with_a_low_alliance() -> None:
    flat = Ruptures(chance=0.1, with_low_alliance=0.0, withdrawal=0.7, repaired=1.0, within=1)
    simulated, _ = simulate_courses(SET, replace(NO_PROCESSES, ruptures=flat), n=3000, rows=2)
    first = [r for person_events in simulated.ruptures.events for r in person_events if r.session == 1]
    assert len(first) / 3000 == pytest.approx(0.1, abs=3.5 * 0.0055)
    kinds = [r.kind is RuptureKind.WITHDRAWAL for person_events in simulated.ruptures.events for r in person_events]
    assert np.mean(kinds) == pytest.approx(0.7, abs=0.08)
    steep = replace(flat, with_low_alliance=1.5)
    low, _ = simulate_courses(SET, replace(NO_PROCESSES, ruptures=steep), n=3000, rows=1)
    struck = np.array([bool(person_events) for person_events in low.ruptures.events])
    alliance = low.true[:, 0, ALLIANCE] + struck
    odds = 0.1 / 0.9 * np.exp(-1.5 * alliance)
    assert struck.sum() == pytest.approx((odds / (1 + odds)).sum(), abs=3.5 * np.sqrt(struck.sum()))
    assert alliance[struck].mean() < alliance[~struck].mean() - 0.8


# ---- life events and gains -------------------------------------------------------------------------------------------
def test_life_events_occur_at_their_rates_and_dependent_ones_more_often_with_symptoms() -> None:
    settings = LifeEvents(independent=0.05, dependent=0.05, with_symptoms=0.8, with_stress=0.0, moves={"symptoms": 0.0})
    simulated, _ = simulate_courses(SET, replace(NO_PROCESSES, life_events=settings), n=2500, rows=6)
    events = [(i, e) for i, person_events in enumerate(simulated.life_events.events) for e in person_events]
    independent = [e for _, e in events if not e.dependent]
    n = 2500 * 5
    assert len(independent) / n == pytest.approx(1 - np.exp(-0.05), abs=3.5 * np.sqrt(0.05 / n))
    expected = (1 - np.exp(-0.05 * np.exp(0.8 * simulated.true[:, :5, SYMPTOMS]))).sum()
    dependent = [e for _, e in events if e.dependent]
    assert len(dependent) == pytest.approx(expected, abs=3.5 * np.sqrt(expected))
    burdened = np.mean([simulated.true[i, e.session - 2, SYMPTOMS] for i, e in events if e.dependent])
    assert burdened > np.mean([simulated.true[i, e.session - 2, SYMPTOMS] for i, e in events if not e.dependent]) + 0.4
    weights = np.array([e.weight for _, e in events])
    assert weights.mean() == pytest.approx(1.0, abs=0.06)
    assert weights.std() == pytest.approx(0.5, abs=0.06)


def test_the_effect_of_a_life_event_decays() -> None:
    settings = LifeEvents(independent=0.03, moves={"interpersonal_stress": 0.8, "symptoms": 0.3})
    simulated, _ = simulate_courses(without_change(), replace(NO_PROCESSES, life_events=settings), n=200)
    alone = [
        (i, person_events[0])
        for i, person_events in enumerate(simulated.life_events.events)
        if len(person_events) == 1 and person_events[0].session < 14
    ]
    assert len(alone) > 30
    for i, event in alone:
        j = event.session - 1
        assert np.allclose(simulated.true[i, :j], 0.0, atol=1e-8)
        for later in (0, 2):
            push = decayed({STRESS: 0.8 * event.weight, SYMPTOMS: 0.3 * event.weight}, float(later))
            assert np.allclose(simulated.true[i, j + later], push, atol=1e-8)


def test_part_of_a_sudden_gain_persists() -> None:
    settings = SuddenGains(chance=0.05, size=1.5, stays=0.4, first=3, last=6)
    simulated, _ = simulate_courses(without_change(), replace(NO_PROCESSES, sudden_gains=settings), n=2000)
    sessions = simulated.sudden_gains.session
    assert set(sessions.tolist()) == {0, 3, 4, 5, 6}
    assert (sessions > 0).mean() == pytest.approx(1 - 0.95**4, abs=3.5 * np.sqrt(0.15 / 2000))
    for session in (3, 6):
        states = simulated.true[sessions == session]
        assert np.allclose(states[:, session - 2, SYMPTOMS], 0.0, atol=1e-8)
        assert np.allclose(states[:, session - 1, SYMPTOMS], -1.5)
    alliance_later = simulated.true[sessions == 3][:, -1]
    # the persisting part keeps acting on the other constructs: at equilibrium (A − diag A) h = −A x
    h = np.zeros(6)
    h[SYMPTOMS] = -0.6
    A = SET.parameters.drift
    x = -np.linalg.solve(A, (A - np.diag(np.diag(A))) @ h)
    assert np.allclose(alliance_later, h + x, atol=0.03)


# ---- emotional work --------------------------------------------------------------------------------------------------
def test_a_corrective_experience_requires_alliance_and_has_a_lasting_effect() -> None:
    settings = CorrectiveExperiences(
        chance=0.3, needs=0.5, steepness=4.0, moves={"symptoms": -0.2, "emotional_processing": 0.3}
    )
    simulated, _ = simulate_courses(SET, replace(NO_PROCESSES, corrective_experiences=settings), n=3000, rows=1)
    has_event = np.array([bool(person_events) for person_events in simulated.corrective.events])
    chance = 0.3 / (1 + np.exp(-4.0 * (simulated.true[:, 0, ALLIANCE] - 0.5)))
    assert has_event.sum() == pytest.approx(chance.sum(), abs=3.5 * np.sqrt(chance.sum()))
    still, _ = simulate_courses(
        without_change(), replace(NO_PROCESSES, corrective_experiences=replace(settings, needs=-9.0, chance=0.1)), n=200
    )
    for i, person_events in enumerate(still.corrective.events):
        if len(person_events) == 1 and person_events[0] < 15:
            j = person_events[0] - 1
            assert still.true[i, j, 4] == pytest.approx(0.3)
            assert still.true[i, j, SYMPTOMS] == pytest.approx(0.0, abs=1e-8)
            assert still.true[i, j + 1, SYMPTOMS] < -0.19
            assert still.true[i, -1, 4] > 0.25


def test_fear_falls_within_a_retelling_and_returns_less_with_each_retelling() -> None:
    settings = Retellings(
        chance=1.0, first=2, peak=80.0, spread=0.0, within=0.25, returns=0.6, pause=1.0, learned=0.5, error=0.0
    )
    days = np.array([[0.0, 7.0, 14.0, 35.0, 42.0]])
    simulated, _ = simulate_courses(without_change(), replace(NO_PROCESSES, tellings=settings), n=1, rows=5, days=days)
    retellings = simulated.retellings.events[0]
    assert [t.session for t in retellings] == [2, 3, 4, 5]
    peak = 80.0
    for k, (t, gap) in enumerate(zip(retellings, (1.0, 3.0, 1.0, 0.0), strict=True)):
        assert t.peak == pytest.approx(peak)
        assert t.end == pytest.approx(0.75 * peak)
        assert (t.rated_peak, t.rated_end) == (np.rint(t.peak), np.rint(t.end))
        peak = t.end + 0.6 * 0.5**k * (t.peak - t.end) * (1 - np.exp(-gap))
    # each retelling adds a lasting 0.2 · 0.25 to emotional processing, visible in the same session
    assert simulated.true[0, 1, 4] == pytest.approx(0.05)
    assert simulated.true[0, 4, 4] == pytest.approx(0.2, abs=0.02)


# ---- technique and alliance, support, the end ------------------------------------------------------------------------
def test_the_alliance_multiplies_the_therapy_effect() -> None:
    gate = AllianceGate(slope=0.8, centre=0.2, least=0.1, most=2.0)
    simulated, _ = simulate_courses(without_variation(), replace(NO_PROCESSES, gate=gate), n=2, rows=6)
    A, B = SET.parameters.drift, SET.parameters.therapy_effect
    x = np.array(SET.parameters.start_mean)
    for j in range(6):
        assert np.allclose(simulated.true[0, j], x, atol=1e-3)
        factor = np.full(6, np.clip(1 + 0.8 * (x[ALLIANCE] - 0.2), 0.1, 2.0))
        factor[ALLIANCE] = 1.0
        for _ in range(2000):
            x = x + (A @ x + factor * B) / 2000
    ungated, _ = simulate_courses(
        without_variation(), replace(NO_PROCESSES, gate=gate), n=2, rows=6, arms=("usual_care",)
    )
    plain, _ = simulate_courses(without_variation(), n=2, rows=6, arms=("usual_care",))
    assert np.array_equal(ungated.true, plain.true)


def test_part_of_the_provided_support_is_handed_over_and_the_rest_withdrawn() -> None:
    settings = Support(size=1.0, ramp=2.0, handed_over=0.5)
    happens = replace(NO_PROCESSES, support=settings, after_the_end=AfterTheEnd(follow_ups=(0.001, 30.0)))
    simulated, _ = simulate_courses(without_change(), happens, n=2, rows=17)
    assert simulated.true[0, 0, SUPPORT] == pytest.approx(0.0, abs=1e-8)
    assert simulated.true[0, 1, SUPPORT] == pytest.approx(0.5)
    assert simulated.true[0, 16, SYMPTOMS] < -0.05
    provided = np.minimum(np.arange(17.0) / 2.0, 1.0)
    assert np.allclose(simulated.provided[0], provided * (1 - 0.5 * np.arange(17.0) / 16.0))
    at_end = simulated.true[0, 16, SUPPORT]
    assert simulated.after[0, 0, SUPPORT] == pytest.approx(at_end - 0.5, abs=1e-3)
    # half of it persists with its effects, the rest is withdrawn for good
    h = np.zeros(6)
    h[SUPPORT] = 0.5
    A = SET.parameters.drift
    x = -np.linalg.solve(A, (A - np.diag(np.diag(A))) @ h)
    assert np.allclose(simulated.after[0, 1], h + x, atol=0.01)
    assert simulated.after[0, 1, SYMPTOMS] > simulated.true[0, 16, SYMPTOMS] + 0.02


@pytest.mark.parametrize("persisting", [0.0, 0.5, 1.0])
def test_the_given_share_of_the_therapy_effect_persists_after_the_end(persisting: float) -> None:
    happens = replace(NO_PROCESSES, after_the_end=AfterTheEnd(kept=persisting, follow_ups=(4.0, 60.0)))
    simulated, _ = simulate_courses(without_variation(), happens, n=2, rows=10, last=np.array([10, 6]))
    A, B = SET.parameters.drift, SET.parameters.therapy_effect
    assert B is not None
    for i, last in enumerate((10, 6)):
        ended = simulated.true[i, last - 1]
        plateau = -np.linalg.solve(A, persisting * B)
        assert np.allclose(simulated.after[i, 0], expm(A * 4.0) @ (ended - plateau) + plateau, atol=1e-8)
        assert np.allclose(simulated.after[i, 1], plateau, atol=1e-3)


# ---- leaving ---------------------------------------------------------------------------------------------------------
def test_clients_with_sufficient_improvement_may_end_early() -> None:
    settings = SelectiveDropout(good_enough=0.5, improved=1.0, earliest=5)
    simulated, _ = simulate_courses(SET.with_random_slopes(), replace(NO_PROCESSES, leaving=settings), n=800)
    enough = np.array([e is Ending.ENOUGH for e in simulated.endings])
    assert 0.3 < enough.mean() < 0.95
    for i in np.flatnonzero(enough)[:50]:
        at = simulated.held[i] - 1
        assert simulated.held[i] >= 5
        assert simulated.true[i, 0, SYMPTOMS] - simulated.true[i, at, SYMPTOMS] >= 1.0
    n_eligible = could_end = 0
    for i in range(800):
        for j in range(4, min(int(simulated.held[i]), 15)):
            fell = simulated.true[i, 0, SYMPTOMS] - simulated.true[i, j, SYMPTOMS] >= 1.0
            n_eligible += fell
            could_end += fell and enough[i] and simulated.held[i] == j + 1
    assert could_end / n_eligible == pytest.approx(0.5, abs=0.07)
    # clients who stay longer have changed less, as the good-enough level model predicts
    change = simulated.true[np.arange(800), 0, SYMPTOMS] - simulated.true[np.arange(800), simulated.held - 1, SYMPTOMS]
    assert np.corrcoef(simulated.held, change)[0, 1] < -0.2


def test_clients_with_a_low_alliance_drop_out_more_often() -> None:
    settings = SelectiveDropout(unhappy=0.05, with_low_alliance=1.0)
    simulated, _ = simulate_courses(SET, replace(NO_PROCESSES, leaving=settings), n=1500)
    dropped_out = np.array([e is Ending.LEFT for e in simulated.endings])
    odds = 0.05 / 0.95 * np.exp(-simulated.true[:, :15, ALLIANCE])
    attending = np.arange(15)[None, :] < simulated.held[:, None]
    expected = ((odds / (1 + odds)) * attending).sum()
    assert dropped_out.sum() == pytest.approx(expected, abs=3.5 * np.sqrt(expected))
    assert simulated.true[dropped_out, 0, ALLIANCE].mean() < simulated.true[~dropped_out, 0, ALLIANCE].mean() - 0.3


def test_no_therapy_process_acts_on_a_waiting_list() -> None:
    happens = replace(
        NO_PROCESSES,
        ruptures=Ruptures(chance=0.5),
        corrective_experiences=CorrectiveExperiences(chance=0.5),
        tellings=Retellings(chance=0.5),
        sudden_gains=SuddenGains(chance=0.5),
        support=Support(size=1.0),
        leaving=SelectiveDropout(good_enough=1.0, improved=-9.0, unhappy=0.5),
    )
    simulated, _ = simulate_courses(SET, happens, n=10, arms=("waiting_list",))
    plain, _ = simulate_courses(SET, n=10, arms=("waiting_list",))
    assert np.array_equal(simulated.true, plain.true)
    assert simulated.held.tolist() == [16] * 10


def test_a_process_that_moves_an_unknown_construct_is_refused() -> None:
    with pytest.raises(ModelError, match="“mood” is not a construct of this scenario"):
        simulate_courses(SET, replace(NO_PROCESSES, life_events=LifeEvents(independent=9.0, moves={"mood": 1.0})))


def test_an_expectation_that_is_disproved_keeps_fear_from_coming_back() -> None:
    """S45. Habituation falls within a retelling, learning between them: by surprise, not by number."""
    exposed = {"chance": 1.0, "first": 1, "spread": 0.0, "error": 0.0, "learned": 0.5}

    def share_back(**given: float) -> list[float]:
        spec = Retellings(**exposed, **given)
        (events,) = simulate_courses(SET, Processes(tellings=spec), n=1, rows=6)[0].retellings.events
        return [(b.peak - a.end) / (a.peak - a.end) for a, b in pairwise(events)]

    comes_back = 1.0 - np.exp(-1.0)
    # without expectations every retelling but the first teaches the same
    assert share_back() == pytest.approx([0.6 * 0.5**k * comes_back for k in range(5)])
    surprised = simulate_courses(
        SET, Processes(tellings=Retellings(**exposed, expectation=80.0, happens=0.0)), n=1, rows=6
    )[0].retellings.events[0]
    assert [t.expectation for t in surprised] == pytest.approx([80.0 * 0.5**k for k in range(6)])
    assert [t.surprise for t in surprised] == pytest.approx([0.8 * 0.5**k for k in range(6)])
    # the first teaches half, the second, half as surprising, a quarter, …
    taught = np.cumprod([1.0 - 0.5 * 0.5**k for k in range(5)])
    assert share_back(expectation=80.0, happens=0.0) == pytest.approx(list(0.6 * taught * comes_back))
    # what was feared happens: nothing is learned, and the expectation stays
    assert share_back(expectation=80.0, happens=1.0) == pytest.approx([0.6 * comes_back] * 5)
    # a new setting brings the whole fall back, however much was learned
    assert share_back(expectation=80.0, happens=0.0, renewal=1.0) == pytest.approx([comes_back] * 5)
    with pytest.raises(ParameterSetError, match=r"expectation must be between 0 and 100 \(got 120\)"):
        Retellings(expectation=120.0)
