"""Lags to the next session, even where the order within a session would allow a shorter step."""

from __future__ import annotations

from dataclasses import replace

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, LagStep, Link, estimate_pairs, session_pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Estimate as `successive_sessions`, with `earlier` taken from the session before."""
    longer = replace(link, step=LagStep.NEXT_SESSION)
    return estimate_pairs(session_pairs(table, longer, detrending), detrending)


ESTIMATOR = LagEstimator(
    "next_session",
    "one session later",
    "The lag within a session is replaced by the lag to the next session, which does not depend on the order within a "
    "session.",
    estimate,
    applies=lambda _, link: link.step is LagStep.SAME_SESSION,
)
