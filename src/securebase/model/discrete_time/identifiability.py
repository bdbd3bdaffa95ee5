"""Identifiability checks before a discrete-time fit: refusals with a reason and advice."""

from __future__ import annotations

import numpy as np

from securebase.errors import Advice
from securebase.model.discrete_time.specification import DiscreteTimeSpecification, WaveConstraint
from securebase.model.panel import Panel


def refusal(panel: Panel, spec: DiscreteTimeSpecification) -> Advice | None:
    """Return why the model is not identified from this panel, or None. panel: with every wave (`expand_waves`)."""

    def refuse(sentence: str, what_to_do: str) -> Advice:
        return Advice("not_enough_data", sentence, what_to_do)

    observed = np.isfinite(panel.scores)
    for k, name in enumerate(spec.constructs):
        scores = panel.scores[observed[:, k], k]
        if not len(scores):
            return refuse(f"There is no score for “{name}”.", "Leave it out, or check its column.")
        if np.ptp(scores) == 0:
            return refuse(f"Every score of “{name}” is the same.", "Leave it out: a constant has no lagged effects.")
    if spec.levels and spec.waves < 3:
        return refuse(
            "With two waves, random intercepts cannot be separated from fluctuation within persons.",
            "Gather a third wave, or use the model without random intercepts (clpm), which does not separate the two.",
        )
    if WaveConstraint.FREE in (spec.lags, spec.residuals, spec.means):
        for w in range(spec.waves):
            rows = panel.wave == spec.first_wave + w
            for k, name in enumerate(spec.constructs):
                if observed[rows, k].sum() < spec.p + 2:
                    return refuse(
                        f"Wave {spec.first_wave + w} has fewer than {spec.p + 2} scores of “{name}”, too few for "
                        "separate parameters.",
                        "Constrain lags, residual covariances and means to be equal over waves, or leave out the wave.",
                    )
    if panel.n_observations <= spec.n_parameters:
        return refuse(
            f"{panel.n_observations} scores cannot determine {spec.n_parameters} parameters.",
            "Gather more data, use fewer constructs, or constrain parameters to be equal over waves.",
        )
    D = spec.waves * spec.p
    if spec.start == "free" and panel.n_persons <= spec.p:
        return refuse(
            f"{panel.n_persons} persons cannot determine covariances of {spec.p} constructs.", "Gather more persons."
        )
    if spec.n_parameters > D + D * (D + 1) // 2:
        return refuse(
            f"{spec.n_parameters} parameters are more than means and covariances of {spec.waves} waves identify.",
            "Constrain parameters to be equal over waves, or gather more waves.",
        )
    return None
