"""Targets on client characteristics (attachment, expectation) and on empathy, goals and regard as process variables."""

from __future__ import annotations

from functools import partial
from math import inf

from securebase.study.calibration.designs import IPT
from securebase.study.calibration.statistics import correlation
from securebase.study.calibration.target import Arms, Basis, Target

_NO_ATTACHMENT = "Attachment does not change in a simulated course."
_NO_RATING = "No available scale measures it."
_NOTSU = "Notsu et al. 2024 (33 studies)"
_TAYLOR = "Taylor et al. 2015 (review: direction; sizes unverified)"


def covariate_and_alliance(arms: Arms, name: str) -> float:
    """Return C10: r of a time-invariant covariate with the mean alliance of sessions 3 and 4.

    Security is −(anxiety + avoidance).
    """
    clinic = arms[IPT]
    covariates = clinic.covariates
    insecurity = covariates["attachment_anxiety"] + covariates["attachment_avoidance"]
    value = -insecurity if name == "security" else covariates[name]
    return correlation(value, clinic.mean("alliance", 3, 4))


def expectation_and_outcome(arms: Arms) -> float:
    """Return C12: −r of expectation at intake with the last symptom score."""
    clinic = arms[IPT]
    return -correlation(clinic.covariates["hope"], clinic.last("symptoms", after=4))


def rating_and_outcome(arms: Arms, name: str) -> float:
    """Return C13: −r of a rating of the relationship at sessions 3 and 4 with the last symptom score."""
    clinic = arms[IPT]
    return -correlation(clinic.mean(name, 3, 4), clinic.last("symptoms", after=4))


TARGETS: tuple[Target, ...] = (
    Target(
        id="C10",
        part="avoidance",
        label="Attachment avoidance and alliance, r",
        published="−.13",
        value=-0.13,
        band=(-0.21, -0.05),
        aspect="usual alliance",
        basis=Basis.SEEN,
        source=_NOTSU,
        design="routine",
        persons=100,
        statistic=partial(covariate_and_alliance, name="attachment_avoidance"),
    ),
    Target(
        id="C10",
        part="anxiety",
        label="Attachment anxiety and alliance, r",
        published="−.09",
        value=-0.09,
        band=(-0.17, -0.01),
        aspect="usual alliance",
        basis=Basis.SEEN,
        source=_NOTSU,
        design="routine",
        persons=100,
        statistic=partial(covariate_and_alliance, name="attachment_anxiety"),
    ),
    Target(
        id="C10",
        part="security",
        label="Attachment security and alliance, r",
        published=".17",
        value=0.17,
        interval=(0.1, 0.23),
        band=(0.1, 0.23),
        aspect="usual alliance",
        basis=Basis.SEEN,
        source="Diener & Monroe 2011, 10.1037/a0022425",
        design="routine",
        persons=52,
        statistic=partial(covariate_and_alliance, name="security"),
    ),
    Target(
        id="C11",
        part="anxiety",
        label="Reduction of attachment anxiety, d",
        published="falls",
        band=(0.1, 0.6),
        aspect="attachment changes",
        basis=Basis.SEEN,
        source=_TAYLOR,
        design="routine",
        persons=40,
        statistic=None,
        remark=_NO_ATTACHMENT,
    ),
    Target(
        id="C11",
        part="avoidance",
        label="Reduction of anxiety minus reduction of avoidance, d",
        published="≥ 0",
        band=(0.0, inf),
        aspect="attachment changes",
        basis=Basis.SEEN,
        source=_TAYLOR,
        design="routine",
        persons=40,
        statistic=None,
        remark=_NO_ATTACHMENT,
    ),
    Target(
        id="C12",
        part="expectation",
        label="Expectation at intake and outcome, r",
        published=".18",
        value=0.18,
        band=(0.1, 0.26),
        aspect="hope",
        basis=Basis.SEEN,
        source="Constantino et al. 2018 (81 studies, n = 12,722)",
        design="routine",
        persons=157,
        statistic=expectation_and_outcome,
    ),
    Target(
        id="C13",
        part="empathy",
        label="Empathy and outcome, r",
        published=".28",
        value=0.28,
        interval=(0.23, 0.33),
        band=(0.2, 0.35),
        aspect="common factors",
        basis=Basis.SEEN,
        source="Elliott et al. 2018, 10.1037/pst0000175",
        design="routine",
        persons=75,
        statistic=partial(rating_and_outcome, name="empathy"),
    ),
    Target(
        id="C13",
        part="goals",
        label="Agreement on goals and outcome, r",
        published=".24",
        value=0.24,
        interval=(0.19, 0.28),
        band=(0.17, 0.3),
        aspect="common factors",
        basis=Basis.SEEN,
        source="Tryon et al. 2018 (54 studies, n = 7,278)",
        design="routine",
        persons=134,
        statistic=partial(rating_and_outcome, name="goals"),
    ),
    Target(
        id="C13",
        part="regard",
        label="Positive regard and outcome, r",
        published=".14–.18",
        value=0.16,
        interval=(0.14, 0.18),
        band=(0.08, 0.24),
        aspect="common factors",
        basis=Basis.SEEN,
        source="Farber et al. 2018, 10.1037/pst0000171 (from g .28 to .36)",
        design="routine",
        persons=75,
        statistic=None,
        remark=_NO_RATING,
    ),
)
