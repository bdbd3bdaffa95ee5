"""Targets on what happens once: sudden gains, ruptures and repairs, life events, relapse; and who leaves when."""

from __future__ import annotations

from functools import lru_cache
from math import inf

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.catalogue import instrument
from securebase.measurement.change import sudden_gains
from securebase.model.parameter_set import parameter_set
from securebase.study.calibration.designs import IPT
from securebase.study.calibration.drawn import Drawn
from securebase.study.calibration.statistics import NAN, complete
from securebase.study.calibration.target import Arms, Basis, Target


def fewest_points() -> float:
    """The reliable change of the weekly symptom scale, in SDs of clients at the first session: what Tang and DeRubeis’
    criteria ask for on a scale other than the BDI."""
    change = instrument("session_before").scale("symptoms").reliable_change
    return change.points / parameter_set().unit("session_before", "symptoms").sd if change else NAN


@lru_cache(maxsize=2)
def gained(clinic: Drawn) -> NDArray[np.bool_]:
    """(n,) clients with a sudden gain; only who ever falls by enough between two sessions is looked at closely."""
    scores, fewest = clinic.scores["symptoms"] + clinic.zero["symptoms"], fewest_points()
    falls = scores[:, :-1] - scores[:, 1:] >= fewest - 1e-9
    found = np.zeros(clinic.n, dtype=bool)
    for i in np.flatnonzero(falls.any(axis=1)):
        values = [None if np.isnan(v) else float(v) for v in scores[i]]
        found[i] = any(not g.loss for g in sudden_gains(values, cutoff=fewest))
    return found


def with_sudden_gain(arms: Arms) -> float:
    """C20: share of clients with at least one sudden gain (Tang & DeRubeis 1999) on the weekly symptom score."""
    return float(gained(arms[IPT]).mean())


def sudden_gain_and_outcome(arms: Arms) -> float:
    """C20: d of the last symptom score, those without a sudden gain less those with one, ÷ pooled SD."""
    with_one = gained(arms[IPT])
    end = arms[IPT].last("symptoms", after=4)
    (a,), (b,) = complete(end[~with_one]), complete(end[with_one])
    if len(a) < 2 or len(b) < 2:
        return NAN
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / (len(a) + len(b) - 2))
    return float((a.mean() - b.mean()) / pooled)


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
        design="routine",
        persons=185,
        statistic=with_sudden_gain,
        percent=True,
        remark="Falls by a reliable change are too rare: there are no shocks beside the weekly movement.",
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
        design="routine",
        persons=185,
        statistic=sudden_gain_and_outcome,
        remark="Who falls fast has more sudden gains and ends lower: gains are not yet separate from the course.",
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
        statistic=None,
        remark="Cohorts have no therapists yet.",
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
        statistic=None,
        remark="Cohorts have no life events yet.",
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
        statistic=None,
        remark="Cohorts have no life events yet.",
    ),
    Target(
        id="C26",
        part="clients",
        what="Sessions with a rupture as clients mark them",
        published="19–42%",
        interval=(0.19, 0.42),
        band=(0.19, 0.42),
        pins="ruptures",
        basis=Basis.SECOND_HAND,
        source="a summary of several studies, second-hand",
        design="routine",
        persons=100,
        statistic=None,
        remark="Cohorts have no ruptures of their own yet.",
        percent=True,
    ),
    Target(
        id="C26",
        part="observers",
        what="Sessions with a rupture as observers mark them",
        published="41–100%",
        interval=(0.41, 1.0),
        band=(0.40, 1.0),
        pins="ruptures",
        basis=Basis.SECOND_HAND,
        source="a summary of several studies, second-hand",
        design="routine",
        persons=100,
        statistic=None,
        remark="Cohorts have no observers.",
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
        statistic=None,
        remark="Cohorts have no ruptures of their own yet.",
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
        statistic=None,
        remark="Therapists do not rate the alliance in simulated cohorts.",
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
        statistic=None,
        remark="Therapists do not rate the alliance in simulated cohorts.",
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
        statistic=None,
        remark="Clients do not yet leave because they are better.",
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
        source="Frank et al. 2007 (74 women)",
        design="routine",
        persons=74,
        statistic=None,
        remark="There is no follow-up yet.",
        percent=True,
    ),
)
