"""Verdicts on lags: the rule, and known truths."""

import numpy as np
import pytest

from securebase.model.observations import panel
from securebase.model.simulate import simulate
from securebase.study.detrending import Detrending
from securebase.study.estimator import LagEstimate, shortest_link
from securebase.study.estimators import PRIMARY, TIME_ADJUSTED
from securebase.study.reciprocal import AssociationVerdict, classify, estimate_lag_pair, estimate_lags
from securebase.study.table import session_table
from study_tables import draw_table, table


def lag(raw: float, p: float, method: Detrending = Detrending.CENTRED) -> LagEstimate:
    return LagEstimate(method, raw, 0.1, raw - 0.2, raw + 0.2, p, 0.3, 0.1, raw, 0.1, 100, 50)


@pytest.mark.parametrize(
    ("centred", "detrended", "expected"),
    [
        ((-0.30, 0.001), (-0.13, 0.07), AssociationVerdict.ATTENUATES),
        (
            (-0.30, 0.001),
            (-0.13, 0.01),
            AssociationVerdict.ATTENUATES,
        ),  # a loss of more than half, significant or not
        ((-0.30, 0.001), (0.20, 0.01), AssociationVerdict.ATTENUATES),  # the sign changes
        ((0.33, 0.001), (0.26, 0.02), AssociationVerdict.PERSISTS),
        ((0.33, 0.001), (0.40, 0.02), AssociationVerdict.PERSISTS),
        ((0.33, 0.001), (0.26, 0.06), AssociationVerdict.INCONCLUSIVE),  # merely less precise
        ((0.10, 0.20), (0.26, 0.01), AssociationVerdict.EMERGES),
        ((0.10, 0.20), (0.02, 0.80), AssociationVerdict.INCONCLUSIVE),
    ],
)
def test_classify_follows_the_rule(centred, detrended, expected):
    assert classify(lag(*centred), lag(*detrended, Detrending.DETRENDED)) is expected


def test_a_mere_shared_trend_attenuates():
    rows = draw_table(1, n=150, shared_trend=0.15)
    (forward, back) = estimate_lags(rows, "y", ("x",))
    assert forward.verdict is AssociationVerdict.ATTENUATES
    assert back.verdict is AssociationVerdict.ATTENUATES
    assert forward.main.attenuation > 0.5
    assert forward.main.difference.p_value < 0.001


def test_a_lag_without_trends_persists_in_its_own_direction_only():
    rows = draw_table(2, n=150, sessions=20, lag=0.3)
    (forward, back) = estimate_lags(rows, "y", ("x",))
    assert forward.toward_outcome
    assert not back.toward_outcome
    assert forward.verdict is AssociationVerdict.PERSISTS
    assert back.verdict is not AssociationVerdict.PERSISTS


def test_a_shared_curve_attenuates_only_after_adjustment_for_the_common_time_course():
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
    assert forward.verdict is not AssociationVerdict.PERSISTS


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


def test_error_of_the_difference_is_close_to_the_jackknife_over_persons():
    rows = draw_table(5, n=40, lag=0.2, shared_trend=0.1)
    link = shortest_link(rows, "x", "y")
    pair = estimate_lag_pair(rows, link, PRIMARY)

    def difference(keep):
        selected = rows.select(keep)
        centred, detrended = (PRIMARY.estimate(selected, link, method).lag.raw for method in Detrending)
        return detrended - centred

    assert pair.difference.raw == pytest.approx(difference(np.ones(rows.n_rows, dtype=bool)), abs=1e-12)
    leave_one_out = np.array([difference(rows.person != i) for i in range(40)])
    jackknife = np.sqrt(39 / 40 * ((leave_one_out - leave_one_out.mean()) ** 2).sum())
    assert pair.difference.standard_error == pytest.approx(jackknife, rel=0.15)


def test_too_little_data_is_stated_in_a_note():
    (forward, _) = estimate_lags(draw_table(6, n=3, sessions=4), "y", ("x",))
    assert forward.verdict is AssociationVerdict.INCONCLUSIVE
    assert "too few" in forward.main.note
    assert forward.estimable_alternatives == ()


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [("co_trend_only", {AssociationVerdict.ATTENUATES}), ("alliance_sufficient", {AssociationVerdict.PERSISTS})],
)
def test_known_truths_of_the_simulator(scenario, expected):
    # with 150 clients one of five samples was inconclusive
    cohort = simulate(scenario, n_clients=300, rng=np.random.default_rng(4))
    rows = session_table(cohort, panel(cohort))
    (forward, _) = estimate_lags(rows, cohort.outcome, ("alliance",))
    assert forward.verdict in expected
    assert forward.main.centred.estimate < 0
