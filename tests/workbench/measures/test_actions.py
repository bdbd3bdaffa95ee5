"""Writes of administrations and safety alerts."""

from __future__ import annotations

import pytest

from securebase.errors import InputError
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.clients import actions as clients
from securebase.workbench.measures.actions import acknowledge_alert, type_in_administration
from workbench.cast import BEGAN, NOON, Cast, answers


def test_typed_in_form_is_recorded_once_and_not_empty(cast: Cast) -> None:
    typed = {
        "episode": cast.episode,
        "by": cast.alma,
        "instrument": "phq9",
        "responses": dict.fromkeys(range(1, 10), 1.0),
        "at": NOON,
        "submission": "s",
        "session": cast.session,
    }
    first = type_in_administration(**typed)
    assert (first.alerts, first.administration.typed_in_by) == (1, cast.alma.id)
    assert type_in_administration(**typed).repeated
    assert cast.episode.administrations.count() == 1
    with pytest.raises(InputError, match="no item"):
        type_in_administration(**typed | {"responses": {}, "submission": "t"})


def test_alert_is_acknowledged_once_and_with_a_note(cast: Cast) -> None:
    responses = answers("session_before", 5.0, 3.0)
    recorded = record_check_in(check_in=cast.invite().check_in, responses=responses, submission="one", at=NOON)
    alert = recorded.administration.safety_alerts.get()
    with pytest.raises(InputError, match="must not be empty"):
        acknowledge_alert(alert=alert, by=cast.alma, note="  ", at=NOON)
    closed = acknowledge_alert(alert=alert, by=cast.alma, note="Called.", at=NOON)
    assert (closed.note, closed.acknowledged_by) == ("Called.", cast.alma.id)
    with pytest.raises(InputError, match="already"):
        acknowledge_alert(alert=alert, by=cast.alma, note="Again.", at=NOON)


def test_typed_in_form_for_a_session_of_another_therapy_is_refused(cast: Cast) -> None:
    other_client = clients.create_client(therapist=cast.alma, name_shown="Other", began_on=BEGAN)
    assert other_client.episode is not None
    with pytest.raises(InputError, match="another therapy"):
        type_in_administration(
            episode=other_client.episode,
            by=cast.alma,
            instrument="phq9",
            responses={1: 1.0},
            at=NOON,
            submission="s",
            session=cast.session,
        )
