r"""Test whether an assignment tells after which ratings the next one is missing.

If ratings are missing more often after bad weeks in one arm and after good weeks in the other, the arms lose equally
many ratings, and those that remain differ without any effect. With m_it = 1 where the rating after y_it is missing,
both less their mean in the stratum, an assignment by chance is independent of m_it y_it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase.study.verdicts.course import Array, Indices
from securebase.study.verdicts.strata import Strata, chance_p, residual


def selective_p(chance: Array, before: Array, missing: NDArray[np.bool_], strata: Strata, person: Indices) -> float:
    """Return p of the hypothesis that a column assigned within persons does not tell which ratings go missing.

    All are (rows,): assigned value, rating before it, whether the next rating is missing.
    """
    return chance_p(chance, strata.centre(_column(missing)) * strata.centre(_column(before)), strata, person)


def selective_p_of_arms(arm: Array, rated: Array) -> float:
    """Return p of the same hypothesis for arms (persons,); rated (persons, sessions), NaN where missing.

    An arm may change ratings, and ratings may change whether the next one is missing, alike in both arms. So m is taken
    less its regression on the session and a cubic in the rating, and a person's products are summed.
    """
    known = np.isfinite(rated)
    person, session = np.nonzero(known[:, :-1])
    values = rated[person, session]
    spread = float(values.std()) if len(values) else 0.0
    if not spread > 0:
        return 1.0
    z = (values - values.mean()) / spread
    strata = Strata(session, np.empty((len(z), 0)))
    missing = ~known[person, session + 1]
    rest = residual(_column(missing), np.column_stack([z, z**2, z**3]), strata) * strata.centre(_column(z))
    sums = np.bincount(person, weights=rest[:, 0], minlength=len(arm))
    return chance_p(arm, _column(sums), Strata.single(len(arm)), np.arange(len(arm)))


def _column(values: NDArray[Any]) -> Array:
    return np.asarray(values, dtype=np.float64)[:, None]
