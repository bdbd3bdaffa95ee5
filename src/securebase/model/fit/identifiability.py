"""Whether a panel holds enough for a fit: what is refused before the climb, with its reason."""

from __future__ import annotations

import numpy as np

from securebase.errors import Advice
from securebase.model.fit.transforms import parameter_blocks
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Specification


def n_parameters(specification: Specification) -> int:
    return sum(block.size for block in parameter_blocks(specification, specification.planned_end))


def _by_person(panel: Panel, scores: Array) -> list[Array]:
    return [scores[panel.rows_of(i)] for i in range(panel.n_persons)]


def identifiability_refusal(panel: Panel, specification: Specification, *, has_prior: bool = False) -> Advice | None:
    """Why no fit is tried, or None. Level, movement and noise of one construct are told apart only by persons with
    three scores or more (four with change of one's own); their covariances need more such persons than constructs.
    has_prior: a fit with a shrinkage prior needs only scores that differ."""

    def refused(sentence: str, what_to_do: str) -> Advice:
        return Advice("not_enough_data", sentence, what_to_do)

    need = specification.p + 2
    fewest = 4 if specification.random_slopes else 3
    for k, name in enumerate(specification.scores):
        scores = panel.scores[:, k]
        there = np.isfinite(scores)
        if not there.any():
            return refused(f"There is no score for “{name}”.", "Leave it out, or check its column.")
        if there.sum() == 1:
            return refused(f"There is a single score for “{name}”.", "Gather more rows.")
        if np.ptp(scores[there]) == 0:
            return refused(
                f"Every score of “{name}” is the same.", "Leave it out: what never moves cannot be modelled."
            )
        if has_prior:
            continue
        own = [values[np.isfinite(values)] for values in _by_person(panel, scores)]
        enough = sum(len(values) >= fewest for values in own)
        if enough < need:
            return refused(
                f"“{name}” has {'four' if fewest == 4 else 'three'} scores or more for {enough} persons; at least "
                f"{need} such persons are needed.",
                "Gather more persons or rows, use fewer constructs, or track with a parameter set instead.",
            )
        moving = sum(len(values) > 1 and np.ptp(values) > 0 for values in own)
        if moving < need:
            return refused(
                f"“{name}” changes within {moving or 'none'} of the {panel.n_persons} persons; at least {need} are "
                "needed.",
                "Leave it out: what does not move within persons cannot be modelled over time. As something that "
                "differs between persons it can be looked at outside this model.",
            )
    for name, values in (("covariate", panel.covariates), ("input", panel.inputs)):
        names = specification.covariates if name == "covariate" else specification.inputs
        for k, own_name in enumerate(names):
            if values is not None and np.ptp(values[:, k]) == 0:
                return refused(f"The {name} “{own_name}” never differs.", "Leave it out: it can explain nothing.")
    if specification.therapists and panel.therapist is not None and not has_prior:
        shared = int((np.bincount(panel.therapist) > 1).sum())
        if shared < need:
            return refused(
                f"{shared} therapists have more than one person; at least {need} are needed to tell what they share.",
                "Leave the therapists out, or gather more of them.",
            )
    wanted = n_parameters(specification)
    if panel.n_observations <= wanted and not has_prior:
        return refused(
            f"{panel.n_observations} scores cannot determine {wanted} parameters.",
            "Gather more data or use fewer constructs, a simpler trend or a stationary start; or draw the fit towards "
            "a parameter set.",
        )
    return None
