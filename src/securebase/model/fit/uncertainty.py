"""Parameter draws that carry the uncertainty of a fit."""

from __future__ import annotations

import numpy as np

from securebase.errors import ModelError
from securebase.model.fit.fitting import Fit
from securebase.model.fit.transforms import build_transform
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters

_MAX_ATTEMPTS = 20


def draw_parameters(fitted: Fit, panel: Panel, count: int, rng: np.random.Generator) -> list[Parameters]:
    """Draw parameters from the normal approximation N(x̂, H⁻¹) on the internal scale.

    Fixed parameters keep their value. An invalid draw is repeated, and replaced by the estimates after 20 attempts.
    Raises ModelError where the fit has no positive-definite Hessian.
    """
    solution = fitted.internal
    if solution is None or fitted.outcome.kind not in ("converged", "boundary", "regularised"):
        raise ModelError(
            f"parameters cannot be drawn from a fit with outcome {fitted.outcome.kind}: {fitted.outcome.sentence}",
            advice=fitted.outcome.what_to_do,
        )
    transform = build_transform(panel, fitted.specification)
    # one person is enough to see whether a draw is a valid model
    likelihood = Likelihood(transform.panel.select_persons(np.array([0])), transform.specification)
    root = np.linalg.cholesky(np.linalg.inv(solution.hessian * fitted.n_persons))
    draws = []
    for _ in range(count):
        x = solution.x
        for _try in range(_MAX_ATTEMPTS):
            x = solution.x.copy()
            x[solution.free] += root @ rng.standard_normal(len(solution.free))
            try:
                likelihood.value(transform.standard(x))
                break
            except (ModelError, np.linalg.LinAlgError):
                x = solution.x
        draws.append(transform.natural(x))
    return draws
