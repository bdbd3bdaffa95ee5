"""Statistics of events: sudden gains, ruptures and repairs, life events, recurrence, therapist effects and dose."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.catalogue import instrument
from securebase.measurement.change import score_change, sudden_gains
from securebase.model.parameter_set import parameter_set
from securebase.study.calibration.designs import IPT
from securebase.study.calibration.effect_sizes import (
    NAN,
    complete_cases,
    correlation,
    intraclass_correlation,
    residuals,
)
from securebase.study.calibration.samples import Arms, CohortSample
from securebase.study.variance import correlate


def min_gain() -> float:
    """Return the reliable change of the weekly symptom scale, in SDs of clients at the first session.

    It replaces the seven BDI points in the criteria of Tang and DeRubeis (1999) on other scales.
    """
    change = instrument("session_before").scale("symptoms").reliable_change
    return change.points / parameter_set().unit("session_before", "symptoms").sd if change else NAN


@lru_cache(maxsize=2)
def had_sudden_gain(clinic: CohortSample) -> NDArray[np.bool_]:
    """Return the clients with a sudden gain, (n,)."""
    scores, cutoff = clinic.scores["symptoms"] + clinic.mean_above_minimum["symptoms"], min_gain()
    falls = scores[:, :-1] - scores[:, 1:] >= cutoff - 1e-9
    gained = np.zeros(clinic.n, dtype=bool)
    # the full criteria are evaluated only for clients with a large enough fall between two sessions
    for i in np.flatnonzero(falls.any(axis=1)):
        values = [None if np.isnan(v) else float(v) for v in scores[i]]
        gained[i] = any(not g.loss for g in sudden_gains(values, cutoff=cutoff))
    return gained


def sudden_gain_rate(arms: Arms) -> float:
    """Return C20: share of clients with at least one sudden gain (Tang & DeRubeis 1999) on the weekly symptom score."""
    return float(had_sudden_gain(arms[IPT]).mean())


def sudden_gain_and_outcome(arms: Arms) -> float:
    """Return C20: d of the last symptom score, clients without minus clients with a sudden gain, ÷ pooled SD."""
    gained = had_sudden_gain(arms[IPT])
    end = arms[IPT].last("symptoms", after=4)
    (a,), (b,) = complete_cases(end[~gained]), complete_cases(end[gained])
    if len(a) < 2 or len(b) < 2:
        return NAN
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / (len(a) + len(b) - 2))
    return float((a.mean() - b.mean()) / pooled)


def therapist_variance_share(arms: Arms) -> float:
    """Return C21: share of the variance of the PHQ-9 at the end, controlling for intake, between therapists."""
    clinic = arms[IPT]
    if clinic.therapist is None:
        return NAN
    residual = residuals(clinic.inventory["end"], clinic.inventory["start"])
    return intraclass_correlation(residual, clinic.therapist)


def stress_after_depression(arms: Arms, kind: str) -> float:
    """Return C23: r of mean symptoms of sessions 1 to 4 with the later weekly weight of one kind of life events."""
    clinic = arms[IPT]
    later = clinic.attended[:, 4:]
    weeks = later.sum(axis=1)
    weight = np.where(later, clinic.events[kind][:, 4:], 0.0).sum(axis=1)
    rate = np.divide(weight, weeks, out=np.full(clinic.n, np.nan), where=weeks > 0)
    return correlation(clinic.mean("symptoms", 1, 4), rate)


def rupture_rate(arms: Arms, kind: str) -> float:
    """Return C26: share of sessions with an unrepaired rupture: any (open) or one that was marked (marked)."""
    clinic = arms[IPT]
    return float(clinic.ruptures[kind][clinic.attended].mean())


def repair_and_outcome(arms: Arms) -> float:
    """Return C27: −r of repairs per session with an open rupture and the last symptom score, controlling for intake."""
    clinic = arms[IPT]
    open_sessions = clinic.ruptures["open"].sum(axis=1).astype(float)
    repairs = clinic.ruptures["repaired"].sum(axis=1).astype(float)
    rate = np.divide(repairs, open_sessions, out=np.full(clinic.n, np.nan), where=open_sessions > 0)
    residual_change = residuals(clinic.last("symptoms", after=4), clinic.mean("symptoms", 1))
    return -correlation(rate, residual_change)


def therapist_client_difference(arms: Arms) -> float:
    """Return C28: mean difference of the two ratings of a session, therapist's minus client's, in SDs of clients."""
    clinic = arms[IPT]
    return float(np.nanmean(clinic.scores["therapist_alliance"] - clinic.scores["alliance"]))


def therapist_client_correlation(arms: Arms) -> float:
    """Return C28: r of the two ratings within clients, within-person centred."""
    table = arms[IPT].table(["therapist_alliance", "alliance"])
    within = correlate(table, "therapist_alliance", "alliance").within
    return NAN if within is None else within.estimate


#: minimum number of clients for a number of sessions to count
_MIN_CLIENTS_PER_DOSE = 5


def improvement_by_dose(arms: Arms) -> float:
    """Return C29: r of the number of sessions held and the share of clients improved, over numbers of sessions.

    Improved: reliably and clinically on the PHQ-9; clients who began above the cutoff and did not drop out.
    """
    clinic = arms[IPT]
    scale = instrument("phq9").scale("total")
    n_sessions, start, end = clinic.attended.sum(axis=1), clinic.inventory["start"], clinic.inventory["end"]
    improved = np.array(
        [
            np.nan if change is None else float(change)
            for change in (
                score_change(scale, a, b).clinically_significant
                for a, b in zip(start.tolist(), end.tolist(), strict=True)
            )
        ]
    )
    counted = ~clinic.dropped_out & np.isfinite(improved)
    doses = [k for k in np.unique(n_sessions[counted]) if (n_sessions[counted] == k).sum() >= _MIN_CLIENTS_PER_DOSE]
    rates = [improved[counted & (n_sessions == k)].mean() for k in doses]
    return correlation(np.array(doses, dtype=np.float64), np.array(rates))


#: a PHQ-9 of 10 or more (the cutoff for a probable depression) at any follow-up counts as a recurrence
_CASE_CUTOFF = 10.0


def recurrence(arms: Arms, remitters: int) -> float:
    """Return C30: share with a later recurrence among the first `remitters` clients with a PHQ-9 below 5 at the end."""
    clinic = arms[IPT]
    remitted = np.flatnonzero(clinic.inventory["end"] < 5)[:remitters]
    after = np.column_stack([clinic.inventory[f"after {k}"][remitted] for k in range(len(clinic.follow_up_weeks))])
    return float((after >= _CASE_CUTOFF).any(axis=1).mean())
