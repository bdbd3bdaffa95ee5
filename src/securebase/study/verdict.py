"""`Verdict`: what a study concludes about one ordered pair of columns, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from securebase.schema import to_plain
from securebase.study.verdicts.attenuation import Persistence
from securebase.study.verdicts.hidden_cause import HiddenCause
from securebase.study.verdicts.identifying import Movement, Refusal
from securebase.study.verdicts.readings import LEVEL
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
class RemainingEffect:
    """Test of an effect beside something else. holds: whether the effect remains.

    statistic: signed root of the likelihood ratio.
    """

    statistic: float
    p: float
    holds: bool


@dataclass(frozen=True, slots=True)
class TherapistTests:
    """Time reversal and within-person likelihood of a direction, with errors clustered by therapist.

    p_adjusted: the larger one by Holm over the pairs of the study, None where there are too few therapists to tell.
    """

    n_therapists: int
    p_reversal: float
    p_effect: float
    p_adjusted: float | None

    @property
    def is_lost(self) -> bool:
        """Return whether the direction is not significant across therapists."""
        return self.p_adjusted is not None and self.p_adjusted >= LEVEL


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

    time_reversal_on_common_scale: after equipercentile linking, which must agree in sign. association: same row, then
    next row. movement_from, movement_to: changes of each column as observed. Only where the direction passed all other
    tests: across_therapists (where therapists are known); bends (beside a bend of each person's own; if the effect does
    not hold, it rests on the straight lines); rivals (beside every other process, with its error, or input; None for an
    irregular fit); mixed_cause (beside a hidden factor and correlated shocks at once, which leaves little power: not to
    hold says nothing).
    """

    time_reversal: TimeReversal | None
    within_person_likelihood: StepEffect | None
    private_parts: StepEffect | None
    association: tuple[RowAssociation, ...]
    attenuation: DetrendedAssociation | None
    movement_from: Movement
    movement_to: Movement
    across_therapists: TherapistTests | None = None
    bends: RemainingEffect | None = None
    rivals: Mapping[str, StepEffect | None] = field(default_factory=dict)
    mixed_cause: RemainingEffect | None = None
    time_reversal_on_common_scale: TimeReversal | None = None

    @property
    def rests_on_scales(self) -> bool:
        """Return whether time reversal is significant, but on a common scale it is not or has the other sign."""
        ratings, common = self.time_reversal, self.time_reversal_on_common_scale
        if ratings is None or common is None or ratings.p >= LEVEL:
            return False
        agree = (ratings.statistic or 0.0) * (common.statistic or 0.0) > 0
        return common.p >= LEVEL or not agree


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
    stronger direction can be told. hidden_cause: how strong a cause would explain the estimate away, on the rungs
    `leads` and `leads_adjusted` one that shows in the earlier column at least half a row earlier, on the rung
    `together` any; None elsewhere. n_identifying: effective number of persons that the estimate rests on (Kish 1965).
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
    hidden_cause: HiddenCause | None
    would_settle: WouldSettle

    def to_json(self) -> dict[str, Any]:
        """Return plain values; `from` and `to` are the names of the earlier and the later column."""
        values = to_plain(self)
        return {"from": values.pop("earlier"), "to": values.pop("later"), **values}
