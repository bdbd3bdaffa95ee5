"""Simulated cohorts: reproducibility by seed, missed check-ins, dropout, shocks and safety alerts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import ModelError, ParameterSetError
from securebase.measurement.catalogue import instrument, instruments
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import SUPPORT_SHARE
from securebase.measurement.scoring import score
from securebase.model.equations import trend_mean
from securebase.model.observations import panel
from securebase.model.processes import AdditionalMeasure, Retellings, SelectiveMissingness, SimulatedCovariate
from securebase.model.scenario import CoursePlan, Scenario, scenario
from securebase.model.simulate import Shock, Truth, phase_of, simulate, simulate_with_truth
from securebase.model.simulate.clinic import answerable_scales, widest_scales
from securebase.model.web.plan import WebPlan
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Ending, Moment, Phase, Respondent, RuptureKind


def draw(n: int, seed: int = 1, **options: object) -> Cohort:
    return simulate("default", n_clients=n, rng=np.random.default_rng(seed), **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return draw(150)


def test_the_same_seed_gives_the_same_cohort() -> None:
    assert repr(draw(5)) == repr(draw(5))
    assert repr(draw(5)) != repr(draw(5, seed=2))


def test_the_cohort_is_marked_as_simulated(cohort: Cohort) -> None:
    assert cohort.simulated
    assert all(e.simulated for e in cohort.episodes)
    assert "Simulated" in cohort.remarks[0]
    assert (cohort.outcome, *cohort.processes) == TRACKED_CONSTRUCTS
    assert len({e.person for e in cohort.episodes}) == len(cohort) == 150


def test_every_score_matches_its_responses(cohort: Cohort) -> None:
    for episode in cohort.episodes[:20]:
        for a in episode.administrations:
            scored = score(instrument(a.instrument), a.responses)
            assert {s.scale: s.value for s in a.scores} == {
                s.scale: s.value for s in scored.scores.values() if s.value is not None
            }
            assert {s.moment for s in a.scores} == {a.moment}
            assert all(value is not None and value == int(value) for value in a.responses.values())


def test_questionnaires_before_and_after_a_session_share_its_day(cohort: Cohort) -> None:
    episode = cohort.episodes[0]
    days = {s.number: s.at for s in episode.sessions}
    assert days[1] == 0.0
    for a in episode.administrations:
        assert a.session is not None
        assert a.at == days[a.session]
        assert a.moment is (Moment.BEFORE if a.instrument == "session_before" else Moment.AFTER)


def test_attendance_follows_the_scenario(cohort: Cohort) -> None:
    plan = scenario("default").course
    lengths = np.array([len(e.sessions) for e in cohort.episodes])
    dropout_share = (lengths < plan.sessions).mean()
    assert abs(dropout_share - plan.dropout) < 3.5 * np.sqrt(plan.dropout * (1 - plan.dropout) / 150)
    n_due, n_answered = 2 * lengths.sum(), sum(len(e.administrations) for e in cohort.episodes)
    assert abs(1 - n_answered / n_due - plan.missed) < 3.5 * np.sqrt(plan.missed * (1 - plan.missed) / n_due)
    gaps = np.concatenate([np.diff([s.at for s in e.sessions]) for e in cohort.episodes])
    assert gaps.min() >= 1
    assert (gaps == np.rint(gaps)).all()
    assert np.median(gaps) == 7
    assert abs((gaps > 11).mean() - plan.skipped_week) < 0.02
    assert gaps[gaps < 11].std() == pytest.approx(np.sqrt(1 + 1 / 12), abs=0.1)
    assert all(e.ended_at == e.sessions[-1].at and e.planned_sessions == 16 for e in cohort.episodes)


def test_arguments_replace_the_course_of_the_scenario() -> None:
    tidy = draw(20, sessions=9, missing=0.0, irregular=0.0, dropout=0.0, safety=0.0)
    clinic = [e for e in tidy.episodes if len(e.administrations) == 18]
    assert len(clinic) == 20
    assert not any(e.safety_alerts for e in tidy.episodes)
    assert {s.at % 7 for e in tidy.episodes for s in e.sessions} == {0.0}
    only_one = draw(3, sessions=1)
    assert [len(e.sessions) for e in only_one.episodes] == [1, 1, 1]
    assert len(draw(0)) == 0


def test_an_inventory_is_given_every_fourth_session() -> None:
    simulated = draw(10, inventory_every=4, missing=0.0, dropout=0.0)
    for episode in simulated.episodes:
        inventory_sessions = [a.session for a in episode.administrations if a.instrument == "phq9"]
        assert inventory_sessions == [1, 5, 9, 13]
    paired_scores = np.array(
        [[e.scores("symptoms", instrument=i)[0].value for i in ("phq9", "session_before")] for e in simulated.episodes]
    )
    assert np.corrcoef(paired_scores.T)[0, 1] > 0.4


def test_mean_courses_are_those_of_the_model() -> None:
    simulated = draw(500, missing=0.0, irregular=0.0, dropout=0.0, sessions=5)
    weekly = replace(simulated, episodes=tuple(e for e in simulated.episodes if e.sessions[4].at == 28.0))
    default_set = scenario("default").parameter_set
    parameters = default_set.in_score_units()
    expected = parameters.level_mean + trend_mean(default_set.specification, parameters, np.array([0.0, 1.0, 4.0]))
    rows = panel(weekly)
    scores = np.array([rows.scores[rows.rows_of(i)][[0, 1, 4]] for i in range(rows.n_persons)])
    # scores are cut at 0 and 10 and rounded, which moves means by a little
    error = scores.std(axis=0) / np.sqrt(len(scores))
    assert (np.abs(scores.mean(axis=0) - expected) < 0.15 + 2.5 * error).all()
    assert np.abs(scores.mean(axis=0) - expected).mean() < 0.12


def test_a_rupture_lowers_only_its_own_persons_alliance_from_its_session_on() -> None:
    unshocked = draw(4, missing=0.0, dropout=0.0)
    shock = Shock(1, 6, "alliance", -2.0, RuptureKind.WITHDRAWAL, repaired=8)
    shocked = draw(4, missing=0.0, dropout=0.0, shocks=[shock])
    for person in (0, 2, 3):
        assert repr(shocked.episodes[person]) == repr(unshocked.episodes[person])
    fall = np.array([s.value for s in shocked.episodes[1].scores("alliance")]) - np.array(
        [s.value for s in unshocked.episodes[1].scores("alliance")]
    )
    assert (fall[:5] == 0).all()
    assert fall[5] == pytest.approx(-2.0 * 1.6 * np.sqrt(0.88), abs=0.35)
    assert abs(fall[12:]).max() < 0.5
    symptoms = np.array([s.value for s in shocked.episodes[1].symptom_scores]) - np.array(
        [s.value for s in unshocked.episodes[1].symptom_scores]
    )
    assert (symptoms[:6] == 0).all()
    assert symptoms[6:10].max() > 0
    (rupture,) = shocked.episodes[1].ruptures
    days = {s.number: s.at for s in shocked.episodes[1].sessions}
    assert (rupture.at, rupture.session, rupture.repaired_at) == (days[6], 6, days[8])
    assert not unshocked.episodes[1].ruptures


def test_a_requested_alert_is_answered_and_recorded() -> None:
    simulated = draw(3, safety=0.0, missing=0.9, alerts=[(2, 3)], dropout=0.0)
    alerts = [(i, a) for i, e in enumerate(simulated.episodes) for a in e.safety_alerts]
    assert len(alerts) == 1
    person, alert = alerts[0]
    assert (person, alert.instrument, alert.item, alert.value) == (2, "session_before", 11, 1.0)
    assert alert.at == simulated.episodes[2].sessions[2].at
    assert alert.acknowledged_at is None


def test_safety_answers_occur_at_the_requested_rate() -> None:
    simulated = draw(60, safety=0.1, missing=0.0, dropout=0.0)
    n = 60 * 16
    n_alerts = sum(len(e.safety_alerts) for e in simulated.episodes)
    assert abs(n_alerts / n - 0.1) < 3.5 * np.sqrt(0.09 / n)


def test_phases_follow_the_course() -> None:
    assert [phase_of(k, 16) for k in (1, 4, 5, 13, 14, 16)] == [
        Phase.INITIAL,
        Phase.INITIAL,
        Phase.MIDDLE,
        Phase.MIDDLE,
        Phase.ENDING,
        Phase.ENDING,
    ]
    assert phase_of(1, 1) is Phase.ENDING


def test_invalid_arguments_are_refused() -> None:
    with pytest.raises(ParameterSetError, match="unknown scenario"):
        simulate("nothing", n_clients=1, rng=np.random.default_rng(1))
    with pytest.raises(ModelError, match="names session 17 of person 0"):
        draw(2, shocks=[Shock(0, 17, "alliance", -1.0)])
    with pytest.raises(ModelError, match="a shock at session 6 names a repair at session 5, which is earlier"):
        draw(2, shocks=[Shock(0, 6, "alliance", -1.0, RuptureKind.WITHDRAWAL, repaired=5)])
    with pytest.raises(ModelError, match="a repair at session 8, but no rupture"):
        draw(2, shocks=[Shock(0, 6, "alliance", -1.0, repaired=8)])
    with pytest.raises(ModelError, match="names session 1 of person 2"):
        draw(2, alerts=[(2, 1)])
    with pytest.raises(ModelError, match="“hope”, which this scenario does not simulate"):
        draw(2, shocks=[Shock(0, 1, "hope", -1.0)])
    with pytest.raises(ParameterSetError, match="dropout must be a probability"):
        draw(2, dropout=1.2)
    with pytest.raises(ModelError, match=r"n_clients must be a whole number of at least 0 \(got -1\)"):
        draw(-1)


# ---- records of processes beyond the fitted model -----------------------------------------------------
def scenario_with(**processes: object) -> Scenario:
    """Return the default scenario with complete data and these processes."""
    default = scenario("default")
    complete = CoursePlan(sessions=8)
    return replace(default, course=complete, happens=replace(default.happens, **processes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def clinic() -> tuple[Cohort, Truth]:
    return simulate_with_truth("whole_clinic", n_clients=60, rng=np.random.default_rng(2), arms=("ipt", "waiting_list"))


def test_truth_and_records_agree(clinic: tuple[Cohort, Truth]) -> None:
    cohort, truth = clinic
    assert [p.person for p in truth.persons] == [e.person for e in cohort.episodes]
    for episode, true in zip(cohort.episodes, truth.persons, strict=True):
        assert (episode.arm, episode.therapist, episode.ending) == (true.arm, true.therapist, true.ending)
        assert episode.life_events == true.life_events
        days = np.rint(7 * true.weeks)
        treated = true.arm == "ipt"
        assert [s.at for s in episode.sessions] == (days.tolist() if treated else [])
        assert bool(episode.therapist) is treated
        marked = [(r.session, r.kind) for r in true.ruptures if r.marked]
        assert [(r.session, r.kind) for r in episode.ruptures] == marked
        assert [t.session for t in episode.tellings] == [t.session for t in true.tellings]
        assert [c.session for c in episode.corrective_experiences] == list(true.corrective_experiences)
        assert {b.name: b.value for b in episode.brought} == dict(true.brought)
        assert all(0 <= t.end <= 100 and 0 <= t.peak <= 100 for t in episode.tellings)
        assert len(true.values) == len(true.provided) == len(days)
        assert episode.ended_at == days[-1]
        assert list(episode.follow_ups) == [days[-1] + 7 * w for w in (12, 26, 52)]
    assert any(p.ruptures for p in truth.persons)
    assert any(p.life_events for p in truth.persons)
    assert any(p.tellings for p in truth.persons)
    assert any(p.corrective_experiences for p in truth.persons)
    assert any(p.sudden_gain for p in truth.persons)
    assert {Ending.PLANNED, Ending.ENOUGH, Ending.LEFT} == {p.ending for p in truth.persons}
    assert truth.values("symptoms", session=1).shape == (60,)
    assert np.isnan(truth.values("symptoms", session=16)).any()
    decoded = json.loads(json.dumps(truth.to_dict()))
    assert len(decoded["persons"]) == 60
    assert decoded["persons"][0]["own_effects"][0]["from"] == "alliance"


def test_waiting_list_clients_have_questionnaires_but_no_sessions(clinic: tuple[Cohort, Truth]) -> None:
    waiting = [e for e in clinic[0].episodes if e.arm == "waiting_list"]
    assert len(waiting) == 30
    for episode in waiting:
        assert not episode.sessions
        assert not episode.scores("alliance")
        assert episode.symptom_scores
        assert {a.moment for a in episode.administrations} <= {Moment.BEFORE, Moment.BETWEEN}
        assert all(a.session is None for a in episode.administrations)


def test_follow_ups_come_after_the_end(clinic: tuple[Cohort, Truth]) -> None:
    episode = next(e for e in clinic[0].episodes if e.arm == "ipt")
    assert episode.ended_at is not None
    late = [a for a in episode.administrations if a.at > episode.ended_at]
    assert {a.at for a in late} <= set(episode.follow_ups)
    assert {"session_before", "phq9", "bdi2", "mspss"} >= {a.instrument for a in late} > {"phq9"}
    assert all(a.session is None and a.moment is Moment.BETWEEN for a in late)


def test_the_therapist_rates_lower_and_with_more_error() -> None:
    ratings = (
        AdditionalMeasure("wai_sr", "after", every=1),
        AdditionalMeasure("wai_sr", "after", every=1, respondent="therapist", shift=-0.5, extra_noise=0.6),
    )
    simulated = simulate(scenario_with(given=ratings), n_clients=50, rng=np.random.default_rng(3))
    client, therapist = (
        np.array(
            [
                [s.value for s in e.scores("alliance", instrument="wai_sr", scale="total", respondent=r)]
                for e in simulated.episodes
            ]
        )
        for r in (Respondent.CLIENT, Respondent.THERAPIST)
    )
    assert (client.mean() - therapist.mean()) / 8.0 == pytest.approx(0.5, abs=0.12)
    assert therapist.std() > client.std()
    assert 0.4 < np.corrcoef(client.ravel(), therapist.ravel())[0, 1] < 0.9


#: The share of support depends on what the therapist provides, which is no construct of the web.
ANSWERED = {name: shelf for name, shelf in instruments().items() if name != SUPPORT_SHARE}


@pytest.mark.parametrize("shelf", ANSWERED.values(), ids=list(ANSWERED))
def test_every_instrument_is_answered_completely_and_within_its_bounds(shelf: Instrument) -> None:
    brings = tuple(SimulatedCovariate(c) for c in ("attachment_anxiety", "attachment_avoidance"))
    scales = answerable_scales(shelf, WebPlan().build(scenario_with().parameter_set).reliabilities)
    assert scales == tuple(s.id for s in shelf.scales)
    source = scenario_with(given=(AdditionalMeasure(shelf.id, shelf.moment, sessions=(2,)),), brings=brings)
    simulated = simulate(source, n_clients=25, rng=np.random.default_rng(4), sessions=2)
    administrations = [a for e in simulated.episodes for a in e.administrations if a.instrument == shelf.id]
    assert len(administrations) >= 25
    for a in administrations:
        for item in (shelf.item(n) for s in shelf.scales for n in s.items):
            value = a.responses[item.number]
            assert value is not None
            assert item.minimum <= value <= item.maximum
            steps = (value - item.minimum) / item.step
            assert steps == pytest.approx(round(steps), abs=1e-6)
        assert set(widest_scales(shelf)) <= {s.scale for s in a.scores} <= set(scales)
    # scores follow the measured construct, not the middle of the scale
    followed = [s for s in shelf.scales if s.id in widest_scales(shelf)]
    for scale in followed:
        values = [s.value for a in administrations for s in a.scores if s.scale == scale.id]
        assert np.std(values) > 0.08 * (scale.maximum - scale.minimum)


def test_check_ins_are_missed_more_often_with_high_symptoms() -> None:
    source = scenario_with(missing=SelectiveMissingness(with_symptoms=1.0))
    simulated, truth = simulate_with_truth(source, n_clients=150, rng=np.random.default_rng(5), missing=0.2)
    is_answered, expected = [], []
    for episode, true in zip(simulated.episodes, truth.persons, strict=True):
        answered_sessions = {a.session for a in episode.administrations if a.instrument == "session_before"}
        for number, z in enumerate(true.values[:, 0], start=1):
            is_answered.append(number in answered_sessions)
            expected.append(1 - 1 / (1 + 4 * np.exp(-z)))
    low = np.array(expected) < np.median(expected)
    for part in (low, ~low):
        observed_rate, expected_rate = np.array(is_answered)[part].mean(), np.array(expected)[part].mean()
        assert observed_rate == pytest.approx(expected_rate, abs=0.05)


def test_arms_have_the_same_persons_under_one_seed() -> None:
    """The same people, once treated and once waiting, have the same levels and changes."""
    ipt, waiting = (
        simulate_with_truth("default", n_clients=4, rng=np.random.default_rng(6), arms=(a,))[1]
        for a in ("ipt", "waiting_list")
    )
    for treated, untreated in zip(ipt.persons, waiting.persons, strict=True):
        assert np.array_equal(treated.level, untreated.level)
        assert np.array_equal(treated.change, untreated.change)
        assert np.array_equal(treated.values[0, :6], untreated.values[0, :6])
    with pytest.raises(ParameterSetError, match="unknown arm “sugar”"):
        draw(2, arms=("sugar",))


def test_adding_a_process_leaves_other_responses_unchanged() -> None:
    uneventful = simulate(scenario_with(), n_clients=6, rng=np.random.default_rng(7))
    events = simulate(
        scenario_with(tellings=Retellings(chance=0.5, moves={})), n_clients=6, rng=np.random.default_rng(7)
    )
    assert any(e.tellings for e in events.episodes)
    for plain_episode, eventful_episode in zip(uneventful.episodes, events.episodes, strict=True):
        assert repr(plain_episode.administrations) == repr(eventful_episode.administrations)
    again = simulate(
        scenario_with(tellings=Retellings(chance=0.5, moves={})), n_clients=6, rng=np.random.default_rng(7)
    )
    assert repr(again) == repr(events)
