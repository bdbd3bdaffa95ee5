"""Tests of notes on responses that no curve shows, and of the all-clear sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from episodes import administration, alert, episode, session_day
from pictures import full
from securebase.picture import sentences
from securebase.picture.client import ClientPicture, client_picture
from securebase.picture.parts import ReportedScore
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Moment, Respondent

BEGAN = date(2026, 3, 2)


def picture(record: EpisodeRecord) -> ClientPicture:
    return client_picture(record, as_of=record.last_at + 1)


def picture_text(record: EpisodeRecord) -> str:
    result = picture(record)
    return " ".join((*sentences.symptom_sentences(result), *sentences.alliance_sentences(result)))


def partial_check_in(number: int, instrument: str = "session_before") -> AdministrationRecord:
    """Return an administration with two of eleven items answered, too few for a score."""
    at = session_day(number) + 0.01
    return AdministrationRecord(instrument, at, Moment.BEFORE, number, responses={1: 4.0, 2: 5.0, 3: None})


def phq9(number: int | None, at: float, value: float = 18.0) -> AdministrationRecord:
    score = ScoreRecord("symptoms", value, at, Moment.BEFORE, number, "phq9", "total")
    return AdministrationRecord("phq9", at, Moment.BEFORE, number, scores=(score,))


def test_a_check_in_with_too_few_items_is_named() -> None:
    record = episode(7)
    record = replace(record, administrations=(*record.administrations, partial_check_in(8)))
    assert "Session 8: too few answers for a symptom score." in picture_text(record)
    assert "too few answers" not in picture_text(episode(7))


def test_a_complete_check_in_outweighs_a_partial_one() -> None:
    record = episode(7)
    record = replace(record, administrations=(*record.administrations, partial_check_in(7)))
    assert "too few answers" not in picture_text(record)


def test_too_few_alliance_items_are_named_with_the_alliance() -> None:
    record = episode(4)
    record = replace(record, administrations=(*record.administrations, partial_check_in(5, "session_after")))
    assert "Session 5: too few answers for an alliance score." in picture_text(record)


def test_a_partial_first_check_in_counts_as_answered() -> None:
    result = picture(replace(episode(1), administrations=(partial_check_in(1),)))
    assert result.answered == 1
    assert sentences.symptom_status(result) == "No symptom score yet"
    assert picture(episode(0)).answered == 0
    assert sentences.symptom_status(picture(episode(0))) == "Nothing reported yet"


def test_the_side_of_the_expected_path_follows_the_direction_of_the_scale() -> None:
    client = full()
    expected = replace(client.symptoms.expected[-1], at=client.symptoms.reported[-1].at, low=10.0, high=11.0)
    high = replace(client.symptoms, reported=(*client.symptoms.reported[:-1], ReportedScore(expected.at, 12.0, 13)))
    high = replace(high, expected=(expected,))
    low = replace(high, reported=(*high.reported[:-1], ReportedScore(expected.at, 9.0, 13)), worse_is_higher=False)
    assert sentences.symptom_status(replace(client, symptoms=high)) == "Last report above the expected path"
    assert sentences.symptom_status(replace(client, symptoms=low)) == "Last report below the expected path"


def test_another_symptom_measure_is_named_with_its_score() -> None:
    record = replace(episode(1), administrations=(phq9(None, 3.0),))
    text = picture_text(record)
    assert "symptoms of 18 on the PHQ-9 (day 3)" in text
    assert "The curve shows the check-in only" in text


def test_a_questionnaire_without_a_curve_is_named() -> None:
    score = ScoreRecord("anxiety", 9.0, 3.0, Moment.BEFORE, None, "gad7", "total")
    anxiety = AdministrationRecord("gad7", 3.0, Moment.BEFORE, None, scores=(score,))
    record = replace(episode(1), administrations=(anxiety,))
    assert "Also recorded: GAD-7 (see Scores)." in picture_text(record)
    assert "Also recorded" not in picture_text(episode(3))


def test_a_missing_symptom_questionnaire_is_named() -> None:
    check_ins = episode(3)
    followed = replace(check_ins, symptom_measure=("phq9", "total"))
    questionnaires = tuple(phq9(n, session_day(n) - 0.1) for n in (1, 2, 3))
    missing = "has a check-in but no PHQ-9, which this course follows."
    assert missing not in picture_text(replace(followed, administrations=(*check_ins.administrations, *questionnaires)))
    assert f"Session 3 {missing}" in picture_text(
        replace(followed, administrations=(*check_ins.administrations, *questionnaires[:2]))
    )
    # a questionnaire entered without a session counts in the week around it
    without_session = phq9(None, session_day(3) + 1)
    assert missing not in picture_text(
        replace(followed, administrations=(*check_ins.administrations, *questionnaires[:2], without_session))
    )


def test_the_last_report_has_its_date() -> None:
    assert "Last report: 6.5, session 3, 16 Mar 2026." in picture_text(replace(episode(3), began_on=BEGAN))
    assert "Last report: 6.5, session 3, day 15." in picture_text(episode(3))


def test_an_open_safety_alert_prevents_an_all_clear() -> None:
    quiet = episode(1)
    assert sentences.quiet_sentence(picture(quiet)).endswith("Nothing needs your attention.")
    waiting = picture(replace(quiet, safety_alerts=(alert(1),)))
    assert "Nothing needs your attention" not in sentences.quiet_sentence(waiting)
    assert "safety alert" in sentences.quiet_sentence(waiting)
    acknowledged = replace(quiet, safety_alerts=(alert(1, acknowledged_at=session_day(1)),))
    assert "Nothing needs your attention" in sentences.quiet_sentence(picture(acknowledged))


def test_a_therapists_rating_does_not_count_as_answered_by_the_client() -> None:
    by_client = administration(1, Moment.AFTER, {"alliance": 5.0})
    by_therapist = replace(by_client, respondent=Respondent.THERAPIST)
    assert picture(replace(episode(1), administrations=(by_therapist,))).answered == 0
    assert picture(replace(episode(1), administrations=(by_client,))).answered == 1


def additional(
    number: int, instrument: str, *scores: tuple[str, float], by: Respondent = Respondent.CLIENT
) -> AdministrationRecord:
    """Return an additional questionnaire of a check-in after the session."""
    at = session_day(number) + 0.06
    records = tuple(ScoreRecord(c, value, at, Moment.AFTER, number, instrument, c, by) for c, value in scores)
    return AdministrationRecord(instrument, at, Moment.AFTER, number, by, scores=records)


def test_additional_questionnaires_change_no_curve_count_or_sentence() -> None:
    """Other scales of the same constructs and the therapist's rating change nothing in the picture but outcomes."""
    record = episode(8)
    extended = replace(
        record,
        administrations=(
            *record.administrations,
            additional(6, "expectation", ("hope", 0.0)),
            additional(7, "ties_month", ("perceived_support", 1.0), ("social_activity", 9.0)),
            additional(8, "therapist_after", ("alliance", 0.0), ("felt_understood", 1.0), by=Respondent.THERAPIST),
        ),
    )
    plain, with_more = picture(record), client_picture(extended, as_of=record.last_at + 1)
    assert with_more.fingerprint != plain.fingerprint
    assert replace(with_more, fingerprint=plain.fingerprint, outcomes=plain.outcomes) == plain
    asked = [(outcome.name, outcome.asked) for outcome in with_more.outcomes]
    assert asked == [("Symptoms", 8), ("Functioning", 0), ("Wellbeing", 0), ("Relationships", 1)]


def test_a_session_questionnaire_without_a_curve_is_named() -> None:
    record = episode(2)
    core10 = additional(2, "core10", ("distress", 11.0))
    assert "Also recorded: CORE-10 (see Scores)." in picture_text(
        replace(record, administrations=(*record.administrations, core10))
    )
