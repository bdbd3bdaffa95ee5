"""Estimators of a lagged association; `estimators/` holds one file for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from securebase.model.distributions import t_quantile, t_tail
from securebase.records.vocabulary import Moment
from securebase.study.detrending import Detrending, detrend
from securebase.study.influence import LeaveOneOutLags, leave_one_out_lags
from securebase.study.regression import Regression, regress
from securebase.study.table import SessionTable

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Rows = tuple[Indices, Indices]

#: below this nothing is estimated: a cluster-robust standard error from four persons is meaningless
MIN_PERSONS, MIN_PAIRS = 5, 20


class LagStep(StrEnum):
    """Distance between the two measurements of a lag, given which was taken before and which after the session."""

    SAME_SESSION = "same_session"
    NEXT_SESSION = "next_session"

    def describe(self, occasion: str = "session") -> str:
        """Return the step in words; occasion: what the table calls a row."""
        return f"later in the same {occasion}" if self is LagStep.SAME_SESSION else f"at the next {occasion}"


@dataclass(frozen=True, slots=True)
class Link:
    """One direction of lag: from `earlier` to `later`, controlling for the past of `later`."""

    earlier: str
    later: str
    step: LagStep

    @property
    def name(self) -> str:
        return f"{self.earlier} → {self.later}"


def shortest_link(table: SessionTable, earlier: str, later: str) -> Link:
    """Return the link with the shortest step that is forward in time.

    A measure taken before the session precedes one taken after the same session. In every other case the step leads to
    the next session.
    """
    moments = table.moments[earlier], table.moments[later]
    step = LagStep.SAME_SESSION if moments == (Moment.BEFORE, Moment.AFTER) else LagStep.NEXT_SESSION
    return Link(earlier, later, step)


@dataclass(frozen=True, slots=True)
class LagEstimate:
    """One lagged association under one method of detrending.

    `estimate`, its `standard_error`, `lower`, `upper` and `own_past` are standardised (in standard deviations of the
    pairs' values); `raw` and `raw_standard_error` are in points of `later` per point of `earlier`, the only scale on
    which centred and detrended estimates can be compared. Intervals are 95%, t with persons − 1 degrees of freedom.
    """

    detrending: Detrending
    estimate: float
    standard_error: float
    lower: float
    upper: float
    p_value: float
    own_past: float
    own_past_standard_error: float
    raw: float
    raw_standard_error: float
    n_pairs: int
    n_persons: int

    @property
    def significant(self) -> bool:
        return self.p_value < 0.05


@dataclass(frozen=True, eq=False)
class InfluenceEstimate:
    """An estimate with each person's influence (persons,) on the raw coefficient, to compare estimates on one sample.

    `leave_one_out`: the estimate without each person in turn, where the estimator is a single regression.
    """

    lag: LagEstimate
    influence: Array
    leave_one_out: LeaveOneOutLags | None = None


@dataclass(frozen=True, slots=True)
class LagEstimator:
    """One way of estimating a lag. Reports print its `definition`; studies use it only if it `applies`."""

    name: str
    label: str
    definition: str
    estimate: Callable[[SessionTable, Link, Detrending], InfluenceEstimate | None]
    applies: Callable[[SessionTable, Link], bool] = lambda _table, _link: True


@dataclass(frozen=True, eq=False)
class SessionPairs:
    """Pairs of successive sessions by row: later, own past of later, earlier, person, time, gap; each (pairs,)."""

    later: Array
    own_past: Array
    earlier: Array
    person: Indices
    time: Array
    gap: Array
    n_persons: int

    def select(self, mask: NDArray[np.bool_]) -> SessionPairs:
        """Return the pairs where `mask` (pairs,) is true."""
        return SessionPairs(
            self.later[mask],
            self.own_past[mask],
            self.earlier[mask],
            self.person[mask],
            self.time[mask],
            self.gap[mask],
            self.n_persons,
        )

    @property
    def complete(self) -> NDArray[np.bool_]:
        """(pairs,) true where all three values are present."""
        return np.isfinite(self.later) & np.isfinite(self.own_past) & np.isfinite(self.earlier)


def session_pairs(
    table: SessionTable, link: Link, detrending: Detrending | None, *, complete: bool = True
) -> SessionPairs:
    """Return pairs of successive sessions, detrended, or as recorded where `detrending` is None.

    By default only complete pairs; with `complete` false those of `SessionTable.successive`, in its order.
    """

    def column(name: str) -> Array:
        values = table.values[name]
        return values if detrending is None else detrend(detrending, values, table.times, table.person)

    first, second = table.successive()
    earlier_row = second if link.step is LagStep.SAME_SESSION else first
    later = column(link.later)
    pairs = SessionPairs(
        later[second],
        later[first],
        column(link.earlier)[earlier_row],
        table.person[second],
        table.times[second],
        table.times[second] - table.times[first],
        table.n_persons,
    )
    return pairs.select(pairs.complete) if complete else pairs


def estimate_pairs(
    pairs: SessionPairs, detrending: Detrending, covariates: Array | None = None
) -> InfluenceEstimate | None:
    """Regress `later` on `earlier`, its own past and `covariates` (pairs, k), with errors clustered by person.

    None if there are too few persons or pairs, or if a regressor does not vary.
    """
    if len(pairs.later) < MIN_PAIRS or len(np.unique(pairs.person)) < MIN_PERSONS:
        return None
    columns = [pairs.earlier, pairs.own_past]
    X = np.column_stack(columns if covariates is None else [*columns, covariates])
    regression = regress(pairs.later, X, pairs.person, pairs.n_persons)
    if regression is None:
        return None
    return replace(
        lag_from_regression(regression, pairs, detrending),
        leave_one_out=leave_one_out_lags(pairs.later, X, pairs.person, pairs.n_persons),
    )


def lag_from_regression(regression: Regression, pairs: SessionPairs, detrending: Detrending) -> InfluenceEstimate:
    """Return the coefficients of `earlier` and of the own past as a lag with its influences."""
    sds = [float(np.std(x, ddof=1)) for x in (pairs.earlier, pairs.own_past, pairs.later)]
    raw, own_past = regression.coefficients[1:3]
    return standardise(
        detrending,
        raw=float(raw),
        influence=regression.influence[:, 1],
        own_past=float(own_past),
        own_past_influence=regression.influence[:, 2],
        sds=(sds[0], sds[1], sds[2]),
        n_pairs=regression.n,
        n_persons=regression.n_clusters,
    )


def standardise(
    detrending: Detrending,
    *,
    raw: float,
    influence: Array,
    own_past: float,
    own_past_influence: Array,
    sds: tuple[float, float, float],
    n_pairs: int,
    n_persons: int,
) -> InfluenceEstimate:
    """Standardise a raw lag, β · SD(earlier) / SD(later), and add its interval.

    sds: standard deviations of earlier, own past and later.
    """
    scale, own_past_scale = sds[0] / sds[2], sds[1] / sds[2]
    se = float(np.sqrt(influence @ influence))
    half_width = t_quantile(0.975, n_persons - 1) * se * scale
    estimate = raw * scale
    return InfluenceEstimate(
        LagEstimate(
            detrending=detrending,
            estimate=estimate,
            standard_error=se * scale,
            lower=estimate - half_width,
            upper=estimate + half_width,
            p_value=float(2 * t_tail(abs(raw) / se, n_persons - 1)) if se > 0 else float(raw == 0),
            own_past=own_past * own_past_scale,
            own_past_standard_error=float(np.sqrt(own_past_influence @ own_past_influence)) * own_past_scale,
            raw=raw,
            raw_standard_error=se,
            n_pairs=n_pairs,
            n_persons=n_persons,
        ),
        influence,
    )
