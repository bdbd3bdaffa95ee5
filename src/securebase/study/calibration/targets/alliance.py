"""Targets on the alliance: its link with outcome between clients, its split, its movement with symptoms.

Flückiger et al. 2018, 2020; Crits-Christoph et al. 2011; Falkenström et al. 2013, 2016 and the Nairobi trial; sign of
every correlation as published (a better alliance goes with fewer symptoms: above 0).
"""

from __future__ import annotations

from functools import partial
from math import inf

import numpy as np

from securebase.study.calibration.designs import IPT
from securebase.study.calibration.marginal import WorkingCorrelation, marginal_effect
from securebase.study.calibration.samples import Array, CohortSample
from securebase.study.calibration.statistics import (
    NAN,
    coefficients,
    correlation,
    partial_correlation,
    residuals,
)
from securebase.study.calibration.target import Arms, Basis, Target
from securebase.study.detrending import Detrending
from securebase.study.estimator import LagEstimate, LagStep, Link, session_pairs
from securebase.study.estimators import PRIMARY
from securebase.study.variance import variance_row

#: points that one standard deviation of clients at the first session is worth: BDI-II and a WAI item mean of 1 to 7.
#: Typical of trials with depressed outpatients, remembered, not looked up; C8 rests on them
BDI_II_POINTS, WAI_POINTS = 10.0, 1.0


def alliance_outcome_correlation(arms: Arms) -> float:
    """C1: −r of the alliance at sessions 3 and 4 with the last symptom score after them."""
    clinic = arms[IPT]
    return -correlation(clinic.mean("alliance", 3, 4), clinic.last("symptoms", after=4))


def alliance_outcome_partial_correlation(arms: Arms) -> float:
    """C2: the same with symptoms at intake and their change to session 3 held constant."""
    clinic = arms[IPT]
    start, early = clinic.mean("symptoms", 1), clinic.mean("symptoms", 3)
    end = clinic.last("symptoms", after=4)
    return -partial_correlation(clinic.mean("alliance", 3, 4), end, start, early - start)


def change_explained(arms: Arms, first: int, last: int) -> float:
    """C3: r² of the mean alliance of sessions `first` to `last` with the change in symptoms from intake to the end,
    intake held constant (residual change).
    """
    clinic = arms[IPT]
    alliance = clinic.mean("alliance", first, last)
    left = residuals(clinic.last("symptoms", after=9), clinic.mean("symptoms", 1))
    return correlation(alliance, left) ** 2


def gain_by_averaging(arms: Arms) -> float:
    """C3: explained by the mean of sessions 3 to 9 less explained by session 3 alone."""
    return change_explained(arms, 3, 9) - change_explained(arms, 3, 3)


def dependability(arms: Arms, sessions: int) -> float:
    """C4: share of variance between clients in the mean of so many sessions, from sessions 3 to 9 (Spearman–Brown)."""
    one = variance_row(arms[IPT].table(["alliance"], 3, 9), "alliance", "alliance").between_share
    return NAN if one is None else sessions * one / (1.0 + (sessions - 1) * one)


def estimate_lag(clinic: CohortSample, earlier: str, later: str, form: Detrending) -> LagEstimate | None:
    """The lag from one session to the next, as a study leads with, in one form."""
    found = PRIMARY.estimate(clinic.table([earlier, later]), Link(earlier, later, LagStep.NEXT_SESSION), form)
    return None if found is None else found.lag


def standardised_lag(arms: Arms, earlier: str, later: str, form: Detrending) -> float:
    """C5 to C7: standardised coefficient of `earlier` on `later` a session on, given later's own past."""
    found = estimate_lag(arms[IPT], earlier, later, form)
    return NAN if found is None else found.estimate


def attenuation_by_detrending(arms: Arms) -> float:
    """C6: by what share the alliance's lag gets smaller once it is detrended per client, in raw units, on
    which the two estimates can be compared.
    """
    found = [
        estimate_lag(arms[IPT], "alliance", "symptoms", form) for form in (Detrending.CENTRED, Detrending.DETRENDED)
    ]
    centred, detrended = (NAN if f is None else f.raw for f in found)
    return 1.0 - detrended / centred


def points_per_alliance_point(arms: Arms, sessions: int) -> float:
    """C8: BDI-II points per WAI point, one session on (1) or, beyond that, one more (2).

    Within-person centred; symptoms on the alliance one and two sessions before and on their own past, least squares.
    """
    clinic = arms[IPT]
    symptoms, alliance = (_centred(clinic.scores[name]) for name in ("symptoms", "alliance"))
    later, own = symptoms[:, 2:].ravel(), symptoms[:, 1:-1].ravel()
    found = coefficients(later, alliance[:, 1:-1].ravel(), alliance[:, :-2].ravel(), own)
    return float(found[sessions - 1]) * BDI_II_POINTS / WAI_POINTS


def _centred(values: Array) -> Array:
    there = np.isfinite(values)
    mean = np.where(there, values, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    centred: Array = values - mean[:, None]
    return centred


#: fewer pairs than this give no slope of one's own that is worth its error
_MIN_PAIRS = 8


def between_client_sd_of_lag(arms: Arms) -> float:
    """C9: SD between clients of the alliance's standardised lag, beyond sampling error.

    A regression for each client (own past held constant); the variance of the slopes less the mean of their squared
    standard errors (Swamy 1970), not below 0.
    """
    found = session_pairs(
        arms[IPT].table(["alliance", "symptoms"]),
        Link("alliance", "symptoms", LagStep.NEXT_SESSION),
        Detrending.CENTRED,
    )
    unit = found.earlier.std() / found.later.std()
    slopes, errors = [], []
    for person in np.unique(found.person):
        own = found.select(found.person == person)
        X = np.column_stack([np.ones(len(own.later)), own.earlier, own.own_past])
        if len(own.later) < _MIN_PAIRS or np.linalg.matrix_rank(X) < 3:
            continue
        bread = np.linalg.inv(X.T @ X)
        b = bread @ (X.T @ own.later)
        left = own.later - X @ b
        slopes.append(float(b[1]))
        errors.append(float(bread[1, 1]) * float(left @ left) / (len(left) - 3))
    if len(slopes) < 3:
        return NAN
    return float(unit * np.sqrt(max(0.0, float(np.var(slopes, ddof=1)) - float(np.mean(errors)))))


def persistence(arms: Arms, form: Detrending) -> float:
    """C33: coefficient of symptoms on their own past a session before, in one form."""
    found = estimate_lag(arms[IPT], "alliance", "symptoms", form)
    return NAN if found is None else found.own_past


def marginal_slope(arms: Arms, earlier: str, later: str, working: WorkingCorrelation) -> float:
    """C35: slope of `later` a session on on `earlier`, between and within clients together, in SDs at the start."""
    clinic = arms[IPT]
    return marginal_effect(clinic.scores[later][:, 1:], clinic.scores[earlier][:, :-1], working)


def attenuation_by_working_correlation(arms: Arms, earlier: str, later: str) -> float:
    """C35: by what share the slope gets smaller when the working correlation fades by the session."""
    slopes = [
        marginal_slope(arms, earlier, later, w) for w in (WorkingCorrelation.EXCHANGEABLE, WorkingCorrelation.FADING)
    ]
    return 1.0 - slopes[1] / slopes[0]


_FLUCKIGER = "Flückiger et al. 2018, 10.1037/pst0000172"
_ADJUSTED = "Flückiger et al. 2020, 10.1037/cou0000424"
_CRITS = "Crits-Christoph et al. 2011, 10.1037/a0023668"
_NAIROBI = "Nairobi trial, n = 345, PMC7776120"
_DETRENDED = "CBT, n = 191, 10.1177/2167702620959352"
_FALKENSTROM = "Falkenström, Ekeblad & Holmqvist 2016, PMID 27213493"
_PCIT = "public session data of 65 families (PCIT)"
_GONCALVES = "Gonçalves et al. 2019, 10.1002/cpp.2374"

TARGETS: tuple[Target, ...] = (
    Target(
        id="C1",
        part="with outcome",
        what="Alliance at sessions 3–4 and symptoms at the end, −r",
        published=".28",
        value=0.278,
        interval=(0.256, 0.299),
        band=(0.20, 0.35),
        pins="alliance between clients",
        basis=Basis.SEEN,
        source=_FLUCKIGER,
        design="routine",
        persons=100,
        statistic=alliance_outcome_correlation,
    ),
    Target(
        id="C2",
        part="adjusted",
        what="The same, intake and change to session 3 held constant",
        published=".26",
        value=0.26,
        interval=(0.23, 0.31),
        band=(0.20, 0.33),
        pins="alliance between clients, confounding",
        basis=Basis.SEEN,
        source=_ADJUSTED,
        design="routine",
        persons=100,
        statistic=alliance_outcome_partial_correlation,
    ),
    Target(
        id="C3",
        part="session 3",
        what="Residual change explained by the alliance of session 3",
        published="4.7%",
        value=0.047,
        band=(0.02, 0.09),
        pins="noise of one session",
        basis=Basis.SEEN,
        source=_CRITS,
        design="followed",
        persons=45,
        statistic=partial(change_explained, first=3, last=3),
        percent=True,
    ),
    Target(
        id="C3",
        part="sessions 3–9",
        what="Residual change explained by the mean alliance of sessions 3 to 9",
        published="14.7%",
        value=0.147,
        band=(0.08, 0.20),
        pins="noise of one session",
        basis=Basis.SEEN,
        source=_CRITS,
        design="followed",
        persons=45,
        statistic=partial(change_explained, first=3, last=9),
        percent=True,
    ),
    Target(
        id="C3",
        part="gain",
        what="Second less first",
        published="above 0",
        value=0.10,
        band=(0.0, inf),
        pins="noise of one session",
        basis=Basis.SEEN,
        source=_CRITS,
        design="followed",
        persons=45,
        statistic=gain_by_averaging,
        percent=True,
    ),
    Target(
        id="C4",
        part="1 session",
        what="Dependability of the alliance of one session",
        published=".77",
        value=0.77,
        band=(0.65, 0.85),
        pins="trait-like and state-like alliance",
        basis=Basis.SEEN,
        source=_CRITS,
        design="followed",
        persons=45,
        statistic=partial(dependability, sessions=1),
    ),
    Target(
        id="C4",
        part="4 sessions",
        what="Dependability of the mean of four sessions",
        published="≥ .90",
        value=0.90,
        band=(0.86, 0.96),
        pins="trait-like and state-like alliance",
        basis=Basis.SEEN,
        source=_CRITS,
        design="followed",
        persons=45,
        statistic=partial(dependability, sessions=4),
    ),
    Target(
        id="C5",
        part="own means out",
        what="Alliance → symptoms at the next session, within-person centred",
        published="−.16 to −.21",
        value=-0.185,
        interval=(-0.21, -0.16),
        band=(-0.22, -0.05),
        pins="alliance within clients",
        basis=Basis.SEEN,
        source=_NAIROBI,
        design="routine",
        persons=345,
        statistic=partial(standardised_lag, earlier="alliance", later="symptoms", form=Detrending.CENTRED),
    ),
    Target(
        id="C6",
        part="own lines out",
        what="The same, detrended within person",
        published="not told from 0",
        band=(-0.15, 0.0),
        pins="share of trends",
        basis=Basis.SEEN,
        source=_DETRENDED,
        design="routine",
        persons=191,
        statistic=partial(standardised_lag, earlier="alliance", later="symptoms", form=Detrending.DETRENDED),
    ),
    Target(
        id="C6",
        part="shrinkage",
        what="By how much it is smaller than C5, in raw units",
        published="≥ 30%",
        value=0.30,
        band=(0.30, inf),
        pins="share of trends",
        basis=Basis.SEEN,
        source=_DETRENDED,
        design="routine",
        persons=345,
        statistic=attenuation_by_detrending,
        percent=True,
    ),
    Target(
        id="C7",
        part="reverse",
        what="Symptoms → alliance at the next session, within-person centred",
        published="negative",
        band=(-0.20, -0.03),
        pins="symptoms to alliance",
        basis=Basis.SEEN,
        source="Falkenström et al. 2013 (n = 646); 17 data sets, 10.1037/ccp0000594",
        design="routine",
        persons=345,
        statistic=partial(standardised_lag, earlier="symptoms", later="alliance", form=Detrending.CENTRED),
    ),
    Target(
        id="C8",
        part="next session",
        what="BDI-II points per WAI point, next session",
        published="−4.35",
        value=-4.35,
        interval=(-8.19, -0.51),
        band=(-8.2, -0.5),
        pins="alliance within clients, in points",
        basis=Basis.SEEN,
        source=f"{_FALKENSTROM}; points per SD of clients (10 and 1) unverified",
        design="followed",
        persons=84,
        statistic=partial(points_per_alliance_point, sessions=1),
    ),
    Target(
        id="C8",
        part="one later",
        what="BDI-II points per WAI point, one session later still",
        published="−3.25",
        value=-3.25,
        interval=(-5.61, -0.89),
        band=(-5.6, -0.9),
        pins="alliance within clients, in points",
        basis=Basis.SEEN,
        source=f"{_FALKENSTROM}; points per SD of clients (10 and 1) unverified",
        design="followed",
        persons=84,
        statistic=partial(points_per_alliance_point, sessions=2),
        remark=(
            "Just short of the band: of what the alliance does, little is left after two sessions. The points of both "
            "scales for one SD are remembered, not looked up, and move this figure in proportion."
        ),
    ),
    Target(
        id="C9",
        part="spread of effects",
        what="SD between clients of the lag of C5",
        published=".09–.16",
        value=0.125,
        interval=(0.09, 0.16),
        band=(0.05, 0.20),
        pins="differences in effects",
        basis=Basis.COMPUTED,
        source="loneliness and mood in daily life (Fried 2021, Wright 2017: public data)",
        design="routine",
        persons=345,
        statistic=between_client_sd_of_lag,
    ),
    Target(
        id="C33",
        part="centred",
        what="Symptoms on their own past, within-person centred",
        published=".62",
        value=0.62,
        band=(0.45, 0.75),
        own_band=True,
        pins="persistence and trends",
        basis=Basis.COMPUTED,
        source=_PCIT,
        design="routine",
        persons=65,
        statistic=partial(persistence, form=Detrending.CENTRED),
    ),
    Target(
        id="C33",
        part="detrended",
        what="Symptoms on their own past, detrended within person",
        published=".21",
        value=0.21,
        band=(0.05, 0.35),
        own_band=True,
        pins="persistence",
        basis=Basis.COMPUTED,
        source=_PCIT,
        design="routine",
        persons=65,
        statistic=partial(persistence, form=Detrending.DETRENDED),
    ),
    Target(
        id="C35",
        part="alliance first",
        what="Alliance → symptoms: by how much it is smaller when the working correlation fades by the session",
        published="gone",
        band=(0.5, inf),
        own_band=True,
        pins="specification",
        basis=Basis.SEEN,
        source=_GONCALVES,
        design="routine",
        persons=63,
        statistic=partial(attenuation_by_working_correlation, earlier="alliance", later="symptoms"),
        percent=True,
    ),
    Target(
        id="C35",
        part="symptoms first",
        what="Symptoms → alliance under a fading working correlation",
        published="negative",
        band=(-inf, -0.02),
        own_band=True,
        pins="specification",
        basis=Basis.SEEN,
        source=_GONCALVES,
        design="routine",
        persons=63,
        statistic=partial(marginal_slope, earlier="symptoms", later="alliance", working=WorkingCorrelation.FADING),
    ),
)
