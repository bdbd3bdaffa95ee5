"""Calibration in a clinic: shares of forecasts and signals that held, with intervals clustered by client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from securebase.model.distributions import t_quantile
from securebase.picture.verification import Tally

#: Clients with at least one case from which a share is shown.
MIN_CLIENTS = 30
#: Level of the intervals.
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class ClinicShare:
    """A share over a clinic: `happened` of `of` cases in `clients` clients, with its 95% interval.

    `value`, `low` and `high` are None with fewer than MIN_CLIENTS clients.
    """

    happened: int
    of: int
    clients: int
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def missing(self) -> int:
        """Number of clients that are missing until the share is shown."""
        return max(MIN_CLIENTS - self.clients, 0)


def clinic_share(tallies: Iterable[Tally]) -> ClinicShare:
    """Pool the tallies of clients, one each.

    The variance of p = Σx / Σn is K / (K − 1) · Σ(x − p n)² / (Σn)² over K clients. It gives the number of independent
    cases with the same variance, at most Σn, for a score interval (Wilson 1927) with the quantile of t with K − 1
    degrees of freedom. Where all clients agree it is K, as if each were one case.
    """
    cases = [tally for tally in tallies if tally.of]
    happened, of, clients = sum(t.happened for t in cases), sum(t.of for t in cases), len(cases)
    if clients < MIN_CLIENTS:
        return ClinicShare(happened, of, clients)
    x, n = np.array([(t.happened, t.of) for t in cases], dtype=np.float64).T
    p = happened / of
    variance = clients / (clients - 1) * float(((x - p * n) ** 2).sum()) / of**2
    independent = min(p * (1 - p) / variance, of) if variance > 0 else clients
    return ClinicShare(
        happened, of, clients, p, *score_interval(p, independent, t_quantile(0.5 + LEVEL / 2, clients - 1))
    )


def score_interval(p: float, n: float, z: float) -> tuple[float, float]:
    """Return the score interval of a share p of n independent cases (Wilson 1927)."""
    centre, half = p + z**2 / (2 * n), z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    shrink = 1 + z**2 / n
    return max((centre - half) / shrink, 0.0), min((centre + half) / shrink, 1.0)
