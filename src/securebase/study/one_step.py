"""What a fitted model expected of each score from all earlier ones of the same person, and how far off it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.panel import Panel
from securebase.model.parameters import Parameters, Specification
from securebase.model.smoothing import smooth

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OneStep:
    """z (rows, q): residuals over their predicted spread, NaN where there is no score. distance (persons,): of a
    person's scores from what was expected of them (Mahalanobis, squared), χ² with `count` (persons,) where the model
    holds."""

    z: Array
    distance: Array
    count: NDArray[np.int64]


def one_step(panel: Panel, specification: Specification, parameters: Parameters) -> OneStep:
    """One pass over every person. With therapists, what the others of a therapist told is not used."""
    of = np.array(specification.construct_of)
    load = np.ones(len(of)) if parameters.loading is None else parameters.loading
    base = np.zeros(len(of)) if parameters.intercept is None else parameters.intercept
    z = np.full(panel.scores.shape, np.nan)
    distance = np.zeros(panel.n_persons)
    for i in range(panel.n_persons):
        rows = panel.rows_of(i)
        course = smooth(
            specification,
            parameters,
            panel.times[rows],
            panel.scores[rows],
            inputs=None if panel.inputs is None else panel.inputs[rows],
            covariates=None if panel.covariates is None else panel.covariates[i],
        )
        true, spread = course.true_values(course.predicted, course.predicted_covariance)
        off = panel.scores[rows] - base - load * true[:, of]
        F = load[:, None] * load * spread[:, of][:, :, of] + np.diag(parameters.measurement_noise)
        z[rows] = off / np.sqrt(np.diagonal(F, axis1=1, axis2=2))
        for e, here in zip(off, F, strict=True):
            seen = np.isfinite(e)
            distance[i] += e[seen] @ np.linalg.solve(here[np.ix_(seen, seen)], e[seen])
    count = np.add.reduceat(np.isfinite(z).sum(axis=1), panel.starts[:-1]) if len(z) else np.zeros(0)
    return OneStep(z, distance, np.where(np.diff(panel.starts) > 0, count, 0).astype(np.int64))
