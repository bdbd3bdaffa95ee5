"""Calibration in a clinic: how often forecasts and signals held, with intervals clustered by client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

import numpy as np

from securebase.model.distributions import score_interval, t_quantile
from securebase.picture.verification import Tally
from securebase.records.episode import HypothesisMatch
from securebase.records.vocabulary import Match

#: Clients with at least one case that a share needs to be shown.
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
        """Number of further clients needed before the share is shown."""
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


@dataclass(frozen=True, slots=True)
class MatchRate:
    """Share of clients in whom the process with the largest contribution matched, and the same for a random process.

    `chance` is the share that a random pick among the answered processes of each client would match. `gain` is the
    difference with its 95% interval. They are None with fewer than MIN_CLIENTS clients.
    """

    leading: ClinicShare
    chance: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None


def match_rate(answers: Iterable[HypothesisMatch]) -> MatchRate:
    """Pool answers of one respondent per client; “partly” is no match.

    A client counts if the process with the largest contribution and another one were discussed.
    """
    pairs = [pair for answer in answers if (pair := _leading_and_chance(answer)) is not None]
    leading = clinic_share(Tally(int(matched), 1) for matched, _ in pairs)
    if leading.value is None:
        return MatchRate(leading)
    gains = [matched - chance for matched, chance in pairs]
    gain, half = fmean(gains), t_quantile(0.5 + LEVEL / 2, len(gains) - 1) * stdev(gains) / sqrt(len(gains))
    return MatchRate(leading, fmean(chance for _, chance in pairs), gain, gain - half, gain + half)


def _leading_and_chance(answer: HypothesisMatch) -> tuple[bool, float] | None:
    discussed = {key: match is Match.YES for key, match in answer.answers.items() if match is not Match.NOT_DISCUSSED}
    if answer.leading not in discussed or len(discussed) < 2:
        return None
    return discussed[answer.leading], fmean(discussed.values())
