"""Whether a panel holds enough for a model of waves: what is refused before the climb, with its reason."""

from __future__ import annotations

import numpy as np

from securebase.errors import Advice
from securebase.model.discrete_time.specification import DiscreteTimeSpecification, WaveConstraint
from securebase.model.panel import Panel


def refusal(panel: Panel, of: DiscreteTimeSpecification) -> Advice | None:
    """Why no fit is tried, or None. panel: of every wave (`every_wave`)."""

    def refused(sentence: str, what_to_do: str) -> Advice:
        return Advice("not_enough_data", sentence, what_to_do)

    there = np.isfinite(panel.scores)
    for k, name in enumerate(of.constructs):
        scores = panel.scores[there[:, k], k]
        if not len(scores):
            return refused(f"There is no score for “{name}”.", "Leave it out, or check its column.")
        if np.ptp(scores) == 0:
            return refused(f"Every score of “{name}” is the same.", "Leave it out: what never moves has no lags.")
    if of.levels and of.waves < 3:
        return refused(
            "With two waves, usual levels cannot be told from what moves within persons.",
            "Gather a third wave, or use the model without levels (clpm), which mixes the two.",
        )
    if WaveConstraint.FREE in (of.lags, of.residuals, of.means):
        for w in range(of.waves):
            rows = panel.wave == of.first_wave + w
            for k, name in enumerate(of.constructs):
                if there[rows, k].sum() < of.p + 2:
                    return refused(
                        f"Wave {of.first_wave + w} has fewer than {of.p + 2} scores of “{name}”, too few for "
                        "parameters of its own.",
                        "Hold lags, residual covariances and means equal over waves, or leave out the wave.",
                    )
    if panel.n_observations <= of.n_parameters:
        return refused(
            f"{panel.n_observations} scores cannot determine {of.n_parameters} parameters.",
            "Gather more data, use fewer constructs, or hold parts equal over waves.",
        )
    D = of.waves * of.p
    if of.start == "free" and panel.n_persons <= of.p:
        return refused(
            f"{panel.n_persons} persons cannot determine covariances of {of.p} constructs.", "Gather more persons."
        )
    if of.n_parameters > D + D * (D + 1) // 2:
        return refused(
            f"{of.n_parameters} parameters are more than means and covariances of {of.waves} waves can tell.",
            "Hold parts equal over waves, or gather more waves.",
        )
    return None
