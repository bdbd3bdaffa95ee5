"""The outcome panel of a table: scale, arms, words and tables, and shares of simulated cohorts with known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from question_truths import question_data
from securebase.errors import InputError
from securebase.measurement.constructs import Direction
from securebase.measurement.course_outcome import OutcomeStatement
from securebase.records.cohort import Cohort
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.study.questions.outcome_panel import OutcomePanel, outcome_panel
from securebase.study.questions.question import QuestionData

S = OutcomeStatement


def table(
    first: list[float], last: list[float], *, column: str = "phq9", arms: list[str] | None = None
) -> QuestionData:
    """Return two ratings of each person in a column of this name; higher is worse."""
    data = question_data({"y": np.column_stack([first, last])})
    records = tuple(
        EpisodeRecord(
            name,
            (
                AdministrationRecord(
                    "table", 0.0, scores=(ScoreRecord("y", 1.0, 0.0, instrument="table", scale=column),)
                ),
            ),
            arm="" if arms is None else arms[i],
        )
        for i, name in enumerate(data.persons)
    )
    return replace(data, cohort=Cohort(records, (), "y"))


FIRST, LAST = [20.0, 18, 15, 12, 11, 6], [4.0, 9, 14, 20, 10, 5]


def test_a_column_named_after_an_instrument_takes_its_thresholds() -> None:
    for name in ("phq9", "PHQ-9", "phq9_total"):
        answer = outcome_panel(table(FIRST, LAST, column=name))
        assert answer.instrument == "PHQ-9"
        assert {s: (x.count, x.total) for s, x in answer.everyone.shares.items()} == {
            S.RESPONSE: (2, 5),
            S.REMISSION: (1, 5),
            S.IMPROVEMENT: (2, 5),
            S.RECOVERY: (2, 5),
            S.DETERIORATION: (1, 5),
        }
    assert "BDI-II" in OutcomePanel().answer(table(FIRST, LAST, column="BDI-II")).figures_in_words({})


def test_values_outside_the_range_are_refused_or_the_name_is_ignored() -> None:
    beyond = [*FIRST[:5], 40.0]
    with pytest.raises(InputError, match="holds 40, but PHQ-9 goes from 0 to 27"):
        OutcomePanel("phq9").answer(table(beyond, LAST, column="y"))
    answer = OutcomePanel().answer(table(beyond, LAST))
    assert (answer.instrument, answer.everyone.shares) == ("", {})
    assert answer.in_words({"y": "Mood"}).startswith("Mood: no outcome can be stated. Not stated: response and")
    assert "no instrument is known" in answer.in_words({})
    assert "Not stated" not in answer.figures_in_words({}), "said once"


def test_a_scale_stored_with_the_scores_counts() -> None:
    data = table(FIRST, LAST)
    score = ScoreRecord("y", 1.0, 0.0, instrument="core10", scale="total")
    scores = tuple(
        replace(e, administrations=(AdministrationRecord("core10", 0.0, scores=(score,)),))
        for e in data.cohort.episodes
    )
    assert outcome_panel(replace(data, cohort=Cohort(scores, (), "y"))).instrument == "CORE-10"


def test_reliability_and_cut_off_by_hand() -> None:
    answer = OutcomePanel(reliability=0.84, cutoff=12).answer(table(FIRST, LAST, column="mood"))
    sd = np.std(FIRST, ddof=1)
    assert answer.rules.reliable_change == pytest.approx(1.96 * np.sqrt(2) * sd * 0.4)
    assert (answer.everyone.began_clinical, answer.everyone.shares[S.RECOVERY].count) == (4, 2)
    assert f"SD of first ratings {sd:.2f}, reliability 0.84" in answer.figures_in_words({})
    for wrong in (1.0, -0.1):
        with pytest.raises(InputError, match="reliability must be at least 0 and below 1"):
            OutcomePanel(reliability=wrong).answer(table(FIRST, LAST))
    with pytest.raises(InputError, match="cut-off must be a number"):
        OutcomePanel(cutoff=float("nan")).answer(table(FIRST, LAST))
    with pytest.raises(InputError, match="first ratings do not differ"):
        OutcomePanel(reliability=0.8).answer(table([9.0] * 6, LAST))


def test_a_column_without_direction_has_no_outcome_until_it_is_stated() -> None:
    data = replace(table(FIRST, LAST, column="mood"), directions={"y": Direction.UNKNOWN})
    unknown = OutcomePanel(reliability=0.84, cutoff=12).answer(data)
    assert (unknown.everyone.shares, unknown.everyone.categories) == ({}, {})
    assert "say whether a higher score is worse or better" in unknown.in_words({})
    worse, better = (
        OutcomePanel(reliability=0.84, higher_is=meaning).answer(data).everyone for meaning in ("worse", "better")
    )
    assert worse.shares[S.IMPROVEMENT].count == better.shares[S.DETERIORATION].count == 2


def test_planned_end_counts_those_who_left() -> None:
    data = question_data({"y": np.array([[20.0, 12, 4], [20, 4, np.nan], [20, np.nan, np.nan], [15, 15, 15]])})
    everyone = OutcomePanel("phq9", planned=2).answer(data).everyone
    assert everyone.dropout is not None
    assert (everyone.dropout.count, everyone.dropout.total) == (2, 4)
    observed, worst = everyone.shares[S.REMISSION], everyone.worst[S.REMISSION]
    assert (observed.count, observed.total, worst.count, worst.total) == (2, 3, 1, 4)
    assert OutcomePanel("phq9").answer(data).everyone.worst[S.REMISSION].count == 2
    until_session_1 = OutcomePanel("phq9", planned=1).answer(data)
    assert until_session_1.everyone.shares[S.REMISSION].count == 1, "later ratings are follow-ups"
    assert "no rating near the planned end (session 1)." in until_session_1.figures_in_words({})
    assert until_session_1.tables({})[0].rows[-1] == ("Dropout", "25% (5 to 70), 1 of 4")


def draw(rng: np.random.Generator, falls: dict[str, float], n: int) -> QuestionData:
    """Draw persons who begin at PHQ-9 scores of 10 to 27; in each arm scores fall by this mean."""
    arms = [arm for arm in falls for _ in range(n)]
    first = rng.integers(10, 28, size=len(arms)).astype(float)
    fall = np.array([falls[arm] for arm in arms]) + 4 * rng.normal(size=len(arms))
    return table(first.tolist(), np.clip(np.round(first - fall), 0, 27).tolist(), arms=arms)


def test_arms_are_compared_and_equal_arms_rarely_differ() -> None:
    rng = np.random.default_rng(2)
    answer = outcome_panel(draw(rng, {"a": -3.0, "b": 9.0}, 80))
    assert {c.statement for c in answer.contrasts if c.sign > 0} >= {S.RESPONSE, S.IMPROVEMENT, S.RECOVERY}
    assert "reliable deterioration is less frequent in b than in a" in answer.in_words({"y": "PHQ-9"})
    improved = next(c for c in answer.contrasts if c.statement is S.IMPROVEMENT)
    assert improved.observed.number_needed.estimate == pytest.approx(1 / improved.observed.difference.estimate)
    worse = next(c for c in answer.contrasts if c.statement is S.DETERIORATION)
    assert worse.observed.number_needed.estimate == pytest.approx(-1 / worse.observed.difference.estimate)
    assert worse.began is None
    differs = [
        c.sign != 0
        for _ in range(60)
        for c in outcome_panel(draw(rng, {"a": 6.0, "b": 6.0}, 40)).contrasts
        if c.statement is S.IMPROVEMENT
    ]
    assert np.mean(differs) <= 0.12
    turned = outcome_panel(draw(rng, {"a": 0.0, "b": 9.0}, 40), OutcomePanel(reference="b"))
    assert {(c.arm, c.reference) for c in turned.contrasts} == {("a", "b")}
    with pytest.raises(InputError, match="unknown arm “c”"):
        outcome_panel(draw(rng, {"a": 0.0}, 10), OutcomePanel(reference="c"))
    given = {str(i): "xy"[i % 2] for i in range(160)}
    assert set(outcome_panel(draw(rng, {"a": 3.0}, 160), arms=given).arms) == {"x", "y"}


def test_a_difference_that_dropout_could_explain_is_not_stated() -> None:
    """As observed, 18 of 20 and 20 of 40 improve; with 20 dropouts in the better arm, 18 and 20 of 40 do."""
    first = [20.0] * 80
    last = [8.0] * 18 + [19.0] * 2 + [np.nan] * 20 + [8.0] * 20 + [19.0] * 20
    answer = outcome_panel(table(first, last, arms=["b"] * 40 + ["a"] * 40))
    contrast = next(c for c in answer.contrasts if c.statement is S.IMPROVEMENT)
    assert contrast.observed.difference.sign == 1
    assert contrast.began is not None
    assert contrast.began.difference.estimate == pytest.approx(18 / 40 - 20 / 40)
    assert contrast.sign == 0
    assert "reliable improvement" in answer.in_words({}).partition("inconclusive")[0]


def test_shares_of_a_large_cohort_are_those_of_its_truth() -> None:
    """All begin at 18; the last score is normal around 11 (SD 4): P(≤ 12) = .646 improve, P(≤ 4) = .052 remit."""
    rng = np.random.default_rng(4)
    last = np.clip(np.round(11 + 4 * rng.normal(size=4000)), 0, 27)
    shares = outcome_panel(table([18.0] * 4000, last.tolist())).everyone.shares
    assert shares[S.IMPROVEMENT].estimate == pytest.approx(0.646, abs=0.02)
    assert shares[S.REMISSION].estimate == pytest.approx(0.052, abs=0.01)


def test_words_and_tables() -> None:
    answer = outcome_panel(table(FIRST, LAST))
    assert answer.in_words({"y": "PHQ-9"}).startswith("PHQ-9: about half of the persons improved reliably. These")
    figures = answer.figures_in_words({})
    assert figures.startswith(
        "Scale: PHQ-9. Shares refer to the 5 persons who began in the clinical range. Not included: 1"
    )
    assert "Remission: the last score is below 5." in figures
    shares, categories = answer.tables({})
    assert shares.columns == ("", "All")
    assert shares.rows[:2] == (
        ("Response", "40% (12 to 77), 2 of 5"),
        ("Response, all who began", "40% (12 to 77), 2 of 5"),
    )
    assert [row[1] for row in categories.rows] == [
        "33%, 2 of 6",
        "0%, 0 of 6",
        "50%, 3 of 6",
        "17%, 1 of 6",
        "0%, 0 of 6",
    ]
    arms = outcome_panel(table(FIRST, LAST, arms=["a", "b"] * 3)).tables({})[2]
    assert arms.rows[0][0] == "Response, b − a"
