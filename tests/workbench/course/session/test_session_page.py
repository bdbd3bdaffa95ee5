"""The session page: overview, note, tools, ruptures and the next session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from securebase.ipt.shelf import worksheet
from securebase.records.vocabulary import Moment, Technique
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.course.session.queries import check_in_points, new_note_id, session_note
from securebase.workbench.inventory.actions import add_relationship
from securebase.workbench.therapy_sessions.actions import create_session
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.actions import remove_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import NOON, Cast, answers
from workbench.course.emotion_cast import save_worksheet

WEEK = timedelta(days=7)

NOTE = "session_note"


@pytest.fixture
def second(cast: Cast) -> TherapySession:
    return create_session(episode=cast.episode, by=cast.alma, number=2, held_at=NOON + WEEK)


def session_url(cast: Cast, session: TherapySession) -> str:
    return reverse("session-work", args=[cast.carla.id, session.id])


def soup(browser: Browser, url: str) -> BeautifulSoup:
    response = browser.get(url)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def words(tag: Any) -> str:
    return " ".join(tag.get_text(" ").split())


def test_empty_session_says_what_to_do(cast: Cast, alma: Browser) -> None:
    page = soup(alma, session_url(cast, cast.session))
    overview = words(page.select_one(".overview"))
    assert "No check-in yet. Open the check-in" in overview
    assert "Role dispute" in overview
    assert "Due now" in overview
    links = {a.get_text(strip=True): a["href"] for a in page.select(".overview .due-ways a")}
    back = session_url(cast, cast.session)
    assert links["risk review"] == f"{reverse('worksheet-begin', args=[cast.carla.id, 'risk_review'])}?next={back}"
    assert "Nothing yet" in words(page.select_one("#note"))
    assert page.find("a", href=reverse("session", args=[cast.carla.id, cast.session.id]))


def test_page_has_and_saves_every_field_of_the_note(cast: Cast, alma: Browser) -> None:
    page = soup(alma, session_url(cast, cast.session))
    form = page.select_one("form#note")
    assert form is not None
    names = {e["name"].split(".")[0] for e in form.select("[name]")}
    assert {f.id for f in worksheet(NOTE).fields} <= names
    assert {t.value for t in Technique} <= names
    typed = {"revision": "0", "session": str(cast.session.id), "mood": "4", "event": "She called", "role_play": "2"}
    assert alma.post(str(form["action"]), typed | {"next": session_url(cast, cast.session)}).status_code == 302
    note = session_note(cast.session)
    assert note is not None
    assert note.values == {"mood": 4.0, "event": "She called", "role_play": 2.0}
    page = soup(alma, session_url(cast, cast.session))
    assert page.select_one("input[name=revision]")["value"] == "1"  # type: ignore[index]
    assert page.select_one("input[name=role_play][value='2'][checked]")
    assert page.select_one("input[name=clarification][checked]")["value"] == ""  # type: ignore[index]


def test_two_tabs_write_one_note_and_the_second_learns_of_the_conflict(cast: Cast, alma: Browser) -> None:
    action = soup(alma, session_url(cast, cast.session)).select_one("form#note")["action"]  # type: ignore[index]
    assert soup(alma, session_url(cast, cast.session)).select_one("form#note")["action"] == action  # type: ignore[index]
    typed = {"revision": "0", "session": str(cast.session.id)}
    autosave = {"HTTP_X_AUTOSAVE": "1"}
    assert alma.post(action, typed | {"mood": "4"}, **autosave).status_code == 200
    assert alma.post(action, typed | {"mood": "7"}, **autosave).status_code == 409
    assert Artefact.objects.visible_to(cast.alma).count() == 1


def test_removed_note_is_not_written_to_again(cast: Cast) -> None:
    first = new_note_id(cast.session)
    note = save_worksheet(cast, NOTE, {"mood": "4"}, cast.session, id=first)
    remove_artefact(artefact=note, by=cast.alma, at=NOON)
    assert session_note(cast.session) is None
    assert new_note_id(cast.session) != first


def test_check_in_shows_safety_first_and_changes_since_the_last(cast: Cast, second: TherapySession) -> None:
    assert check_in_points(second) == ()
    first_check_in = cast.invite(Moment.BEFORE).check_in
    record_check_in(check_in=first_check_in, responses=answers("session_before", 4.0), submission="1", at=NOON)
    first = [p.words for p in check_in_points(cast.session)]
    assert first == ["Safety question: “No, not at all”", "Symptoms 4 of 10"]
    second_invitation = invite_check_in(session=second, by=cast.alma, moment=Moment.BEFORE, mode="link", at=NOON + WEEK)
    responses = answers("session_before", 4.0, 1.0) | {1: 9.0, 9: 1.0}
    record_check_in(check_in=second_invitation.check_in, responses=responses, submission="2", at=NOON + WEEK)
    points = check_in_points(second)
    assert [(p.words, p.tone) for p in points] == [
        ("Safety question: “It crossed my mind”", "alert"),
        ("Symptoms 5 of 10, 1 point higher than last time", ""),
        ("Low mood 9, was 4", ""),
        ("Loneliness 1, was 4", ""),
    ]


def test_agreed_experiment_comes_first_with_its_outcomes(cast: Cast, alma: Browser, second: TherapySession) -> None:
    save_worksheet(cast, NOTE, {"experiment_next": "Ask her for one evening", "next_time": "Her sister"}, cast.session)
    page = soup(alma, session_url(cast, second))
    agreed_experiment = page.select_one(".agreed")
    assert "Agreed in session 1 Ask her for one evening" in words(agreed_experiment)
    values = [i["value"] for i in agreed_experiment.select("input[name=experiment_outcome]")]  # type: ignore[union-attr]
    assert values == ["done", "partly", "not", "none_planned", ""]
    assert "Reminder Her sister" in words(page.select_one(".overview"))
    # the session in which it was agreed does not ask for its outcome
    assert not soup(alma, session_url(cast, cast.session)).select_one(".agreed")


def test_focus_shows_the_state_of_the_work(cast: Cast, alma: Browser) -> None:
    save_worksheet(cast, "role_dispute", {"issue": "Who decides", "stage": "impasse"})
    assert "Role dispute Impasse; Who decides" in words(
        soup(alma, session_url(cast, cast.session)).select_one(".overview")
    )


def test_tools_open_for_this_session_with_values_of_earlier_ones(cast: Cast, alma: Browser) -> None:
    typed = {"what_happened": "She hung up on me", "mood_before": "6", "mood_after": "3"}
    mother = add_relationship(episode=cast.episode, by=cast.alma, name_shown="Mother", at=NOON)
    incident = save_worksheet(cast, "incident", typed, cast.session, about=mother.id)
    page = soup(alma, session_url(cast, cast.session))
    tools = {a.get_text(" ").split("  ")[0].strip(): str(a["href"]) for a in page.select(".tool-key")}
    assert next(iter(tools)) == "Role dispute"
    response = alma.get(tools["Communication analysis"], follow=True)
    worksheet_page = BeautifulSoup(response.content, "html.parser")
    assert worksheet_page.select_one("input[name=about_what]")["value"] == "She hung up on me"  # type: ignore[index]
    assert worksheet_page.select_one(f"select[name=session] option[selected][value='{cast.session.id}']")
    assert worksheet_page.find("a", href=session_url(cast, cast.session), string="Back")
    assert response.context["about_id"] == str(incident.about)
    list_here = page.select_one("#part-here").parent  # type: ignore[union-attr]
    assert "She hung up on me interpersonal incident" in words(list_here)


def test_next_session_is_planned_at_the_same_local_time(cast: Cast, alma: Browser) -> None:
    # clocks go back on 25 October 2026 in the time zone of the tests
    second = create_session(
        episode=cast.episode, by=cast.alma, number=2, held_at=datetime(2026, 10, 20, 12, tzinfo=UTC)
    )
    page = soup(alma, session_url(cast, second))
    form = page.select_one("#next-session form")
    assert form is not None
    typed = {i["name"]: i["value"] for i in form.select("input[type=date], input[type=time]")}
    assert typed == {"date": "2026-10-27", "time": "14:00"}
    assert alma.post(str(form["action"]), typed).headers["Location"] == session_url(cast, second)
    created = cast.episode.therapy_sessions.get(number=3)
    assert created.held_at == datetime(2026, 10, 27, 13, tzinfo=UTC)
    page = soup(alma, session_url(cast, second)).select_one("#next-session")
    assert "Session 3 , Tuesday 27 October, 14:00" in words(page)
    assert not page.select("form")  # type: ignore[union-attr]
    response = alma.post(str(form["action"]), typed, follow=True)
    assert "session number 3 is already taken" in response.content.decode().lower()
    assert cast.episode.therapy_sessions.count() == 3


@pytest.mark.parametrize("date", ["", "2020-01-01", "2040-01-01"])
def test_invalid_day_is_refused_with_a_message(cast: Cast, alma: Browser, date: str) -> None:
    url = reverse("session-plan-next", args=[cast.carla.id, cast.session.id])
    response = alma.post(url, {"date": date, "time": "14:35"})
    assert response.status_code == 400
    assert "Not planned." in response.content.decode()
    fields = {i["name"]: i["value"] for i in BeautifulSoup(response.content, "html.parser").select(".when input")}
    assert (fields["date"], fields["time"]) == (date, "14:35")
    assert cast.episode.therapy_sessions.count() == 1


def test_rupture_is_marked_in_one_tap_without_leaving_the_page(
    cast: Cast, alma: Browser, second: TherapySession
) -> None:
    first_url, second_url = session_url(cast, cast.session), session_url(cast, second)
    mark = reverse("rupture-mark", args=[cast.carla.id, cast.session.id])
    assert alma.post(mark, {"kind": "withdrawal", "next": first_url}).headers["Location"] == first_url
    rupture = cast.session.ruptures.get()
    assert "open since session 1" in words(soup(alma, second_url).select_one("#strain"))
    repair = reverse("rupture-repair", args=[cast.carla.id, rupture.id])
    alma.post(repair, {"session": str(second.id), "next": second_url})
    assert "open since" not in words(soup(alma, second_url).select_one("#strain"))
    assert "repaired in session 2" in words(soup(alma, first_url).select_one("#strain"))
    remove = reverse("rupture-remove", args=[cast.carla.id, rupture.id])
    assert alma.post(remove, {"next": "//elsewhere.example/"}).headers["Location"].endswith(f"{cast.session.id}/")


def test_session_with_a_note_cannot_be_removed(cast: Cast, alma: Browser) -> None:
    save_worksheet(cast, NOTE, {"mood": "4"}, cast.session)
    url = reverse("session-remove", args=[cast.carla.id, cast.session.id])
    assert "has a note or a worksheet" in alma.post(url, follow=True).content.decode()
    assert cast.episode.therapy_sessions.count() == 1


def test_lists_link_to_the_session_page(cast: Cast, alma: Browser) -> None:
    sessions = soup(alma, reverse("client-sessions", args=[cast.carla.id]))
    assert sessions.find("a", href=session_url(cast, cast.session), string="Session 1")
    client = soup(alma, reverse("client", args=[cast.carla.id]))
    assert client.find("a", href=session_url(cast, cast.session))
    assert soup(alma, reverse("session", args=[cast.carla.id, cast.session.id])).find(
        "a", href=session_url(cast, cast.session)
    )


def test_second_note_of_a_session_is_listed(cast: Cast, alma: Browser) -> None:
    save_worksheet(cast, NOTE, {"event": "First"}, cast.session)
    assert "First" not in words(soup(alma, session_url(cast, cast.session)).select_one("#part-here").parent)
    save_worksheet(cast, NOTE, {"event": "Second"}, cast.session, at=NOON + timedelta(hours=1))
    page = soup(alma, session_url(cast, cast.session))
    assert page.select_one("input[name=event]")["value"] == "First"  # type: ignore[index]
    assert "Second session note" in words(page.select_one("#part-here").parent)
