r"""Hidden causes of mediator and outcome: the correlation of errors at which an indirect effect vanishes.

Let m = Z δ + η and y = b m + Z γ + ε with corr(η, ε) = ρ, which is 0 if no hidden cause acts on both. With
the residuals of m and y given Z, their SDs σ_m and σ_y and correlation r, the coefficient is

    b(ρ) = σ_y / σ_m · (r − ρ √((1 − r²) / (1 − ρ²)))

(Imai, Keele & Yamamoto 2010, Statistical Science 25, 51–71, theorem 4). The estimate b(0) is zero at ρ = r. Random
assignment of the cause does not make ρ zero. A hidden cause that correlates c with both errors creates ρ = ± c².
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from securebase.study.estimator import Array


@dataclass(frozen=True, slots=True)
class Confounding:
    """Correlation ρ of the errors of a mediator and the outcome that would explain a path away.

    to_zero: brings the estimate to zero. to_insignificance: the interval then reaches zero; 0 where it does already.
    measured: control → ρ that it would have created, had it been left out.
    """

    mediator: str
    to_zero: float
    to_insignificance: float
    measured: Mapping[str, float]


def confounding(
    mediator: str, y: Array, causes: Mapping[str, Array], controls: Mapping[str, Array], *, steps: Array, unit: float
) -> Confounding:
    """Return the strength of a hidden cause that would explain away the path of a mediator to the outcome.

    y (rows,), causes and controls: of the regression of the outcome. steps: draws of the standardised coefficients of
    the route (draws, k), b the last. unit: SD of the mediator by that of the outcome, which standardised b.
    """
    others = {name: column for name, column in {**causes, **controls}.items() if name != mediator}
    m = causes[mediator]
    Z = np.column_stack([np.ones(len(y)), *others.values()])
    m_left, y_left = _residuals(m, Z), _residuals(y, Z)
    sd_m, sd_y, r = _size(m_left), _size(y_left), _correlation(m_left, y_left)
    measured = {}
    for k, name in enumerate(others, start=1):
        if name not in controls:
            continue
        rest = np.delete(Z, k, axis=1)
        with_mediator = _correlation(_residuals(m, rest), _residuals(others[name], rest))
        rest = np.column_stack([rest, m])
        with_outcome = _correlation(_residuals(y, rest), _residuals(others[name], rest))
        measured[name] = with_mediator * with_outcome
    return Confounding(mediator, r, _to_insignificance(steps, r, unit * sd_y / sd_m), measured)


def corrected_coefficient(rho: float, r: float, ratio: float) -> float:
    """Return b(ρ). ratio: σ_y / σ_m."""
    return ratio * (r - rho * float(np.sqrt((1.0 - r**2) / (1.0 - rho**2))))


def _to_insignificance(steps: Array, r: float, ratio: float) -> float:
    """Return the smallest ρ at which the middle 95% of the products includes zero; 0 if it does at ρ = 0.

    ρ shifts b and leaves its standard error as it is.
    """
    before, b = steps[:, :-1].prod(axis=1), steps[:, -1]

    def is_open(rho: float) -> bool:
        shift = corrected_coefficient(rho, r, ratio) - corrected_coefficient(0.0, r, ratio)
        lower, upper = np.quantile(before * (b + shift), [0.025, 0.975])
        return bool(lower <= 0.0 <= upper)

    if is_open(0.0):
        return 0.0
    inside, outside = 0.0, r
    for _ in range(20):
        middle = 0.5 * (inside + outside)
        inside, outside = (inside, middle) if is_open(middle) else (middle, outside)
    return outside


def _residuals(column: Array, Z: Array) -> Array:
    return np.asarray(column - Z @ np.linalg.lstsq(Z, column, rcond=None)[0])


def _size(residuals: Array) -> float:
    return float(np.sqrt((residuals**2).mean()))


def _correlation(a: Array, b: Array) -> float:
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0
