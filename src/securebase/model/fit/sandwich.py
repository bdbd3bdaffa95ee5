"""Robust standard errors by the sandwich estimator (White 1982), which allow a misspecified distribution of scores.

With the observed information H and the score vector s_i of person i (or of all clients of therapist i), the covariance
of the estimates is H⁻¹ (Σ s_i s_i') H⁻¹ · m / (m − 1) for m clusters.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from securebase.errors import ModelError
from securebase.model.fit.fingerprint import fingerprints
from securebase.model.fit.fitting import Fit, InternalSolution
from securebase.model.fit.result import with_standard_errors
from securebase.model.fit.transforms import build_transform
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array


def with_robust_errors(fitted: Fit, panel: Panel) -> Fit:
    """Return the fit with robust standard errors, clustered by person or, in a model with therapists, by therapist.

    They measure the uncertainty about the pseudo-true values, the closest that this model can come to the truth; they
    do not correct a misspecified model. Raises ModelError if the panel differs from the one fitted, or if the
    Hessian is not positive definite.
    """
    scores, solution = cluster_scores(fitted, panel), _internal_solution(fitted)
    count, size = scores.shape
    if count <= 1:
        raise ModelError(f"robust standard errors need at least 2 persons or therapists (got {count})")
    n = fitted.n_persons
    bread = np.linalg.inv(solution.hessian * n)
    covariance = bread @ (scores.T @ scores) @ bread * count / (count - 1)
    names = list(fitted.estimates)
    J = build_transform(panel, fitted.specification).jacobian(solution.x)[:, solution.free]
    natural_covariance = J @ covariance @ J.T
    has_no_error = np.isin(names, list(fitted.held)) | (np.abs(J).max(axis=1, initial=0.0) == 0)
    natural_covariance[has_no_error] = natural_covariance[:, has_no_error] = np.nan
    unit = "therapists" if fitted.specification.therapists else "persons"
    notes = [f"Standard errors are robust (sandwich over {count} {unit})."]
    if count < 2 * size:
        notes.append(f"{count} {unit} for {size} parameters are few: robust errors may be imprecise and too small.")
    return replace(
        fitted,
        estimates=with_standard_errors({name: e.value for name, e in fitted.estimates.items()}, natural_covariance),
        covariance=natural_covariance,
        standard_error_method="robust",
        notes=(*fitted.notes, *notes),
    )


def cluster_scores(fitted: Fit, panel: Panel) -> Array:
    """Return the exact score vector of each person (persons, free); with therapists one row per therapist.

    Clients of one therapist are not independent, so their scores are summed.
    """
    solution = _internal_solution(fitted)
    if fitted.fingerprints != fingerprints(panel, fitted.specification):
        raise ModelError("the panel differs from the one that was fitted", advice="Pass the panel used for the fit.")
    transform = build_transform(panel, fitted.specification)
    standard = transform.standard(solution.x)
    n = panel.n_persons
    therapist = transform.panel.therapist
    if fitted.specification.therapists and therapist is not None:
        clusters = [np.flatnonzero(therapist == t) for t in np.unique(therapist)]
    else:
        clusters = [np.array([i]) for i in range(n) if panel.starts[i] < panel.starts[i + 1]]
    scores = np.empty((len(clusters), transform.size))
    for row, persons in enumerate(clusters):
        likelihood = Likelihood(transform.panel.select_persons(persons), transform.specification)
        scores[row] = transform.pull_back(solution.x, likelihood.value_and_gradient(standard)[1])
    return scores[:, solution.free]


def _internal_solution(fitted: Fit) -> InternalSolution:
    if fitted.internal is None or fitted.outcome.kind not in ("converged", "boundary"):
        raise ModelError(
            f"robust standard errors need a fit that converged: {fitted.outcome.sentence}",
            advice=fitted.outcome.what_to_do,
        )
    return fitted.internal
