"""Lags adjusted for all other processes, in one equation."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Array, Detrending, detrend
from securebase.study.estimator import InfluenceEstimate, LagEstimator, LagStep, Link, estimate_pairs, session_pairs
from securebase.study.table import SessionTable
from securebase.study.verdicts.identifying import MAX_CORRELATION


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Estimate as `successive_sessions`, with every other construct at the time of `earlier` as a covariate.

    None where one regressor is a copy of another: even rounded, it would leave nothing but rounding errors.
    """
    first, second = table.successive()
    earlier_row = second if link.step is LagStep.SAME_SESSION else first
    covariates = np.column_stack(
        [
            detrend(detrending, table.values[name], table.times, table.person)[earlier_row]
            for name in _adjustment_columns(table, link)
        ]
    )
    pairs = session_pairs(table, link, detrending, complete=False)
    mask = pairs.complete & np.isfinite(covariates).all(axis=1)
    pairs, covariates = pairs.select(mask), covariates[mask]
    if _contains_copy(np.column_stack([pairs.earlier, pairs.own_past, covariates])):
        return None
    return estimate_pairs(pairs, detrending, covariates)


def _contains_copy(regressors: Array) -> bool:
    """Return whether two columns (n, k) correlate as a column does with its copy."""
    varying = regressors[:, np.ptp(regressors, axis=0) > 0] if len(regressors) > 1 else regressors[:, :0]
    correlations = np.corrcoef(varying, rowvar=False) if varying.shape[1] > 1 else np.eye(1)
    return bool((np.abs(np.triu(correlations, 1)) > MAX_CORRELATION).any())


def _adjustment_columns(table: SessionTable, link: Link) -> list[str]:
    return [name for name in table.values if name not in (link.earlier, link.later)]


ESTIMATOR = LagEstimator(
    "other_processes_adjusted",
    "adjusted for the other columns",
    "All other columns at the same session are additional regressors.",
    estimate,
    applies=lambda table, link: bool(_adjustment_columns(table, link)),
)
