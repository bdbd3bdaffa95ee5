"""Paper forms are recorded at their completion time, not when they are typed in."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from securebase.errors import InputError
from securebase.measurement.catalogue import instrument
from securebase.records.vocabulary import Moment
from securebase.workbench.casefile import episode_record
from securebase.workbench.measures.paper_forms import completion_time
from securebase.workbench.therapy_sessions.actions import create_session
from securebase.workbench.therapy_sessions.models import TherapySession
from workbench.browser import Browser
from workbench.cast import BEGAN, NOON, Cast

WEEK = timedelta(days=7)


@pytest.fixture
def weekly_sessions(cast: Cast) -> list[TherapySession]:
    """Provide three weekly sessions at noon UTC, the first on the day on which the therapy began."""
    later = [
        create_session(episode=cast.episode, by=cast.alma, number=n, held_at=NOON + (n - 1) * WEEK) for n in (2, 3)
    ]
    return [cast.session, *later]


def form_data(moment: str, **more: str) -> dict[str, str]:
    items = instrument(f"session_{moment}").items
    return {f"item_{i.number}": "0" if i.options else "4" for i in items} | {"submission": "s"} | more


def type_in_url(cast: Cast, session: TherapySession, moment: str) -> str:
    return reverse("check-in-type-in", args=[cast.carla.id, session.id, moment])


def test_forms_typed_in_together_get_their_completion_times(
    cast: Cast, alma: Browser, weekly_sessions: list[TherapySession]
) -> None:
    # type in the last forms first, because their order must not matter
    for session in reversed(weekly_sessions):
        for moment in ("after", "before"):
            url = type_in_url(cast, session, moment)
            date_field = BeautifulSoup(alma.get(url).content, "html.parser").find("input", attrs={"name": "date"})
            assert date_field["value"] == timezone.localdate(session.held_at).isoformat()
            typed = form_data(moment, date=date_field["value"], submission=f"{session.number}{moment}")
            assert alma.post(url, typed).status_code == 302
    record = episode_record(cast.episode, timezone.now())
    assert [(a.session, a.moment.value) for a in record.administrations] == [
        (n, moment) for n in (1, 2, 3) for moment in ("before", "after")
    ]
    for administration in record.administrations:
        assert administration.session is not None
        held_at = next(s.at for s in record.sessions if s.number == administration.session)
        difference = administration.at - held_at
        assert 0 < (difference if administration.moment is Moment.AFTER else -difference) < 0.1


@pytest.mark.parametrize(
    ("number", "moment", "day", "message"),
    [
        (2, "before", "2026-09-09", "A form from before session 2 cannot be completed after it (8 September 2026)"),
        (3, "before", "2026-09-07", "Session 2 (8 September 2026) had not been held on that day"),
        (2, "after", "2026-09-07", "A form from after session 2 cannot be completed before it"),
        (1, "after", "2026-09-09", "Session 2 (8 September 2026) had already been held on that day"),
        (1, "before", "2026-08-31", "Choose that day or a later one"),
        (1, "after", "2099-01-01", "in the future"),
        (1, "after", "", "required"),
    ],
)
def test_day_that_contradicts_the_moment_is_refused_and_the_input_kept(
    cast: Cast, alma: Browser, weekly_sessions: list[TherapySession], number: int, moment: str, day: str, message: str
) -> None:
    response = alma.post(
        type_in_url(cast, weekly_sessions[number - 1], moment), form_data(moment, item_1="7", date=day)
    )
    assert response.status_code == 400
    soup = BeautifulSoup(response.content, "html.parser")
    assert message in " ".join(soup.find("main").text.split())
    assert soup.find("input", attrs={"name": "item_1"})["value"] == "7"
    assert cast.episode.administrations.count() == 0
    assert cast.episode.therapy_sessions.filter(check_ins__isnull=False).count() == 0


def test_form_from_after_a_future_session_is_refused(cast: Cast, alma: Browser) -> None:
    planned = create_session(episode=cast.episode, by=cast.alma, number=2, held_at=timezone.now() + timedelta(days=2))
    url = type_in_url(cast, planned, "after")
    assert "is planned for" in alma.get(url).content.decode()
    response = alma.post(url, form_data("after", date=timezone.localdate().isoformat()))
    assert response.status_code == 400
    assert "correct its date first" in response.content.decode()
    assert cast.episode.administrations.count() == 0
    page = alma.get(reverse("session", args=[cast.carla.id, planned.id])).content.decode()
    assert "This session has not taken place yet" in page
    # a form from before it may be dated today
    assert (
        alma.post(
            type_in_url(cast, planned, "before"), form_data("before", date=timezone.localdate().isoformat())
        ).status_code
        == 302
    )
    assert cast.episode.administrations.get().at <= timezone.now()


def test_questionnaire_of_a_session_stays_before_or_after_it(
    cast: Cast, alma: Browser, weekly_sessions: list[TherapySession]
) -> None:
    url = reverse("type-in", args=[cast.carla.id, "phq9"])
    typed = {f"item_{n}": "1" for n in range(1, 9)} | {
        "item_9": "0",
        "session": str(weekly_sessions[1].id),
        "submission": "s",
    }
    response = alma.post(url, typed | {"moment": "before", "date": "2026-09-20"})
    assert response.status_code == 400
    assert "cannot be completed after it" in response.content.decode()
    assert alma.post(url, typed | {"moment": "before", "date": "2026-09-08"}).status_code == 302
    assert cast.episode.administrations.get().at == weekly_sessions[1].held_at - timedelta(minutes=14)


@pytest.mark.django_db
def test_every_allowed_day_keeps_the_order_of_sessions_and_forms(
    cast: Cast, weekly_sessions: list[TherapySession]
) -> None:
    now = datetime(2026, 10, 1, 12, tzinfo=NOON.tzinfo)
    n_valid = 0
    for session in weekly_sessions:
        for offset in range(-3, 30):
            day: date = BEGAN + timedelta(days=max(offset, 0))
            for moment in (Moment.BEFORE, Moment.AFTER):
                try:
                    at = completion_time(episode=cast.episode, session=session, moment=moment, day=day, now=now)
                except InputError:
                    continue
                n_valid += 1
                earlier = [s for s in weekly_sessions if s.held_at < at]
                assert len(earlier) == session.number - (moment is Moment.BEFORE)
                assert BEGAN <= timezone.localtime(at).date() <= timezone.localdate(now)
    assert n_valid > 40
