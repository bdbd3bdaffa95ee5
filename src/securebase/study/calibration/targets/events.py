"""Targets on what happens once: sudden gains, ruptures and repairs, life events, relapse; and who leaves when."""

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
    """The reliable change of the weekly symptom scale, in SDs of clients at the first session: what Tang and DeRubeis’
    criteria ask for on a scale other than the BDI.
    """
    change = instrument("session_before").scale("symptoms").reliable_change
    return change.points / parameter_set().unit("session_before", "symptoms").sd if change else NAN


@lru_cache(maxsize=2)
def had_sudden_gain(clinic: CohortSample) -> NDArray[np.bool_]:
    """(n,) clients with a sudden gain; only who ever falls by enough between two sessions is looked at closely."""
    scores, fewest = clinic.scores["symptoms"] + clinic.zero["symptoms"], min_gain()
    falls = scores[:, :-1] - scores[:, 1:] >= fewest - 1e-9
    found = np.zeros(clinic.n, dtype=bool)
    for i in np.flatnonzero(falls.any(axis=1)):
        values = [None if np.isnan(v) else float(v) for v in scores[i]]
        found[i] = any(not g.loss for g in sudden_gains(values, cutoff=fewest))
    return found


def sudden_gain_rate(arms: Arms) -> float:
    """C20: share of clients with at least one sudden gain (Tang & DeRubeis 1999) on the weekly symptom score."""
    return float(had_sudden_gain(arms[IPT]).mean())


def sudden_gain_and_outcome(arms: Arms) -> float:
    """C20: d of the last symptom score, those without a sudden gain less those with one, ÷ pooled SD."""
    with_one = had_sudden_gain(arms[IPT])
    end = arms[IPT].last("symptoms", after=4)
    (a,), (b,) = complete_cases(end[~with_one]), complete_cases(end[with_one])
    if len(a) < 2 or len(b) < 2:
        return NAN
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / (len(a) + len(b) - 2))
    return float((a.mean() - b.mean()) / pooled)


def therapist_variance_share(arms: Arms) -> float:
    """C21: share of the PHQ-9 at the end, intake held constant, that lies between therapists."""
    clinic = arms[IPT]
    if clinic.therapist is None:
        return NAN
    left = residuals(clinic.inventory["end"], clinic.inventory["start"])
    return intraclass_correlation(left, clinic.therapist)


def stress_after_depression(arms: Arms, kind: str) -> float:
    """C23: r of mean symptoms of sessions 1 to 4 with the weight of life events of one kind a week thereafter."""
    clinic = arms[IPT]
    later = clinic.held[:, 4:]
    weeks = later.sum(axis=1)
    weight = np.where(later, clinic.events[kind][:, 4:], 0.0).sum(axis=1)
    rate = np.divide(weight, weeks, out=np.full(clinic.n, np.nan), where=weeks > 0)
    return correlation(clinic.mean("symptoms", 1, 4), rate)


def rupture_rate(arms: Arms, who: str) -> float:
    """C26: share of sessions with a rupture that is not mended yet: all of them (open) or those marked."""
    clinic = arms[IPT]
    return float(clinic.ruptures[who][clinic.held].mean())


def repair_and_outcome(arms: Arms) -> float:
    """C27: −r of repairs for each session with an open rupture and the last symptom score, intake held constant."""
    clinic = arms[IPT]
    open_sessions = clinic.ruptures["open"].sum(axis=1).astype(float)
    repairs = clinic.ruptures["repaired"].sum(axis=1).astype(float)
    share = np.divide(repairs, open_sessions, out=np.full(clinic.n, np.nan), where=open_sessions > 0)
    left = residuals(clinic.last("symptoms", after=4), clinic.mean("symptoms", 1))
    return -correlation(share, left)


def therapist_client_difference(arms: Arms) -> float:
    """C28: mean difference of the two ratings of the same sessions, therapist's less client's, in SDs of clients."""
    clinic = arms[IPT]
    return float(np.nanmean(clinic.scores["therapist_alliance"] - clinic.scores["alliance"]))


def therapist_client_correlation(arms: Arms) -> float:
    """C28: r of the two ratings within clients, within-person centred."""
    table = arms[IPT].table(["therapist_alliance", "alliance"])
    found = correlate(table, "therapist_alliance", "alliance").within
    return NAN if found is None else found.estimate


#: a number of sessions counts where so many clients ended with it
_MIN_CLIENTS_PER_DOSE = 5


def improvement_by_dose(arms: Arms) -> float:
    """C29: r over numbers of sessions held of that number and the share reliably and clinically improved on the PHQ-9,
    of clients who began above the cut and did not stay away.
    """
    clinic = arms[IPT]
    scale = instrument("phq9").scale("total")
    held, start, end = clinic.held.sum(axis=1), clinic.inventory["start"], clinic.inventory["end"]
    better = np.array(
        [
            np.nan if one is None else float(one)
            for one in (
                score_change(scale, a, b).clinically_significant
                for a, b in zip(start.tolist(), end.tolist(), strict=True)
            )
        ]
    )
    counted = ~clinic.left & np.isfinite(better)
    doses = [k for k in np.unique(held[counted]) if (held[counted] == k).sum() >= _MIN_CLIENTS_PER_DOSE]
    rates = [better[counted & (held == k)].mean() for k in doses]
    return correlation(np.array(doses, dtype=np.float64), np.array(rates))


#: a PHQ-9 of this or more at any quarter counts as a recurrence: where the instrument sees a case
_CASE_CUTOFF = 10.0


def recurrence(arms: Arms, remitters: int) -> float:
    """C30: share of the first so many clients in remission at the end (PHQ-9 below 5) with a recurrence later."""
    clinic = arms[IPT]
    well = np.flatnonzero(clinic.inventory["end"] < 5)[:remitters]
    after = np.column_stack([clinic.inventory[f"after {k}"][well] for k in range(len(clinic.followed_at))])
    return float((after >= _CASE_CUTOFF).any(axis=1).mean())


_KELLY = "Kelly et al. 2007, 10.1016/j.brat.2007.07.007 (n = 185)"
_RNIC = "Rnic et al. 2023, 10.1037/bul0000390"

TARGETS: tuple[Target, ...] = (
    Target(
        id="C20",
        part="share",
        what="Clients with a sudden gain",
        published="33.5%",
        value=0.335,
        band=(0.25, 0.42),
        pins="noise and shocks",
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
        what="Symptoms at the end, without less with a sudden gain, d",
        published="no link (CBT .75)",
        value=0.0,
        band=(-0.35, 0.35),
        pins="noise and shocks",
        basis=Basis.SEEN,
        source=_KELLY,
        design="followed",
        persons=185,
        statistic=sudden_gain_and_outcome,
        remark=(
            "Clients who improve fast along their own course have more sudden gains and end lower. In the settings "
            "tried while tuning (how far people differ in change, how early it comes, how noisy weeks are, how many "
            "gains come by chance; 16 cohorts each) d stayed between .44 and .61: below cognitive therapy’s .75, not "
            "near none."
        ),
    ),
    Target(
        id="C21",
        part="therapists",
        what="Variance at the end between therapists, intake held constant",
        published="5% (trials 8%)",
        value=0.05,
        interval=(0.05, 0.082),
        band=(0.01, 0.12),
        pins="therapists",
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
        what="Depressive level and later stress of one's own making, r",
        published=".23",
        value=0.23,
        band=(0.15, 0.31),
        pins="stress loop",
        basis=Basis.SEEN,
        source=_RNIC,
        design="routine",
        persons=400,
        statistic=partial(stress_after_depression, kind="dependent"),
    ),
    Target(
        id="C23",
        part="independent",
        what="Depressive level and later stress that just happens, r",
        published=".10",
        value=0.10,
        band=(0.03, 0.17),
        pins="stress loop",
        basis=Basis.SEEN,
        source=_RNIC,
        design="routine",
        persons=400,
        statistic=partial(stress_after_depression, kind="independent"),
        remark=(
            "What just happens is drawn independently of the client, so its r is 0 by construction. The published .10 "
            "may be shared reporting, or circumstances that bring both; neither is simulated."
        ),
    ),
    Target(
        id="C26",
        part="clients",
        what="Sessions with a rupture that somebody marks",
        published="19–42%",
        interval=(0.19, 0.42),
        band=(0.19, 0.42),
        pins="ruptures",
        basis=Basis.SECOND_HAND,
        source="a summary of several studies, second-hand",
        design="routine",
        persons=100,
        statistic=partial(rupture_rate, who="marked"),
        percent=True,
    ),
    Target(
        id="C26",
        part="observers",
        what="Sessions with a rupture, marked or not",
        published="41–100%",
        interval=(0.41, 1.0),
        band=(0.40, 1.0),
        pins="ruptures",
        basis=Basis.SECOND_HAND,
        source="a summary of several studies, second-hand",
        design="routine",
        persons=100,
        statistic=partial(rupture_rate, who="open"),
        percent=True,
    ),
    Target(
        id="C27",
        part="repair",
        what="Repair of ruptures and outcome, r",
        published=".24",
        value=0.24,
        interval=(0.09, 0.39),
        band=(0.09, 0.39),
        pins="repair",
        basis=Basis.SEEN,
        source="Safran, Muran & Eubanks-Carter 2011 (3 studies, n = 148)",
        design="routine",
        persons=50,
        statistic=repair_and_outcome,
    ),
    Target(
        id="C28",
        part="level",
        what="Therapist's less client's rating of the alliance, SDs",
        published="below 0",
        band=(-1.5, -0.05),
        own_band=True,
        pins="two views of one alliance",
        basis=Basis.SEEN,
        source="Atzil-Slonim et al. 2015 (213 clients)",
        design="routine",
        persons=213,
        statistic=therapist_client_difference,
    ),
    Target(
        id="C28",
        part="tracking",
        what="Therapist's and client's rating within clients, r",
        published="above 0",
        band=(0.05, inf),
        own_band=True,
        pins="two views of one alliance",
        basis=Basis.SEEN,
        source="Atzil-Slonim et al. 2015 (213 clients)",
        design="routine",
        persons=213,
        statistic=therapist_client_correlation,
    ),
    Target(
        id="C29",
        part="dose",
        what="Sessions held and share reliably and clinically improved, r over numbers of sessions",
        published="−.91",
        value=-0.91,
        band=(-1.0, -0.2),
        own_band=True,
        pins="responsive ending",
        basis=Basis.SEEN,
        source="Barkham et al. 2006, 10.1037/0022-006X.74.1.160 (n = 1,868)",
        design="routine",
        persons=400,
        statistic=improvement_by_dose,
    ),
    Target(
        id="C30",
        part="recurrence",
        what="Recurrence within two years of maintenance",
        published="26%",
        value=0.26,
        band=(0.15, 0.40),
        own_band=True,
        pins="relapse",
        basis=Basis.SEEN,
        source="Frank et al. 2007 (74 women in remission)",
        design="followed",
        persons=200,
        statistic=partial(recurrence, remitters=74),
        percent=True,
        remark=(
            "After the end nothing new happens to simulated people: no life events, no new episode. Those who ended "
            "well fall ill again only through their own movements."
        ),
    ),
)
