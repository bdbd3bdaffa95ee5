"""Targets on events: sudden gains, ruptures and repairs, life events, recurrence; therapist effects and dose."""

from __future__ import annotations

from functools import lru_cache, partial
from math import inf

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.catalogue import instrument
from securebase.measurement.change import score_change, sudden_gains
from securebase.model.parameter_set import parameter_set
from securebase.study.calibration.designs import IPT
from securebase.study.calibration.samples import CohortSample
from securebase.study.calibration.statistics import NAN, complete_cases, correlation, intraclass_correlation, residuals
from securebase.study.calibration.target import Arms, Basis, Target
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


_KELLY = "Kelly et al. 2007, 10.1016/j.brat.2007.07.007 (n = 185)"
_RNIC = "Rnic et al. 2023, 10.1037/bul0000390"

TARGETS: tuple[Target, ...] = (
    Target(
        id="C20",
        part="share",
        label="Clients with a sudden gain",
        published="33.5%",
        value=0.335,
        band=(0.25, 0.42),
        aspect="noise and shocks",
        basis=Basis.SEEN,
        source=_KELLY,
        design="followed",
        persons=185,
        statistic=sudden_gain_rate,
        percent=True,
    ),
    Target(
        id="C20",
        part="outcome",
        label="Symptoms at the end, clients without minus with a sudden gain, d",
        published="no association (CBT .75)",
        value=0.0,
        band=(-0.35, 0.35),
        aspect="noise and shocks",
        basis=Basis.SEEN,
        source=_KELLY,
        design="followed",
        persons=185,
        statistic=sudden_gain_and_outcome,
        remark=(
            "Clients who improve fast have more sudden gains and end lower. Settings tried while tuning (variance and "
            "timing of change, weekly noise, number of random gains; 16 cohorts each) gave d from .44 to .61: below "
            "the .75 of cognitive therapy, but not near 0."
        ),
    ),
    Target(
        id="C21",
        part="therapists",
        label="Variance at the end between therapists, controlling for intake",
        published="5% (trials 8%)",
        value=0.05,
        interval=(0.05, 0.082),
        band=(0.01, 0.12),
        aspect="therapists",
        basis=Basis.SEEN,
        source="Johns et al. 2019, 10.1016/j.cpr.2018.08.004",
        design="routine",
        persons=400,
        statistic=therapist_variance_share,
        percent=True,
    ),
    Target(
        id="C23",
        part="dependent",
        label="Depression and later dependent (self-generated) stress, r",
        published=".23",
        value=0.23,
        band=(0.15, 0.31),
        aspect="stress loop",
        basis=Basis.SEEN,
        source=_RNIC,
        design="routine",
        persons=400,
        statistic=partial(stress_after_depression, kind="dependent"),
    ),
    Target(
        id="C23",
        part="independent",
        label="Depression and later independent (fateful) stress, r",
        published=".10",
        value=0.10,
        band=(0.03, 0.17),
        aspect="stress loop",
        basis=Basis.SEEN,
        source=_RNIC,
        design="routine",
        persons=400,
        statistic=partial(stress_after_depression, kind="independent"),
        remark=(
            "Independent life events are drawn independently of the client, so r is 0 by construction. The published "
            ".10 may reflect shared reporting or common causes; neither is simulated."
        ),
    ),
    Target(
        id="C26",
        part="clients",
        label="Sessions with a marked rupture",
        published="19–42%",
        interval=(0.19, 0.42),
        band=(0.19, 0.42),
        aspect="ruptures",
        basis=Basis.SECOND_HAND,
        source="a summary of several studies, second-hand",
        design="routine",
        persons=100,
        statistic=partial(rupture_rate, kind="marked"),
        percent=True,
    ),
    Target(
        id="C26",
        part="observers",
        label="Sessions with a rupture, marked or not",
        published="41–100%",
        interval=(0.41, 1.0),
        band=(0.40, 1.0),
        aspect="ruptures",
        basis=Basis.SECOND_HAND,
        source="a summary of several studies, second-hand",
        design="routine",
        persons=100,
        statistic=partial(rupture_rate, kind="open"),
        percent=True,
    ),
    Target(
        id="C27",
        part="repair",
        label="Repair of ruptures and outcome, r",
        published=".24",
        value=0.24,
        interval=(0.09, 0.39),
        band=(0.09, 0.39),
        aspect="repair",
        basis=Basis.SEEN,
        source="Safran, Muran & Eubanks-Carter 2011 (3 studies, n = 148)",
        design="routine",
        persons=50,
        statistic=repair_and_outcome,
    ),
    Target(
        id="C28",
        part="level",
        label="Therapist's minus client's rating of the alliance, SDs",
        published="below 0",
        band=(-1.5, -0.05),
        own_band=True,
        aspect="two views of one alliance",
        basis=Basis.SEEN,
        source="Atzil-Slonim et al. 2015 (213 clients)",
        design="routine",
        persons=213,
        statistic=therapist_client_difference,
    ),
    Target(
        id="C28",
        part="tracking",
        label="Therapist's and client's rating within clients, r",
        published="above 0",
        band=(0.05, inf),
        own_band=True,
        aspect="two views of one alliance",
        basis=Basis.SEEN,
        source="Atzil-Slonim et al. 2015 (213 clients)",
        design="routine",
        persons=213,
        statistic=therapist_client_correlation,
    ),
    Target(
        id="C29",
        part="dose",
        label="Number of sessions and share reliably and clinically improved, r over numbers of sessions",
        published="−.91",
        value=-0.91,
        band=(-1.0, -0.2),
        own_band=True,
        aspect="responsive ending",
        basis=Basis.SEEN,
        source="Barkham et al. 2006, 10.1037/0022-006X.74.1.160 (n = 1,868)",
        design="routine",
        persons=400,
        statistic=improvement_by_dose,
    ),
    Target(
        id="C30",
        part="recurrence",
        label="Recurrence within two years of maintenance",
        published="26%",
        value=0.26,
        band=(0.15, 0.40),
        own_band=True,
        aspect="relapse",
        basis=Basis.SEEN,
        source="Frank et al. 2007 (74 women in remission)",
        design="followed",
        persons=200,
        statistic=partial(recurrence, remitters=74),
        percent=True,
        remark=(
            "The simulator has no life events and no new episodes after the end, so clients in remission have a "
            "recurrence only through their own fluctuation."
        ),
    ),
)
