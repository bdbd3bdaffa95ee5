"""Cohorts as arrays, and the statistics on them, against loops over single clients and hand-made cohorts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.measurement.change import sudden_gains
from securebase.model.scenario import scenario
from securebase.model.simulate import simulate_with_truth
from securebase.records.vocabulary import Ending
from securebase.study.calibration.designs import DESIGNS, IPT, OTHER, USUAL_CARE, WAITING
from securebase.study.calibration.samples import CohortSample
from securebase.study.calibration.sampling import draw_cohort
from securebase.study.calibration.statistics import correlation
from securebase.study.calibration.targets import TARGETS, alliance, attachment, change, events, processes
from securebase.study.detrending import Detrending

NAN = np.nan


@pytest.fixture(scope="module")
def clinic() -> CohortSample:
    return draw_cohort(scenario("default"), 60, np.random.default_rng(1), inventory=True)


@pytest.fixture(scope="module")
def arms(clinic: CohortSample) -> dict[str, CohortSample]:
    return {IPT: clinic}


def made(
    symptoms: list[list[float]], alliance: list[list[float]] | None = None, **inventory: list[float]
) -> CohortSample:
    scores = {"symptoms": np.array(symptoms, dtype=float)}
    if alliance is not None:
        scores["alliance"] = np.array(alliance, dtype=float)
    n, T = scores["symptoms"].shape
    weeks = np.broadcast_to(np.arange(float(T)), (n, T))
    asked = {when: np.array(totals) for when, totals in inventory.items()}
    held, left = np.ones((n, T), dtype=bool), np.zeros(n, dtype=bool)
    return CohortSample(weeks, held, left, scores, T, {"symptoms": 3.0, "alliance": 3.0}, asked)


def test_means_and_last_scores_pass_over_what_is_missing() -> None:
    one = made([[1, 2, NAN, 4], [1, NAN, NAN, NAN], [5, 6, 7, NAN]])
    assert one.mean("symptoms", 2, 3) == pytest.approx([2.0, NAN, 6.5], nan_ok=True)
    assert one.mean("symptoms", 1) == pytest.approx([1, 1, 5])
    assert one.last("symptoms", after=1) == pytest.approx([4, NAN, 7], nan_ok=True)
    assert one.first(2).n == 2


def test_scores_lie_on_the_steps_of_their_scale_and_within_it(clinic: CohortSample) -> None:
    unit = scenario("default").parameter_set.unit("session_before", "symptoms")
    points = clinic.scores["symptoms"] * unit.sd + unit.mean
    points = points[np.isfinite(points)]
    assert points.min() >= 0
    assert points.max() <= 10
    assert points * 5 == pytest.approx(np.rint(points * 5), abs=1e-6)


def test_nothing_is_answered_after_a_client_has_left(clinic: CohortSample) -> None:
    assert not np.isfinite(clinic.scores["symptoms"][~clinic.held]).any()
    assert (np.diff(clinic.held.astype(int), axis=1) <= 0).all()
    assert clinic.held[:, 0].all()


def test_a_table_holds_the_sessions_asked_for(clinic: CohortSample) -> None:
    rows = clinic.table(["alliance"], 3, 9)
    expected = [clinic.scores["alliance"][i, t] for i in range(60) for t in range(2, 9) if clinic.held[i, t]]
    assert rows.values["alliance"] == pytest.approx(expected, nan_ok=True)


def test_c1_and_c3_by_loops(arms: dict[str, CohortSample]) -> None:
    clinic, xs, ends, starts = arms[IPT], [], [], []
    for i in range(clinic.n):
        a = [v for v in clinic.scores["alliance"][i, 2:4] if np.isfinite(v)]
        s = [v for v in clinic.scores["symptoms"][i, 4:] if np.isfinite(v)]
        if a and s:
            xs.append(np.mean(a))
            ends.append(s[-1])
        starts.append(clinic.scores["symptoms"][i, 0])
    assert alliance.alliance_outcome_correlation(arms) == pytest.approx(-np.corrcoef(xs, ends)[0, 1])
    third, start = clinic.scores["alliance"][:, 2], np.array(starts)
    end = clinic.last("symptoms", after=9)
    both = np.isfinite(start) & np.isfinite(end)
    slope, intercept = np.polyfit(start[both], end[both], 1)
    assert alliance.change_explained(arms, 3, 3) == pytest.approx(
        correlation(third, end - slope * start - intercept) ** 2
    )


def test_c4_dependability_of_more_sessions_is_spearman_brown(arms: dict[str, CohortSample]) -> None:
    one = alliance.dependability(arms, 1)
    assert 0.4 < one < 1
    assert alliance.dependability(arms, 4) == pytest.approx(4 * one / (1 + 3 * one))


def test_c8_recovers_a_known_fall_per_point() -> None:
    rng = np.random.default_rng(5)
    a, s = rng.standard_normal((400, 60)), np.zeros((400, 60))
    for t in range(2, 60):
        s[:, t] = -0.4 * a[:, t - 1] - 0.2 * a[:, t - 2] + 0.3 * s[:, t - 1] + 0.5 * rng.standard_normal(400)
    cohort = {IPT: made(s.tolist(), a.tolist())}
    assert alliance.points_per_alliance_point(cohort, 1) == pytest.approx(-4.0, abs=0.15)
    assert alliance.points_per_alliance_point(cohort, 2) == pytest.approx(-2.0, abs=0.15)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_c9_recovers_the_spread_of_effects(spread: float) -> None:
    rng = np.random.default_rng(6)
    effects = -0.3 + spread * rng.standard_normal(500)
    a, s = rng.standard_normal((500, 50)), np.zeros((500, 50))
    for t in range(1, 50):
        s[:, t] = effects * a[:, t - 1] + rng.standard_normal(500)
    found = alliance.between_client_sd_of_lag({IPT: made(s.tolist(), a.tolist())})
    assert found == pytest.approx(spread * a.std() / s[:, 1:].std(), abs=0.05)


def test_c6_shrinkage_is_one_less_the_ratio_of_raw_lags(arms: dict[str, CohortSample]) -> None:
    raw = [alliance.estimate_lag(arms[IPT], "alliance", "symptoms", form) for form in Detrending]
    assert raw[0] is not None
    assert raw[1] is not None
    assert alliance.attenuation_by_detrending(arms) == pytest.approx(1 - raw[1].raw / raw[0].raw)


def test_c14_to_c18_by_hand() -> None:
    ipt = made([[0.0]] * 4, start=[10, 12, 14, 16], end=[4, 6, 8, 22])
    waiting = made([[0.0]] * 4, start=[10, 12, 14, 16], end=[8, 10, 12, 14])
    cohort = {IPT: ipt, WAITING: waiting, USUAL_CARE: waiting}
    assert change.inventory_mean(cohort, "start") == 13
    assert change.inventory_fall(cohort) == pytest.approx(3 / 13)
    assert change.natural_change_share(cohort) == pytest.approx(2 / 3)
    assert change.inventory_spread_ratio(cohort) == pytest.approx(np.std([4, 6, 8, 22]) / np.std([10, 12, 14, 16]))
    assert change.response(cohort) == 0.5  # 10 → 4 and 12 → 6
    assert change.remission(cohort) == 0.25  # 4 is below 5
    assert change.deterioration(cohort) == 0.25  # 16 → 22
    assert change.between_group_effect(cohort, WAITING) == pytest.approx(0.1436, abs=1e-4)  # 1 ÷ √(110/3) times 20/23


def test_c20_every_client_is_found_that_the_criteria_find(clinic: CohortSample) -> None:
    zero = clinic.zero["symptoms"]
    expected = [
        any(
            not gain.loss
            for gain in sudden_gains([None if np.isnan(v) else v + zero for v in own], cutoff=events.min_gain())
        )
        for own in clinic.scores["symptoms"].tolist()
    ]
    assert events.had_sudden_gain(clinic).tolist() == expected
    assert any(expected)


def test_c20_gains_that_stay_show_in_the_outcome() -> None:
    calm = [[3.0, 3.1, 2.9, 3.0, 3.1, 2.9, 3.0, 3.2]] * 3
    gain = [[3.0, 3.1, 2.9, 0.6, 0.5, 0.4, 0.5, 0.6], [3.0, 3.1, 2.9, 0.6, 0.5, 0.4, 0.5, 0.4]]
    cohort = {IPT: made(calm + gain)}
    assert events.sudden_gain_rate(cohort) == pytest.approx(2 / 5)
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


def test_a_drawn_cohort_is_the_one_that_simulate_writes_down() -> None:
    truth = scenario("whole_clinic")
    ours = draw_cohort(truth, 30, np.random.default_rng(4))
    theirs = simulate_with_truth(truth, n_clients=30, rng=np.random.default_rng(4))[1].persons
    assert ours.held.sum(axis=1).tolist() == [len(p.values) for p in theirs]
    assert ours.left.tolist() == [p.ending is Ending.LEFT for p in theirs]
    assert ours.therapist is not None
    for i, person in enumerate(theirs):
        assert f"therapist-{ours.therapist[i] + 1}" == person.therapist
        assert {name: values[i] for name, values in ours.brought.items()} == person.brought
        for name, of_own_making in (("dependent", True), ("independent", False)):
            expected = sum(e.weight for e in person.life_events if e.dependent is of_own_making)
            assert ours.events[name][i].sum() == pytest.approx(expected)
        for t in range(len(person.values)):
            open_now = [r for r in person.ruptures if r.session <= t + 1 < (r.repaired or r.session + 4)]
            assert ours.ruptures["open"][i, t] == bool(open_now)
            assert ours.ruptures["marked"][i, t] == any(r.marked for r in open_now)
            assert ours.ruptures["repaired"][i, t] == any(r.repaired == t + 1 for r in person.ruptures)


def with_flags(one: CohortSample, **ruptures: list[list[int]]) -> CohortSample:
    return replace(one, ruptures={name: np.array(flags, dtype=bool) for name, flags in ruptures.items()})


def test_c26_and_c27_by_hand() -> None:
    cohort = with_flags(
        made([[0, 0, 0, 0, 0, -1], [0, 0, 0, 0, 0, 0.5], [0, 0, 0, 0, 0, -0.5]]),
        open=[[1, 0, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0]],
        marked=[[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]],
        repaired=[[0, 1, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 1, 0, 0, 0]],
    )
    assert events.rupture_rate({IPT: cohort}, "open") == 8 / 18
    assert events.rupture_rate({IPT: cohort}, "marked") == 3 / 18
    # repairs for each open session: 1, .25, .5; ends −1, .5, −.5 from one intake
    r = np.corrcoef([1, 0.25, 0.5], [-1, 0.5, -0.5])[0, 1]
    assert events.repair_and_outcome({IPT: cohort}) == pytest.approx(-r)


def test_c21_and_c28_by_hand() -> None:
    one = made([[0.0]] * 4, start=[10, 10, 12, 12], end=[4, 6, 9, 11])
    cohort = {IPT: replace(one, therapist=np.array([0, 0, 1, 1]))}
    # intake takes out all that lies between the two therapists
    assert events.therapist_variance_share(cohort) == 0.0
    crossed = {IPT: replace(one, therapist=np.array([0, 1, 0, 1]))}
    # left over are −1, 1, −1, 1: all of it lies between
    assert events.therapist_variance_share(crossed) == pytest.approx(1.0)
    base = made([[0.0] * 8] * 6, [[0, 1, 2, 1, 0, 1, 2, 1]] * 6)
    rated = replace(base, scores=base.scores | {"therapist_alliance": base.scores["alliance"] * 0.5 - 0.5})
    assert events.therapist_client_difference({IPT: rated}) == pytest.approx(-1.0)
    assert events.therapist_client_correlation({IPT: rated}) == pytest.approx(1.0)


def test_c23_stress_counts_after_session_four_by_the_week() -> None:
    one = made([[1.0] * 6, [2.0] * 6, [3.0] * 6])
    weight = np.array([[9, 9, 9, 9, 1, 0], [0, 0, 0, 0, 1, 1], [9, 0, 0, 0, 3, 0]], dtype=float)
    cohort = {IPT: replace(one, events={"dependent": weight})}
    assert events.stress_after_depression(cohort, "dependent") == pytest.approx(np.corrcoef([1, 2, 3], [1, 2, 3])[0, 1])


def test_c29_and_c30_by_hand() -> None:
    """After six sessions all five are better, after seven three, after eight one; who stayed away does not count."""
    held = np.ones((16, 8), dtype=bool)
    held[:5, 6:] = False
    held[5:10, 7:] = False
    held[15, 3:] = False
    ends = [4] * 5 + [4, 4, 4, 15, 15] + [4, 15, 15, 15, 15] + [4]
    one = made([[0.0] * 8] * 16, start=[16] * 16, end=ends)
    left = np.array([False] * 15 + [True])
    assert events.improvement_by_dose({IPT: replace(one, held=held, left=left)}) == pytest.approx(-1.0)
    later = np.full((2, 16), 3.0)
    later[0, [1, 9]] = 12.0  # one who ended below 5, and one who did not
    later[1, 6] = 10.0
    asked = one.inventory | {f"after {k}": later[k] for k in range(2)}
    followed = {IPT: replace(one, inventory=asked, followed_at=(13.0, 26.0))}
    # of the first five who ended below 5 one has 12 later; of all ten, two are cases at some quarter
    assert events.recurrence(followed, remitters=5) == pytest.approx(1 / 5)
    assert events.recurrence(followed, remitters=74) == pytest.approx(2 / 10)


def test_c10_to_c13_have_the_sign_of_the_source() -> None:
    rng = np.random.default_rng(8)
    hope, avoidance, anxiety = rng.standard_normal((3, 400))
    end = -0.5 * hope + rng.standard_normal(400)
    rated = -0.4 * avoidance - 0.1 * anxiety + rng.standard_normal(400)
    one = made(np.tile(end[:, None], 6).tolist(), np.tile(rated[:, None], 6).tolist())
    brought = {"hope": hope, "attachment_avoidance": avoidance, "attachment_anxiety": anxiety}
    cohort = {IPT: replace(one, brought=brought)}
    assert attachment.expectation_and_outcome(cohort) == pytest.approx(np.corrcoef(hope, -end)[0, 1])
    assert attachment.covariate_and_alliance(cohort, "attachment_avoidance") < -0.25
    both = np.corrcoef(-avoidance - anxiety, rated)[0, 1]
    assert attachment.covariate_and_alliance(cohort, "security") == pytest.approx(both)
    assert attachment.rating_and_outcome(cohort, "alliance") == pytest.approx(-np.corrcoef(rated, end)[0, 1])


def test_c31_needs_both_paths() -> None:
    rng = np.random.default_rng(9)

    def p_of(first: float, second: float) -> float:
        cohort = {}
        for name, on in ((IPT, 1.0), (OTHER, 0.0)):
            rise = first * on + rng.standard_normal(80)
            end = -second * rise + rng.standard_normal(80)
            symptoms = np.column_stack([np.zeros(80) + 0.01 * rng.standard_normal(80)] * 3 + [end])
            one = replace(made(symptoms.tolist()), planned=4)
            skills = np.column_stack([np.zeros(80), rise, rise, rise])
            cohort[name] = replace(one, scores=one.scores | {"interpersonal_skills": skills})
        return processes.mediation_p(cohort, "interpersonal_skills", OTHER)

    assert p_of(1.5, 1.0) < 0.001
    assert p_of(0.0, 1.0) > 0.01
    assert p_of(1.5, 0.0) > 0.01


def test_c34_flat_first_and_better_then_is_a_late_change() -> None:
    late = [0.0] * 6 + [-0.5, -1.0, -1.5, -1.5]
    steady = np.linspace(0, -1.5, 10).tolist()
    assert change.late_changers({IPT: made([late, steady])}) == 0.5


def test_every_design_gives_as_many_clients_as_its_targets_ask_for() -> None:
    for design in DESIGNS.values():
        arms = design.draw(scenario("default"), np.random.default_rng(1))
        wanted = [t.persons for t in TARGETS if t.design == design.id and t.statistic is not None]
        assert max(wanted) <= min(arm.n for arm in arms.values())
