"""The smoother against the explicit joint normal, and decompositions that must add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from oracles import dense_normal, small_problems
from securebase.errors import ModelError
from securebase.model.decomposition import TermKind, decompose
from securebase.model.likelihood import log_likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.smoothing import Smoothed, forecast, smooth
from securebase.model.specification import Specification, Start, Trend

EVERY_MODEL = [(trend, start) for trend in Trend for start in Start]


def problem(p: int, n: int, trend: Trend, start: Start, seed: int) -> tuple[Specification, Parameters, Array, Array]:
    """Return a model and one person's rows at uneven times; a third of the scores and one whole row are missing."""
    rng = np.random.default_rng([p, n, seed])
    specification = small_problems.specification(p, trend, start)
    parameters = small_problems.parameters(specification, rng)
    times = np.cumsum(rng.uniform(0.2, 2.0, size=n)) - 0.1
    observed = rng.normal(size=(n, p)) * 2
    observed[rng.random((n, p)) < 0.3] = np.nan
    observed[n // 2] = np.nan
    return specification, parameters, times, observed


def dense(specification: Specification, parameters: Parameters, times: Array, observed: Array) -> tuple[Array, Array]:
    """Return mean and covariance of (s_1, …, s_n, b), (n + 1) p entries, given the scores, from their joint normal."""
    n, p = len(times), specification.p
    still = replace(parameters, level_covariance=np.zeros((p, p)), measurement_noise=np.zeros(p))
    mean, states, _ = dense_normal.joint_moments(specification, still, times)
    prior = np.zeros(((n + 1) * p, (n + 1) * p))
    prior[: n * p, : n * p] = states
    prior[n * p :, n * p :] = parameters.level_covariance
    shows = np.hstack([np.eye(n * p), np.tile(np.eye(p), (n, 1))])
    y = observed.ravel()
    scored = np.isfinite(y)
    H = shows[scored]
    F = H @ prior @ H.T + np.diag(np.tile(parameters.measurement_noise, n)[scored])
    gain = prior @ H.T @ np.linalg.inv(F)
    return gain @ (y[scored] - mean[scored]), prior - gain @ H @ prior


def own(n: int, j: int, p: int) -> Array:
    """Return the indices of (s_j, b) in the dense vector."""
    return np.r_[j * p : (j + 1) * p, n * p : (n + 1) * p]


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize(("trend", "start"), EVERY_MODEL)
def test_smoothed_filtered_and_predicted_states_are_conditionals_of_the_joint_normal(
    p: int, trend: Trend, start: Start
) -> None:
    n = 5
    specification, parameters, times, observed = problem(p, n, trend, start, seed=1)
    course = smooth(specification, parameters, times, observed)
    mean, covariance = dense(specification, parameters, times, observed)
    for j in range(n):
        z = own(n, j, p)
        assert np.allclose(course.smoothed[j], mean[z], atol=1e-9)
        assert np.allclose(course.smoothed_covariance[j], covariance[np.ix_(z, z)], atol=1e-9)
        for rows, estimate, spread in (
            (j + 1, course.filtered, course.filtered_covariance),
            (j, course.predicted, course.predicted_covariance),
        ):
            known_scores = np.where(np.arange(n)[:, None] < rows, observed, np.nan)
            mean_so_far, covariance_so_far = dense(specification, parameters, times, known_scores)
            assert np.allclose(estimate[j], mean_so_far[z], atol=1e-9)
            assert np.allclose(spread[j], covariance_so_far[np.ix_(z, z)], atol=1e-9)


@pytest.mark.parametrize(("trend", "start"), EVERY_MODEL)
def test_a_forecast_is_the_conditional_of_unobserved_rows(trend: Trend, start: Start) -> None:
    p, n, ahead = 2, 4, 3
    specification, parameters, times, observed = problem(p, n + ahead, trend, start, seed=2)
    observed[n:] = np.nan
    course = smooth(specification, parameters, times[:n], observed[:n])
    estimate, spread = forecast(course, times[n:])
    mean, covariance = dense(specification, parameters, times, observed)
    expected = dense_normal.mean_course(specification, parameters, times, None, None)
    for i, j in enumerate(range(n, n + ahead)):
        z = own(n + ahead, j, p)
        loading = np.hstack([np.eye(p), np.eye(p)])
        assert np.allclose(estimate[i], expected[j] + loading @ mean[z], atol=1e-9)
        assert np.allclose(spread[i], loading @ covariance[np.ix_(z, z)] @ loading.T, atol=1e-9)


@pytest.mark.parametrize("part", small_problems.PARTS)
@pytest.mark.parametrize("trend", list(Trend))
def test_with_every_part_of_the_full_model_true_values_are_conditionals_of_the_joint_normal(
    trend: Trend, part: str
) -> None:
    """Smoothed and forecast states given the observed scores, for every part of the full model."""
    p, n, n_observed = 2, 6, 4
    rng = np.random.default_rng(17)
    specification = small_problems.specification_with(p, trend, Start.FREE, part)
    parameters = small_problems.parameters(specification, rng)
    times = np.cumsum(rng.uniform(0.2, 2.0, size=n))
    inputs = rng.normal(size=(n, len(specification.inputs)))
    inputs[n_observed:] = 0.0
    x = rng.normal(size=len(specification.covariates))
    observed = rng.normal(size=(n, len(specification.scores))) * 2
    observed[rng.random(observed.shape) < 0.3] = np.nan
    observed[n_observed:] = np.nan
    course = smooth(
        specification, parameters, times[:n_observed], observed[:n_observed], inputs=inputs[:n_observed], covariates=x
    )
    smoothed, spread = course.true_values(course.smoothed, course.smoothed_covariance)
    ahead, spread_ahead = forecast(course, times[n_observed:])

    shows = np.kron(np.eye(n), loadings(specification, parameters))
    levels = parameters.level_covariance
    if specification.therapists:
        levels = levels + parameters.therapist_covariance
    bare = replace(parameters, level_covariance=levels, measurement_noise=np.zeros(p), loading=None, intercept=None)
    plain = replace(specification, indicators=())
    mean, covariance, _ = dense_normal.joint_moments(plain, bare, times, inputs, x)
    y = observed.ravel()
    scored = np.isfinite(y)
    base = np.zeros(len(specification.scores)) if parameters.intercept is None else parameters.intercept
    expected_scores = np.tile(base, n) + shows @ mean
    F = (shows @ covariance @ shows.T + np.diag(np.tile(parameters.measurement_noise, n)))[np.ix_(scored, scored)]
    gain = covariance @ shows.T[:, scored] @ np.linalg.inv(F)
    expected = (mean + gain @ (y - expected_scores)[scored]).reshape(n, p)
    remaining = (covariance - gain @ shows[scored] @ covariance).reshape(n, p, n, p)
    for j in range(n):
        estimate, sure = (
            (smoothed[j], spread[j]) if j < n_observed else (ahead[j - n_observed], spread_ahead[j - n_observed])
        )
        np.testing.assert_allclose(estimate, expected[j], atol=1e-8)
        np.testing.assert_allclose(sure, remaining[j, :, j], atol=1e-8)


def loadings(specification: Specification, parameters: Parameters) -> Array:
    """Return the loadings (q, p)."""
    shows = np.zeros((len(specification.scores), specification.p))
    for row, construct in enumerate(specification.construct_of):
        shows[row, construct] = 1.0 if parameters.loading is None else parameters.loading[row]
    return shows


@pytest.mark.parametrize(("trend", "start"), EVERY_MODEL)
def test_the_filter_has_the_likelihood_of_the_model(trend: Trend, start: Start) -> None:
    specification, parameters, times, observed = problem(3, 6, trend, start, seed=3)
    panel = Panel(("a",), specification.constructs, np.array([0, 6]), times, observed, np.arange(6))
    course = smooth(specification, parameters, times, observed)
    assert course.log_likelihood == pytest.approx(log_likelihood(panel, specification, parameters), abs=1e-9)


def test_models_without_noise_or_levels_and_panels_without_rows_are_smoothed() -> None:
    specification, parameters, times, observed = problem(2, 4, Trend.CARRIED, Start.STATIONARY, seed=4)
    exact = replace(parameters, measurement_noise=np.zeros(2), level_covariance=np.zeros((2, 2)))
    course = smooth(specification, exact, times, observed)
    true, spread = course.true_values(course.smoothed, course.smoothed_covariance)
    observed_cells = np.isfinite(observed)
    assert np.allclose(true[observed_cells], observed[observed_cells], atol=1e-9)
    assert np.allclose(np.diagonal(spread, axis1=1, axis2=2)[observed_cells], 0.0, atol=1e-9)
    empty = smooth(specification, parameters, times[:0], observed[:0])
    mean, covariance = forecast(empty, np.array([0.0]))
    assert empty.log_likelihood == 0.0
    assert parameters.start_mean is not None
    assert np.allclose(mean[0], parameters.level_mean + parameters.start_mean)
    assert np.linalg.eigvalsh(covariance[0])[0] > 0


def test_forecast_times_before_the_last_row_are_refused() -> None:
    specification, parameters, times, observed = problem(2, 4, Trend.NONE, Start.STATIONARY, seed=5)
    course = smooth(specification, parameters, times, observed)
    with pytest.raises(ModelError, match="must not lie before the last row at"):
        forecast(course, times[:1])


@settings(max_examples=120)
@given(
    p=st.integers(1, 4),
    n=st.integers(1, 8),
    trend=st.sampled_from(list(Trend)),
    start=st.sampled_from(list(Start)),
    seed=st.integers(0, 10_000),
    data=st.data(),
)
def test_named_terms_add_up_to_the_change(
    p: int, n: int, trend: Trend, start: Start, seed: int, data: st.DataObject
) -> None:
    specification, parameters, times, observed = problem(p, n, trend, start, seed)
    course = smooth(specification, parameters, times, observed)
    first = data.draw(st.integers(0, n - 1))
    last = data.draw(st.integers(first, n - 1))
    true, _ = course.true_values(course.smoothed, course.smoothed_covariance)
    for k, name in enumerate(specification.constructs):
        parts = decompose(course, name, first, last)
        size = max(1.0, np.abs(true[:, k]).max())
        assert parts.change == pytest.approx(true[last, k] - true[first, k], abs=1e-9 * size)
        assert sum(t.value for t in parts.terms) == pytest.approx(parts.change, abs=1e-9 * size)


def test_shocks_are_the_residuals_of_the_smoothed_states() -> None:
    specification, parameters, times, observed = problem(3, 6, Trend.LINEAR, Start.STATIONARY, seed=6)
    course = smooth(specification, parameters, times, observed)
    mean, _ = dense(specification, parameters, times, observed)
    states = mean[: 6 * 3].reshape(6, 3)
    for j, gap in enumerate(np.diff(times)):
        assert np.allclose(course.shocks[j], states[j + 1] - expm(parameters.drift * gap) @ states[j], atol=1e-9)


def _term(course: Smoothed, target: str, kind: TermKind, construct: str = "") -> float:
    estimate = [t.value for t in decompose(course, target).terms if t.kind is kind and t.construct == construct]
    assert len(estimate) == 1
    return estimate[0]


def test_each_path_is_named_after_its_origin() -> None:
    """Alliance affects symptoms, no other construct has an effect, and therapy affects alliance alone."""
    specification = Specification(("symptoms", "alliance"), trend=Trend.CARRIED)
    parameters = Parameters(
        drift=np.array([[-0.7, -0.4], [0.0, -0.5]]),
        diffusion=np.eye(2),
        level_mean=np.zeros(2),
        level_covariance=np.eye(2),
        measurement_noise=np.full(2, 0.3),
        start_mean=np.zeros(2),
        therapy_effect=np.array([0.0, 1.0]),
    )
    times, rng = np.arange(6.0), np.random.default_rng(1)
    course = smooth(specification, parameters, times, rng.normal(size=(6, 2)))
    x = course.smoothed[:, :2] + course.trend
    step = expm(parameters.drift)
    assert _term(course, "symptoms", TermKind.FROM_CONSTRUCT, "alliance") == pytest.approx(step[0, 1] * x[:-1, 1].sum())
    assert _term(course, "symptoms", TermKind.AUTOREGRESSION) == pytest.approx((step[0, 0] - 1) * x[:-1, 0].sum())
    assert _term(course, "symptoms", TermKind.THERAPY) == 0.0
    assert _term(course, "symptoms", TermKind.THERAPY_THROUGH_OTHERS) < 0.0
    assert _term(course, "alliance", TermKind.FROM_CONSTRUCT, "symptoms") == pytest.approx(0.0, abs=1e-12)
    assert _term(course, "alliance", TermKind.THERAPY) == pytest.approx(5 * (1 - np.exp(-0.5)) / 0.5)
    assert _term(course, "alliance", TermKind.THERAPY_THROUGH_OTHERS) == pytest.approx(0.0, abs=1e-12)


def test_missing_rows_and_constructs_are_refused() -> None:
    specification, parameters, times, observed = problem(2, 4, Trend.NONE, Start.STATIONARY, seed=7)
    course = smooth(specification, parameters, times, observed)
    with pytest.raises(ModelError, match="has no construct “hope”"):
        decompose(course, "hope")
    with pytest.raises(ModelError, match=r"the course of 4 rows \(got 3 to 1\)"):
        decompose(course, "c0", 3, 1)
    with pytest.raises(ModelError, match=r"got 0 to 4"):
        decompose(course, "c0", 0, 4)
