"""Errors of a lag where clients of one therapist may be alike: clustered by therapist instead of by person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from securebase.study.estimator import Indices, InfluenceEstimate

#: errors clustered by fewer therapists than this are themselves uncertain, and too small more often than not
FEW_THERAPISTS = 20


@dataclass(frozen=True, slots=True)
class ByTherapist:
    """The standardised lag with the own line taken out: its standard error and p, robust to any likeness of one
    therapist's clients; t with therapists − 1 degrees of freedom."""

    n_therapists: int
    standard_error: float
    p_value: float

    @property
    def told_from_zero(self) -> bool:
        return self.p_value < 0.05

    @property
    def few(self) -> bool:
        return self.n_therapists < FEW_THERAPISTS


def by_therapist(found: InfluenceEstimate, therapist: Indices) -> ByTherapist | None:
    """Influences are added up within therapists (persons,) before they are squared (CR1, as in `regression`); None
    where fewer than two therapists have persons with a lag."""
    there = found.influence != 0
    n = len(np.unique(therapist[there]))
    persons = found.lag.n_persons
    if n < 2 or found.lag.raw_standard_error == 0:
        return None
    summed = np.bincount(therapist, weights=found.influence)
    # the small-sample factor of the influences is that of persons
    factor = np.sqrt(n / (n - 1) * (persons - 1) / persons)
    error = float(factor * np.linalg.norm(summed))
    p = float(2 * stats.t.sf(abs(found.lag.raw) / error, n - 1)) if error > 0 else 1.0
    return ByTherapist(n, error * found.lag.standard_error / found.lag.raw_standard_error, p)
