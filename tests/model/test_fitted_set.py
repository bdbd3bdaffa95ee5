"""Fitted sets: the same model in standard units, an exact round trip through a file, and refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import Advice, ParameterSetError
from securebase.model.fit import Fit, fit
from securebase.model.fitted_set import (
    FittedSet,
    convert_to_parameter_set,
    fitted_set,
    read_fitted_set,
    write_fitted_set,
)
from securebase.model.likelihood import log_likelihood
from securebase.model.panel import Panel
from securebase.model.parameter_set import parameter_set
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Trend

BASE = parameter_set()
MEASURES = {"symptoms": ("phq9", "total"), "alliance": ("session_after", "alliance")}
SPECIFICATION = Specification(("symptoms", "alliance"), Trend.CARRIED, time_unit="week", planned_end=12.0)
TRUTH = Parameters(
    drift=np.array([[-0.5, -0.2], [-0.1, -0.4]]),
    diffusion=np.array([[6.0, -0.3], [-0.3, 0.5]]),
    level_mean=np.array([14.0, 5.0]),
    level_covariance=np.array([[9.0, -1.0], [-1.0, 0.6]]),
    measurement_noise=np.array([3.0, 0.25]),
    start_mean=np.zeros(2),
    therapy_effect=np.array([-2.0, 0.2]),
)


def draw(seed: int, *, scale: float = 1.0) -> Panel:
    simulated = simulate_panel(SPECIFICATION, TRUTH, [np.arange(12.0)] * 120, np.random.default_rng(seed))
    return replace(simulated, times=simulated.times * scale)


@pytest.fixture(scope="module")
def fitted() -> Fit:
    return fit(draw(1), SPECIFICATION)


def build(fitted: Fit, **changes: object) -> FittedSet:
    arguments = {
        "name": "Ours “own”",
        "version": 1,
        "measures": MEASURES,
        "made_on": "2026-11-25",
        "software": "securebase 0",
        "simulated": True,
    }
    return fitted_set(fitted, **(arguments | changes))  # type: ignore[arg-type]


def test_the_likelihood_of_scores_is_the_same_under_set_and_fit(fitted: Fit) -> None:
    """The parameter set in the points of the fitted scales is the fit itself."""
    converted = convert_to_parameter_set(build(fitted), BASE)
    again = converted.in_score_units(MEASURES)
    assert fitted.parameters is not None
    for name, value in fitted.parameters.named(SPECIFICATION).items():
        assert again.named(converted.specification)[name] == pytest.approx(value, rel=1e-8, abs=1e-8)
    new_panel = draw(2)
    assert log_likelihood(new_panel, SPECIFICATION, again) == pytest.approx(
        log_likelihood(new_panel, SPECIFICATION, fitted.parameters), abs=1e-6
    )
    assert converted.measures() == MEASURES


def test_a_fit_in_days_gives_the_same_set(fitted: Fit) -> None:
    in_days = replace(SPECIFICATION, time_unit="day", days_per_unit=1.0, planned_end=84.0)
    days = fit(replace(draw(1, scale=7.0), time_unit="day", days_per_unit=1.0), in_days)
    from_weeks, from_days = (convert_to_parameter_set(build(f), BASE).parameters for f in (fitted, days))
    assert np.allclose(from_weeks.drift, from_days.drift, rtol=1e-3, atol=1e-4)
    assert from_weeks.therapy_effect is not None
    assert from_days.therapy_effect is not None
    assert np.allclose(from_weeks.therapy_effect, from_days.therapy_effect, rtol=1e-3, atol=1e-4)


def test_the_other_trend_has_the_same_mean_course(fitted: Fit) -> None:
    converted = convert_to_parameter_set(build(fitted), BASE)
    apart = converted.with_trend(Trend.APART).parameters
    assert apart.change is not None
    assert [apart.change[k] for k in range(2)] == pytest.approx(
        list(converted.standardised.therapy_change.values()), abs=1e-8
    )


def test_other_scales_of_a_construct_keep_their_stated_values(fitted: Fit) -> None:
    converted = convert_to_parameter_set(build(fitted), BASE)
    unfitted_scale = ("session_before", "symptoms")
    assert converted.unit(*unfitted_scale) == BASE.unit(*unfitted_scale)
    assert converted.unit("phq9", "total") != BASE.unit("phq9", "total")
    assert all(unit.construct in SPECIFICATION.constructs for unit in converted.scales.values())


def test_a_set_survives_the_round_trip_through_a_file(fitted: Fit) -> None:
    clinic_set = build(fitted, prior="literature", strength=2.0)
    back = read_fitted_set("0001.toml", write_fitted_set(clinic_set))
    assert back.parameters.named(SPECIFICATION) == clinic_set.parameters.named(SPECIFICATION)
    assert back.standard_errors == dict(clinic_set.standard_errors)
    assert back.provenance == clinic_set.provenance
    assert back.specification == clinic_set.specification
    assert back.measures == clinic_set.measures
    assert (back.name, back.version) == (clinic_set.name, clinic_set.version)
    assert "2026-11-25" in convert_to_parameter_set(back, BASE).version


def test_a_set_with_the_earlier_key_of_its_prior_still_loads(fitted: Fit) -> None:
    current = build(fitted, prior="literature", strength=2.0)
    earlier = write_fitted_set(current).replace('\nprior = "literature"', '\ntowards = "literature"')
    assert "prior =" not in earlier
    assert read_fitted_set("0001.toml", earlier).provenance == current.provenance


def test_provenance_names_the_data_of_the_fit(fitted: Fit) -> None:
    clinic_set = build(fitted)
    assert clinic_set.provenance.fingerprint == draw(1).fingerprint
    assert clinic_set.provenance.n_persons == 120
    assert "120 simulated persons" in clinic_set.about
    assert not convert_to_parameter_set(clinic_set, BASE).unverified


def test_unsuitable_fits_are_refused(fitted: Fit) -> None:
    with pytest.raises(ParameterSetError, match="cannot become a parameter set"):
        build(replace(fitted, outcome=Advice("boundary", "A variance went to zero.")))
    with pytest.raises(ParameterSetError, match="plain model only"):
        build(replace(fitted, specification=replace(SPECIFICATION, trend=Trend.APART)))
    with pytest.raises(ParameterSetError, match="has no scale for alliance"):
        build(fitted, measures={"symptoms": ("phq9", "total")})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('kind = "fitted"', 'kind = "stated"', "is not a fitted set"),
        ('name = "drift[symptoms,alliance]"', 'name = "drift[a,b]"', "has no “drift"),
        ("[provenance]", "[provenance", "invalid TOML"),
        ("n_persons = 120", 'n_persons = "many"', "n_persons"),
    ],
)
def test_an_invalid_file_is_refused(fitted: Fit, old: str, new: str, reason: str) -> None:
    text = write_fitted_set(build(fitted)).replace(old, new)
    with pytest.raises(ParameterSetError, match=reason.replace("[", r"\[")):
        read_fitted_set("0001.toml", text)
