"""How many clients a wanted power needs: a probit curve in the root of their number, and where to look next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import minimize

from securebase.study.power.plan import MOST_CLIENTS, Setting
from securebase.study.power.summary import Cell, Proportion

#: weak prior on the curve's height at no clients: normal around −z(alpha/2), the value of large samples, of this spread
_START_SPREAD = 1.0
#: a search ends when its answer lies this close to a number that was simulated: as a share of it, or of the half of its
#: own interval, since a curve that cannot tell two numbers apart gains little from looking at both
_NEAR, _NEAR_IN_INTERVAL = 0.02, 0.25


@dataclass(frozen=True, slots=True)
class Curve:
    """power(N) = Φ(start + slope · √N), fitted to the counts of several N. covariance: of (start, slope)."""

    start: float
    slope: float
    covariance: tuple[tuple[float, float], tuple[float, float]]

    def power(self, clients: float) -> float:
        return float(stats.norm.cdf(self.start + self.slope * np.sqrt(clients)))

    def clients(self, wanted: float) -> float | None:
        """N at which the curve reaches this power; None where it does not rise."""
        if self.slope <= 0:
            return None
        root = (float(stats.norm.ppf(wanted)) - self.start) / self.slope
        return max(root, 0.0) ** 2

    def interval(self, wanted: float) -> tuple[float, float] | None:
        """95% interval of that N, by the delta method on √N."""
        middle = self.clients(wanted)
        if middle is None:
            return None
        root = np.sqrt(middle)
        slopes = np.array([-1.0, -root]) / self.slope
        error = float(np.sqrt(max(slopes @ np.array(self.covariance) @ slopes, 0.0)))
        low, high = max(root - 1.96 * error, 0.0), root + 1.96 * error
        return float(low**2), float(high**2)


@dataclass(frozen=True, slots=True)
class Needed:
    """The smallest number of clients whose power reaches what is wanted, for one setting and number of sessions.

    clients: from the fitted curve, with its 95% interval `lower` to `upper`; None where nothing up to `MOST_CLIENTS`
    reaches it, or the curve does not rise. simulated: power at `nearest`, the number nearest to it that was simulated.
    """

    sessions: int
    setting: Setting
    wanted: float
    clients: int | None
    lower: float | None
    upper: float | None
    nearest: int | None
    simulated: Proportion | None
    tried: tuple[int, ...]


def curve(cells: Sequence[Cell], alpha: float) -> Curve | None:
    """Probit curve by maximum likelihood with a weak prior on `start`, so that cells that are all 0 or all 1 do not
    send it to infinity. None where nothing was simulated."""
    known = [(c.design.clients, c.power.count, c.power.of) for c in cells if c.power is not None and c.power.of]
    if not known:
        return None
    n, hit, of = (np.array(column, dtype=np.float64) for column in zip(*known, strict=True))
    root, at = np.sqrt(n), -float(stats.norm.isf(alpha / 2))
    scale = float(root.mean())

    def minus_log(x: np.ndarray) -> float:
        height = x[0] + x[1] * root / scale
        fits = hit * stats.norm.logcdf(height) + (of - hit) * stats.norm.logsf(height)
        return float(-fits.sum() + 0.5 * ((x[0] - at) / _START_SPREAD) ** 2)

    found = minimize(minus_log, np.array([at, 2.0]), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    start, slope = found.x
    # expected information of the binomial counts, which cannot fail to be positive
    height = start + slope * root / scale
    density, share = stats.norm.pdf(height), np.clip(stats.norm.cdf(height), 1e-12, 1 - 1e-12)
    weight = of * density**2 / (share * (1 - share))
    X = np.column_stack([np.ones_like(root), root])
    information = X.T @ (weight[:, None] * X) + np.diag([_START_SPREAD**-2, 0.0])
    covariance = np.linalg.pinv(information)
    rows = tuple((float(a), float(b)) for a, b in covariance)
    return Curve(float(start), float(slope / scale), (rows[0], rows[1]))


def next_clients(cells: Sequence[Cell], wanted: float, alpha: float) -> int | None:
    """The number of clients to simulate next, or None where the answer has been looked at, or cannot be found.

    Where every number tried reaches what is wanted, or none does, the curve alone would have to say how far to go: the
    step is then at most to a quarter or to four times what was tried.
    """
    found = curve(cells, alpha)
    best = None if found is None else found.clients(wanted)
    tried = sorted(c.design.clients for c in cells if c.done)
    if best is None or not tried or best > MOST_CLIENTS:
        return None if not tried or tried[-1] >= MOST_CLIENTS else min(4 * tried[-1], MOST_CLIENTS)
    target = int(np.clip(np.ceil(best), max(tried[0] // 4, 5), min(4 * tried[-1], MOST_CLIENTS)))
    ends = None if found is None else found.interval(wanted)
    half = 0.0 if ends is None else (ends[1] - ends[0]) / 2
    return None if any(abs(n - target) <= max(_NEAR * target, _NEAR_IN_INTERVAL * half) for n in tried) else target


def needed(cells: Sequence[Cell], setting: Setting, sessions: int, wanted: float, alpha: float) -> Needed:
    """What the cells of one setting and number of sessions say."""
    found = curve(cells, alpha)
    best = None if found is None else found.clients(wanted)
    tried = tuple(sorted(c.design.clients for c in cells if c.done))
    if found is None or best is None or best > MOST_CLIENTS:
        return Needed(sessions, setting, wanted, None, None, None, None, None, tried)
    clients, ends = max(int(np.ceil(best)), 2), found.interval(wanted)
    looked = min((c for c in cells if c.done), key=lambda c: abs(c.design.clients - clients), default=None)
    return Needed(
        sessions,
        setting,
        wanted,
        clients,
        None if ends is None else ends[0],
        None if ends is None else ends[1],
        None if looked is None else looked.design.clients,
        None if looked is None else looked.power,
        tried,
    )
