"""Tests of working hypotheses: gates, cautions on every number, verdicts and their sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from episodes import administration, episode
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.model.observations import episode_panel
from securebase.model.person_effects import contributions, estimate_person_effects
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Trend
from securebase.picture import contributions as contributions_module
from securebase.picture import hypothesis_phrases as words
from securebase.picture import sentences
from securebase.picture.client import ClientPicture, client_picture
from securebase.picture.fingerprints import default_parameter_set
from securebase.picture.parts import GateLevel, Hypotheses, Hypothesis, RankingVerdict
from securebase.picture.series import DEFAULT_MEASURES
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Moment


def simulated_record(n: int, *, seed: int = 3, planned: int | None = None) -> EpisodeRecord:
    """Simulate a client with n weekly sessions from the default model."""
    default_set = default_parameter_set()
    times = np.arange(n, dtype=float)
    rows = simulate_panel(
        default_set.specification, default_set.in_score_units(DEFAULT_MEASURES), [times], np.random.default_rng(seed)
    ).scores
    series = {c: [float(v) for v in np.clip(rows[:, k], 0, 10)] for k, c in enumerate(TRACKED_CONSTRUCTS)}
    return episode(n, planned=planned or n + 2, **series)


def picture(record: EpisodeRecord) -> ClientPicture:
    return client_picture(record, as_of=record.last_at + 1)


@pytest.fixture(scope="module")
def part() -> Hypotheses:
    result = picture(simulated_record(14)).hypotheses
    assert result is not None
    return result


@pytest.fixture(scope="module")
def hundred_sessions() -> Hypotheses:
    result = picture(simulated_record(101)).hypotheses
    assert result is not None
    return result


def test_every_number_comes_with_its_interval_share_and_checks(part: Hypotheses) -> None:
    assert [h.constructs for h in part.rows] == [(c,) for c in TRACKED_CONSTRUCTS[1:]]
    for h in part.rows:
        for estimate in (h.carried, h.apart, h.effect, h.effect_apart, h.reverse):
            assert estimate.low < estimate.value < estimate.high
        assert 0.5 <= h.direction <= 1
        assert 0.5 <= h.reverse_direction <= 1
        assert 0 <= h.share < 0.5
        assert h.borrowed == (h.share < 0.30)
        assert h.chance == pytest.approx(0.2)
        assert 0 < h.hidden < 1
        assert h.future_pairs >= 10
        assert h.future_fails == (abs(h.future) > 1.96)
        assert 0 <= h.decoys <= h.decoys_made == 19
    assert (part.first_session, part.last_session) == (1, 14)
    assert part.foretelling is not None
    assert part.foretelling.reports == 13


def test_the_numbers_equal_those_of_the_model(part: Hypotheses) -> None:
    """Compute panel, effects with the same prior and contributions by hand, for the reading “apart”."""
    record, default_set = simulated_record(14), default_parameter_set().with_trend(Trend.APART)
    specification, mean = default_set.specification, default_set.in_score_units(DEFAULT_MEASURES)
    panel = episode_panel(record, specification.constructs, DEFAULT_MEASURES)
    edges = [(c, "symptoms") for c in TRACKED_CONSTRUCTS[1:]] + [("symptoms", c) for c in TRACKED_CONSTRUCTS[1:]]
    mean_sd = {(e.from_construct, e.to_construct): e.prior_sd for e in default_set.edges}
    sd = np.array([np.sqrt(0.12**2 + mean_sd.get(e, 0.0) ** 2) for e in edges])
    effects = estimate_person_effects(panel, specification, mean, edges, sd)
    first, last = (int(j) for j in np.flatnonzero(np.isfinite(panel.scores[:, 0]))[[0, -1]])
    parts = contributions(
        specification, mean, effects, panel.times, panel.scores, construct="symptoms", first=first, last=last
    )
    assert [h.apart.value for h in part.rows] == pytest.approx(list(parts.mean))
    assert [h.apart.high - h.apart.value for h in part.rows] == pytest.approx(list(1.6449 * parts.sd), rel=1e-4)
    assert [h.effect_apart.value for h in part.rows] == pytest.approx(list(effects.mean[:5]))
    assert all(h.share <= s + 1e-9 for h, s in zip(part.rows, effects.data_share[:5], strict=True))


def test_the_same_record_gives_the_same_picture() -> None:
    assert picture(simulated_record(12)).to_json() == picture(simulated_record(12)).to_json()
    reference = picture(simulated_record(12))
    assert ClientPicture.from_json(reference.to_json()) == reference


def test_fourteen_sessions_give_no_verdict_on_the_largest(part: Hypotheses) -> None:
    assert part.verdict in {RankingVerdict.NOT_YET, RankingVerdict.NOT_HERE}
    assert "cannot tell" in words.verdict_sentence(part)
    assert part.order == ()
    assert not part.less_pooling


def test_without_remaining_sessions_the_verdict_is_not_within_this_course() -> None:
    record = simulated_record(14, planned=14)
    result = picture(record).hypotheses
    assert result is not None
    assert (result.verdict, result.sessions_left) == (RankingVerdict.NOT_HERE, 0)
    assert "no session left" in words.verdict_sentence(result)


def test_a_ranking_with_probabilities_opens_at_a_hundred_sessions(hundred_sessions: Hypotheses) -> None:
    assert hundred_sessions.less_pooling
    assert len(hundred_sessions.order) == 5
    by_label = {h.label: h.largest for h in hundred_sessions.rows}
    assert [by_label[label] for label in hundred_sessions.order] == sorted(by_label.values(), reverse=True)
    assert "Chance of being the largest" in words.order_sentence(hundred_sessions)
    assert max(h.share for h in hundred_sessions.rows) > 0.30


def test_a_hundred_sessions_raise_the_data_share(part: Hypotheses, hundred_sessions: Hypotheses) -> None:
    assert np.mean([h.share for h in hundred_sessions.rows]) > np.mean([h.share for h in part.rows]) + 0.2


@pytest.mark.parametrize(
    ("carried", "apart", "trend"),
    [(-2.0, -1.5, False), (-2.0, -0.9, True), (-2.0, 0.1, True), (-0.5, -2.0, True), (1.0, 1.0, False)],
)
def test_disagreeing_readings_rest_on_a_shared_trend(carried: float, apart: float, trend: bool) -> None:
    assert contributions_module.rests_on_trend(carried, apart) is trend


def test_a_rarely_reported_construct_is_omitted_and_named() -> None:
    record = simulated_record(13)
    thin = replace(
        record,
        administrations=tuple(
            replace(a, scores=tuple(s for s in a.scores if s.construct != "social_support" or (s.session or 0) < 4))
            for a in record.administrations
        ),
    )
    result = picture(thin).hypotheses
    assert result is not None
    assert result.left_out == ("Social support",)
    assert len(result.rows) == 4
    assert result.rows[0].chance == 0.25
    assert "social support" in words.omission_sentence(result.left_out)


def test_too_few_symptom_reports_give_a_reason() -> None:
    """Open the gate by check-ins although the episode has another symptom measure."""
    record = replace(simulated_record(13), symptom_measure=("phq9", "total"))
    result = picture(record)
    assert result.hypotheses is None
    if result.gate.level >= GateLevel.CONTRIBUTIONS:
        assert sentences.missing_hypotheses_reason(result)


def test_indistinguishable_estimates_are_grouped(part: Hypotheses) -> None:
    class Fake:
        def __init__(self, r: float) -> None:
            self.own = type("Own", (), {"correlation": np.array([[1, r, 0], [r, 1, 0], [0, 0, 1.0]])})

    names = ["alliance", "social_support", "interpersonal_stress"]
    groups = contributions_module._groups([Fake(0.1), Fake(-0.85)], names)  # type: ignore[list-item]
    assert groups == [["alliance", "social_support"], ["interpersonal_stress"]]
    assert words.joint_label(["Alliance", "Social support"]) == "Alliance and social support"
    signs = contributions_module._signs(["alliance", "interpersonal_stress", "social_support"])
    np.testing.assert_array_equal(signs, [1, -1, 1])


def test_shared_cautions_come_once_and_failing_controls_per_construct(part: Hypotheses) -> None:
    def modify(h: Hypothesis, **new: object) -> Hypothesis:
        return replace(h, **new)  # type: ignore[arg-type]

    rows = tuple(modify(h, borrowed=True, rests_on_trend=True, future_fails=False) for h in part.rows)
    rows = (modify(rows[0], future_fails=True), *rows[1:])
    cautions = words.cautions(replace(part, rows=rows))
    assert cautions[0] == ("Control", "Earlier symptoms move with later alliance, which cannot have changed them.")
    assert "disagree for every process" in dict(cautions)["Shared trend"]
    assert "Other clients" not in dict(cautions)
    assert "from other clients" in words.pooling_sentence(part)
    assert len({title for title, _ in cautions}) == len(cautions)
    mixed = (modify(rows[0], borrowed=False, share=0.4), *rows[1:])
    cautions = words.cautions(replace(part, rows=mixed))
    assert dict(cautions)["Other clients"].startswith("Less than 30% comes from this client for social support")
    assert "alliance" not in dict(cautions)["Other clients"]


def test_sentences_follow_the_verdict(part: Hypotheses) -> None:
    top = replace(part.rows[0], largest=0.85)
    sure = replace(part, rows=(top, *part.rows[1:]), verdict=RankingVerdict.LARGEST, about="Alliance")
    assert "alliance, with a chance of 85%" in words.verdict_sentence(sure)
    assert "cannot tell yet" in words.verdict_sentence(replace(part, verdict=RankingVerdict.NOT_YET))
    foretelling = part.foretelling
    assert foretelling is not None
    better = replace(foretelling, model=0.1)
    worse = replace(foretelling, model=99.0)
    assert "The model did better than all three" in words.forecast_check_sentence(better)
    assert "little weight" in words.forecast_check_sentence(worse)


def test_forecast_errors_equal_a_computation_by_hand() -> None:
    record = simulated_record(12)
    result = picture(record).hypotheses
    assert result is not None
    assert result.foretelling is not None
    values = np.array([s.value for s in record.symptom_scores])
    assert result.foretelling.last == pytest.approx(float(np.sqrt(np.mean(np.diff(values) ** 2))))
    means = [values[:j].mean() for j in range(1, len(values))]
    assert result.foretelling.own_mean == pytest.approx(float(np.sqrt(np.mean((values[1:] - means) ** 2))))


def test_fifty_reports_between_sessions_widen_the_prior() -> None:
    record = simulated_record(12)
    between = tuple(
        replace(administration(1, Moment.BEFORE, {"symptoms": 5.0}), at=2.0 + 1.5 * k, moment=Moment.BETWEEN)
        for k in range(50)
    )
    between = tuple(
        replace(
            a, session=None, scores=tuple(replace(s, at=a.at, moment=Moment.BETWEEN, session=None) for s in a.scores)
        )
        for a in between
    )
    result = picture(replace(record, administrations=(*record.administrations, *between)))
    assert result.gate.level is GateLevel.EXPLORATION
    assert result.hypotheses is not None
    assert result.hypotheses.less_pooling


def test_a_client_who_always_reports_the_same_has_not_changed() -> None:
    """The smoothed estimate begins near other clients', so it moves where no report did: a sentence on the model."""
    record = simulated_record(14)
    flat = replace(
        record,
        administrations=tuple(
            replace(a, scores=tuple(replace(s, value=0.0) if s.construct == "symptoms" else s for s in a.scores))
            for a in record.administrations
        ),
    )
    shown = picture(flat)
    assert "No change since the first report." in sentences.symptom_sentences(shown)
    assert shown.hypotheses is not None
    assert shown.hypotheses.change < -0.1
    heading = words.heading_sentence(shown.hypotheses)
    assert "the model's estimate of symptoms is" in heading
    assert "symptoms are" not in heading
    unchanged = words.heading_sentence(replace(shown.hypotheses, change=0.01))
    assert (
        "estimate of symptoms is unchanged. The chart shows the points by which it moves with each process."
        in unchanged
    )
