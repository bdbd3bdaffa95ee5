"""Carla's course with completed worksheets, for tests of the course pages."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from bs4 import BeautifulSoup
from django.urls import reverse

from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.clients.models import Client
from securebase.workbench.therapy_sessions.actions import create_session
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.actions import save_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import NOON, Cast, answers


def save_worksheet(
    cast: Cast, kind: str, session: TherapySession | None = None, /, *, about: uuid.UUID | None = None, **typed: Any
) -> Artefact:
    """Save a completed worksheet as its page would."""
    spec = worksheet(kind)
    filled = parse_values(spec, typed)
    assert not filled.unread
    return save_artefact(
        id=uuid.uuid4(),
        episode=cast.episode,
        worksheet=kind,
        by=cast.alma,
        filled=filled,
        revision=0,
        at=NOON,
        session=session,
        about=about,
    )


def create_sessions(cast: Cast, count: int = 6) -> list[TherapySession]:
    """Create weekly sessions 1 to `count`, each with a check-in before it."""
    sessions = [cast.session]
    for number in range(2, count + 1):
        at = NOON + timedelta(days=7 * (number - 1))
        sessions.append(create_session(episode=cast.episode, by=cast.alma, number=number, held_at=at))
    for session in sessions:
        invitation = invite_check_in(
            session=session, by=cast.alma, moment=Moment.BEFORE, mode=CheckInMode.DEVICE, at=session.held_at
        )
        record_check_in(
            check_in=invitation.check_in,
            responses=answers("session_before", 8.0 - session.number),
            submission=str(session.number),
            at=session.held_at,
        )
    return sessions


def create_full_course(cast: Cast) -> list[TherapySession]:
    """Create a timeline, a focus, a formulation, a dispute over three sessions, and an ending."""
    sessions = create_sessions(cast)
    save_worksheet(cast, "onset", began_on="2026-05-10", worse_on="2026-07-20", what="The move")
    events = (
        ("Job in another town", "2026-02-01", "8", "mixed", "dependent"),
        ("Mother’s operation", "2026-03-15", "6", "hard", "independent"),
        ("Big row about the flat", "2026-04-20", "7", "hard", "unclear"),
        ("First choir evening", "2026-09-20", "4", "good", "dependent"),
        ("Father died", "2009-11-02", "9", "hard", "independent"),
    )
    for event, day, weight, side, dependent in events:
        save_worksheet(cast, "life_event", what=event, happened_on=day, weight=weight, side=side, dependent=dependent)
    save_worksheet(cast, "life_event", what="An argument without a day")
    save_worksheet(cast, "life_role", role="Team lead", from_on="2026-03-01", feels="heavy")
    save_worksheet(
        cast, "life_role", role="Living with sister", from_on="2020-05-01", to_on="2026-02-20", feels="at_home"
    )
    save_worksheet(cast, "medication", name="Sertraline", dose="50 mg", from_on="2026-08-01")
    save_worksheet(
        cast,
        "history",
        earlier_episodes=[{"from": "2009-12-01", "to": "2010-06-01", "what_happened": "After father’s death"}],
    )
    save_worksheet(cast, "diagnosis", name="Depressive episode", severity="moderate", since="2026-05-10")
    save_worksheet(cast, "contract", goals=[{"goal": "Talk with Ben about the flat"}], sessions="14", days_between="7")
    save_worksheet(
        cast, "problem_area", evidence=[{"area": "role_dispute", "speaks_for": "The row"}], chosen=["role_dispute"]
    )
    save_worksheet(
        cast,
        "formulation",
        stressor="we moved and began to fight about everything",
        vulnerability="I have always swallowed my anger",
        support="My sister is two hours away now",
        symptoms="I don’t sleep and cry at work",
        narrative="We moved and began to fight.",
    )
    stages = (("impasse", "7", "8", "9"), ("impasse", "6", "8", "8"), ("renegotiation", "8", "4", "6"))
    for session, (stage, hostility, withdrawal, gap) in zip(sessions[2:], stages, strict=False):
        save_worksheet(
            cast,
            "role_dispute",
            session,
            issue="Who decides about the flat",
            stage=stage,
            hostility=hostility,
            withdrawal=withdrawal,
            gap=gap,
            client_expects="To be asked",
        )
        save_worksheet(cast, "focus_review", session, problem_weight=gap)
    save_worksheet(cast, "boundary_record", happened_on="2026-09-15", kind="contact_outside", breach="yes")
    save_worksheet(
        cast, "ending_talk", sessions[5], named="yes", feelings=["sad", "proud"], words="I will miss this hour"
    )
    save_worksheet(
        cast,
        "relapse_plan",
        signs=[{"sign": "I stop answering Eva"}],
        whom_to_tell=[{"who": "Eva", "how": "A message"}],
        first_steps="Walk, and call Eva",
        stressors=[{"stressor": "Christmas", "plan": "Two days only"}],
    )
    save_worksheet(cast, "disposition", decision="maintenance", reasons="Two earlier episodes")
    return sessions


def text(browser: Browser, cast: Cast, name: str, query: str = "") -> str:
    response = browser.get(reverse(name, args=[cast.carla.id]) + query)
    assert response.status_code == 200
    return response.content.decode()


def send(browser: Browser, cast: Cast, name: str, *, status: int = 200, **data: object) -> str:
    """Return the page that follows a submitted form."""
    response = browser.post(reverse(name, args=[cast.carla.id]), data, follow=True)
    assert response.status_code == status
    return response.content.decode()


def submitted_fields(page: str, form_id: str) -> dict[str, str]:
    """Return what a browser would send of a form: its text fields and hidden fields with their values."""
    form = BeautifulSoup(page, "html.parser").find("form", id=form_id)
    assert form is not None
    values = {i["name"]: i.get("value", "") for i in form.select("input[type=hidden], input[type=text]")}
    values |= {t["name"]: t.get_text() for t in form.select("textarea")}
    return {name: value for name, value in values.items() if name != "csrfmiddlewaretoken"}


def reload_episode(cast: Cast):
    return Client.objects.visible_to(cast.alma).get(id=cast.carla.id).episode
