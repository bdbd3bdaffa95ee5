"""What a fit rests on, as fingerprints: two fits can be compared only where they are of the same data."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from securebase.model.panel import Panel
from securebase.model.parameters import Specification


def fingerprints(panel: Panel, specification: Specification) -> dict[str, str]:
    """What a fit rests on: of the scores at their times, and of each covariate, input and the therapists it reads."""
    found = {"scores": panel.fingerprint}
    for name, values, wanted in (
        ("covariate", panel.covariates, specification.covariates),
        ("input", panel.inputs, specification.inputs),
    ):
        if values is not None:
            for k, own in enumerate(wanted):
                found[f"{name} {own}"] = sha256(np.ascontiguousarray(values[:, k]).tobytes()).hexdigest()
    if specification.therapists and panel.therapist is not None:
        found["therapists"] = sha256(np.ascontiguousarray(panel.therapist).tobytes()).hexdigest()
    return found
