"""The literature set: the model reproduces what the set states."""

import dataclasses
import re
from importlib import resources

import numpy as np
import pytest

from securebase.errors import ParameterSetError
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import MECHANISM_CONSTRUCTS, TRACKED_CONSTRUCTS, construct
from securebase.model.equations import stationary_covariance, trend_mean
from securebase.model.mechanism import THERAPY
from securebase.model.mechanisms import MECHANISMS
from securebase.model.parameter_set import ParameterSet, parameter_set, parameter_sets, read_parameter_set
from securebase.model.specification import Start, Trend
from securebase.model.standardised import effect_matrix, standardised_effects

SYMPTOMS = TRACKED_CONSTRUCTS.index("symptoms")
PHQ9 = {"symptoms": ("phq9", "total")}


@pytest.fixture(scope="module")
def literature() -> ParameterSet:
    return parameter_set()


def _text() -> str:
    return (resources.files("securebase.model") / "parameter_sets" / "literature.toml").read_text("utf-8")


def test_the_literature_set_is_the_default_with_carried_trend_and_stationary_start(literature: ParameterSet) -> None:
    assert literature is parameter_sets()["literature"]
    assert literature.specification.constructs == TRACKED_CONSTRUCTS
    assert literature.specification.trend is Trend.CARRIED
    assert literature.specification.start is Start.STATIONARY
    assert (literature.specification.time_unit, literature.specification.days_per_unit) == ("week", 7.0)


def test_the_drift_is_stable_and_reproduces_the_mechanisms(literature: ParameterSet) -> None:
    parameters = literature.parameters
    assert np.linalg.eigvals(parameters.drift).real.max() < -0.1
    P = stationary_covariance(parameters.drift, parameters.diffusion)
    effects = standardised_effects(parameters.drift, P)
    assert np.allclose(effects, effect_matrix(literature.standardised), atol=1e-10)
    index = {c: i for i, c in enumerate(TRACKED_CONSTRUCTS)}
    weekly = [m for m in MECHANISMS if m.from_construct != THERAPY]
    for m in weekly:
        assert effects[index[m.to_construct], index[m.from_construct]] == pytest.approx(m.prior.mean, abs=1e-10)
    off_diagonal = ~np.eye(len(index), dtype=bool)
    assert (np.abs(effects[off_diagonal]) > 1e-9).sum() == len(weekly)


def test_true_values_have_unit_variance_and_the_stated_shares(literature: ParameterSet) -> None:
    parameters = literature.parameters
    P = stationary_covariance(parameters.drift, parameters.diffusion)
    assert np.allclose(np.diag(P) + np.diag(parameters.level_covariance), 1.0)
    assert np.linalg.eigvalsh(parameters.level_covariance)[0] > 0
    assert np.linalg.eigvalsh(parameters.diffusion)[0] > 0
    share = dict(zip(TRACKED_CONSTRUCTS, np.diag(parameters.level_covariance), strict=True))
    assert share == pytest.approx(dict(literature.standardised.level_share))
    spread = np.sqrt(np.diag(P))
    for (a, b), r in literature.standardised.state_correlation.items():
        i, j = TRACKED_CONSTRUCTS.index(a), TRACKED_CONSTRUCTS.index(b)
        assert P[i, j] / spread[i] / spread[j] == pytest.approx(r)


def test_mechanisms_are_exchangeable_except_for_the_links_between_them(literature: ParameterSet) -> None:
    stated = literature.standardised
    for quantity in (stated.persistence, stated.level_share, stated.reliability):
        assert len({quantity[c] for c in MECHANISM_CONSTRUCTS}) == 1
    for change in (stated.natural_change, stated.therapy_change):
        assert len({abs(change[c]) for c in MECHANISM_CONSTRUCTS}) == 1


def test_symptoms_fall_by_46_percent_on_the_phq9_and_half_of_it_without_therapy(literature: ParameterSet) -> None:
    parameters = literature.in_score_units(PHQ9)
    ends = np.array([0.0, 16.0])
    start, end = (parameters.level_mean + trend_mean(literature.specification, parameters, ends))[:, SYMPTOMS]
    assert start == pytest.approx(15.0)
    assert 1 - end / start == pytest.approx(0.46, abs=0.005)
    untreated = dataclasses.replace(parameters, therapy_effect=np.zeros(6))
    natural = (parameters.level_mean + trend_mean(literature.specification, untreated, ends))[:, SYMPTOMS]
    assert (natural[0] - natural[1]) / (start - end) == pytest.approx(0.51, abs=0.01)


def test_scores_in_points_have_the_stated_spread_and_reliability(literature: ParameterSet) -> None:
    parameters = literature.in_score_units(PHQ9)
    P = stationary_covariance(parameters.drift, parameters.diffusion)
    true = (np.diag(P) + np.diag(parameters.level_covariance))[SYMPTOMS]
    assert np.sqrt(true + parameters.measurement_noise[SYMPTOMS]) == pytest.approx(4.6)
    assert true / (true + parameters.measurement_noise[SYMPTOMS]) == pytest.approx(0.85)
    # standardised effects do not depend on the units of the scales
    assert np.allclose(standardised_effects(parameters.drift, P), effect_matrix(literature.standardised), atol=1e-10)


def test_one_alliance_rating_has_the_published_dependability(literature: ParameterSet) -> None:
    """Calibration target C4: share of level in one score .77 (band .65 to .85), in the mean of four .86 to .96."""
    parameters = literature.parameters
    k = TRACKED_CONSTRUCTS.index("alliance")
    state = stationary_covariance(parameters.drift, parameters.diffusion)[k, k]
    level, noise = parameters.level_covariance[k, k], parameters.measurement_noise[k]
    assert level / (level + state + noise) == pytest.approx(0.77, abs=0.01)
    autocorrelation = 0.55 ** np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    assert 0.86 < level / (level + state * autocorrelation.mean() + noise / 4) < 0.96


def test_therapy_improves_every_construct(literature: ParameterSet) -> None:
    push = literature.parameters.therapy_effect
    assert push is not None
    for name, value in zip(TRACKED_CONSTRUCTS, push, strict=True):
        good = -1 if construct(name).direction == "worse" else 1
        assert good * value > 0, name


def test_the_trends_apart_and_carried_share_fluctuations_and_final_level(literature: ParameterSet) -> None:
    apart = literature.with_trend(Trend.APART)
    assert apart.specification.trend is Trend.APART
    assert np.array_equal(apart.parameters.drift, literature.parameters.drift)
    times = np.arange(17.0)
    carried_course = literature.parameters.level_mean + trend_mean(
        literature.specification, literature.parameters, times
    )
    apart_course = apart.parameters.level_mean + trend_mean(apart.specification, apart.parameters, times)
    assert np.allclose(apart_course[[0, -1]], carried_course[[0, -1]])
    assert np.abs(apart_course - carried_course).max() < 0.25
    assert apart.with_trend(Trend.CARRIED).parameters.start_mean == pytest.approx(literature.parameters.start_mean)
    with pytest.raises(ParameterSetError, match="cannot take the trend"):
        literature.with_trend(Trend.LINEAR)


def test_random_slopes_are_used_in_simulation_but_not_in_tracking(literature: ParameterSet) -> None:
    assert not literature.specification.random_slopes
    assert literature.parameters.change_covariance is None
    assert not any(s.quantity.startswith("random_slope") for s in literature.unverified)
    parameters = literature.with_random_slopes()
    assert parameters.specification.random_slopes
    assert parameters.with_random_slopes() is parameters
    assert any(s.quantity == "random_slope_sd" for s in parameters.unverified)
    change, cross = parameters.parameters.change_covariance, parameters.parameters.level_change_covariance
    assert change is not None
    assert cross is not None
    spread = dict(zip(TRACKED_CONSTRUCTS, np.sqrt(np.diag(change)), strict=True))
    assert spread == pytest.approx(dict(literature.standardised.random_slope_sd))
    for (a, b), r in literature.standardised.random_slope_correlation.items():
        i, j = TRACKED_CONSTRUCTS.index(a), TRACKED_CONSTRUCTS.index(b)
        assert change[i, j] == pytest.approx(r * spread[a] * spread[b])
    for i, a in enumerate(TRACKED_CONSTRUCTS):
        for j, b in enumerate(TRACKED_CONSTRUCTS):
            level = np.sqrt(parameters.parameters.level_covariance[i, i])
            stated = literature.standardised.random_slope_level_correlation.get((a, b), 0.0)
            assert cross[i, j] == pytest.approx(stated * level * spread[b])
    assert parameters.parameters.rate == literature.standardised.random_slope_rate
    for name in ("drift", "diffusion", "level_covariance", "level_mean", "start_mean", "therapy_effect"):
        assert np.array_equal(getattr(parameters.parameters, name), getattr(literature.parameters, name))
    points = parameters.in_score_units(PHQ9).change_covariance
    assert points is not None
    assert np.sqrt(points[SYMPTOMS, SYMPTOMS]) == pytest.approx(spread["symptoms"] * 4.6 * np.sqrt(0.85))
    apart = parameters.with_trend(Trend.APART)
    assert apart.specification.random_slopes
    assert apart.parameters.rate == parameters.parameters.rate
    assert np.array_equal(apart.parameters.change_covariance, change)


def test_every_scale_is_on_the_instrument_shelf(literature: ParameterSet) -> None:
    shelf = instruments()
    for (instrument, scale), unit in literature.scales.items():
        definition = shelf[instrument].scale(scale)
        assert definition.construct == unit.construct
        assert definition.direction is construct(unit.construct).direction
        assert definition.minimum < unit.mean < definition.maximum
        if not shelf[instrument].validated:
            assert not unit.verified
            assert "ssumption" in unit.source


def test_every_statement_has_provenance(literature: ParameterSet) -> None:
    assert len(literature.statements) == 3 * 6 + 2 * 15 + 6 + 2 + 15 + 1
    assert all(s.source.strip() for s in literature.statements)
    assert literature.unverified
    assert {e.from_construct for e in literature.edges} == {*TRACKED_CONSTRUCTS, THERAPY}
    assert all(e.claims and e.source for e in literature.edges)


def test_measures_default_to_the_usual_scale(literature: ParameterSet) -> None:
    usual = literature.measures()
    assert usual["symptoms"] == ("session_before", "symptoms")
    assert usual["alliance"] == ("session_after", "alliance")
    assert literature.measures(PHQ9) == usual | PHQ9


def test_unknown_names_are_refused(literature: ParameterSet) -> None:
    with pytest.raises(ParameterSetError, match=r"unknown parameter set “mine”.*literature"):
        parameter_set("mine")
    with pytest.raises(ParameterSetError, match=r"has no scale hdrs/total.*phq9/total"):
        literature.in_score_units({"symptoms": ("hdrs", "total")})
    with pytest.raises(ParameterSetError, match="measures “alliance”, not “symptoms”"):
        literature.in_score_units({"symptoms": ("session_after", "alliance")})


def test_a_file_with_the_earlier_keys_of_random_slopes_still_loads() -> None:
    earlier = _text().replace("random_slope_level_correlation]", "own_change_with_level]")
    earlier = earlier.replace("random_slope_sd]", "own_change]").replace("random_slope_", "own_change_")
    assert "[own_change_rate]" in earlier
    assert "[random_slope" not in earlier
    current = read_parameter_set("now.toml", _text()).standardised
    assert dataclasses.asdict(read_parameter_set("earlier.toml", earlier).standardised) == dataclasses.asdict(current)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("planned_end = 16", "planned_end = 16\nplaned_end = 12", "planed_end: unknown field"),
        ("values = { symptoms = 0.50 }", 'values = { symptoms = "half" }', "persistence.1..values.symptoms: must be a"),
        ("values = { symptoms = 0.50 }", "values = { mood = 0.50 }", "mood: is not a construct of this set"),
        (
            "values = { symptoms = 0.65 }",
            "values = { alliance = 0.65 }",
            "alliance: is not a construct of this set, or",
        ),
        ("values = { alliance = 0.87 }", "values = {}", "level_share: has no value for alliance"),
        ("values = { symptoms = 0.50 }", "values = { symptoms = 1.20 }", "belong to no stable process"),
        ("values = { symptoms = 0.65 }", "values = { symptoms = 1.00 }", "level share must be at least 0"),
        ('[["symptoms", "alliance", -0.06]]', '[["symptoms", "alliance"]]', "must be .construct, construct, correl"),
        ('[["symptoms", "alliance", -0.06]]', '[["symptoms", "social_support", 0.1]]', "one twice"),
        ('[["symptoms", "alliance", -0.06]]', '[["symptoms", "alliance", -2.0]]', "level_correlation.*not positive"),
        ('["symptoms", "alliance", -0.20]', '["symptoms", "alliance", 0.70]', "contradict each other|not positive"),
        ("reliability = 0.88", "reliability = 1.0", "reliability: must lie between 0 and 1"),
        ('effects = "mechanisms"', 'effects = "mine"', "effects: must be “mechanisms”"),
        ("values = { symptoms = 1.15 }", "values = { symptoms = -1.15 }", "random_slope_sd must be at least 0"),
        ('["alliance", "symptoms", -0.31]', '["alliance", "symptoms", -0.99]', "not positive semidefinite"),
        (
            '["alliance", "symptoms", -0.31]',
            '["alliance", "mood", -0.12]',
            "level_correlation.*no pair of this set",
        ),
        ("value = 0.25", "value = 0", "random_slope_rate.value: must be greater than 0"),
        ('id = "literature"', "id = ", "invalid TOML"),
    ],
)
def test_an_invalid_file_is_refused_with_its_location(old: str, new: str, message: str) -> None:
    text = _text()
    assert old in text
    with pytest.raises(ParameterSetError) as refused:
        read_parameter_set("mine.toml", text.replace(old, new))
    assert str(refused.value).startswith("mine.toml")
    assert re.search(message, str(refused.value)), str(refused.value)
