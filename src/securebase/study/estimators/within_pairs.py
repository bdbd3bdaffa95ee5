"""Means and lines estimated from the pairs themselves: the regression with person intercepts (and lines) in it."""

from __future__ import annotations

from dataclasses import replace

from securebase.study.detrending import Array, Detrending, take_out
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, form: Detrending) -> InfluenceEstimate | None:
    """Least squares with an intercept per person, and in the detrended form a line in time per person, as regressors.

    Taking them out of every column first gives the same coefficients (Frisch & Waugh 1933, Lovell 1963).
    """
    found = pairs(table, link, None)

    def out(column: Array) -> Array:
        return take_out(form, column, found.time, found.person)

    left = replace(found, later=out(found.later), own_past=out(found.own_past), earlier=out(found.earlier))
    return estimate_pairs(left.only(left.complete), form)


ESTIMATOR = LagEstimator(
    "within_pairs",
    "means and lines from the pairs only",
    "Each person's mean and line are estimated in the regression itself, from the pairs that enter it, and not from "
    "all of the person's values.",
    estimate,
)
