"""Fingerprints of the data of a fit: only fits of the same data can be compared."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from securebase.model.panel import Panel
from securebase.model.parameters import Specification


def fingerprints(panel: Panel, specification: Specification) -> dict[str, str]:
    """Return SHA-256 digests of the scores with their times, and of each covariate, input and therapist column used."""
    digests = {"scores": panel.fingerprint}
    for name, values, columns in (
        ("covariate", panel.covariates, specification.covariates),
        ("input", panel.inputs, specification.inputs),
    ):
        if values is not None:
            for k, column in enumerate(columns):
                digests[f"{name} {column}"] = sha256(np.ascontiguousarray(values[:, k]).tobytes()).hexdigest()
    if specification.therapists and panel.therapist is not None:
        digests["therapists"] = sha256(np.ascontiguousarray(panel.therapist).tobytes()).hexdigest()
    return digests
