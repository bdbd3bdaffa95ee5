"""Draws from the model: reproducibility by seed, and moments equal to those of the model."""

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import ModelError
from securebase.model.equations import stationary_covariance, trend_mean
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Start, Trend

SPECIFICATION = Specification(("symptoms", "alliance"), trend=Trend.CARRIED)
PARAMETERS = Parameters(
    drift=np.array([[-0.7, -0.2], [-0.1, -0.5]]),
    diffusion=np.array([[0.5, -0.1], [-0.1, 0.4]]),
    level_mean=np.array([5.0, 6.0]),
    level_covariance=np.array([[0.6, -0.2], [-0.2, 0.9]]),
    measurement_noise=np.array([0.1, 0.2]),
    start_mean=np.array([1.0, -0.5]),
    therapy_effect=np.array([-0.5, 0.2]),
)


def test_the_same_seed_gives_identical_panels() -> None:
    times = [[0.0, 1.0, 2.5], [0.0], [], [1.0, 1.4]]
    first = simulate_panel(SPECIFICATION, PARAMETERS, times, np.random.default_rng(7))
    two = simulate_panel(SPECIFICATION, PARAMETERS, times, np.random.default_rng(7))
    other_seed = simulate_panel(SPECIFICATION, PARAMETERS, times, np.random.default_rng(8))
    assert first.scores.tobytes() == two.scores.tobytes()
    assert first.scores.tobytes() != other_seed.scores.tobytes()
    assert first.starts.tolist() == [0, 3, 4, 4, 6]
    assert first.times.tolist() == [0.0, 1.0, 2.5, 0.0, 1.0, 1.4]
    assert first.wave.tolist() == [0, 1, 2, 0, 0, 1]


def test_moments_are_those_of_the_model() -> None:
    n = 40_000
    times = np.array([0.5, 1.0, 3.0])
    panel = simulate_panel(SPECIFICATION, PARAMETERS, [times] * n, np.random.default_rng(1))
    samples = panel.scores.reshape(n, 6)
    P = stationary_covariance(PARAMETERS.drift, PARAMETERS.diffusion)
    mean = (PARAMETERS.level_mean + trend_mean(SPECIFICATION, PARAMETERS, times)).ravel()
    covariance = _joint_covariance(P, times)
    error_of_mean = np.sqrt(np.diag(covariance) / n)
    assert np.abs((samples.mean(axis=0) - mean) / error_of_mean).max() < 4
    assert np.abs(np.cov(samples.T) - covariance).max() < 0.05


def _joint_covariance(P: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the covariance of all rows by blocks: level + exp(A u) P, plus noise on the diagonal."""
    from scipy.linalg import expm

    rows = []
    for s in times:
        row = []
        for t in times:
            lagged = expm(PARAMETERS.drift * (s - t)) @ P if s >= t else P @ expm(PARAMETERS.drift * (t - s)).T
            noise = np.diag(PARAMETERS.measurement_noise) if s == t else 0.0
            row.append(PARAMETERS.level_covariance + lagged + noise)
        rows.append(row)
    return np.block(rows)


def test_the_carried_trend_counts_from_each_persons_first_row() -> None:
    quiet = Parameters(
        drift=PARAMETERS.drift,
        diffusion=np.eye(2) * 1e-18,
        level_mean=PARAMETERS.level_mean,
        level_covariance=np.zeros((2, 2)),
        measurement_noise=np.zeros(2),
        start_mean=PARAMETERS.start_mean,
        therapy_effect=PARAMETERS.therapy_effect,
    )
    panel = simulate_panel(SPECIFICATION, quiet, [[0.0, 2.0], [3.0, 5.0]], np.random.default_rng(1))
    assert np.allclose(panel.scores[:2], panel.scores[2:], atol=1e-6)
    assert np.allclose(panel.scores[0], quiet.level_mean + PARAMETERS.start_mean, atol=1e-6)


def test_a_free_start_uses_its_own_spread() -> None:
    free = Specification(("symptoms", "alliance"), start=Start.FREE)
    spread = np.array([[4.0, 0.0], [0.0, 0.25]])
    parameters = Parameters(
        drift=PARAMETERS.drift,
        diffusion=PARAMETERS.diffusion,
        level_mean=np.zeros(2),
        level_covariance=np.zeros((2, 2)),
        measurement_noise=np.zeros(2),
        start_covariance=spread,
    )
    panel = simulate_panel(free, parameters, [[0.0]] * 20_000, np.random.default_rng(3))
    assert np.cov(panel.scores.T) == pytest.approx(spread, abs=0.12)


def test_an_indefinite_covariance_is_refused() -> None:
    broken = Parameters(
        drift=PARAMETERS.drift,
        diffusion=PARAMETERS.diffusion,
        level_mean=np.zeros(2),
        level_covariance=np.array([[1.0, 2.0], [2.0, 1.0]]),
        measurement_noise=np.zeros(2),
    )
    with pytest.raises(ModelError, match="level_covariance is not a covariance"):
        simulate_panel(Specification(("a", "b")), broken, [[0.0]], np.random.default_rng(1))


# ---- everything at once ----------------------------------------------------------------------------------------------
FULL = Specification(
    ("symptoms", "alliance"),
    trend=Trend.APART,
    planned_end=6.0,
    random_slopes=True,
    free_start_mean=True,
    indicators=(("phq9", "symptoms"), ("gad7", "symptoms"), ("srs", "alliance")),
    inputs=("clarification",),
    covariates=("avoidance",),
    therapists=True,
)
OF_FULL = replace(
    PARAMETERS,
    measurement_noise=np.array([0.1, 0.3, 0.2]),
    change=np.array([-2.0, 0.5]),
    rate=0.3,
    therapy_effect=None,
    change_covariance=np.array([[0.5, -0.2], [-0.2, 0.4]]),
    level_change_covariance=np.array([[-0.1, 0.05], [0.1, 0.15]]),
    input_effect=np.array([[-0.4], [0.3]]),
    covariate_effect=np.array([[0.5], [-0.7]]),
    therapist_covariance=np.array([[0.3, -0.1], [-0.1, 0.2]]),
    loading=np.array([1.0, 0.8, 1.0]),
    intercept=np.array([0.0, 2.0, 0.0]),
)


def _share(t: float) -> float:
    return float((1 - np.exp(-0.3 * t)) / (1 - np.exp(-0.3 * 6.0)))


def _input_response_by_small_steps(gap: float) -> np.ndarray:
    """Return the effect of a unit input over a gap, Σ exp(A v) M dv over thin slices."""
    from scipy.linalg import expm

    effect = OF_FULL.input_effect
    assert effect is not None
    slices = 4000
    middle = (np.arange(slices) + 0.5) * gap / slices
    return sum(expm(PARAMETERS.drift * v) @ effect for v in middle)[:, 0] * gap / slices


def test_moments_of_the_full_model_equal_an_explicit_calculation() -> None:
    """One therapist per person, one covariate, inputs between rows, three indicators of two constructs."""
    from scipy.linalg import expm

    n, times, progress = 60_000, np.array([0.0, 1.0, 3.0]), np.array([9.0, 1.0, 0.5])
    avoidance = np.where(np.arange(n) % 2, 1.0, -1.0)[:, None]
    panel = simulate_panel(
        FULL,
        OF_FULL,
        [times] * n,
        np.random.default_rng(4),
        inputs=np.tile(progress, n)[:, None],
        covariates=avoidance,
        therapist=np.arange(n),
    )
    P = stationary_covariance(PARAMETERS.drift, PARAMETERS.diffusion)
    assert OF_FULL.change_covariance is not None
    assert OF_FULL.level_change_covariance is not None
    assert OF_FULL.therapist_covariance is not None
    level_block = np.block(
        [
            [OF_FULL.level_covariance, OF_FULL.level_change_covariance],
            [OF_FULL.level_change_covariance.T, OF_FULL.change_covariance],
        ]
    )
    L = np.array([[1.0, 0.0], [0.8, 0.0], [0.0, 1.0]])
    mean, covariance = np.empty((3, 3)), np.empty((3, 3, 3, 3))
    pushed, last = np.zeros(2), 0.0
    for j, t in enumerate(times):
        if j:
            pushed = (
                expm(PARAMETERS.drift * (t - last)) @ pushed + _input_response_by_small_steps(t - last) * progress[j]
            )
        last = t
        true = np.array([5.0, 6.0]) + np.array([-2.0, 0.5]) * _share(t)
        true = true + expm(PARAMETERS.drift * t) @ np.array([1.0, -0.5]) + pushed
        mean[j] = L @ true + [0.0, 2.0, 0.0]
        for i, s in enumerate(times[: j + 1]):
            Z_t, Z_s = np.hstack([np.eye(2), np.eye(2) * _share(t)]), np.hstack([np.eye(2), np.eye(2) * _share(s)])
            between = Z_t @ level_block @ Z_s.T + OF_FULL.therapist_covariance
            block = L @ (between + expm(PARAMETERS.drift * (t - s)) @ P) @ L.T
            covariance[j, :, i, :] = block + (np.diag(OF_FULL.measurement_noise) if i == j else 0.0)
            covariance[i, :, j, :] = covariance[j, :, i, :].T
    for side in (-1.0, 1.0):
        samples = panel.scores.reshape(n, 9)[avoidance[:, 0] == side]
        expected = (mean + L @ np.array([0.5, -0.7]) * side).ravel()
        error = np.sqrt(np.diag(covariance.reshape(9, 9)) / len(samples))
        assert np.abs((samples.mean(axis=0) - expected) / error).max() < 4
        assert np.abs(np.cov(samples.T) - covariance.reshape(9, 9)).max() < 0.08


def test_clients_of_one_therapist_are_correlated() -> None:
    n = 6000
    therapist = np.arange(n) // 2
    panel = simulate_panel(
        replace(FULL, inputs=(), covariates=()), OF_FULL, [[0.0]] * n, np.random.default_rng(5), therapist=therapist
    )
    pairs = panel.scores.reshape(-1, 2, 3)
    shared = np.cov(pairs[:, 0].T, pairs[:, 1].T)[:3, 3:]
    L = np.array([[1.0, 0.0], [0.8, 0.0], [0.0, 1.0]])
    assert np.abs(shared - L @ OF_FULL.therapist_covariance @ L.T).max() < 0.1


def test_carried_random_slopes_count_from_the_first_row_and_linear_ones_from_time_0() -> None:
    still = replace(
        PARAMETERS,
        diffusion=np.eye(2) * 1e-18,
        level_covariance=np.zeros((2, 2)),
        measurement_noise=np.zeros(2),
        start_mean=np.zeros(2),
        therapy_effect=np.zeros(2),
        change_covariance=np.diag([4.0, 0.0]),
        rate=0.3,
        slope=np.zeros(2),
    )
    for trend, end in ((Trend.CARRIED, 2.0), (Trend.LINEAR, 5.0)):
        specification = Specification(("symptoms", "alliance"), trend=trend, planned_end=6.0, random_slopes=True)
        scores = simulate_panel(specification, still, [[3.0, 5.0]] * 4000, np.random.default_rng(6)).scores.reshape(
            -1, 2, 2
        )
        share = _share(end) if trend is Trend.CARRIED else end
        assert scores[:, 1, 0].std() == pytest.approx(2 * share, rel=0.05)
        assert np.allclose(scores[:, :, 1], 6.0, atol=1e-6)


@pytest.mark.parametrize(
    ("omitted", "message"),
    [("inputs", "has inputs"), ("covariates", "has covariates"), ("therapist", "has therapists")],
)
def test_missing_arguments_are_named(omitted: str, message: str) -> None:
    arguments = {"inputs": np.zeros((1, 1)), "covariates": np.zeros((1, 1)), "therapist": np.zeros(1, dtype=np.int64)}
    del arguments[omitted]
    with pytest.raises(ModelError, match=message):
        simulate_panel(FULL, OF_FULL, [[0.0]], np.random.default_rng(1), **arguments)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="change_covariance"):
        simulate_panel(
            FULL,
            replace(OF_FULL, change_covariance=None),
            [[0.0]],
            np.random.default_rng(1),
            inputs=np.zeros((1, 1)),
            covariates=np.zeros((1, 1)),
            therapist=np.zeros(1, dtype=np.int64),
        )
