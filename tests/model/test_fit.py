"""Fits against other programs and simulated parameters, and the reports of fits that cannot succeed."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oracles import small_problems
from securebase.errors import ModelError
from securebase.model.estimation.optimise import Indices, Iterate, bfgs, hessian, newton_refine
from securebase.model.fit import Fit, fit
from securebase.model.fit.problem import ContinuousTimeProblem
from securebase.model.fit.transforms import build_transform
from securebase.model.kernel import compiled
from securebase.model.likelihood import log_likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Start, Trend

REFERENCE = os.environ.get("SECUREBASE_REFERENCE")
needs_reference = pytest.mark.skipif(
    REFERENCE is None, reason="SECUREBASE_REFERENCE is not set: no data to compare with"
)

TRUTH = Parameters(
    drift=np.array([[-0.45, -0.10], [0.15, -0.60]]),
    diffusion=np.array([[0.5, -0.1], [-0.1, 0.6]]),
    level_mean=np.array([3.0, 1.0]),
    level_covariance=np.array([[0.6, -0.2], [-0.2, 0.8]]),
    measurement_noise=np.array([0.2, 0.25]),
)
TREND_TRUTH = {
    Trend.NONE: TRUTH,
    Trend.LINEAR: replace(TRUTH, slope=np.array([-0.10, 0.05])),
    Trend.APART: replace(TRUTH, change=np.array([-1.5, 0.8]), rate=0.2),
    Trend.CARRIED: replace(TRUTH, start_mean=np.zeros(2), therapy_effect=np.array([-0.5, 0.3])),
}


def read(file: str, person: str, time: str, columns: Sequence[str], unit: tuple[str, float]) -> Panel:
    """Return the first row of each person and time of a reference table."""
    assert REFERENCE is not None
    rows: dict[tuple[str, float], list[float]] = {}
    with (Path(REFERENCE) / "data" / file).open(newline="") as stream:
        for row in csv.DictReader(stream):
            rows.setdefault(
                (row[person], float(row[time])),
                [float(row[c]) if row[c] not in ("", "NA") else np.nan for c in columns],
            )
    persons = list(dict.fromkeys(name for name, _ in rows))
    keys = sorted(rows, key=lambda k: (persons.index(k[0]), k[1]))
    counts = [sum(k[0] == name for k in keys) for name in persons]
    return Panel(
        persons=tuple(persons),
        constructs=tuple(columns),
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        times=np.array([k[1] for k in keys]),
        scores=np.array([rows[k] for k in keys]),
        wave=np.full(len(keys), -1, dtype=np.int64),
        time_unit=unit[0],
        days_per_unit=unit[1],
    )


def reference(name: str) -> dict[str, dict[str, dict[str, float]]]:
    assert REFERENCE is not None
    text = (Path(REFERENCE) / "results" / f"{name}.json").read_text()
    contents: dict[str, dict[str, dict[str, float]]] = json.loads(text)
    return contents


PARTS = {
    "a": "drift",
    "q": "diffusion",
    "p": "start_covariance",
    "psi": "level_covariance",
    "mu": "level_mean",
    "th": "measurement_noise",
}


def our_name(theirs: str) -> str:
    """Return our name of a reference parameter, e.g. diffusion[Y2,Y1] for q1_2."""
    match = re.fullmatch(r"([a-z]+)(\d)(?:_(\d))?", theirs)
    assert match is not None
    part, indices = PARTS[match[1]], [i for i in match.groups()[1:] if i]
    if part != "drift":
        indices.sort(reverse=True)
    return f"{part}[{','.join(f'Y{i}' for i in indices)}]"


@needs_reference
@pytest.mark.parametrize("kernel", ["compiled", "readable"])
@pytest.mark.parametrize(
    ("start", "key", "minimum"),
    [
        (Start.FREE, "free initial covariance", -5492.16407),
        (Start.STATIONARY, "stationary start", -5492.71103),
    ],
)
def test_the_fit_equals_the_maximum_of_the_dense_likelihood(
    kernel: str, start: Start, key: str, minimum: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kernel == "compiled" and not compiled.AVAILABLE:
        pytest.skip("no compiled kernel was built here")
    monkeypatch.setenv("SECUREBASE_KERNEL", kernel)
    theirs = reference("continuous_time")[key]["dense multivariate normal, maximised"]
    panel = read("ctsim_p2_N200_T12.csv", "id", "time", ("Y1", "Y2"), ("file", 1.0))
    assert np.isnan(panel.scores).all(axis=1).sum() > 0  # rows without a score stay in the panel
    result = fit(panel, Specification(("Y1", "Y2"), Trend.NONE, start, time_unit="file", days_per_unit=1.0))
    assert result.outcome.kind == "converged"
    assert result.kernel == kernel
    assert result.log_likelihood is not None
    assert result.log_likelihood >= minimum
    assert result.log_likelihood == pytest.approx(theirs["log_likelihood"], abs=1e-6)
    assert result.n_parameters == theirs["n_parameters"] == len(result.estimates)
    for name, value in theirs["estimates"].items():
        assert result.estimates[our_name(name)].value == pytest.approx(value, abs=1e-3)
        assert result.estimates[our_name(name)].standard_error == pytest.approx(
            theirs["standard_errors"][name], rel=0.01
        )


@needs_reference
def test_the_fit_of_cognitive_therapy_sessions_equals_that_of_nlme() -> None:
    panel = read("cbt_bdi_sessions.csv", "ID", "time", ("BDI",), ("day", 1.0))
    assert len(panel.times) == 6964
    result = fit(panel, Specification(("BDI",), Trend.LINEAR, Start.STATIONARY, time_unit="day", days_per_unit=1.0))
    theirs = reference("cbt_bdi")["nlme random intercept + OU + noise, first row of each ID and time, 6964 rows"]
    assert result.outcome.kind == "converged"
    assert result.log_likelihood is not None
    assert result.log_likelihood >= -20614.02867
    assert result.log_likelihood == pytest.approx(theirs["logLik"], abs=1e-6)
    month, value = 30.0, {name: e.value for name, e in result.estimates.items()}
    assert -1 / value["drift[BDI,BDI]"] / month == pytest.approx(theirs["range"], rel=1e-3)
    assert value["level_covariance[BDI,BDI]"] == pytest.approx(theirs["var_intercept"], rel=1e-3)
    assert value["measurement_noise[BDI]"] == pytest.approx(theirs["nugget"] * theirs["var_resid_total"], rel=1e-3)  # type: ignore[operator]
    assert value["slope[BDI]"] * month == pytest.approx(-1.896378, rel=1e-4)
    assert value["level_mean[BDI]"] == pytest.approx(15.801509, rel=1e-5)


def cohort(trend: Trend, seed: int, *, n: int = 200, rows: int = 10) -> tuple[Panel, Specification, Parameters]:
    specification = Specification(("symptoms", "alliance"), trend, planned_end=rows - 1.0)
    truth = TREND_TRUTH[trend]
    return (
        simulate_panel(specification, truth, [np.arange(rows)] * n, np.random.default_rng(seed)),
        specification,
        truth,
    )


@pytest.mark.parametrize("trend", list(Trend))
@pytest.mark.parametrize("start", list(Start))
@pytest.mark.parametrize("part", ["", "all"])
def test_the_internal_gradient_equals_central_differences(trend: Trend, start: Start, part: str) -> None:
    rng = np.random.default_rng(11)
    specification = small_problems.specification_with(2, trend, start, part)
    problem = ContinuousTimeProblem(
        small_problems.panel_for(specification, rng, persons=30), specification, reliability={"c0": 0.8}
    )
    x = 0.3 * rng.normal(size=problem.scale.size)
    x[problem.scale.where("loading")] += 1.0
    x[:4] = [-0.6, 0.1, -0.2, -0.7]
    _, gradient = problem(x)
    for i in range(len(x)):
        h = np.zeros(len(x))
        h[i] = 1e-5
        expected = (problem(x + h)[0] - problem(x - h)[0]) / 2e-5
        assert gradient[i] == pytest.approx(expected, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("trend", list(Trend))
@pytest.mark.parametrize("start", list(Start))
@pytest.mark.parametrize("part", ["", "random slopes", "all"])
def test_the_transform_to_natural_parameters_is_exact(trend: Trend, start: Start, part: str) -> None:
    rng = np.random.default_rng(12)
    specification = small_problems.specification_with(3, trend, start, part)
    panel = small_problems.panel_for(specification, rng, persons=30)
    points = rng.choice([10.0, 1.0, 0.01], size=len(specification.scores))
    later = 0.0 if specification.random_slopes else 400.0
    panel = replace(panel, times=panel.times * 7 + later, scores=panel.scores * points + 50 * points)
    transform = build_transform(panel, specification)
    x = 0.2 * rng.normal(size=transform.size)
    x[:9] = (-0.5 * np.eye(3) + 0.05 * rng.normal(size=(3, 3))).ravel()
    # the likelihood of the scores as given is that of the standardised ones, shifted
    inside = (
        log_likelihood(transform.panel, transform.specification, transform.standard(x)) + transform.log_likelihood_shift
    )
    assert log_likelihood(panel, specification, transform.natural(x)) == pytest.approx(inside, rel=1e-9)
    np.testing.assert_allclose(transform.internal(transform.standard(x)), x, atol=1e-9)
    np.testing.assert_allclose(transform.standardised(transform.natural(x)), x, atol=1e-8)

    def named(at: Array) -> Array:
        return np.array(list(transform.natural(at).named(specification).values()))

    for i in range(transform.size):
        h = np.zeros(transform.size)
        h[i] = 1e-6
        expected = (named(x + h) - named(x - h)) / 2e-6
        np.testing.assert_allclose(
            transform.jacobian(x)[:, i], expected, rtol=1e-5, atol=1e-6 * (1 + np.abs(expected).max())
        )


@pytest.mark.parametrize("trend", list(Trend))
def test_a_fit_recovers_the_simulated_parameters(trend: Trend) -> None:
    panel, specification, truth = cohort(trend, seed=1)
    steps: list[tuple[int, float]] = []
    result = fit(panel, specification, progress=lambda step, value: steps.append((step, value)))
    assert result.outcome.kind == "converged"
    assert result.gradient_norm is not None
    assert result.gradient_norm < 1e-6
    assert min(result.hessian_eigenvalues) > 0
    assert result.log_likelihood is not None
    assert result.parameters is not None
    assert result.log_likelihood == pytest.approx(log_likelihood(panel, specification, result.parameters), rel=1e-10)
    assert result.log_likelihood > log_likelihood(panel, specification, truth)
    assert steps[0][1] < steps[-1][1] <= result.log_likelihood + 1e-6
    for name, value in truth.named(specification).items():
        estimate = result.estimates[name]
        if name.startswith("start_mean"):
            assert (estimate.value, estimate.standard_error) == (0.0, None)
        else:
            assert estimate.standard_error is not None
            assert abs(estimate.value - value) < 4.5 * estimate.standard_error
    variances = np.diag(result.covariance)[[e.standard_error is not None for e in result.estimates.values()]]
    assert len(variances) == result.n_parameters


WIDER = {
    "random slopes": (
        {"random_slopes": True, "trend": Trend.APART},
        {
            "change": np.array([-1.5, 0.8]),
            "rate": 0.2,
            "change_covariance": np.array([[1.0, -0.3], [-0.3, 0.8]]),
            "level_change_covariance": np.array([[-0.2, 0.1], [0.0, 0.1]]),
        },
    ),
    "initial-state mean": ({"free_start_mean": True}, {"start_mean": np.array([1.5, -1.0])}),
    "indicators": (
        {"indicators": (("phq", "symptoms"), ("wai", "alliance"), ("bdi", "symptoms"), ("srs", "alliance"))},
        {
            "loading": np.array([1.0, 1.0, 1.7, -0.6]),
            "intercept": np.array([0.0, 0.0, 4.0, 2.0]),
            "measurement_noise": np.array([0.3, 0.3, 0.5, 0.2]),
        },
    ),
    "inputs": ({"inputs": ("homework",)}, {"input_effect": np.array([[-0.5], [0.3]])}),
    "covariates": ({"covariates": ("avoidance",)}, {"covariate_effect": np.array([[0.4], [-0.5]])}),
    "therapists": ({"therapists": True}, {"therapist_covariance": np.array([[0.5, -0.2], [-0.2, 0.4]])}),
}


@pytest.mark.parametrize("part", WIDER)
def test_every_part_of_the_full_model_is_recovered(part: str) -> None:
    expected_names, true_values = WIDER[part]
    rng = np.random.default_rng(4)
    n, rows = 240, 9
    specification = Specification(("symptoms", "alliance"), planned_end=8.0, **expected_names)  # type: ignore[arg-type]
    truth = replace(TRUTH, **true_values)  # type: ignore[arg-type]
    panel = simulate_panel(
        specification,
        truth,
        [np.arange(rows)] * n,
        rng,
        inputs=rng.normal(size=(n * rows, 1)) if specification.inputs else None,
        covariates=rng.normal(size=(n, 1)) if specification.covariates else None,
        therapist=np.arange(n) // 6 if specification.therapists else None,
    )
    result = fit(panel, specification)
    assert result.outcome.kind == "converged", result.outcome
    misses = []
    for name, value in truth.named(specification).items():
        error = result.estimates[name].standard_error
        assert error is not None, name
        misses.append((result.estimates[name].value - value) / error)
    # standard normals, though not independent ones, stay below 4, and their mean square is near 1
    assert np.abs(misses).max() < 4.0, misses
    assert 0.15 < np.mean(np.square(misses)) < 2.2, misses
    assert len(misses) == result.n_parameters


def test_units_and_the_origin_of_time_make_no_difference() -> None:
    panel, specification, _ = cohort(Trend.LINEAR, seed=2)
    plain = fit(panel, specification)
    moved = replace(panel, times=panel.times * 7.0 + 20000.0, scores=panel.scores * [100.0, 0.01] + [-500.0, 7.0])
    rescaled = fit(moved, replace(specification, planned_end=63.0))
    assert rescaled.outcome.kind == plain.outcome.kind == "converged"
    assert plain.log_likelihood is not None
    # change of variables: the log density falls by the log of the factor for every observed score
    shift = len(panel.times) * (np.log(100.0) + np.log(0.01))
    assert rescaled.log_likelihood == pytest.approx(plain.log_likelihood - shift, abs=1e-4)
    for name, factor in {
        "drift[symptoms,symptoms]": 1 / 7,
        "drift[symptoms,alliance]": 100 / 0.01 / 7,
        "diffusion[alliance,alliance]": 0.01**2 / 7,
        "slope[symptoms]": 100 / 7,
        "measurement_noise[symptoms]": 100.0**2,
    }.items():
        mine, theirs = plain.estimates[name], rescaled.estimates[name]
        assert theirs.value == pytest.approx(factor * mine.value, rel=1e-3, abs=1e-4 * factor)
        assert mine.standard_error is not None
        assert theirs.standard_error == pytest.approx(factor * mine.standard_error, rel=1e-3)


def test_a_noise_variance_that_goes_to_zero_is_reported_and_held() -> None:
    """Small panels without measurement noise: about half end at the boundary, and each says so."""
    specification = Specification(("symptoms", "alliance"))
    truth = replace(TRUTH, measurement_noise=np.array([1e-10, 0.25]))
    ended: list[Fit] = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        ended.append(fit(simulate_panel(specification, truth, [np.arange(8)] * 100, rng), specification))
    at_boundary = [f for f in ended if f.outcome.kind == "boundary" and f.held == ("measurement_noise[symptoms]",)]
    assert len(at_boundary) >= 2
    for result in at_boundary:
        assert "the measurement error variance of “symptoms” is zero" in result.outcome.sentence
        assert result.outcome.what_to_do
        assert result.estimates["measurement_noise[symptoms]"].value == pytest.approx(0.0, abs=1e-6)
        assert result.estimates["measurement_noise[symptoms]"].standard_error is None
        assert result.estimates["drift[symptoms,alliance]"].standard_error is not None


def test_a_reliability_keeps_the_noise_from_going_to_zero() -> None:
    specification = Specification(("symptoms", "alliance"))
    truth = replace(TRUTH, measurement_noise=np.array([1e-10, 0.25]))
    for seed in range(8):
        panel = simulate_panel(specification, truth, [np.arange(8)] * 100, np.random.default_rng(seed))
        if fit(panel, specification).outcome.kind == "boundary":
            result = fit(panel, specification, reliability={"symptoms": 0.85, "alliance": 0.85})
            assert result.outcome.kind == "converged"
            assert result.estimates["measurement_noise[symptoms]"].value > 0.01
            assert any("reliability" in note for note in result.notes)
            return
    pytest.fail("none of the panels ended at a boundary")


def test_a_person_level_without_spread_ends_at_the_boundary_or_small() -> None:
    specification = Specification(("symptoms",))
    truth = Parameters(np.array([[-0.7]]), np.eye(1), np.zeros(1), np.array([[1e-12]]), np.array([0.3]))
    kinds = set()
    for seed in range(6):
        panel = simulate_panel(specification, truth, [np.arange(12)] * 60, np.random.default_rng(seed))
        result = fit(panel, specification)
        kinds.add(result.outcome.kind)
        assert result.outcome.kind in ("converged", "boundary", "indefinite")
        assert result.estimates["level_covariance[symptoms,symptoms]"].value < 0.3
    assert "boundary" in kinds


def test_white_noise_is_not_called_converged() -> None:
    """Without autocorrelation the drift is not determined, and the fit must not pretend that it is."""
    specification = Specification(("symptoms", "alliance"))
    panel = cohort(Trend.NONE, seed=3, n=100, rows=8)[0]
    for seed in range(3):
        scores = np.random.default_rng(seed).normal(size=panel.scores.shape)
        assert fit(replace(panel, scores=scores), specification).outcome.kind != "converged"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: _first_persons(p, 3), "at least 4 such persons"),
        (lambda p: replace(p, scores=p.scores * [1.0, np.nan]), "no score for “alliance”"),
        (lambda p: replace(p, scores=p.scores * [0.0, 1.0]), "“symptoms” is the same"),
        (lambda p: replace(p, scores=np.where(p.wave[:, None] < 2, p.scores, np.nan)), "three scores or more for 0"),
    ],
)
def test_too_little_data_is_reported_with_its_reason(change: object, reason: str) -> None:
    panel, specification, _ = cohort(Trend.NONE, seed=4)
    assert callable(change)
    result = fit(change(panel), specification)
    assert result.outcome.kind == "not_enough_data"
    assert reason in result.outcome.sentence
    assert result.outcome.what_to_do
    assert (result.parameters, result.log_likelihood, dict(result.estimates)) == (None, None, {})


def test_fewer_scores_than_parameters_are_refused() -> None:
    specification = Specification(("a", "b", "c"), Trend.APART, Start.FREE)
    panel = small_problems.panel(3, np.random.default_rng(5), persons=5, longest=3, missing=0.0)
    panel = replace(panel, constructs=("a", "b", "c"))
    result = fit(panel, specification)
    assert result.outcome.kind == "not_enough_data"
    # drift 9, three covariances 18, means 3, change 3, rate 1, noise 3
    assert result.n_parameters == 37


def _first_persons(panel: Panel, n: int) -> Panel:
    end = int(panel.starts[n])
    return replace(
        panel,
        persons=panel.persons[:n],
        starts=panel.starts[: n + 1],
        times=panel.times[:end],
        scores=panel.scores[:end],
        wave=panel.wave[:end],
    )


def test_a_panel_of_other_constructs_is_refused() -> None:
    panel, specification, _ = cohort(Trend.NONE, seed=6, n=20)
    with pytest.raises(ModelError, match=r"the panel has the constructs .*, the specification symptoms, hope"):
        fit(panel, replace(specification, constructs=("symptoms", "hope")))


def test_the_optimiser_follows_a_curved_valley_and_avoids_infinite_values() -> None:
    """Rosenbrock's function, infinite beyond x0 = 1.5."""

    def valley(x: Array) -> tuple[float, Array]:
        if x[0] > 1.5:
            return np.inf, np.zeros(2)
        a, b = 1 - x[0], x[1] - x[0] ** 2
        return a * a + 100 * b * b, np.array([-2 * a - 400 * x[0] * b, 200 * b])

    end, iterations = bfgs(valley, np.array([-1.2, 1.0]), tolerance=1e-8)
    np.testing.assert_allclose(end.x, [1.0, 1.0], atol=1e-7)
    assert iterations < 100
    np.testing.assert_allclose(hessian(valley, end.x, np.arange(2)), [[802.0, -400.0], [-400.0, 200.0]], rtol=1e-5)


@pytest.mark.parametrize(("smallest", "then"), [(0.5, False), (1e-6, True), (-0.5, True)])
def test_a_hessian_that_follows_a_nearly_singular_one_is_announced(smallest: float, then: bool) -> None:
    """Along the second coordinate s x²/2 + x⁴/4, whose Hessian changes with every step."""
    announced = []

    def function(x: Array) -> tuple[float, Array]:
        value = 0.5 * x[0] ** 2 + 0.5 * smallest * x[1] ** 2 + 0.25 * x[1] ** 4
        return value, np.array([x[0], smallest * x[1] + x[1] ** 3])

    def curvature(x: Array, indices: Indices, near_singular: bool) -> Array:
        announced.append(near_singular)
        return np.diag([1.0, smallest + 3.0 * x[1] ** 2])

    start = np.array([1.0, 0.0])
    newton_refine(function, Iterate(start, *function(start)), np.arange(2), tolerance=1e-8, curvature=curvature)
    assert announced[:2] == [False, then]


def test_intervals_of_variances_are_positive_and_those_of_effects_symmetric() -> None:
    panel, specification, _ = cohort(Trend.NONE, seed=7)
    result = fit(panel, specification)
    for name in ("measurement_noise[alliance]", "diffusion[symptoms,symptoms]"):
        low, high = result.interval(name, z=20.0) or (0.0, 0.0)
        assert 0 < low < result.estimates[name].value < high
    for name in ("drift[symptoms,alliance]", "diffusion[alliance,symptoms]", "level_mean[symptoms]"):
        low, high = result.interval(name) or (0.0, 0.0)
        assert (low + high) / 2 == pytest.approx(result.estimates[name].value)
        error = result.estimates[name].standard_error
        assert error is not None
        assert high - low == pytest.approx(2 * 1.96 * error, rel=1e-4)


@pytest.mark.slow
def test_intervals_cover_the_simulated_parameters() -> None:
    """A small version of `benchmarks/coverage.py` with 40 cohorts.

    The share of 95% intervals of a block that contain the truth must lie within 3.5 binomial standard errors, counting
    half of a block's intervals as independent.
    """
    covered: dict[str, list[bool]] = {}
    regular = 0
    for seed in range(40):
        panel, specification, truth = cohort(Trend.NONE, seed=1000 + seed)
        result = fit(panel, specification)
        regular += result.is_regular
        for name, value in truth.named(specification).items():
            estimate = result.estimates[name]
            inside = (
                estimate.standard_error is not None and abs(estimate.value - value) < 1.96 * estimate.standard_error
            )
            covered.setdefault(name.split("[", maxsplit=1)[0], []).append(inside)
    assert regular >= 36
    for block, hits in covered.items():
        effective = len(hits) / 2  # intervals of one block in one cohort are dependent
        assert abs(np.mean(hits) - 0.95) < 3.5 * np.sqrt(0.95 * 0.05 / effective), block


def _level_and_noise(seed: int, p: int = 1) -> Panel:
    """Return 100 persons with 10 rows each: a level and white noise, no autocorrelated state."""
    rng = np.random.default_rng(seed)
    scores = np.repeat(rng.normal(size=(100, p)), 10, axis=0) + rng.normal(size=(1000, p))
    return Panel(
        persons=tuple(f"p{i}" for i in range(100)),
        constructs=("y", "x")[:p],
        starts=np.arange(101) * 10,
        times=np.tile(np.arange(10.0), 100),
        scores=scores,
        wave=np.full(1000, -1),
    )


def test_a_drift_that_diverges_is_reported_as_not_separable() -> None:
    """State and noise cannot be separated. No seed may end in the advice to look for outliers."""
    kinds = []
    for seed in range(12):
        result = fit(_level_and_noise(seed), Specification(("y",), Trend.LINEAR))
        kinds.append(result.outcome.kind)
        if result.outcome.kind == "not_separable":
            assert "Deviations of “y” from the long-run mean" in result.outcome.sentence
            assert result.estimates["drift[y,y]"].standard_error is None
    assert set(kinds) <= {"converged", "boundary", "not_separable"}
    assert kinds.count("not_separable") >= 4
    assert kinds.count("converged") <= 1


def test_advice_mentions_outliers_only_where_they_exist() -> None:
    assert ContinuousTimeProblem(_level_and_noise(1), Specification(("y",), Trend.LINEAR)).outlier_hint() == ""
    far = _level_and_noise(1)
    far.scores[3, 0] = 200.0
    problem = ContinuousTimeProblem(far, Specification(("y",), Trend.LINEAR))
    assert "some scores of “y” lie far" in problem.outlier_hint()
    times = far.times.copy()
    times[9] = 5000.0
    late = replace(_level_and_noise(1), times=times)
    assert "some times lie far" in ContinuousTimeProblem(late, Specification(("y",), Trend.NONE)).outlier_hint()


def test_a_construct_constant_within_persons_is_refused_before_the_optimisation() -> None:
    panel = _level_and_noise(1, p=2)
    panel.scores[:, 1] = np.repeat(np.arange(100.0), 10)
    result = fit(panel, Specification(("y", "x")))
    assert result.outcome.kind == "not_enough_data"
    assert result.parameters is None
    assert "“x” changes within none of the 100 persons; at least 4 are needed" in result.outcome.sentence


def test_a_single_score_is_not_called_a_constant() -> None:
    panel = _level_and_noise(1)
    single = replace(
        panel,
        persons=("p",),
        starts=np.array([0, 1]),
        times=panel.times[:1],
        scores=panel.scores[:1],
        wave=panel.wave[:1],
    )
    assert "only one score for “y”" in fit(single, Specification(("y",))).outcome.sentence
