"""Identifiability checks before a discrete-time fit: refusals with a reason and advice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from securebase.errors import Advice
from securebase.model.discrete_time.specification import DiscreteTimeSpecification, WaveConstraint
from securebase.model.estimation.refusals import check_count, check_information, check_variation, refuse
from securebase.model.panel import Panel
from securebase.model.specification import Start


def find_refusals(panel: Panel, spec: DiscreteTimeSpecification) -> Iterator[Advice]:
    """Yield why the model is not identified from this panel. panel: with every wave (`expand_waves`)."""
    for k, name in enumerate(spec.constructs):
        yield from check_variation(name, panel.scores[:, k], "Leave it out: a constant has no lagged effects.")
    yield from check_information(spec.constructs, panel)
    if spec.levels and spec.waves < 3:
        yield refuse(
            "With two waves, random intercepts cannot be separated from fluctuation within persons.",
            "Gather a third wave, or use the model without random intercepts (clpm), which does not separate the two.",
        )
    if WaveConstraint.FREE in (spec.lags, spec.residuals, spec.means):
        for w in range(spec.waves):
            rows = panel.wave == spec.first_wave + w
            for k, name in enumerate(spec.constructs):
                if np.isfinite(panel.scores[rows, k]).sum() < spec.p + 2:
                    yield refuse(
                        f"Wave {spec.first_wave + w} has fewer than {spec.p + 2} scores of “{name}”, too few for "
                        "separate parameters.",
                        "Constrain lags, residual covariances and means to be equal over waves, or leave out the wave.",
                    )
    remedy = "Gather more data, use fewer constructs, or constrain parameters to be equal over waves."
    yield from check_count(panel.n_observations, spec.n_parameters, remedy)
    D = spec.waves * spec.p
    if spec.start == Start.FREE and panel.n_persons <= spec.p:
        yield refuse(
            f"{panel.n_persons} persons cannot determine covariances of {spec.p} constructs.", "Gather more persons."
        )
    if spec.n_parameters > D + D * (D + 1) // 2:
        yield refuse(
            f"{spec.n_parameters} parameters are more than means and covariances of {spec.waves} waves identify.",
            "Constrain parameters to be equal over waves, or gather more waves.",
        )
