"""Fits of models of waves: what lavaan finds, what was simulated, and no false success."""

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
from securebase.model.fit.boundary import GRADIENT_TOLERANCE
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
    of = discrete_time_specification(panel, model, equal_lags=equal, equal_residuals=equal, equal_means=equal)
    return fit_discrete_time(panel, of, information=information)


def theirs(kind, data):
    """(their fit, (left, operator, right) → (estimate, standard error)), numbered after the construct."""
    found = json.loads((Path(REFERENCE) / "results" / "lavaan_riclpm.json").read_text())["fits"][f"{kind}_{data}"]
    return found, {(r["lhs"], r["op"], r["rhs"]): (r["est"], r["se"]) for r in found["parameters"]}


def in_lavaan(kind, name):
    """Our name as lavaan's (left, operator, right), both orders of a covariance."""
    block, inside = name.rstrip("]").split("[")
    within = "" if kind == "clpm" else "w"
    equal = FITS[kind][1]
    numbered = [part.replace(" ", "") for part in inside.split(",")]
    match block:
        case "lags":
            to, since = numbered if not equal else (numbered[0] + "2", numbered[1] + "1")
            return [(within + to, "~", within + since)]
        case "mean":
            return [(numbered[0] + ("1" if equal else ""), "~1", "")]
        case "level_covariance":
            a, b = ("RI" + part for part in numbered)
        case "start_covariance":
            a, b = (within + part + "1" for part in numbered)
        case _:
            a, b = (within + part + ("2" if equal else "") for part in numbered)
    return [(a, "~~", b), (b, "~~", a)]


@needs_reference
@pytest.mark.parametrize("data", ["complete", "mcar20"])
@pytest.mark.parametrize("kind", FITS)
def test_equals_lavaan(kind, data):
    ours, (found, estimates) = fitted(kind, data), theirs(kind, data)
    assert ours.outcome.kind == "converged"
    assert ours.n_parameters == found["fit"]["npar"]
    assert ours.log_likelihood == pytest.approx(found["fit"]["logl"], abs=1e-5)
    assert (ours.aic, ours.bic) == pytest.approx((found["fit"]["aic"], found["fit"]["bic"]), abs=1e-4)
    compared = 0
    for name, e in ours.estimates.items():
        if kind == "clpm" and name.startswith("mean") and not name.endswith(" 1]"):
            continue  # there lavaan has intercepts of a regression: the test below
        value, error = next(estimates[key] for key in in_lavaan(kind, name) if key in estimates)
        assert e.value == pytest.approx(value, abs=1e-4)
        assert e.standard_error == pytest.approx(error, rel=1e-3)
        compared += 1
    assert compared == ours.n_parameters - (8 if kind == "clpm" else 0)


@needs_reference
@pytest.mark.parametrize("data", ["complete", "mcar20"])
def test_means_without_levels_are_lavaans_intercepts(data):
    """Mean at wave t + 1 less lags times mean at wave t, with the error that the covariance of the estimates gives."""
    ours, (_, estimates) = fitted("clpm", data), theirs("clpm", data)
    names = list(ours.estimates)
    for wave in range(2, 6):
        for to in "xy":
            value, slope = ours.estimates[f"mean[{to} {wave}]"].value, np.zeros(len(names))
            slope[names.index(f"mean[{to} {wave}]")] = 1.0
            for since in "xy":
                lag, mean = f"lags[{to} {wave},{since} {wave - 1}]", f"mean[{since} {wave - 1}]"
                value -= ours.estimates[lag].value * ours.estimates[mean].value
                slope[names.index(lag)] = -ours.estimates[mean].value
                slope[names.index(mean)] = -ours.estimates[lag].value
            expected, error = estimates[f"{to}{wave}", "~1", ""]
            assert value == pytest.approx(expected, abs=1e-4)
            assert np.sqrt(slope @ ours.covariance @ slope) == pytest.approx(error, rel=1e-3)


#: standard errors that lavaan 0.6.14 gives for RICLPM.csv when it takes the expected information (its default for
#: complete data; lavaan_riclpm.json has those of the observed one)
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
def test_expected_information_is_lavaans(kind):
    observed, expected = fitted(kind, "complete"), fitted(kind, "complete", "expected")
    for name, error in EXPECTED[kind].items():
        assert expected.estimates[name].value == observed.estimates[name].value
        assert expected.estimates[name].standard_error == pytest.approx(error, rel=1e-5)


def truth(of):
    p = of.p
    lags = np.full((p, p), 0.1) + 0.3 * np.eye(p)
    return DiscreteTimeParameters(
        lags=np.repeat(lags[None], of.n_lags, axis=0),
        residual_covariance=np.repeat((0.7 * np.eye(p) + 0.2)[None], of.n_residuals, axis=0),
        mean=np.arange(of.n_means * p, dtype=float).reshape(-1, p),
        start_covariance=np.eye(p) + 0.3 if of.start == "free" else None,
        level_covariance=0.5 * np.eye(p) + 0.25 if of.levels else None,
    )


@pytest.mark.parametrize(
    ("model", "persons", "waves", "missing"),
    [("var", 150, 40, 0.1), ("ri-clpm", 1500, 5, 0.15), ("clpm, equal lags", 800, 6, 0.15)],
)
def test_what_was_simulated_is_found(model, persons, waves, missing):
    of = small_waves.specification(model, 2, waves)
    q = truth(of)
    found = fit_discrete_time(small_waves.drawn(of, q, np.random.default_rng(11), persons, missing), of)
    assert found.outcome.kind == "converged"
    z = [
        (found.estimates[name].value - value) / found.estimates[name].standard_error
        for name, value in q.named(of).items()
    ]
    assert np.abs(z).max() < 4.0
    assert 0.5 < np.sqrt(np.mean(np.square(z))) < 1.5


def test_points_and_waves_bear_any_numbers():
    of = small_waves.specification("ri-clpm", 2, 4)
    panel = small_waves.drawn(of, truth(of), np.random.default_rng(5), 300, 0.2)
    one = fit_discrete_time(panel, of)
    other = fit_discrete_time(
        replace(panel, scores=panel.scores * [10.0, 0.1] + 50.0, wave=panel.wave + 6), replace(of, first_wave=7)
    )
    assert other.estimates["lags[b 8,a 7]"].value == pytest.approx(
        0.01 * one.estimates["lags[b 2,a 1]"].value, rel=1e-5
    )
    assert other.estimates["level_covariance[a,a]"].standard_error == pytest.approx(
        100 * one.estimates["level_covariance[a,a]"].standard_error, rel=1e-5
    )
    shift = panel.n_observations and np.isfinite(panel.scores).sum(axis=0) @ np.log([10.0, 0.1])
    assert other.log_likelihood == pytest.approx(one.log_likelihood - shift, rel=1e-9)


def test_log_likelihood_of_a_fit_is_that_of_a_dense_normal():
    of = small_waves.specification("ri-clpm", 2, 4)
    panel = small_waves.drawn(of, truth(of), np.random.default_rng(6), 100, 0.3)
    found = fit_discrete_time(panel, of)
    assert found.log_likelihood == pytest.approx(sum(dense_waves.per_person(panel, of, found.parameters)), rel=1e-9)
    assert found.log_likelihood == pytest.approx(DiscreteTimeLikelihood(panel, of).value(found.parameters), rel=1e-9)


def honest(found):
    """“Converged” only with a flat gradient and a positive-definite Hessian; what is not determined has no error."""
    if found.outcome.kind in ("converged", "boundary"):
        assert found.gradient_norm < GRADIENT_TOLERANCE
        assert min(found.hessian_eigenvalues) > 0
    else:
        assert all(e.standard_error is None for e in found.estimates.values())
        assert found.outcome.what_to_do


def test_levels_that_are_not_there_end_at_a_boundary():
    of = small_waves.specification("ri-clpm", 2, 5)
    without = small_waves.specification("clpm", 2, 5)
    q = truth(without)
    kinds = set()
    for seed in range(6):
        panel = small_waves.drawn(without, q, np.random.default_rng(seed), 150)
        found = fit_discrete_time(panel, of)
        honest(found)
        assert found.log_likelihood >= fit_discrete_time(panel, without).log_likelihood - 1e-3
        kinds.add(found.outcome.kind)
        assert all("covariance" in name for name in found.held)
    assert "boundary" in kinds


def test_construct_given_twice_is_never_converged():
    of = small_waves.specification("ri-clpm", 2, 4)
    panel = small_waves.drawn(of, truth(of), np.random.default_rng(2), 200)
    twice = replace(panel, scores=panel.scores[:, [0, 0]])
    found = fit_discrete_time(twice, of)
    honest(found)
    assert found.outcome.kind != "converged"


def test_waves_that_never_meet_are_never_converged():
    """Half of the persons were seen at the first two waves, half at the last two: nothing tells the lag between."""
    of = small_waves.specification("clpm", 2, 4)
    panel = small_waves.drawn(of, truth(of), np.random.default_rng(3), 200)
    scores, person = panel.scores.copy(), np.repeat(np.arange(200), 4)
    scores[(person < 100) & (panel.wave > 2)] = np.nan
    scores[(person >= 100) & (panel.wave <= 2)] = np.nan
    found = fit_discrete_time(replace(panel, scores=scores), of)
    honest(found)
    assert found.outcome.kind not in ("converged", "boundary")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda panel: replace(panel, scores=np.full_like(panel.scores, np.nan)), "no score"),
        (lambda panel: replace(panel, scores=np.ones_like(panel.scores)), "is the same"),
        (lambda panel: replace(panel, scores=np.where(panel.wave[:, None] == 3, np.nan, panel.scores)), "Wave 3"),
    ],
)
def test_too_little_is_refused_with_its_reason(change, part):
    of = small_waves.specification("ri-clpm", 2, 4)
    panel = change(small_waves.drawn(of, truth(of), np.random.default_rng(2), 40))
    found = fit_discrete_time(panel, of)
    assert found.outcome.kind == "not_enough_data"
    assert part in found.outcome.sentence
    assert found.parameters is None
    assert found.estimates == {}


def test_two_waves_cannot_tell_levels():
    of = small_waves.specification("ri-clpm", 2, 2)
    found = fit_discrete_time(small_waves.drawn(of, truth(of), np.random.default_rng(2), 40), of)
    assert "two waves" in found.outcome.sentence.lower()


def test_expected_information_of_a_stationary_start_is_refused():
    of = small_waves.specification("var", 2, 6)
    panel = small_waves.drawn(of, truth(of), np.random.default_rng(2), 40)
    with pytest.raises(ModelError, match="expected information"):
        fit_discrete_time(panel, of, information="expected")


def test_a_special_case_is_tested_within_the_larger_model():
    of = small_waves.specification("ri-clpm, equal lags", 2, 5)
    panel = small_waves.drawn(of, truth(of), np.random.default_rng(8), 400, 0.1)
    equal, free = fit_discrete_time(panel, of), fit_discrete_time(panel, replace(of, lags=WaveConstraint.FREE))
    found = compare_discrete_time(equal, free)
    assert found.df == 12
    assert found.statistic == pytest.approx(2 * (free.log_likelihood - equal.log_likelihood))
    assert found.p > 0.001
    assert not found.is_upper_bound
    without = compare_discrete_time(fit_discrete_time(panel, replace(of, levels=False)), equal)
    assert without.df == 3
    assert without.p < 1e-6
    assert without.is_upper_bound
    with pytest.raises(ModelError, match="has more in “lags”"):
        compare_discrete_time(free, equal)
    with pytest.raises(ModelError, match="other data"):
        compare_discrete_time(
            equal, fit_discrete_time(replace(panel, scores=panel.scores + 1.0), replace(of, lags=WaveConstraint.FREE))
        )


def test_the_ratio_of_equal_lags_has_its_level():
    """Equal lags are true: p is uniform over samples."""
    of = small_waves.specification("clpm, equal lags", 1, 4)
    q = truth(of)
    p = [
        compare_discrete_time(
            fit_discrete_time(panel, of), fit_discrete_time(panel, replace(of, lags=WaveConstraint.FREE))
        ).p
        for panel in (small_waves.drawn(of, q, np.random.default_rng([9, i]), 200, 0.1) for i in range(80))
    ]
    assert kstest(p, "uniform").pvalue > 0.001
