"""Retellings of stories: the share of distress that is lost within a retelling."""

from __future__ import annotations

from collections import Counter

import numpy as np

from securebase.model.distributions import t_tail
from securebase.model.retellings import RetellingRow, fit_retellings
from securebase.model.retellings.fitting import MIN_RETELLINGS
from securebase.model.theory import TheoryEdge
from securebase.study.detrending import Array
from securebase.study.edges.columns import EdgeTable
from securebase.study.edges.result import EdgeEstimate, NotAskedError, NotEstimableError

#: stories with `MIN_RETELLINGS` retellings
MIN_STORIES = 60
STORY, END = "retelling_event", "telling_end_distress"


def estimate_stories(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate:
    """Estimate the fall of distress within a retelling, pooled over stories.

    Raises NotEstimableError below `MIN_STORIES` with `MIN_RETELLINGS` retellings.
    """
    peak = data.column(edge.to_construct)
    for column in (STORY, END):
        if column not in data.rows.values:
            raise NotAskedError(f"The table has no column “{column}”.")
    story, peaks, ends = (data.values(name) for name in (STORY, peak, END))
    rows_of_stories = np.flatnonzero(np.isfinite(story) & np.isfinite(peaks))
    rows = [
        RetellingRow(
            story=f"{story[i]:g}",
            client=str(data.rows.person[i]),
            day=float(data.rows.times[i]) * data.days_per_unit,
            peak=float(peaks[i]),
            end=float(ends[i]) if np.isfinite(ends[i]) else None,
        )
        for i in rows_of_stories
    ]
    retellings = Counter((row.client, row.story) for row in rows)
    enough = sum(n >= MIN_RETELLINGS for n in retellings.values())
    if enough < MIN_STORIES:
        raise NotEstimableError(
            f"“{STORY}” has {enough} stories with {MIN_RETELLINGS} retellings; {MIN_STORIES} are needed "
            f"({MIN_STORIES - enough} more)."
        )
    fitted = fit_retellings(rows, level=0.95)
    if fitted.within is None:
        raise NotEstimableError(f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}")
    within = fitted.within
    return EdgeEstimate(
        "stories",
        (peak, END),
        -within.value,
        -within.high,
        -within.low,
        _p_of_falls(data, peaks - ends),
        fitted.n_clients,
        fitted.n_retellings,
        "retellings",
        "minus the share of the peak lost within a retelling (p of the clients' mean falls)",
    )


def _p_of_falls(data: EdgeTable, falls: Array) -> float:
    """Return the p value of a mean fall of zero, over clients."""
    observed = np.isfinite(falls)
    _, person = np.unique(data.rows.person[observed], return_inverse=True)
    means = np.bincount(person, weights=falls[observed]) / np.bincount(person)
    t = means.mean() / (means.std(ddof=1) / np.sqrt(len(means)))
    return float(2 * t_tail(abs(t), len(means) - 1))
