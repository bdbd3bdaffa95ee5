"""The state of a check-in in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from securebase.measurement.catalogue import instrument
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.check_ins.sentences import describe_open, describe_state, list_extras

NOW = datetime(2026, 11, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def make_check_in(mode: CheckInMode, **values: object) -> CheckIn:
    return CheckIn(mode=mode, invited_at=NOW - DAY, **values)


def test_a_link_says_how_far_it_got() -> None:
    waiting = make_check_in(CheckInMode.LINK)
    assert describe_state(waiting, NOW) == "Link created 2 November, 11:00; not opened yet."
    opened = make_check_in(CheckInMode.LINK, opened_at=NOW, expires_at=NOW + DAY)
    assert describe_state(opened, NOW) == (
        "Link created 2 November, 11:00; opened 3 November, 11:00, not sent yet; works until 4 November, 11:00."
    )
    expired = make_check_in(CheckInMode.LINK, expires_at=NOW - DAY)
    assert describe_state(expired, NOW).endswith("; not opened yet; it expired 2 November, 11:00.")


def test_other_ways_wait_too() -> None:
    device = make_check_in(CheckInMode.DEVICE)
    assert describe_state(device, NOW) == "You handed over this device 2 November, 11:00; no answers were sent."
    assert describe_state(make_check_in(CheckInMode.PAPER), NOW) == "On paper; its answers have not been entered yet."


def test_answers_say_when_and_how() -> None:
    answered = {"state": CheckInState.ANSWERED, "answered_at": NOW}
    assert describe_state(make_check_in(CheckInMode.LINK, **answered), NOW) == "3 November, 11:00"
    assert describe_state(make_check_in(CheckInMode.PAPER, **answered), NOW) == "3 November, 11:00, entered from paper"


def test_nothing_is_said_where_nothing_waits() -> None:
    assert describe_state(None, NOW) == ""
    assert describe_state(make_check_in(CheckInMode.LINK, state=CheckInState.WITHDRAWN), NOW) == ""


def test_extra_questionnaires_are_listed_with_their_length() -> None:
    assert list_extras([]) == ""
    text = list_extras([instrument("focus_week"), instrument("phq9")])
    assert text == f"{instrument('focus_week').name} (1 question), {instrument('phq9').name} (10 questions)"


def test_open_questions_are_counted() -> None:
    assert describe_open(0) == ("", "")
    headline, advice = describe_open(1)
    assert headline == "1 question has no answer yet."
    assert "You can answer it now" in advice
    headline, advice = describe_open(3)
    assert headline == "3 questions have no answer yet."
    assert "You can answer them now" in advice
