"""The page of a session: what is said at a glance, the note, the tools, strain, the next session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.urls import reverse

from securebase.ipt.shelf import worksheet
from securebase.records.vocabulary import Moment, Technique
from securebase.workbench.course.session_queries import NOTE, check_in_points, new_note_id, note_of
from securebase.workbench.inventory.actions import add_relationship
from securebase.workbench.therapy_sessions import actions
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.actions import remove_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import NOON, Cast, answers
from workbench.course.emotion_cast import filled

WEEK = timedelta(days=7)


@pytest.fixture
def second(cast: Cast) -> TherapySession:
    return actions.create_session(episode=cast.episode, by=cast.alma, number=2, held_at=NOON + WEEK)


def address(cast: Cast, session: TherapySession) -> str:
    return reverse("session-work", args=[cast.carla.id, session.id])


def soup(browser: Browser, url: str) -> BeautifulSoup:
    answer = browser.get(url)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def words(tag: Any) -> str:
    return " ".join(tag.get_text(" ").split())


def test_an_empty_session_says_what_to_do(cast: Cast, alma: Browser) -> None:
    page = soup(alma, address(cast, cast.session))
    overview = words(page.select_one(".overview"))
    assert "No check-in yet. Open the check-in" in overview
    assert "Role dispute" in overview
    assert "Due by now" in overview
    ways = {a.get_text(strip=True): a["href"] for a in page.select(".overview .due-ways a")}
    back = address(cast, cast.session)
    assert ways["risk review"] == f"{reverse('worksheet-begin', args=[cast.carla.id, 'risk_review'])}?next={back}"
    assert "Nothing noted yet" in words(page.select_one("#note"))
    assert page.find("a", href=reverse("session", args=[cast.carla.id, cast.session.id]))


def test_every_field_of_the_note_is_on_the_page_and_is_kept_by_its_form(cast: Cast, alma: Browser) -> None:
    page = soup(alma, address(cast, cast.session))
    form = page.select_one("form#note")
    assert form is not None
    names = {e["name"].split(".")[0] for e in form.select("[name]")}
    assert {f.id for f in worksheet(NOTE).fields} <= names
    assert {t.value for t in Technique} <= names
    typed = {"revision": "0", "session": str(cast.session.id), "mood": "4", "event": "She called", "role_play": "2"}
    assert alma.post(str(form["action"]), typed | {"next": address(cast, cast.session)}).status_code == 302
    note = note_of(cast.session)
    assert note is not None
    assert note.values == {"mood": 4.0, "event": "She called", "role_play": 2.0}
    again = soup(alma, address(cast, cast.session))
    assert again.select_one("input[name=revision]")["value"] == "1"  # type: ignore[index]
    assert again.select_one("input[name=role_play][value='2'][checked]")
    assert not again.select("input[name=clarification][checked]")


def test_two_tabs_that_begin_a_note_write_into_one_and_the_later_is_told(cast: Cast, alma: Browser) -> None:
    action = soup(alma, address(cast, cast.session)).select_one("form#note")["action"]  # type: ignore[index]
    assert soup(alma, address(cast, cast.session)).select_one("form#note")["action"] == action  # type: ignore[index]
    typed = {"revision": "0", "session": str(cast.session.id)}
    quiet = {"HTTP_X_AUTOSAVE": "1"}
    assert alma.post(action, typed | {"mood": "4"}, **quiet).status_code == 200
    assert alma.post(action, typed | {"mood": "7"}, **quiet).status_code == 409
    assert Artefact.objects.visible_to(cast.alma).count() == 1


def test_a_removed_note_is_not_written_into_again(cast: Cast) -> None:
    first = new_note_id(cast.session)
    note = filled(cast, NOTE, {"mood": "4"}, cast.session, id=first)
    remove_artefact(artefact=note, by=cast.alma, at=NOON)
    assert note_of(cast.session) is None
    assert new_note_id(cast.session) != first


def test_the_check_in_is_told_with_safety_first_and_against_the_last_one(cast: Cast, second: TherapySession) -> None:
    assert check_in_points(second) == ()
    before = cast.invite(Moment.BEFORE).check_in
    actions.record_check_in(check_in=before, responses=answers("session_before", 4.0), submission="1", at=NOON)
    alone = [p.words for p in check_in_points(cast.session)]
    assert alone == ["Thoughts of death or self-harm: no, not at all", "Symptoms 4 of 10"]
    now = actions.invite_check_in(session=second, by=cast.alma, moment=Moment.BEFORE, mode="link", at=NOON + WEEK)
    given = answers("session_before", 4.0, 1.0) | {1: 9.0, 9: 1.0}
    actions.record_check_in(check_in=now.check_in, responses=given, submission="2", at=NOON + WEEK)
    told = check_in_points(second)
    assert [(p.words, p.tone) for p in told] == [
        ("Thoughts of death or self-harm: it crossed my mind", "alert"),
        ("Symptoms 5 of 10, 1 point higher than last time", ""),
        ("Low mood 9, was 4", ""),
        ("Loneliness 1, was 4", ""),
    ]


def test_the_last_sessions_experiment_stands_first_with_its_outcome_to_tap(
    cast: Cast, alma: Browser, second: TherapySession
) -> None:
    filled(cast, NOTE, {"experiment_next": "Ask her for one evening", "next_time": "Her sister"}, cast.session)
    page = soup(alma, address(cast, second))
    agreed = page.select_one(".agreed")
    assert "Agreed in session 1 Ask her for one evening" in words(agreed)
    values = [i["value"] for i in agreed.select("input[name=experiment_outcome]")]  # type: ignore[union-attr]
    assert values == ["done", "partly", "not", "none_planned"]
    assert "Remember Her sister" in words(page.select_one(".overview"))
    # the session that agreed it does not ask what came of it
    assert not soup(alma, address(cast, cast.session)).select_one(".agreed")


def test_the_focus_says_where_the_work_stands(cast: Cast, alma: Browser) -> None:
    filled(cast, "role_dispute", {"issue": "Who decides", "stage": "impasse"})
    assert "Role dispute Impasse; Who decides" in words(soup(alma, address(cast, cast.session)).select_one(".overview"))


def test_tools_open_for_this_session_come_back_here_and_go_on_from_one_to_the_next(cast: Cast, alma: Browser) -> None:
    typed = {"what_happened": "She hung up on me", "mood_before": "6", "mood_after": "3"}
    mother = add_relationship(episode=cast.episode, by=cast.alma, name_shown="Mother", at=NOON)
    incident = filled(cast, "incident", typed, cast.session, about=mother.id)
    page = soup(alma, address(cast, cast.session))
    tools = {a.get_text(" ").split("  ")[0].strip(): str(a["href"]) for a in page.select(".tool-key")}
    assert next(iter(tools)) == "Role dispute"
    opened = alma.get(tools["Communication analysis"], follow=True)
    sheet = BeautifulSoup(opened.content, "html.parser")
    assert sheet.select_one("input[name=about_what]")["value"] == "She hung up on me"  # type: ignore[index]
    assert sheet.select_one(f"select[name=session] option[selected][value='{cast.session.id}']")
    assert sheet.find("a", href=address(cast, cast.session), string="Back")
    assert opened.context["about_id"] == str(incident.about)
    listed = page.select_one("#part-here").parent  # type: ignore[union-attr]
    assert "She hung up on me interpersonal incident" in words(listed)


def test_the_next_session_is_planned_at_the_same_hour_of_the_clock(cast: Cast, alma: Browser) -> None:
    # the clocks of the tests' time zone go back on 25 October 2026
    before = actions.create_session(
        episode=cast.episode, by=cast.alma, number=2, held_at=datetime(2026, 10, 20, 12, tzinfo=UTC)
    )
    page = soup(alma, address(cast, before))
    form = page.select_one("#next-session form")
    assert form is not None
    typed = {i["name"]: i["value"] for i in form.select("input[type=date], input[type=time]")}
    assert typed == {"date": "2026-10-27", "time": "14:00"}
    assert alma.post(str(form["action"]), typed).headers["Location"] == address(cast, before)
    made = cast.episode.therapy_sessions.get(number=3)
    assert made.held_at == datetime(2026, 10, 27, 13, tzinfo=UTC)
    again = soup(alma, address(cast, before)).select_one("#next-session")
    assert "Session 3 , Tuesday 27 October, 14:00" in words(again)
    assert not again.select("form")  # type: ignore[union-attr]
    answer = alma.post(str(form["action"]), typed, follow=True)
    assert "session number 3 is already taken" in answer.content.decode().lower()
    assert cast.episode.therapy_sessions.count() == 3


@pytest.mark.parametrize("date", ["", "2020-01-01", "2040-01-01"])
def test_a_day_that_cannot_be_is_refused_in_words(cast: Cast, alma: Browser, date: str) -> None:
    url = reverse("session-plan-next", args=[cast.carla.id, cast.session.id])
    answer = alma.post(url, {"date": date, "time": "14:00"}, follow=True)
    assert "The next session is not planned yet." in answer.content.decode()
    assert cast.episode.therapy_sessions.count() == 1


def test_strain_is_marked_by_one_tap_and_the_page_stays(cast: Cast, alma: Browser, second: TherapySession) -> None:
    here, later = address(cast, cast.session), address(cast, second)
    mark = reverse("rupture-mark", args=[cast.carla.id, cast.session.id])
    assert alma.post(mark, {"kind": "withdrawal", "next": here}).headers["Location"] == here
    rupture = cast.session.ruptures.get()
    assert "open since session 1" in words(soup(alma, later).select_one("#strain"))
    repair = reverse("rupture-repair", args=[cast.carla.id, rupture.id])
    alma.post(repair, {"session": str(second.id), "next": later})
    assert "open since" not in words(soup(alma, later).select_one("#strain"))
    assert "repaired in session 2" in words(soup(alma, here).select_one("#strain"))
    remove = reverse("rupture-remove", args=[cast.carla.id, rupture.id])
    assert alma.post(remove, {"next": "//elsewhere.example/"}).headers["Location"].endswith(f"{cast.session.id}/")


def test_a_session_with_a_note_cannot_be_removed(cast: Cast, alma: Browser) -> None:
    filled(cast, NOTE, {"mood": "4"}, cast.session)
    url = reverse("session-remove", args=[cast.carla.id, cast.session.id])
    assert "has a note or a worksheet" in alma.post(url, follow=True).content.decode()
    assert cast.episode.therapy_sessions.count() == 1


def test_lists_lead_to_the_page(cast: Cast, alma: Browser) -> None:
    sessions = soup(alma, reverse("client-sessions", args=[cast.carla.id]))
    assert sessions.find("a", href=address(cast, cast.session), string="Session 1")
    client = soup(alma, reverse("client", args=[cast.carla.id]))
    assert client.find("a", href=address(cast, cast.session))
    assert soup(alma, reverse("session", args=[cast.carla.id, cast.session.id])).find(
        "a", href=address(cast, cast.session)
    )


def test_a_second_note_of_a_session_is_listed_and_not_lost_from_sight(cast: Cast, alma: Browser) -> None:
    filled(cast, NOTE, {"event": "First"}, cast.session)
    assert "First" not in words(soup(alma, address(cast, cast.session)).select_one("#part-here").parent)
    filled(cast, NOTE, {"event": "Second"}, cast.session, at=NOON + timedelta(hours=1))
    page = soup(alma, address(cast, cast.session))
    assert page.select_one("input[name=event]")["value"] == "First"  # type: ignore[index]
    assert "Second session note" in words(page.select_one("#part-here").parent)
