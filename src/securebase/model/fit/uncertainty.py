"""Parameters as uncertain as a fit leaves them: draws around the estimates."""

from __future__ import annotations

import numpy as np

from securebase.errors import ModelError
from securebase.model.fit.fitting import Fit
from securebase.model.fit.transforms import build_transform
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters

_TRIES = 20


def draw_parameters(fitted: Fit, panel: Panel, count: int, rng: np.random.Generator) -> list[Parameters]:
    """Normal draws on the internal scale around the estimates, with the covariance that the Hessian gives: a normal
    approximation of what the data leave open. What is held stays; a draw that is no model is drawn anew (the estimates
    themselves after 20 tries). Raises ModelError where the fit has no positive-definite Hessian."""
    inside = fitted.internal
    if inside is None or fitted.outcome.kind not in ("converged", "boundary", "regularised"):
        raise ModelError(
            f"there is no spread to draw from: {fitted.outcome.sentence}", advice=fitted.outcome.what_to_do
        )
    own = build_transform(panel, fitted.specification)
    alone = Likelihood(own.panel.only(np.array([0])), own.specification)
    root = np.linalg.cholesky(np.linalg.inv(inside.hessian * fitted.n_persons))
    found = []
    for _ in range(count):
        x = inside.x
        for _try in range(_TRIES):
            x = inside.x.copy()
            x[inside.free] += root @ rng.standard_normal(len(inside.free))
            try:
                alone.value(own.standard(x))
                break
            except (ModelError, np.linalg.LinAlgError):
                x = inside.x
        found.append(own.natural(x))
    return found
