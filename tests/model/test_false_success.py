"""No false convergence, on data where other programs wrongly report success.

Wherever a fit reports “converged”, the dense normal of `oracles`, which shares no formula with the product, checks that
the gradient of log-likelihood / persons is flat and its Hessian negative definite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from oracles import dense_normal
from securebase.model.fit import Fit, fit
from securebase.model.fit.transforms import Transform, build_transform
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Start, Trend

#: bound on the largest entry of the gradient of log-likelihood / persons at a converged fit
FLAT = 1e-6
TRUTH = Parameters(
    drift=np.array([[-0.45, -0.10], [0.15, -0.60]]),
    diffusion=np.array([[0.5, -0.1], [-0.1, 0.6]]),
    level_mean=np.array([3.0, 1.0]),
    level_covariance=np.array([[0.6, -0.2], [-0.2, 0.8]]),
    measurement_noise=np.array([0.2, 0.25]),
)
SPECIFICATION = Specification(("symptoms", "alliance"))


def draw(
    seed: int = 1, *, persons: int = 24, rows: int = 6, specification: Specification = SPECIFICATION, **options: Any
) -> Panel:
    return simulate_panel(specification, TRUTH, [np.arange(rows)] * persons, np.random.default_rng(seed), **options)


def dense(transform: Transform, x: Array) -> float:
    """Return minus log-likelihood / persons of the standardised panel by the dense normal.

    Persons with the same times share one covariance.
    """
    panel, specification, q = transform.panel, transform.specification, transform.standard(x)
    assert np.isfinite(panel.scores).all()
    nothing = np.zeros(len(specification.covariates))
    groups: dict[bytes, list[int]] = {}
    for i in range(panel.n_persons):
        groups.setdefault(panel.times[panel.rows_of(i)].tobytes(), []).append(i)
    total = 0.0
    for persons in groups.values():
        times = panel.times[panel.rows_of(persons[0])]
        mean, covariance, _ = dense_normal.joint_moments(specification, q, times, None, nothing)
        y = np.array([panel.scores[panel.rows_of(i)].ravel() for i in persons])
        if q.covariate_effect is not None and panel.covariates is not None:
            y = y - np.tile(panel.covariates[persons] @ q.covariate_effect.T, len(times))
        total += float(np.sum(multivariate_normal.logpdf(y, mean, covariance)))
    return -total / panel.n_persons


def steepness(transform: Transform, x: Array, at: Array) -> float:
    """Return the largest entry of the dense gradient along the coordinates `at`, by fourth-order differences."""
    largest = 0.0
    for i in at:
        step = np.zeros(len(x))
        step[i] = 2e-3
        near, far = (dense(transform, x + k * step) - dense(transform, x - k * step) for k in (1, 2))
        largest = max(largest, abs(8.0 * near - far) / (12.0 * step[i]))
    return largest


def lowest_curvature(transform: Transform, x: Array, at: Array) -> float:
    """Return the smallest eigenvalue of the dense Hessian along the coordinates `at`."""
    h, n = 1e-3, len(at)
    steps = np.zeros((n, len(x)))
    steps[np.arange(n), at] = h
    # f(x + a) + f(x − a) − 2 f(x) is the second derivative along a, and half the difference of those along a + b and
    # along a and b is the mixed one
    middle = dense(transform, x)
    along = [dense(transform, x + step) + dense(transform, x - step) - 2.0 * middle for step in steps]
    H = np.diag(along) / h**2
    for i in range(n):
        for j in range(i):
            both = steps[i] + steps[j]
            diagonal = dense(transform, x + both) + dense(transform, x - both) - 2.0 * middle
            H[i, j] = H[j, i] = (diagonal - along[i] - along[j]) / (2.0 * h**2)
    return float(np.linalg.eigvalsh(H)[0])


def assert_converged(result: Fit, panel: Panel) -> None:
    """Check every promise of “converged” independently."""
    assert result.parameters is not None
    assert result.log_likelihood is not None
    transform = build_transform(panel, result.specification)
    x = transform.standardised(result.parameters)
    everything = np.arange(len(x))
    assert -dense(transform, x) * panel.n_persons + transform.log_likelihood_shift == pytest.approx(
        result.log_likelihood, rel=1e-9
    )
    # the differences themselves are accurate to a few 1e-8 only
    assert steepness(transform, x, everything) < FLAT + 1e-7
    assert lowest_curvature(transform, x, everything) > 0
    assert result.gradient_norm is not None
    assert result.gradient_norm < FLAT
    assert min(result.hessian_eigenvalues) > 0
    assert all(e.standard_error is not None and e.standard_error > 0 for e in result.estimates.values())
    assert all(e.value > 0 for name, e in result.estimates.items() if name.startswith("measurement_noise"))
    for covariance in (result.parameters.diffusion, result.parameters.level_covariance):
        assert np.linalg.eigvalsh(covariance)[0] > 0


def test_the_independent_check_rejects_a_point_that_is_no_maximum() -> None:
    """The check passes at the maximum and fails a tenth of a standard error away from it."""
    panel = draw(persons=100)
    assert dense(transform := build_transform(panel, SPECIFICATION), x := transform.internal(TRUTH)) == pytest.approx(
        -dense_normal.log_likelihood(transform.panel, SPECIFICATION, transform.standard(x)) / 100, rel=1e-12
    )
    result = fit(panel, SPECIFICATION)
    assert result.outcome.kind == "converged"
    assert_converged(result, panel)
    assert result.parameters is not None
    error = result.estimates["level_mean[symptoms]"].standard_error
    assert error is not None
    shifted = replace(result.parameters, level_mean=result.parameters.level_mean + np.array([0.1 * error, 0.0]))
    assert steepness(transform, transform.standardised(shifted), np.arange(transform.size)) > 100 * FLAT


def _duplicated(panel: Panel) -> Panel:
    return replace(panel, scores=panel.scores[:, [0, 0]])


def _nearly_duplicated(panel: Panel) -> Panel:
    scores = panel.scores[:, [0, 0]].copy()
    scores[:, 1] += 1e-6 * np.random.default_rng(0).normal(size=len(scores))
    return replace(panel, scores=scores)


def _reversed(panel: Panel) -> Panel:
    return replace(panel, scores=np.column_stack([panel.scores[:, 0], 7.0 - 3.0 * panel.scores[:, 0]]))


def _white_noise(panel: Panel) -> Panel:
    return replace(panel, scores=np.random.default_rng(2).normal(size=panel.scores.shape))


def _alternating(panel: Panel) -> Panel:
    """Return scores that change sign at every row, the opposite of persistence."""
    sign = np.where(np.arange(len(panel.times)) % 2 == 0, 1.0, -1.0)[:, None]
    return replace(panel, scores=sign * (1.0 + 0.05 * np.random.default_rng(3).normal(size=panel.scores.shape)))


def _constant_for_most_persons(panel: Panel) -> Panel:
    scores = panel.scores.copy()
    scores[:, 1] = 2.0
    for i in range(5):
        scores[panel.rows_of(i), 1] = np.arange(6) % 2 + 1.0
    return replace(panel, scores=scores)


def _one_person_has_most_rows(panel: Panel) -> Panel:
    """Return one person with a hundred rows and ten with a single row."""
    rng = np.random.default_rng(4)
    panel_of_eleven = simulate_panel(SPECIFICATION, TRUTH, [np.arange(100)] + [[0.0]] * 10, rng)
    assert panel_of_eleven.n_persons == 11
    return panel_of_eleven


def _two_rows_each(panel: Panel) -> Panel:
    return draw(5, persons=60, rows=2)


def _random_walks(panel: Panel) -> Panel:
    """Return random walks, which no stable drift describes."""
    rng = np.random.default_rng(6)
    return replace(panel, scores=np.cumsum(rng.normal(size=panel.scores.shape), axis=0))


def _at_the_floor(panel: Panel) -> Panel:
    """Return scores of which nearly all lie at the floor of the scale."""
    return replace(panel, scores=np.clip(np.round(panel.scores - 4.0), 0.0, 3.0))


def _outlier(panel: Panel) -> Panel:
    scores = panel.scores.copy()
    scores[7, 0] = 1e6
    return replace(panel, scores=scores)


CASES: dict[str, Callable[[Panel], Panel]] = {
    "a duplicated construct": _duplicated,
    "nearly the same twice": _nearly_duplicated,
    "one construct reversed and rescaled": _reversed,
    "white noise": _white_noise,
    "jumps from side to side": _alternating,
    "moves within five persons only": _constant_for_most_persons,
    "one person has all rows": _one_person_has_most_rows,
    "two rows each": _two_rows_each,
    "random walks": _random_walks,
    "at the floor of the scale": _at_the_floor,
    "one score of a million": _outlier,
}
#: data that cannot determine the parameters, whatever the seed: never “converged”
NEVER = {
    "a duplicated construct",
    "nearly the same twice",
    "one construct reversed and rescaled",
    "jumps from side to side",
    "one person has all rows",
    "two rows each",
}


#: cases whose optimisation takes long
SLOW = {"moves within five persons only", "nearly the same twice"}


@pytest.mark.parametrize(
    ("case", "start"),
    [
        *(pytest.param(case, Start.STATIONARY, marks=[pytest.mark.slow] * (case in SLOW)) for case in CASES),
        ("jumps from side to side", Start.FREE),
    ],
)
def test_undetermined_parameters_are_never_called_converged(case: str, start: Start) -> None:
    panel = CASES[case](draw())
    result = fit(panel, replace(SPECIFICATION, start=start))
    assert result.outcome.sentence
    if result.outcome.kind == "converged":
        assert case not in NEVER
        assert_converged(result, panel)
    else:
        assert result.outcome.what_to_do
    if result.outcome.kind not in ("converged", "boundary"):
        assert all(e.standard_error is None for e in result.estimates.values())


@pytest.mark.parametrize("size", [1e8, 1e-8])
@pytest.mark.parametrize("trend", list(Trend))
def test_the_outcome_does_not_depend_on_the_size_of_scores(size: float, trend: Trend) -> None:
    """Scores in hundreds of millions and far from zero are fitted as well as any."""
    panel = draw(2)
    specification = replace(SPECIFICATION, trend=trend, planned_end=5.0)
    plain = fit(panel, specification)
    far = replace(panel, scores=panel.scores * size + 1e4 * size)
    result = fit(far, specification)
    assert result.outcome.kind == plain.outcome.kind
    if result.outcome.kind == "converged":
        assert_converged(result, far)
    assert plain.log_likelihood is not None
    shift = panel.n_observations * np.log(size)
    assert result.log_likelihood == pytest.approx(plain.log_likelihood - shift, abs=1e-4)


@pytest.mark.parametrize("case", ["collinear", "nearly collinear", "constant", "of two persons"])
def test_collinear_covariates_are_never_called_converged(case: str) -> None:
    rng, n = np.random.default_rng(7), 100
    first = rng.normal(size=n)
    second = {
        "collinear": 2.0 * first + 1.0,
        "nearly collinear": first + 1e-7 * rng.normal(size=n),
        "constant": np.full(n, 3.0),
        "of two persons": np.isin(np.arange(n), (3, 4)) + 0.0,
    }[case]
    panel = replace(draw(3, persons=n), covariates=np.column_stack([first, second]))
    result = fit(panel, replace(SPECIFICATION, covariates=("age", "years of school")))
    if case == "of two persons":  # few data, but enough
        assert result.outcome.kind == "converged"
        assert_converged(result, panel)
    else:
        assert result.outcome.kind in ("indefinite", "not_enough_data", "not_converged")
        assert result.outcome.what_to_do


@pytest.mark.parametrize("seed", range(6))
def test_a_large_model_of_few_persons_converges_only_at_a_maximum(seed: int) -> None:
    """Three constructs and twelve persons: other programs stop on a plateau and report convergence."""
    rng = np.random.default_rng(seed)
    names = ("symptoms", "alliance", "support")
    specification = Specification(names, Trend.LINEAR, Start.FREE)
    truth = Parameters(
        drift=-0.5 * np.eye(3),
        diffusion=0.5 * np.eye(3),
        level_mean=np.zeros(3),
        level_covariance=0.5 * np.eye(3),
        measurement_noise=np.full(3, 0.3),
    )
    panel = simulate_panel(Specification(names), truth, [np.arange(5)] * 12, rng)
    result = fit(panel, specification)
    if result.outcome.kind == "converged":
        assert_converged(result, panel)
    else:
        assert result.outcome.what_to_do
