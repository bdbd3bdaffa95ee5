"""Sessions at which neither of the two was recorded do not count as sessions."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, form: Detrending) -> InfluenceEstimate | None:
    """As `successive`, over rows with at least one of the two constructs."""
    either = np.isfinite(table.values[link.earlier]) | np.isfinite(table.values[link.later])
    return estimate_pairs(pairs(table.only(either), link, form), form)


ESTIMATOR = LagEstimator(
    "recorded",
    "empty sessions passed over",
    "A session at which neither of the two was recorded is passed over, so that more pairs can be made, some of them "
    "further apart.",
    estimate,
)
