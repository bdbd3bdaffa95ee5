"""Discrete-time fits against lavaan and simulated parameters, and no false convergence."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest

from oracles import dense_waves, small_waves
from securebase.errors import ModelError
from securebase.model.discrete_time import (
    DiscreteTimeLikelihood,
    DiscreteTimeParameters,
    WaveConstraint,
    compare_discrete_time,
    discrete_time_specification,
    fit_discrete_time,
)
from securebase.model.estimation.boundary import GRADIENT_TOLERANCE
from securebase.model.panel import Panel

REFERENCE = os.environ.get("SECUREBASE_REFERENCE")
needs_reference = pytest.mark.skipif(REFERENCE is None, reason="SECUREBASE_REFERENCE is not set: no reference data")
FITS = {"basic": ("ri-clpm", False), "constrained": ("ri-clpm", True), "clpm": ("clpm", False)}


def published(name):
    with (Path(REFERENCE) / "data" / name).open() as file:
        rows = list(csv.DictReader(file))
    Y = np.array([[[float(row[f"{c}{t}"] or "nan") for c in "xy"] for t in range(1, 6)] for row in rows])
    wave = np.tile(np.arange(1, 6), len(rows))
    persons = tuple(str(i) for i in range(len(rows)))
    starts = np.arange(len(rows) + 1) * 5
    return Panel(persons, ("x", "y"), starts, wave.astype(float), Y.reshape(-1, 2), wave)


@cache
def fitted(kind, data, information="observed"):
    model, equal = FITS[kind]
    panel = published("RICLPM.csv" if data == "complete" else "RICLPM_mcar20.csv")
    specification = discrete_time_specification(
        panel, model, equal_lags=equal, equal_residuals=equal, equal_means=equal
    )
    return fit_discrete_time(panel, specification, information=information)


def lavaan_result(kind, data):
    """Return lavaan's fit and its estimates: (left, operator, right) → (estimate, standard error)."""
    lavaan_fit = json.loads((Path(REFERENCE) / "results" / "lavaan_riclpm.json").read_text())["fits"][f"{kind}_{data}"]
    return lavaan_fit, {(r["lhs"], r["op"], r["rhs"]): (r["est"], r["se"]) for r in lavaan_fit["parameters"]}


def in_lavaan(kind, name):
    """Return our name as lavaan's (left, operator, right), in both orders for a covariance."""
    block, inside = name.rstrip("]").split("[")
    prefix = "" if kind == "clpm" else "w"
    equal = FITS[kind][1]
    numbered = [part.replace(" ", "") for part in inside.split(",")]
    match block:
        case "lags":
            target, since = numbered if not equal else (numbered[0] + "2", numbered[1] + "1")
            return [(prefix + target, "~", prefix + since)]
        case "mean":
            return [(numbered[0] + ("1" if equal else ""), "~1", "")]
        case "level_covariance":
            a, b = ("RI" + part for part in numbered)
        case "start_covariance":
            a, b = (prefix + part + "1" for part in numbered)
        case _:
            a, b = (prefix + part + ("2" if equal else "") for part in numbered)
    return [(a, "~~", b), (b, "~~", a)]


@needs_reference
@pytest.mark.parametrize("data", ["complete", "mcar20"])
@pytest.mark.parametrize("kind", FITS)
def test_equals_lavaan(kind, data):
    ours, (lavaan_fit, estimates) = fitted(kind, data), lavaan_result(kind, data)
    assert ours.outcome.kind == "converged"
    assert ours.n_parameters == lavaan_fit["fit"]["npar"]
    assert ours.log_likelihood == pytest.approx(lavaan_fit["fit"]["logl"], abs=1e-5)
    assert (ours.aic, ours.bic) == pytest.approx((lavaan_fit["fit"]["aic"], lavaan_fit["fit"]["bic"]), abs=1e-4)
    compared = 0
    for name, e in ours.estimates.items():
        if kind == "clpm" and name.startswith("mean") and not name.endswith(" 1]"):
            continue  # lavaan reports regression intercepts for these waves: see the test below
        value, error = next(estimates[key] for key in in_lavaan(kind, name) if key in estimates)
        assert e.value == pytest.approx(value, abs=1e-4)
        assert e.standard_error == pytest.approx(error, rel=1e-3)
        compared += 1
    assert compared == ours.n_parameters - (8 if kind == "clpm" else 0)


@needs_reference
@pytest.mark.parametrize("data", ["complete", "mcar20"])
def test_means_without_levels_equal_the_intercepts_of_lavaan(data):
    """Intercept = mean at wave t + 1 − lags · mean at wave t; its standard error by the delta method."""
    ours, (_, estimates) = fitted("clpm", data), lavaan_result("clpm", data)
    names = list(ours.estimates)
    for wave in range(2, 6):
        for target in "xy":
            value, slope = ours.estimates[f"mean[{target} {wave}]"].value, np.zeros(len(names))
            slope[names.index(f"mean[{target} {wave}]")] = 1.0
            for since in "xy":
                lag, mean = f"lags[{target} {wave},{since} {wave - 1}]", f"mean[{since} {wave - 1}]"
                value -= ours.estimates[lag].value * ours.estimates[mean].value
                slope[names.index(lag)] = -ours.estimates[mean].value
                slope[names.index(mean)] = -ours.estimates[lag].value
            expected, error = estimates[f"{target}{wave}", "~1", ""]
            assert value == pytest.approx(expected, abs=1e-4)
            assert np.sqrt(slope @ ours.covariance @ slope) == pytest.approx(error, rel=1e-3)


#: standard errors of lavaan 0.6.14 for RICLPM.csv from the expected information, its default for complete data
#: (lavaan_riclpm.json has those from the observed information)
EXPECTED = {
    "basic": {
        "lags[x 2,x 1]": 0.02793467,
        "lags[x 2,y 1]": 0.02629944,
        "lags[y 2,x 1]": 0.04409637,
        "lags[y 2,y 1]": 0.04536950,
        "level_covariance[x,x]": 0.00107407,
        "level_covariance[y,x]": 0.00125313,
        "level_covariance[y,y]": 0.00251778,
    },
    "constrained": {
        "lags[x,x]": 0.02034040,
        "lags[x,y]": 0.01278691,
        "lags[y,x]": 0.02519244,
        "lags[y,y]": 0.02201886,
        "level_covariance[x,x]": 0.00111408,
        "level_covariance[y,x]": 0.00127956,
        "level_covariance[y,y]": 0.00256105,
    },
}


@needs_reference
@pytest.mark.parametrize("kind", EXPECTED)
def test_standard_errors_from_the_expected_information_equal_lavaan(kind):
    observed, expected = fitted(kind, "complete"), fitted(kind, "complete", "expected")
    for name, error in EXPECTED[kind].items():
        assert expected.estimates[name].value == observed.estimates[name].value
        assert expected.estimates[name].standard_error == pytest.approx(error, rel=1e-5)


def truth(specification):
    p = specification.p
    lags = np.full((p, p), 0.1) + 0.3 * np.eye(p)
    return DiscreteTimeParameters(
        lags=np.repeat(lags[None], specification.n_lags, axis=0),
        residual_covariance=np.repeat((0.7 * np.eye(p) + 0.2)[None], specification.n_residuals, axis=0),
        mean=np.arange(specification.n_means * p, dtype=float).reshape(-1, p),
        start_covariance=np.eye(p) + 0.3 if specification.start == "free" else None,
        level_covariance=0.5 * np.eye(p) + 0.25 if specification.levels else None,
    )


@pytest.mark.parametrize(
    ("model", "persons", "waves", "missing"),
    [("var", 150, 40, 0.1), ("ri-clpm", 1500, 5, 0.15), ("clpm, equal lags", 800, 6, 0.15)],
)
def test_simulated_parameters_are_recovered(model, persons, waves, missing):
    specification = small_waves.specification(model, 2, waves)
    q = truth(specification)
    result = fit_discrete_time(
        small_waves.draw_panel(specification, q, np.random.default_rng(11), persons, missing), specification
    )
    assert result.outcome.kind == "converged"
    z = [
        (result.estimates[name].value - value) / result.estimates[name].standard_error
        for name, value in q.named(specification).items()
    ]
    assert np.abs(z).max() < 4.0
    assert 0.5 < np.sqrt(np.mean(np.square(z))) < 1.5


def test_units_of_scores_and_numbers_of_waves_make_no_difference():
    specification = small_waves.specification("ri-clpm", 2, 4)
    panel = small_waves.draw_panel(specification, truth(specification), np.random.default_rng(5), 300, 0.2)
    original = fit_discrete_time(panel, specification)
    rescaled = fit_discrete_time(
        replace(panel, scores=panel.scores * [10.0, 0.1] + 50.0, wave=panel.wave + 6),
        replace(specification, first_wave=7),
    )
    assert rescaled.estimates["lags[b 8,a 7]"].value == pytest.approx(
        0.01 * original.estimates["lags[b 2,a 1]"].value, rel=1e-5
    )
    assert rescaled.estimates["level_covariance[a,a]"].standard_error == pytest.approx(
        100 * original.estimates["level_covariance[a,a]"].standard_error, rel=1e-5
    )
    shift = panel.n_observations and np.isfinite(panel.scores).sum(axis=0) @ np.log([10.0, 0.1])
    assert rescaled.log_likelihood == pytest.approx(original.log_likelihood - shift, rel=1e-9)


def test_the_log_likelihood_of_a_fit_equals_that_of_a_dense_normal():
    specification = small_waves.specification("ri-clpm", 2, 4)
    panel = small_waves.draw_panel(specification, truth(specification), np.random.default_rng(6), 100, 0.3)
    result = fit_discrete_time(panel, specification)
    assert result.log_likelihood == pytest.approx(
        sum(dense_waves.log_likelihoods(panel, specification, result.parameters)), rel=1e-9
    )
    assert result.log_likelihood == pytest.approx(
        DiscreteTimeLikelihood(panel, specification).value(result.parameters), rel=1e-9
    )


def assert_outcome_is_honest(result):
    """Check that converged fits have a flat gradient and a positive-definite Hessian, and others no errors."""
    if result.outcome.kind in ("converged", "boundary"):
        assert result.gradient_norm < GRADIENT_TOLERANCE
        assert min(result.hessian_eigenvalues) > 0
    else:
        assert all(e.standard_error is None for e in result.estimates.values())
        assert result.outcome.what_to_do


def test_a_random_intercept_without_variance_ends_at_the_boundary():
    specification = small_waves.specification("ri-clpm", 2, 5)
    clpm = small_waves.specification("clpm", 2, 5)
    q = truth(clpm)
    kinds = set()
    for seed in range(6):
        panel = small_waves.draw_panel(clpm, q, np.random.default_rng(seed), 150)
        result = fit_discrete_time(panel, specification)
        assert_outcome_is_honest(result)
        assert result.log_likelihood >= fit_discrete_time(panel, clpm).log_likelihood - 1e-3
        kinds.add(result.outcome.kind)
        assert all("covariance" in name for name in result.held)
    assert "boundary" in kinds


def test_a_duplicated_construct_is_never_called_converged():
    specification = small_waves.specification("ri-clpm", 2, 4)
    panel = small_waves.draw_panel(specification, truth(specification), np.random.default_rng(2), 200)
    twice = replace(panel, scores=panel.scores[:, [0, 0]])
    result = fit_discrete_time(twice, specification)
    assert_outcome_is_honest(result)
    assert result.outcome.kind != "converged"


def test_waves_never_observed_together_are_never_called_converged():
    """Half of the persons have waves 1 and 2, half waves 3 and 4, so the lag from 2 to 3 is not identified."""
    specification = small_waves.specification("clpm", 2, 4)
    panel = small_waves.draw_panel(specification, truth(specification), np.random.default_rng(3), 200)
    scores, person = panel.scores.copy(), np.repeat(np.arange(200), 4)
    scores[(person < 100) & (panel.wave > 2)] = np.nan
    scores[(person >= 100) & (panel.wave <= 2)] = np.nan
    result = fit_discrete_time(replace(panel, scores=scores), specification)
    assert_outcome_is_honest(result)
    assert result.outcome.kind not in ("converged", "boundary")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda panel: replace(panel, scores=np.full_like(panel.scores, np.nan)), "no score"),
        (lambda panel: replace(panel, scores=np.ones_like(panel.scores)), "is the same"),
        (lambda panel: replace(panel, scores=np.where(panel.wave[:, None] == 3, np.nan, panel.scores)), "Wave 3"),
    ],
)
def test_too_little_data_is_reported_with_its_reason(change, part):
    specification = small_waves.specification("ri-clpm", 2, 4)
    panel = change(small_waves.draw_panel(specification, truth(specification), np.random.default_rng(2), 40))
    result = fit_discrete_time(panel, specification)
    assert result.outcome.kind == "not_enough_data"
    assert part in result.outcome.sentence
    assert result.parameters is None
    assert result.estimates == {}


def test_two_waves_do_not_identify_random_intercepts():
    specification = small_waves.specification("ri-clpm", 2, 2)
    result = fit_discrete_time(
        small_waves.draw_panel(specification, truth(specification), np.random.default_rng(2), 40), specification
    )
    assert "two waves" in result.outcome.sentence.lower()


def test_expected_information_of_a_stationary_start_is_refused():
    specification = small_waves.specification("var", 2, 6)
    panel = small_waves.draw_panel(specification, truth(specification), np.random.default_rng(2), 40)
    with pytest.raises(ModelError, match="expected information"):
        fit_discrete_time(panel, specification, information="expected")


def test_nested_models_are_compared_by_their_likelihood_ratio():
    specification = small_waves.specification("ri-clpm, equal lags", 2, 5)
    panel = small_waves.draw_panel(specification, truth(specification), np.random.default_rng(8), 400, 0.1)
    equal, free = (
        fit_discrete_time(panel, specification),
        fit_discrete_time(panel, replace(specification, lags=WaveConstraint.FREE)),
    )
    comparison = compare_discrete_time(equal, free)
    assert comparison.df == 12
    assert comparison.statistic == pytest.approx(2 * (free.log_likelihood - equal.log_likelihood))
    assert comparison.p > 0.001
    assert not comparison.is_upper_bound
    comparison_without_levels = compare_discrete_time(
        fit_discrete_time(panel, replace(specification, levels=False)), equal
    )
    assert comparison_without_levels.df == 3
    assert comparison_without_levels.p < 1e-6
    assert comparison_without_levels.is_upper_bound
    with pytest.raises(ModelError, match="frees parameters in “lags”"):
        compare_discrete_time(free, equal)
    with pytest.raises(ModelError, match="different data"):
        compare_discrete_time(
            equal,
            fit_discrete_time(
                replace(panel, scores=panel.scores + 1.0), replace(specification, lags=WaveConstraint.FREE)
            ),
        )


def test_the_likelihood_ratio_test_of_equal_lags_keeps_its_level():
    """Under equal lags p is uniform over samples."""
    specification = small_waves.specification("clpm, equal lags", 1, 4)
    q = truth(specification)
    p = [
        compare_discrete_time(
            fit_discrete_time(panel, specification),
            fit_discrete_time(panel, replace(specification, lags=WaveConstraint.FREE)),
        ).p
        for panel in (
            small_waves.draw_panel(specification, q, np.random.default_rng([9, i]), 200, 0.1) for i in range(80)
        )
    ]
    assert kstest(p, "uniform").pvalue > 0.001
