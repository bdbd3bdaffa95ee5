"""Sensitivity to a hidden cause of mediator and outcome."""

from __future__ import annotations

import numpy as np
import pytest

from mediation_tables import ask, table_of
from securebase.study.mediation.confounding import corrected_coefficient
from securebase.study.mediation.question import MediationKind

LABELS = {"x": "Treatment", "m": "Support", "y": "Symptoms"}


def changes(seed: int, *, b: float, hidden: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw x → m (.5), m → y (b), and a hidden cause that adds `hidden` to both errors of variance 1."""
    rng = np.random.default_rng(seed)
    cause = rng.normal(size=n)
    x = rng.normal(size=n)
    m = 0.5 * x + np.sqrt(1 - hidden**2) * rng.normal(size=n) + hidden * cause
    y = b * m + np.sqrt(1 - hidden**2) * rng.normal(size=n) + hidden * cause
    return x, m, y


def two_ratings(*columns: np.ndarray) -> list[np.ndarray]:
    return [np.column_stack([np.zeros(len(c)), c]) for c in columns]


def test_the_true_path_is_that_of_the_correlation_of_the_errors() -> None:
    """A cause that correlates .6 with both errors makes ρ = .36: the coefficient corrected for it is the true one."""
    x, m, y = changes(1, b=0.3, hidden=0.6)
    Z = np.column_stack([np.ones(len(x)), x])
    m_left, y_left = (v - Z @ np.linalg.lstsq(Z, v, rcond=None)[0] for v in (m, y))
    r, ratio = np.corrcoef(m_left, y_left)[0, 1], y_left.std() / m_left.std()
    assert corrected_coefficient(0.0, r, ratio) == pytest.approx(0.66, abs=0.05)
    assert corrected_coefficient(0.36, r, ratio) == pytest.approx(0.3, abs=0.05)
    assert corrected_coefficient(r, r, ratio) == pytest.approx(0.0, abs=1e-12)


def test_the_bound_says_what_a_hidden_cause_of_that_strength_can_do() -> None:
    """Nothing passes through m: the path rests on a hidden cause of ρ = .36, and the bound does not exceed that."""
    x, m, y = two_ratings(*changes(2, b=0.0, hidden=0.6, n=600))
    answer = ask(table_of({"y": y, "x": x, "m": m}), "x", ["m"], kind=MediationKind.CHANGE)
    (bound,) = answer.main.confounding
    assert answer.supported == (("m",),)
    assert bound.to_zero == pytest.approx(0.36, abs=0.08)
    assert 0.0 < bound.to_insignificance < bound.to_zero
    assert bound.to_insignificance < 0.36
    assert "a hidden cause that correlates .59 with the errors of both" in answer.figures_in_words(LABELS)


def test_the_bound_of_the_interval_is_where_a_corrected_interval_reaches_zero() -> None:
    x, m, y = changes(3, b=0.3, hidden=0.0, n=200)
    table = table_of(dict(zip("yxm", two_ratings(y, x, m), strict=True)))
    (bound,) = ask(table, "x", ["m"], kind=MediationKind.CHANGE).main.confounding
    # the same, by a delta-method interval of a · b(ρ) on a grid
    Z = np.column_stack([np.ones(200), x])
    m_left, y_left = (v - Z @ np.linalg.lstsq(Z, v, rcond=None)[0] for v in (m, y))
    r, ratio = np.corrcoef(m_left, y_left)[0, 1], y_left.std() / m_left.std()
    error = np.sqrt(y_left.var() * (1 - r**2) / m_left.var() / 197)
    grid = np.linspace(0, r, 400)
    lower = np.array([corrected_coefficient(rho, r, ratio) - 1.97 * error for rho in grid])
    assert bound.to_insignificance == pytest.approx(grid[np.argmax(lower <= 0)], abs=0.03)


def test_the_strongest_measured_common_cause_stands_beside_it() -> None:
    """Z adds .8 to m and to y, whose errors have variance 1."""
    x, m, y = changes(4, b=0.3, hidden=0.0, n=500)
    z = np.random.default_rng(5).normal(size=500)
    columns = dict(zip("yxmz", two_ratings(y + 0.3 * 0.8 * z + 0.8 * z, x, m + 0.8 * z, z), strict=True))
    table = table_of(columns)
    answer = ask(table, "x", ["m"], kind=MediationKind.CHANGE, processes=["z"])
    with_mediator, left = 0.8 / np.sqrt(1.64), 0.8 / np.sqrt(1.64)
    with_outcome = left / np.sqrt(left**2 + 1.0)
    assert answer.main.confounding[0].measured["z"] == pytest.approx(with_mediator * with_outcome, abs=0.08)
    assert "strongest measured common cause is z" in answer.figures_in_words(LABELS)
    assert (
        ask(table_of({c: columns[c] for c in "yxm"}), "x", ["m"], kind=MediationKind.CHANGE)
        .main.confounding[0]
        .measured
        == {}
    )
