r"""Direction within a session, where both columns are rated before and after it.

Within a session hardly any time passes, so that carry-over and shared causes between sessions cannot create asymmetry.
With δx_t the change of x in session t, dev(y)_t the rating of y before it less the mean of the person's k earlier ones
(never later ones, which would leak what the session did), both less their mean over persons at that session, and
w = k / (k + 1):

    from y: Σ_t w dev(y)_t δx_t,   from x: Σ_t w dev(x)_t δy_t,   paired: Σ_t w [dev(y)_t δx_t − dev(x)_t δy_t].

A direction is credited where its own sum and the paired one are significant and agree, and its own sum is significant
also if the later column has another scale after the session, and is seen from the session before (`own_gain`). If only
the single sums are significant, each column follows the other or both fall back in the session. A hidden state that the
session relieves, seen in one column alone, gives a sum of the sign opposite to the within-person association:
contradicted, where that association differs from zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

from securebase.model.distributions import normal_quantile, t_quantile
from securebase.study.verdicts.course import Array, Pair
from securebase.study.verdicts.identifying import MIN_IDENTIFYING, Association, Refusal, association
from securebase.study.verdicts.own_gain import EARLIER_LEVEL, BesideGain, beside_own_gain
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.rule import Rung
from securebase.study.verdicts.session_sums import Contrast, centre, contrast, deviation
from securebase.study.verdicts.within import LagDirection


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
        half = t_quantile(0.975, max(self.n_identifying - 1.0, 1.0)) * self.standard_error
        return self.estimate - half, self.estimate + half


class Doubt(StrEnum):
    """Reason why a change does not lead. scale: another scale after the session; timing: ratings of another age."""

    SCALE = "scale"
    TIMING = "timing"


@dataclass(frozen=True, slots=True)
class WithinSession:
    """Verdict of a pair rated before and after each session.

    candidate: the direction whose single sum agrees in sign with the paired one, the stronger of two; None if none
    does. p: the largest p of its sums, 1 without a candidate. beside_gain: its own sum, if the later column has another
    scale after the session. doubt: why it does not lead in spite of the first two sums. association: of x with y before
    the session.
    """

    rung: Rung
    candidate: LagDirection | None
    p: float
    single: dict[LagDirection, Contrast]
    paired: Contrast
    beside_gain: dict[LagDirection, BesideGain]
    slopes: dict[LagDirection, SessionSlope]
    association: Association
    doubt: Doubt | None = None
    refusal: Refusal | None = None

    @property
    def direction(self) -> LagDirection | None:
        """Return the direction that leads."""
        return self.candidate if self.rung is Rung.LEADS else None

    @property
    def statistics(self) -> tuple[float, ...]:
        """Return the statistics that the candidate needs, significant beyond ±1.96; none without a candidate."""
        if self.candidate is None:
            return ()
        tests = self.beside_gain[self.candidate]
        # in units of the two-sided level, as the others
        earlier = tests.earlier.statistic * normal_quantile(LEVEL / 2.0) / normal_quantile(EARLIER_LEVEL)
        return (self.single[self.candidate].statistic, self.paired.statistic, tests.rescaled.statistic, earlier)

    @property
    def p_together(self) -> float:
        """Return the larger p of the two single sums, which must both be significant."""
        return max(own.p for own in self.single.values())


def read_sessions(y_before: Array, x_before: Array, y_after: Array, x_after: Array) -> WithinSession:
    """Return the verdict of two columns (persons, sessions), NaN where missing."""
    dev_y, dev_x = deviation(y_before), deviation(x_before)
    change_y, change_x = y_after - y_before, x_after - x_before
    # the same sessions for both sums, otherwise their difference is not antisymmetric
    used = np.isfinite(dev_y) & np.isfinite(dev_x) & np.isfinite(change_y) & np.isfinite(change_x)
    dev_y, dev_x, change_y, change_x = (centre(v, used) for v in (dev_y, dev_x, change_y, change_x))
    w = _weight(y_before, x_before)
    levels = {LagDirection.Y_TO_X: w * dev_y, LagDirection.X_TO_Y: w * dev_x}
    terms = {
        LagDirection.Y_TO_X: levels[LagDirection.Y_TO_X] * change_x,
        LagDirection.X_TO_Y: levels[LagDirection.X_TO_Y] * change_y,
    }
    single = {direction: contrast(term, used) for direction, term in terms.items()}
    paired = contrast(terms[LagDirection.Y_TO_X] - terms[LagDirection.X_TO_Y], used)
    y, x = (y_before, y_after), (x_before, x_after)
    beside_gain = {
        LagDirection.Y_TO_X: beside_own_gain(levels[LagDirection.Y_TO_X], y, x, used),
        LagDirection.X_TO_Y: beside_own_gain(levels[LagDirection.X_TO_Y], x, y, used),
    }
    level = association(Pair.of_sessions(y_before, x_before), 0)
    slopes = {
        direction: _slope(dev, change, w)
        for direction, dev, change in ((LagDirection.Y_TO_X, dev_y, change_x), (LagDirection.X_TO_Y, dev_x, change_y))
    }

    # the paired sum has the sum from y with its own sign, that from x with the other
    signs = {LagDirection.Y_TO_X: 1.0, LagDirection.X_TO_Y: -1.0}
    agreeing = [d for d, own in single.items() if own.statistic * paired.statistic * signs[d] > 0]
    candidate = max(agreeing, key=lambda d: abs(single[d].statistic)) if agreeing else None
    result = partial(
        WithinSession,
        candidate=candidate,
        single=single,
        paired=paired,
        beside_gain=beside_gain,
        slopes=slopes,
        association=level,
    )
    if paired.n_persons < MIN_IDENTIFYING:
        return result(Rung.REFUSED, p=1.0, refusal=Refusal.SHORT)
    fallback = Rung.TOGETHER if all(own.p < LEVEL for own in single.values()) else Rung.INCONCLUSIVE
    if candidate is None:
        return result(fallback, p=1.0)
    sign, tests = single[candidate].statistic, beside_gain[candidate]
    p_change = max(single[candidate].p, paired.p)
    p = max(p_change, tests.rescaled.p_towards(sign))
    if p_change >= LEVEL:
        return result(fallback, p=p)
    if level.p < LEVEL and sign * level.estimate < 0:
        return result(Rung.CONTRADICTED, p=p)
    doubt = Doubt.SCALE if p >= LEVEL else None if tests.is_seen_earlier(sign) else Doubt.TIMING
    return result(Rung.LEADS if doubt is None else fallback, p=p, doubt=doubt)


def _weight(y_before: Array, x_before: Array) -> Array:
    """Return k / (k + 1) with k the smaller number of earlier ratings of the two columns."""
    counts = [np.cumsum(known, axis=1) - known for known in (np.isfinite(y_before), np.isfinite(x_before))]
    k: Array = np.minimum(*counts).astype(np.float64)
    return np.asarray(k / (k + 1.0), dtype=np.float64)


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
