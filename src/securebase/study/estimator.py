"""What an estimator of a lagged association is. The shelf is `estimators/`: one file each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from securebase.records.vocabulary import Moment
from securebase.study.detrending import Detrending, take_out
from securebase.study.influence import WithoutOne, without_one
from securebase.study.regression import Regression, regress
from securebase.study.table import SessionTable

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Rows = tuple[Indices, Indices]

#: below this nothing is estimated: a robust standard error from four persons is no standard error
FEWEST_PERSONS, FEWEST_PAIRS = 5, 20


class LagStep(StrEnum):
    """How far apart the two measurements of a lag are, given which was asked before and which after the session."""

    SAME_SESSION = "same_session"
    NEXT_SESSION = "next_session"

    @property
    def label(self) -> str:
        return {"same_session": "later in the same session", "next_session": "at the next session"}[self.value]


@dataclass(frozen=True, slots=True)
class Link:
    """One direction of lag: does `earlier` tend to come before `later`, given the past of `later` itself?"""

    earlier: str
    later: str
    step: LagStep

    @property
    def name(self) -> str:
        return f"{self.earlier} → {self.later}"


def link(table: SessionTable, earlier: str, later: str) -> Link:
    """The shortest step that is forward in time.

    Asked before the session and after it: within one session is already forward. Otherwise the next session.
    """
    asked = table.moments[earlier], table.moments[later]
    step = LagStep.SAME_SESSION if asked == (Moment.BEFORE, Moment.AFTER) else LagStep.NEXT_SESSION
    return Link(earlier, later, step)


@dataclass(frozen=True, slots=True)
class LagEstimate:
    """One lagged association in one form.

    `estimate`, its `standard_error`, `lower`, `upper` and `own_past` are standardised (in standard deviations of the
    pairs' values); `raw` and `raw_standard_error` are in points of `later` per point of `earlier`, the only scale on
    which two forms can be compared. Intervals are 95%, t with persons − 1 degrees of freedom.
    """

    form: Detrending
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
    def told_from_zero(self) -> bool:
        return self.p_value < 0.05


@dataclass(frozen=True, eq=False)
class InfluenceEstimate:
    """An estimate with what is needed to compare it with another on the same persons: raw influence (persons,).

    `without_one`: the same with each person left out in turn, where the estimator is one regression.
    """

    lag: LagEstimate
    influence: Array
    without_one: WithoutOne | None = None


@dataclass(frozen=True, slots=True)
class LagEstimator:
    """One way of estimating a lag. `definition` is what the report prints; it is asked only where it `applies`."""

    name: str
    label: str
    definition: str
    estimate: Callable[[SessionTable, Link, Detrending], InfluenceEstimate | None]
    applies: Callable[[SessionTable, Link], bool] = lambda _table, _link: True


@dataclass(frozen=True, eq=False)
class Pairs:
    """Two sessions a row: later and its own past, earlier, whose they are and how far apart; each (pairs,)."""

    later: Array
    own_past: Array
    earlier: Array
    person: Indices
    time: Array
    gap: Array
    n_persons: int

    def only(self, keep: NDArray[np.bool_]) -> Pairs:
        return Pairs(
            self.later[keep],
            self.own_past[keep],
            self.earlier[keep],
            self.person[keep],
            self.time[keep],
            self.gap[keep],
            self.n_persons,
        )

    @property
    def complete(self) -> NDArray[np.bool_]:
        return np.isfinite(self.later) & np.isfinite(self.own_past) & np.isfinite(self.earlier)


def pairs(table: SessionTable, wanted: Link, form: Detrending | None, *, complete: bool = True) -> Pairs:
    """Every pair of successive sessions (complete ones only by default), in one form, or as recorded where it is None.

    With `complete` false the pairs are those of `SessionTable.successive`, in its order.
    """

    def column(name: str) -> Array:
        values = table.values[name]
        return values if form is None else take_out(form, values, table.times, table.person)

    first, second = table.successive()
    at = second if wanted.step is LagStep.SAME_SESSION else first
    later = column(wanted.later)
    found = Pairs(
        later[second],
        later[first],
        column(wanted.earlier)[at],
        table.person[second],
        table.times[second],
        table.times[second] - table.times[first],
        table.n_persons,
    )
    return found.only(found.complete) if complete else found


def estimate_pairs(found: Pairs, form: Detrending, further: Array | None = None) -> InfluenceEstimate | None:
    """Least squares of `later` on `earlier` and its own past (and `further` columns), robust to persons.

    None where there are too few persons or pairs, or where nothing varies.
    """
    if len(found.later) < FEWEST_PAIRS or len(np.unique(found.person)) < FEWEST_PERSONS:
        return None
    columns = [found.earlier, found.own_past]
    X = np.column_stack(columns if further is None else [*columns, further])
    fitted = regress(found.later, X, found.person, found.n_persons)
    if fitted is None:
        return None
    return replace(
        estimated(fitted, found, form), without_one=without_one(found.later, X, found.person, found.n_persons)
    )


def estimated(fitted: Regression, found: Pairs, form: Detrending) -> InfluenceEstimate:
    """Coefficients of `earlier` and of the own past with their influences, read as a lag."""
    spread = [float(np.std(x, ddof=1)) for x in (found.earlier, found.own_past, found.later)]
    raw, own_past = fitted.coefficients[1:3]
    return report(
        form,
        raw=float(raw),
        influence=fitted.influence[:, 1],
        own_past=float(own_past),
        own_past_influence=fitted.influence[:, 2],
        spread=(spread[0], spread[1], spread[2]),
        n_pairs=fitted.n,
        n_persons=fitted.n_clusters,
    )


def report(
    form: Detrending,
    *,
    raw: float,
    influence: Array,
    own_past: float,
    own_past_influence: Array,
    spread: tuple[float, float, float],
    n_pairs: int,
    n_persons: int,
) -> InfluenceEstimate:
    """Standardise and add intervals; `spread`: standard deviations of earlier, own past and later."""
    to_standard, to_standard_own = spread[0] / spread[2], spread[1] / spread[2]
    se = float(np.sqrt(influence @ influence))
    half = float(stats.t.ppf(0.975, n_persons - 1)) * se * to_standard
    estimate = raw * to_standard
    return InfluenceEstimate(
        LagEstimate(
            form=form,
            estimate=estimate,
            standard_error=se * to_standard,
            lower=estimate - half,
            upper=estimate + half,
            p_value=float(2 * stats.t.sf(abs(raw) / se, n_persons - 1)) if se > 0 else float(raw == 0),
            own_past=own_past * to_standard_own,
            own_past_standard_error=float(np.sqrt(own_past_influence @ own_past_influence)) * to_standard_own,
            raw=raw,
            raw_standard_error=se,
            n_pairs=n_pairs,
            n_persons=n_persons,
        ),
        influence,
    )
