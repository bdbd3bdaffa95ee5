"""Several starts reach the same maximum, or the note says otherwise."""

import numpy as np
import pytest

from securebase.errors import ModelError
from securebase.model.estimation.multistart import draw_starts, summarise_starts
from securebase.model.fit import fit
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification

SPECIFICATION = Specification(("y",))
TRUTH = Parameters(
    drift=np.array([[-0.5]]),
    diffusion=np.array([[0.6]]),
    level_mean=np.array([0.0]),
    level_covariance=np.array([[0.5]]),
    measurement_noise=np.array([0.3]),
)
PANEL = simulate_panel(SPECIFICATION, TRUTH, [np.arange(8.0)] * 60, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("log_likelihoods", "sentence"),
    [
        ([-5.0, -5.001], "All 2 starts reached the same log-likelihood."),
        ([-5.0, -5.0, -46.0], "2 of 3 starts reached the highest log-likelihood; one ended 41 lower."),
        (
            [-46.0, -5.0, -5.0, -5.5, -5.0],
            "3 of 5 starts reached the highest log-likelihood; two ended 0.5 to 41 lower.",
        ),
        (
            [-5.0, -9.0],
            "1 of 2 starts reached the highest log-likelihood; one ended 4.0 lower. Only one did: try more starts "
            "before trusting it.",
        ),
        ([-5.0, -5.0, -np.inf], "2 of 3 starts reached the highest log-likelihood; one ended immeasurably lower."),
    ],
)
def test_the_summary_of_starts_names_their_log_likelihoods(log_likelihoods: list[float], sentence: str) -> None:
    assert summarise_starts(log_likelihoods) == sentence


def test_every_start_has_a_finite_value() -> None:
    def cliff(x: np.ndarray) -> tuple[float, np.ndarray]:
        return (float(x @ x), 2 * x) if x[0] < 0.05 else (np.inf, 0 * x)

    starts = draw_starts(cliff, np.zeros(2), 50, np.random.default_rng(2))
    assert len(starts) == 50
    assert all(np.isfinite(cliff(x)[0]) for x in starts)
    assert np.std([x[1] for x in starts]) > 0.1


def test_several_starts_reach_the_same_fit_and_report_it() -> None:
    single = fit(PANEL, SPECIFICATION)
    several = fit(PANEL, SPECIFICATION, starts=4, rng=np.random.default_rng(3))
    assert several.log_likelihood == pytest.approx(single.log_likelihood, abs=1e-6)
    assert "All 4 starts" in several.notes[-1]
    again = fit(PANEL, SPECIFICATION, starts=4, rng=np.random.default_rng(3))
    assert again.estimates == several.estimates


def test_several_starts_need_a_random_generator() -> None:
    with pytest.raises(ModelError, match="starts is 3, but rng is missing"):
        fit(PANEL, SPECIFICATION, starts=3)
