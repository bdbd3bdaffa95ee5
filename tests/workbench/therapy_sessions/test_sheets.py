"""What was filled in on paper has the moment of the sheet, not that of typing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from securebase.errors import InputError
from securebase.measurement.catalogue import instrument
from securebase.records.vocabulary import Moment
from securebase.workbench.casefile import episode_record
from securebase.workbench.therapy_sessions import actions
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.therapy_sessions.sheets import completion_time
from workbench.cast import BEGAN, NOON, Cast

WEEK = timedelta(days=7)


@pytest.fixture
def three(cast: Cast) -> list[TherapySession]:
    """Sessions a week apart at noon in Greenwich, the first on the day the therapy began."""
    later = [
        actions.create_session(episode=cast.episode, by=cast.alma, number=n, held_at=NOON + (n - 1) * WEEK)
        for n in (2, 3)
    ]
    return [cast.session, *later]


def sheet(moment: str, **more: str) -> dict[str, str]:
    items = instrument(f"session_{moment}").items
    return {f"item_{i.number}": "0" if i.options else "4" for i in items} | {"submission": "s"} | more


def address(cast: Cast, session: TherapySession, moment: str) -> str:
    return reverse("check-in-type-in", args=[cast.carla.id, session.id, moment])


def test_sheets_typed_in_all_at_once_stand_where_they_were_filled_in(
    cast: Cast, alma: Browser, three: list[TherapySession]
) -> None:
    # the last sheets first: the order of typing says nothing
    for session in reversed(three):
        for moment in ("after", "before"):
            url = address(cast, session, moment)
            proposed = BeautifulSoup(alma.get(url).content, "html.parser").find("input", attrs={"name": "date"})
            assert proposed["value"] == timezone.localdate(session.held_at).isoformat()
            typed = sheet(moment, date=proposed["value"], submission=f"{session.number}{moment}")
            assert alma.post(url, typed).status_code == 302
    record = episode_record(cast.episode, timezone.now())
    assert [(a.session, a.moment.value) for a in record.administrations] == [
        (n, moment) for n in (1, 2, 3) for moment in ("before", "after")
    ]
    for given in record.administrations:
        assert given.session is not None
        held = next(s.at for s in record.sessions if s.number == given.session)
        assert 0 < (given.at - held if given.moment is Moment.AFTER else held - given.at) < 0.1


@pytest.mark.parametrize(
    ("number", "moment", "day", "said"),
    [
        (2, "before", "2026-09-09", "A sheet from before session 2 cannot be filled in after it (8 September 2026)"),
        (3, "before", "2026-09-07", "session 2 (8 September 2026) had not been held yet"),
        (2, "after", "2026-09-07", "A sheet from after session 2 cannot be filled in before it"),
        (1, "after", "2026-09-09", "session 2 (8 September 2026) had been held already"),
        (1, "before", "2026-08-31", "Choose that day or a later one"),
        (1, "after", "2099-01-01", "still to come"),
        (1, "after", "", "required"),
    ],
)
def test_a_day_that_contradicts_the_moment_is_refused_and_what_was_typed_stays(
    cast: Cast, alma: Browser, three: list[TherapySession], number: int, moment: str, day: str, said: str
) -> None:
    answer = alma.post(address(cast, three[number - 1], moment), sheet(moment, item_1="7", date=day))
    assert answer.status_code == 400
    soup = BeautifulSoup(answer.content, "html.parser")
    assert said in " ".join(soup.find("main").text.split())
    assert soup.find("input", attrs={"name": "item_1"})["value"] == "7"
    assert cast.episode.administrations.count() == 0
    assert cast.episode.therapy_sessions.filter(check_ins__isnull=False).count() == 0


def test_nothing_is_filled_in_after_a_session_that_is_still_to_come(cast: Cast, alma: Browser) -> None:
    ahead = actions.create_session(
        episode=cast.episode, by=cast.alma, number=2, held_at=timezone.now() + timedelta(days=2)
    )
    url = address(cast, ahead, "after")
    assert "is planned for" in alma.get(url).content.decode()
    answer = alma.post(url, sheet("after", date=timezone.localdate().isoformat()))
    assert answer.status_code == 400
    assert "correct its date first" in answer.content.decode()
    assert cast.episode.administrations.count() == 0
    page = alma.get(reverse("session", args=[cast.carla.id, ahead.id])).content.decode()
    assert "This session is still to come" in page
    # before it, a sheet of today is fine
    assert (
        alma.post(address(cast, ahead, "before"), sheet("before", date=timezone.localdate().isoformat())).status_code
        == 302
    )
    assert cast.episode.administrations.get().at <= timezone.now()


def test_a_questionnaire_of_a_session_keeps_its_side_of_it_too(
    cast: Cast, alma: Browser, three: list[TherapySession]
) -> None:
    url = reverse("type-in", args=[cast.carla.id, "phq9"])
    typed = {f"item_{n}": "1" for n in range(1, 9)} | {"item_9": "0", "session": str(three[1].id), "submission": "s"}
    answer = alma.post(url, typed | {"moment": "before", "date": "2026-09-20"})
    assert answer.status_code == 400
    assert "cannot be filled in after it" in answer.content.decode()
    assert alma.post(url, typed | {"moment": "before", "date": "2026-09-08"}).status_code == 302
    assert cast.episode.administrations.get().at == three[1].held_at - timedelta(minutes=14)


@pytest.mark.django_db
def test_every_day_that_is_allowed_keeps_the_order_of_sessions_and_sheets(
    cast: Cast, three: list[TherapySession]
) -> None:
    now = datetime(2026, 10, 1, 12, tzinfo=NOON.tzinfo)
    tried = 0
    for session in three:
        for offset in range(-3, 30):
            day: date = BEGAN + timedelta(days=max(offset, 0))
            for moment in (Moment.BEFORE, Moment.AFTER):
                try:
                    at = completion_time(episode=cast.episode, session=session, moment=moment, day=day, now=now)
                except InputError:
                    continue
                tried += 1
                earlier = [s for s in three if s.held_at < at]
                assert len(earlier) == session.number - (moment is Moment.BEFORE)
                assert BEGAN <= timezone.localtime(at).date() <= timezone.localdate(now)
    assert tried > 40
