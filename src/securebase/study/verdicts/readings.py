"""All readings that the verdict of a pair rests on: numbers only, so that a stored reading can be concluded from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from securebase.study.verdicts.attenuation import Attenuation, attenuation
from securebase.study.verdicts.common_scale import common_scale_reversal
from securebase.study.verdicts.course import Pair, adjust_for_common_course
from securebase.study.verdicts.identifying import Association, Refusal, association, refusal
from securebase.study.verdicts.reversal import Reversal, time_reversal
from securebase.study.verdicts.within import LagDirection, LagTest, effect_beside_private_parts, fit_within

#: level of each test of a verdict
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Readings:
    """All readings of one pair, numbers only. private: M⁺ of `direction`, None where G1 or M did not pass.

    reversal, on_common_scale: G1 of the ratings, and of both columns on a common scale. effects: both tests of M.
    direction: the stronger of the effects whose sign agrees with G1 of the ratings; None if none does. attenuations: of
    the association of either direction. associations: same row, then x with the next y, then y with the next x.
    """

    reversal: Reversal
    on_common_scale: Reversal
    effects: Mapping[LagDirection, LagTest]
    direction: LagDirection | None
    private: LagTest | None
    attenuations: Mapping[LagDirection, Attenuation | None]
    associations: tuple[Association, Association, Association]

    @property
    def p(self) -> float:
        """Return the largest p value of the tests that a direction must pass, 1 if none is left to credit."""
        if self.direction is None:
            return 1.0
        test = self.effects[self.direction]
        return max(self.p_reversal, test.p, self.private.p if self.private is not None else 0.0)

    @property
    def p_reversal(self) -> float:
        """Return the larger p value of time reversal on either scale, 1 if they differ in sign."""
        return larger_p(self.reversal, self.on_common_scale)

    @property
    def p_together(self) -> float:
        """Return the smallest p value of the three associations, times three."""
        return min(1.0, 3.0 * min(a.p for a in self.associations))

    @property
    def regular(self) -> bool:
        """Return whether all fits that the credited direction rests on ended regularly."""
        tests = [] if self.direction is None else [self.effects[self.direction]]
        return all(test.regular for test in [*tests, *([self.private] if self.private is not None else [])])


def larger_p(reversal: Reversal, on_common_scale: Reversal) -> float:
    """Return the larger p value of two tests of time reversal, 1 if they differ in sign."""
    return max(reversal.p, on_common_scale.p) if reversal.agrees(on_common_scale) else 1.0


def read_pair(pair: Pair) -> Readings | Refusal:
    """Run all tests on a pair as observed, or return why it is refused."""
    refused = refusal(pair)
    if refused is not None:
        return refused
    adjusted = adjust_for_common_course(pair)
    reversal, on_common_scale = time_reversal(adjusted), common_scale_reversal(pair)
    within = fit_within(adjusted)
    agreeing = [
        direction
        for direction, test in within.tests.items()
        if reversal.supports(test.estimate, from_x=direction is LagDirection.X_TO_Y)
    ]
    direction = max(agreeing, key=lambda d: abs(within.tests[d].z)) if agreeing else None
    private = None
    if direction is not None and max(larger_p(reversal, on_common_scale), within.tests[direction].p) < LEVEL:
        private = effect_beside_private_parts(adjusted, direction, within)
    return Readings(
        reversal=reversal,
        on_common_scale=on_common_scale,
        effects=within.tests,
        direction=direction,
        private=private,
        attenuations={
            LagDirection.X_TO_Y: attenuation(pair, adjusted, within),
            LagDirection.Y_TO_X: attenuation(pair.reversed, adjusted.reversed, within.exchanged),
        },
        associations=(association(adjusted, 0), association(adjusted, 1), association(adjusted.reversed, 1)),
    )
