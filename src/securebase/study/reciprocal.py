"""Lags in both directions for each process: estimates with intervals, and how they move without single persons.

They are estimates beside the verdicts (`securebase.study.conclusions`), none of which rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
from securebase.study.variance import correlate
from securebase.study.verdicts.identifying import MAX_CORRELATION


@dataclass(frozen=True, slots=True)
class LeaveOneOutSummary:
    """Leave-one-person-out influence on the standardised detrended lag: its range and largest p value.

    n_persons: persons left out in turn.
    """

    lowest: float
    highest: float
    max_p_value: float
    n_persons: int


@dataclass(frozen=True, slots=True)
class LagPair:
    """One estimator, centred and detrended; None where it could not be estimated, with the reason in `note`."""

    estimator: str
    label: str
    centred: LagEstimate | None
    detrended: LagEstimate | None
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
    sensitivity analyses.
    """

    link: Link
    toward_outcome: bool
    main: LagPair
    time_adjusted: LagPair
    alternatives: tuple[LagPair, ...]
    therapist_clustered: TherapistClusteredError | None = None

    @property
    def estimable_alternatives(self) -> tuple[LagPair, ...]:
        return tuple(a for a in self.alternatives if a.centred is not None and a.detrended is not None)


def estimate_lags(
    table: SessionTable, outcome: str, processes: tuple[str, ...], therapist: Indices | None = None
) -> tuple[LagFinding, ...]:
    """Estimate, for each process in turn, process to outcome and outcome to process.

    Nothing is estimated where one is a copy of the other, as the verdicts refuse it: of a rounded copy, rounding errors
    alone are left beside the own past.

    therapist: (persons,) index of each person's therapist.
    """
    findings = []
    for process in processes:
        same = correlate(table, process, outcome).within_detrended
        if same is not None and abs(same.estimate) > MAX_CORRELATION:
            findings += [_copied(table, process, outcome), _copied(table, outcome, process, toward_outcome=False)]
            continue
        for earlier, later in ((process, outcome), (outcome, process)):
            link = shortest_link(table, earlier, later)
            estimates = estimate_centred_and_detrended(table, link, PRIMARY)
            detrended, clustered = estimates[1], None
            if therapist is not None and detrended is not None:
                clustered = cluster_by_therapist(detrended, therapist)
            findings.append(
                LagFinding(
                    link=link,
                    toward_outcome=later == outcome,
                    main=pair_estimates(PRIMARY, *estimates),
                    time_adjusted=estimate_lag_pair(table, link, TIME_ADJUSTED),
                    alternatives=tuple(
                        estimate_lag_pair(table, link, e) for e in ALTERNATIVES if e.applies(table, link)
                    ),
                    therapist_clustered=clustered,
                )
            )
    return tuple(findings)


def _copied(table: SessionTable, earlier: str, later: str, *, toward_outcome: bool = True) -> LagFinding:
    note = f"“{earlier}” is a copy of “{later}”"
    main, time_adjusted = (LagPair(e.name, e.label, None, None, note) for e in (PRIMARY, TIME_ADJUSTED))
    return LagFinding(shortest_link(table, earlier, later), toward_outcome, main, time_adjusted, alternatives=())


def estimate_lag_pair(table: SessionTable, link: Link, estimator: LagEstimator) -> LagPair:
    """Estimate a lag centred and detrended."""
    return pair_estimates(estimator, *estimate_centred_and_detrended(table, link, estimator))


def estimate_centred_and_detrended(
    table: SessionTable, link: Link, estimator: LagEstimator
) -> tuple[InfluenceEstimate | None, InfluenceEstimate | None]:
    return (
        estimator.estimate(table, link, Detrending.CENTRED),
        estimator.estimate(table, link, Detrending.DETRENDED),
    )


def pair_estimates(
    estimator: LagEstimator, centred: InfluenceEstimate | None, detrended: InfluenceEstimate | None
) -> LagPair:
    """Return a centred and a detrended estimate side by side, with leave-one-out influence on the second."""
    note = ""
    if centred is None or detrended is None:
        missing = "both estimates" if centred is None and detrended is None else "one of the two estimates"
        note = f"too few pairs of sessions, no variation, or a copy among the columns, in {missing}"
    return LagPair(
        estimator.name,
        estimator.label,
        centred.lag if centred else None,
        detrended.lag if detrended else None,
        note,
        _summarise_leave_one_out(detrended) if centred else None,
    )


def _summarise_leave_one_out(detrended: InfluenceEstimate | None) -> LeaveOneOutSummary | None:
    """Return the range of the lag without each person; None if an estimator is more than one regression."""
    if detrended is None or detrended.leave_one_out is None:
        return None
    lags = detrended.leave_one_out
    usable = lags.present & np.isfinite(lags.p_value)
    if not usable.any():
        return None
    estimates = lags.estimate[usable]
    return LeaveOneOutSummary(
        lowest=float(estimates.min()),
        highest=float(estimates.max()),
        max_p_value=float(lags.p_value[usable].max()),
        n_persons=int(lags.present.sum()),
    )
