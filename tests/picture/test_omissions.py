"""What was answered and is in no curve is said, and nothing that waits is called quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from episodes import administration, alert, episode, session_day
from securebase.picture import sentences
from securebase.picture.client import ClientPicture, client_picture
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Moment, Respondent

BEGAN = date(2026, 3, 2)


def picture(record: EpisodeRecord) -> ClientPicture:
    return client_picture(record, as_of=record.last_at + 1)


def said(record: EpisodeRecord) -> str:
    made = picture(record)
    return " ".join((*sentences.symptom_sentences(made), *sentences.alliance_sentences(made)))


def partly(number: int, instrument: str = "session_before") -> AdministrationRecord:
    """Two of eleven answered: no score."""
    at = session_day(number) + 0.01
    return AdministrationRecord(instrument, at, Moment.BEFORE, number, responses={1: 4.0, 2: 5.0, 3: None})


def phq9(number: int | None, at: float, value: float = 18.0) -> AdministrationRecord:
    score = ScoreRecord("symptoms", value, at, Moment.BEFORE, number, "phq9", "total")
    return AdministrationRecord("phq9", at, Moment.BEFORE, number, scores=(score,))


def test_a_check_in_with_too_few_items_is_named() -> None:
    record = episode(7)
    record = replace(record, administrations=(*record.administrations, partly(8)))
    assert "Session 8 was answered, with too few items for a symptom score." in said(record)
    assert "too few items" not in said(episode(7))


def test_a_full_check_in_beside_a_partial_one_is_enough() -> None:
    record = episode(7)
    record = replace(record, administrations=(*record.administrations, partly(7)))
    assert "too few items" not in said(record)


def test_too_few_items_for_the_alliance_are_named_there() -> None:
    record = episode(4)
    record = replace(record, administrations=(*record.administrations, partly(5, "session_after")))
    assert "Session 5 was answered, with too few items for an alliance score." in said(record)


def test_a_first_partial_check_in_is_not_nothing() -> None:
    made = picture(replace(episode(1), administrations=(partly(1),)))
    assert made.answered == 1
    assert sentences.symptom_status(made) == "No symptom score yet"
    assert picture(episode(0)).answered == 0
    assert sentences.symptom_status(picture(episode(0))) == "Nothing reported yet"


def test_a_measure_that_is_not_followed_is_named_with_its_score() -> None:
    record = replace(episode(1), administrations=(phq9(None, 3.0),))
    told = said(record)
    assert "symptoms of 18 on the PHQ-9 (day 3)" in told
    assert "followed with the check-in" in told


def test_a_questionnaire_that_no_curve_shows_is_named() -> None:
    score = ScoreRecord("anxiety", 9.0, 3.0, Moment.BEFORE, None, "gad7", "total")
    anxiety = AdministrationRecord("gad7", 3.0, Moment.BEFORE, None, scores=(score,))
    record = replace(episode(1), administrations=(anxiety,))
    assert "On record and in no curve here: GAD-7. The scores are under Measures." in said(record)
    assert "in no curve here" not in said(episode(3))


def test_where_the_followed_questionnaire_is_missing_it_is_said() -> None:
    check_ins = episode(3)
    followed = replace(check_ins, symptom_measure=("phq9", "total"))
    given = tuple(phq9(n, session_day(n) - 0.1) for n in (1, 2, 3))
    missing = "has its check-in; its PHQ-9, by which symptoms are followed, is missing."
    assert missing not in said(replace(followed, administrations=(*check_ins.administrations, *given)))
    assert f"Session 3 {missing}" in said(replace(followed, administrations=(*check_ins.administrations, *given[:2])))
    # typed in without a session, in the days around it: it is there
    loose = phq9(None, session_day(3) + 1)
    assert missing not in said(replace(followed, administrations=(*check_ins.administrations, *given[:2], loose)))


def test_the_last_report_has_its_date() -> None:
    assert "Last report: 6.5, session 3, 16 Mar 2026." in said(replace(episode(3), began_on=BEGAN))
    assert "Last report: 6.5, session 3, day 15." in said(episode(3))


def test_no_all_clear_while_a_safety_answer_waits() -> None:
    quiet = episode(1)
    assert sentences.quiet_sentence(picture(quiet)).endswith("Nothing asks for attention.")
    waiting = picture(replace(quiet, safety_alerts=(alert(1),)))
    assert "Nothing asks for attention" not in sentences.quiet_sentence(waiting)
    assert "safety answer" in sentences.quiet_sentence(waiting)
    seen = replace(quiet, safety_alerts=(alert(1, acknowledged_at=session_day(1)),))
    assert "Nothing asks for attention" in sentences.quiet_sentence(picture(seen))


def test_what_a_therapist_rated_is_no_answer_of_the_client() -> None:
    own = administration(1, Moment.AFTER, {"alliance": 5.0})
    by_therapist = replace(own, respondent=Respondent.THERAPIST)
    assert picture(replace(episode(1), administrations=(by_therapist,))).answered == 0
    assert picture(replace(episode(1), administrations=(own,))).answered == 1


def beside(
    number: int, instrument: str, *scores: tuple[str, float], by: Respondent = Respondent.CLIENT
) -> AdministrationRecord:
    """Something that was asked beside a check-in after the session."""
    at = session_day(number) + 0.06
    made = tuple(ScoreRecord(c, value, at, Moment.AFTER, number, instrument, c, by) for c, value in scores)
    return AdministrationRecord(instrument, at, Moment.AFTER, number, by, scores=made)


def test_what_is_asked_beside_the_check_in_changes_no_curve_no_count_and_no_sentence() -> None:
    """Other scales of the same constructs, and the therapist's own rating of the alliance, are not mixed in."""
    record = episode(8)
    more = replace(
        record,
        administrations=(
            *record.administrations,
            beside(6, "expectation", ("hope", 0.0)),
            beside(7, "ties_month", ("perceived_support", 1.0), ("social_activity", 9.0)),
            beside(8, "therapist_after", ("alliance", 0.0), ("felt_understood", 1.0), by=Respondent.THERAPIST),
        ),
    )
    plain, with_more = picture(record), client_picture(more, as_of=record.last_at + 1)
    assert with_more.fingerprint != plain.fingerprint
    assert replace(with_more, fingerprint=plain.fingerprint) == plain


def test_a_questionnaire_that_is_in_no_curve_is_still_named() -> None:
    record = episode(2)
    there = beside(2, "core10", ("distress", 11.0))
    assert "On record and in no curve here: CORE-10." in said(
        replace(record, administrations=(*record.administrations, there))
    )
