"""Limits of a study, computed from the size and shape of its data: sentences with numbers in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from securebase.model.distributions import normal_quantile, t_quantile
from securebase.records.vocabulary import Moment
from securebase.study.parts import DataSize, StudyRequest
from securebase.study.phrases import number
from securebase.study.reciprocal import LagFinding
from securebase.study.therapists import FEW_THERAPISTS
from securebase.study.trajectories import Trajectory
from securebase.study.variance import VarianceRow

#: cluster-robust standard errors are known to be too small with fewer persons
_FEW_PERSONS = 40


def limits(
    request: StudyRequest,
    size: DataSize,
    variance: tuple[VarianceRow, ...],
    lags: tuple[LagFinding, ...],
    courses: Sequence[Trajectory],
) -> tuple[str, ...]:
    """Return one sentence per limit; those that always hold come last. `courses` are those of the outcome."""
    return (
        *(f"{reason} The fitted models leave it out." for reason in request.left_out),
        *_adjustments(request),
        *_smallest_effects(lags, request.labels),
        *_short_courses(courses, lags, request),
        *_few_persons(size),
        *_excluded_persons(lags, request.labels),
        *_missing(size, variance, request.occasion),
        *_session_order(request),
        *_second_ratings(request),
        *(LAGS if lags else ()),
        *_ALWAYS,
    )


#: what no test of an order rules out
LAGS = (
    "No process is treated as randomly assigned. A verdict says what tends to come before what, not what causes what. "
    "Its tests guard against hidden causes that move both columns at once, not against one that moves the earlier "
    "column first.",
    "A hidden cause of both columns at once can still put one before the other: where one is filed late or asks about "
    "a longer period, where the effect on one fades, or, despite the test on a common scale, where crises meet the "
    "floor or ceiling of one.",
    "Lags are corrected neither for multiple testing nor for measurement error, and a hidden cause of both columns "
    "gives a lag even if it acts on both at once.",
)
_ALWAYS = (
    "Estimates are averages over persons and need not hold for any one person.",
    "Persons are taken to be independent. Treatment in groups, shared weeks, or a person under two identifiers make "
    "p values too small.",
    "Values are assumed to be missing at random given the recorded values; dropout that depends on how a person feels "
    "at that moment violates this.",
)


def _adjustments(request: StudyRequest) -> list[str]:
    """Return what only the fitted models adjust for, and what this cannot change about a lag."""
    sentences = []
    if request.covariates:
        sentences.append(
            f"{', '.join(request.covariates)}: the fitted models adjust long-run means for these covariates. "
            "Lags compare persons with themselves, so stable characteristics cancel out; whether they moderate the "
            "lags was not examined."
        )
    if request.inputs:
        sentences.append(
            f"{', '.join(request.inputs)}: time-varying inputs enter the fitted models only, not the lags. Unless it "
            "was randomised who received how much and when, their coefficients describe what tended to follow."
        )
    several = [
        c for c in (request.outcome, *request.processes) if sum(target == c for _, target in request.indicators) > 1
    ]
    for construct in several:
        first, *alternatives = (name for name, target in request.indicators if target == construct)
        sentences.append(
            f"{request.label(construct)}: the lags use {first} alone; the models use {', '.join(alternatives)} too."
        )
    if request.n_therapists is not None:
        few = ", too few for trustworthy clustered errors" if request.n_therapists < FEW_THERAPISTS else ""
        sentences.append(
            f"Clients have {request.n_therapists} therapists{few}. In the fitted models clients of one therapist share "
            "a level; whether therapists differ in their clients’ lags was not examined."
        )
    return sentences


def _smallest_effects(lags: tuple[LagFinding, ...], labels: Mapping[str, str]) -> list[str]:
    """Return the lag detectable with 80% power: (t.975 + z.80) standard errors."""
    smallest = []
    for finding in lags:
        lag = finding.main.detrended
        if not finding.toward_outcome or lag is None:
            continue
        detectable = (t_quantile(0.975, lag.n_persons - 1) + normal_quantile(0.8)) * lag.standard_error
        smallest.append(
            f"{labels.get(finding.link.earlier, finding.link.earlier)} about {number(float(detectable))} "
            f"({lag.n_pairs:,} pairs from {lag.n_persons:,} persons)"
        )
    return [f"Smallest detrended lag detectable with 80% power: {'; '.join(smallest)}."] if smallest else []


def _short_courses(courses: Sequence[Trajectory], lags: tuple[LagFinding, ...], request: StudyRequest) -> list[str]:
    """Return Nickell's bias of the autoregression at the median number of values T.

    Usual approximation: (1 + φ)/T when centred, twice that when detrended.
    """
    lengths = [len(course.values) for course in courses if len(course.values) > 1]
    median = float(np.median(lengths)) if lengths else 0.0
    pair = next((x.main for x in lags if x.toward_outcome and x.main.centred and x.main.detrended), None)
    if median < 3 or pair is None or pair.centred is None or pair.detrended is None:
        return []
    centring = (1 + pair.centred.own_past) / median
    detrending = 2 * (1 + pair.detrended.own_past) / median
    jackknife = ""
    if any(a.estimator == "half_panel_jackknife" for lag in lags for a in lag.estimable_alternatives):
        jackknife = (
            " The half-panel jackknife shows how much this may matter; it assumes one linear trend over a whole course "
            "and overcorrects curved courses."
        )
    return [
        f"Half of the persons have {median:.0f} values of {request.label(request.outcome)} or fewer. At that length, "
        f"within-person centring lowers the estimated autoregression by about {number(centring)} and detrending by "
        f"about {number(detrending)}; both can bias cross-lags too.{jackknife}"
    ]


def _few_persons(size: DataSize) -> list[str]:
    if size.n_persons >= _FEW_PERSONS:
        return []
    return [f"With {size.n_persons} persons, cluster-robust standard errors are imprecise and tend to be too small."]


def _excluded_persons(lags: tuple[LagFinding, ...], labels: Mapping[str, str]) -> list[str]:
    excluded = {labels.get(x.link.earlier, x.link.earlier): x.main.n_excluded for x in lags if x.toward_outcome}
    parts = [f"{count} from {name}" for name, count in excluded.items() if count]
    if not parts:
        return []
    return [f"Persons excluded because detrending needs three values: {', '.join(parts)}."]


def _missing(size: DataSize, variance: tuple[VarianceRow, ...], occasion: str) -> list[str]:
    parts = [f"{row.label} {row.n_missing / size.n_sessions:.0%}" for row in variance if row.n_missing]
    if not parts:
        return []
    return [f"Missing values: {', '.join(parts)} of the {size.n_sessions:,} {occasion}s in the table."]


def _second_ratings(request: StudyRequest) -> list[str]:
    """Return which of two ratings per session the lags and models use, and where the design gives no verdict."""
    twice = list(request.before_and_after)
    if not twice:
        return []
    used = ", ".join(f"{request.label(name)} {request.moments[name]} the session" for name in twice)
    sentences = [f"Rated before and after each session: lags and fitted models use {used}."]
    once = [name for name in (request.outcome, *request.processes) if name not in request.before_and_after]
    if once and (request.outcome in once or len(twice) == 1):
        labels = ", ".join(request.label(name) for name in once)
        sentences.append(
            f"{labels}: rated once a session, so the order within a session is not judged. That needs both columns "
            "rated before and after each session."
        )
    return sentences


def _session_order(request: StudyRequest) -> list[str]:
    if request.occasion != "session":
        return [
            f"Rows are {request.occasion}s: the analysis takes all columns of a row as measured at the same time, "
            "whatever the import says about before and after."
        ]
    before = [request.label(c) for c, m in request.moments.items() if m == Moment.BEFORE]
    after = [request.label(c) for c, m in request.moments.items() if m == Moment.AFTER]
    if not (before and after):
        return []
    return [
        f"The analysis takes {', '.join(before)} as measured before the session and {', '.join(after)} as measured "
        "after or during it. If this is wrong, same-session lags are concurrent associations."
    ]
