"""Lags adjusted for all other processes, in one equation."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Detrending, detrend
from securebase.study.estimator import InfluenceEstimate, LagEstimator, LagStep, Link, estimate_pairs, session_pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Estimate as `successive_sessions`, with every other construct at the time of `earlier` as a covariate."""
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
    return estimate_pairs(pairs.select(mask), detrending, covariates[mask])


def _adjustment_columns(table: SessionTable, link: Link) -> list[str]:
    return [name for name in table.values if name not in (link.earlier, link.later)]


ESTIMATOR = LagEstimator(
    "other_processes_adjusted",
    "adjusted for the other columns",
    "All other columns at the same session are additional regressors.",
    estimate,
    applies=lambda table, link: bool(_adjustment_columns(table, link)),
)
