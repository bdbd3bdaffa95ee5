"""All processes in one equation."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Detrending, take_out
from securebase.study.estimator import InfluenceEstimate, LagEstimator, LagStep, Link, estimate_pairs, pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, form: Detrending) -> InfluenceEstimate | None:
    """As `successive`, with every other construct at the moment of `earlier` as a further regressor."""
    others = _others(table, link)
    first, second = table.successive()
    at = second if link.step is LagStep.SAME_SESSION else first
    further = np.column_stack([take_out(form, table.values[name], table.times, table.person)[at] for name in others])
    found = pairs(table, link, form, complete=False)
    keep = found.complete & np.isfinite(further).all(axis=1)
    return estimate_pairs(found.only(keep), form, further[keep])


def _others(table: SessionTable, link: Link) -> list[str]:
    return [name for name in table.values if name not in (link.earlier, link.later)]


ESTIMATOR = LagEstimator(
    "other_processes",
    "the other columns held equal",
    "Every other column at the same session is a further regressor.",
    estimate,
    applies=lambda table, link: bool(_others(table, link)),
)
