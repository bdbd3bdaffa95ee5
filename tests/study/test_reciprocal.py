"""Lags centred, detrended and adjusted for the common time course, in known truths."""

from dataclasses import replace

import numpy as np
import pytest

from securebase.study.detrending import Detrending
from securebase.study.estimator import shortest_link
from securebase.study.estimators import TIME_ADJUSTED
from securebase.study.reciprocal import estimate_lags
from study_tables import draw_table, table


def test_a_mere_shared_trend_gives_centred_lags_only():
    rows = draw_table(1, n=150, shared_trend=0.15)
    for lag in estimate_lags(rows, "y", ("x",)):
        assert lag.main.centred.significant
        assert not lag.main.detrended.significant


def test_a_lag_without_trends_is_estimated_in_its_own_direction_only():
    rows = draw_table(2, n=150, sessions=20, lag=0.3)
    (forward, back) = estimate_lags(rows, "y", ("x",))
    assert forward.toward_outcome
    assert not back.toward_outcome
    assert forward.main.detrended.lower > 0.2
    assert forward.time_adjusted.detrended.lower > 0.2
    assert back.main.detrended.lower < 0.05


def test_a_shared_curve_needs_adjustment_for_the_common_time_course():
    """All persons share an exponential course in both columns; neither column predicts the other."""
    rng = np.random.default_rng(3)
    n, sessions = 250, 16
    t = np.tile(np.arange(float(sessions)), n)
    curve = 6 * np.exp(-t / 4)
    y, x = curve + rng.normal(size=n * sessions), -curve + rng.normal(size=n * sessions)
    rows = table(np.repeat(np.arange(n), sessions), t, y=y, x=x)
    (forward, _) = estimate_lags(rows, "y", ("x",))
    assert forward.main.detrended.significant
    assert not forward.time_adjusted.detrended.significant
    assert abs(forward.time_adjusted.detrended.estimate) < 0.05


def test_time_adjusted_estimator_equals_a_regression_with_person_and_time_dummies():
    rows = draw_table(4, n=30, sessions=12, lag=0.3)
    D = np.column_stack(
        [np.equal.outer(rows.person, np.arange(30)), np.equal.outer(rows.times, np.arange(12.0))[:, 1:]]
    ).astype(float)
    residuals = {n: v - D @ np.linalg.lstsq(D, v, rcond=None)[0] for n, v in rows.values.items()}
    first, second = rows.successive()
    X = np.column_stack([np.ones(len(first)), residuals["x"][first], residuals["y"][first]])
    b = np.linalg.lstsq(X, residuals["y"][second], rcond=None)[0]
    lag = TIME_ADJUSTED.estimate(rows, shortest_link(rows, "x", "y"), Detrending.CENTRED).lag
    assert lag.raw == pytest.approx(b[1], abs=1e-7)


def test_too_little_data_is_stated_in_a_note():
    (forward, _) = estimate_lags(draw_table(6, n=3, sessions=4), "y", ("x",))
    assert "too few" in forward.main.note
    assert forward.estimable_alternatives == ()


def test_a_rounded_copy_of_the_outcome_has_no_lags():
    """Beside the own past, a rounded copy leaves rounding errors: it gave a lag of −154,626 with p < .001."""
    rows = draw_table(7, n=40, sessions=10)
    values = {**rows.values, "copy": np.round(10 - rows.values["y"], 4)}
    moments = {**rows.moments, "copy": rows.moments["x"]}
    both_ways = estimate_lags(replace(rows, values=values, moments=moments), "y", ("x", "copy"))
    real, copied = both_ways[:2], both_ways[2:]
    assert [(lag.link.name, lag.toward_outcome) for lag in copied] == [("copy → y", True), ("y → copy", False)]
    for lag in copied:
        assert (lag.main.centred, lag.main.detrended, lag.time_adjusted.detrended, lag.alternatives) == (None,) * 3 + (
            (),
        )
        assert "is a copy of" in lag.main.note
    for lag in real:
        assert lag.main.detrended is not None
        (adjusted,) = (a for a in lag.alternatives if a.estimator == "other_processes_adjusted")
        assert (
            adjusted.note == "too few pairs of sessions, no variation, or a copy among the columns, in both estimates"
        )
