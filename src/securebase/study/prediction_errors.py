"""One-step-ahead prediction errors of a fitted model: each score less its expectation from the person's past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.smoothing import smooth
from securebase.model.specification import Specification

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PredictionErrors:
    """One-step-ahead prediction errors.

    z: (rows, q) errors over their predicted standard deviation, NaN where there is no score. distance: (persons,)
    squared Mahalanobis distance of a person's scores from their expectation, χ² with `count` (persons,) degrees of
    freedom where the model holds.
    """

    z: Array
    distance: Array
    count: NDArray[np.int64]


def prediction_errors(panel: Panel, specification: Specification, parameters: Parameters) -> PredictionErrors:
    """Compute one-step-ahead errors person by person; other clients of the same therapist are not used."""
    construct = np.array(specification.construct_of)
    loading = np.ones(len(construct)) if parameters.loading is None else parameters.loading
    intercept = np.zeros(len(construct)) if parameters.intercept is None else parameters.intercept
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
        expected, covariance = course.true_values(course.predicted, course.predicted_covariance)
        errors = panel.scores[rows] - intercept - loading * expected[:, construct]
        # F = ΛPΛ′ + R, the covariance of the errors at each row
        F = loading[:, None] * loading * covariance[:, construct][:, :, construct] + np.diag(
            parameters.measurement_noise
        )
        z[rows] = errors / np.sqrt(np.diagonal(F, axis1=1, axis2=2))
        for error, row_covariance in zip(errors, F, strict=True):
            observed = np.isfinite(error)
            distance[i] += error[observed] @ np.linalg.solve(
                row_covariance[np.ix_(observed, observed)], error[observed]
            )
    count = np.add.reduceat(np.isfinite(z).sum(axis=1), panel.starts[:-1]) if len(z) else np.zeros(0)
    return PredictionErrors(z, distance, np.where(np.diff(panel.starts) > 0, count, 0).astype(np.int64))
