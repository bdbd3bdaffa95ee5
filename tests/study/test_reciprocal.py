"""What stays and what fades: the rule, and known truths."""

import numpy as np
import pytest

from securebase.model.observations import panel
from securebase.model.simulate import simulate
from securebase.study.detrending import Detrending
from securebase.study.estimator import LagEstimate, shortest_link
from securebase.study.estimators import PRIMARY, TIME_ADJUSTED
from securebase.study.reciprocal import AssociationVerdict, classify, estimate_lag_pair, estimate_lags
from securebase.study.table import session_table
from study_tables import drawn, table


def lag(raw: float, p: float, form: Detrending = Detrending.CENTRED) -> LagEstimate:
    return LagEstimate(form, raw, 0.1, raw - 0.2, raw + 0.2, p, 0.3, 0.1, raw, 0.1, 100, 50)


@pytest.mark.parametrize(
    ("centred", "detrended", "expected"),
    [
        ((-0.30, 0.001), (-0.13, 0.07), AssociationVerdict.ATTENUATES),
        (
            (-0.30, 0.001),
            (-0.13, 0.01),
            AssociationVerdict.ATTENUATES,
        ),  # more than half lost counts, significant or not
        ((-0.30, 0.001), (0.20, 0.01), AssociationVerdict.ATTENUATES),  # the sign changes
        ((0.33, 0.001), (0.26, 0.02), AssociationVerdict.PERSISTS),
        ((0.33, 0.001), (0.40, 0.02), AssociationVerdict.PERSISTS),
        ((0.33, 0.001), (0.26, 0.06), AssociationVerdict.INCONCLUSIVE),  # merely less precise
        ((0.10, 0.20), (0.26, 0.01), AssociationVerdict.EMERGES),
        ((0.10, 0.20), (0.02, 0.80), AssociationVerdict.INCONCLUSIVE),
    ],
)
def test_the_rule(centred, detrended, expected):
    assert classify(lag(*centred), lag(*detrended, Detrending.DETRENDED)) is expected


def test_a_shared_trend_alone_fades():
    rows = drawn(1, n=150, shared_trend=0.15)
    (forward, back) = estimate_lags(rows, "y", ("x",))
    assert forward.verdict is AssociationVerdict.ATTENUATES
    assert back.verdict is AssociationVerdict.ATTENUATES
    assert forward.main.attenuation > 0.5
    assert forward.main.difference.p_value < 0.001


def test_a_lag_without_a_trend_stays_in_its_own_direction_only():
    rows = drawn(2, n=150, sessions=20, lag=0.3)
    (forward, back) = estimate_lags(rows, "y", ("x",))
    assert forward.toward_outcome
    assert not back.toward_outcome
    assert forward.verdict is AssociationVerdict.PERSISTS
    assert back.verdict is not AssociationVerdict.PERSISTS


def test_a_bend_that_all_share_fades_only_when_the_common_course_is_taken_out():
    """Both columns change fast at first and slowly later, the same in all persons; nothing comes before anything."""
    rng = np.random.default_rng(3)
    n, sessions = 250, 16
    t = np.tile(np.arange(float(sessions)), n)
    bend = 6 * np.exp(-t / 4)
    y, x = bend + rng.normal(size=n * sessions), -bend + rng.normal(size=n * sessions)
    rows = table(np.repeat(np.arange(n), sessions), t, y=y, x=x)
    (forward, _) = estimate_lags(rows, "y", ("x",))
    assert forward.main.detrended.significant
    assert not forward.time_adjusted.detrended.significant
    assert abs(forward.time_adjusted.detrended.estimate) < 0.05
    assert forward.verdict is not AssociationVerdict.PERSISTS


def test_the_common_course_equals_a_regression_with_columns_for_persons_and_times():
    rows = drawn(4, n=30, sessions=12, lag=0.3)
    D = np.column_stack(
        [np.equal.outer(rows.person, np.arange(30)), np.equal.outer(rows.times, np.arange(12.0))[:, 1:]]
    ).astype(float)
    left = {n: v - D @ np.linalg.lstsq(D, v, rcond=None)[0] for n, v in rows.values.items()}
    first, second = rows.successive()
    X = np.column_stack([np.ones(len(first)), left["x"][first], left["y"][first]])
    b = np.linalg.lstsq(X, left["y"][second], rcond=None)[0]
    found = TIME_ADJUSTED.estimate(rows, shortest_link(rows, "x", "y"), Detrending.CENTRED).lag
    assert found.raw == pytest.approx(b[1], abs=1e-7)


def test_the_difference_equals_the_jackknife_over_persons():
    rows = drawn(5, n=40, lag=0.2, shared_trend=0.1)
    wanted = shortest_link(rows, "x", "y")
    pair = estimate_lag_pair(rows, wanted, PRIMARY)

    def gap(keep):
        some = rows.select(keep)
        both = [PRIMARY.estimate(some, wanted, form).lag.raw for form in (Detrending.CENTRED, Detrending.DETRENDED)]
        return both[1] - both[0]

    assert pair.difference.raw == pytest.approx(gap(np.ones(rows.n_rows, dtype=bool)), abs=1e-12)
    without = np.array([gap(rows.person != i) for i in range(40)])
    jackknife = np.sqrt(39 / 40 * ((without - without.mean()) ** 2).sum())
    assert pair.difference.standard_error == pytest.approx(jackknife, rel=0.15)


def test_too_little_data_is_said_and_not_hidden():
    (forward, _) = estimate_lags(drawn(6, n=3, sessions=4), "y", ("x",))
    assert forward.verdict is AssociationVerdict.INCONCLUSIVE
    assert "too few" in forward.main.note
    assert forward.estimable_alternatives == ()


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [("co_trend_only", {AssociationVerdict.ATTENUATES}), ("alliance_sufficient", {AssociationVerdict.PERSISTS})],
)
def test_known_truths_of_the_simulator(scenario, expected):
    # large enough that the verdict does not hang on the draw: with 150 clients one of five draws told nothing
    cohort = simulate(scenario, n_clients=300, rng=np.random.default_rng(4))
    rows = session_table(cohort, panel(cohort))
    (forward, _) = estimate_lags(rows, cohort.outcome, ("alliance",))
    assert forward.verdict in expected
    assert forward.main.centred.estimate < 0
