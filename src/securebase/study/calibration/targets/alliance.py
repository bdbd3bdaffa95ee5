"""Targets on the alliance: its correlation with outcome, its variance components, its lags with symptoms.

Flückiger et al. 2018, 2020; Crits-Christoph et al. 2011; Falkenström et al. 2013, 2016 and the Nairobi trial.
Correlations have the published sign: positive if a better alliance goes with fewer symptoms.
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

#: points per standard deviation of clients at the first session: BDI-II, and the WAI item mean from 1 to 7. Typical of
#: trials with depressed outpatients, from memory and not yet checked against a source; C8 depends on them
BDI_II_POINTS, WAI_POINTS = 10.0, 1.0


def alliance_outcome_correlation(arms: Arms) -> float:
    """Return C1: −r of the alliance at sessions 3 and 4 with the last symptom score after them."""
    clinic = arms[IPT]
    return -correlation(clinic.mean("alliance", 3, 4), clinic.last("symptoms", after=4))


def alliance_outcome_partial_correlation(arms: Arms) -> float:
    """Return C2: C1 controlling for symptoms at intake and their change up to session 3."""
    clinic = arms[IPT]
    start, early = clinic.mean("symptoms", 1), clinic.mean("symptoms", 3)
    end = clinic.last("symptoms", after=4)
    return -partial_correlation(clinic.mean("alliance", 3, 4), end, start, early - start)


def change_explained(arms: Arms, first: int, last: int) -> float:
    """Return C3: r² of the mean alliance of sessions `first` to `last` with residual change in symptoms.

    Residual change: symptoms at the end, controlling for symptoms at intake.
    """
    clinic = arms[IPT]
    alliance = clinic.mean("alliance", first, last)
    residual_change = residuals(clinic.last("symptoms", after=9), clinic.mean("symptoms", 1))
    return correlation(alliance, residual_change) ** 2


def gain_by_averaging(arms: Arms) -> float:
    """Return C3: variance explained by the mean of sessions 3 to 9 minus that explained by session 3 alone."""
    return change_explained(arms, 3, 9) - change_explained(arms, 3, 3)


def dependability(arms: Arms, sessions: int) -> float:
    """Return C4: dependability of the mean of `sessions` sessions, k ρ / (1 + (k − 1) ρ) (Spearman–Brown).

    ρ: share of variance between clients in sessions 3 to 9.
    """
    share = variance_row(arms[IPT].table(["alliance"], 3, 9), "alliance", "alliance").between_share
    return NAN if share is None else sessions * share / (1.0 + (sessions - 1) * share)


def estimate_lag(clinic: CohortSample, earlier: str, later: str, detrending: Detrending) -> LagEstimate | None:
    """Estimate the lag from one session to the next with the primary estimator of a study."""
    result = PRIMARY.estimate(clinic.table([earlier, later]), Link(earlier, later, LagStep.NEXT_SESSION), detrending)
    return None if result is None else result.lag


def standardised_lag(arms: Arms, earlier: str, later: str, detrending: Detrending) -> float:
    """Return C5 to C7: standardised effect of `earlier` on `later` at the next session, given later's own past."""
    lag = estimate_lag(arms[IPT], earlier, later, detrending)
    return NAN if lag is None else lag.estimate


def attenuation_by_detrending(arms: Arms) -> float:
    """Return C6: relative attenuation of the alliance's lag by detrending within person.

    Raw coefficients are compared, because the two standardised estimates have different units.
    """
    lags = [
        estimate_lag(arms[IPT], "alliance", "symptoms", method) for method in (Detrending.CENTRED, Detrending.DETRENDED)
    ]
    centred, detrended = (NAN if lag is None else lag.raw for lag in lags)
    return 1.0 - detrended / centred


def points_per_alliance_point(arms: Arms, sessions: int) -> float:
    """Return C8: BDI-II points per WAI point one session (1) or two sessions (2) later.

    Least squares of within-person centred symptoms on the alliance one and two sessions before and on their own past.
    """
    clinic = arms[IPT]
    symptoms, alliance = (_centre(clinic.scores[name]) for name in ("symptoms", "alliance"))
    later, own_past = symptoms[:, 2:].ravel(), symptoms[:, 1:-1].ravel()
    slopes = coefficients(later, alliance[:, 1:-1].ravel(), alliance[:, :-2].ravel(), own_past)
    return float(slopes[sessions - 1]) * BDI_II_POINTS / WAI_POINTS


def _centre(values: Array) -> Array:
    observed = np.isfinite(values)
    mean = np.where(observed, values, 0.0).sum(axis=1) / np.maximum(observed.sum(axis=1), 1)
    centred: Array = values - mean[:, None]
    return centred


#: minimum number of pairs for a client's own slope, whose standard error would otherwise be too uncertain
_MIN_PAIRS = 8


def between_client_sd_of_lag(arms: Arms) -> float:
    """Return C9: SD between clients of the alliance's standardised lag, corrected for sampling error.

    One regression per client, controlling for the own past; variance of the slopes minus the mean of their squared
    standard errors (Swamy 1970), at least 0.
    """
    pairs = session_pairs(
        arms[IPT].table(["alliance", "symptoms"]),
        Link("alliance", "symptoms", LagStep.NEXT_SESSION),
        Detrending.CENTRED,
    )
    unit = pairs.earlier.std() / pairs.later.std()
    slopes, squared_errors = [], []
    for person in np.unique(pairs.person):
        person_pairs = pairs.select(pairs.person == person)
        X = np.column_stack([np.ones(len(person_pairs.later)), person_pairs.earlier, person_pairs.own_past])
        if len(person_pairs.later) < _MIN_PAIRS or np.linalg.matrix_rank(X) < 3:
            continue
        bread = np.linalg.inv(X.T @ X)
        b = bread @ (X.T @ person_pairs.later)
        residual = person_pairs.later - X @ b
        slopes.append(float(b[1]))
        squared_errors.append(float(bread[1, 1]) * float(residual @ residual) / (len(residual) - 3))
    if len(slopes) < 3:
        return NAN
    return float(unit * np.sqrt(max(0.0, float(np.var(slopes, ddof=1)) - float(np.mean(squared_errors)))))


def persistence(arms: Arms, detrending: Detrending) -> float:
    """Return C33: autoregressive coefficient of symptoms from one session to the next."""
    lag = estimate_lag(arms[IPT], "alliance", "symptoms", detrending)
    return NAN if lag is None else lag.own_past


def marginal_slope(arms: Arms, earlier: str, later: str, working: WorkingCorrelation) -> float:
    """Return C35: marginal slope of `later` at the next session on `earlier`, in SDs at the first session."""
    clinic = arms[IPT]
    return marginal_effect(clinic.scores[later][:, 1:], clinic.scores[earlier][:, :-1], working)


def attenuation_by_working_correlation(arms: Arms, earlier: str, later: str) -> float:
    """Return C35: relative attenuation of the slope by an autoregressive working correlation."""
    slopes = [
        marginal_slope(arms, earlier, later, w)
        for w in (WorkingCorrelation.EXCHANGEABLE, WorkingCorrelation.AUTOREGRESSIVE)
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
        label="Alliance at sessions 3–4 and symptoms at the end, −r",
        published=".28",
        value=0.278,
        interval=(0.256, 0.299),
        band=(0.20, 0.35),
        aspect="alliance between clients",
        basis=Basis.SEEN,
        source=_FLUCKIGER,
        design="routine",
        persons=100,
        statistic=alliance_outcome_correlation,
    ),
    Target(
        id="C2",
        part="adjusted",
        label="The same, controlling for intake and change up to session 3",
        published=".26",
        value=0.26,
        interval=(0.23, 0.31),
        band=(0.20, 0.33),
        aspect="alliance between clients, confounding",
        basis=Basis.SEEN,
        source=_ADJUSTED,
        design="routine",
        persons=100,
        statistic=alliance_outcome_partial_correlation,
    ),
    Target(
        id="C3",
        part="session 3",
        label="Residual change explained by the alliance of session 3",
        published="4.7%",
        value=0.047,
        band=(0.02, 0.09),
        aspect="noise of one session",
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
        label="Residual change explained by the mean alliance of sessions 3 to 9",
        published="14.7%",
        value=0.147,
        band=(0.08, 0.20),
        aspect="noise of one session",
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
        label="Difference between the two",
        published="above 0",
        value=0.10,
        band=(0.0, inf),
        aspect="noise of one session",
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
        label="Dependability of the alliance of one session",
        published=".77",
        value=0.77,
        band=(0.65, 0.85),
        aspect="trait-like and state-like alliance",
        basis=Basis.SEEN,
        source=_CRITS,
        design="followed",
        persons=45,
        statistic=partial(dependability, sessions=1),
    ),
    Target(
        id="C4",
        part="4 sessions",
        label="Dependability of the mean of four sessions",
        published="≥ .90",
        value=0.90,
        band=(0.86, 0.96),
        aspect="trait-like and state-like alliance",
        basis=Basis.SEEN,
        source=_CRITS,
        design="followed",
        persons=45,
        statistic=partial(dependability, sessions=4),
    ),
    Target(
        id="C5",
        part="centred",
        label="Alliance → symptoms at the next session, within-person centred",
        published="−.16 to −.21",
        value=-0.185,
        interval=(-0.21, -0.16),
        band=(-0.22, -0.05),
        aspect="alliance within clients",
        basis=Basis.SEEN,
        source=_NAIROBI,
        design="routine",
        persons=345,
        statistic=partial(standardised_lag, earlier="alliance", later="symptoms", detrending=Detrending.CENTRED),
    ),
    Target(
        id="C6",
        part="detrended",
        label="The same, detrended within person",
        published="not significant",
        band=(-0.15, 0.0),
        aspect="share of trends",
        basis=Basis.SEEN,
        source=_DETRENDED,
        design="routine",
        persons=191,
        statistic=partial(standardised_lag, earlier="alliance", later="symptoms", detrending=Detrending.DETRENDED),
    ),
    Target(
        id="C6",
        part="attenuation",
        label="Attenuation compared with C5, in raw units",
        published="≥ 30%",
        value=0.30,
        band=(0.30, inf),
        aspect="share of trends",
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
        label="Symptoms → alliance at the next session, within-person centred",
        published="negative",
        band=(-0.20, -0.03),
        aspect="symptoms to alliance",
        basis=Basis.SEEN,
        source="Falkenström et al. 2013 (n = 646); 17 data sets, 10.1037/ccp0000594",
        design="routine",
        persons=345,
        statistic=partial(standardised_lag, earlier="symptoms", later="alliance", detrending=Detrending.CENTRED),
    ),
    Target(
        id="C8",
        part="next session",
        label="BDI-II points per WAI point, next session",
        published="−4.35",
        value=-4.35,
        interval=(-8.19, -0.51),
        band=(-8.2, -0.5),
        aspect="alliance within clients, in points",
        basis=Basis.SEEN,
        source=f"{_FALKENSTROM}; points per SD of clients (10 and 1) unverified",
        design="followed",
        persons=84,
        statistic=partial(points_per_alliance_point, sessions=1),
    ),
    Target(
        id="C8",
        part="one later",
        label="BDI-II points per WAI point, two sessions later",
        published="−3.25",
        value=-3.25,
        interval=(-5.61, -0.89),
        band=(-5.6, -0.9),
        aspect="alliance within clients, in points",
        basis=Basis.SEEN,
        source=f"{_FALKENSTROM}; points per SD of clients (10 and 1) unverified",
        design="followed",
        persons=84,
        statistic=partial(points_per_alliance_point, sessions=2),
        remark=(
            "Just outside the band: little of the alliance's effect remains after two sessions. The figure is "
            "proportional to the points per SD of both scales, which have not yet been checked against a source."
        ),
    ),
    Target(
        id="C9",
        part="spread of effects",
        label="SD between clients of the lag of C5",
        published=".09–.16",
        value=0.125,
        interval=(0.09, 0.16),
        band=(0.05, 0.20),
        aspect="differences in effects",
        basis=Basis.COMPUTED,
        source="loneliness and mood in daily life (Fried 2021, Wright 2017: public data)",
        design="routine",
        persons=345,
        statistic=between_client_sd_of_lag,
    ),
    Target(
        id="C33",
        part="centred",
        label="Autoregression of symptoms, within-person centred",
        published=".62",
        value=0.62,
        band=(0.45, 0.75),
        own_band=True,
        aspect="persistence and trends",
        basis=Basis.COMPUTED,
        source=_PCIT,
        design="routine",
        persons=65,
        statistic=partial(persistence, detrending=Detrending.CENTRED),
    ),
    Target(
        id="C33",
        part="detrended",
        label="Autoregression of symptoms, detrended within person",
        published=".21",
        value=0.21,
        band=(0.05, 0.35),
        own_band=True,
        aspect="persistence",
        basis=Basis.COMPUTED,
        source=_PCIT,
        design="routine",
        persons=65,
        statistic=partial(persistence, detrending=Detrending.DETRENDED),
    ),
    Target(
        id="C35",
        part="alliance first",
        label="Alliance → symptoms: attenuation by an autoregressive working correlation",
        published="gone",
        band=(0.5, inf),
        own_band=True,
        aspect="specification",
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
        label="Symptoms → alliance under an autoregressive working correlation",
        published="negative",
        band=(-inf, -0.02),
        own_band=True,
        aspect="specification",
        basis=Basis.SEEN,
        source=_GONCALVES,
        design="routine",
        persons=63,
        statistic=partial(
            marginal_slope, earlier="symptoms", later="alliance", working=WorkingCorrelation.AUTOREGRESSIVE
        ),
    ),
)
