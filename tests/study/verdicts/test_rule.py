from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.identifying import Refusal
from securebase.study.verdicts.readings import Readings, read_pair
from securebase.study.verdicts.rule import PairVerdict, Rung, conclude, conclude_pair, holm, persons_needed
from securebase.study.verdicts.within import LagDirection

from .tiny_truths import pair


def verdicts(name: str, N: int, cohorts: int) -> list[PairVerdict]:
    return [conclude_pair(pair(name, np.random.default_rng([seed, N]), N)) for seed in range(cohorts)]


@pytest.mark.parametrize("name", ["no_link", "same_week_factor", "unequal_carry_over"])
def test_what_has_no_lag_does_not_lead(name: str) -> None:
    rungs = [verdict.rung for verdict in verdicts(name, 60, 10)]
    assert rungs.count(Rung.LEADS) <= 1
    assert Rung.REFUSED not in rungs
    if name != "no_link":
        assert rungs.count(Rung.TOGETHER) + rungs.count(Rung.CONTRADICTED) >= 8


def test_a_true_lag_leads_in_its_direction_with_its_sign() -> None:
    for verdict in verdicts("true_lag", 100, 4):
        assert verdict.rung is Rung.LEADS
        assert verdict.direction is LagDirection.X_TO_Y
        assert verdict.effect is not None
        assert verdict.effect.estimate < 0
        assert verdict.p == verdict.p_adjusted < 0.05
        assert verdict.would_decide is None


def test_columns_exchanged_exchange_the_direction() -> None:
    data = pair("true_lag", np.random.default_rng(1), 80)
    first, second = conclude_pair(data), conclude_pair(data.reversed)
    assert (first.direction, second.direction) == (LagDirection.X_TO_Y, LagDirection.Y_TO_X)
    np.testing.assert_allclose(second.p, first.p, rtol=0.05)


def test_a_refused_pair_gives_its_reason_and_no_numbers() -> None:
    data = pair("no_link", np.random.default_rng(2), 40)
    verdict = conclude_pair(Pair.of_sessions(data.y, -data.y))
    assert verdict.rung is Rung.REFUSED
    assert verdict.refusal is Refusal.COPY
    assert verdict.readings is None
    assert verdict.effect is None


@cache
def directed_readings() -> Readings:
    readings = read_pair(pair("true_lag", np.random.default_rng(3), 80))
    assert isinstance(readings, Readings)
    assert readings.private is not None
    return readings


def with_reading(readings: Readings, *, g: float, zx: float, zy: float) -> Readings:
    tests = {
        direction: replace(test, z=z, estimate=z / 10, p=0.001 if abs(z) > 1.96 else 0.5)
        for (direction, test), z in zip(readings.effects.items(), (zx, zy), strict=True)
    }
    reversal = replace(readings.reversal, statistic=g, p=0.001 if abs(g) > 1.96 else 0.5)
    return replace(readings, reversal=reversal, on_common_scale=reversal, effects=tests)


def test_readings_that_exclude_each_other_are_contradicted() -> None:
    readings = replace(directed_readings(), direction=None, private=None)
    # g > 0 supports x → y negative or y → x positive
    for g, zx, zy, rung in (
        (3.0, 3.0, 0.5, Rung.CONTRADICTED),
        (3.0, 0.5, -3.0, Rung.CONTRADICTED),
        (-3.0, -3.0, 0.5, Rung.CONTRADICTED),
        (3.0, 3.0, 3.0, Rung.TOGETHER),
        (1.0, 3.0, 0.5, Rung.TOGETHER),
    ):
        assert conclude({0: with_reading(readings, g=g, zx=zx, zy=zy)})[0].rung is rung


def test_opposite_signs_beside_private_parts_are_contradicted() -> None:
    readings = directed_readings()
    assert readings.private is not None
    p = 0.2 if readings.private.z else 0.0
    turned = replace(readings, private=replace(readings.private, z=-readings.private.z, p=p))
    assert conclude({0: turned})[0].rung is Rung.CONTRADICTED


def test_a_fit_that_did_not_end_regularly_does_not_lead() -> None:
    readings = directed_readings()
    assert readings.private is not None
    assert conclude({0: readings})[0].rung is Rung.LEADS
    irregular = replace(readings, private=replace(readings.private, regular=False))
    assert conclude({0: irregular})[0].rung is Rung.TOGETHER


def test_a_direction_must_remain_on_a_common_scale() -> None:
    readings = directed_readings()
    assert conclude({0: readings})[0].rung is Rung.LEADS
    weak = replace(readings, on_common_scale=replace(readings.on_common_scale, p=0.2))
    assert weak.p == 0.2
    assert conclude({0: weak})[0].rung is Rung.TOGETHER
    turned = replace(readings.on_common_scale, statistic=-readings.on_common_scale.statistic)
    verdict = conclude({0: replace(readings, on_common_scale=turned)})[0]
    assert (verdict.rung, verdict.would_decide) == (Rung.TOGETHER, None)


@pytest.mark.parametrize(("p", "rung"), [(0.049, Rung.LEADS), (0.051, Rung.TOGETHER)])
def test_a_direction_leads_below_the_level_of_five_percent(p: float, rung: Rung) -> None:
    readings = directed_readings()
    assert conclude({0: replace(readings, on_common_scale=replace(readings.on_common_scale, p=p))})[0].rung is rung


@pytest.mark.parametrize(("p", "rung"), [(0.049, Rung.TOGETHER), (0.051, Rung.INCONCLUSIVE)])
def test_columns_go_together_below_the_level_of_five_percent_of_three_associations(p: float, rung: Rung) -> None:
    readings = with_reading(directed_readings(), g=1.4, zx=-1.4, zy=0.1)
    first, *others = (replace(a, p=0.5) for a in readings.associations)
    associations = (replace(first, p=p / 3), *others)
    verdict = conclude({0: replace(readings, private=None, associations=associations)})[0]  # type: ignore[arg-type]
    assert verdict.rung is rung


def test_without_any_association_the_pair_is_inconclusive_with_the_sample_that_would_decide() -> None:
    readings = with_reading(directed_readings(), g=1.4, zx=-1.4, zy=0.1)
    none = replace(
        readings,
        private=None,
        associations=tuple(replace(a, p=0.5) for a in readings.associations),  # type: ignore[arg-type]
    )
    verdict = conclude({0: none})[0]
    assert verdict.rung is Rung.INCONCLUSIVE
    assert verdict.would_decide == pytest.approx(4 * readings.reversal.n_persons, abs=1)
    assert conclude({0: none, 1: none})[0].would_decide > verdict.would_decide


def test_holm_corrects_over_the_pairs_that_are_not_refused() -> None:
    readings = directed_readings()
    weak = replace(readings, direction=None, private=None)
    alone = conclude({"a": readings, "b": Refusal.COPY})
    three = conclude({"a": readings, "b": weak, "c": weak, "d": Refusal.COPY})
    assert alone["a"].p_adjusted == readings.p
    assert three["a"].p_adjusted == 3 * readings.p
    assert three["d"].rung is Rung.REFUSED


def test_holm_is_the_step_down_of_the_textbook() -> None:
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_no_sample_is_named_where_none_would_decide() -> None:
    assert persons_needed(60, [1.4, -5.0]) == 240
    assert persons_needed(60, [1.4, -5.0], pairs=5) == 358
    assert persons_needed(60, [2.9, -5.0]) is None
    assert persons_needed(60, [0.0, 3.0]) is None
    assert persons_needed(60, [float("nan"), 3.0]) is None


def random_pair(rng: np.random.Generator, N: int, T: int) -> Pair:
    return Pair.of_sessions(rng.normal(size=(N, T)), rng.normal(size=(N, T)))


def test_bad_tables_are_refused_or_left_open_and_never_end_in_an_error() -> None:
    rng = np.random.default_rng(5)
    noise = random_pair(rng, 60, 12)
    constant, missing = np.ones((60, 12)), np.full((60, 12), np.nan)
    sparse = np.where(rng.random((60, 12)) < 0.9, np.nan, noise.y)
    for N, T in ((0, 5), (1, 16), (2, 12), (50, 1), (50, 2)):
        assert conclude_pair(random_pair(rng, N, T)).rung is Rung.REFUSED
    for y in (constant, missing, sparse):
        assert conclude_pair(Pair.of_sessions(y, noise.x)).rung is Rung.REFUSED
    assert conclude_pair(Pair(noise.y, noise.x, np.zeros((60, 12)), discrete=False)).rung is Rung.REFUSED
    walks = Pair.of_sessions(np.cumsum(noise.y, axis=1), np.cumsum(noise.x, axis=1))
    units = Pair.of_sessions(1e6 + noise.y, 1e-9 * noise.x)
    steps = rng.choice([0.0, 1.0, 2.5], size=(60, 12))
    tied = Pair(noise.y, noise.x, np.cumsum(steps, axis=1), discrete=False)
    ends = np.where(np.arange(12) < rng.integers(6, 13, size=(60, 1)), 1.0, np.nan)
    stamps = 20_000.0 + np.cumsum(rng.exponential(size=(60, 12)), axis=1)
    dropped = Pair(noise.y * ends, noise.x * ends, stamps * ends, discrete=False)
    for data in (walks, units, tied, dropped):
        with np.errstate(all="raise", under="ignore"):
            assert conclude_pair(data).rung in (Rung.INCONCLUSIVE, Rung.TOGETHER, Rung.CONTRADICTED)
