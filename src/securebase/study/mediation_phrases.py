"""Mediation findings in plain sentences, and the figures behind them."""

from __future__ import annotations

from collections.abc import Mapping

from securebase.study.mediation import MediatedEffect, MediationFinding
from securebase.study.phrases import number


def mediation_in_words(finding: MediationFinding, labels: Mapping[str, str]) -> str:
    """Return whether the paths of one process are consistent with mediation, without figures."""
    x, y = (labels.get(name, name) for name in (finding.process, finding.outcome))
    if finding.centred is None or finding.detrended is None:
        return f"{x} → {y} through other columns: cannot be estimated here (too few pairs, no variation, or a copy)."
    if not finding.supported:
        return f"{x} → {y} through other columns: inconclusive."
    mediators = ", ".join(labels.get(name, name) for name in finding.supported)
    return (
        f"{x} → {y}: the lags are consistent with mediation by {mediators}, with an unmeasured common cause of "
        f"{mediators} and {y}, and with measurement error where {mediators} moves with {x}."
    )


def mediation_figures_in_words(finding: MediationFinding, labels: Mapping[str, str]) -> str:
    """Return the indirect effects, their sum and the direct lag, detrended within person."""
    estimate = finding.detrended
    if estimate is None:
        return ""
    paths = "; ".join(f"through {labels.get(p.mediator, p.mediator)} {_figure(p.effect)}" for p in estimate.paths)
    return (
        f"Detrended within person: {paths}; total indirect {_figure(estimate.joint)}; "
        f"direct {_figure(estimate.direct)}."
    )


def _figure(effect: MediatedEffect) -> str:
    return f"{number(effect.estimate, 3)} ({number(effect.lower, 3)} to {number(effect.upper, 3)})"
