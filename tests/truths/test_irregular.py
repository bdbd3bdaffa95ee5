"""Irregular weeks: sessions lie days apart as stated, and effects over a week are those of the tables."""

from __future__ import annotations

import numpy as np

from truths.irregular import DAY, GAPS, IRREGULAR, WEEK, Daily, daily_autoregression, session_days
from truths.parts import SESSIONS
from truths.truth import ALLIANCE, SYMPTOMS


def test_sessions_are_four_to_fourteen_days_apart_or_a_week_more() -> None:
    gaps = np.diff(session_days(2000, np.random.default_rng(1)), axis=1)
    assert gaps.min() == GAPS[0]
    assert gaps.max() == GAPS[1] + WEEK
    # all but 4 to 7 days and a missed week
    assert 0.04 < (gaps > GAPS[1]).mean() < 0.09
    assert set(range(GAPS[0], GAPS[1] + 1)) <= {*np.unique(gaps)}


def test_effects_over_a_week_are_those_stated() -> None:
    daily = Daily(persistence=(0.2, 0.6), alliance_to_symptoms=-0.3, shock_correlation=-0.35)
    y, a = daily.states(4000, np.random.default_rng(2), 1 + WEEK)
    X = np.column_stack([y[:, 0], a[:, 0]])
    beta_y, beta_a = (np.linalg.lstsq(X, later, rcond=None)[0] for later in (y[:, WEEK], a[:, WEEK]))
    np.testing.assert_allclose(beta_y, [0.2, -0.3], atol=0.06)
    np.testing.assert_allclose(beta_a, [0.0, 0.6], atol=0.06)
    np.testing.assert_allclose((a[:, WEEK] - X @ beta_a).std(), 1.0, atol=0.05)


def test_the_factor_has_its_variance_and_persistence() -> None:
    factor = daily_autoregression(0.6, 1.25, 5000, np.random.default_rng(3), 1 + WEEK)
    np.testing.assert_allclose(factor.std(axis=0), 1.25, atol=0.06)
    np.testing.assert_allclose(np.corrcoef(factor[:, 0], factor[:, WEEK])[0, 1], 0.6, atol=0.04)


def test_cohorts_have_ratings_and_days() -> None:
    for truth in IRREGULAR:
        columns = truth.draw(30, np.random.default_rng(4))
        assert {*columns} == {SYMPTOMS, ALLIANCE, DAY}
        assert all(values.shape == (30, SESSIONS) for values in columns.values())
        assert 0.03 < np.isnan(columns[SYMPTOMS]).mean() < 0.15
        assert (columns[DAY][:, 0] == 0).all()
