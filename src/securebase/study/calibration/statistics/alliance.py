"""Statistics of the alliance: its correlation with outcome, its variance components, its lags with symptoms.

Correlations have the published sign: positive if a better alliance goes with fewer symptoms.
"""

from __future__ import annotations

import numpy as np

from securebase.study.calibration.designs import IPT
from securebase.study.calibration.effect_sizes import (
    NAN,
    coefficients,
    correlation,
    partial_correlation,
    residuals,
)
from securebase.study.calibration.marginal import WorkingCorrelation, marginal_effect
from securebase.study.calibration.samples import Arms, Array, CohortSample
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
