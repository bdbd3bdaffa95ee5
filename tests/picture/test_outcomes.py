"""Outcomes of a course: the scale that stands for each, reliable change, and what is not known yet."""

from __future__ import annotations

import pytest

from episodes import episode, session_day
from securebase.picture.client import client_picture
from securebase.picture.fingerprints import default_parameter_set
from securebase.picture.outcomes import OutcomeChange, outcome_changes, outcome_facts, outcomes_line, why_not_known
from securebase.records.episode import AdministrationRecord, ScoreRecord
from securebase.records.vocabulary import Respondent

PHQ = ("phq9", "total")


def scores(construct: str, measure: tuple[str, str], *values: float, by: str = "client") -> list[AdministrationRecord]:
    return [answered(construct, measure, v, 7.0 * n, by=by) for n, v in enumerate(values)]


def answered(
    construct: str, measure: tuple[str, str], value: float, day: float, *, by: str = "client", item: int = 1
) -> AdministrationRecord:
    who = Respondent(by)
    score = ScoreRecord(construct, value, day, instrument=measure[0], scale=measure[1], respondent=who)
    return AdministrationRecord(measure[0], day, respondent=who, responses={item: value}, scores=(score,))


def outcomes(*series: list[AdministrationRecord]) -> dict[str, OutcomeChange]:
    every = [administration for part in series for administration in part]
    return {o.name: o for o in outcome_changes(every, PHQ, default_parameter_set())}


def test_four_outcomes_are_always_named_and_two_only_if_asked() -> None:
    assert [*outcomes()] == ["Symptoms", "Functioning", "Wellbeing", "Relationships"]
    assert {text for _, text in outcome_facts([*outcomes().values()])} == {"not asked yet"}
    assert why_not_known([*outcomes().values()]) == ""
    assert "Resilience" in outcomes(scores("resilience", ("coping_month", "resilience"), 4.0))
    life = outcomes(scores("life_situation", ("rotation", "life_situation"), 3.0, 7.0))
    assert [*life] == ["Symptoms", "Functioning", "Wellbeing", "Relationships", "Life situation"]
    assert "life situation" not in outcomes_line([*life.values()]), "the line is short where the change is not known"
    assert dict(outcome_facts([*life.values()]))["Life situation"] == "3 → 7: not known yet"


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
    assert facts["Symptoms"] == (
        "17 → 7 (PHQ-9): reliable improvement, threshold 6 points; "
        "clinically significant change, response, no remission"
    )
    assert facts["Functioning"] == "30 (WSAS): not known yet"
    assert facts["Wellbeing"] == "3 → 6: not known yet"
    assert "asked too rarely" in why_not_known([*rated.values()])
    assert outcomes_line([*rated.values()]) == "Besides symptoms, not known yet."
    assert outcomes_line([*outcomes().values()]) == "Besides symptoms, not asked yet."
    better = OutcomeChange("Wellbeing", "wellbeing", 4, 2.0, 8.0, "improved", 3.0)
    assert outcomes_line([*rated.values(), better]) == "Wellbeing reliably better; others not known yet."


@pytest.mark.parametrize(
    ("values", "ending"),
    [
        ((17, 16, 17, 6, 5, 4), "clinically significant change, response, remission, sudden gain"),
        ((17, 16, 17, 6, 5, 4, 16), "sudden gain (reversed later)"),
        ((7, 8, 7, 18, 17, 18), "sudden worsening"),
        ((17, 11), "no response, no remission"),
        ((17, 12), ""),
    ],
)
def test_the_line_of_symptoms_names_what_was_reached(values: tuple[float, ...], ending: str) -> None:
    facts = dict(outcome_facts([*outcomes(scores("symptoms", PHQ, *values)).values()]))
    assert facts["Symptoms"].partition("; ")[2] == ending


@pytest.mark.parametrize(("n_support", "n_intimacy", "chosen"), [(2, 2, "support"), (1, 2, "intimacy")])
def test_the_scale_that_was_asked_most_often_stands_for_an_outcome(
    n_support: int, n_intimacy: int, chosen: str
) -> None:
    support = scores("perceived_support", ("ties_month", "support_received"), *[5.0] * n_support)
    intimacy = scores("intimacy", ("ties_month", "intimacy"), *[5.0] * n_intimacy)
    assert chosen in outcomes(support, intimacy)["Relationships"].measure


def test_questions_in_turn_are_compared_as_means_of_both() -> None:
    measure = ("rotation", "functioning_impairment")

    def functioning(*values: float) -> OutcomeChange:
        turns = [answered(measure[1], measure, v, 28.0 * n, item=15 + n % 2) for n, v in enumerate(values)]
        return outcomes(turns)["Functioning"]

    # the second question reads two points lower: no change, whichever question came last
    same = functioning(8.0, 6.0, 8.0, 6.0, 8.0)
    assert (same.asked, same.first, same.last, same.verdict) == (5, 7.0, 7.0, "within_fluctuation")
    assert "within error and fluctuation" in dict(outcome_facts([same]))["Functioning"]
    better = functioning(9.0, 9.0, 1.0, 1.0)
    assert (better.first, better.last, better.verdict) == (9.0, 1.0, "improved")
    assert functioning(1.0, 1.0, 9.0, 9.0).verdict == "worse"
    early = functioning(8.0)
    assert (early.asked, early.first, early.verdict) == (1, None, None)
    assert dict(outcome_facts([functioning(8.0)]))["Functioning"] == "not known yet"
    # two answers have one mean, so no course from it to itself
    assert dict(outcome_facts([functioning(8.0, 6.0)]))["Functioning"] == "7 (functional impairment): not known yet"
    assert "8.5 → 7" in dict(outcome_facts([functioning(9.0, 8.0, 6.0)]))["Functioning"]


def test_of_two_scales_asked_equally_often_the_one_begun_last_is_shown() -> None:
    monthly = scores("resilience", ("coping_month", "resilience"), 2.0)
    asked_later = [answered("resilience", ("rotation", "resilience"), 8.0, 100.0, item=14)]
    assert outcomes(monthly, asked_later)["Resilience"].last == 8.0


def test_a_picture_holds_the_outcomes_known_on_its_day() -> None:
    record = episode(6)
    assert client_picture(record, as_of=session_day(6) + 1, whole=False).outcomes[0].asked == 6
    assert client_picture(record, as_of=session_day(2) + 1, whole=False).outcomes[0].asked == 2
