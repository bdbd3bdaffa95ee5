r"""Share of therapists in the variance of the outcome at the planned end, in each arm.

One-way random effects with n clients of k therapists: with F the ratio of mean squares and n₀ the mean number of
clients for unequal groups, ρ = (F − 1) / (F − 1 + n₀); its interval from the quantiles of F (Searle 1971). The
design effect 1 + (m − 1) ρ is the factor by which therapists with m clients each inflate the variance of an arm's mean.
The number of therapists for an interval of ±.05 follows from the variance of ρ (Donner & Koval 1980),

    k = 1 + 2 (1.96 / .05)² (1 − ρ)² (1 + (m − 1) ρ)² / (m (m − 1)).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from securebase.model.distributions import f_quantile, normal_quantile
from securebase.study.trial.visits import Array, Indices

#: therapists of an arm, with at least two clients on average, below which their share is not estimated
MIN_THERAPISTS = 5
_PRECISION = 0.05
#: share of therapists in the variance of outcomes, in meta-analysis (Johns et al. 2019), where there is no estimate
_USUAL = 0.05


@dataclass(frozen=True, slots=True)
class TherapistShare:
    """Intraclass correlation of clients of one therapist in an arm, given the first rating; None with too few.

    clients: mean number of a therapist's clients. needed: therapists for an interval of ±.05, None with one client
    each.
    """

    arm: str
    n_therapists: int
    n_persons: int
    clients: float
    share: float | None
    lower: float | None
    upper: float | None
    design_effect: float | None
    needed: int | None


def therapist_share(name: str, first: Array, last: Array, therapist: Indices) -> TherapistShare:
    """Return the share in one arm; all arrays are (persons,), NaN where a rating is missing."""
    rated = np.isfinite(first) & np.isfinite(last)
    first, last, group = first[rated], last[rated], np.unique(therapist[rated], return_inverse=True)[1].ravel()
    n, k = len(last), len(np.unique(group))
    clients = n / k if k else 0.0
    if k < MIN_THERAPISTS or clients < 2:
        return TherapistShare(name, k, n, clients, None, None, None, None, _needed(_USUAL, clients))
    X = np.column_stack([np.ones(n), first])
    rest = last - X @ np.linalg.lstsq(X, last, rcond=None)[0]
    count = np.bincount(group).astype(float)
    means = np.bincount(group, weights=rest) / count
    between = float((count * means**2).sum()) / (k - 1)
    within = float(((rest - means[group]) ** 2).sum()) / (n - k)
    n0 = (n - float((count**2).sum()) / n) / (k - 1)
    ratio, df = between / within, (k - 1, n - k)
    # below its expectation of 1 without therapists, F would give an interval without any width: the one of 1 is wider
    highest = max(ratio, 1.0) / f_quantile(0.025, df)
    estimate, lower, upper = (
        float(np.clip((f - 1.0) / (f - 1.0 + n0), 0.0, 1.0)) for f in (ratio, ratio / f_quantile(0.975, df), highest)
    )
    return TherapistShare(
        name, k, n, clients, estimate, lower, upper, 1.0 + (clients - 1.0) * estimate, _needed(estimate, clients)
    )


def _needed(share: float, clients: float) -> int | None:
    if clients < 1.5:
        return None
    spread = (1.0 - share) * (1.0 + (clients - 1.0) * share)
    return 1 + ceil(2.0 * (normal_quantile(0.975) / _PRECISION) ** 2 * spread**2 / (clients * (clients - 1.0)))
