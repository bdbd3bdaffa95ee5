"""The decomposition of a smoothed change into the terms that add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.linalg import expm

from securebase.errors import ModelError
from securebase.model.parameters import Array
from securebase.model.smoothing import Smoothed
from securebase.model.specification import Trend


class TermKind(StrEnum):
    """Kind of a term of a change.

    autoregression: decay of the construct's own earlier deviation. from_construct: effect of another construct's
    earlier deviation. therapy: direct effect of therapy on the construct. therapy_through_others: effect of therapy on
    other constructs that reached it within one interval. trend: mean trend (not carried). random_slope: smoothed
    person-specific change around the mean trend. shocks: unexplained.
    """

    AUTOREGRESSION = "autoregression"
    FROM_CONSTRUCT = "from_construct"
    THERAPY = "therapy"
    THERAPY_THROUGH_OTHERS = "therapy_through_others"
    TREND = "trend"
    RANDOM_SLOPE = "random_slope"
    SHOCKS = "shocks"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a change, in points of the construct. `construct` is set for FROM_CONSTRUCT only."""

    kind: TermKind
    value: float
    construct: str = ""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A smoothed change between two rows and the terms that add up to it."""

    construct: str
    begin: float
    end: float
    change: float
    terms: tuple[Term, ...]


def decompose(course: Smoothed, construct: str, first: int = 0, last: int = -1) -> Decomposition:
    """Decompose the smoothed change of a construct between two rows.

    Over each interval x ← Phi x + J B + w, and every summand is credited to the state that it comes from at the
    *beginning* of the interval; then intervals are summed. This path from lagged states is unique. carried: x = trend +
    state, so what therapy contributed to another construct counts as from that construct. apart, linear, none:
    x = state only, and the trend is a term of its own. An effect passed on within one interval counts where it began;
    correlated shocks are not split between constructs.

    Raises ModelError for an unknown construct, rows outside the course or out of order, or a carried trend with inputs
    (the paths of inputs and therapy through the constructs are not separated).
    """
    if course.specification.inputs and course.specification.trend is Trend.CARRIED:
        raise ModelError("a change under a carried trend cannot be decomposed if the model has inputs")
    specification, n = course.specification, len(course.times)
    if construct not in specification.constructs:
        raise ModelError(
            f"the course has no construct “{construct}”",
            advice=f"It has {', '.join(specification.constructs)}.",
        )
    begin, end = (row + n if row < 0 else row for row in (first, last))
    if not 0 <= begin <= end < n:
        raise ModelError(f"rows must lie within the course of {n} rows (got {first} to {last})")
    k, p = specification.constructs.index(construct), specification.p
    carried = specification.trend is Trend.CARRIED
    x = course.smoothed[:, :p] + (course.trend if carried else 0.0)
    transmitted = np.zeros(p)
    for j in range(begin, end):
        transmitted += course.transition[j][k] * x[j] - (np.arange(p) == k) * x[j]
    terms = [Term(TermKind.AUTOREGRESSION, float(transmitted[k]))]
    terms += [
        Term(TermKind.FROM_CONSTRUCT, float(transmitted[i]), c)
        for i, c in enumerate(specification.constructs)
        if i != k
    ]
    if carried:
        by_therapy = _therapy_terms(course, begin, end, k)
        terms.append(Term(TermKind.THERAPY, float(by_therapy[k])))
        terms.append(Term(TermKind.THERAPY_THROUGH_OTHERS, float(by_therapy.sum() - by_therapy[k])))
    else:
        terms.append(Term(TermKind.TREND, float(course.trend[end, k] - course.trend[begin, k])))
    slope_part = course.person_trend - course.trend
    if specification.random_slopes:
        terms.append(Term(TermKind.RANDOM_SLOPE, float(slope_part[end, k] - slope_part[begin, k])))
    terms.append(Term(TermKind.SHOCKS, float(course.shocks[begin:end, k].sum())))
    true = course.person_trend[:, k] + course.smoothed[:, k]
    return Decomposition(
        construct, float(course.times[begin]), float(course.times[end]), float(true[end] - true[begin]), tuple(terms)
    )


def _therapy_terms(course: Smoothed, begin: int, end: int, k: int) -> Array:
    """Return the contribution of therapy, by construct it acts on (p,), to construct k: row k of J diag(B), summed.

    exp([[A, I], [0, 0]] g) has J = ∫_0^g exp(A v) dv as its upper right block.
    """
    parameters, p = course.parameters, course.specification.p
    if parameters.therapy_effect is None:
        raise ModelError("the parameters have no “therapy_effect”, which a carried trend needs")
    total = np.zeros(p)
    block = np.block([[parameters.drift, np.eye(p)], [np.zeros((p, 2 * p))]])
    gaps, counts = np.unique(np.diff(course.times[begin : end + 1]), return_counts=True)
    for gap, count in zip(gaps, counts, strict=True):
        total += count * expm(block * gap)[k, p:] * parameters.therapy_effect
    return total
