"""Identifiability checks before a fit: refusals with a reason and advice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from securebase.errors import Advice
from securebase.model.estimation.refusals import check_count, check_information, check_variation, refuse
from securebase.model.panel import Panel
from securebase.model.specification import Specification


def find_refusals(
    panel: Panel, specification: Specification, n_parameters: int, *, has_prior: bool = False
) -> Iterator[Advice]:
    """Yield why the model is not identified from this panel.

    Level, state and noise of a construct are identified only by persons with three scores or more (four with random
    slopes); their covariances need more such persons than constructs.
    has_prior: a fit with a shrinkage prior needs only scores that differ.
    """
    min_persons = specification.p + 2
    min_scores = 4 if specification.random_slopes else 3
    for k, name in enumerate(specification.scores):
        scores = panel.scores[:, k]
        yield from check_variation(name, scores, "Leave it out: a constant cannot be modelled.")
        if has_prior:
            continue
        by_person = [scores[rows][np.isfinite(scores[rows])] for rows in map(panel.rows_of, range(panel.n_persons))]
        n_informative = sum(len(values) >= min_scores for values in by_person)
        if n_informative < min_persons:
            yield refuse(
                f"“{name}” has {'four' if min_scores == 4 else 'three'} scores or more for {n_informative} persons; at "
                f"least {min_persons} such persons are needed.",
                "Gather more persons or rows, use fewer constructs, or track with a parameter set instead.",
            )
        n_varying = sum(len(values) > 1 and np.ptp(values) > 0 for values in by_person)
        if n_varying < min_persons:
            yield refuse(
                f"“{name}” changes within {n_varying or 'none'} of the {panel.n_persons} persons; at least "
                f"{min_persons} are needed.",
                "Leave it out: a model over time needs change within persons. Differences between persons can be "
                "analysed outside this model, or as a covariate.",
            )
    yield from check_information(specification.scores, panel)
    for name, values in (("covariate", panel.covariates), ("input", panel.inputs)):
        names = specification.covariates if name == "covariate" else specification.inputs
        for k, column in enumerate(names):
            if values is not None and np.ptp(values[:, k]) == 0:
                yield refuse(f"The {name} “{column}” never differs.", "Leave it out: a constant has no effect.")
    if specification.therapists and panel.therapist is not None and not has_prior:
        shared = int((np.bincount(panel.therapist) > 1).sum())
        if shared < min_persons:
            yield refuse(
                f"{shared} therapists have more than one person; at least {min_persons} are needed to "
                "estimate the covariance between therapists.",
                "Leave the therapists out, or gather more of them.",
            )
    if not has_prior:
        remedy = (
            "Gather more data or use fewer constructs, a simpler trend or a stationary start; or shrink the fit "
            "towards a parameter set."
        )
        yield from check_count(panel.n_observations, n_parameters, remedy)
