r"""The rule beside measured rivals: columns that may be the cause of both columns of a pair that leads.

* A rated rival has error, so that a regression on it would leave part of its effect behind. It enters the within-person
  likelihood as a third column with error of its own (`third_column`), and the effect is tested beside its effects.
* An input (0/1: medication, an event) has no error. Its values at the same and at the earlier row are regressed out of
  both columns, within persons and beside the common course; time reversal, M and M⁺ are then repeated. The same row is
  needed since an input may act before the rating of its row. Where an input reacts to both columns, adjusting for it
  can create an association, but it cannot create this rung alone: the pair must lead without it as well.

Rivals are tested one at a time, and the largest p counts. Early change needs no rival: every person's line is
integrated out of all tests, and a bend of one's own by `straight_line`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from securebase.study.verdicts.course import Array, Pair, adjust_for_common_course, own_line_residuals
from securebase.study.verdicts.likelihood_ratio import ratio_test
from securebase.study.verdicts.panel import StateLikelihood
from securebase.study.verdicts.reversal import time_reversal
from securebase.study.verdicts.third_column import X_TO_Y, ThirdColumn
from securebase.study.verdicts.within import LagDirection, effect_beside_private_parts, fit_within

_NO_INPUTS: Mapping[str, Array] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class BesideRival:
    """Test of the effect of x on the next y beside one rival. estimate: as in `within.LagTest`.

    is_input: regressed out, and p is the largest of time reversal, M and M⁺; otherwise a third column with error.
    """

    estimate: float
    z: float
    p: float
    regular: bool
    is_input: bool


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Tests of an effect beside each rival that varies within persons."""

    tests: Mapping[str, BesideRival]

    @property
    def p(self) -> float:
        """Return the largest p of all rivals; 1 if a fit did not end, or if there is no rival to adjust for."""
        if not self.tests or not all(test.regular for test in self.tests.values()):
            return 1.0
        return max(test.p for test in self.tests.values())


def beside_rivals(pair: Pair, rivals: Mapping[str, Array], inputs: Mapping[str, Array] = _NO_INPUTS) -> Adjusted:
    """Test the effect of x on the next y of a pair that leads, beside each rival.

    pair: as observed, x first. rivals, inputs: name → values (N, T) in the cells of the pair; a rival with two values
    counts as an input. What has the other sign beside a rival gets the p of 1: it is not the effect that leads.
    """
    adjusted = adjust_for_common_course(pair)
    within = fit_within(adjusted)
    sign = np.sign(within.tests[LagDirection.X_TO_Y].estimate)
    tests = {}
    for name, values in {**rivals, **inputs}.items():
        if not _varies(values, pair):
            continue
        if name in inputs or is_input(values):
            test = _beside_input(pair, values)
        else:
            test = _beside_rating(pair, adjusted, within.theta, values)
        if test.estimate * sign <= 0:
            test = BesideRival(test.estimate, test.z, 1.0, test.regular, test.is_input)
        tests[name] = test
    return Adjusted(tests)


def is_input(values: Array) -> bool:
    """Return whether a column has two values, as medication and events have."""
    return len(np.unique(values[np.isfinite(values)])) <= 2


def _varies(values: Array, pair: Pair) -> bool:
    line = own_line_residuals(values, pair.times)
    known = np.isfinite(line)
    return bool((line[known] ** 2).sum() > 1e-12 * (values[known] ** 2).sum())


def _beside_rating(pair: Pair, adjusted: Pair, theta: Array, values: Array) -> BesideRival:
    third = adjust_for_common_course(Pair(pair.y, values, pair.times, pair.discrete)).x
    dynamics = ThirdColumn(discrete=pair.discrete)
    likelihood = StateLikelihood(adjusted, dynamics, third)
    test = ratio_test(likelihood.objective, [dynamics.start(theta)], X_TO_Y)
    factor = float(likelihood.scale[0] / likelihood.scale[1])
    return BesideRival(factor * dynamics.effect_over_one_step(test.theta), test.z, test.p, test.regular, is_input=False)


def _beside_input(pair: Pair, values: Array) -> BesideRival:
    y, x = (_without_input(column, values, pair) for column in (pair.y, pair.x))
    without = adjust_for_common_course(Pair(y, x, pair.times, pair.discrete))
    reversal, within = time_reversal(without), fit_within(without)
    effect = within.tests[LagDirection.X_TO_Y]
    private = effect_beside_private_parts(without, LagDirection.X_TO_Y, within)
    supported = reversal.supports(effect.estimate, from_x=True) and private.z * effect.z > 0
    p = max(reversal.p, effect.p, private.p) if supported else 1.0
    return BesideRival(effect.estimate, effect.z, p, effect.regular and private.regular, is_input=True)


def _without_input(column: Array, values: Array, pair: Pair) -> Array:
    """Return a column less the effects of an input at the same and the earlier row.

    By Frisch and Waugh: input and column less persons' lines and common course, over the same cells. A person's first
    row counts as one before which the input was the same; cells where the input is unknown are dropped.
    """
    earlier = np.concatenate([values[:, :1], values[:, :-1]], axis=1)
    known = np.isfinite(column) & np.isfinite(values) & np.isfinite(earlier)
    raw = [np.where(known, v, np.nan) for v in (column, values, earlier)]
    left = []
    for v in raw:
        course_out = adjust_for_common_course(Pair(v, v, pair.times, pair.discrete)).y
        left.append(own_line_residuals(course_out, pair.times))
    used = np.isfinite(left[0])
    effects = np.linalg.lstsq(np.column_stack([left[1][used], left[2][used]]), left[0][used], rcond=1e-10)[0]
    return np.asarray(raw[0] - effects[0] * raw[1] - effects[1] * raw[2])
