"""Follow-up of a pair that leads: what remains of its direction, and the rung that this allows.

A direction that rests on the straight lines becomes inconclusive. One that remains beside every measured rival is
`leads_adjusted`; p values are corrected by Holm over the same pairs as those of `rule.conclude`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from securebase.study.verdicts.adjusted import Adjusted, beside_rivals
from securebase.study.verdicts.course import Array, Pair, adjust_for_common_course
from securebase.study.verdicts.hidden_cause import HiddenCause, hidden_cause
from securebase.study.verdicts.mixed_cause import BesideMixedCause, beside_mixed_cause
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.rule import PairVerdict, Rung, holm
from securebase.study.verdicts.straight_line import BesideBends, beside_bends
from securebase.study.verdicts.within import LagDirection, fit_within

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class PairFollowUp:
    """All readings of a direction that leads; hidden_cause: None where nothing varies."""

    bends: BesideBends
    mixed_cause: BesideMixedCause
    adjusted: Adjusted
    hidden_cause: HiddenCause | None


def follow_up(
    pair: Pair, direction: LagDirection, rivals: Mapping[str, Array], inputs: Mapping[str, Array]
) -> PairFollowUp:
    """Read what remains of a direction. pair: as observed; rivals and inputs: name → values (N, T) in its cells."""
    if direction is LagDirection.Y_TO_X:
        return follow_up(pair.reversed, LagDirection.X_TO_Y, rivals, inputs)
    adjusted = adjust_for_common_course(pair)
    within = fit_within(adjusted)
    return PairFollowUp(
        bends=beside_bends(adjusted, direction, within),
        mixed_cause=beside_mixed_cause(adjusted, direction, within),
        adjusted=beside_rivals(pair, rivals, inputs),
        hidden_cause=hidden_cause(pair, {**rivals, **inputs}),
    )


def conclude_follow_ups(
    verdicts: Mapping[_Key, PairVerdict], follow_ups: Mapping[_Key, PairFollowUp]
) -> dict[_Key, PairVerdict]:
    """Return the verdicts of a study after the follow-ups of all pairs that lead."""
    family = {key: verdict.readings.p for key, verdict in verdicts.items() if verdict.readings is not None}
    largest_p = {key: max(p, follow_ups[key].adjusted.p) if key in follow_ups else p for key, p in family.items()}
    corrected = dict(zip(largest_p, holm(list(largest_p.values())), strict=True))
    result = dict(verdicts)
    for key, reading in follow_ups.items():
        if not reading.bends.holds:
            result[key] = replace(verdicts[key], rung=Rung.INCONCLUSIVE, direction=None)
        elif corrected[key] < LEVEL:
            result[key] = replace(verdicts[key], rung=Rung.LEADS_ADJUSTED, p=largest_p[key], p_adjusted=corrected[key])
    return result
