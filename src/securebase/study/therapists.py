"""Standard errors of a lag clustered by therapist instead of by person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.model.distributions import t_tail
from securebase.study.estimator import Indices, InfluenceEstimate

#: cluster-robust errors from fewer therapists are themselves uncertain, and more often than not too small
FEW_THERAPISTS = 20


@dataclass(frozen=True, slots=True)
class TherapistClusteredError:
    """Standard error and p of the standardised detrended lag, robust to dependence among one therapist's clients.

    The p-value uses t with therapists − 1 degrees of freedom.
    """

    n_therapists: int
    standard_error: float
    p_value: float

    @property
    def significant(self) -> bool:
        return self.p_value < 0.05


def cluster_by_therapist(estimate: InfluenceEstimate, therapist: Indices) -> TherapistClusteredError | None:
    """Sum influences within therapists (persons,) before squaring them (CR1, as in `regression`).

    None if fewer than two therapists have persons with a lag.
    """
    contributing = estimate.influence != 0
    n = len(np.unique(therapist[contributing]))
    n_persons = estimate.lag.n_persons
    if n < 2 or estimate.lag.raw_standard_error == 0:
        return None
    influence = np.bincount(therapist, weights=estimate.influence)
    # the influences carry the small-sample factor G/(G − 1) of persons: replace it by that of therapists
    factor = np.sqrt(n / (n - 1) * (n_persons - 1) / n_persons)
    error = float(factor * np.linalg.norm(influence))
    p = float(2 * t_tail(abs(estimate.lag.raw) / error, n - 1)) if error > 0 else 1.0
    return TherapistClusteredError(n, error * estimate.lag.standard_error / estimate.lag.raw_standard_error, p)
