"""Additional questionnaires of check-ins: fixed on opening, answered on one page, recorded separately."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from securebase.errors import InputError, NotPermittedError
from securebase.measurement.catalogue import instrument
from securebase.measurement.schedule import due_parts
from securebase.records.vocabulary import Moment, Respondent
from securebase.workbench.audit.models import Entry
from securebase.workbench.casefile import episode_record
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in, withdraw_check_in
from securebase.workbench.check_ins.models import CheckIn, CheckInMode
from securebase.workbench.check_ins.queries import due_instruments
from securebase.workbench.measures.actions import choose_extra
from securebase.workbench.measures.models import ExtraChoice, SafetyAlert
from securebase.workbench.measures.queries import administration_row, item_answers
from securebase.workbench.measures.schedule import course_context, past_check_ins
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.browser import Browser
from workbench.cast import NOON, Cast, answers

#: Carla's area is a role dispute.
BEFORE, AFTER = ["focus_week"], ["support_share", "expectation"]
#: What her check-in before a later session asks.
DISPUTE = ["dispute_week:1"]
#: The period that the line on support refers to.
SHARE_HEADING = "The past week"


def submission_data(check_in: CheckIn, value: str = "4", **others: str) -> dict[str, str]:
    """Return the form data for every scale at `value` and no suicidal thoughts."""
    session_set = instrument(check_in.instrument_id)
    fields = {f"item_{i.number}": "0" if i.options else value for i in session_set.items}
    fields |= {f"item_{e.id}_{i.number}": value for e in check_in.extra_instruments for i in e.items}
    return fields | {"submission": "phone"} | others


def stored_answers(cast: Cast) -> dict[str, dict[int, float | None]]:
    rows = cast.episode.administrations.all()
    return {a.instrument: {r.item: r.value for r in a.responses.all()} for a in rows}


def main(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser").find("main")


# ---- one page, one submission ----------------------------------------------------------------------------------------
def test_check_in_opens_with_the_due_questionnaires(cast: Cast) -> None:
    assert cast.invite(Moment.BEFORE, extras=None).check_in.extras == BEFORE
    assert cast.invite(Moment.AFTER, extras=None).check_in.extras == AFTER


def test_one_page_asks_everything_and_each_instrument_is_recorded(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.AFTER, at=timezone.now(), extras=None)
    page = main(browser.get(invitation.path))
    assert [h.text for h in page.find_all("h2")] == [SHARE_HEADING, "What you expect"]
    assert "A few extra questions this time. Think of the therapy ahead." in page.text
    assert len(page.select("fieldset:has(.rating-keys)")) == 7 + 1 + 4
    response = browser.post(invitation.path, submission_data(invitation.check_in, "6", item_expectation_3="9"))
    assert response.headers["Location"] == invitation.path + "sent/"
    assert stored_answers(cast) == {
        "session_after": dict.fromkeys(range(1, 8), 6.0),
        "support_share": {1: 6.0},
        "expectation": {1: 6.0, 2: 6.0, 3: 9.0, 4: 6.0},
    }
    stored = {a.instrument: a for a in cast.episode.administrations.all()}
    assert {a.check_in_id for a in stored.values()} == {invitation.check_in.id}
    assert {a.at for a in stored.values()} == {stored["expectation"].at}
    assert {s.scale: s.value for s in stored["expectation"].scores.all()} == {"expectation": 6.0, "credibility": 7.5}
    check_in = CheckIn.objects.visible_to(cast.alma).get()
    assert check_in.answers == stored["session_after"]
    assert check_in.extra_answers == [stored["support_share"], stored["expectation"]]
    # one audit row without any answer
    entry = Entry.objects.get(action="check_in.answered")
    assert entry.detail["beside"] == [
        {"instrument": "support_share", "answered": 1, "alerts": 0},
        {"instrument": "expectation", "answered": 4, "alerts": 0},
    ]


def test_unanswered_questionnaire_is_not_recorded_and_items_are_asked_again(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.AFTER, at=timezone.now(), extras=None)
    incomplete_data = {k: v for k, v in submission_data(invitation.check_in).items() if "_expectation_" not in k} | {
        "item_expectation_1": "8"
    }
    incomplete_data.pop("item_support_share_1")
    response = browser.post(invitation.path, incomplete_data)
    assert "4 questions have no answer yet" in main(response).text
    assert main(response).find("input", attrs={"name": "item_expectation_1", "value": "8"}).has_attr("checked")
    assert cast.episode.administrations.count() == 0
    assert browser.post(invitation.path, incomplete_data | {"as_it_is": "1"}).status_code == 302
    assert set(stored_answers(cast)) == {"session_after", "expectation"}
    assert stored_answers(cast)["expectation"] == {1: 8.0, 2: None, 3: None, 4: None}


def test_a_part_of_a_questionnaire_stores_what_was_asked(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.AFTER, at=timezone.now(), extras=["rotation:6,27"])
    page = main(browser.get(invitation.path))
    assert [h.text for h in page.find_all("h2")] == ["The past few weeks"]
    assert len(page.select("fieldset:has(.rating-keys)")) == 7 + 2
    assert browser.post(invitation.path, submission_data(invitation.check_in, "6")).status_code == 302
    assert stored_answers(cast)["rotation"] == {6: 6.0, 27: 6.0}
    rotation = cast.episode.administrations.get(instrument="rotation")
    assert {s.scale: (s.value, s.note) for s in rotation.scores.all()} == {
        "emotion_regulation": (6.0, "item 5 not asked; scored from the other answer"),
        "intimacy": (6.0, ""),
    }
    assert [item.number for item, _, _ in item_answers(rotation)] == [6, 27]
    assert [scale.id for scale, _, _ in administration_row(rotation).scores] == ["emotion_regulation", "intimacy"]


def test_a_part_is_typed_in_under_the_heading_of_the_sheet(cast: Cast, alma: Browser) -> None:
    cast.invite(Moment.AFTER, at=timezone.now(), extras=["rotation:6,27"])
    for name in ("check-in-paper", "check-in-type-in"):
        page = main(alma.get(reverse(name, args=[cast.carla.id, cast.session.id, "after"])))
        assert "The past few weeks" in {heading.text for heading in page.find_all(["h2", "h3"])}


def test_answering_only_an_additional_questionnaire_is_accepted(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.BEFORE, at=timezone.now(), extras=None)
    data = {"submission": "x", "item_focus_week_1": "3", "as_it_is": "1"}
    assert browser.post(invitation.path, data).status_code == 302
    assert set(stored_answers(cast)) == {"session_before", "focus_week"}


def test_invalid_value_in_an_additional_questionnaire_records_nothing(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.BEFORE, at=timezone.now(), extras=None)
    response = browser.post(invitation.path, submission_data(invitation.check_in, item_focus_week_1="77"))
    assert response.status_code == 400
    assert main(response).find("fieldset", id="item_focus_week_1").find(class_="errorlist")
    assert cast.episode.administrations.count() == 0


def test_answer_that_raises_an_alert_is_recorded_at_once(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.BEFORE, at=timezone.now(), extras=None)
    assert browser.post(invitation.path, {"submission": "x", "item_11": "2"}).status_code == 302
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1
    assert set(stored_answers(cast)) == {"session_before"}


def test_repeated_submission_is_recorded_once(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.BEFORE, at=timezone.now(), extras=None)
    for _ in range(3):
        assert browser.post(invitation.path, submission_data(invitation.check_in)).status_code == 302
    assert cast.episode.administrations.count() == 2


def test_second_submission_with_an_alert_records_only_the_session_set(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.BEFORE, at=timezone.now(), extras=None)
    browser.post(invitation.path, submission_data(invitation.check_in))
    browser.post(
        invitation.path, submission_data(invitation.check_in, submission="second", item_11="3", item_focus_week_1="9")
    )
    assert SafetyAlert.objects.visible_to(cast.alma).count() == 1
    rows = cast.episode.administrations
    assert sorted(rows.filter(set_aside_at=None).values_list("instrument", flat=True)) == sorted(
        ["session_before", *BEFORE]
    )
    assert rows.exclude(set_aside_at=None).get().instrument == "session_before"


def test_record_has_additional_scores_and_symptoms_follow_the_session_set(cast: Cast) -> None:
    check_in = cast.invite(Moment.BEFORE, extras=None).check_in
    extra = {"focus_week": {1: 7.0}}
    record_check_in(check_in=check_in, responses=answers("session_before", 5.0), submission="s", at=NOON, extra=extra)
    record = episode_record(cast.episode, NOON + timedelta(hours=1))
    assert [s.value for s in record.scores("problem_severity")] == [7.0]
    assert [s.value for s in record.symptom_scores] == [5.0]
    assert {a.session for a in record.administrations} == {1}


# ---- fixed when it is opened -----------------------------------------------------------------------------------------
def test_paper_link_and_typing_in_ask_the_same_after_the_area_changes(cast: Cast, alma: Browser) -> None:
    cast.hold_in_an_hour()
    choose_extra(episode=cast.episode, by=cast.alma, instrument="focus_week", off=True)
    route_args = [cast.carla.id, cast.session.id, "before"]
    response = alma.post(reverse("check-in-paper", args=route_args), follow=True)
    assert "The dispute" in main(response).text
    episode = cast.episode
    episode.problem_areas = ["grief"]
    episode.save()
    paper_form, type_in_form = (
        main(alma.get(reverse(name, args=route_args))) for name in ("check-in-paper", "check-in-type-in")
    )
    for page in (paper_form, type_in_form):
        assert "The dispute" in page.text
        assert "Grief" not in page.text
    # both continue the numbers of the session set, so that a row can be looked up by its number
    assert "12. How tense were things" in " ".join(paper_form.text.split())
    assert type_in_form.find("label", attrs={"for": "item_dispute_week_1"}).find("b").text == "12"
    assert CheckIn.objects.visible_to(cast.alma).get().extras == DISPUTE


def test_printing_leaves_an_open_link_unchanged(cast: Cast, alma: Browser) -> None:
    link = cast.invite(Moment.BEFORE, at=timezone.now(), extras=None)
    alma.post(reverse("check-in-paper", args=[cast.carla.id, cast.session.id, "before"]))
    check_in = CheckIn.objects.visible_to(cast.alma).get()
    assert check_in.mode == CheckInMode.LINK
    assert check_in.token_digest == link.check_in.token_digest


def test_paper_form_with_additional_questionnaires_is_typed_in(cast: Cast, alma: Browser) -> None:
    url = reverse("check-in-type-in", args=[cast.carla.id, cast.session.id, "after"])
    typed = {f"item_{n}": "5" for n in range(1, 8)} | {"item_expectation_1": "8", "item_expectation_2": "6"}
    assert alma.post(url, typed | {"submission": "s", "date": "2026-09-01"}).status_code == 302
    assert stored_answers(cast)["expectation"] == {1: 8.0, 2: 6.0, 3: None, 4: None}
    assert CheckIn.objects.visible_to(cast.alma).get().extras == AFTER
    session = main(alma.get(reverse("session", args=[cast.carla.id, cast.session.id])))
    assert "What you expect" in session.text


def test_new_link_keeps_the_questionnaires_until_it_is_withdrawn(cast: Cast) -> None:
    choose_extra(episode=cast.episode, by=cast.alma, instrument="focus_week", off=True)
    first = cast.invite(Moment.BEFORE, extras=None)
    episode = cast.episode
    episode.problem_areas = ["grief"]
    episode.save()
    cast.session.refresh_from_db()
    second = invite_check_in(session=cast.session, by=cast.alma, moment=Moment.BEFORE, mode=CheckInMode.LINK, at=NOON)
    assert second.check_in.extras == first.check_in.extras == DISPUTE
    withdraw_check_in(check_in=second.check_in, by=cast.alma)
    session = type(cast.session).objects.visible_to(cast.alma).get()
    third = invite_check_in(session=session, by=cast.alma, moment=Moment.BEFORE, mode=CheckInMode.LINK, at=NOON)
    assert third.check_in.extras == ["grief_week:1"]


def test_only_unanswered_questionnaires_are_due_again(cast: Cast) -> None:
    later = NOON + timedelta(days=7)
    second = create_session(episode=cast.episode, by=cast.alma, number=2, held_at=later)
    invitation = cast.invite(Moment.AFTER, extras=None)
    # an open link counts as asked; once it has expired, the questionnaire is due again
    assert [i.id for i in due_instruments(second, Moment.AFTER, NOON)] == ["support_share", "own_attachment"]
    assert [i.id for i in due_instruments(second, Moment.AFTER, NOON + timedelta(days=30))] == AFTER
    record_check_in(
        check_in=invitation.check_in,
        responses=answers("session_after"),
        submission="s",
        at=NOON + timedelta(hours=1),
        extra={"expectation": {1: 5.0}},
    )
    assert [(c.session, [str(part) for part in c.parts]) for c in past_check_ins(cast.episode, later)] == [(1, AFTER)]
    assert [i.id for i in due_instruments(second, Moment.AFTER, NOON + timedelta(days=30))] == [
        "support_share",
        "own_attachment",
    ]


# ---- chosen by the therapist -----------------------------------------------------------------------------------------
def test_disabled_questionnaire_is_not_asked_and_a_requested_one_once(cast: Cast) -> None:
    choose = {"episode": cast.episode, "by": cast.alma}
    choose_extra(**choose, instrument="expectation", off=True)
    assert [i.id for i in due_instruments(cast.session, Moment.AFTER, NOON)] == ["support_share", "rotation"]
    choose_extra(**choose, instrument="own_attachment", asked_for=True)
    assert cast.invite(Moment.AFTER, extras=None).check_in.extras == ["support_share", "own_attachment:1,2,3,4"]
    assert course_context(cast.episode).requested == ()
    assert course_context(cast.episode).disabled == ("expectation",)
    choose_extra(**choose, instrument="expectation", asked_for=True)
    assert course_context(cast.episode).disabled == ()
    assert Entry.objects.filter(action="extra.chosen").count() == 3


def test_only_the_therapist_chooses_and_only_additional_questionnaires(cast: Cast) -> None:
    with pytest.raises(InputError, match="have no questions"):
        choose_extra(episode=cast.episode, by=cast.alma, instrument="phq9", off=True)
    with pytest.raises(NotPermittedError):
        choose_extra(episode=cast.episode, by=cast.dario, instrument="expectation", off=True)
    assert ExtraChoice.objects.visible_to(cast.alma).count() == 0


def test_due_instruments_follow_the_schedule(cast: Cast) -> None:
    for moment in (Moment.BEFORE, Moment.AFTER):
        due = due_parts(
            session=1,
            moment=moment.value,
            course=course_context(cast.episode),
            history=past_check_ins(cast.episode, NOON),
        )
        assert due_instruments(cast.session, moment, NOON) == tuple(part.questions for part in due)


# ---- answers after the session has begun -----------------------------------------------------------------------------
@pytest.mark.parametrize("mode", [CheckInMode.LINK, CheckInMode.DEVICE])
def test_check_in_before_a_session_cannot_be_opened_after_its_start(cast: Cast, mode: CheckInMode) -> None:
    invite = {"session": cast.session, "by": cast.alma, "moment": Moment.BEFORE, "mode": mode}
    with pytest.raises(InputError, match="session 1 has started"):
        invite_check_in(**invite, at=NOON + timedelta(minutes=16))
    assert cast.session.check_ins.count() == 0
    # sessions may start a few minutes late
    assert invite_check_in(**invite, at=NOON + timedelta(minutes=14)).check_in.is_waiting


def test_page_of_a_begun_session_offers_only_typing_in(cast: Cast, alma: Browser) -> None:
    page = main(alma.get(reverse("session", args=[cast.carla.id, cast.session.id])))
    before = page.find_all("section")[0]
    assert "can no longer be sent" in before.text
    assert (
        before.find("form", action=reverse("check-in-hand-over", args=[cast.carla.id, cast.session.id, "before"]))
        is None
    )
    assert before.find("a", href=reverse("check-in-type-in", args=[cast.carla.id, cast.session.id, "before"]))
    url = reverse("check-in-hand-over", args=[cast.carla.id, cast.session.id, "before"])
    assert alma.post(url).headers["Location"] == reverse("session", args=[cast.carla.id, cast.session.id])


def test_answers_after_the_start_are_recorded_as_between_sessions(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.BEFORE, at=timezone.now(), extras=None)
    after_start = cast.session.held_at + timedelta(minutes=30)
    with patch("django.utils.timezone.now", return_value=after_start):
        assert "Your session has already started" in main(browser.get(invitation.path)).text
        assert browser.post(invitation.path, submission_data(invitation.check_in, "7")).status_code == 302
        assert "that you answered after the start" in main(browser.get(invitation.path + "sent/")).text
        # a repeated submission gets the same page
        browser.post(invitation.path, submission_data(invitation.check_in, "7"))
        assert "that you answered after the start" in main(browser.get(invitation.path + "sent/")).text
    rows = list(cast.episode.administrations.all())
    assert {(a.moment, a.therapy_session, a.at) for a in rows} == {("between", None, after_start)}
    assert {a.instrument for a in rows} == {"session_before", *BEFORE}
    record = episode_record(cast.episode, after_start)
    assert [(s.session, s.moment) for s in record.symptom_scores] == [(None, Moment.BETWEEN)]


def test_safety_answer_after_the_start_raises_an_alert(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.BEFORE, at=timezone.now())
    with patch("django.utils.timezone.now", return_value=cast.session.held_at + timedelta(hours=2)):
        browser.post(invitation.path, {"submission": "x", "item_11": "3"})
        assert "Get help now" in main(browser.get(invitation.path + "sent/")).text
    assert SafetyAlert.objects.visible_to(cast.alma).get().value == 3.0


def test_answer_a_few_minutes_late_counts_as_before(cast: Cast, browser: Browser) -> None:
    invitation = cast.invite(Moment.BEFORE, at=timezone.now())
    with patch("django.utils.timezone.now", return_value=cast.session.held_at + timedelta(minutes=10)):
        assert "has already started" not in main(browser.get(invitation.path)).text
        browser.post(invitation.path, submission_data(invitation.check_in))
    assert cast.episode.administrations.get().moment == Moment.BEFORE


# ---- the therapist's own rating --------------------------------------------------------------------------------------
def rate(cast: Cast, alma: Browser, submission: str = "r1", **items: str):
    url = reverse("session-rate", args=[cast.carla.id, cast.session.id])
    return alma.post(url, {f"item_{n}": "6" for n in range(1, 6)} | items | {"submission": submission})


def test_therapist_rating_is_stored_as_the_therapists(cast: Cast, alma: Browser) -> None:
    page = alma.get(reverse("session", args=[cast.carla.id, cast.session.id]))
    form = main(page).find(id="own-rating").find("form")
    assert len(form.find_all("fieldset")) == 5
    assert rate(cast, alma, item_1="9", item_5="2").status_code == 302
    stored = cast.episode.administrations.get()
    assert (stored.instrument, stored.respondent, stored.moment) == (
        "therapist_after",
        Respondent.THERAPIST,
        Moment.AFTER,
    )
    assert {s.scale: s.value for s in stored.scores.all()} == {"alliance": 7.0, "felt_understood": 6.0, "strain": 2.0}
    record = episode_record(cast.episode, timezone.now())
    assert record.scores("alliance") == ()
    assert [s.value for s in record.scores("alliance", respondent=Respondent.THERAPIST)] == [7.0]
    rating = main(alma.get(reverse("session", args=[cast.carla.id, cast.session.id]))).find(id="own-rating")
    assert [d.text for d in rating.find_all("dd")] == ["9", "6", "6", "6", "2"]


def test_second_rating_sets_the_first_aside_and_a_double_click_counts_once(cast: Cast, alma: Browser) -> None:
    rate(cast, alma)
    rate(cast, alma)
    assert cast.episode.administrations.count() == 1
    rate(cast, alma, "r2", item_1="1")
    rows = cast.episode.administrations
    assert rows.count() == 2
    assert rows.get(set_aside_at=None).responses.get(item=1).value == 1.0


def test_empty_and_invalid_ratings_are_refused_and_the_input_kept(cast: Cast, alma: Browser) -> None:
    url = reverse("session-rate", args=[cast.carla.id, cast.session.id])
    empty = alma.post(url, {"submission": "r"})
    assert empty.status_code == 400
    assert "The rating is empty" in main(empty).text
    wrong = rate(cast, alma, item_2="40")
    assert wrong.status_code == 400
    assert main(wrong).find("input", attrs={"name": "item_1", "value": "6"}).has_attr("checked")
    assert cast.episode.administrations.count() == 0


def test_future_session_cannot_be_rated(cast: Cast, alma: Browser) -> None:
    cast.hold_in_an_hour()
    assert rate(cast, alma).status_code == 400
    page = main(alma.get(reverse("session", args=[cast.carla.id, cast.session.id])))
    assert page.find(id="own-rating").find("form") is None
