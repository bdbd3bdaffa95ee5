r"""Tests of a change within the session that allow the ratings after it another scale than those before it.

If x after the session is g times x before it plus noise, because its form uses more of the scale or x falls back, the
change g − 1 of x goes with everything that x goes with. Errors of rating bias a regression of one on the other. With
z_t the rating of x at the previous session, less the mean of those before that one, g is estimated by instrument,

    ĝ = Σ z x⁺ / Σ z x⁻,    x⁻ before and x⁺ after the session t, all less their mean over persons at that session,

and Σ s (x⁺ − ĝ x⁻) has mean zero for any level s whose relation to x⁺ is g times that to x⁻. A person's term is
Σ_t (s − κ z)(x⁺ − ĝ x⁻) with κ = Σ s x⁻ / Σ z x⁻, which carries the error of ĝ (as in the two-step method of moments).

- **rescaled**: s is the deviation of y before this session.
- **earlier**: s is z of y. Ratings of x before the session that are older than those of y, or a hidden cause that
  reaches y before the session and x after it, make the first sum differ from zero, but hardly this one. It has less
  power, so that its level is .10, one-sided.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.study.verdicts.course import Array
from securebase.study.verdicts.session_sums import Contrast, centre, contrast, deviation

#: one-sided level of the sum of levels at the previous session
EARLIER_LEVEL = 0.10


@dataclass(frozen=True, slots=True)
class BesideGain:
    """Sums of a level of one column times the change of the other, beside the gain of the latter's scale.

    rescaled: level before this session. earlier: level at the previous one.
    """

    rescaled: Contrast
    earlier: Contrast

    def is_seen_earlier(self, sign: float) -> bool:
        """Return whether the level at the previous session goes with a change of this sign too."""
        return self.earlier.p_towards(sign) < 2.0 * EARLIER_LEVEL


def beside_own_gain(
    level: Array, source: tuple[Array, Array], target: tuple[Array, Array], used: NDArray[np.bool_]
) -> BesideGain:
    """Return the sums of source → target.

    level: weighted deviation of the source, less the means of sessions, 0 where not used. source, target: ratings
    before and after the session. All are (persons, sessions), NaN where missing.
    """
    own = previous(*target)
    past = previous(*source)
    with_own = used & np.isfinite(own)
    with_both = with_own & np.isfinite(past)
    return BesideGain(
        rescaled=_test(level, used, target, own, with_own),
        earlier=_test(centre(past, with_both), with_both, target, own, with_both),
    )


def previous(before: Array, after: Array) -> Array:
    """Return the rating of the previous session, mean of before and after, less the mean of those before that one."""
    known = np.isfinite(before) + np.isfinite(after).astype(float)
    ratings = np.where(known > 0, (np.nan_to_num(before) + np.nan_to_num(after)) / np.maximum(known, 1.0), np.nan)
    moved = np.full_like(ratings, np.nan)
    moved[:, 1:] = deviation(ratings)[:, :-1]
    return moved


def _test(
    level: Array, used: NDArray[np.bool_], target: tuple[Array, Array], own: Array, with_own: NDArray[np.bool_]
) -> Contrast:
    z = centre(own, with_own)
    before, after = (centre(ratings, used) for ratings in target)
    before_z, after_z = (centre(ratings, with_own) for ratings in target)
    strength = float((z * before_z).sum())
    if not abs(strength) > 0:
        return Contrast(float("nan"), 1.0, int(used.any(axis=1).sum()))
    gain = float((z * after_z).sum()) / strength
    kappa = float((level * before).sum()) / strength
    return contrast(level * (after - gain * before) - kappa * z * (after_z - gain * before_z), used)
