"""Cohorts as arrays, and the statistics on them, against loops over single clients and hand-made cohorts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.measurement.change import sudden_gains
from securebase.model.scenario import scenario
from securebase.study.calibration.designs import DESIGNS, IPT, WAITING, draw
from securebase.study.calibration.drawn import Drawn
from securebase.study.calibration.statistics import correlation
from securebase.study.calibration.targets import alliance, change, events, processes
from securebase.study.forms import Form

NAN = np.nan


@pytest.fixture(scope="module")
def clinic() -> Drawn:
    truth = scenario("default")
    return draw(truth.parameter_set, truth.course, 60, np.random.default_rng(1), inventory=True)


@pytest.fixture(scope="module")
def arms(clinic: Drawn) -> dict[str, Drawn]:
    return {IPT: clinic}


def made(symptoms: list[list[float]], alliance: list[list[float]] | None = None, **inventory: list[float]) -> Drawn:
    scores = {"symptoms": np.array(symptoms, dtype=float)}
    if alliance is not None:
        scores["alliance"] = np.array(alliance, dtype=float)
    n, T = scores["symptoms"].shape
    weeks = np.broadcast_to(np.arange(float(T)), (n, T))
    asked = {when: np.array(totals) for when, totals in inventory.items()}
    return Drawn(weeks, np.ones((n, T), dtype=bool), scores, T, {"symptoms": 3.0, "alliance": 3.0}, asked)


def test_means_and_last_scores_pass_over_what_is_missing() -> None:
    one = made([[1, 2, NAN, 4], [1, NAN, NAN, NAN], [5, 6, 7, NAN]])
    assert one.mean("symptoms", 2, 3) == pytest.approx([2.0, NAN, 6.5], nan_ok=True)
    assert one.mean("symptoms", 1) == pytest.approx([1, 1, 5])
    assert one.last("symptoms", after=1) == pytest.approx([4, NAN, 7], nan_ok=True)
    assert one.first(2).n == 2


def test_scores_lie_on_the_steps_of_their_scale_and_within_it(clinic: Drawn) -> None:
    unit = scenario("default").parameter_set.unit("session_before", "symptoms")
    points = clinic.scores["symptoms"] * unit.sd + unit.mean
    points = points[np.isfinite(points)]
    assert points.min() >= 0
    assert points.max() <= 10
    assert points * 5 == pytest.approx(np.rint(points * 5), abs=1e-6)


def test_nothing_is_answered_after_a_client_has_left(clinic: Drawn) -> None:
    assert not np.isfinite(clinic.scores["symptoms"][~clinic.held]).any()
    assert (np.diff(clinic.held.astype(int), axis=1) <= 0).all()
    assert clinic.held[:, 0].all()


def test_a_table_holds_the_sessions_asked_for(clinic: Drawn) -> None:
    rows = clinic.table(["alliance"], 3, 9)
    expected = [clinic.scores["alliance"][i, t] for i in range(60) for t in range(2, 9) if clinic.held[i, t]]
    assert rows.values["alliance"] == pytest.approx(expected, nan_ok=True)


def test_c1_and_c3_by_loops(arms: dict[str, Drawn]) -> None:
    clinic, xs, ends, starts = arms[IPT], [], [], []
    for i in range(clinic.n):
        a = [v for v in clinic.scores["alliance"][i, 2:4] if np.isfinite(v)]
        s = [v for v in clinic.scores["symptoms"][i, 4:] if np.isfinite(v)]
        if a and s:
            xs.append(np.mean(a))
            ends.append(s[-1])
        starts.append(clinic.scores["symptoms"][i, 0])
    assert alliance.with_end(arms) == pytest.approx(-np.corrcoef(xs, ends)[0, 1])
    third, start = clinic.scores["alliance"][:, 2], np.array(starts)
    end = clinic.last("symptoms", after=9)
    both = np.isfinite(start) & np.isfinite(end)
    slope, intercept = np.polyfit(start[both], end[both], 1)
    assert alliance.change_explained(arms, 3, 3) == pytest.approx(
        correlation(third, end - slope * start - intercept) ** 2
    )


def test_c4_dependability_of_more_sessions_is_spearman_brown(arms: dict[str, Drawn]) -> None:
    one = alliance.dependability(arms, 1)
    assert 0.4 < one < 1
    assert alliance.dependability(arms, 4) == pytest.approx(4 * one / (1 + 3 * one))


def test_c8_recovers_a_known_fall_per_point() -> None:
    rng = np.random.default_rng(5)
    a, s = rng.standard_normal((400, 60)), np.zeros((400, 60))
    for t in range(2, 60):
        s[:, t] = -0.4 * a[:, t - 1] - 0.2 * a[:, t - 2] + 0.3 * s[:, t - 1] + 0.5 * rng.standard_normal(400)
    cohort = {IPT: made(s.tolist(), a.tolist())}
    assert alliance.fall_per_point(cohort, 1) == pytest.approx(-4.0, abs=0.15)
    assert alliance.fall_per_point(cohort, 2) == pytest.approx(-2.0, abs=0.15)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_c9_recovers_the_spread_of_effects(spread: float) -> None:
    rng = np.random.default_rng(6)
    effects = -0.3 + spread * rng.standard_normal(500)
    a, s = rng.standard_normal((500, 50)), np.zeros((500, 50))
    for t in range(1, 50):
        s[:, t] = effects * a[:, t - 1] + rng.standard_normal(500)
    found = alliance.spread_of_lag({IPT: made(s.tolist(), a.tolist())})
    assert found == pytest.approx(spread * a.std() / s[:, 1:].std(), abs=0.05)


def test_c6_shrinkage_is_one_less_the_ratio_of_raw_lags(arms: dict[str, Drawn]) -> None:
    raw = [alliance.lag(arms[IPT], "alliance", "symptoms", form) for form in Form]
    assert raw[0] is not None
    assert raw[1] is not None
    assert alliance.shrinks_by(arms) == pytest.approx(1 - raw[1].raw / raw[0].raw)


def test_c14_to_c18_by_hand() -> None:
    ipt = made([[0.0]] * 4, start=[10, 12, 14, 16], end=[4, 6, 8, 22])
    waiting = made([[0.0]] * 4, start=[10, 12, 14, 16], end=[8, 10, 12, 14])
    cohort = {IPT: ipt, WAITING: waiting}
    assert change.inventory_mean(cohort, "start") == 13
    assert change.inventory_fall(cohort) == pytest.approx(3 / 13)
    assert change.change_without(cohort, WAITING) == pytest.approx(2 / 3)
    assert change.inventory_spread_ratio(cohort) == pytest.approx(np.std([4, 6, 8, 22]) / np.std([10, 12, 14, 16]))
    assert change.response(cohort) == 0.5  # 10 → 4 and 12 → 6
    assert change.remission(cohort) == 0.25  # 4 is below 5
    assert change.deterioration(cohort) == 0.25  # 16 → 22
    assert change.between_arms(cohort, WAITING) == pytest.approx(0.1436, abs=1e-4)  # 1 ÷ √(110/3) times 20/23


def test_c20_every_client_is_found_that_the_criteria_find(clinic: Drawn) -> None:
    zero = clinic.zero["symptoms"]
    expected = [
        any(
            not gain.loss
            for gain in sudden_gains([None if np.isnan(v) else v + zero for v in own], cutoff=events.fewest_points())
        )
        for own in clinic.scores["symptoms"].tolist()
    ]
    assert events.gained(clinic).tolist() == expected
    assert any(expected)


def test_c20_gains_that_stay_show_in_the_outcome() -> None:
    calm = [[3.0, 3.1, 2.9, 3.0, 3.1, 2.9, 3.0, 3.2]] * 3
    gain = [[3.0, 3.1, 2.9, 0.6, 0.5, 0.4, 0.5, 0.6], [3.0, 3.1, 2.9, 0.6, 0.5, 0.4, 0.5, 0.4]]
    cohort = {IPT: made(calm + gain)}
    assert events.with_sudden_gain(cohort) == pytest.approx(2 / 5)
    assert events.sudden_gain_and_outcome(cohort) > 2


def test_c22_indirect_share_is_that_of_the_paths() -> None:
    """Change in support carries exactly half of the effect that is put in."""
    rng = np.random.default_rng(7)
    n, cohort = 20000, {}
    for name, on in ((IPT, 1.0), (WAITING, 0.0)):
        start = rng.standard_normal(n)
        rise = on + rng.standard_normal(n)
        end = start - 0.5 * rise - 0.5 * on + rng.standard_normal(n)
        one = made(np.column_stack([start, start, start, start, end]).tolist())
        support = np.column_stack([np.zeros((n, 4)), rise])
        cohort[name] = replace(one, scores=one.scores | {"social_support": support})
    assert processes.indirect_share(cohort, "social_support", WAITING) == pytest.approx(0.5, abs=0.03)


def test_c34_flat_first_and_better_then_is_a_late_change() -> None:
    late = [0.0] * 6 + [-0.5, -1.0, -1.5, -1.5]
    steady = np.linspace(0, -1.5, 10).tolist()
    assert change.late_changers({IPT: made([late, steady])}) == 0.5


def test_every_design_gives_as_many_clients_as_its_targets_ask_for() -> None:
    from securebase.study.calibration.targets import TARGETS

    for design in DESIGNS.values():
        arms = design.draw(scenario("default"), np.random.default_rng(1))
        wanted = [t.persons for t in TARGETS if t.design == design.id and t.statistic is not None]
        assert max(wanted) <= min(arm.n for arm in arms.values())
