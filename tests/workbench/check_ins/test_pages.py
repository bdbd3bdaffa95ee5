"""The therapist's pages of sessions with their check-ins."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.urls import reverse

from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.actions import invite_check_in
from securebase.workbench.therapy_sessions.actions import create_session, remove_session
from workbench.browser import Browser
from workbench.cast import NOON, Cast


def text(response) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").find("main").text.split())


LATER = {"number": "2", "date": "2026-09-08", "time": "14:00", "phase": "initial"}


def test_empty_list_says_how_to_begin(cast: Cast, alma: Browser) -> None:
    remove_session(session=cast.session, by=cast.alma)
    page = text(alma.get(reverse("client-sessions", args=[cast.carla.id])))
    assert "No sessions yet" in page
    assert "Add the first session" in page
    assert "No scores yet" in text(alma.get(reverse("client-measures", args=[cast.carla.id])))


def test_concurrent_change_of_a_session_is_reported(cast: Cast, alma: Browser) -> None:
    url = reverse("session", args=[cast.carla.id, cast.session.id])
    typed = LATER | {"number": "1", "version": "1"}
    assert alma.post(url, typed).status_code == 302
    response = alma.post(url, typed | {"time": "09:30"})
    assert response.status_code == 409
    assert "Someone else changed this" in text(response)
    assert 'value="09:30"' in response.content.decode()
    assert alma.post(url, typed | {"time": "09:30", "version": "2"}).status_code == 302


def test_only_an_empty_session_is_removed(cast: Cast, alma: Browser) -> None:
    url = reverse("session-remove", args=[cast.carla.id, cast.session.id])
    alma.post(url)
    assert cast.episode.therapy_sessions.count() == 0
    session = create_session(episode=cast.episode, by=cast.alma, number=1, held_at=NOON)
    invite_check_in(session=session, by=cast.alma, moment=Moment.BEFORE, mode="link", at=NOON)
    url = reverse("session-remove", args=[cast.carla.id, session.id])
    assert "check-ins, answers or ruptures" in text(alma.post(url, follow=True))
    assert cast.episode.therapy_sessions.count() == 1


def test_check_in_is_withdrawn_on_the_page(cast: Cast, alma: Browser) -> None:
    cast.invite()
    alma.post(reverse("check-in-withdraw", args=[cast.carla.id, cast.session.id, "before"]))
    assert cast.session.check_ins.get().state == "withdrawn"
    assert alma.post(reverse("check-in-withdraw", args=[cast.carla.id, cast.session.id, "after"])).status_code == 404
    assert alma.post(reverse("check-in-withdraw", args=[cast.carla.id, cast.session.id, "never"])).status_code == 404
