"""Statistics of change: contrasts between arms, course and distribution of the PHQ-9, prediction from early change.

Effects are positive if IPT ends with lower symptoms.
"""

from __future__ import annotations

import numpy as np

from securebase.measurement.catalogue import instrument
from securebase.measurement.change import ScoreChange, score_change
from securebase.study.calibration.designs import IPT, USUAL_CARE, WAITING
from securebase.study.calibration.effect_sizes import complete_cases, hedges_g, r_squared
from securebase.study.calibration.samples import Arms


def between_group_effect(arms: Arms, control: str) -> float:
    """Return C14, C16: Hedges' g of the PHQ-9 at the end."""
    return hedges_g(arms[IPT].inventory["end"], arms[control].inventory["end"])


def _fall(arms: Arms, arm: str) -> float:
    start, end = complete_cases(arms[arm].inventory["start"], arms[arm].inventory["end"])
    return float(start.mean() - end.mean())


def natural_change_share(arms: Arms) -> float:
    """Return C15: mean fall of the two control arms (usual care, waiting list) ÷ fall of the IPT arm."""
    return (_fall(arms, USUAL_CARE) + _fall(arms, WAITING)) / 2 / _fall(arms, IPT)


def inventory_mean(arms: Arms, occasion: str) -> float:
    """Return C17: mean PHQ-9 at the start or the end."""
    return float(np.nanmean(arms[IPT].inventory[occasion]))


def inventory_spread_ratio(arms: Arms) -> float:
    """Return C17: SD of the PHQ-9 at the end ÷ at the start."""
    phq9 = arms[IPT].inventory
    return float(np.nanstd(phq9["end"], ddof=1) / np.nanstd(phq9["start"], ddof=1))


def inventory_fall(arms: Arms) -> float:
    """Return C17: fall of the mean PHQ-9 as a share of the mean at the start."""
    return _fall(arms, IPT) / inventory_mean(arms, "start")


def inventory_changes(arms: Arms) -> list[ScoreChange]:
    """Return the change of each client's PHQ-9 from the start to the end, classified by the rules of the instrument."""
    scale = instrument("phq9").scale("total")
    start, end = complete_cases(arms[IPT].inventory["start"], arms[IPT].inventory["end"])
    return [score_change(scale, a, b) for a, b in zip(start.tolist(), end.tolist(), strict=True)]


def response(arms: Arms) -> float:
    """Return C18: share of clients whose PHQ-9 fell by half or more."""
    responses = [c.response for c in inventory_changes(arms) if c.response is not None]
    return float(np.mean(responses))


def remission(arms: Arms) -> float:
    """Return C18: share of clients with a PHQ-9 below 5 at the end, of those who began at 5 or above."""
    remissions = [c.remission for c in inventory_changes(arms) if c.remission is not None]
    return float(np.mean(remissions))


def deterioration(arms: Arms) -> float:
    """Return C18: share of clients with reliable deterioration (6 points or more)."""
    return float(np.mean([c.verdict == "worse" for c in inventory_changes(arms)]))


def sessions_held(arms: Arms) -> float:
    """Return C19: median number of sessions held."""
    return float(np.median(arms[IPT].attended.sum(axis=1)))


def dropout(arms: Arms) -> float:
    """Return C19: share of clients who dropped out; an early ending after sufficient improvement does not count."""
    return float(arms[IPT].dropped_out.mean())


def variance_explained_by_early_change(arms: Arms) -> float:
    """Return C32: R² of the last symptom score on intake and on the change from intake to session 3."""
    clinic = arms[IPT]
    start, third = clinic.mean("symptoms", 1), clinic.mean("symptoms", 3)
    return r_squared(clinic.last("symptoms", after=4), start, third - start)


#: in SDs at the start: largest change up to session 6 that counts as flat, and smallest later fall that counts
_MAX_EARLY_CHANGE, _MIN_LATE_CHANGE = 0.33, 1.0


def late_changers(arms: Arms) -> float:
    """Return C34: share of clients with late change.

    Their mean of sessions 4 to 6 lies within a third of an SD of that of sessions 1 and 2, and their last score is more
    than an SD lower.
    """
    clinic = arms[IPT]
    start, middle = clinic.mean("symptoms", 1, 2), clinic.mean("symptoms", 4, 6)
    start, middle, end = complete_cases(start, middle, clinic.last("symptoms", after=8))
    late = (np.abs(middle - start) < _MAX_EARLY_CHANGE) & (middle - end > _MIN_LATE_CHANGE)
    return float(late.mean())
