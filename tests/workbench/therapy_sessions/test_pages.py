"""The therapist's pages that add sessions, and mark ruptures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from workbench.browser import Browser
from workbench.cast import NOON, Cast

LATER = {"number": "2", "date": "2026-09-08", "time": "14:00", "phase": "initial"}


def text(response) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").find("main").text.split())


def test_first_session_is_proposed_as_held_on_the_day_the_therapy_began(cast: Cast, alma: Browser) -> None:
    cast.episode.therapy_sessions.all().delete()
    soup = BeautifulSoup(alma.get(reverse("session-new", args=[cast.carla.id])).content, "html.parser")
    proposed = {name: soup.find("input", attrs={"name": name})["value"] for name in ("number", "date", "time")}
    assert proposed["date"] == cast.episode.began_on.isoformat()
    alma.post(reverse("session-new", args=[cast.carla.id]), {**proposed, "phase": "initial"})
    session = cast.episode.therapy_sessions.get()
    assert (session.number, session.held_at <= timezone.now(), session.held_at.minute) == (1, True, 0)


def test_next_session_is_proposed_a_week_after_the_last(cast: Cast, alma: Browser) -> None:
    soup = BeautifulSoup(alma.get(reverse("session-new", args=[cast.carla.id])).content, "html.parser")
    proposed = {name: soup.find("input", attrs={"name": name})["value"] for name in ("number", "date", "time")}
    assert proposed == {"number": "2", "date": "2026-09-08", "time": "14:00"}
    response = alma.post(reverse("session-new", args=[cast.carla.id]), LATER)
    result = cast.episode.therapy_sessions.get(number=2)
    assert response.headers["Location"] == reverse("session-work", args=[cast.carla.id, result.id])
    assert result.held_at == NOON + timedelta(days=7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"number": "1"}, "already taken"),
        ({"number": "0"}, "Enter a whole number from 1 to 200."),
        ({"date": "2026-08-31"}, "The therapy began on"),
        ({"date": "2199-01-01"}, "more than a year ahead"),
        ({"number": "1"}, "Session number 1 is already taken"),
        ({"date": "soon"}, "valid date"),
        ({"time": "25:00"}, "valid time"),
    ],
)
def test_invalid_session_is_refused_with_the_reason(
    cast: Cast, alma: Browser, wrong: dict[str, str], message: str
) -> None:
    response = alma.post(reverse("session-new", args=[cast.carla.id]), LATER | wrong)
    assert response.status_code == 400
    assert message in text(response)
    assert cast.episode.therapy_sessions.count() == 1


def test_rupture_is_marked_repaired_and_removed(cast: Cast, alma: Browser) -> None:
    page = reverse("session", args=[cast.carla.id, cast.session.id])
    mark = reverse("rupture-mark", args=[cast.carla.id, cast.session.id])
    alma.post(mark, {"kind": "sulking"})
    assert cast.session.ruptures.count() == 0
    alma.post(mark, {"kind": "withdrawal"})
    rupture = cast.session.ruptures.get()
    assert rupture.marked_at == cast.session.held_at
    assert "open until a repair is recorded" in text(alma.get(page))
    alma.post(reverse("rupture-repair", args=[cast.carla.id, rupture.id]), {"session": str(cast.session.id)})
    assert "repaired in session 1" in text(alma.get(page))
    assert "withdrawal, repaired" in text(alma.get(reverse("client-sessions", args=[cast.carla.id])))
    alma.post(reverse("rupture-remove", args=[cast.carla.id, rupture.id]))
    assert cast.session.ruptures.count() == 0
