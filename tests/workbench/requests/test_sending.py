"""A request is sent once, at its time, by the plan of the course; a reminder holds the same link."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from securebase.errors import InputError
from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.actions import invite_check_in, withdraw_check_in
from securebase.workbench.check_ins.models import CheckIn, CheckInMode
from securebase.workbench.clients.actions import end_episode
from securebase.workbench.clients.models import Client
from securebase.workbench.jobs.models import MailServer
from securebase.workbench.requests import actions, sending
from securebase.workbench.requests.models import Channel, Request, RequestPlan, RequestSettings
from securebase.workbench.requests.occasions import When
from securebase.workbench.therapy_sessions.actions import change_session, create_session, remove_session
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.requests.course import KilledError, Transport, in_days

NOW = datetime(2026, 9, 7, 9, tzinfo=UTC)
SESSION_AT = datetime(2026, 9, 10, 10, tzinfo=UTC)


@pytest.fixture
def transport(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Transport:
    settings.ADDRESS, settings.TIME_ZONE = "https://clinic.example", "UTC"
    transport = Transport()
    monkeypatch.setattr(sending, "send_mail", transport.send)
    MailServer.objects.create(clinic=cast.alma.clinic, host="localhost", sender="p@example.org")
    Client.objects.visible_to(cast.alma).filter(id=cast.carla.id).update(mail="carla@example.org")
    cast.hold_at(SESSION_AT)
    return transport


def plan(cast: Cast, when: When = When.BEFORE, **values: Any) -> RequestPlan:
    return actions.add_plan(episode=cast.episode, by=cast.alma, at_time=NOW, when=when, **values)


def requests(cast: Cast) -> list[Request]:
    return list(Request.objects.visible_to(cast.alma).order_by("due_at"))


def answer(message: Any) -> int:
    path = next(line for line in message.body.splitlines() if "/c/" in line).removeprefix("https://clinic.example")
    response = Browser().post(path, {"submission": "abc", "as_it_is": "1", "item_1": "4", "item_11": "0"})
    return int(response.status_code)


def test_the_evening_before_a_session_one_message_leaves(cast: Cast, transport: Transport) -> None:
    plan(cast)
    transport.run(datetime(2026, 9, 9, 17, 59, tzinfo=UTC))
    assert transport.messages == []
    transport.run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    transport.run(datetime(2026, 9, 9, 18, 5, tzinfo=UTC))
    ((_, message),) = transport.messages
    assert (message.to, message.subject) == ("carla@example.org", "A few questions for you")
    assert "until Thursday 10 September, 10:00" in message.body
    lowered = message.subject.lower() + message.body.lower()
    for private in ("carla c", "alma", "session", "depress", "phq", "therap", "symptom", "health", "check-in"):
        assert private not in lowered, private


def test_one_reminder_with_the_same_link_and_none_after_an_answer(
    cast: Cast, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(cast, When.AFTER, hours=2, reminders=2, reminder_hours=20)
    transport.run(in_days(SESSION_AT, 0.1))
    transport.run(in_days(SESSION_AT, 1))
    first, second = (message for _, message in transport.messages)
    assert second.subject == "Reminder: a few questions for you"
    assert [m.body.split("https://clinic.example/c/")[1][:43] for m in (first, second)] == [
        first.body.split("https://clinic.example/c/")[1][:43]
    ] * 2
    check_in = CheckIn.objects.visible_to(cast.alma).get()
    monkeypatch.setattr("django.utils.timezone.now", lambda: in_days(SESSION_AT, 1.1))
    assert answer(first) == 302
    check_in.refresh_from_db()
    assert check_in.is_answered
    transport.run(in_days(SESSION_AT, 2.5))
    assert len(transport.messages) == 2
    assert requests(cast)[0].state == "answered"


def test_a_moved_session_moves_its_request_and_a_sent_one_is_not_sent_again(cast: Cast, transport: Transport) -> None:
    plan(cast, reminders=0)
    create = create_session(
        episode=cast.episode, by=cast.alma, number=9, held_at=in_days(SESSION_AT, 3), phase=cast.session.phase
    )
    transport.run(NOW)
    assert [r.due_at.day for r in requests(cast)] == [9, 12]

    def move(session: Any, days: float) -> None:
        session.refresh_from_db()
        change_session(
            session=session,
            by=cast.alma,
            version=session.version,
            number=session.number,
            held_at=in_days(session.held_at, days),
            phase=session.phase,
        )

    move(create, 1)
    transport.run(datetime(2026, 9, 9, 19, tzinfo=UTC))
    move(cast.session, 1)
    for day in range(10, 15):
        transport.run(datetime(2026, 9, day, 19, tzinfo=UTC))
    assert [at.day for at, _ in transport.messages] == [9, 13]


def test_a_removed_session_withdraws_its_request(cast: Cast, transport: Transport) -> None:
    plan(cast)
    session = create_session(
        episode=cast.episode, by=cast.alma, number=9, held_at=in_days(SESSION_AT, 3), phase=cast.session.phase
    )
    transport.run(NOW)
    remove_session(session=session, by=cast.alma)
    transport.run(in_days(NOW, 7))
    assert [r.state for r in requests(cast)] == ["expired", "withdrawn"]
    assert transport.messages == []


def test_what_came_too_late_is_not_sent(cast: Cast, transport: Transport) -> None:
    plan(cast)
    transport.run(in_days(SESSION_AT, 1))  # the workbench did not run in between
    assert transport.messages == []
    assert requests(cast)[0].state == "expired"


def test_a_line_that_is_switched_off_and_on_again_sends_what_lies_ahead(cast: Cast, transport: Transport) -> None:
    row = plan(cast)
    transport.run(NOW)
    actions.switch_plan(plan=row, by=cast.alma, on=False, at=in_days(NOW, 0.1))
    assert requests(cast)[0].state == "withdrawn"
    actions.switch_plan(plan=row, by=cast.alma, on=True, at=in_days(NOW, 0.2))
    transport.run(in_days(NOW, 0.2))
    transport.run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    assert len(transport.messages) == 1


@pytest.mark.parametrize("fate", ["before", "after"])
def test_a_killed_worker_loses_nothing_and_repeats_the_same_message(
    cast: Cast, transport: Transport, fate: str
) -> None:
    plan(cast)
    at = datetime(2026, 9, 9, 18, tzinfo=UTC)
    transport.kill = lambda: fate
    with pytest.raises(KilledError):
        transport.run(at)
    transport.kill = lambda: ""
    transport.run(at + timedelta(minutes=6))
    assert len(set(transport.identifiers)) == 1
    assert len({message.body for _, message in transport.messages}) == 1
    assert requests(cast)[0].state == "sent"


def test_a_dead_address_is_named(cast: Cast, transport: Transport) -> None:
    plan(cast)
    transport.dead = True
    transport.run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    transport.run(datetime(2026, 9, 9, 23, tzinfo=UTC))
    (request,) = requests(cast)
    assert (request.state, request.problem) == ("failed", "the address was refused (550)")
    assert request.address_is_wrong


def test_without_a_channel_the_check_in_opens_and_nothing_is_sent(cast: Cast, transport: Transport) -> None:
    plan(cast, channel=Channel.NONE)
    transport.run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    assert transport.messages == []
    assert CheckIn.objects.visible_to(cast.alma).get().is_waiting


def test_chance_decides_about_reminders_where_the_clinic_wants_to_know(cast: Cast, transport: Transport) -> None:
    RequestSettings.objects.create(clinic=cast.alma.clinic, randomise_reminders=True)
    plan(cast, When.AFTER, reminder_hours=10)
    transport.run(in_days(SESSION_AT, 0.1))
    transport.run(in_days(SESSION_AT, 1))
    (request,) = requests(cast)
    assert request.reminder_arm is not None
    assert len(transport.messages) == 1 + request.reminder_arm


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"when": When.EVERY}, "a questionnaire must be chosen"),
        ({"when": When.EVERY, "instruments": ["phq9"]}, "clients cannot answer PHQ-9 yet"),
        ({"when": When.RANDOM, "instruments": ["session_before"], "at": time(20), "until": time(9)}, "window must end"),
    ],
)
def test_a_line_that_cannot_work_is_refused(cast: Cast, transport: Transport, values: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        actions.add_plan(episode=cast.episode, by=cast.alma, at_time=NOW, **values)


def test_the_check_in_before_a_session_is_planned_once(cast: Cast, transport: Transport) -> None:
    plan(cast)
    with pytest.raises(InputError, match="planned already"):
        plan(cast)


@pytest.mark.parametrize(
    ("language", "subject", "until"),
    [
        ("de", "Ein paar Fragen an Sie", "bis Donnerstag, 10. September"),
        ("es", "Unas preguntas para usted", "jueves 10 de"),
    ],
)
def test_a_message_speaks_the_clients_language(
    cast: Cast, transport: Transport, language: str, subject: str, until: str
) -> None:
    Client.objects.visible_to(cast.alma).update(language=language)
    plan(cast)
    transport.run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    ((_, message),) = transport.messages
    assert message.subject == subject
    assert until in message.body


def test_what_the_mail_server_never_took_is_named_and_can_be_sent_again(cast: Cast, transport: Transport) -> None:
    plan(cast, When.AFTER, hours=2, reminders=0)
    transport.down = True
    for hours in (2, 2.1, 2.5, 4, 7, 8):
        transport.run(in_days(SESSION_AT, hours / 24))
    transport.run(in_days(SESSION_AT, 8.1 / 24))
    (request,) = requests(cast)
    assert (request.state, request.problem) == ("failed", "cannot connect to localhost:25 (Connection refused)")
    transport.down = False
    actions.send_again(request=request, by=cast.alma, at=in_days(SESSION_AT, 1))
    transport.run(in_days(SESSION_AT, 1))
    assert len(transport.messages) == 1
    assert requests(cast)[0].state == "sent"


def test_nothing_leaves_after_the_end_of_the_course(cast: Cast, transport: Transport) -> None:
    plan(cast, When.AFTER, reminder_hours=20)
    plan(cast)
    transport.run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    transport.down = True
    transport.run(in_days(SESSION_AT, 0.1))
    transport.down = False
    end_episode(episode=cast.episode, by=cast.alma, ended_on=SESSION_AT.date())
    for days in (0.2, 1, 2):
        transport.run(in_days(SESSION_AT, days))
    assert len(transport.messages) == 1
    assert "withdrawn" in {r.state for r in requests(cast)}


def test_a_reminder_renews_a_link_that_has_ended(cast: Cast, transport: Transport, settings: Any) -> None:
    settings.CHECK_IN_LINK_HOURS = 10
    plan(cast, When.AFTER, hours=2, reminder_hours=20)
    transport.run(in_days(SESSION_AT, 0.1))
    at = in_days(SESSION_AT, 1)
    transport.run(at)
    check_in = CheckIn.objects.visible_to(cast.alma).get()
    assert check_in.works(at)
    assert check_in.path in transport.messages[-1][1].body
    assert check_in.path not in transport.messages[0][1].body


def test_no_reminder_once_a_session_was_moved_before_it(cast: Cast, transport: Transport) -> None:
    plan(cast, days=3, reminder_hours=40)
    transport.run(datetime(2026, 9, 7, 18, tzinfo=UTC))
    cast.hold_at(datetime(2026, 9, 8, 10, tzinfo=UTC))
    transport.run(datetime(2026, 9, 9, 11, tzinfo=UTC))
    assert len(transport.messages) == 1
    assert requests(cast)[0].state in {"expired", "withdrawn"}


@pytest.mark.parametrize("on_paper", [True, False])
def test_a_check_in_on_paper_or_withdrawn_is_not_opened_by_the_plan(
    cast: Cast, transport: Transport, on_paper: bool
) -> None:
    plan(cast)
    mode = CheckInMode.PAPER if on_paper else CheckInMode.LINK
    row = invite_check_in(session=cast.session, by=cast.alma, moment=Moment.BEFORE, mode=mode, at=NOW).check_in
    if not on_paper:
        withdraw_check_in(check_in=row, by=cast.alma)
    transport.run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    assert transport.messages == []
    row.refresh_from_db()
    assert (row.mode, row.is_waiting) == (mode, on_paper)
    assert requests(cast)[0].state == "withdrawn"


def test_what_is_withdrawn_on_one_occasion_is_neither_reminded_nor_sent_again(cast: Cast, transport: Transport) -> None:
    plan(cast, When.AFTER, reminder_hours=10)
    transport.run(in_days(SESSION_AT, 0.1))
    (request,) = requests(cast)
    actions.withdraw_request(request=request, by=cast.alma)
    with pytest.raises(InputError, match="can no longer be answered"):
        actions.send_again(request=request, by=cast.alma, at=in_days(SESSION_AT, 0.2))
    transport.run(in_days(SESSION_AT, 1))
    assert len(transport.messages) == 1
    assert not CheckIn.objects.visible_to(cast.alma).get().is_waiting


def test_sending_again_keeps_the_link_and_is_a_message_of_its_own(cast: Cast, transport: Transport) -> None:
    plan(cast, When.AFTER, reminders=0)
    transport.run(in_days(SESSION_AT, 0.1))
    actions.send_again(request=requests(cast)[0], by=cast.alma, at=in_days(SESSION_AT, 0.5))
    transport.run(in_days(SESSION_AT, 0.5))
    first, second = (message for _, message in transport.messages)
    assert first.body == second.body
    assert first.identifier != second.identifier


def test_chance_leaves_out_requests_that_could_not_be_reminded(cast: Cast, transport: Transport) -> None:
    RequestSettings.objects.create(clinic=cast.alma.clinic, randomise_reminders=True)
    plan(cast, When.AFTER, reminders=0)
    transport.run(in_days(SESSION_AT, 0.1))
    assert requests(cast)[0].reminder_arm is None


def test_a_session_that_was_moved_nearer_is_asked_about_at_once(cast: Cast, transport: Transport) -> None:
    plan(cast)
    transport.run(NOW)
    cast.hold_at(datetime(2026, 9, 8, 8, tzinfo=UTC))  # its request was due on the evening before
    transport.run(datetime(2026, 9, 7, 19, tzinfo=UTC))
    assert [at.hour for at, _ in transport.messages] == [19]
    assert "until Tuesday 8 September, 08:00" in transport.messages[0][1].body
