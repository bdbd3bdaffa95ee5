"""Scenarios: the shipped files, their stated expectations, and errors with their place."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

from securebase.errors import ParameterSetError
from securebase.measurement.constructs import MECHANISM_CONSTRUCTS, TRACKED_CONSTRUCTS
from securebase.model.equations import stationary_covariance
from securebase.model.expectation import Sign
from securebase.model.parameter_set import ParameterSet, parameter_set
from securebase.model.parameters import Array
from securebase.model.processes import Processes
from securebase.model.scenario import CoursePlan, Scenario, read_scenario, scenario, scenarios
from securebase.model.simulate import simulate_panel
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.people import draw_people
from securebase.model.simulate.streams import Streams
from securebase.model.standardised import standardised_effects

each_scenario = pytest.mark.parametrize("tested_scenario", scenarios().values(), ids=list(scenarios()))
INDEX = {c: i for i, c in enumerate(TRACKED_CONSTRUCTS)}
WEEKS = np.arange(16.0)


def test_each_scenario_is_read_once_from_the_file_of_its_id() -> None:
    assert [s.id for s in scenarios().values()] == list(scenarios())
    assert scenario("pillars") is scenario("pillars") is scenarios()["pillars"]


def _effects(source: ParameterSet) -> Array:
    P = stationary_covariance(source.parameters.drift, source.parameters.diffusion)
    return standardised_effects(source.parameters.drift, P)


def _scores(source: ParameterSet, n: int, seed: int = 1) -> Array:
    """Return (n, 16, 6) complete weekly scores, symptoms on the PHQ-9."""
    parameters = source.in_score_units({"symptoms": ("phq9", "total")})
    panel = simulate_panel(source.specification, parameters, [WEEKS] * n, np.random.default_rng(seed))
    return panel.scores.reshape(n, len(WEEKS), -1)


def _lagged(scores: Array, outcome: str, process: str) -> tuple[float, float]:
    """Return the standardised within-person lagged effect of the process on the outcome, and its standard error."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    y, last = centred[:, 1:, INDEX[outcome]].ravel(), centred[:, :-1, INDEX[outcome]].ravel()
    x = centred[:, :-1, INDEX[process]].ravel()
    X = np.column_stack([last, x])
    beta = np.linalg.lstsq(X, y, rcond=None)[0]
    error = np.sqrt(np.linalg.inv(X.T @ X)[1, 1] * (y - X @ beta).var())
    size = x.std() / y.std()
    return float(beta[1] * size), float(error * size)


def _detrended(scores: Array) -> Array:
    t = WEEKS - WEEKS.mean()
    centred = scores - scores.mean(axis=1, keepdims=True)
    slope = np.einsum("t,ntk->nk", t, centred) / (t @ t)
    return centred - t[None, :, None] * slope[:, None, :]


@each_scenario
def test_every_scenario_is_valid_and_has_the_final_level_of_the_default(tested_scenario: Scenario) -> None:
    tested_set = tested_scenario.parameter_set
    assert np.linalg.eigvals(tested_set.parameters.drift).real.max() < 0
    assert tested_scenario.truth
    assert all(sentence.endswith(".") for sentence in tested_scenario.truth)
    assert tested_scenario.id in tested_set.id
    course = _mean_course(tested_scenario)
    phq9 = tested_set.unit("phq9", "total")
    start, end = phq9.mean + phq9.points * course.true[:, [0, 16], INDEX["symptoms"]].mean(axis=0)
    assert start == pytest.approx(15.0)
    happens_by_chance = tested_scenario.id == "whole_clinic"
    assert 1 - end / start == pytest.approx(0.46, abs=0.06 if happens_by_chance else 0.006)


def _mean_course(tested_scenario: Scenario) -> SimulatedCourses:
    """Return the weekly courses of three average persons to week 16, without levels, shocks and chance events.

    Where treatments differ by problem, each has another one.
    """
    tested_set, web = tested_scenario.parameter_set, tested_scenario.web.build(tested_scenario.parameter_set)
    still = replace(tested_set.parameters, diffusion=np.eye(6) * 1e-20, level_covariance=np.zeros((6, 6)))
    tested_set = replace(
        tested_set, specification=replace(tested_set.specification, random_slopes=False), parameters=still
    )
    web = replace(
        web,
        core_parameters=still,
        # an inverted U moves an average person, but not the average of persons
        terms=replace(web.terms, pushes=()),
        diffusion=1e-20 * web.diffusion,
        covariance=1e-20 * web.covariance,
        level_residual=0.0 * web.level_residual,
        change_sd=0.0 * web.change_sd,
        events={},
    )
    steady = Processes(
        gate=tested_scenario.happens.gate,
        support=tested_scenario.happens.support,
        after_the_end=tested_scenario.happens.after_the_end,
    )
    rng = np.random.default_rng(1)
    people = draw_people(tested_set, steady, tested_scenario.arms[:1] * 3, rng, Streams.spawn_from(rng), web=web)
    attendance = Attendance(np.tile(7.0 * np.arange(17.0), (3, 1)), np.full(3, 17), np.zeros((3, 17, 6)))
    return true_courses(tested_set, steady, people, attendance, rng=rng, streams=Streams.spawn_from(rng), web=web)


@each_scenario
def test_the_expectations_of_a_scenario_hold_for_its_parameters(tested_scenario: Scenario) -> None:
    tested_set, expects = tested_scenario.parameter_set, tested_scenario.expects
    effects = _effects(tested_set)
    links = [("symptoms", "alliance"), *((c, "symptoms") for c in TRACKED_CONSTRUCTS[1:])]
    assert set(expects.effects) == set(links)
    for begin, end in links:
        size = effects[INDEX[end], INDEX[begin]]
        expected = Sign.NONE if abs(size) < 1e-9 else Sign.POSITIVE if size > 0 else Sign.NEGATIVE
        assert expects.effect(begin, end) is expected, (begin, end)
    assert expects.effect("alliance", "interpersonal_skills") is None
    level = tested_set.parameters.level_covariance[INDEX["symptoms"], INDEX["alliance"]]
    assert expects.between_alliance_symptoms is (Sign.NEGATIVE if level < 0 else Sign.NONE)
    assert expects.alliance_gates_technique is bool(tested_scenario.happens.gate.slope)
    if expects.carried_by:
        remaining = [c for c in TRACKED_CONSTRUCTS[1:] if c not in expects.carried_by]
        assert all(expects.effect(c, "symptoms") is Sign.NONE for c in remaining)
        push = tested_set.parameters.therapy_effect
        assert push is not None
        assert push[INDEX["symptoms"]] == 0.0
    if tested_scenario.happens.after_the_end.follow_ups:
        course = _mean_course(tested_scenario)
        rise = course.after[0, :, INDEX["symptoms"]] - course.true[0, -1, INDEX["symptoms"]]
        assert bool(rise.min() > 0.4) is expects.relapse_after_the_end


def test_the_eight_benchmark_scenarios_exist() -> None:
    truths = {
        "co_trend_only",
        "reverse_only",
        "common_cause_only",
        "alliance_sufficient",
        "alliance_as_gate",
        "one_mechanism",
        "all_four_equal",
        "relapse_on_withdrawal",
    }
    assert truths < set(scenarios())
    assert {k for k in truths if scenarios()[k].expects.alliance_gates_technique} == {"alliance_as_gate"}
    assert {k for k in truths if scenarios()[k].expects.relapse_after_the_end} == {"relapse_on_withdrawal"}


def test_in_all_four_equal_each_mechanism_has_the_same_effect() -> None:
    tested_set = scenario("all_four_equal").parameter_set
    effects, push = _effects(tested_set), tested_set.parameters.therapy_effect
    assert push is not None
    four = [INDEX[c] for c in MECHANISM_CONSTRUCTS]
    assert np.abs(effects[0, four]) == pytest.approx(np.full(4, 0.12))
    assert np.ptp(np.abs(push[four])) < 1e-12
    block = effects[np.ix_(four, four)]
    assert np.allclose(block - np.diag(np.diag(block)), 0.0, atol=1e-10)


def test_in_reverse_only_symptoms_precede_the_alliance() -> None:
    scores = _scores(scenario("reverse_only").parameter_set, 3000)
    detrended = _detrended(scores)
    forward, error = _lagged(detrended, "symptoms", "alliance")
    back, back_error = _lagged(detrended, "alliance", "symptoms")
    assert back < -0.05 - 3 * back_error
    assert abs(forward) < 0.03 + 3 * error


def test_in_common_cause_only_constructs_correlate_at_once_and_between_persons() -> None:
    scores = _scores(scenario("common_cause_only").parameter_set, 4000)
    symptoms, alliance = scores[:, :, INDEX["symptoms"]], scores[:, :, INDEX["alliance"]]
    assert np.corrcoef(symptoms[:, 2], alliance[:, 2])[0, 1] < -0.25
    assert np.corrcoef(alliance[:, 2], symptoms[:, -1] - symptoms[:, 0])[0, 1] < -0.08
    detrended = _detrended(scores)
    at_once = [detrended[:, :, INDEX[c]].ravel() for c in ("symptoms", "alliance")]
    within_session = np.corrcoef(*at_once)[0, 1]
    assert within_session < -0.1


def test_the_default_scenario_is_the_literature_set() -> None:
    assert np.array_equal(scenario("default").parameter_set.parameters.drift, parameter_set().parameters.drift)


def test_the_default_scenario_reproduces_the_figures_it_is_calibrated_to() -> None:
    """Calibration targets (bands in brackets) that this parameter set claims to meet; `limits` names the others."""
    scores = _scores(scenario("default").parameter_set, 6000)
    symptoms, alliance = scores[:, :, INDEX["symptoms"]], scores[:, :, INDEX["alliance"]]
    early = alliance[:, 2:4].mean(axis=1)
    assert 0.20 < -np.corrcoef(early, symptoms[:, -1])[0, 1] < 0.35  # C1
    raw, _ = _lagged(scores, "symptoms", "alliance")
    assert -0.22 < raw < -0.05  # C5
    detrended, _ = _lagged(_detrended(scores), "symptoms", "alliance")
    assert -0.15 < detrended < 0  # C6
    assert detrended > 0.7 * raw  # C6: at least 30% smaller
    back, _ = _lagged(scores, "alliance", "symptoms")
    assert -0.20 < back < -0.03  # C7
    assert 13 < symptoms[:, 0].mean() < 17.5  # C17
    assert 7 < symptoms[:, -1].mean() < 11
    assert 0.35 < (symptoms[:, -1] <= symptoms[:, 0] / 2).mean() < 0.55  # C18, response


def test_the_spread_of_random_slopes_is_as_published() -> None:
    scores = _scores(scenario("default").parameter_set, 20_000)
    symptoms = scores[:, :, INDEX["symptoms"]]
    change = symptoms[:, -1] - symptoms[:, 0]
    assert 1.1 < symptoms[:, -1].std() / symptoms[:, 0].std() < 1.5  # C17
    assert 0.02 < (change >= 6).mean() < 0.09  # C18, deterioration
    assert 0.30 < np.corrcoef(symptoms[:, 3] - symptoms[:, 0], change)[0, 1] ** 2 < 0.50  # C32
    alliance = scores[:, :, INDEX["alliance"]]
    single_rating, mean_rating = (
        np.corrcoef(a, symptoms[:, -1])[0, 1] ** 2 for a in (alliance[:, 2], alliance[:, 2:9].mean(axis=1))
    )
    assert 0.02 < single_rating < 0.09 < mean_rating < 0.20  # C3


def test_the_stated_limitations_of_the_literature_set_hold() -> None:
    """Each sentence of `limits` must be deleted when the model covers it."""
    tested_set = parameter_set()
    assert len(tested_set.limits) == 1
    assert not tested_set.specification.random_slopes
    symptoms = _scores(tested_set, 6000)[:, :, INDEX["symptoms"]]
    assert symptoms[:, -1].std() / symptoms[:, 0].std() < 1.1


def test_in_co_trend_only_the_alliance_has_no_effect_but_is_associated_with_symptoms() -> None:
    tested_set = scenario("co_trend_only").parameter_set
    effects, k = _effects(tested_set), INDEX["alliance"]
    assert np.allclose(np.delete(effects[:, k], k), 0.0, atol=1e-10)
    assert np.allclose(np.delete(effects[k], k), 0.0, atol=1e-10)
    assert np.allclose(np.delete(tested_set.parameters.level_covariance[k], k), 0.0)
    scores = _scores(tested_set, 3000)
    trended, error = _lagged(scores, "symptoms", "alliance")
    assert trended < -0.05
    assert trended < -10 * error
    # adjusted for the common time course, the lag disappears
    apart, error = _lagged(scores - scores.mean(axis=0), "symptoms", "alliance")
    assert abs(apart) < 3.5 * error
    assert scores[:, -1, k].mean() - scores[:, 0, k].mean() > 1.0


def test_in_alliance_sufficient_only_the_alliance_affects_symptoms() -> None:
    tested_set = scenario("alliance_sufficient").parameter_set
    effects = _effects(tested_set)
    assert effects[0, INDEX["alliance"]] == pytest.approx(-0.28)
    assert np.allclose([effects[0, INDEX[c]] for c in MECHANISM_CONSTRUCTS], 0.0, atol=1e-10)
    push = tested_set.parameters.therapy_effect
    assert push is not None
    assert np.flatnonzero(push).tolist() == [INDEX["alliance"]]
    scores = _scores(tested_set, 3000)
    strong, error = _lagged(_detrended(scores), "symptoms", "alliance")
    assert strong < -0.10 - 3 * error


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ParameterSetError,
        match=r"unknown scenario “dodo”.*all_four_equal.*alliance_sufficient, co_trend_only, common_cause_only",
    ):
        scenario("dodo")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "co_trend_only"', "id = ", "invalid TOML"),
        ('about = "', 'abuot = "', "abuot: unknown field"),
        ("truth = [", "untrue = [", "untrue: unknown field"),
        ('parameter_set = "literature"', 'parameter_set = "mine"', "unknown parameter set “mine”"),
        ('from = "alliance"', 'from = "rapport"', "effect.1.*unknown construct “rapport”"),
        ("alliance = 1.0", "rapport = 1.0", "therapy_change.*rapport: unknown field"),
        ("sessions = 16", "sessions = 0", r"sessions must be at least 1 \(got 0\)"),
        ("sessions = 16", "sessions = 1.5", "sessions: must be a whole number"),
        ("missed = 0.05", "missed = 1.05", "missed must be a probability"),
        ("alliance = 0.75", "alliance = 1.75", "belong to no stable process"),
        ("[course]", "[rupture]\nchance = 0.1\n[course]", "rupture: unknown field"),
        ("[course]", "[ruptures]\nchanse = 0.1\n[course]", "ruptures.chanse: unknown field"),
        ("[course]", "[ruptures]\nchance = 1.1\n[course]", "ruptures: chance must be a probability between 0 and 1"),
        ("[course]", "[life_events]\nmoves = { mood = 1 }\n[course]", "life_events.moves.mood: unknown field"),
        ("[course]", '[[own_effect]]\nfrom = "a"\nto = "b"\nsd = 1\n[course]', "own_effect.1..from: must go from one"),
        ("[course]", '[[given]]\ninstrument = "mood"\n[course]', "given.1., instrument|unknown instrument “mood”"),
        ("[course]", '[[given]]\ninstrument = "phq9"\nmoment = "never"\n[course]', "must be one of before, after"),
        ("[course]", "[after_the_end]\nfollow_ups = [4, 2]\n[course]", "follow_ups must ascend"),
        ('parameter_set = "literature"', 'parameter_set = "literature"\narms = ["sugar"]', "unknown arm “sugar”"),
        ('sign = "none"', 'sign = "nothing"', "expects.effects.1..sign: unknown sign “nothing”. Known: none"),
        ('to = "symptoms", sign', 'to = "mood", sign', "is not an edge of the parameter set"),
        (
            'between_alliance_symptoms = "none"',
            'carried_by = ["mood"]',
            "expects.carried_by: names a construct that the parameter set",
        ),
    ],
)
def test_an_invalid_file_is_refused_with_its_location(old: str, new: str, message: str) -> None:
    text = (resources.files("securebase.model") / "scenarios" / "co_trend_only.toml").read_text("utf-8")
    assert old in text
    with pytest.raises(ParameterSetError) as refused:
        read_scenario("mine.toml", text.replace(old, new))
    assert str(refused.value).startswith("mine.toml")
    assert re.search(message, str(refused.value)), str(refused.value)


def test_a_scenario_without_truth_is_refused() -> None:
    text = 'id = "a"\nname = "A"\nabout = "A."\ntruth = []\nparameter_set = "literature"\n'
    with pytest.raises(ParameterSetError, match=r"mine.toml, truth: is missing"):
        read_scenario("mine.toml", text)
    assert read_scenario("mine.toml", text.replace("[]", '["Nothing."]')).course == CoursePlan()
