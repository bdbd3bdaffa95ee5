"""Outcomes of a course: the scale that stands for each, reliable change, and what is not known yet."""

from __future__ import annotations

import pytest

from episodes import episode, session_day
from securebase.picture.client import client_picture
from securebase.picture.fingerprints import default_parameter_set
from securebase.picture.outcomes import OutcomeChange, outcome_changes, outcome_facts, outcomes_line, why_not_known
from securebase.records.episode import ScoreRecord
from securebase.records.vocabulary import Respondent

PHQ = ("phq9", "total")


def scores(construct: str, measure: tuple[str, str], *values: float, by: str = "client") -> list[ScoreRecord]:
    return [
        ScoreRecord(construct, v, 7.0 * n, instrument=measure[0], scale=measure[1], respondent=Respondent(by))
        for n, v in enumerate(values)
    ]


def outcomes(*series: list[ScoreRecord]) -> dict[str, OutcomeChange]:
    every = [score for part in series for score in part]
    return {o.name: o for o in outcome_changes(every, PHQ, default_parameter_set())}


def test_four_outcomes_are_always_named_and_resilience_only_if_asked() -> None:
    assert [*outcomes()] == ["Symptoms", "Functioning", "Wellbeing", "Relationships"]
    assert {text for _, text in outcome_facts([*outcomes().values()])} == {"not asked yet"}
    assert why_not_known([*outcomes().values()]) == ""
    assert "Resilience" in outcomes(scores("resilience", ("coping_month", "resilience"), 4.0))


def test_each_outcome_has_reliable_change_or_says_that_it_is_not_known() -> None:
    rated = outcomes(
        scores("symptoms", PHQ, 17.0, 12.0, 7.0),
        scores("symptoms", ("session_before", "symptoms"), 8.0, 9.0),
        scores("functioning_impairment", ("wsas", "total"), 30.0),
        scores("wellbeing", ("coping_month", "wellbeing"), 3.0, 6.0),
        scores("wellbeing", ("coping_month", "wellbeing"), 9.0, 9.0, by="therapist"),
    )
    symptoms = rated["Symptoms"]
    assert (symptoms.asked, symptoms.first, symptoms.last, symptoms.verdict) == (3, 17.0, 7.0, "improved")
    facts = dict(outcome_facts([*rated.values()]))
    assert facts["Symptoms"] == "17 → 7 (PHQ-9): reliable improvement, threshold 6 points"
    assert facts["Functioning"] == "30 (WSAS): not known yet"
    assert facts["Wellbeing"] == "3 → 6: not known yet"
    assert "asked only once" in why_not_known([*rated.values()])
    line = "Functioning and wellbeing not known yet; relationships not asked yet."
    assert outcomes_line([*rated.values()]) == line


@pytest.mark.parametrize(("n_support", "n_intimacy", "chosen"), [(2, 2, "support"), (1, 2, "intimacy")])
def test_the_scale_that_was_asked_most_often_stands_for_an_outcome(
    n_support: int, n_intimacy: int, chosen: str
) -> None:
    support = scores("perceived_support", ("ties_month", "support_received"), *[5.0] * n_support)
    intimacy = scores("intimacy", ("ties_month", "intimacy"), *[5.0] * n_intimacy)
    assert chosen in outcomes(support, intimacy)["Relationships"].measure


def test_a_picture_holds_the_outcomes_known_on_its_day() -> None:
    record = episode(6)
    assert client_picture(record, as_of=session_day(6) + 1, whole=False).outcomes[0].asked == 6
    assert client_picture(record, as_of=session_day(2) + 1, whole=False).outcomes[0].asked == 2
