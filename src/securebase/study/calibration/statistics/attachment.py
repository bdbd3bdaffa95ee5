"""Statistics of client characteristics (attachment, expectation), and of empathy and goals as process variables."""

from __future__ import annotations

from securebase.study.calibration.designs import IPT
from securebase.study.calibration.effect_sizes import complete_cases, correlation
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


def attachment_fall(arms: Arms, name: str) -> float:
    """Return C11: fall from the first two sessions to the last two, in SDs of the first two."""
    clinic = arms[IPT]
    start, end = complete_cases(clinic.mean(name, 1, 2), clinic.mean(name, clinic.planned - 1, clinic.planned))
    return float((start - end).mean() / start.std(ddof=1))


def attachment_fall_difference(arms: Arms) -> float:
    """Return C11: fall of attachment anxiety minus fall of avoidance."""
    return attachment_fall(arms, "attachment_anxiety") - attachment_fall(arms, "attachment_avoidance")


def level_correlation(arms: Arms, first: str, second: str) -> float:
    """Return C37 to C40, C43, C44: r between clients of two constructs, each the mean of the first two sessions.

    Two ratings of one item are about as reliable as a scale of a published study.
    """
    clinic = arms[IPT]
    return correlation(clinic.mean(first, 1, 2), clinic.mean(second, 1, 2))
