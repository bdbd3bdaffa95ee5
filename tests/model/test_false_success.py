"""“Converged” is never said falsely: cases on which other programs report success that is none.

Whatever a fit says, this asks the dense normal of `oracles`, which shares no formula with the product: is the gradient
of log-likelihood / persons flat, and is its Hessian negative definite, where the fit says that it converged?
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
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend
from securebase.model.simulate import simulate_panel

#: what “converged” promises of the largest entry of the gradient of log-likelihood / persons
FLAT = 1e-6
TRUTH = Parameters(
    drift=np.array([[-0.45, -0.10], [0.15, -0.60]]),
    diffusion=np.array([[0.5, -0.1], [-0.1, 0.6]]),
    level_mean=np.array([3.0, 1.0]),
    level_covariance=np.array([[0.6, -0.2], [-0.2, 0.8]]),
    measurement_noise=np.array([0.2, 0.25]),
)
TWO = Specification(("symptoms", "alliance"))


def drawn(seed: int = 1, *, persons: int = 24, rows: int = 6, of: Specification = TWO, **more: Any) -> Panel:
    return simulate_panel(of, TRUTH, [np.arange(rows)] * persons, np.random.default_rng(seed), **more)


def dense(own: Transform, x: Array) -> float:
    """Minus log-likelihood / persons of the standardised panel by the dense normal; persons who were asked at the same
    times share its covariance.
    """
    panel, of, q = own.panel, own.specification, own.standard(x)
    assert np.isfinite(panel.scores).all()
    nothing = np.zeros(len(of.covariates))
    together: dict[bytes, list[int]] = {}
    for i in range(panel.n_persons):
        together.setdefault(panel.times[panel.rows_of(i)].tobytes(), []).append(i)
    total = 0.0
    for persons in together.values():
        times = panel.times[panel.rows_of(persons[0])]
        mean, covariance, _ = dense_normal.joint(of, q, times, None, nothing)
        y = np.array([panel.scores[panel.rows_of(i)].ravel() for i in persons])
        if q.covariate_effect is not None and panel.covariates is not None:
            y = y - np.tile(panel.covariates[persons] @ q.covariate_effect.T, len(times))
        total += float(np.sum(multivariate_normal(mean, covariance).logpdf(y)))
    return -total / panel.n_persons


def steepness(own: Transform, x: Array, at: Array) -> float:
    """Largest entry of the dense gradient along the coordinates `at`: differences of the fourth order."""
    largest = 0.0
    for i in at:
        step = np.zeros(len(x))
        step[i] = 2e-3
        near, far = (dense(own, x + k * step) - dense(own, x - k * step) for k in (1, 2))
        largest = max(largest, abs(8.0 * near - far) / (12.0 * step[i]))
    return largest


def lowest_curvature(own: Transform, x: Array, at: Array) -> float:
    """Smallest eigenvalue of the dense Hessian along the coordinates `at`."""
    h, n = 1e-3, len(at)
    steps = np.zeros((n, len(x)))
    steps[np.arange(n), at] = h
    H = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            corners = [dense(own, x + a * steps[i] + b * steps[j]) * a * b for a in (1, -1) for b in (1, -1)]
            H[i, j] = H[j, i] = sum(corners) / (4.0 * h * h)
    return float(np.linalg.eigvalsh(H)[0])


def holds(found: Fit, panel: Panel) -> None:
    """What “converged” promises, looked at independently."""
    assert found.parameters is not None
    assert found.log_likelihood is not None
    own = build_transform(panel, found.specification)
    x = own.standardised(found.parameters)
    everything = np.arange(len(x))
    assert -dense(own, x) * panel.n_persons + own.log_likelihood_shift == pytest.approx(found.log_likelihood, rel=1e-9)
    # the differences themselves are no more exact than a few 1e-8
    assert steepness(own, x, everything) < FLAT + 1e-7
    assert lowest_curvature(own, x, everything) > 0
    assert found.gradient_norm is not None
    assert found.gradient_norm < FLAT
    assert min(found.hessian_eigenvalues) > 0
    assert all(e.standard_error is not None and e.standard_error > 0 for e in found.estimates.values())
    assert all(e.value > 0 for name, e in found.estimates.items() if name.startswith("measurement_noise"))
    for covariance in (found.parameters.diffusion, found.parameters.level_covariance):
        assert np.linalg.eigvalsh(covariance)[0] > 0


def test_what_is_looked_at_can_fail() -> None:
    """Where nothing is wrong the check passes, and a tenth of a standard error away it does not."""
    panel = drawn(persons=100)
    assert dense(own := build_transform(panel, TWO), x := own.internal(TRUTH)) == pytest.approx(
        -dense_normal.log_likelihood(own.panel, TWO, own.standard(x)) / 100, rel=1e-12
    )
    found = fit(panel, TWO)
    assert found.outcome.kind == "converged"
    holds(found, panel)
    assert found.parameters is not None
    error = found.estimates["level_mean[symptoms]"].standard_error
    assert error is not None
    beside = replace(found.parameters, level_mean=found.parameters.level_mean + np.array([0.1 * error, 0.0]))
    assert steepness(own, own.standardised(beside), np.arange(own.size)) > 100 * FLAT


def _same_twice(panel: Panel) -> Panel:
    return replace(panel, scores=panel.scores[:, [0, 0]])


def _nearly_the_same(panel: Panel) -> Panel:
    scores = panel.scores[:, [0, 0]].copy()
    scores[:, 1] += 1e-6 * np.random.default_rng(0).normal(size=len(scores))
    return replace(panel, scores=scores)


def _one_is_the_other_upside_down(panel: Panel) -> Panel:
    return replace(panel, scores=np.column_stack([panel.scores[:, 0], 7.0 - 3.0 * panel.scores[:, 0]]))


def _white(panel: Panel) -> Panel:
    return replace(panel, scores=np.random.default_rng(2).normal(size=panel.scores.shape))


def _mirrored(panel: Panel) -> Panel:
    """Rows that jump from one side to the other: as far from lasting as scores can be."""
    sign = np.where(np.arange(len(panel.times)) % 2 == 0, 1.0, -1.0)[:, None]
    return replace(panel, scores=sign * (1.0 + 0.05 * np.random.default_rng(3).normal(size=panel.scores.shape)))


def _never_moves_but_for_a_few(panel: Panel) -> Panel:
    scores = panel.scores.copy()
    scores[:, 1] = 2.0
    for i in range(5):
        scores[panel.rows_of(i), 1] = np.arange(6) % 2 + 1.0
    return replace(panel, scores=scores)


def _one_has_all(panel: Panel) -> Panel:
    """One person with a hundred rows, all others with a single one."""
    rng = np.random.default_rng(4)
    one = simulate_panel(TWO, TRUTH, [np.arange(100)] + [[0.0]] * 10, rng)
    assert one.n_persons == 11
    return one


def _two_rows_each(panel: Panel) -> Panel:
    return drawn(5, persons=60, rows=2)


def _random_walks(panel: Panel) -> Panel:
    """Nothing that returns: the drift has nowhere to settle."""
    rng = np.random.default_rng(6)
    return replace(panel, scores=np.cumsum(rng.normal(size=panel.scores.shape), axis=0))


def _whole_numbers(panel: Panel) -> Panel:
    """Nearly all scores at the floor of the scale."""
    return replace(panel, scores=np.clip(np.round(panel.scores - 4.0), 0.0, 3.0))


def _far_out(panel: Panel) -> Panel:
    scores = panel.scores.copy()
    scores[7, 0] = 1e6
    return replace(panel, scores=scores)


CASES: dict[str, Callable[[Panel], Panel]] = {
    "a construct that stands twice": _same_twice,
    "nearly the same twice": _nearly_the_same,
    "one is the other upside down": _one_is_the_other_upside_down,
    "white noise": _white,
    "jumps from side to side": _mirrored,
    "moves within five persons only": _never_moves_but_for_a_few,
    "one person has all rows": _one_has_all,
    "two rows each": _two_rows_each,
    "random walks": _random_walks,
    "at the floor of the scale": _whole_numbers,
    "one score of a million": _far_out,
}
#: where nothing can be told, whatever the chance of the draw: these must not be called converged
NEVER = {
    "a construct that stands twice",
    "nearly the same twice",
    "one is the other upside down",
    "jumps from side to side",
    "one person has all rows",
    "two rows each",
}


#: a long search before it gives up
SLOW = {"moves within five persons only", "nearly the same twice"}


@pytest.mark.parametrize(
    ("case", "start"),
    [
        *(pytest.param(case, Start.STATIONARY, marks=[pytest.mark.slow] * (case in SLOW)) for case in CASES),
        ("jumps from side to side", Start.FREE),
    ],
)
def test_what_cannot_be_determined_is_not_called_converged(case: str, start: Start) -> None:
    panel = CASES[case](drawn())
    found = fit(panel, replace(TWO, start=start))
    assert found.outcome.sentence
    if found.outcome.kind == "converged":
        assert case not in NEVER
        holds(found, panel)
    else:
        assert found.outcome.what_to_do
    if found.outcome.kind not in ("converged", "boundary"):
        assert all(e.standard_error is None for e in found.estimates.values())


@pytest.mark.parametrize("size", [1e8, 1e-8])
@pytest.mark.parametrize("trend", list(Trend))
def test_scores_of_any_size_end_alike(size: float, trend: Trend) -> None:
    """Points are units like others: a scale in hundreds of millions, far from zero, is fitted as well as any."""
    panel = drawn(2)
    of = replace(TWO, trend=trend, planned_end=5.0)
    plain = fit(panel, of)
    far = replace(panel, scores=panel.scores * size + 1e4 * size)
    found = fit(far, of)
    assert found.outcome.kind == plain.outcome.kind
    if found.outcome.kind == "converged":
        holds(found, far)
    assert plain.log_likelihood is not None
    shift = panel.n_observations * np.log(size)
    assert found.log_likelihood == pytest.approx(plain.log_likelihood - shift, abs=1e-4)


@pytest.mark.parametrize("case", ["collinear", "nearly collinear", "constant", "of two persons"])
def test_covariates_that_say_the_same_are_not_told_apart(case: str) -> None:
    rng, n = np.random.default_rng(7), 100
    first = rng.normal(size=n)
    second = {
        "collinear": 2.0 * first + 1.0,
        "nearly collinear": first + 1e-7 * rng.normal(size=n),
        "constant": np.full(n, 3.0),
        "of two persons": np.isin(np.arange(n), (3, 4)) + 0.0,
    }[case]
    panel = replace(drawn(3, persons=n), covariates=np.column_stack([first, second]))
    found = fit(panel, replace(TWO, covariates=("age", "years of school")))
    if case == "of two persons":  # little, but enough
        assert found.outcome.kind == "converged"
        holds(found, panel)
    else:
        assert found.outcome.kind in ("indefinite", "not_enough_data", "not_converged")
        assert found.outcome.what_to_do


@pytest.mark.parametrize("seed", range(6))
def test_a_few_persons_and_a_large_model_are_never_called_converged_without_a_bottom(seed: int) -> None:
    """Three constructs, twelve persons: where programs stop on a plain and say that they arrived."""
    rng = np.random.default_rng(seed)
    names = ("symptoms", "alliance", "support")
    of = Specification(names, Trend.LINEAR, Start.FREE)
    truth = Parameters(
        drift=-0.5 * np.eye(3),
        diffusion=0.5 * np.eye(3),
        level_mean=np.zeros(3),
        level_covariance=0.5 * np.eye(3),
        measurement_noise=np.full(3, 0.3),
    )
    panel = simulate_panel(Specification(names), truth, [np.arange(5)] * 12, rng)
    found = fit(panel, of)
    if found.outcome.kind == "converged":
        holds(found, panel)
    else:
        assert found.outcome.what_to_do
