"""Targets on change: contrasts between arms, course and distribution of the PHQ-9, prediction from early change.

Figures of arms are from the public Metapsy data (v24.0.2). Effects are positive if IPT ends with lower symptoms.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from securebase.measurement.catalogue import instrument
from securebase.measurement.change import ScoreChange, score_change
from securebase.study.calibration.designs import IPT, OTHER, USUAL_CARE, WAITING
from securebase.study.calibration.statistics import complete_cases, hedges_g, r_squared
from securebase.study.calibration.target import Arms, Basis, Target


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


_METAPSY = "Metapsy v24.0.2 (public data), random effects"
_ARMS = "Metapsy v24.0.2 (public data), arms with the PHQ-9"
_REVIEW = "Cuijpers et al. 2021, 10.1111/acps.13335 (exact figures unverified)"

TARGETS: tuple[Target, ...] = (
    Target(
        id="C14",
        part="waiting list",
        label="IPT vs. waiting list, post-treatment g",
        published=".69",
        value=0.69,
        interval=(0.17, 1.21),
        band=(0.35, 1.1),
        aspect="whole effect",
        basis=Basis.COMPUTED,
        source=_METAPSY,
        design="trial",
        persons=75,
        statistic=partial(between_group_effect, control=WAITING),
    ),
    Target(
        id="C14",
        part="usual care",
        label="IPT vs. usual care, post-treatment g",
        published=".46",
        value=0.46,
        interval=(0.23, 0.70),
        band=(0.25, 0.70),
        aspect="whole effect",
        basis=Basis.COMPUTED,
        source=_METAPSY,
        design="trial",
        persons=75,
        statistic=partial(between_group_effect, control=USUAL_CARE),
    ),
    Target(
        id="C15",
        part="natural course",
        label="Reduction in control arms ÷ reduction in IPT arms",
        published=".51",
        value=0.51,
        band=(0.35, 0.65),
        aspect="natural course",
        basis=Basis.COMPUTED,
        source="Metapsy v24.0.2 (public data): .91 of 1.80 SDs; Cuijpers et al. 2012: a third outside therapy",
        design="trial",
        persons=75,
        statistic=natural_change_share,
        percent=True,
    ),
    Target(
        id="C16",
        part="other therapy",
        label="IPT vs. another bona fide therapy, post-treatment g",
        published=".04 to .06",
        value=0.05,
        interval=(-0.14, 0.21),
        band=(-0.20, 0.20),
        aspect="dodo bird",
        basis=Basis.SEEN,
        source="Cuijpers 2011, 2016, 10.1176/appi.ajp.2015.15091141",
        design="trial",
        persons=75,
        statistic=partial(between_group_effect, control=OTHER),
    ),
    Target(
        id="C17",
        part="start",
        label="PHQ-9 at the start, mean",
        published="14 to 17",
        value=15.5,
        interval=(14.0, 17.0),
        band=(13.0, 17.5),
        aspect="scale",
        basis=Basis.COMPUTED,
        source=_ARMS,
        design="routine",
        persons=400,
        statistic=partial(inventory_mean, occasion="start"),
    ),
    Target(
        id="C17",
        part="end",
        label="PHQ-9 at the end, mean",
        published="8 to 10",
        value=9.0,
        interval=(8.0, 10.0),
        band=(7.0, 11.0),
        aspect="scale",
        basis=Basis.COMPUTED,
        source=_ARMS,
        design="routine",
        persons=400,
        statistic=partial(inventory_mean, occasion="end"),
    ),
    Target(
        id="C17",
        part="spread",
        label="SD of the PHQ-9 at the end ÷ at the start",
        published="1.24",
        value=1.24,
        band=(1.1, 1.5),
        aspect="spread of change",
        basis=Basis.COMPUTED,
        source=_ARMS,
        design="routine",
        persons=400,
        statistic=inventory_spread_ratio,
    ),
    Target(
        id="C17",
        part="fall",
        label="Reduction of the mean PHQ-9",
        published="46%",
        value=0.46,
        band=(0.38, 0.52),
        aspect="mean change",
        basis=Basis.COMPUTED,
        source="Metapsy v24.0.2 (public data), IPT arms",
        design="routine",
        persons=400,
        statistic=inventory_fall,
        percent=True,
    ),
    Target(
        id="C18",
        part="response",
        label="PHQ-9 reduced by half or more",
        published="41–50%",
        value=0.455,
        interval=(0.41, 0.50),
        band=(0.35, 0.55),
        aspect="tails",
        basis=Basis.SECOND_HAND,
        source=_REVIEW,
        design="routine",
        persons=400,
        statistic=response,
        percent=True,
    ),
    Target(
        id="C18",
        part="remission",
        label="PHQ-9 below 5 at the end",
        published="about a third",
        value=0.33,
        band=(0.25, 0.45),
        aspect="tails",
        basis=Basis.SECOND_HAND,
        source=_REVIEW,
        design="routine",
        persons=400,
        statistic=remission,
        percent=True,
    ),
    Target(
        id="C18",
        part="deterioration",
        label="PHQ-9 reliably higher at the end",
        published="about 5%",
        value=0.05,
        band=(0.02, 0.09),
        aspect="tails",
        basis=Basis.UNVERIFIED,
        source=_REVIEW,
        design="routine",
        persons=400,
        statistic=deterioration,
        percent=True,
    ),
    Target(
        id="C19",
        part="sessions",
        label="Sessions held, median",
        published="11",
        value=11.0,
        interval=(8.0, 14.5),
        band=(9.0, 14.0),
        aspect="duration",
        basis=Basis.COMPUTED,
        source="Metapsy v24.0.2 (public data), IPT arms; sessions of trials as planned",
        design="routine",
        persons=400,
        statistic=sessions_held,
    ),
    Target(
        id="C19",
        part="dropout",
        label="Dropout before the planned end",
        published="17.5–24%",
        value=0.20,
        interval=(0.175, 0.241),
        band=(0.13, 0.30),
        aspect="attrition",
        basis=Basis.SEEN,
        source="Cooper & Conklin 2015, 10.1016/j.cpr.2015.05.001; Swift & Greenberg 2012; attrition computed",
        design="routine",
        persons=400,
        statistic=dropout,
        percent=True,
    ),
    Target(
        id="C32",
        part="early change",
        label="Variance at the end explained by intake and change up to session 3",
        published="about 40%",
        value=0.40,
        band=(0.30, 0.50),
        own_band=True,
        aspect="differences in change",
        basis=Basis.SEEN,
        source="PMC6428692 (n = 4,394)",
        design="routine",
        persons=400,
        statistic=variance_explained_by_early_change,
        percent=True,
    ),
    Target(
        id="C34",
        part="late change",
        label="No change up to session 6, then a reduction by more than one SD",
        published="one of four classes",
        band=(0.03, 0.25),
        own_band=True,
        aspect="shape of change",
        basis=Basis.SEEN,
        source="PMC6428692 (n = 4,394); size of the class not retrieved",
        design="routine",
        persons=400,
        statistic=late_changers,
        percent=True,
    ),
)
