"""Tails and quantiles of the normal, t, χ², F and beta distributions, and the interval of a share.

From `scipy.special`: `scipy.stats` has the same functions, but its import takes longer than all others of a command.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special


def normal_tail(z: ArrayLike) -> Any:
    """Return P(Z > z) of the standard normal distribution."""
    return special.ndtr(-_floats(z))


def normal_quantile(p: float) -> float:
    """Return z with P(Z < z) = p."""
    return float(special.ndtri(p))


def t_tail(t: ArrayLike, df: ArrayLike) -> Any:
    """Return P(T > t) of Student's distribution with `df` degrees of freedom."""
    return special.stdtr(_floats(df), -_floats(t))


def t_quantile(p: float, df: float) -> float:
    """Return t with P(T < t) = p."""
    return float(special.stdtrit(df, p))


def chi2_tail(statistic: ArrayLike, df: ArrayLike) -> Any:
    """Return P(χ² > statistic)."""
    return special.chdtrc(_floats(df), _floats(statistic))


def f_tail(statistic: float, df: tuple[float, float]) -> float:
    """Return P(F > statistic); df: degrees of freedom of numerator and denominator."""
    return float(special.fdtrc(*df, statistic))


def f_quantile(p: float, df: tuple[float, float]) -> float:
    """Return f with P(F < f) = p; df: degrees of freedom of numerator and denominator."""
    return float(special.fdtri(*df, p))


def beta_quantile(p: float, a: float, b: float) -> float:
    """Return x with P(X < x) = p of the beta distribution."""
    return float(special.betaincinv(a, b, p))


def score_interval(p: float, n: float, z: float) -> tuple[float, float]:
    """Return the score interval of a share p of n independent cases (Wilson 1927)."""
    centre, half = p + z**2 / (2 * n), z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    shrink = 1 + z**2 / n
    return max((centre - half) / shrink, 0.0), min((centre + half) / shrink, 1.0)


def _floats(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)
