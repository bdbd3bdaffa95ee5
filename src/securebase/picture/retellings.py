"""One retold story among others: fall and return with a band, and the sentences that a page shows beside the curve.

Without estimates of a clinic's own stories, the posterior starts from wide assumptions that have not been validated;
the page says so. It describes distress and names no cause.
"""

from __future__ import annotations

from dataclasses import dataclass

from securebase.ipt.retellings import RetellingSeries
from securebase.model.retellings import (
    RetellingEstimate,
    RetellingParameters,
    rows_of_series,
    story_posterior,
)

#: Wide assumptions about stories, all judgements: 90% of them lose 9% to 74% of their peak within a retelling, and 22%
#: to 89% of that returns after a long pause. Learning is that of the simulator, because one story cannot show it.
ASSUMED = RetellingParameters(
    peak=70.0, spread=20.0, error=5.0, within=0.35, returns=0.6, within_sd=1.0, returns_sd=1.0, learned=0.8
)
#: SDs of a rating, equally likely beforehand: peaks move for other reasons too, in some stories more than in others.
ERRORS = (4.0, 8.0, 16.0)
#: Level of the intervals and the band.
LEVEL = 0.90
#: Shown once on a page with curves.
BASIS = (
    "The band is the 90% interval of the peak distress that a model expects at each retelling; single ratings can lie "
    "outside it. The model starts from assumed values for the fall and the return of distress, which have not been "
    "validated, and adjusts them to this client’s ratings. It uses no data of other clients."
)


@dataclass(frozen=True, slots=True)
class ExpectedPeak:
    """Peak distress expected at one retelling, 0 to 100: median and band."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StoryCurve:
    """Expected peaks, one for each retelling (none below three), and sentences."""

    peaks: tuple[ExpectedPeak, ...]
    sentences: tuple[str, ...]


def story_curve(series: RetellingSeries) -> StoryCurve:
    """Return the curve of one story, or why there is none."""
    if len(series.tellings) == 1:
        return StoryCurve((), ())
    if all(retelling.end is None for retelling in series.tellings):
        return StoryCurve((), ("A curve needs a rating of distress at the end of at least one retelling.",))
    posterior = story_posterior(rows_of_series(series, client=""), ASSUMED, errors=ERRORS, level=LEVEL)
    course = posterior.course
    if course is None:
        return StoryCurve((), ("A curve is drawn from the third retelling.",))
    return StoryCurve(
        tuple(ExpectedPeak(course.median[i], course.low[i], course.high[i]) for i in course.retellings),
        (
            f"Estimated fall within a retelling: {_shares(posterior.within)} of the peak.",
            f"Estimated return of distress after a long pause: {_shares(posterior.returns)} of that fall.",
        ),
    )


def _shares(estimate: RetellingEstimate) -> str:
    return f"{estimate.value:.0%} (90% interval {estimate.low:.0%} to {estimate.high:.0%})"
