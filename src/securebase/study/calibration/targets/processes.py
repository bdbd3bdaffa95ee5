"""Targets on the four mechanisms: support (with loneliness), stress, emotional processing, interpersonal skills."""

from __future__ import annotations

from functools import partial
from math import inf

import numpy as np

from securebase.study.calibration.designs import IPT, OTHER, WAITING
from securebase.study.calibration.statistics import (
    NAN,
    coefficients,
    complete_cases,
    correlation,
    hedges_g,
    slope_p_value,
)
from securebase.study.calibration.target import Arms, Basis, Target
from securebase.study.calibration.targets.alliance import estimate_lag
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


_EMA = "loneliness and low mood in daily life (Fried 2021, Wright 2017: public data)"

TARGETS: tuple[Target, ...] = (
    Target(
        id="C22",
        part="baseline",
        label="Lower symptoms at the end per SD of support at intake, controlling for intake",
        published="4.1%",
        value=0.041,
        interval=(0.013, 0.069),
        band=(0.01, 0.07),
        aspect="support",
        basis=Basis.SEEN,
        source="Buckman et al. 2021 (n = 2,858)",
        design="routine",
        persons=400,
        statistic=support_effect_per_sd,
        percent=True,
    ),
    Target(
        id="C22",
        part="indirect",
        label="Indirect effect through change in support, share of the total effect",
        published="present",
        band=(0.05, 0.35),
        own_band=True,
        aspect="support",
        basis=Basis.SEEN,
        source="Toth et al. 2013, 10.1017/S0954579413000370 (presence; the share is a choice)",
        design="trial",
        persons=75,
        statistic=partial(indirect_share, through="social_support", control=WAITING),
        percent=True,
    ),
    Target(
        id="C23",
        part="indirect",
        label="Indirect effect through change in stress, share of the total effect",
        published="present",
        band=(0.05, 0.35),
        own_band=True,
        aspect="stress",
        basis=Basis.SEEN,
        source="Toth et al. 2013, 10.1017/S0954579413000370 (presence; the share is a choice)",
        design="trial",
        persons=75,
        statistic=partial(indirect_share, through="interpersonal_stress", control=WAITING),
        percent=True,
    ),
    Target(
        id="C31",
        part="mediation",
        label="p of a mediation test with three assessments, IPT vs. another therapy",
        published="not significant",
        band=(0.05, inf),
        aspect="power of few assessments",
        basis=Basis.SEEN,
        source="Lemmens et al. 2017 (n = 151, three assessments)",
        design="trial",
        persons=75,
        statistic=partial(mediation_p, through="interpersonal_skills", control=OTHER),
    ),
    Target(
        id="C24",
        part="processing",
        label="Depth of processing in sessions 5–10 and symptoms at the end, r",
        published="−.19",
        value=-0.19,
        interval=(-0.29, -0.10),
        band=(-0.29, -0.10),
        aspect="processing",
        basis=Basis.SEEN,
        source="Pascual-Leone & Yeryomenko 2017, 10.1080/10503307.2016.1152409",
        design="routine",
        persons=40,
        statistic=partial(process_outcome_correlation, construct="emotional_processing", first=5, last=10),
    ),
    Target(
        id="C24",
        part="lonely first",
        label="Lack of support → symptoms at the next session, within-person centred",
        published=".04–.08",
        value=0.06,
        interval=(0.04, 0.08),
        band=(0.02, 0.15),
        aspect="loneliness",
        basis=Basis.COMPUTED,
        source=_EMA,
        design="routine",
        persons=345,
        statistic=partial(support_mood_lag, earlier="social_support", later="symptoms"),
    ),
    Target(
        id="C24",
        part="mood first",
        label="Symptoms → lack of support at the next session, within-person centred",
        published=".08–.09",
        value=0.085,
        interval=(0.08, 0.09),
        band=(0.02, 0.15),
        aspect="loneliness",
        basis=Basis.COMPUTED,
        source=_EMA,
        design="routine",
        persons=345,
        statistic=partial(support_mood_lag, earlier="symptoms", later="social_support"),
        remark=(
            "Just above the band. Shared improvement adds to the lag: detrended within person it is .03, and .06 in "
            "the other direction (medians of 20 cohorts)."
        ),
    ),
    Target(
        id="C24",
        part="together",
        label="Lack of support and symptoms at the same session, r within clients",
        published=".40–.56",
        value=0.48,
        interval=(0.40, 0.56),
        band=(0.40, 0.56),
        aspect="loneliness",
        basis=Basis.COMPUTED,
        source=_EMA,
        design="routine",
        persons=345,
        statistic=support_mood_correlation,
        remark=(
            "The published figure is from momentary ratings in daily life. Here two scales with measurement error are "
            "completed weekly, which reduces a correlation of .35 between states to about .27 between scores."
        ),
    ),
    Target(
        id="C25",
        part="change",
        label="Reduction of interpersonal problems from intake, SDs",
        published=".74",
        value=0.74,
        interval=(0.56, 0.93),
        band=(0.55, 0.95),
        aspect="skills",
        basis=Basis.SEEN,
        source="McFarquhar et al. 2018, 10.1016/j.jad.2017.09.036",
        design="routine",
        persons=100,
        statistic=problem_change,
    ),
    Target(
        id="C25",
        part="baseline",
        label="Interpersonal problems at intake and symptoms at the end, r",
        published=".11",
        value=0.11,
        interval=(0.06, 0.16),
        band=(0.06, 0.17),
        aspect="skills",
        basis=Basis.SEEN,
        source="Gómez Penedo et al. 2025 (individual data)",
        design="routine",
        persons=400,
        statistic=problems_and_outcome,
    ),
    Target(
        id="C25",
        part="functioning",
        label="Social functioning vs. control, post-treatment g",
        published=".53",
        value=0.53,
        interval=(0.26, 0.80),
        band=(0.25, 0.80),
        aspect="skills",
        basis=Basis.SEEN,
        source="Bian et al. 2023, 10.1016/j.jad.2022.09.119",
        design="trial",
        persons=75,
        statistic=partial(functioning_effect, control=WAITING),
    ),
)
