"""The next session even where the order within one session would allow a shorter step."""

from __future__ import annotations

from dataclasses import replace

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, LagStep, Link, estimate_pairs, pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, form: Detrending) -> InfluenceEstimate | None:
    """As `successive`, with `earlier` taken one session back."""
    return estimate_pairs(pairs(table, replace(link, step=LagStep.NEXT_SESSION), form), form)


ESTIMATOR = LagEstimator(
    "a_session_later",
    "one session later",
    "Where what is asked before a session precedes what is asked after it, the step is one session longer instead, so "
    "that nothing rests on the order within a session.",
    estimate,
    applies=lambda _, link: link.step is LagStep.SAME_SESSION,
)
