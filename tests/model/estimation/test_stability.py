"""An unstable drift is the first thing a fit says; numbers of a fit that did not end regularly are not printed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import Advice
from securebase.model.estimation.result import Estimate
from securebase.model.estimation.stability import instability_of_drift, instability_of_lags
from securebase.model.fit import Fit, fit
from securebase.model.panel import Panel
from securebase.model.specification import Specification


@pytest.fixture(scope="module")
def growing() -> Fit:
    """Fit, with a free start, 60 persons whose deviations spread by 10% a row and rotate: A = .1 I + .4 J."""
    rng, N, T = np.random.default_rng(2), 60, 10
    step = np.exp(0.1) * np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    state = rng.normal(size=(N, 2))
    waves = []
    for _ in range(T):
        waves.append(state + 0.3 * rng.normal(size=(N, 2)))
        state = state @ step.T + 0.4 * rng.normal(size=(N, 2))
    panel = Panel(
        tuple(map(str, range(N))),
        ("y", "x"),
        np.arange(0, N * T + 1, T),
        np.tile(np.arange(T, dtype=float), N),
        np.stack(waves, axis=1).reshape(N * T, 2),
        np.tile(np.arange(T), N),
    )
    return fit(panel, Specification(("y", "x"), trend="none", start="free"))


def test_a_fit_with_an_unstable_drift_says_so_first_and_keeps_its_outcome(growing):
    assert growing.ended_regularly
    assert growing.parameters is not None
    assert np.linalg.eigvals(growing.parameters.drift).real.max() > 0.05
    assert str(growing).splitlines()[0] == growing.instability
    assert growing.instability.startswith("Unstable drift: its eigenvalues are 0.")
    assert "drift[y,y]" in str(growing)


def test_eigenvalues_are_written_with_pairs_and_minus_signs():
    drift = np.array([[0.1, -0.4, 0.0], [0.4, 0.1, 0.0], [0.0, 0.0, -0.3]])
    assert "eigenvalues are 0.10 ± 0.40i and −0.30 per week, and not all" in instability_of_drift(drift, "week")
    assert instability_of_drift(drift - 0.2 * np.eye(3), "week") == ""
    assert instability_of_drift(np.zeros((1, 1)), "week").startswith("Unstable drift")
    lags = np.array([[0.5, 0.0], [0.2, -1.02]])
    assert "eigenvalues are 0.50 and −1.02, and not all are below 1" in instability_of_lags(lags)
    assert instability_of_lags(lags * 0.9) == ""


def test_numbers_of_an_irregular_fit_are_not_printed(growing):
    irregular = replace(
        growing,
        outcome=Advice("not_converged", "The search ended early.", "Use fewer constructs."),
        estimates={"drift[y,y]": Estimate(12.3456, None)},
        log_likelihood=-77.5,
    )
    assert not irregular.ended_regularly
    assert irregular.instability == ""
    assert "drift" not in str(irregular)
    assert "77" not in str(irregular)
    assert str(irregular).endswith("Use fewer constructs.")
