"""Standard errors that hold where the model is wrong about how scores are spread: the sandwich (White 1982).

With H the observed information and s_i the derivative of the log-likelihood of person i (or of all clients of
therapist i), the covariance of the estimates is H⁻¹ (Σ s_i s_i') H⁻¹, times clusters / (clusters − 1).
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
    """The same fit with robust standard errors. Persons count as independent; with therapists, their caseloads do.

    They say how sure the estimates are of the values nearest to the truth that this model can take, whatever the spread
    of scores; they do not make a wrong model right. Raises ModelError where the panel is not the one fitted, or where
    the fit has no positive-definite Hessian.
    """
    scores, inside = cluster_scores(fitted, panel), _internal_solution(fitted)
    count, size = scores.shape
    if count <= 1:
        raise ModelError("robust standard errors need more than one person or therapist")
    n = fitted.n_persons
    bread = np.linalg.inv(inside.hessian * n)
    covariance = bread @ (scores.T @ scores) @ bread * count / (count - 1)
    names = list(fitted.estimates)
    own = build_transform(panel, fitted.specification)
    J = own.jacobian(inside.x)[:, inside.free]
    natural = J @ covariance @ J.T
    held = np.isin(names, list(fitted.held)) | (np.abs(J).max(axis=1, initial=0.0) == 0)
    natural[held] = natural[:, held] = np.nan
    who = "therapists" if fitted.specification.therapists else "persons"
    notes = [f"Standard errors are robust (sandwich over {count} {who})."]
    if count < 2 * size:
        notes.append(f"{count} {who} for {size} parameters are few: such errors are then unsure and often too small.")
    return replace(
        fitted,
        estimates=with_standard_errors({name: e.value for name, e in fitted.estimates.items()}, natural),
        covariance=natural,
        standard_error_method="robust",
        notes=(*fitted.notes, *notes),
    )


def cluster_scores(fitted: Fit, panel: Panel) -> Array:
    """Derivative of each person's log-likelihood by the free internal numbers (persons, free), exact; with therapists
    one row a therapist, as the clients of one are not independent."""
    inside = _internal_solution(fitted)
    if fitted.fingerprints != fingerprints(panel, fitted.specification):
        raise ModelError("the panel is not the one that was fitted", advice="Give the rows that the fit was made of.")
    own = build_transform(panel, fitted.specification)
    standard = own.standard(inside.x)
    n = panel.n_persons
    therapist = own.panel.therapist
    if fitted.specification.therapists and therapist is not None:
        clusters = [np.flatnonzero(therapist == t) for t in np.unique(therapist)]
    else:
        clusters = [np.array([i]) for i in range(n) if panel.starts[i] < panel.starts[i + 1]]
    found = np.empty((len(clusters), own.size))
    for row, persons in enumerate(clusters):
        alone = Likelihood(own.panel.only(persons), own.specification)
        found[row] = own.pull(inside.x, alone.value_and_gradient(standard)[1])
    return found[:, inside.free]


def _internal_solution(fitted: Fit) -> InternalSolution:
    if fitted.internal is None or fitted.outcome.kind not in ("converged", "boundary"):
        raise ModelError(
            f"robust standard errors need a fit that converged: {fitted.outcome.sentence}",
            advice=fitted.outcome.what_to_do,
        )
    return fitted.internal
