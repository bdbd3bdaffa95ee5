"""Cohort samples and target statistics compared with loops over clients and with small cohorts built by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.measurement.change import sudden_gains
from securebase.model.scenario import scenario
from securebase.model.simulate import simulate_with_truth
from securebase.model.states import states
from securebase.records.vocabulary import Ending
from securebase.study.calibration.designs import DESIGNS, IPT, OTHER, USUAL_CARE, WAITING
from securebase.study.calibration.effect_sizes import correlation
from securebase.study.calibration.samples import CohortSample
from securebase.study.calibration.sampling import draw_cohort
from securebase.study.calibration.statistics import alliance, attachment, change, events, processes
from securebase.study.calibration.target import calibration_targets
from securebase.study.detrending import Detrending

NAN = np.nan


@pytest.fixture(scope="module")
def clinic() -> CohortSample:
    return draw_cohort(scenario("default"), 60, np.random.default_rng(1), inventory=True)


@pytest.fixture(scope="module")
def arms(clinic: CohortSample) -> dict[str, CohortSample]:
    return {IPT: clinic}


def sample_from(
    symptoms: list[list[float]], alliance: list[list[float]] | None = None, **inventory: list[float]
) -> CohortSample:
    scores = {"symptoms": np.array(symptoms, dtype=float)}
    if alliance is not None:
        scores["alliance"] = np.array(alliance, dtype=float)
    n, T = scores["symptoms"].shape
    weeks = np.broadcast_to(np.arange(float(T)), (n, T))
    phq9 = {occasion: np.array(totals) for occasion, totals in inventory.items()}
    attended, dropped_out = np.ones((n, T), dtype=bool), np.zeros(n, dtype=bool)
    return CohortSample(weeks, attended, dropped_out, scores, T, {"symptoms": 3.0, "alliance": 3.0}, phq9)


def test_mean_and_last_skip_missing_scores() -> None:
    sample = sample_from([[1, 2, NAN, 4], [1, NAN, NAN, NAN], [5, 6, 7, NAN]])
    assert sample.mean("symptoms", 2, 3) == pytest.approx([2.0, NAN, 6.5], nan_ok=True)
    assert sample.mean("symptoms", 1) == pytest.approx([1, 1, 5])
    assert sample.last("symptoms", after=1) == pytest.approx([4, NAN, 7], nan_ok=True)
    assert sample.first_clients(2).n == 2


def test_scores_lie_on_the_steps_and_within_the_range_of_their_scale(clinic: CohortSample) -> None:
    unit = scenario("default").parameter_set.unit("session_before", "symptoms")
    points = clinic.scores["symptoms"] * unit.sd + unit.mean
    points = points[np.isfinite(points)]
    assert points.min() >= 0
    assert points.max() <= 10
    assert points * 5 == pytest.approx(np.rint(points * 5), abs=1e-6)


def test_no_scores_after_dropout(clinic: CohortSample) -> None:
    assert not np.isfinite(clinic.scores["symptoms"][~clinic.attended]).any()
    assert (np.diff(clinic.attended.astype(int), axis=1) <= 0).all()
    assert clinic.attended[:, 0].all()


def test_table_holds_the_requested_sessions(clinic: CohortSample) -> None:
    rows = clinic.table(["alliance"], 3, 9)
    expected = [clinic.scores["alliance"][i, t] for i in range(60) for t in range(2, 9) if clinic.attended[i, t]]
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
    complete = np.isfinite(start) & np.isfinite(end)
    slope, intercept = np.polyfit(start[complete], end[complete], 1)
    assert alliance.change_explained(arms, 3, 3) == pytest.approx(
        correlation(third, end - slope * start - intercept) ** 2
    )


def test_c4_dependability_of_more_sessions_is_spearman_brown(arms: dict[str, CohortSample]) -> None:
    single = alliance.dependability(arms, 1)
    assert 0.4 < single < 1
    assert alliance.dependability(arms, 4) == pytest.approx(4 * single / (1 + 3 * single))


def test_c8_recovers_a_known_fall_per_point() -> None:
    rng = np.random.default_rng(5)
    a, s = rng.standard_normal((400, 60)), np.zeros((400, 60))
    for t in range(2, 60):
        s[:, t] = -0.4 * a[:, t - 1] - 0.2 * a[:, t - 2] + 0.3 * s[:, t - 1] + 0.5 * rng.standard_normal(400)
    cohort = {IPT: sample_from(s.tolist(), a.tolist())}
    assert alliance.points_per_alliance_point(cohort, 1) == pytest.approx(-4.0, abs=0.15)
    assert alliance.points_per_alliance_point(cohort, 2) == pytest.approx(-2.0, abs=0.15)


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_c9_recovers_the_spread_of_effects(spread: float) -> None:
    rng = np.random.default_rng(6)
    effects = -0.3 + spread * rng.standard_normal(500)
    a, s = rng.standard_normal((500, 50)), np.zeros((500, 50))
    for t in range(1, 50):
        s[:, t] = effects * a[:, t - 1] + rng.standard_normal(500)
    sd = alliance.between_client_sd_of_lag({IPT: sample_from(s.tolist(), a.tolist())})
    assert sd == pytest.approx(spread * a.std() / s[:, 1:].std(), abs=0.05)


def test_c6_attenuation_is_one_minus_the_ratio_of_raw_lags(arms: dict[str, CohortSample]) -> None:
    raw = [alliance.estimate_lag(arms[IPT], "alliance", "symptoms", method) for method in Detrending]
    assert raw[0] is not None
    assert raw[1] is not None
    assert alliance.attenuation_by_detrending(arms) == pytest.approx(1 - raw[1].raw / raw[0].raw)


def test_c14_to_c18_by_hand() -> None:
    ipt = sample_from([[0.0]] * 4, start=[10, 12, 14, 16], end=[4, 6, 8, 22])
    waiting = sample_from([[0.0]] * 4, start=[10, 12, 14, 16], end=[8, 10, 12, 14])
    cohort = {IPT: ipt, WAITING: waiting, USUAL_CARE: waiting}
    assert change.inventory_mean(cohort, "start") == 13
    assert change.inventory_fall(cohort) == pytest.approx(3 / 13)
    assert change.natural_change_share(cohort) == pytest.approx(2 / 3)
    assert change.inventory_spread_ratio(cohort) == pytest.approx(np.std([4, 6, 8, 22]) / np.std([10, 12, 14, 16]))
    assert change.response(cohort) == 0.5  # 10 → 4 and 12 → 6
    assert change.remission(cohort) == 0.25  # 4 is below 5
    assert change.deterioration(cohort) == 0.25  # 16 → 22
    assert change.between_group_effect(cohort, WAITING) == pytest.approx(0.1436, abs=1e-4)  # 1 ÷ √(110/3) times 20/23


def test_c20_identifies_the_clients_that_meet_the_criteria(clinic: CohortSample) -> None:
    offset = clinic.mean_above_minimum["symptoms"]
    expected = [
        any(
            not gain.loss
            for gain in sudden_gains([None if np.isnan(v) else v + offset for v in scores], cutoff=events.min_gain())
        )
        for scores in clinic.scores["symptoms"].tolist()
    ]
    assert events.had_sudden_gain(clinic).tolist() == expected
    assert any(expected)


def test_c20_lasting_gains_show_in_the_outcome() -> None:
    calm = [[3.0, 3.1, 2.9, 3.0, 3.1, 2.9, 3.0, 3.2]] * 3
    gain = [[3.0, 3.1, 2.9, 0.6, 0.5, 0.4, 0.5, 0.6], [3.0, 3.1, 2.9, 0.6, 0.5, 0.4, 0.5, 0.4]]
    cohort = {IPT: sample_from(calm + gain)}
    assert events.sudden_gain_rate(cohort) == pytest.approx(2 / 5)
    assert events.sudden_gain_and_outcome(cohort) > 2


def test_c22_indirect_share_recovers_a_known_half() -> None:
    """Change in support carries exactly half of the simulated effect."""
    rng = np.random.default_rng(7)
    n, cohort = 20000, {}
    for name, treated in ((IPT, 1.0), (WAITING, 0.0)):
        start = rng.standard_normal(n)
        rise = treated + rng.standard_normal(n)
        end = start - 0.5 * rise - 0.5 * treated + rng.standard_normal(n)
        sample = sample_from(np.column_stack([start, start, start, start, end]).tolist())
        support = np.column_stack([np.zeros((n, 4)), rise])
        cohort[name] = replace(sample, scores=sample.scores | {"social_support": support})
    assert processes.indirect_share(cohort, "social_support", WAITING) == pytest.approx(0.5, abs=0.03)


def test_drawn_cohort_equals_the_truth_of_simulate() -> None:
    truth = scenario("whole_clinic")
    ours = draw_cohort(truth, 30, np.random.default_rng(4))
    theirs = simulate_with_truth(truth, n_clients=30, rng=np.random.default_rng(4))[1].persons
    assert ours.attended.sum(axis=1).tolist() == [len(p.values) for p in theirs]
    assert ours.dropped_out.tolist() == [p.ending is Ending.LEFT for p in theirs]
    assert ours.therapist is not None
    for i, person in enumerate(theirs):
        assert f"therapist-{ours.therapist[i] + 1}" == person.therapist
        assert {name: values[i] for name, values in ours.covariates.items()} == person.brought
        for name, dependent in (("dependent", True), ("independent", False)):
            expected = sum(e.weight for e in person.life_events if e.dependent is dependent)
            assert ours.events[name][i].sum() == pytest.approx(expected)
        for t in range(len(person.values)):
            open_now = [r for r in person.ruptures if r.session <= t + 1 < (r.repaired or r.session + 4)]
            assert ours.ruptures["open"][i, t] == bool(open_now)
            assert ours.ruptures["marked"][i, t] == any(r.marked for r in open_now)
            assert ours.ruptures["repaired"][i, t] == any(r.repaired == t + 1 for r in person.ruptures)


def with_ruptures(sample: CohortSample, **ruptures: list[list[int]]) -> CohortSample:
    return replace(sample, ruptures={name: np.array(flags, dtype=bool) for name, flags in ruptures.items()})


def test_c26_and_c27_by_hand() -> None:
    cohort = with_ruptures(
        sample_from([[0, 0, 0, 0, 0, -1], [0, 0, 0, 0, 0, 0.5], [0, 0, 0, 0, 0, -0.5]]),
        open=[[1, 0, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0]],
        marked=[[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]],
        repaired=[[0, 1, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 1, 0, 0, 0]],
    )
    assert events.rupture_rate({IPT: cohort}, "open") == 8 / 18
    assert events.rupture_rate({IPT: cohort}, "marked") == 3 / 18
    # repairs per open session: 1, .25, .5; scores at the end: −1, .5, −.5, with equal intake
    r = np.corrcoef([1, 0.25, 0.5], [-1, 0.5, -0.5])[0, 1]
    assert events.repair_and_outcome({IPT: cohort}) == pytest.approx(-r)


def test_c21_and_c28_by_hand() -> None:
    sample = sample_from([[0.0]] * 4, start=[10, 10, 12, 12], end=[4, 6, 9, 11])
    cohort = {IPT: replace(sample, therapist=np.array([0, 0, 1, 1]))}
    # controlling for intake removes all variance between the two therapists
    assert events.therapist_variance_share(cohort) == 0.0
    crossed = {IPT: replace(sample, therapist=np.array([0, 1, 0, 1]))}
    # residuals are −1, 1, −1, 1: all variance lies between therapists
    assert events.therapist_variance_share(crossed) == pytest.approx(1.0)
    base = sample_from([[0.0] * 8] * 6, [[0, 1, 2, 1, 0, 1, 2, 1]] * 6)
    rated = replace(base, scores=base.scores | {"therapist_alliance": base.scores["alliance"] * 0.5 - 0.5})
    assert events.therapist_client_difference({IPT: rated}) == pytest.approx(-1.0)
    assert events.therapist_client_correlation({IPT: rated}) == pytest.approx(1.0)


def test_c23_uses_weekly_stress_after_session_four() -> None:
    sample = sample_from([[1.0] * 6, [2.0] * 6, [3.0] * 6])
    weight = np.array([[9, 9, 9, 9, 1, 0], [0, 0, 0, 0, 1, 1], [9, 0, 0, 0, 3, 0]], dtype=float)
    cohort = {IPT: replace(sample, events={"dependent": weight})}
    assert events.stress_after_depression(cohort, "dependent") == pytest.approx(np.corrcoef([1, 2, 3], [1, 2, 3])[0, 1])


def test_c29_and_c30_by_hand() -> None:
    """Improved: five of five after six sessions, three of five after seven, one of five after eight; no dropouts."""
    attended = np.ones((16, 8), dtype=bool)
    attended[:5, 6:] = False
    attended[5:10, 7:] = False
    attended[15, 3:] = False
    ends = [4] * 5 + [4, 4, 4, 15, 15] + [4, 15, 15, 15, 15] + [4]
    sample = sample_from([[0.0] * 8] * 16, start=[16] * 16, end=ends)
    dropped_out = np.array([False] * 15 + [True])
    assert events.improvement_by_dose(
        {IPT: replace(sample, attended=attended, dropped_out=dropped_out)}
    ) == pytest.approx(-1.0)
    later = np.full((2, 16), 3.0)
    later[0, [1, 9]] = 12.0  # one client with less than 5 at the end, one with more
    later[1, 6] = 10.0
    phq9 = sample.inventory | {f"after {k}": later[k] for k in range(2)}
    followed = {IPT: replace(sample, inventory=phq9, follow_up_weeks=(13.0, 26.0))}
    # one of the first five clients in remission has 12 later; two of all ten reach 10 at some follow-up
    assert events.recurrence(followed, remitters=5) == pytest.approx(1 / 5)
    assert events.recurrence(followed, remitters=74) == pytest.approx(2 / 10)


def test_c10_to_c13_have_the_published_sign() -> None:
    rng = np.random.default_rng(8)
    hope, avoidance, anxiety = rng.standard_normal((3, 400))
    end = -0.5 * hope + rng.standard_normal(400)
    rated = -0.4 * avoidance - 0.1 * anxiety + rng.standard_normal(400)
    sample = sample_from(np.tile(end[:, None], 6).tolist(), np.tile(rated[:, None], 6).tolist())
    covariates = {"hope": hope, "attachment_avoidance": avoidance, "attachment_anxiety": anxiety}
    cohort = {IPT: replace(sample, covariates=covariates)}
    assert attachment.expectation_and_outcome(cohort) == pytest.approx(np.corrcoef(hope, -end)[0, 1])
    assert attachment.covariate_and_alliance(cohort, "attachment_avoidance") < -0.25
    joint = np.corrcoef(-avoidance - anxiety, rated)[0, 1]
    assert attachment.covariate_and_alliance(cohort, "security") == pytest.approx(joint)
    assert attachment.rating_and_outcome(cohort, "alliance") == pytest.approx(-np.corrcoef(rated, end)[0, 1])


def test_c31_needs_both_paths() -> None:
    rng = np.random.default_rng(9)

    def p_value(first: float, second: float) -> float:
        cohort = {}
        for name, treated in ((IPT, 1.0), (OTHER, 0.0)):
            rise = first * treated + rng.standard_normal(80)
            end = -second * rise + rng.standard_normal(80)
            symptoms = np.column_stack([np.zeros(80) + 0.01 * rng.standard_normal(80)] * 3 + [end])
            sample = replace(sample_from(symptoms.tolist()), planned=4)
            skills = np.column_stack([np.zeros(80), rise, rise, rise])
            cohort[name] = replace(sample, scores=sample.scores | {"interpersonal_skills": skills})
        return processes.mediation_p(cohort, "interpersonal_skills", OTHER)

    assert p_value(1.5, 1.0) < 0.001
    assert p_value(0.0, 1.0) > 0.01
    assert p_value(1.5, 0.0) > 0.01


def test_c34_counts_late_change() -> None:
    late = [0.0] * 6 + [-0.5, -1.0, -1.5, -1.5]
    steady = np.linspace(0, -1.5, 10).tolist()
    assert change.late_changers({IPT: sample_from([late, steady])}) == 0.5


def test_every_design_has_enough_clients_for_its_targets() -> None:
    for design in DESIGNS.values():
        arms = design.draw(scenario("default"), np.random.default_rng(1))
        sizes = [t.persons for t in calibration_targets() if t.design == design.id and t.simulated]
        assert max(sizes) <= min(arm.n for arm in arms.values())


def test_levels_and_falls_are_means_of_two_sessions() -> None:
    anxiety = [[1.0, 3.0, 0.0, 0.0, 1.0], [4.0, 4.0, 9.0, 3.0, 1.0], [0.0, 2.0, 9.0, 1.0, NAN]]
    avoidance = [[1.0, 1.0, 5.0, 2.0, 0.0], [2.0, 2.0, 5.0, 1.0, 3.0], [0.0, 6.0, 5.0, 3.0, 3.0]]
    sample = sample_from([[0.0] * 5] * 3)
    scores = {"attachment_anxiety": np.array(anxiety), "attachment_avoidance": np.array(avoidance)}
    arms = {IPT: replace(sample, scores=scores)}
    first, last = np.array([2.0, 4.0, 1.0]), np.array([0.5, 2.0, 1.0])
    fall = (first - last).mean() / first.std(ddof=1)
    assert attachment.attachment_fall(arms, "attachment_anxiety") == pytest.approx(fall)
    # avoidance starts and ends at a mean of 2, so it does not fall
    assert attachment.attachment_fall_difference(arms) == pytest.approx(fall)
    r = attachment.level_correlation(arms, "attachment_anxiety", "attachment_avoidance")
    assert r == pytest.approx(correlation(first, np.array([1.0, 2.0, 3.0])))


def test_constructs_outside_the_model_are_rated_with_their_reliability() -> None:
    sample = draw_cohort(scenario("pillars"), 1500, np.random.default_rng(2))
    care = sample.scores["early_care"][:, :2]
    # a trait does not move, so two ratings correlate as their reliability says
    assert correlation(care[:, 0], care[:, 1]) == pytest.approx(states()["early_care"].reliability, abs=0.05)
    for name in ("early_care", "loneliness", "attachment_security", "relationship_quality"):
        assert np.nanstd(sample.scores[name][:, 0]) == pytest.approx(1.0, abs=0.06), name
    insecurity = sample.scores["attachment_anxiety"] + sample.scores["attachment_avoidance"]
    assert correlation(-insecurity[:, 0], sample.scores["attachment_security"][:, 0]) > 0.5
