"""Statistics of client characteristics (attachment, expectation), and of empathy and goals as process variables."""

from __future__ import annotations

from securebase.study.calibration.designs import IPT
from securebase.study.calibration.effect_sizes import correlation
from securebase.study.calibration.samples import Arms


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
