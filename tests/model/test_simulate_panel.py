"""Draws from the model: bits by seed, and moments equal to the model's own."""

import numpy as np
import pytest

from securebase.errors import ModelError
from securebase.model.equations import stationary_covariance, trend_mean
from securebase.model.parameters import Parameters, Specification, Start, Trend
from securebase.model.simulate import simulate_panel

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


def test_same_seed_same_bits() -> None:
    times = [[0.0, 1.0, 2.5], [0.0], [], [1.0, 1.4]]
    one = simulate_panel(SPECIFICATION, PARAMETERS, times, np.random.default_rng(7))
    two = simulate_panel(SPECIFICATION, PARAMETERS, times, np.random.default_rng(7))
    other = simulate_panel(SPECIFICATION, PARAMETERS, times, np.random.default_rng(8))
    assert one.scores.tobytes() == two.scores.tobytes()
    assert one.scores.tobytes() != other.scores.tobytes()
    assert one.starts.tolist() == [0, 3, 4, 4, 6]
    assert one.times.tolist() == [0.0, 1.0, 2.5, 0.0, 1.0, 1.4]
    assert one.wave.tolist() == [0, 1, 2, 0, 0, 1]


def test_moments_are_those_of_the_model() -> None:
    n = 40_000
    times = np.array([0.5, 1.0, 3.0])
    panel = simulate_panel(SPECIFICATION, PARAMETERS, [times] * n, np.random.default_rng(1))
    drawn = panel.scores.reshape(n, 6)
    P = stationary_covariance(PARAMETERS.drift, PARAMETERS.diffusion)
    mean = (PARAMETERS.level_mean + trend_mean(SPECIFICATION, PARAMETERS, times)).ravel()
    covariance = _joint_covariance(P, times)
    error_of_mean = np.sqrt(np.diag(covariance) / n)
    assert np.abs((drawn.mean(axis=0) - mean) / error_of_mean).max() < 4
    assert np.abs(np.cov(drawn.T) - covariance).max() < 0.05


def _joint_covariance(P: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Written out block by block: level + exp(A u) P + noise on the diagonal."""
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


def test_what_is_not_a_covariance_is_refused() -> None:
    broken = Parameters(
        drift=PARAMETERS.drift,
        diffusion=PARAMETERS.diffusion,
        level_mean=np.zeros(2),
        level_covariance=np.array([[1.0, 2.0], [2.0, 1.0]]),
        measurement_noise=np.zeros(2),
    )
    with pytest.raises(ModelError, match="level_covariance is not a covariance"):
        simulate_panel(Specification(("a", "b")), broken, [[0.0]], np.random.default_rng(1))
