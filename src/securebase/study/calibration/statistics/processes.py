"""Statistics of the four mechanisms: support (with loneliness), stress, emotional processing, interpersonal skills."""

from __future__ import annotations

import numpy as np

from securebase.study.calibration.designs import IPT
from securebase.study.calibration.effect_sizes import (
    NAN,
    coefficients,
    complete_cases,
    correlation,
    hedges_g,
    slope_p_value,
)
from securebase.study.calibration.samples import Arms
from securebase.study.calibration.statistics.alliance import estimate_lag
from securebase.study.detrending import Detrending
from securebase.study.variance import correlate


def support_effect_per_sd(arms: Arms) -> float:
    """Return C22: −slope of symptoms at the end per SD of support at intake, as a share of mean symptoms at the end.

    The regression controls for symptoms at intake; the mean is measured from the minimum of the scale.
    """
    clinic = arms[IPT]
    support = clinic.mean("social_support", 1)
    end = clinic.last("symptoms", after=4)
    slope = coefficients(end, support / np.nanstd(support, ddof=1), clinic.mean("symptoms", 1))[0]
    return float(-slope / (np.nanmean(end) + clinic.mean_above_minimum["symptoms"]))


def indirect_share(arms: Arms, through: str, control: str) -> float:
    """Return C22, C23: indirect effect through change in `through` as a share of therapy's total effect on symptoms.

    a b / c (Baron & Kenny 1986). a: therapy → change in the mechanism. b: change in the mechanism → symptoms at the end
    given arm and intake. c: therapy → symptoms at the end given intake.
    """
    pair = (arms[IPT], arms[control])
    arm = np.concatenate([np.full(a.n, float(i == 0)) for i, a in enumerate(pair)])
    start = np.concatenate([a.mean("symptoms", 1) for a in pair])
    end = np.concatenate([a.last("symptoms", after=4) for a in pair])
    change = np.concatenate([a.last(through, after=4) - a.mean(through, 1) for a in pair])
    arm, start, end, change = complete_cases(arm, start, end, change)
    total = coefficients(end, arm, start)[0]
    a, b = coefficients(change, arm)[0], coefficients(end, change, arm, start)[0]
    return float(a * b / total)


def mediation_p(arms: Arms, through: str, control: str) -> float:
    """Return C31: p of the joint test of mediation with three assessments at sessions 1, 8 and 16.

    The larger p of two paths (MacKinnon et al. 2002): arm → change up to the middle; that change → symptoms at the end
    given arm, symptoms at intake and symptoms in the middle.
    """
    pair = (arms[IPT], arms[control])
    arm = np.concatenate([np.full(a.n, float(i == 0)) for i, a in enumerate(pair)])
    middle_session, end = pair[0].planned // 2, pair[0].planned
    first, middle, last = (np.concatenate([a.mean("symptoms", k) for a in pair]) for k in (1, middle_session, end))
    change = np.concatenate([a.mean(through, middle_session) - a.mean(through, 1) for a in pair])
    return max(slope_p_value(change, arm), slope_p_value(last, change, arm, first, middle))


def process_outcome_correlation(arms: Arms, construct: str, first: int, last: int) -> float:
    """Return C24: r of a construct's mean over sessions `first` to `last` with symptoms at the end."""
    clinic = arms[IPT]
    return correlation(clinic.mean(construct, first, last), clinic.last("symptoms", after=last))


def support_mood_lag(arms: Arms, earlier: str, later: str) -> float:
    """Return C24: within-person centred, standardised lag between lack of support (as loneliness) and symptoms.

    Positive if more of one precedes more of the other.
    """
    lag = estimate_lag(arms[IPT], earlier, later, Detrending.CENTRED)
    return NAN if lag is None else -lag.estimate


def support_mood_correlation(arms: Arms) -> float:
    """Return C24: r within clients of lack of support and symptoms at the same session, within-person centred."""
    within = correlate(arms[IPT].table(["social_support", "symptoms"]), "social_support", "symptoms").within
    return NAN if within is None else -within.estimate


def problem_change(arms: Arms) -> float:
    """Return C25: fall of interpersonal problems (rise of skills) from intake to the end, in SDs at intake."""
    clinic = arms[IPT]
    start, end = complete_cases(clinic.mean("interpersonal_skills", 1), clinic.last("interpersonal_skills", after=4))
    return float((end.mean() - start.mean()) / start.std(ddof=1))


def problems_and_outcome(arms: Arms) -> float:
    """Return C25: −r of skills at intake with symptoms at the end."""
    clinic = arms[IPT]
    return -correlation(clinic.mean("interpersonal_skills", 1), clinic.last("symptoms", after=4))


def functioning_effect(arms: Arms, control: str) -> float:
    """Return C25: Hedges' g of skills at the end compared with a control arm, positive if IPT ends higher."""
    last = [arms[a].last("interpersonal_skills", after=4) for a in (IPT, control)]
    return -hedges_g(*last)
