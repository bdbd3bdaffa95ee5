"""Comparison of treatment arms: words, flow of persons, and designs that are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from question_truths import TRIAL_SESSIONS, draw_trial, question_data
from securebase.errors import InputError
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment
from securebase.study.questions.arms import ArmsAnswer, TreatmentArms
from securebase.study.questions.question import QuestionData
from securebase.study.trial.effects import ArmsConclusion

LABELS = {"y": "Mood"}


def draw_three_arms(seed: int = 1) -> QuestionData:
    """Draw a trial of two arms, and a third one that is like “old”, with a second column that is noise."""
    two, third = draw_trial(seed, n=80, effect=0.8), draw_trial(seed + 1, n=40)
    y = np.concatenate([two.table.values["y"], third.table.values["y"]]).reshape(-1, TRIAL_SESSIONS)
    noise = np.random.default_rng(seed).normal(size=y.shape)
    arms = [*(e.arm for e in two.cohort.episodes), *["other"] * 80]
    return question_data({"y": y, "noise": noise}, arms=arms)


def test_a_better_arm_is_named_with_the_condition_that_nobody_confirmed() -> None:
    data = draw_trial(1, effect=1.0)
    words = TreatmentArms(reference="old").answer(data).in_words(LABELS)
    assert words == "At the planned end, new is better than old in Mood, if persons were randomly assigned to arms."
    words = TreatmentArms(reference="old", randomised=True).answer(data).in_words(LABELS)
    assert words == "At the planned end, new is better than old in Mood."
    # higher values are worse here
    assert TreatmentArms(reference="old").answer(data).primary[0].points.estimate < 0


def test_equivalence_and_what_would_settle_it_are_stated() -> None:
    words = TreatmentArms(0.5).answer(draw_trial(1, n=150)).in_words(LABELS)
    assert "old and new: equivalent in Mood within .50 SDs at the planned end, if" in words
    words = TreatmentArms(0.2).answer(draw_trial(1, n=40)).in_words(LABELS)
    assert (
        "inconclusive. The data show neither a difference in Mood at the planned end nor equivalence within .20"
        in words
    )
    assert "Needed for 80% power: about" in words
    assert "persons per arm" in words


def test_first_ratings_that_differ_beyond_chance_prevent_a_comparison() -> None:
    data = draw_trial(1)
    new = np.array([e.arm == "new" for e in data.cohort.episodes])
    shifted = data.table.values["y"] + 1.5 * new[data.table.person]
    data = replace(data, table=replace(data.table, values={"y": shifted}))
    words = TreatmentArms(reference="old", randomised=True).answer(data).in_words(LABELS)
    assert words.startswith("new and old: not compared, because first ratings of Mood differ by more than chance")


def test_every_pair_and_secondary_outcome_is_compared_with_the_reference() -> None:
    answer = TreatmentArms(secondary=("noise",), reference="old").answer(draw_three_arms())
    assert answer.arms == ("old", "new", "other")
    assert [(e.column, e.arm, e.reference) for e in answer.effects] == [
        ("y", "new", "old"),
        ("y", "other", "old"),
        ("noise", "new", "old"),
        ("noise", "other", "old"),
    ]
    assert answer.effects[0].conclusion is ArmsConclusion.BETTER
    assert "Secondary outcomes, new compared with old: " in answer.in_words(LABELS)
    # the second largest difference is corrected for the three that are left
    p = sorted(e.p for e in answer.effects)
    assert sorted(e.p_adjusted for e in answer.effects)[1] == pytest.approx(max(min(1.0, 3 * p[1]), 4 * p[0]))


def test_a_column_first_rated_after_the_first_session_is_not_adjusted() -> None:
    data = draw_three_arms()
    moments = {**data.table.moments, "noise": Moment.AFTER}
    data = replace(data, table=replace(data.table, moments=moments))
    answer = TreatmentArms(secondary=("noise",)).answer(data)
    effect = next(e for e in answer.effects if e.column == "noise")
    assert not effect.adjusted
    assert effect.g == effect.unadjusted
    assert "† Not adjusted, because the first rating follows the first session." in answer.tables(LABELS)[0].caption


def test_the_flow_counts_persons_by_hand() -> None:
    data = draw_trial(4, n=50, dropout=0.1)
    answer = TreatmentArms(planned=12.0, reference="old").answer(data)
    y = data.table.values["y"].reshape(100, TRIAL_SESSIONS)
    for flow, rows in zip(answer.flow, (y[1::2], y[0::2]), strict=True):
        rated = np.isfinite(rows)
        assert (flow.in_table, flow.first_rated, flow.analysed) == (50, 50, 50)
        assert flow.rated_halfway == rated[:, 6:].any(axis=1).sum()
        # sessions from 85% of the way to the planned end
        assert flow.rated_at_end == rated[:, 11:].any(axis=1).sum() == 50 - flow.no_end
    assert [rate.n_missing for rate in answer.dropout] == [flow.no_end for flow in answer.flow]


def test_the_planned_end_is_when_most_courses_end() -> None:
    answer = TreatmentArms().answer(draw_trial(1, n=60))
    assert answer.course.end == TRIAL_SESSIONS - 1
    assert not answer.course.given
    assert "Planned end: session 12, when most courses in the table end" in answer.figures_in_words(LABELS)
    assert TreatmentArms(planned=6.0).answer(draw_trial(1, n=60)).course.given


def test_therapists_widen_the_interval_and_their_share_is_stated() -> None:
    data = draw_trial(1, n=100, therapists=10, therapist_share=0.3)
    alone = replace(data, cohort=replace(data.cohort, episodes=tuple(map(_without_therapist, data.cohort.episodes))))
    clustered, single = (TreatmentArms(reference="old").answer(d) for d in (data, alone))
    assert clustered.primary[0].g.standard_error > 1.2 * single.primary[0].g.standard_error
    # 9 in each arm, less where their variances differ
    assert 16 < clustered.primary[0].df <= 18
    assert [share.n_therapists for share in clustered.therapists] == [10, 10]
    assert single.therapists == ()
    assert "Each therapist treats in one arm only" in clustered.in_words(LABELS)
    few = TreatmentArms().answer(draw_trial(1, n=40, therapists=3))
    assert "cannot be estimated from 3 therapists" in few.figures_in_words(LABELS)


def _without_therapist(episode):
    return replace(episode, therapist="")


def test_the_tables_have_a_cell_for_every_column() -> None:
    answer = TreatmentArms(secondary=("noise",)).answer(draw_three_arms())
    therapists = TreatmentArms().answer(draw_trial(1, therapists=6))
    assert isinstance(answer, ArmsAnswer)
    assert len(therapists.tables(LABELS)) == 4
    for table in (*answer.tables(LABELS), *therapists.tables(LABELS)):
        assert {len(row) for row in table.rows} == {len(table.columns)}


def refuse(data: QuestionData, problem: str, **options: object) -> None:
    with pytest.raises(InputError, match=problem):
        TreatmentArms(**options).answer(data)  # type: ignore[arg-type]


def test_one_arm_or_none_is_refused() -> None:
    data = draw_trial(1)
    one = tuple(replace(e, arm="new") for e in data.cohort.episodes)
    refuse(replace(data, cohort=Cohort(one, (), "y")), "two or more treatment arms are needed.*only “new”")
    none = tuple(replace(e, arm="") for e in data.cohort.episodes)
    refuse(replace(data, cohort=Cohort(none, (), "y")), "two or more treatment arms are needed.*none")


def test_an_arm_of_three_persons_is_refused() -> None:
    data = draw_trial(1)
    episodes = tuple(replace(e, arm="tiny") if k < 3 else e for k, e in enumerate(data.cohort.episodes))
    refuse(replace(data, cohort=Cohort(episodes, (), "y")), "“tiny” has 3 persons with a first rating.*10 are needed")


def test_other_bad_designs_are_refused() -> None:
    data = draw_trial(1)
    refuse(data, "above 0", equivalent=0.0)
    refuse(data, "“y” is the outcome", secondary=("y",))
    refuse(data, "unknown arm “cbt”", reference="cbt")
    refuse(data, "planned end must be after the first ratings and no later than the last one, at 12", planned=20.0)
    refuse(data, "planned end", planned=0.0)
    after = replace(data.table, moments={"y": Moment.AFTER})
    refuse(replace(data, table=after), "no rating precedes treatment")
    first_only = np.where(data.table.times == 0, data.table.values["y"], np.nan)
    refuse(replace(data, table=replace(data.table, values={"y": first_only})), "rated only once")
    refuse(draw_trial(1, therapists=1), "2 therapists in two arms")
