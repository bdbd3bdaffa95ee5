"""Courses with everything that may happen: each process against a slow, obvious account of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from securebase.errors import ModelError
from securebase.model.arms import ARMS, arm
from securebase.model.equations import stationary_covariance
from securebase.model.parameter_set import ParameterSet, parameter_set
from securebase.model.parameters import Array, Trend
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
from securebase.model.standardised import standardised_effects
from securebase.records.vocabulary import Ending, RuptureKind

SET = parameter_set()
NAMES = SET.specification.constructs
SYMPTOMS, ALLIANCE, SUPPORT, STRESS = range(4)
OFF = Processes()


def quiet(of: ParameterSet = SET) -> ParameterSet:
    """Nobody differs and nothing moves by itself: only the mean course is left."""
    still = replace(
        of.parameters, diffusion=np.eye(6) * 1e-20, level_covariance=np.zeros((6, 6)), level_mean=np.zeros(6)
    )
    return replace(of, parameters=still)


def steady(of: ParameterSet = SET) -> ParameterSet:
    """And nothing changes: everyone stays at 0 unless something happens."""
    return replace(
        quiet(of), parameters=replace(quiet(of).parameters, start_mean=np.zeros(6), therapy_effect=np.zeros(6))
    )


def walked(
    of: ParameterSet,
    happens: Processes = OFF,
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
    people = draw_people(of, happens, tuple(arm(arms[i % len(arms)]) for i in range(n)), rng, streams)
    days = np.tile(7.0 * np.arange(rows), (n, 1)) if days is None else days
    ends = np.full(n, rows) if last is None else last
    kept = Attendance(days, ends.astype(np.int64), np.zeros((n, rows, 6)))
    return true_courses(of, happens, people, kept, rng=rng, streams=streams), people


def moved(change: Mapping[int, float], weeks: float) -> Array:
    """A push that fades: exp(A weeks) times it."""
    push = np.zeros(6)
    for k, value in change.items():
        push[k] = value
    return expm(SET.parameters.drift * weeks) @ push


# ---- nothing on ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("trend", [Trend.CARRIED, Trend.APART])
def test_with_everything_off_courses_are_the_models_own_draws(trend: Trend) -> None:
    of = SET.with_trend(trend)
    days = np.cumsum(np.random.default_rng(3).integers(1, 12, size=(4, 9)), axis=1).astype(float)
    days -= days[:, :1]
    made, _ = walked(of, n=4, rows=9, days=days, seed=8)
    rng = np.random.default_rng(8)
    expected = draw_true_values(of.specification, of.parameters, list(days / 7.0), rng)
    assert np.allclose(made.true, expected, atol=1e-12)
    assert made.held.tolist() == [9] * 4
    assert made.after.shape == (4, 0, 6)


def test_random_slopes_come_from_a_stream_of_their_own() -> None:
    plain, _ = walked(SET, n=5)
    own, people = walked(SET.with_random_slopes(), n=5)
    t = np.arange(16.0)
    rate = SET.standardised.random_slope_rate
    assert rate is not None
    share = (1 - np.exp(-rate * t)) / (1 - np.exp(-rate * 16.0))
    assert np.allclose(own.true - plain.true, share[None, :, None] * people.change[:, None, :], atol=1e-12)


def test_what_is_on_moves_no_draw_of_what_was_on_before() -> None:
    """Ruptures touch the alliance and what follows from it; the events of life stay where they were."""
    events = replace(OFF, life_events=LifeEvents(independent=0.1, dependent=0.1, with_symptoms=0.0, with_stress=0.0))
    rare = Ruptures(chance=0.04, with_low_alliance=0.0)
    both = replace(events, ruptures=rare, tellings=Retellings(chance=0.03))
    one, _ = walked(SET, events, n=20)
    two, _ = walked(SET, both, n=20)
    assert one.life_events.events == two.life_events.events
    assert any(one.life_events.events)
    some = [i for i in range(20) if not two.ruptures.events[i] and not two.retellings.events[i]]
    assert 3 < len(some) < 17
    assert np.array_equal(one.true[some], two.true[some])
    few, _ = walked(SET, both, n=7)
    assert few.ruptures.events == two.ruptures.events[:7]


# ---- arms ------------------------------------------------------------------------------------------------------------
def test_arms_share_their_draws_and_differ_by_what_therapy_adds() -> None:
    made = {name: walked(SET, n=2, rows=17, arms=(name,))[0].true for name in ARMS}
    P, A = SET.standardised, SET.parameters.drift
    J = np.linalg.solve(A, expm(A * 16.0) - np.eye(6))
    push = SET.parameters.therapy_effect
    assert push is not None
    added = J @ push
    for name, one in ARMS.items():
        apart = made[name][:, 16] - made["waiting_list"][:, 16]
        share = np.array([one.share(c) for c in NAMES])
        assert np.allclose(apart, share * added, atol=1e-10), name
    assert added == pytest.approx([P.therapy_change[c] for c in NAMES])


def test_only_a_carried_trend_tells_arms_apart() -> None:
    with pytest.raises(ModelError, match="arms differ in the therapy effect, but the trend is apart"):
        walked(SET.with_trend(Trend.APART), arms=("waiting_list",))


# ---- people ----------------------------------------------------------------------------------------------------------
def test_therapists_and_what_is_brought_add_to_level_and_change() -> None:
    happens = replace(
        OFF,
        therapists=Therapists(number=40, on_level={"alliance": 0.5}, on_change={"symptoms": 0.4}),
        brings=(SimulatedCovariate("attachment_avoidance", {"alliance": -0.3}, {"symptoms": 0.2}),),
    )
    _, people = walked(quiet(), happens, n=4000)
    of = people.therapist
    assert of is not None
    assert np.bincount(of).tolist() == [100] * 40
    rest_level = people.level[:, ALLIANCE] + 0.3 * people.brought[:, 0]
    rest_change = people.change[:, SYMPTOMS] - 0.2 * people.brought[:, 0]
    for rest, sd in ((rest_level, 0.5), (rest_change, 0.4)):
        own = np.array([rest[of == k] for k in range(40)])
        assert np.ptp(own, axis=1).max() < 1e-9
        assert own[:, 0].std() == pytest.approx(sd, rel=0.35)
    assert people.brought.std() == pytest.approx(1.0, abs=0.04)
    assert not people.level[:, [SYMPTOMS, SUPPORT]].any()


def test_each_person_has_lagged_effects_of_their_own_around_the_mean_ones() -> None:
    happens = replace(
        OFF, person_effects=(PersonEffect("alliance", "symptoms", 0.12), PersonEffect("symptoms", "alliance", 0.0))
    )
    made, people = walked(SET, happens, n=1500, rows=3)
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
    # how widely things move is everyone's
    spread = np.cov((made.true - people.level[:, None])[:, 2].T)
    assert np.abs(spread - P).max() < 0.06


def test_a_person_moves_by_their_own_drift() -> None:
    """The mean course of a person of their own: thin steps of dx = (A_i x + B) dt."""
    happens = replace(OFF, person_effects=(PersonEffect("alliance", "symptoms", 0.2),))
    made, people = walked(quiet(), happens, n=2, rows=4)
    assert people.drift is not None
    for i in range(2):
        x = np.array(SET.parameters.start_mean)
        for j in range(4):
            assert np.allclose(made.true[i, j], x, atol=1e-3)
            for _ in range(2000):
                x = x + (people.drift[i] @ x + SET.parameters.therapy_effect) / 2000


# ---- ruptures --------------------------------------------------------------------------------------------------------
def test_a_rupture_drops_the_alliance_and_a_repair_takes_the_rest_back_and_more() -> None:
    of = Ruptures(chance=0.08, with_low_alliance=0.0, drop=1.0, repaired=0.5, gain=0.3, loss=0.2, within=2)
    made, _ = walked(steady(), replace(OFF, ruptures=of), n=300)
    seen = {True: 0, False: 0}
    A = SET.parameters.drift
    for i, ruptures in enumerate(made.ruptures.events):
        if len(ruptures) != 1 or ruptures[0].session > 10:
            continue
        one = ruptures[0]
        j = one.session - 1
        assert np.allclose(made.true[i, :j, ALLIANCE], 0.0, atol=1e-8)
        assert made.true[i, j, ALLIANCE] == pytest.approx(-1.0)
        closes = (one.repaired - 1 if one.repaired else j + 3) - j
        assert np.allclose(
            made.true[i, j + 1],
            moved({ALLIANCE: -1.0}, 1.0)
            + (np.eye(6)[ALLIANCE] * 0.0 if closes > 1 else made.true[i, j + 1] - moved({ALLIANCE: -1.0}, 1.0)),
            atol=1e-8,
        )
        kept = expm(A)[ALLIANCE, ALLIANCE] ** closes
        before = expm(A * closes)[ALLIANCE, ALLIANCE]
        expected = -before + (kept + 0.3 if one.repaired else -0.2)
        assert made.true[i, j + closes, ALLIANCE] == pytest.approx(expected, abs=1e-8)
        # what is lost or won stays, and moves symptoms, asked before, only from the next session on
        assert made.true[i, -1, ALLIANCE] == pytest.approx(0.3 if one.repaired else -0.2, abs=0.06)
        assert made.true[i, j, SYMPTOMS] == pytest.approx(0.0, abs=1e-8)
        assert made.true[i, j + 1, SYMPTOMS] > 0.02
        seen[one.repaired is not None] += 1
    assert min(seen.values()) > 20


def test_ruptures_come_as_often_as_said_and_more_with_a_low_alliance() -> None:
    flat = Ruptures(chance=0.1, with_low_alliance=0.0, withdrawal=0.7, repaired=1.0, within=1)
    made, _ = walked(SET, replace(OFF, ruptures=flat), n=3000, rows=2)
    first = [r for own in made.ruptures.events for r in own if r.session == 1]
    assert len(first) / 3000 == pytest.approx(0.1, abs=3.5 * 0.0055)
    kinds = [r.kind is RuptureKind.WITHDRAWAL for own in made.ruptures.events for r in own]
    assert np.mean(kinds) == pytest.approx(0.7, abs=0.08)
    steep = replace(flat, with_low_alliance=1.5)
    low, _ = walked(SET, replace(OFF, ruptures=steep), n=3000, rows=1)
    struck = np.array([bool(own) for own in low.ruptures.events])
    alliance = low.true[:, 0, ALLIANCE] + struck
    odds = 0.1 / 0.9 * np.exp(-1.5 * alliance)
    assert struck.sum() == pytest.approx((odds / (1 + odds)).sum(), abs=3.5 * np.sqrt(struck.sum()))
    assert alliance[struck].mean() < alliance[~struck].mean() - 0.8


# ---- life events and gains -------------------------------------------------------------------------------------------
def test_life_events_come_at_their_rates_and_dependent_ones_more_with_symptoms() -> None:
    of = LifeEvents(independent=0.05, dependent=0.05, with_symptoms=0.8, with_stress=0.0, moves={"symptoms": 0.0})
    made, _ = walked(SET, replace(OFF, life_events=of), n=2500, rows=6)
    found = [(i, e) for i, own in enumerate(made.life_events.events) for e in own]
    independent = [e for _, e in found if not e.dependent]
    n = 2500 * 5
    assert len(independent) / n == pytest.approx(1 - np.exp(-0.05), abs=3.5 * np.sqrt(0.05 / n))
    expected = (1 - np.exp(-0.05 * np.exp(0.8 * made.true[:, :5, SYMPTOMS]))).sum()
    dependent = [e for _, e in found if e.dependent]
    assert len(dependent) == pytest.approx(expected, abs=3.5 * np.sqrt(expected))
    burdened = np.mean([made.true[i, e.session - 2, SYMPTOMS] for i, e in found if e.dependent])
    assert burdened > np.mean([made.true[i, e.session - 2, SYMPTOMS] for i, e in found if not e.dependent]) + 0.4
    weights = np.array([e.weight for _, e in found])
    assert weights.mean() == pytest.approx(1.0, abs=0.06)
    assert weights.std() == pytest.approx(0.5, abs=0.06)


def test_a_life_event_pushes_and_fades() -> None:
    of = LifeEvents(independent=0.03, moves={"interpersonal_stress": 0.8, "symptoms": 0.3})
    made, _ = walked(steady(), replace(OFF, life_events=of), n=200)
    alone = [(i, own[0]) for i, own in enumerate(made.life_events.events) if len(own) == 1 and own[0].session < 14]
    assert len(alone) > 30
    for i, event in alone:
        j = event.session - 1
        assert np.allclose(made.true[i, :j], 0.0, atol=1e-8)
        for later in (0, 2):
            push = moved({STRESS: 0.8 * event.weight, SYMPTOMS: 0.3 * event.weight}, float(later))
            assert np.allclose(made.true[i, j + later], push, atol=1e-8)


def test_a_sudden_gain_is_a_fall_of_which_a_share_stays() -> None:
    of = SuddenGains(chance=0.05, size=1.5, stays=0.4, first=3, last=6)
    made, _ = walked(steady(), replace(OFF, sudden_gains=of), n=2000)
    sessions = made.sudden_gains.session
    assert set(sessions.tolist()) == {0, 3, 4, 5, 6}
    assert (sessions > 0).mean() == pytest.approx(1 - 0.95**4, abs=3.5 * np.sqrt(0.15 / 2000))
    for session in (3, 6):
        own = made.true[sessions == session]
        assert np.allclose(own[:, session - 2, SYMPTOMS], 0.0, atol=1e-8)
        assert np.allclose(own[:, session - 1, SYMPTOMS], -1.5)
    alliance_later = made.true[sessions == 3][:, -1]
    # what stays also goes on pushing the others: at rest A_beside h = −A x for all of x
    h = np.zeros(6)
    h[SYMPTOMS] = -0.6
    A = SET.parameters.drift
    x = -np.linalg.solve(A, (A - np.diag(np.diag(A))) @ h)
    assert np.allclose(alliance_later, h + x, atol=0.03)


# ---- emotional work --------------------------------------------------------------------------------------------------
def test_a_corrective_experience_waits_for_the_alliance_and_lasts() -> None:
    of = CorrectiveExperiences(
        chance=0.3, needs=0.5, steepness=4.0, moves={"symptoms": -0.2, "emotional_processing": 0.3}
    )
    made, _ = walked(SET, replace(OFF, corrective_experiences=of), n=3000, rows=1)
    had = np.array([bool(own) for own in made.corrective.events])
    chance = 0.3 / (1 + np.exp(-4.0 * (made.true[:, 0, ALLIANCE] - 0.5)))
    assert had.sum() == pytest.approx(chance.sum(), abs=3.5 * np.sqrt(chance.sum()))
    still, _ = walked(steady(), replace(OFF, corrective_experiences=replace(of, needs=-9.0, chance=0.1)), n=200)
    for i, own in enumerate(still.corrective.events):
        if len(own) == 1 and own[0] < 15:
            j = own[0] - 1
            assert still.true[i, j, 4] == pytest.approx(0.3)
            assert still.true[i, j, SYMPTOMS] == pytest.approx(0.0, abs=1e-8)
            assert still.true[i, j + 1, SYMPTOMS] < -0.19
            assert still.true[i, -1, 4] > 0.25


def test_fear_falls_within_a_telling_comes_back_in_part_and_less_each_time() -> None:
    of = Retellings(
        chance=1.0, first=2, peak=80.0, spread=0.0, within=0.25, returns=0.6, pause=1.0, learned=0.5, error=0.0
    )
    days = np.array([[0.0, 7.0, 14.0, 35.0, 42.0]])
    made, _ = walked(steady(), replace(OFF, tellings=of), n=1, rows=5, days=days)
    told = made.retellings.events[0]
    assert [t.session for t in told] == [2, 3, 4, 5]
    peak = 80.0
    for k, (t, gap) in enumerate(zip(told, (1.0, 3.0, 1.0, 0.0), strict=True)):
        assert t.peak == pytest.approx(peak)
        assert t.end == pytest.approx(0.75 * peak)
        assert (t.rated_peak, t.rated_end) == (np.rint(t.peak), np.rint(t.end))
        peak = t.end + 0.6 * 0.5**k * (t.peak - t.end) * (1 - np.exp(-gap))
    # each telling leaves 0.2 · 0.25 of emotional processing for good, shown in the same session
    assert made.true[0, 1, 4] == pytest.approx(0.05)
    assert made.true[0, 4, 4] == pytest.approx(0.2, abs=0.02)


# ---- technique and alliance, support, the end ------------------------------------------------------------------------
def test_the_gate_multiplies_what_therapy_pushes() -> None:
    gate = AllianceGate(slope=0.8, centre=0.2, least=0.1, most=2.0)
    made, _ = walked(quiet(), replace(OFF, gate=gate), n=2, rows=6)
    A, B = SET.parameters.drift, SET.parameters.therapy_effect
    x = np.array(SET.parameters.start_mean)
    for j in range(6):
        assert np.allclose(made.true[0, j], x, atol=1e-3)
        factor = np.full(6, np.clip(1 + 0.8 * (x[ALLIANCE] - 0.2), 0.1, 2.0))
        factor[ALLIANCE] = 1.0
        for _ in range(2000):
            x = x + (A @ x + factor * B) / 2000
    ungated, _ = walked(quiet(), replace(OFF, gate=gate), n=2, rows=6, arms=("usual_care",))
    plain, _ = walked(quiet(), n=2, rows=6, arms=("usual_care",))
    assert np.array_equal(ungated.true, plain.true)


def test_supplied_support_is_handed_over_in_part_and_the_rest_withdrawn() -> None:
    of = Support(size=1.0, ramp=2.0, handed_over=0.5)
    happens = replace(OFF, support=of, after_the_end=AfterTheEnd(follow_ups=(0.001, 30.0)))
    made, _ = walked(steady(), happens, n=2, rows=17)
    assert made.true[0, 0, SUPPORT] == pytest.approx(0.0, abs=1e-8)
    assert made.true[0, 1, SUPPORT] == pytest.approx(0.5)
    assert made.true[0, 16, SYMPTOMS] < -0.05
    whole = np.minimum(np.arange(17.0) / 2.0, 1.0)
    assert np.allclose(made.provided[0], whole * (1 - 0.5 * np.arange(17.0) / 16.0))
    at_end = made.true[0, 16, SUPPORT]
    assert made.after[0, 0, SUPPORT] == pytest.approx(at_end - 0.5, abs=1e-3)
    # half of it stays with its effects, the rest is gone for good
    h = np.zeros(6)
    h[SUPPORT] = 0.5
    A = SET.parameters.drift
    x = -np.linalg.solve(A, (A - np.diag(np.diag(A))) @ h)
    assert np.allclose(made.after[0, 1], h + x, atol=0.01)
    assert made.after[0, 1, SYMPTOMS] > made.true[0, 16, SYMPTOMS] + 0.02


@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0])
def test_after_the_end_so_much_of_the_push_goes_on(kept: float) -> None:
    happens = replace(OFF, after_the_end=AfterTheEnd(kept=kept, follow_ups=(4.0, 60.0)))
    made, _ = walked(quiet(), happens, n=2, rows=10, last=np.array([10, 6]))
    A, B = SET.parameters.drift, SET.parameters.therapy_effect
    assert B is not None
    for i, last in enumerate((10, 6)):
        ended = made.true[i, last - 1]
        rest = -np.linalg.solve(A, kept * B)
        assert np.allclose(made.after[i, 0], expm(A * 4.0) @ (ended - rest) + rest, atol=1e-8)
        assert np.allclose(made.after[i, 1], rest, atol=1e-3)


# ---- leaving ---------------------------------------------------------------------------------------------------------
def test_those_who_have_improved_enough_may_end() -> None:
    of = SelectiveDropout(good_enough=0.5, improved=1.0, earliest=5)
    made, _ = walked(SET.with_random_slopes(), replace(OFF, leaving=of), n=800)
    enough = np.array([e is Ending.ENOUGH for e in made.endings])
    assert 0.3 < enough.mean() < 0.95
    for i in np.flatnonzero(enough)[:50]:
        at = made.held[i] - 1
        assert made.held[i] >= 5
        assert made.true[i, 0, SYMPTOMS] - made.true[i, at, SYMPTOMS] >= 1.0
    could = could_end = 0
    for i in range(800):
        for j in range(4, min(int(made.held[i]), 15)):
            fell = made.true[i, 0, SYMPTOMS] - made.true[i, j, SYMPTOMS] >= 1.0
            could += fell
            could_end += fell and enough[i] and made.held[i] == j + 1
    assert could_end / could == pytest.approx(0.5, abs=0.07)
    # the longer the stay, the smaller the change: the good-enough level
    change = made.true[np.arange(800), 0, SYMPTOMS] - made.true[np.arange(800), made.held - 1, SYMPTOMS]
    assert np.corrcoef(made.held, change)[0, 1] < -0.2


def test_those_with_a_low_alliance_stay_away() -> None:
    of = SelectiveDropout(unhappy=0.05, with_low_alliance=1.0)
    made, _ = walked(SET, replace(OFF, leaving=of), n=1500)
    left = np.array([e is Ending.LEFT for e in made.endings])
    odds = 0.05 / 0.95 * np.exp(-made.true[:, :15, ALLIANCE])
    there = np.arange(15)[None, :] < made.held[:, None]
    expected = ((odds / (1 + odds)) * there).sum()
    assert left.sum() == pytest.approx(expected, abs=3.5 * np.sqrt(expected))
    assert made.true[left, 0, ALLIANCE].mean() < made.true[~left, 0, ALLIANCE].mean() - 0.3


def test_nothing_of_a_therapy_happens_on_a_waiting_list() -> None:
    happens = replace(
        OFF,
        ruptures=Ruptures(chance=0.5),
        corrective_experiences=CorrectiveExperiences(chance=0.5),
        tellings=Retellings(chance=0.5),
        sudden_gains=SuddenGains(chance=0.5),
        support=Support(size=1.0),
        leaving=SelectiveDropout(good_enough=1.0, improved=-9.0, unhappy=0.5),
    )
    made, _ = walked(SET, happens, n=10, arms=("waiting_list",))
    plain, _ = walked(SET, n=10, arms=("waiting_list",))
    assert np.array_equal(made.true, plain.true)
    assert made.held.tolist() == [16] * 10


def test_what_moves_a_construct_that_is_not_simulated_is_refused() -> None:
    with pytest.raises(ModelError, match="“mood” is no construct of this scenario"):
        walked(SET, replace(OFF, life_events=LifeEvents(independent=9.0, moves={"mood": 1.0})))
