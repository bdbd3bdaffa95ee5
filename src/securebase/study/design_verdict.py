"""`DesignVerdict`: what a design that settles an order concludes about one ordered pair of columns, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from securebase.schema import to_plain
from securebase.study.verdicts.before_and_after import Doubt
from securebase.study.verdicts.identifying import Refusal
from securebase.study.verdicts.randomised import AssignmentRefusal, Equivalence
from securebase.study.verdicts.rule import Rung
from securebase.study.verdicts.session_sums import Contrast


class SettlingDesign(StrEnum):
    """Design by which a study settles which of two columns comes first."""

    BEFORE_AND_AFTER = "before_and_after"
    ASSIGNED = "assigned"


@dataclass(frozen=True, slots=True)
class SessionReadings:
    """Readings of one direction within a session.

    single: sum of the earlier column's deviation before the session times the later one's change. paired: that less the
    same sum of the other direction. rescaled, earlier: the single sum if the later column has another scale after the
    session, with the level before this session and at the previous one. doubt: why the direction does not lead in spite
    of the first two. association: within-person correlation of the two ratings before the session.
    """

    single: Contrast
    paired: Contrast
    rescaled: Contrast
    earlier: Contrast
    doubt: Doubt | None
    association: float | None


@dataclass(frozen=True, slots=True)
class AssignmentReadings:
    """Readings of an assigned column; see `AssignedEffect` and, for the p values, `ChanceTests`.

    withheld: no effect is concluded, because ratings seem to be missing selectively.
    """

    within_persons: bool
    p_past: float
    p_missing: float
    p_selective: float
    withheld: bool


@dataclass(frozen=True, slots=True)
class DesignVerdict:
    """Verdict of an ordered pair in a design that settles which column comes first.

    occasion: of the later column: "same" session, "next" session, or "last" rating of a person (arms). estimate,
    interval: in `unit`: standardised by the within-person detrended SDs of the ratings before the session, or points of
    the later column per unit of the assigned one; None on the rung `refused`. p, p_adjusted: of the test that the rung
    rests on, raw and by Holm over the pairs of the design. would_settle: persons with whom the tests would lead to a
    direction with power .80, None where no sample would or none need. equivalence: of arms.
    """

    design: SettlingDesign
    earlier: str
    later: str
    occasion: Literal["same", "next", "last"]
    rung: Rung
    reason: Refusal | AssignmentRefusal | None
    other_leads: bool
    estimate: float | None
    interval: tuple[float, float] | None
    unit: Literal["standardised", "points"]
    p: float | None
    p_adjusted: float | None
    n_persons: int
    n_identifying: float
    readings: SessionReadings | AssignmentReadings
    would_settle: int | None
    equivalence: Equivalence | None = None

    @property
    def direction(self) -> int:
        """Return the sign of the effect, 0 unless a direction is concluded."""
        if self.rung not in (Rung.LEADS, Rung.RANDOMISED) or self.estimate is None:
            return 0
        return 1 if self.estimate > 0 else -1

    def to_json(self) -> dict[str, Any]:
        """Return plain values; `from` and `to` are the names of the earlier and the later column."""
        values = to_plain(self)
        settle = {"persons": values.pop("would_settle"), "designs": []}
        return {
            "from": values.pop("earlier"),
            "to": values.pop("later"),
            **values,
            "persistence": None,
            "hidden_cause": None,
            "would_settle": settle,
        }
