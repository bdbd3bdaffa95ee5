"""Mediation within persons against known paths, regressions written out, and a jackknife over persons."""

from __future__ import annotations

import numpy as np
import pytest

from mediation_tables import ask, table_of
from securebase.records.vocabulary import Moment
from securebase.study.detrending import Detrending, detrend
from securebase.study.mediation.paths import PathEstimate, Stages
from securebase.study.mediation.within import estimate_within, stage_offsets
from securebase.study.table import SessionTable

A, B, DIRECT = 0.4, 0.5, 0.15
ONE: Stages = (("x",), ("m",), ("y",))


def draw(seed: int, *, n: int = 60, sessions: int = 16, b: float = B) -> SessionTable:
    """Draw x → m at the next session (A), m → y at the one after (b), and x → y two sessions on (DIRECT)."""
    rng = np.random.default_rng(seed)
    x, m, y = (rng.normal(size=(n, sessions)) for _ in range(3))
    for t in range(1, sessions):
        m[:, t] += A * x[:, t - 1]
        y[:, t] += b * m[:, t - 1] + (DIRECT * x[:, t - 2] if t > 1 else 0.0)
    return table_of({"y": y, "x": x, "m": m})


def estimate(table: SessionTable, method: Detrending = Detrending.CENTRED, stages: Stages = ONE) -> PathEstimate:
    result = estimate_within(table, stages, method)
    assert result is not None
    return result


def test_known_effects_are_recovered() -> None:
    result = estimate(draw(1, n=400, sessions=30))
    sd_y = np.sqrt(1 + B**2 * (1 + A**2) + DIRECT**2 + 2 * A * B * DIRECT)
    assert result.indirect.estimate == pytest.approx(A * B / sd_y, abs=0.02)
    assert result.direct.estimate == pytest.approx(DIRECT / sd_y, abs=0.03)
    assert result.total.estimate == pytest.approx((A * B + DIRECT) / sd_y, abs=0.03)
    assert result.share is not None
    assert result.share.lower < A * B / (A * B + DIRECT) < result.share.upper


def test_a_path_is_the_product_of_two_regressions() -> None:
    table = draw(2)
    columns = {
        n: detrend(Detrending.DETRENDED, v - np.tile(v.reshape(60, 16).mean(axis=0), 60), table.times, table.person)
        for n, v in table.values.items()
    }
    x, m, y = (columns[name].reshape(60, 16) for name in "xmy")
    # rows t, t + 1, t + 2 of one person
    x0, x1, m0, m1, y0, y1, y2 = (
        v[:, k : k + 14].ravel() for v, k in ((x, 0), (x, 1), (m, 0), (m, 1), (y, 0), (y, 1), (y, 2))
    )

    def slope(target: np.ndarray, *columns: np.ndarray) -> float:
        X = np.column_stack([np.ones(len(target)), *columns])
        b = np.linalg.lstsq(X, target, rcond=None)[0][1]
        return float(b * np.std(columns[0], ddof=1) / np.std(target, ddof=1))

    result = estimate(table, Detrending.DETRENDED)
    a, b = slope(m1, x0, m0, y0), slope(y2, m1, x0, x1, y1)
    assert result.indirect.estimate == pytest.approx(a * b, rel=1e-9)
    assert result.total.estimate == pytest.approx(slope(y2, x0, m0, y0), rel=1e-9)
    assert result.direct.estimate == pytest.approx(result.total.estimate - a * b, rel=1e-9)


def test_the_standard_error_is_that_of_a_jackknife_over_persons() -> None:
    """Of the product in points: the SDs that standardise it count as known."""
    table = draw(3)
    x, m, y = (
        detrend(Detrending.CENTRED, table.values[name], table.times, table.person).reshape(60, 16) for name in "xmy"
    )

    def raw(persons: np.ndarray) -> float:
        x0, x1, m0, m1, y0, y1, y2 = (
            v[persons, k : k + 14].ravel() for v, k in ((x, 0), (x, 1), (m, 0), (m, 1), (y, 0), (y, 1), (y, 2))
        )
        a = np.linalg.lstsq(np.column_stack([np.ones(len(x0)), x0, m0, y0]), m1, rcond=None)[0][1]
        b = np.linalg.lstsq(np.column_stack([np.ones(len(x0)), m1, x0, x1, y1]), y2, rcond=None)[0][1]
        return float(a * b)

    everyone = np.arange(60)
    without = np.array([raw(np.delete(everyone, i)) for i in everyone])
    jackknife = np.sqrt(59 / 60 * np.sum((without - without.mean()) ** 2))
    unit = np.std(x[:, :14], ddof=1) / np.std(y[:, 2:], ddof=1)
    result = estimate(table).indirect
    assert result.estimate == pytest.approx(raw(everyone) * unit, rel=1e-6)
    assert result.standard_error == pytest.approx(jackknife * unit, rel=0.1)


def test_intervals_hold_the_truth_in_95_of_100_cohorts_and_a_mediator_without_effect_is_not_reported() -> None:
    """60 cohorts: a binomial of .95 is at least 52 with probability .99, and one of .05 at most 7.

    40 sessions, because detrending few sessions makes every lag too small.
    """
    sd_y = np.sqrt(1 + B**2 * (1 + A**2) + DIRECT**2 + 2 * A * B * DIRECT)
    held = reported = 0
    for seed in range(60):
        interval = estimate(draw(100 + seed, n=30, sessions=40), Detrending.DETRENDED).indirect
        held += interval.lower < A * B / sd_y < interval.upper
        reported += bool(ask(draw(200 + seed, n=30, sessions=16, b=0.0), "x", ["m"]).supported)
    assert held >= 52
    assert reported <= 7


def test_a_chain_follows_successive_sessions() -> None:
    rng = np.random.default_rng(5)
    x, m1, m2, y = (rng.normal(size=(200, 16)) for _ in range(4))
    for t in range(1, 16):
        m1[:, t] += 0.5 * x[:, t - 1]
        m2[:, t] += 0.5 * m1[:, t - 1]
        y[:, t] += 0.5 * m2[:, t - 1]
    answer = ask(table_of({"y": y, "x": x, "m1": m1, "m2": m2}), "x", ["m1", "m2"], serial=True)
    assert answer.supported == (("m1", "m2"),)
    sd_y = np.sqrt(1 + 0.25 * (1 + 0.25 * 1.25))
    assert answer.main.indirect.estimate == pytest.approx(0.125 / sd_y, abs=0.03)
    assert answer.main.direct.sign == 0
    # in the wrong order there is no chain
    backwards = ask(table_of({"y": y, "x": x, "m1": m1, "m2": m2}), "x", ["m2", "m1"], serial=True)
    assert backwards.supported == ()


def test_a_mediator_after_the_session_follows_a_process_before_it() -> None:
    table = table_of({name: np.zeros((2, 4)) for name in "yxm"}, {"m": Moment.AFTER})
    assert stage_offsets(table, ONE) == (0, 0, 1)
    table = table_of({name: np.zeros((2, 4)) for name in "yxm"}, {"x": Moment.AFTER})
    assert stage_offsets(table, ONE) == (0, 1, 2)
    rng = np.random.default_rng(6)
    x, m, y = (rng.normal(size=(200, 10)) for _ in range(3))
    m += 0.5 * x
    y[:, 1:] += 0.5 * m[:, :-1]
    result = ask(table_of({"y": y, "x": x, "m": m}, {"m": Moment.AFTER}), "x", ["m"])
    assert result.supported == (("m",),)
    assert result.main.path("x", "m").effect.estimate == pytest.approx(0.5 / np.sqrt(1.25), abs=0.05)


def test_the_lag_of_the_outcome_on_itself_does_not_pass_for_a_path() -> None:
    """Weekly shocks move m and y together and y carries over: without its past b would be 0.5 · 0.6."""
    reported = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, m, y = (rng.normal(size=(80, 12)) for _ in range(3))
        shock = rng.normal(size=(80, 12))
        m, y = m + shock, y + shock
        for t in range(1, 12):
            m[:, t] += 0.4 * x[:, t - 1]
            y[:, t] += 0.6 * y[:, t - 1]
        reported += bool(ask(table_of({"y": y, "x": x, "m": m}), "x", ["m"]).supported)
    assert reported <= 4
