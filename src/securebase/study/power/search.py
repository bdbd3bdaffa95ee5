"""Number of clients required for a target power: a probit curve in the root of the number, and the next to simulate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import minimize

from securebase.model.distributions import normal_quantile
from securebase.study.power.plan import MAX_CLIENTS, Setting
from securebase.study.power.summary import Cell, Proportion

#: SD of the weak normal prior on the curve's intercept, with mean −z(alpha/2), its value in large samples
_PRIOR_SD = 1.0
#: the search ends when its answer lies this close to a simulated number: as a share of it, or of the half-width of its
#: own interval, since a curve that cannot distinguish two numbers gains little from simulating both
_TOLERANCE, _INTERVAL_TOLERANCE = 0.02, 0.25


@dataclass(frozen=True, slots=True)
class Curve:
    """power(N) = Φ(start + slope · √N), fitted to the counts at several N. covariance: of (start, slope)."""

    start: float
    slope: float
    covariance: tuple[tuple[float, float], tuple[float, float]]

    def power(self, clients: float) -> float:
        return float(special.ndtr(self.start + self.slope * np.sqrt(clients)))

    def clients(self, target_power: float) -> float | None:
        """Return N at which the curve reaches this power; None if it does not rise."""
        if self.slope <= 0:
            return None
        root = (normal_quantile(target_power) - self.start) / self.slope
        return max(root, 0.0) ** 2

    def interval(self, target_power: float) -> tuple[float, float] | None:
        """Return the 95% interval of that N, by the delta method on √N."""
        clients = self.clients(target_power)
        if clients is None:
            return None
        root = np.sqrt(clients)
        # √N = (Φ⁻¹(power) − start) / slope: derivatives −1/slope and −√N/slope
        gradient = np.array([-1.0, -root]) / self.slope
        error = float(np.sqrt(max(gradient @ np.array(self.covariance) @ gradient, 0.0)))
        low, high = max(root - 1.96 * error, 0.0), root + 1.96 * error
        return float(low**2), float(high**2)


@dataclass(frozen=True, slots=True)
class RequiredClients:
    """Smallest number of clients that reaches the target power, for one setting and number of sessions.

    clients: from the fitted curve, with its 95% interval `lower` to `upper`; None if no number up to `MAX_CLIENTS`
    reaches it, or the curve does not rise. simulated: power at `nearest`, the closest number that was simulated.
    """

    sessions: int
    setting: Setting
    target_power: float
    clients: int | None
    lower: float | None
    upper: float | None
    nearest: int | None
    simulated: Proportion | None
    tried: tuple[int, ...]


def fit_curve(cells: Sequence[Cell], alpha: float) -> Curve | None:
    """Fit a probit curve by maximum likelihood with a weak prior on `start`; None if nothing was simulated.

    The prior keeps the estimates finite where the power of all cells is 0 or 1 (separation).
    """
    counts = [(c.design.clients, c.power.count, c.power.total) for c in cells if c.power is not None and c.power.total]
    if not counts:
        return None
    n, detected, total = (np.array(column, dtype=np.float64) for column in zip(*counts, strict=True))
    root, prior_mean = np.sqrt(n), normal_quantile(alpha / 2)
    scale = float(root.mean())

    def objective(x: np.ndarray) -> float:
        eta = x[0] + x[1] * root / scale
        log_likelihood = detected * special.log_ndtr(eta) + (total - detected) * special.log_ndtr(-eta)
        return float(-log_likelihood.sum() + 0.5 * ((x[0] - prior_mean) / _PRIOR_SD) ** 2)

    optimum = minimize(
        objective, np.array([prior_mean, 2.0]), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10}
    )
    start, slope = optimum.x
    # expected (Fisher) information of the binomial counts, n φ(η)² / (p (1 − p)), which is always positive
    eta = start + slope * root / scale
    density = np.exp(-0.5 * eta**2) / np.sqrt(2.0 * np.pi)
    p = np.clip(special.ndtr(eta), 1e-12, 1 - 1e-12)
    weight = total * density**2 / (p * (1 - p))
    X = np.column_stack([np.ones_like(root), root])
    information = X.T @ (weight[:, None] * X) + np.diag([_PRIOR_SD**-2, 0.0])
    covariance = np.linalg.pinv(information)
    rows = tuple((float(a), float(b)) for a, b in covariance)
    return Curve(float(start), float(slope / scale), (rows[0], rows[1]))


def next_clients(cells: Sequence[Cell], target_power: float, alpha: float) -> int | None:
    """Return the number of clients to simulate next; None if the answer was simulated, or cannot be found.

    Where all numbers tried reach the target power, or none does, the curve is an extrapolation: the step is then
    limited to a quarter or to four times the numbers tried.
    """
    curve = fit_curve(cells, alpha)
    best = None if curve is None else curve.clients(target_power)
    tried = sorted(c.design.clients for c in cells if c.completed)
    if best is None or not tried or best > MAX_CLIENTS:
        return None if not tried or tried[-1] >= MAX_CLIENTS else min(4 * tried[-1], MAX_CLIENTS)
    candidate = int(np.clip(np.ceil(best), max(tried[0] // 4, 5), min(4 * tried[-1], MAX_CLIENTS)))
    interval = None if curve is None else curve.interval(target_power)
    half_width = 0.0 if interval is None else (interval[1] - interval[0]) / 2
    tolerance = max(_TOLERANCE * candidate, _INTERVAL_TOLERANCE * half_width)
    return None if any(abs(n - candidate) <= tolerance for n in tried) else candidate


def required_clients(
    cells: Sequence[Cell], setting: Setting, sessions: int, target_power: float, alpha: float
) -> RequiredClients:
    """Estimate the required number of clients from the cells of one setting and number of sessions."""
    curve = fit_curve(cells, alpha)
    best = None if curve is None else curve.clients(target_power)
    tried = tuple(sorted(c.design.clients for c in cells if c.completed))
    if curve is None or best is None or best > MAX_CLIENTS:
        return RequiredClients(sessions, setting, target_power, None, None, None, None, None, tried)
    clients, interval = max(int(np.ceil(best)), 2), curve.interval(target_power)
    nearest = min((c for c in cells if c.completed), key=lambda c: abs(c.design.clients - clients), default=None)
    return RequiredClients(
        sessions,
        setting,
        target_power,
        clients,
        None if interval is None else interval[0],
        None if interval is None else interval[1],
        None if nearest is None else nearest.design.clients,
        None if nearest is None else nearest.power,
        tried,
    )
