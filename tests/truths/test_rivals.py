"""The third column of each truth has the links that its table names."""

from __future__ import annotations

import numpy as np
import pytest

from truths.rivals import EVENT, EVENT_EFFECT, RIVALS, SOCIAL
from truths.truth import ALLIANCE, SYMPTOMS, Array

TRUTHS = {truth.name: truth for truth in RIVALS}


def drawn(name: str) -> dict[str, Array]:
    """Return ratings less persons' and sessions' means, unknown ones 0; events as they are."""
    columns = dict(TRUTHS[name].draw(3000, np.random.default_rng(1)))
    for key, values in columns.items():
        if key != EVENT:
            centred = values - np.nanmean(values, axis=1, keepdims=True)
            columns[key] = np.nan_to_num(centred - np.nanmean(centred, axis=0))
    return columns


def correlation(a: Array, b: Array) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize(("name", "shared"), [("unrelated", 0.0), ("correlated", 0.5)])
def test_the_third_column_beside_a_true_lag(name: str, shared: float) -> None:
    columns = drawn(f"alliance_first_beside_{name}")
    assert correlation(columns[ALLIANCE][:, :-1], columns[SYMPTOMS][:, 1:]) < -0.15
    together = correlation(columns[ALLIANCE], columns[SOCIAL])
    assert abs(together) < 0.02 if shared == 0 else 0.25 < together < 0.5


def test_the_factor_moves_three_columns_at_once() -> None:
    columns = drawn("same_week_factor_beside_part")
    assert correlation(columns[SYMPTOMS], columns[SOCIAL]) < -0.2
    assert correlation(columns[ALLIANCE], columns[SOCIAL]) > 0.2
    before = correlation(columns[ALLIANCE][:, :-1], columns[SYMPTOMS][:, 1:])
    after = correlation(columns[SYMPTOMS][:, :-1], columns[ALLIANCE][:, 1:])
    assert abs(before - after) < 0.03


def test_the_event_lowers_alliance_and_then_raises_symptoms() -> None:
    columns = drawn("event_confounder")
    event = columns[EVENT]
    assert set(np.unique(event)) == {0.0, 1.0}
    now, later = columns[ALLIANCE][:, :-1], columns[SYMPTOMS][:, 1:]
    before = event[:, :-1] == 1
    for values, effect in ((now, -EVENT_EFFECT), (later, EVENT_EFFECT)):
        # 8% missing count as 0, and the person's mean has a part of the effect
        np.testing.assert_allclose(values[before].mean() - values[~before].mean(), 0.86 * effect, rtol=0.1)
