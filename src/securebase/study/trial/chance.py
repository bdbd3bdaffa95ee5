"""Tests of baseline balance: whether arms look as if persons were randomly assigned to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.study.trial.visits import Array, Indices
from securebase.study.verdicts.randomised import NOT_CHANCE, assigned_by_therapist
from securebase.study.verdicts.strata import Strata, chance_p


@dataclass(frozen=True, slots=True)
class ArmBalance:
    """Comparison of an arm and the reference before treatment, and of what is missing after it.

    p_first: of equal first ratings. p_missing: of equally many persons without a rating at the planned end.
    by_therapist: all clients of each therapist have one arm. first_difference: in SDs, positive: higher in the arm.
    """

    arm: str
    reference: str
    first_difference: float
    p_first: float
    p_missing: float
    by_therapist: bool

    @property
    def contradicts_chance(self) -> bool:
        """Return whether first ratings differ beyond chance, or therapists were assigned instead of clients."""
        return self.p_first < NOT_CHANCE or self.by_therapist


def arm_balance(
    names: tuple[str, str], in_arm: Array, first: Array, missing: Array, therapist: Indices | None
) -> ArmBalance:
    """Compare two arms; all arrays are (persons,): 1 in the arm, else 0; first rating, NaN if none; 1 if missing."""
    rated = np.isfinite(first)
    difference, p_first = 0.0, 1.0
    if rated.any():
        x, y = first[rated & (in_arm == 1)], first[rated & (in_arm == 0)]
        p_first = _chance(in_arm[rated], first[rated])
        spread = np.sqrt((x.var() * len(x) + y.var() * len(y)) / max(len(x) + len(y) - 2, 1))
        difference = float((x.mean() - y.mean()) / spread) if len(x) and len(y) and spread > 0 else 0.0
    nested = therapist is not None and assigned_by_therapist(in_arm[:, None], therapist)
    return ArmBalance(*names, difference, p_first, _chance(in_arm, missing), nested)


def _chance(in_arm: Array, values: Array) -> float:
    return chance_p(in_arm, values[:, None], Strata.single(len(in_arm)), np.arange(len(in_arm)))
