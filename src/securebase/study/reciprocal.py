"""Lags in both directions for each process, and the verdict on its persistence within persons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from scipy import stats

from securebase.study.detrending import Detrending
from securebase.study.estimator import (
    Indices,
    InfluenceEstimate,
    LagEstimate,
    LagEstimator,
    Link,
    shortest_link,
)
from securebase.study.estimators import ALTERNATIVES, PRIMARY, TIME_ADJUSTED
from securebase.study.table import SessionTable
from securebase.study.therapists import TherapistClusteredError, cluster_by_therapist

#: an association that loses more than this share of its size attenuates
MAX_ATTENUATION = 0.5


class AssociationVerdict(StrEnum):
    """Result of detrending a lagged association within persons."""

    PERSISTS = "persists"
    ATTENUATES = "attenuates"
    EMERGES = "emerges"
    INCONCLUSIVE = "inconclusive"

    @property
    def label(self) -> str:
        return self.value


RULE = (
    "Persists: significant (p < .05) when within-person centred and when detrended, with the same sign and at least "
    "half its size; and again after adjustment for the common time course. "
    "Attenuates: significant when centred, but reversed or reduced by more than half at one of these two steps. "
    "Emerges: significant only when detrended. "
    "Inconclusive: everything else. "
    "Sizes are compared in points, because SDs differ between centred and detrended values."
)


@dataclass(frozen=True, slots=True)
class DetrendingDifference:
    """Detrended less centred estimate, in points of `later` per point of `earlier`, on the same persons."""

    raw: float
    standard_error: float
    p_value: float


@dataclass(frozen=True, slots=True)
class LeaveOneOutSummary:
    """Leave-one-person-out influence: the whole computation again without each person in turn.

    `lowest`, `highest` and `max_p_value` are those of the standardised detrended lag. `n_influential` counts the
    persons (of `n_persons`) whose omission changes the verdict; `alternative_verdicts` lists the verdicts that result,
    most frequent first. The common time course is kept as estimated from everybody.
    """

    lowest: float
    highest: float
    max_p_value: float
    n_persons: int
    n_influential: int
    alternative_verdicts: tuple[tuple[AssociationVerdict, int], ...]


@dataclass(frozen=True, slots=True)
class LagPair:
    """One estimator, centred and detrended.

    `attenuation` is the share of its size that the centred estimate loses by detrending (above 1: the sign changes);
    None if one of the two could not be estimated, with the reason in `note`.
    """

    estimator: str
    label: str
    centred: LagEstimate | None
    detrended: LagEstimate | None
    difference: DetrendingDifference | None
    attenuation: float | None
    verdict: AssociationVerdict
    note: str = ""
    leave_one_out: LeaveOneOutSummary | None = None

    @property
    def n_excluded(self) -> int:
        """Persons with too few values for a trend."""
        if self.centred is None:
            return 0
        return self.centred.n_persons - (self.detrended.n_persons if self.detrended else 0)


@dataclass(frozen=True, slots=True)
class LagFinding:
    """One direction of one process.

    `main` is the leading estimate, `time_adjusted` the same adjusted for the common time course, `alternatives` are
    sensitivity analyses. `verdict` and `leave_one_out` rest on the first two together.
    """

    link: Link
    toward_outcome: bool
    main: LagPair
    time_adjusted: LagPair
    alternatives: tuple[LagPair, ...]
    verdict: AssociationVerdict
    leave_one_out: LeaveOneOutSummary | None = None
    therapist_clustered: TherapistClusteredError | None = None

    @property
    def estimable_alternatives(self) -> tuple[LagPair, ...]:
        return tuple(a for a in self.alternatives if a.centred is not None and a.detrended is not None)

    @property
    def n_agreeing(self) -> int:
        return sum(a.verdict is self.main.verdict for a in self.estimable_alternatives)


def estimate_lags(
    table: SessionTable, outcome: str, processes: tuple[str, ...], therapist: Indices | None = None
) -> tuple[LagFinding, ...]:
    """Estimate, for each process in turn, process to outcome and outcome to process.

    therapist: (persons,) index of each person's therapist.
    """
    findings = []
    for process in processes:
        for earlier, later in ((process, outcome), (outcome, process)):
            link = shortest_link(table, earlier, later)
            estimates = estimate_centred_and_detrended(table, link, PRIMARY)
            adjusted = estimate_centred_and_detrended(table, link, TIME_ADJUSTED)
            main, time_adjusted = compare_estimates(PRIMARY, *estimates), compare_estimates(TIME_ADJUSTED, *adjusted)
            verdict = final_verdict(main, time_adjusted)
            detrended = estimates[1]
            clustered = None
            if therapist is not None and detrended is not None:
                clustered = cluster_by_therapist(detrended, therapist)
            findings.append(
                LagFinding(
                    link=link,
                    toward_outcome=later == outcome,
                    main=main,
                    time_adjusted=time_adjusted,
                    alternatives=tuple(
                        estimate_lag_pair(table, link, e) for e in ALTERNATIVES if e.applies(table, link)
                    ),
                    verdict=verdict,
                    leave_one_out=_summarise_leave_one_out(*estimates, verdict, adjusted[1]),
                    therapist_clustered=clustered,
                )
            )
    return tuple(findings)


def final_verdict(main: LagPair, time_adjusted: LagPair) -> AssociationVerdict:
    """Return the verdict of `main`, revised where a persisting association fails after adjustment for the time course.

    Detrending removes straight courses only. Where the courses of all persons curve together, two unrelated columns
    keep a lag; adjusting for the common time course, whatever its shape, removes it (decision 0005).
    """
    if main.detrended is None:
        return main.verdict
    return adjust_verdict(main.verdict, main.detrended, time_adjusted.detrended)


def estimate_lag_pair(table: SessionTable, link: Link, estimator: LagEstimator) -> LagPair:
    """Estimate a lag centred and detrended, and compare the two."""
    return compare_estimates(estimator, *estimate_centred_and_detrended(table, link, estimator))


def estimate_centred_and_detrended(
    table: SessionTable, link: Link, estimator: LagEstimator
) -> tuple[InfluenceEstimate | None, InfluenceEstimate | None]:
    return (
        estimator.estimate(table, link, Detrending.CENTRED),
        estimator.estimate(table, link, Detrending.DETRENDED),
    )


def compare_estimates(
    estimator: LagEstimator, centred: InfluenceEstimate | None, detrended: InfluenceEstimate | None
) -> LagPair:
    """Compare a centred with a detrended estimate, with leave-one-out influence on both."""
    if centred is None or detrended is None:
        missing = "both" if centred is None and detrended is None else "one"
        return LagPair(
            estimator.name,
            estimator.label,
            centred.lag if centred else None,
            detrended.lag if detrended else None,
            None,
            None,
            AssociationVerdict.INCONCLUSIVE,
            f"too few pairs of sessions, or no variation, in {missing} of the two estimates",
        )
    verdict = classify(centred.lag, detrended.lag)
    return LagPair(
        estimator.name,
        estimator.label,
        centred.lag,
        detrended.lag,
        detrending_difference(centred, detrended),
        1.0 - detrended.lag.raw / centred.lag.raw if centred.lag.raw else None,
        verdict,
        leave_one_out=_summarise_leave_one_out(centred, detrended, verdict),
    )


class Coefficient(Protocol):
    """The part of an estimate that the rule of verdicts reads."""

    @property
    def raw(self) -> float: ...

    @property
    def significant(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class _LeaveOneOutLag:
    """A lag without one person; NaN where nothing can be estimated without that person."""

    raw: float
    significant: bool


def classify(centred: Coefficient, detrended: Coefficient) -> AssociationVerdict:
    """Return the verdict of the first step of `RULE`."""
    if centred.significant:
        retained = detrended.raw / centred.raw
        if retained < 1.0 - MAX_ATTENUATION:
            return AssociationVerdict.ATTENUATES
        return AssociationVerdict.PERSISTS if detrended.significant else AssociationVerdict.INCONCLUSIVE
    return AssociationVerdict.EMERGES if detrended.significant else AssociationVerdict.INCONCLUSIVE


def adjust_verdict(
    verdict: AssociationVerdict, detrended: Coefficient, time_adjusted: Coefficient | None
) -> AssociationVerdict:
    """Return the verdict of the second step of `RULE`: it revises only associations that persist."""
    if verdict is not AssociationVerdict.PERSISTS or time_adjusted is None:
        return verdict
    if time_adjusted.raw / detrended.raw < 1.0 - MAX_ATTENUATION:
        return AssociationVerdict.ATTENUATES
    return AssociationVerdict.PERSISTS if time_adjusted.significant else AssociationVerdict.INCONCLUSIVE


def _summarise_leave_one_out(
    centred: InfluenceEstimate | None,
    detrended: InfluenceEstimate | None,
    verdict: AssociationVerdict,
    time_adjusted: InfluenceEstimate | None = None,
) -> LeaveOneOutSummary | None:
    """Repeat the verdict without each person; None if an estimator is more than one regression."""
    if centred is None or detrended is None or centred.leave_one_out is None or detrended.leave_one_out is None:
        return None
    lags = detrended.leave_one_out
    present = centred.leave_one_out.present | lags.present
    lookups = [_leave_one_out_lookup(e) for e in (centred, detrended, *([time_adjusted] if time_adjusted else []))]
    changed: Counter[AssociationVerdict] = Counter()
    for person in np.flatnonzero(present):
        without_centred, without_detrended, *without_adjusted = (lookup(int(person)) for lookup in lookups)
        repeated = adjust_verdict(
            classify(without_centred, without_detrended),
            without_detrended,
            without_adjusted[0] if without_adjusted else None,
        )
        changed[repeated] += repeated is not verdict
    usable = lags.present & np.isfinite(lags.p_value)
    if not usable.any():
        return None
    estimates, p_values = lags.estimate[usable], lags.p_value[usable]
    return LeaveOneOutSummary(
        lowest=float(estimates.min()),
        highest=float(estimates.max()),
        max_p_value=float(p_values.max()),
        n_persons=int(present.sum()),
        n_influential=changed.total(),
        alternative_verdicts=tuple((other, count) for other, count in changed.most_common() if count),
    )


def _leave_one_out_lookup(estimate: InfluenceEstimate) -> Callable[[int], Coefficient]:
    """Return person → the lag without that person; the lag itself where it has no rows of that person."""
    lags = estimate.leave_one_out
    if lags is None:
        return lambda _: estimate.lag

    def lookup(person: int) -> Coefficient:
        if not lags.present[person]:
            return estimate.lag
        return _LeaveOneOutLag(float(lags.raw[person]), bool(lags.p_value[person] < 0.05))

    return lookup


def detrending_difference(centred: InfluenceEstimate, detrended: InfluenceEstimate) -> DetrendingDifference:
    """Test the difference of two estimates with the joint influence of each person on both."""
    raw = detrended.lag.raw - centred.lag.raw
    se = float(np.linalg.norm(detrended.influence - centred.influence))
    df = centred.lag.n_persons - 1
    return DetrendingDifference(raw, se, float(2 * stats.t.sf(abs(raw) / se, df)) if se > 0 else 1.0)
