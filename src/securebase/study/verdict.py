"""`Verdict`: what a study concludes about one ordered pair of columns, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from securebase.schema import to_plain
from securebase.study.verdicts.attenuation import Persistence
from securebase.study.verdicts.identifying import Movement, Refusal
from securebase.study.verdicts.rule import Rung

#: normal quantile of a 95% interval
_QUANTILE = 1.96
#: the shortest step forward in time from the earlier to the later column: the same row of the table, or the next one
Occasion = Literal["same", "next"]


class Design(StrEnum):
    """Design of a further study that would settle which of two columns comes first."""

    BEFORE_AND_AFTER = "rate_both_before_and_after"
    RANDOM_ASSIGNMENT = "assign_at_random"


@dataclass(frozen=True, slots=True)
class TimeReversal:
    """Asymmetry in time (G1). A statistic above 0 supports a positive effect of the earlier column, below 0 negative.

    statistic: t with n_persons − 1 degrees of freedom; None where there are too few persons.
    """

    statistic: float | None
    p: float
    n_persons: int


@dataclass(frozen=True, slots=True)
class StepEffect:
    """Effect of the earlier column on the next value of the later one by a within-person likelihood (M or M⁺).

    estimate, standard_error: standardised; the latter None on the boundary of stable dynamics. statistic: signed root
    of the likelihood ratio.
    """

    estimate: float
    standard_error: float | None
    statistic: float
    p: float

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return the 95% interval by the curvature of the likelihood, None on the boundary of stable dynamics."""
        if self.standard_error is None:
            return None
        half = _QUANTILE * self.standard_error
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True, slots=True)
class RowAssociation:
    """Within-person association, standardised, of the earlier column with the later one in the same or the next row.

    In the next row beside the later column's own past. n_identifying: effective number of persons (Kish 1965).
    """

    occasion: Occasion
    estimate: float
    interval: tuple[float, float]
    p: float
    n_persons: int
    n_rows: int
    n_identifying: float


@dataclass(frozen=True, slots=True)
class DetrendedAssociation:
    """Test of attenuation (T3): standardised association with the next row, centred and detrended, beside own past.

    expected_difference: of the two where nobody has a trend. statistic: of the difference less the expected one.
    weaker: detrended it is significantly weaker than expected.
    """

    centred: float
    centred_standard_error: float
    detrended: float
    detrended_standard_error: float
    expected_difference: float
    statistic: float
    p: float
    weaker: bool
    n_persons: int


@dataclass(frozen=True, slots=True)
class VerdictReadings:
    """All readings of one ordered pair; None where a test was not possible, ended irregularly or was not called for.

    association: same row, then next row. movement_from, movement_to: changes of each column as observed.
    """

    time_reversal: TimeReversal | None
    within_person_likelihood: StepEffect | None
    private_parts: StepEffect | None
    association: tuple[RowAssociation, ...]
    attenuation: DetrendedAssociation | None
    movement_from: Movement
    movement_to: Movement


@dataclass(frozen=True, slots=True)
class WouldSettle:
    """Persons with whom the tests would lead to a direction with power .80; None where no sample would. Designs."""

    persons: int | None
    designs: tuple[Design, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict of an ordered pair: whether `earlier` tends to come before `later`.

    occasion: the shortest step forward in time that the moments of measurement allow; the tests compare successive
    rows, and an effect within a row reaches them through the next one.
    estimate, interval: standardised by the within-person detrended SDs, 95%. On the rung `together` the strongest
    within-person association of the pair, otherwise the effect on the next row by the within-person likelihood; None
    where that fit did not end regularly. p, p_adjusted: of the test that the rung rests on, raw and by Holm over the
    pairs of the study; None where no test is left to credit. other_leads: the pair leads the other way, and only the
    stronger direction can be told. n_identifying: effective number of persons that the estimate rests on (Kish 1965).
    """

    earlier: str
    later: str
    occasion: Occasion
    rung: Rung
    reason: Refusal | None
    other_leads: bool
    estimate: float | None
    interval: tuple[float, float] | None
    p: float | None
    p_adjusted: float | None
    n_persons: int
    n_identifying: float
    persistence: Persistence | None
    readings: VerdictReadings
    hidden_cause: None
    would_settle: WouldSettle

    def to_json(self) -> dict[str, Any]:
        """Return plain values; `from` and `to` are the names of the earlier and the later column."""
        values = to_plain(self)
        return {"from": values.pop("earlier"), "to": values.pop("later"), **values}
