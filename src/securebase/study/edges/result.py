"""The estimate of an edge, or the reason why a table has none."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.model.theory import TheoryEdge


class NotEstimableError(Exception):
    """Raised if a table is not enough for an estimator; the message names the column and how much is missing."""


class NotAskedError(NotEstimableError):
    """Raised if a table has no column for one of the ends of an edge."""


@dataclass(frozen=True, slots=True)
class EdgeEstimate:
    """One association on its own scale, 0 if there is none, with a 95% interval.

    method: key of STUDY_METHODS that was used. scale: unit of the estimate. columns: names in the table. n_values:
    ratings, pairs or events, as `counted` says. remark: a figure that has to be read with it.
    """

    method: str
    columns: tuple[str, ...]
    estimate: float
    lower: float
    upper: float
    p_value: float
    n_clients: int
    n_values: int
    counted: str
    scale: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class EdgeResult:
    """One edge of the theory in one table: an estimate with its p value adjusted over all estimates, or a reason.

    With both, the estimate is the association within the session of a lag that has none, for that reason. asked:
    False if the table has no column for one of its ends.
    """

    edge: TheoryEdge
    estimate: EdgeEstimate | None
    reason: str = ""
    p_adjusted: float | None = None
    asked: bool = True

    @property
    def reading(self) -> str:
        """Return the reading, a key of `READINGS` in phrases.py, from the adjusted p value and the stated sign."""
        if self.estimate is None:
            return "no estimate" if self.asked else "not asked"
        if self.p_adjusted is None or self.p_adjusted >= 0.05:
            return "inconclusive"
        if self.edge.sign not in "+-":
            return "not zero"
        if (self.estimate.estimate > 0) != (self.edge.sign == "+"):
            return "opposite"
        return "together" if self.reason else "as stated"


@dataclass(frozen=True, slots=True)
class TheoryEstimates:
    """All edges examined in one table."""

    n_clients: int
    n_rows: int
    results: tuple[EdgeResult, ...]
    simulated: bool = False

    @property
    def estimated(self) -> tuple[EdgeResult, ...]:
        return tuple(r for r in self.results if r.estimate is not None)

    @property
    def with_reason(self) -> tuple[EdgeResult, ...]:
        return tuple(r for r in self.results if r.reason)
