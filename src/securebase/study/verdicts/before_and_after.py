r"""Direction within a session, where both columns are rated before and after it.

Within a session hardly any time passes, so that carry-over and shared causes between sessions cannot create asymmetry.
With δx_t the change of x in session t, dev(y)_t the rating of y before it less the mean of the person's k earlier ones
(never later ones, which would leak what the session did), both less their mean over persons at that session, and
w = k / (k + 1):

    from y: Σ_t w dev(y)_t δx_t,   from x: Σ_t w dev(x)_t δy_t,   paired: Σ_t w [dev(y)_t δx_t − dev(x)_t δy_t].

A direction is credited where its own sum and the paired one are significant and agree. If only the single sums are
significant, each column follows the other or both fall back in the session. A hidden state that the session relieves,
seen in one column alone, gives a sum of the sign opposite to the within-person association: contradicted, where that
association differs from zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from securebase.study.verdicts.course import Array, Pair
from securebase.study.verdicts.identifying import MIN_IDENTIFYING, Association, Refusal, association
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.rule import Rung
from securebase.study.verdicts.within import LagDirection


@dataclass(frozen=True, slots=True)
class Contrast:
    """Mean over persons of one sum: t statistic, p, and persons with any term."""

    statistic: float
    p: float
    n_persons: int


@dataclass(frozen=True, slots=True)
class SessionSlope:
    """Change of the later column per unit of the earlier one, attenuated by errors of rating.

    standard_error: leaves out one person at a time (CR3). n_identifying: effective number of persons (Kish 1965).
    """

    estimate: float
    standard_error: float
    n_identifying: float

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95% interval."""
        half = float(student.ppf(0.975, max(self.n_identifying - 1.0, 1.0))) * self.standard_error
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True, slots=True)
class WithinSession:
    """Verdict of a pair rated before and after each session.

    candidate: the direction whose single sum agrees in sign with the paired one, the stronger of two; None if none
    does. p: the larger p of its two sums, 1 without a candidate. association: of x with y before the session.
    """

    rung: Rung
    candidate: LagDirection | None
    p: float
    single: dict[LagDirection, Contrast]
    paired: Contrast
    slopes: dict[LagDirection, SessionSlope]
    association: Association
    refusal: Refusal | None = None

    @property
    def direction(self) -> LagDirection | None:
        """Return the direction that leads."""
        return self.candidate if self.rung is Rung.LEADS else None

    @property
    def p_together(self) -> float:
        """Return the larger p of the two single sums, which must both be significant."""
        return max(contrast.p for contrast in self.single.values())


def read_sessions(y_before: Array, x_before: Array, y_after: Array, x_after: Array) -> WithinSession:
    """Return the verdict of two columns (persons, sessions), NaN where missing."""
    dev_y, dev_x = _deviation(y_before), _deviation(x_before)
    change_y, change_x = y_after - y_before, x_after - x_before
    # the same sessions for both sums, otherwise their difference is not antisymmetric
    used = np.isfinite(dev_y) & np.isfinite(dev_x) & np.isfinite(change_y) & np.isfinite(change_x)
    dev_y, dev_x, change_y, change_x = (_centre(v, used) for v in (dev_y, dev_x, change_y, change_x))
    w = _weight(y_before, x_before)
    terms = {LagDirection.Y_TO_X: w * dev_y * change_x, LagDirection.X_TO_Y: w * dev_x * change_y}
    single = {direction: _contrast(term, used) for direction, term in terms.items()}
    paired = _contrast(terms[LagDirection.Y_TO_X] - terms[LagDirection.X_TO_Y], used)
    level = association(Pair.of_sessions(y_before, x_before), 0)
    slopes = {
        direction: _slope(dev, change, w)
        for direction, dev, change in ((LagDirection.Y_TO_X, dev_y, change_x), (LagDirection.X_TO_Y, dev_x, change_y))
    }

    def verdict(rung: Rung, refusal: Refusal | None = None) -> WithinSession:
        return WithinSession(rung, candidate, p, single, paired, slopes, level, refusal)

    # the paired sum has the sum from y with its own sign, that from x with the other
    signs = {LagDirection.Y_TO_X: 1.0, LagDirection.X_TO_Y: -1.0}
    agreeing = [d for d, contrast in single.items() if contrast.statistic * paired.statistic * signs[d] > 0]
    candidate = max(agreeing, key=lambda d: abs(single[d].statistic)) if agreeing else None
    p = 1.0 if candidate is None else max(single[candidate].p, paired.p)
    if paired.n_persons < MIN_IDENTIFYING:
        return verdict(Rung.REFUSED, Refusal.SHORT)
    if candidate is not None and p < LEVEL:
        contradicted = level.p < LEVEL and single[candidate].statistic * level.estimate < 0
        return verdict(Rung.CONTRADICTED if contradicted else Rung.LEADS)
    return verdict(Rung.TOGETHER if all(contrast.p < LEVEL for contrast in single.values()) else Rung.INCONCLUSIVE)


def _deviation(before: Array) -> Array:
    """Return each rating less the mean of the person's earlier ones; NaN at the first."""
    known = np.isfinite(before)
    k = np.cumsum(known, axis=1) - known
    total = np.cumsum(np.where(known, before, 0.0), axis=1) - np.where(known, before, 0.0)
    return np.where(k > 0, before - total / np.maximum(k, 1), np.nan)


def _weight(y_before: Array, x_before: Array) -> Array:
    """Return k / (k + 1) with k the smaller number of earlier ratings of the two columns."""
    counts = [np.cumsum(known, axis=1) - known for known in (np.isfinite(y_before), np.isfinite(x_before))]
    k: Array = np.minimum(*counts).astype(np.float64)
    return np.asarray(k / (k + 1.0), dtype=np.float64)


def _centre(values: Array, used: NDArray[np.bool_]) -> Array:
    """Return values less their mean over persons at each session, 0 where not used."""
    counted = np.where(used, values, 0.0)
    return np.where(used, counted - counted.sum(axis=0) / np.maximum(used.sum(axis=0), 1), 0.0)


def _contrast(terms: Array, used: NDArray[np.bool_]) -> Contrast:
    sums = terms.sum(axis=1)[used.any(axis=1)]
    n = len(sums)
    if n < 3 or not sums.std() > 0:
        return Contrast(float("nan"), 1.0, n)
    statistic = float(sums.mean() / (sums.std(ddof=1) / np.sqrt(n)))
    return Contrast(statistic, 2.0 * float(student.sf(abs(statistic), n - 1)), n)


def _slope(deviation: Array, change: Array, weight: Array) -> SessionSlope:
    """Return the weighted least-squares slope of change on deviation, NaN where nothing varies."""
    h = (weight * deviation**2).sum(axis=1)
    total = float(h.sum())
    if not total > 0:
        return SessionSlope(float("nan"), float("nan"), 0.0)
    estimate = float((weight * deviation * change).sum()) / total
    scores = (weight * deviation * (change - estimate * deviation)).sum(axis=1) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        influence = np.where(h < total, scores / (1.0 - h / total), np.inf)
    return SessionSlope(estimate, float(np.sqrt((influence**2).sum())), total**2 / float((h**2).sum()))
