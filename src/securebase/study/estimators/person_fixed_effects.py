"""Lags from a regression with person fixed effects: means and trends come from the pairs themselves."""

from __future__ import annotations

from dataclasses import replace

from securebase.study.detrending import Array, Detrending, detrend
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, session_pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Regress with an intercept per person, and when detrending with a linear trend per person too.

    Removing them from every column first gives the same coefficients (Frisch & Waugh 1933, Lovell 1963).
    """
    pairs = session_pairs(table, link, None)

    def partial_out(column: Array) -> Array:
        return detrend(detrending, column, pairs.time, pairs.person)

    residuals = replace(
        pairs,
        later=partial_out(pairs.later),
        own_past=partial_out(pairs.own_past),
        earlier=partial_out(pairs.earlier),
    )
    return estimate_pairs(residuals.select(residuals.complete), detrending)


ESTIMATOR = LagEstimator(
    "person_fixed_effects",
    "person fixed effects from the pairs",
    "Means and trends are estimated in the regression itself, from its pairs instead of all values of the person.",
    estimate,
)
