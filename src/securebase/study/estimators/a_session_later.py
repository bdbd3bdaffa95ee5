"""The next session even where the order within one session would allow a shorter step."""

from __future__ import annotations

from dataclasses import replace

from securebase.study.detrending import Form
from securebase.study.estimator import Estimated, LagEstimator, Link, Step, estimate_pairs, pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, form: Form) -> Estimated | None:
    """As `successive`, with `earlier` taken one session back."""
    return estimate_pairs(pairs(table, replace(link, step=Step.NEXT_SESSION), form), form)


ESTIMATOR = LagEstimator(
    "a_session_later",
    "one session later",
    "Where what is asked before a session precedes what is asked after it, the step is one session longer instead, so "
    "that nothing rests on the order within a session.",
    estimate,
    applies=lambda _, link: link.step is Step.SAME_SESSION,
)
