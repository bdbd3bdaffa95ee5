"""Checks of a fit: statistics by hand, no misfit where the model holds, and misfit named where it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from each import each
from oracles import dense_normal, small_problems
from securebase.errors import Advice, ModelError
from securebase.model.fit import Fit, draw_parameters, fit
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.smoothing import smooth
from securebase.model.specification import Specification, Start, Trend
from securebase.study.checks import check_fit
from securebase.study.prediction_errors import prediction_errors
from securebase.study.table_features import Features

SPECIFICATION = Specification(("y", "x"))
TRUTH = Parameters(
    drift=np.array([[-0.5, -0.2], [0.1, -0.4]]),
    diffusion=np.array([[0.8, 0.1], [0.1, 0.7]]),
    level_mean=np.array([3.0, 5.0]),
    level_covariance=np.array([[0.8, -0.2], [-0.2, 0.6]]),
    measurement_noise=np.array([0.3, 0.25]),
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    rng = np.random.default_rng(1)
    complete = simulate_panel(SPECIFICATION, TRUTH, [np.arange(14.0)] * 80, rng)
    scores = complete.scores.copy()
    scores[rng.uniform(size=scores.shape) < 0.1] = np.nan
    return replace(complete, scores=scores)


@pytest.fixture(scope="module")
def fitted(panel: Panel) -> Fit:
    return fit(panel, SPECIFICATION)


def joint_normal(person: Panel, specification: Specification, q: Parameters) -> tuple[np.ndarray, np.ndarray]:
    x = None if person.covariates is None else person.covariates[0]
    return dense_normal.joint_moments(specification, q, person.times, person.inputs, x)[:2]


@pytest.mark.parametrize("part", ["", "random slopes", "indicators", "inputs", "covariates"])
def test_distances_and_residuals_equal_those_of_the_joint_normal(part: str) -> None:
    """Distance: quadratic form of the joint normal of all scores; first residual: its marginal mean and SD."""
    rng = np.random.default_rng(3)
    specification = small_problems.specification_with(2, Trend.APART, Start.FREE, part)
    rows, q = small_problems.panel_for(specification, rng), small_problems.parameters(specification, rng)
    errors = prediction_errors(rows, specification, q)
    for i in range(rows.n_persons):
        person = rows.select_persons(np.array([i]))
        n = int(np.isfinite(person.scores).sum())
        assert errors.count[i] == n
        if not n:
            continue
        mean, covariance = joint_normal(person, specification, q)
        observed = np.isfinite(person.scores.ravel())
        deviation = (person.scores.ravel() - mean)[observed]
        V = covariance[np.ix_(observed, observed)]
        assert errors.distance[i] == pytest.approx(deviation @ np.linalg.solve(V, deviation), rel=1e-8)
        first = np.flatnonzero(observed)[0]
        row, column = divmod(int(first), person.scores.shape[1])
        assert errors.z[rows.starts[i] + row, column] == pytest.approx(deviation[0] / np.sqrt(V[0, 0]), rel=1e-8)


@each([(part, trend) for part in small_problems.PARTS for trend in Trend])
def test_residuals_equal_those_of_the_filter_of_each_person(case: tuple[str, Trend]) -> None:
    part, trend = case
    rng = np.random.default_rng(4)
    specification = small_problems.specification_with(2, trend, Start.STATIONARY, part)
    panel, q = small_problems.panel_for(specification, rng), small_problems.parameters(specification, rng)
    z = prediction_errors(panel, specification, q).z
    assert np.array_equal(np.isfinite(z), np.isfinite(panel.scores))
    construct, columns = np.array(specification.construct_of), len(specification.scores)
    loading = np.ones(columns) if q.loading is None else q.loading
    intercept = np.zeros(columns) if q.intercept is None else q.intercept
    for i in range(panel.n_persons):
        rows = panel.rows_of(i)
        course = smooth(
            specification,
            q,
            panel.times[rows],
            panel.scores[rows],
            inputs=None if panel.inputs is None else panel.inputs[rows],
            covariates=None if panel.covariates is None else panel.covariates[i],
        )
        expected, covariance = course.true_values(course.predicted, course.predicted_covariance)
        variance = np.diagonal(covariance, axis1=1, axis2=2)[:, construct] * loading**2 + q.measurement_noise
        errors = panel.scores[rows] - intercept - loading * expected[:, construct]
        np.testing.assert_allclose(z[rows], errors / np.sqrt(variance), rtol=1e-8, atol=1e-10)


def test_a_score_that_follows_from_another_without_error_is_an_error() -> None:
    same = replace(TRUTH, measurement_noise=np.zeros(4), loading=np.ones(4), intercept=np.zeros(4))
    specification = Specification(("y", "x"), indicators=(("y 1", "y"), ("y 2", "y"), ("x 1", "x"), ("x 2", "x")))
    rows = small_problems.panel_for(specification, np.random.default_rng(1))
    with pytest.raises(np.linalg.LinAlgError, match="without error"):
        prediction_errors(replace(rows, constructs=("y", "x")), specification, same)


def test_statistics_of_a_tiny_table_by_hand() -> None:
    rows = Panel(
        persons=("a", "b"),
        constructs=("y",),
        starts=np.array([0, 4, 6]),
        times=np.array([0.0, 1.0, 2.0, 3.0, 0.0, 1.0]),
        scores=np.array([[1.0], [3.0], [2.0], [6.0], [0.0], [4.0]]),
        wave=np.full(6, -1),
    )
    statistics = {key.words: value for key, value in Features.from_panel(rows, ("y",))(rows.scores).items()}
    # changes 2, −1, 4 and 4: into the second of four, the third and fourth of four, the second of two
    assert statistics["Row-to-row SD of y, first half of a course"] == pytest.approx(np.sqrt(4 / 2))
    assert statistics["Row-to-row SD of y, second half"] == pytest.approx(np.sqrt((1 + 16 + 16) / 3 / 2))
    assert statistics["SD between persons of the first y"] == pytest.approx(np.std([1, 0], ddof=1))
    assert statistics["SD between persons of the last y"] == pytest.approx(np.std([6, 4], ddof=1))
    deviations = np.array([-2, 0, -1, 3, -2, 2.0])
    assert statistics["Autocorrelation of y within persons, lag 1"] == pytest.approx(
        np.corrcoef(deviations[[0, 1, 2, 4]], deviations[[1, 2, 3, 5]])[0, 1]
    )
    assert statistics["Share of y at the lowest observed score"] == pytest.approx(1 / 6)
    assert statistics["Share of jumps in y (beyond 3 SDs of all changes)"] == 0.0


def test_few_statistics_fail_where_the_model_holds(fitted: Fit, panel: Panel) -> None:
    result = check_fit(fitted, panel, np.random.default_rng(2), replicates=60)
    assert len(result.predictive) == 21
    assert sum(not r.is_reproduced for r in result.predictive) <= 4
    assert not result.persons
    for r in result.residuals:
        assert abs(r.mean) < 0.1
        assert r.sd == pytest.approx(1.0, abs=0.08)
        assert not r.sentence
    assert result.summary[0].startswith("Of 21 statistics")


def test_jumps_and_outlying_persons_are_named(fitted: Fit, panel: Panel) -> None:
    rng = np.random.default_rng(4)
    scores = panel.scores.copy()
    jumps = rng.uniform(size=len(scores)) < 0.03
    scores[jumps, 0] += 6.0
    scores[panel.rows_of(7), 1] *= 4.0
    contaminated = replace(panel, scores=scores)
    result = check_fit(
        fit(contaminated, SPECIFICATION), contaminated, np.random.default_rng(5), replicates=60, labels={"y": "Mood"}
    )
    failed = {r.statistic for r in result.predictive if not r.is_reproduced}
    assert "Share of jumps in Mood (beyond 3 SDs of all changes)" in failed
    assert panel.persons[7] in {p.person for p in result.persons}
    assert "Mood" in result.residuals[0].sentence
    assert result.residuals[0].kurtosis > 1.0
    assert any("does not reproduce" in s for s in result.summary)


def test_a_floor_of_the_scale_is_detected(fitted: Fit, panel: Panel) -> None:
    floored = replace(panel, scores=np.maximum(panel.scores, 2.5))
    result = check_fit(fit(floored, SPECIFICATION), floored, np.random.default_rng(6), replicates=60)
    by_name = {r.statistic: r for r in result.predictive}
    assert by_name["Share of y at the lowest observed score"].observed > 0.2
    assert not by_name["Share of y at the lowest observed score"].is_reproduced


def test_a_model_without_persistence_leaves_residual_autocorrelation(panel: Panel, fitted: Fit) -> None:
    wrong = replace(TRUTH, drift=np.diag([-5.0, -5.0]), diffusion=np.diag([8.0, 8.0]))
    result = check_fit(replace(fitted, parameters=wrong), panel, np.random.default_rng(7), replicates=2)
    assert result.residuals[0].autocorrelation is not None
    assert result.residuals[0].autocorrelation > 0.15
    assert "positive residual autocorrelation at lag 1" in result.residuals[0].sentence


def test_draws_have_the_standard_errors_as_sds(fitted: Fit, panel: Panel) -> None:
    draws = [q.named(SPECIFICATION) for q in draw_parameters(fitted, panel, 400, np.random.default_rng(8))]
    for name in ("drift[y,x]", "level_mean[y]", "drift[x,x]"):
        values, estimate = np.array([d[name] for d in draws]), fitted.estimates[name]
        assert estimate.standard_error is not None
        assert values.std() == pytest.approx(estimate.standard_error, rel=0.15)
        assert values.mean() == pytest.approx(estimate.value, abs=0.25 * estimate.standard_error)


def test_a_fit_without_covariance_is_not_checked(fitted: Fit, panel: Panel) -> None:
    failed = replace(fitted, outcome=Advice("not_converged", "The search ended early."))
    with pytest.raises(ModelError, match="parameters cannot be drawn from a fit"):
        check_fit(failed, panel, np.random.default_rng(9))
    with pytest.raises(ModelError, match="no fit to check"):
        check_fit(replace(fitted, parameters=None), panel, np.random.default_rng(9))
