"""Pages of the schedule, the list of who is late, the QR code, and reminders by chance."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.actions import ensure_open
from securebase.workbench.clients.models import Client
from securebase.workbench.jobs.models import MailServer
from securebase.workbench.requests import actions, queries
from securebase.workbench.requests.models import MailChoice, Request, RequestPlan
from securebase.workbench.requests.occasions import When
from securebase.workbench.requests.sending import stop_path
from securebase.workbench.requests.sentences import describe_plan
from workbench.browser import Browser
from workbench.cast import Cast

NOW = datetime(2026, 9, 7, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def address(settings: Any) -> None:
    settings.ADDRESS = "https://clinic.example"


def page(browser: Browser, name: str, *arguments: object) -> str:
    return str(browser.get(reverse(name, args=arguments)).content.decode())


def with_mail(cast: Cast) -> None:
    MailServer.objects.create(clinic=cast.alma.clinic, host="localhost", sender="p@example.org")
    Client.objects.visible_to(cast.alma).filter(id=cast.carla.id).update(mail="carla@example.org")


def test_one_click_plans_the_check_ins_and_one_switches_a_line_off_and_on(alma: Browser, cast: Cast) -> None:
    with_mail(cast)
    cast.hold_at(timezone.now() + timedelta(days=3))
    assert "Nothing is planned." in page(alma, "requests", cast.carla.id)
    alma.post(reverse("requests-check-ins", args=[cast.carla.id]))
    planned = page(alma, "requests", cast.carla.id)
    assert "The day before each session at 18:00, by email: the check-in before the session." in planned
    assert "2 hours after the start of each session, by email: the check-in after the session." in planned
    line = RequestPlan.objects.visible_to(cast.alma).earliest("began_at")
    alma.post(reverse("request-plan-switch", args=[cast.carla.id, line.id]))
    assert "Switched off" in page(alma, "requests", cast.carla.id)
    alma.post(reverse("request-plan-switch", args=[cast.carla.id, line.id]), {"on": "1"})
    line.refresh_from_db()
    assert line.ended_at is None


def test_the_page_says_why_messages_cannot_reach_the_client(alma: Browser, cast: Cast, settings: Any) -> None:
    words = page(alma, "requests", cast.carla.id)
    assert "The clinic has no mail server yet." in words
    assert "Carla C. has no email address yet." in words
    settings.ADDRESS = ""
    assert "The clinic has no web address yet" in page(alma, "requests", cast.carla.id)


def test_a_line_is_added_by_the_form_and_a_refused_one_keeps_its_input(alma: Browser, cast: Cast) -> None:
    data = {
        "add": "1",
        "when": "every",
        "days": "7",
        "at": "09:30",
        "until": "20:00",
        "hours": "2",
        "start": timezone.localdate().isoformat(),
        "channel": "none",
        "reminders": "0",
        "reminder_hours": "14",
    }
    refused = alma.post(reverse("requests", args=[cast.carla.id]), data)
    assert refused.status_code == 400
    assert "between sessions a questionnaire must be chosen".lower() in refused.content.decode().lower()
    assert 'value="09:30"' in refused.content.decode()
    assert (
        alma.post(reverse("requests", args=[cast.carla.id]), data | {"instruments": "expectation"}).status_code == 302
    )
    assert "Every 7 days at 09:30, on the client’s own page" in page(alma, "requests", cast.carla.id)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"when": "before", "days": 0, "channel": "mail", "reminders": 0},
            "On the day of each session at 18:00, by email: the check-in before the session. No reminder.",
        ),
        (
            {
                "when": "random",
                "days": 1,
                "instruments": ["phq9"],
                "channel": "push",
                "reminders": 2,
                "reminder_hours": 1,
            },
            "Every day at a random time from 18:00 to 20:00, by a notification on the phone: PHQ-9. "
            "2 reminders, 1 hour later each time.",
        ),
    ],
)
def test_a_line_reads_as_a_sentence(values: dict[str, Any], words: str) -> None:
    assert describe_plan(RequestPlan(**values)) == words


def test_the_code_on_the_screen_is_the_link_that_was_sent(alma: Browser, cast: Cast) -> None:
    cast.hold_in_an_hour()
    check_in = ensure_open(session=cast.session, moment=Moment.BEFORE, at=timezone.now())
    shown = alma.post(reverse("check-in-code", args=[cast.carla.id, check_in.id])).content.decode()
    assert "<svg" in shown
    assert check_in.token not in shown
    assert Browser().get(check_in.path).status_code == 200
    assert ensure_open(session=cast.session, moment=Moment.BEFORE, at=timezone.now()).path == check_in.path


def late_request(cast: Cast, state: str = "sent", **values: Any) -> Request:
    plan = actions.add_plan(episode=cast.episode, by=cast.alma, at_time=NOW, when=When.AFTER)
    due = NOW + timedelta(hours=2)
    return Request.objects.create(
        plan=plan, occasion="x", due_at=due, until=due + timedelta(days=3), state=state, sent_at=due, **values
    )


def test_the_late_list_names_who_did_not_answer_and_what_was_sent(alma: Browser, cast: Cast) -> None:
    request = late_request(cast)
    assert "Nobody is late." in page(alma, "late")
    request.reminded = [NOW.isoformat()]
    request.save()
    words = page(alma, "late")
    assert "Carla C." in words
    assert "reminded 1 time" in words
    assert "1 late answer" in page(alma, "caseload")
    Request.objects.visible_to(cast.alma).update(state="answered")
    assert "Nobody is late." in page(alma, "late")
    failed = Request.objects.visible_to(cast.alma)
    failed.update(state="failed", problem="the clinic has no web address yet, so links cannot work")
    assert "Check the address" not in page(alma, "late")
    failed.update(problem="the address was refused (550)", address_is_wrong=True)
    assert "Check the address" in page(alma, "late")


def test_nobody_sees_the_late_clients_of_a_colleague(browser: Browser, cast: Cast) -> None:
    request = late_request(cast, "failed")
    browser.force_login(cast.dario)
    assert "Nobody is late." in page(browser, "late")
    for name in ("request-again", "request-withdraw"):
        assert browser.post(reverse(name, args=[cast.carla.id, request.id])).status_code == 404


def test_a_late_request_is_sent_again_or_asked_no_more(alma: Browser, cast: Cast) -> None:
    request = late_request(cast, "failed")
    Request.objects.visible_to(cast.alma).update(until=timezone.now() + timedelta(days=1))
    assert "Send again" in page(alma, "late")
    alma.post(reverse("request-again", args=[cast.carla.id, request.id]))
    request.refresh_from_db()
    assert request.state == "waiting"
    assert "Nobody is late." in page(alma, "late")
    Request.objects.visible_to(cast.alma).update(state="expired", until=NOW)
    assert "Send again" not in page(alma, "late")
    alma.post(reverse("request-withdraw", args=[cast.carla.id, request.id]))
    assert "Nobody is late." in page(alma, "late")


def test_quick_answers_do_not_count_before_missing_ones(cast: Cast) -> None:
    late_request(cast, "answered", reminder_arm=True)
    assert queries.reminder_effect(cast.alma.clinic, NOW) == (None, 0)
    assert queries.reminder_effect(cast.alma.clinic, NOW + timedelta(days=4)) == (None, 1)


def test_a_late_request_that_a_therapist_dismisses_counts_as_not_answered(cast: Cast) -> None:
    request = late_request(cast, "expired", reminder_arm=False)
    actions.withdraw_request(request=request, by=cast.alma)
    assert queries.reminder_effect(cast.alma.clinic, NOW + timedelta(days=4)) == (None, 1)


def test_a_client_stops_reminders_by_the_link_of_a_message(cast: Cast) -> None:
    client = Browser()
    path = stop_path(cast.carla)
    assert "No more reminders?" in client.get(path).content.decode()
    assert not MailChoice.objects.visible_to(cast.alma).exists()
    assert "You get no more reminders" in client.post(path, follow=True).content.decode()
    client.post(path, {"on": "1"})
    assert not MailChoice.objects.visible_to(cast.alma).get().reminders_off
    assert client.get(path[:-3] + "xx/").status_code == 404


def test_the_clinic_reads_what_reminders_do_on_its_own_data(alma: Browser, cast: Cast) -> None:
    alma.post(reverse("clinic-reminders"), {"on": "1"})
    assert "0 randomised requests so far" in page(alma, "clinic-reminders")
    plan = actions.add_plan(episode=cast.episode, by=cast.alma, at_time=NOW, when=When.AFTER, at=time(9))
    for n in range(100):
        arm, answered = n % 2 == 0, n % 4 < 3 if n % 2 == 0 else n % 4 < 2
        Request.objects.create(
            plan=plan,
            occasion=str(n),
            due_at=NOW,
            until=NOW,
            state="answered" if answered else "expired",
            reminder_arm=arm,
        )
    effect, ended = queries.reminder_effect(cast.alma.clinic, NOW)
    assert effect is not None
    assert ended == 100
    with_reminders, without = effect.arms
    assert (with_reminders.answered, without.answered) == (50, 25)
    # Newcombe (1998), method 10, from both Wilson intervals
    low = 0.5 - ((1 - with_reminders.lower) ** 2 + (without.upper - 0.5) ** 2) ** 0.5
    high = 0.5 + ((with_reminders.upper - 1) ** 2 + (0.5 - without.lower) ** 2) ** 0.5
    assert effect.lower == pytest.approx(low, abs=1e-9)
    assert effect.upper == pytest.approx(high, abs=1e-9)
    assert "More requests are answered with reminders." in page(alma, "clinic-reminders")
