"""Mediation within persons: the lag of a process on the outcome through other columns, and the direct lag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from securebase.model.distributions import t_quantile
from securebase.study.detrending import Detrending
from securebase.study.estimator import Array, InfluenceEstimate, shortest_link
from securebase.study.estimators import other_processes_adjusted
from securebase.study.table import SessionTable

#: The rule in words, for reports.
RULE = (
    "An indirect effect is the product of two lags, process → mediator and mediator → outcome, each adjusted for its "
    "own past and for every other column. It is reported if both lags are significant, centred and detrended alike, "
    "and the product keeps its sign. This does not establish mediation: an unmeasured common cause of mediator and "
    "outcome gives the same pattern, and so does a mediator that moves with the process, if both are measured with "
    "error. Indirect and direct lags span different times, and effects carry over, so no proportion mediated is given."
)


@dataclass(frozen=True, slots=True)
class MediatedEffect:
    """A standardised effect with its 95% interval (delta method, errors clustered by person)."""

    estimate: float
    standard_error: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class MediatedPath:
    """The indirect effect through one mediator. p_value: the larger p of its two lags (joint significance)."""

    mediator: str
    effect: MediatedEffect
    p_value: float
    n_persons: int

    @property
    def significant(self) -> bool:
        return self.p_value < 0.05


@dataclass(frozen=True, slots=True)
class MediationEstimate:
    """Indirect effects through each mediator, their sum (`joint`), and the direct lag beside them."""

    detrending: Detrending
    paths: tuple[MediatedPath, ...]
    joint: MediatedEffect
    direct: MediatedEffect


@dataclass(frozen=True, slots=True)
class MediationFinding:
    """Mediation of one process by all mediators together, under two adjustments; None where it cannot be estimated."""

    process: str
    outcome: str
    centred: MediationEstimate | None
    detrended: MediationEstimate | None

    @property
    def supported(self) -> tuple[str, ...]:
        """Mediators whose path is significant with one sign, centred and detrended."""
        if self.centred is None or self.detrended is None:
            return ()
        pairs = zip(self.centred.paths, self.detrended.paths, strict=True)
        return tuple(
            a.mediator
            for a, b in pairs
            if a.significant and b.significant and a.effect.estimate * b.effect.estimate > 0
        )


def mediation_findings(
    table: SessionTable, outcome: str, processes: Sequence[str], mediators: Sequence[str]
) -> tuple[MediationFinding, ...]:
    """Estimate, for each process that is not a mediator, its effect on the outcome through the mediators."""
    return tuple(
        MediationFinding(
            process,
            outcome,
            estimate_mediation(table, process, outcome, mediators, Detrending.CENTRED),
            estimate_mediation(table, process, outcome, mediators, Detrending.DETRENDED),
        )
        for process in processes
        if mediators and process not in mediators
    )


def estimate_mediation(
    table: SessionTable, process: str, outcome: str, mediators: Sequence[str], detrending: Detrending
) -> MediationEstimate | None:
    """Estimate the indirect effects and the direct lag; None if one of the lags cannot be estimated."""

    def lag(earlier: str, later: str) -> InfluenceEstimate | None:
        return other_processes_adjusted.ESTIMATOR.estimate(table, shortest_link(table, earlier, later), detrending)

    direct = lag(process, outcome)
    pairs = [(lag(process, mediator), lag(mediator, outcome)) for mediator in mediators]
    paths, influences = [], []
    for mediator, (first, second) in zip(mediators, pairs, strict=True):
        if first is None or second is None:
            return None
        a, b = first.lag.estimate, second.lag.estimate
        influences.append(b * _standardised(first) + a * _standardised(second))
        n = min(first.lag.n_persons, second.lag.n_persons)
        p = max(first.lag.p_value, second.lag.p_value)
        paths.append(MediatedPath(mediator, _effect(a * b, influences[-1], n), p, n))
    if direct is None:
        return None
    estimates = [path.effect.estimate for path in paths]
    joint = _effect(sum(estimates), np.sum(influences, axis=0), min(path.n_persons for path in paths))
    straight = _effect(direct.lag.estimate, _standardised(direct), direct.lag.n_persons)
    return MediationEstimate(detrending, tuple(paths), joint, straight)


def _standardised(estimate: InfluenceEstimate) -> Array:
    """Return each person's influence on the standardised coefficient, (persons,)."""
    scale = estimate.lag.standard_error / estimate.lag.raw_standard_error
    influence: Array = estimate.influence * scale
    return influence


def _effect(estimate: float, influence: Array, n_persons: int) -> MediatedEffect:
    error = float(np.sqrt(influence @ influence))
    half_width = t_quantile(0.975, n_persons - 1) * error
    return MediatedEffect(float(estimate), error, float(estimate - half_width), float(estimate + half_width))
