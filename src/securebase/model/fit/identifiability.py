"""Identifiability checks before a fit: refusals with a reason and advice."""

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
    """Return why the model is not identified from this panel, or None.

    Level, state and noise of a construct are identified only by persons with three scores or more (four with random
    slopes); their covariances need more such persons than constructs.
    has_prior: a fit with a shrinkage prior needs only scores that differ.
    """

    def refuse(sentence: str, what_to_do: str) -> Advice:
        return Advice("not_enough_data", sentence, what_to_do)

    min_persons = specification.p + 2
    min_scores = 4 if specification.random_slopes else 3
    for k, name in enumerate(specification.scores):
        scores = panel.scores[:, k]
        observed = np.isfinite(scores)
        if not observed.any():
            return refuse(f"There is no score for “{name}”.", "Leave it out, or check its column.")
        if observed.sum() == 1:
            return refuse(f"There is a single score for “{name}”.", "Gather more rows.")
        if np.ptp(scores[observed]) == 0:
            return refuse(f"Every score of “{name}” is the same.", "Leave it out: a constant cannot be modelled.")
        if has_prior:
            continue
        by_person = [values[np.isfinite(values)] for values in _by_person(panel, scores)]
        n_informative = sum(len(values) >= min_scores for values in by_person)
        if n_informative < min_persons:
            return refuse(
                f"“{name}” has {'four' if min_scores == 4 else 'three'} scores or more for {n_informative} persons; at "
                f"least {min_persons} such persons are needed.",
                "Gather more persons or rows, use fewer constructs, or track with a parameter set instead.",
            )
        n_varying = sum(len(values) > 1 and np.ptp(values) > 0 for values in by_person)
        if n_varying < min_persons:
            return refuse(
                f"“{name}” changes within {n_varying or 'none'} of the {panel.n_persons} persons; at least "
                f"{min_persons} are needed.",
                "Leave it out: a model over time needs change within persons. Differences between persons can be "
                "analysed outside this model, or as a covariate.",
            )
    for name, values in (("covariate", panel.covariates), ("input", panel.inputs)):
        names = specification.covariates if name == "covariate" else specification.inputs
        for k, column in enumerate(names):
            if values is not None and np.ptp(values[:, k]) == 0:
                return refuse(f"The {name} “{column}” never differs.", "Leave it out: a constant has no effect.")
    if specification.therapists and panel.therapist is not None and not has_prior:
        shared = int((np.bincount(panel.therapist) > 1).sum())
        if shared < min_persons:
            return refuse(
                f"{shared} therapists have more than one person; at least {min_persons} are needed to "
                "estimate the covariance between therapists.",
                "Leave the therapists out, or gather more of them.",
            )
    count = n_parameters(specification)
    if panel.n_observations <= count and not has_prior:
        return refuse(
            f"{panel.n_observations} scores cannot determine {count} parameters.",
            "Gather more data or use fewer constructs, a simpler trend or a stationary start; or shrink the fit "
            "towards a parameter set.",
        )
    return None
