"""One-step-ahead prediction errors of a fitted model: each score less its expectation from the person's past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.equations import person_covariance
from securebase.model.kernel.readable import Inputs, Layout
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
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
    """Compute one-step-ahead errors from each person's own past; other clients of the same therapist are not used.

    Kalman filter of [state, deviation of the level, random slope], all persons side by side. Raises ModelError if the
    parameters are not a valid model, LinAlgError if some scores determine another without error.
    """
    layout, inputs = Likelihood(panel, specification).uncompressed(parameters)
    person = person_covariance(parameters)
    p, size = specification.p, specification.p + len(person)
    a, V = np.zeros((panel.n_persons, size)), np.zeros((panel.n_persons, size, size))
    a[:, :p], V[:, :p, :p], V[:, p:, p:] = inputs.start_mean, inputs.start_covariance, person
    if parameters.therapist_covariance is not None:
        # the deviation of the therapist is unknown
        V[:, p : 2 * p, p : 2 * p] += parameters.therapist_covariance
    z, distance = np.full(panel.scores.shape, np.nan), np.zeros(panel.n_persons)
    first, rows_of = layout.starts[layout.order], np.diff(layout.starts)[layout.order]
    for j in range(int(rows_of.max(initial=0))):
        n = int(np.searchsorted(-rows_of, -j))  # persons that still have a row, the longest first
        rows, a, V = first[:n] + j, a[:n], V[:n]
        if j:
            step = layout.gap_index[rows]
            Phi = inputs.transition[step]
            a[:, :p] = (Phi @ a[:, :p, None])[:, :, 0]
            V[:, :p] = Phi @ V[:, :p]
            V[:, :, :p] = V[:, :, :p] @ Phi.transpose(0, 2, 1)
            V[:, :p, :p] += inputs.shock_covariance[step]
        if len(inputs.input_increment):
            a[:, :p] += inputs.input_increment[rows]
        H = _design(layout, inputs, rows, size)
        errors = inputs.residual[rows] - (H @ a[:, :, None])[:, :, 0]
        z[rows] = errors / np.sqrt(np.einsum("nqi,nij,nqj->nq", H, V, H) + inputs.noise)
        distance[layout.order[:n]] += _update(a, V, inputs.residual[rows], H, inputs.noise)
    count = np.add.reduceat(np.isfinite(z).sum(axis=1), panel.starts[:-1]) if len(z) else np.zeros(0)
    return PredictionErrors(z, distance, np.where(np.diff(panel.starts) > 0, count, 0).astype(np.int64))


def _design(layout: Layout, inputs: Inputs, rows: NDArray[np.int64], size: int) -> Array:
    """Return the design H (n, q, size) of one row's scores on [state, level deviation, random slope]."""
    p, every = len(inputs.start_mean), np.arange(len(inputs.loading))
    H = np.zeros((len(rows), len(every), size))
    H[:, every, layout.construct] = H[:, every, p + layout.construct] = inputs.loading
    if len(inputs.slope_basis):
        H[:, every, 2 * p + layout.construct] = inputs.loading * inputs.slope_basis[rows, None]
    return H


def _update(a: Array, V: Array, residual: Array, H: Array, noise: Array) -> Array:
    """Update a (n, size) and V (n, size, size) in place with one row's scores (n, q); return the distance (n,).

    One score at a time, so that no matrix is inverted: the squared errors, each given the scores before it, add up to
    the squared Mahalanobis distance of the row.
    """
    distance = np.zeros(len(a))
    for k in range(residual.shape[1]):
        observed, h = np.isfinite(residual[:, k]), H[:, k]
        e = np.where(observed, residual[:, k] - np.einsum("ni,ni->n", h, a), 0.0)
        g = (V @ h[:, :, None])[:, :, 0]
        f = np.einsum("ni,ni->n", h, g) + noise[k]
        if not (f[observed] > 0).all():
            raise np.linalg.LinAlgError("a score is predicted without error")
        gain = g * np.where(observed, 1.0 / f, 0.0)[:, None]
        distance += np.where(observed, e**2 / f, 0.0)
        a += gain * e[:, None]
        V -= gain[:, :, None] * g[:, None, :]
    return distance
