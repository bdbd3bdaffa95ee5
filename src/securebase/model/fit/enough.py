"""Whether a panel holds enough for a fit: what is refused before the climb, with its reason."""

from __future__ import annotations

import numpy as np

from securebase.errors import Advice
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Specification


def n_parameters(specification: Specification) -> int:
    from_trend = {"none": 0, "linear": specification.p, "apart": specification.p + 1, "carried": specification.p}
    p, pairs = specification.p, specification.p * (specification.p + 1) // 2
    free_start = pairs if specification.start == "free" else 0
    return p * p + 2 * pairs + free_start + 2 * p + from_trend[specification.trend]


def _by_person(panel: Panel, scores: Array) -> list[Array]:
    return [scores[panel.rows_of(i)] for i in range(panel.n_persons)]


def not_enough(panel: Panel, specification: Specification) -> Advice | None:
    """Why no fit is tried, or None. Level, movement and noise of one construct are told apart only by persons with
    three scores or more; their covariances need more such persons than constructs."""

    def refused(sentence: str, what_to_do: str) -> Advice:
        return Advice("not_enough_data", sentence, what_to_do)

    need = specification.p + 2
    for k, name in enumerate(specification.constructs):
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
        own = [values[np.isfinite(values)] for values in _by_person(panel, scores)]
        enough = sum(len(values) >= 3 for values in own)
        if enough < need:
            return refused(
                f"“{name}” has three scores or more for {enough} persons; at least {need} such persons are needed.",
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
    wanted = n_parameters(specification)
    if panel.n_observations <= wanted:
        return refused(
            f"{panel.n_observations} scores cannot determine {wanted} parameters.",
            "Gather more data or use fewer constructs, a simpler trend or a stationary start.",
        )
    return None
