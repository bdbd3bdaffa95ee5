r"""Strength of a hidden cause that would explain an association away, beside that of measured columns.

A cause h of the earlier x and of the later y biases the regression of y_t on x_{t−1} and y_{t−1} by b with

    (b / β̂)² = R²_{y~h|x,past} · R²_{x~h|past} / (1 − R²_{x~h|past}) / f²,   f² = R²_{y~x|past} / (1 − R²_{y~x|past}),

so that partial R² of RV = ½ (√(f⁴ + 4f²) − f²) with both bring the estimate to zero (robustness value; Cinelli and
Hazlett 2020, Journal of the Royal Statistical Society B 82, 39–67). With f (1 − t*/|t|) in place of f the 95% interval
reaches zero. Partial R² are of ratings, with their errors, less persons' lines and the common course.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from securebase.model.distributions import t_quantile
from securebase.study.verdicts.course import Array, Pair, adjust_for_common_course, own_line_residuals
from securebase.study.verdicts.identifying import association

#: usual gaps by which the cause must show in the earlier column before the later one: time reversal and the likelihoods
#: exclude causes that act on both at once, and half a gap earlier suffices to pass them
MIN_LEAD = 0.5


@dataclass(frozen=True, slots=True)
class Strength:
    """Partial R² of a cause with both columns of a lag.

    with_earlier: beside the later column's past. with_later: beside that and the earlier column.
    """

    with_earlier: float
    with_later: float

    @property
    def bias(self) -> float:
        """Return the f² that this cause alone creates."""
        return self.with_later * self.with_earlier / (1.0 - self.with_earlier) if self.with_earlier < 1.0 else np.inf


@dataclass(frozen=True, slots=True)
class HiddenCause:
    """Cause that would explain an association away.

    f_squared: of the association. to_zero: partial R² with both columns that bring the estimate to zero.
    to_insignificance: the same for the nearer end of its 95% interval; 0 where that includes zero already. lead: usual
    gaps by which the cause shows in the earlier column first. measured: strengths of the other columns, as a benchmark.
    """

    f_squared: float
    to_zero: float
    to_insignificance: float
    measured: Mapping[str, Strength]
    lead: float

    def is_explained_by(self, strength: Strength) -> bool:
        """Return whether a cause as strong as this would bring the estimate to zero."""
        return strength.bias >= self.f_squared


def hidden_cause(
    pair: Pair, others: Mapping[str, Array], *, lag: int = 1, lead: float = MIN_LEAD
) -> HiddenCause | None:
    """Return the cause that would explain away the association of x with y; None where nothing varies.

    pair: as observed. others: name → values (N, T) in the cells of the pair. lag 1: of x with the next y; 0: with y of
    the same row. lead: 0 where the order is not known, so that a cause of both at once suffices.
    """
    adjusted = adjust_for_common_course(pair)
    whole = association(adjusted, lag)
    y, x = (own_line_residuals(values, pair.times) for values in (adjusted.y, adjusted.x))
    later, earlier, given = (y[:, 1:], x[:, :-1], (y[:, :-1],)) if lag else (y, x, ())
    explained = _partial(later, earlier, *given)
    if not np.isfinite(whole.estimate) or not 0.0 < explained < 1.0 or not whole.standard_error > 0:
        return None
    measured = {}
    for name, values in others.items():
        other = adjust_for_common_course(Pair(pair.y, values, pair.times, pair.discrete)).x
        z = own_line_residuals(other, pair.times)[:, : earlier.shape[1]]
        strength = Strength(_partial(earlier, z, *given), _partial(later, z, earlier, *given))
        if np.isfinite([strength.with_earlier, strength.with_later]).all():
            measured[name] = strength
    f = float(np.sqrt(explained / (1.0 - explained)))
    quantile = t_quantile(0.975, max(whole.n_identifying - 1.0, 1.0))
    left = max(0.0, 1.0 - quantile * whole.standard_error / abs(whole.estimate))
    return HiddenCause(f**2, robustness_value(f), robustness_value(left * f), measured, lead)


def robustness_value(f: float) -> float:
    """Return the partial R² that solves R⁴ / (1 − R²) = f²."""
    return 0.5 * (float(np.sqrt(f**4 + 4.0 * f**2)) - f**2)


def _partial(target: Array, column: Array, *given: Array) -> float:
    """Return the partial R² of two columns beside others, pooled over rows where all are known; NaN if undefined."""
    used = np.isfinite(target) & np.isfinite(column)
    for values in given:
        used &= np.isfinite(values)
    a, b = target[used], column[used]
    if given:
        C = np.column_stack([values[used] for values in given])
        a, b = (values - C @ np.linalg.lstsq(C, values, rcond=None)[0] for values in (a, b))
    size = float((a @ a) * (b @ b))
    return float(a @ b) ** 2 / size if size > 0 else float("nan")
