"""Writes of check-ins, and who may write about a client."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from securebase.errors import InputError, NotPermittedError, ResponseError
from securebase.measurement.catalogue import instrument
from securebase.measurement.scoring import score
from securebase.records.vocabulary import Moment, Phase, RuptureKind
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.models import Entry
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in, withdraw_check_in
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.measures.actions import acknowledge_alert, set_aside_administration, type_in_administration
from securebase.workbench.measures.models import Administration
from securebase.workbench.therapy_sessions.actions import (
    change_session,
    create_session,
    mark_rupture,
    record_repair,
    remove_rupture,
    remove_session,
)
from workbench.cast import NOON, Cast, answers


def record(cast: Cast, responses=None, submission: str = "one", moment: Moment = Moment.BEFORE):
    check_in = cast.session.check_ins.filter(moment=moment.value).first() or cast.invite(moment).check_in
    return record_check_in(
        check_in=check_in,
        responses=answers(check_in.instrument_id) if responses is None else responses,
        submission=submission,
        at=NOON,
    )


def test_check_in_is_recorded_completely(cast: Cast) -> None:
    stored = record(cast, answers("session_before", 7.0, 2.0))
    administration = stored.administration
    assert {r.item: r.value for r in administration.responses.all()} == answers("session_before", 7.0, 2.0)
    expected = score(instrument("session_before"), answers("session_before", 7.0, 2.0))
    assert {s.scale: s.value for s in administration.scores.all()} == {
        s.scale: s.value for s in expected.scores.values()
    }
    alert = administration.safety_alerts.get()
    assert (alert.item, alert.value, alert.acknowledged_at) == (11, 2.0, None)
    assert administration.check_in is not None
    assert administration.check_in.state == CheckInState.ANSWERED
    assert Entry.objects.filter(action="check_in.answered").count() == 1


def test_repeated_submission_is_recorded_once(cast: Cast) -> None:
    first, second = record(cast), record(cast)
    assert second.repeated
    assert not first.repeated
    assert first.administration == second.administration
    assert cast.episode.administrations.count() == 1
    assert Entry.objects.filter(action="check_in.answered").count() == 1


def test_other_answers_to_an_answered_check_in_are_refused(cast: Cast) -> None:
    record(cast)
    with pytest.raises(InputError, match="answered already"):
        record(cast, answers("session_before", 9.0), submission="two")
    assert cast.episode.administrations.get().responses.get(item=1).value == 4.0


@pytest.mark.parametrize(
    "responses", [{1: 11.0}, {1: -1.0}, {1: 2.5}, {99: 1.0}, {11: 7.0}, {1: float("nan")}], ids=str
)
def test_invalid_answer_is_not_recorded(cast: Cast, responses: dict[int, float]) -> None:
    with pytest.raises(ResponseError):
        record(cast, responses)
    assert cast.episode.administrations.count() == 0
    assert cast.session.check_ins.get().state == CheckInState.WAITING


@pytest.mark.parametrize(
    "step",
    ["measures.actions.Response", "measures.actions.Score", "measures.actions.SafetyAlert", "clients.actions.record"],
)
def test_failure_at_any_step_records_nothing(cast: Cast, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_in = cast.invite().check_in

    class Failing:
        class objects:  # noqa: N801
            @staticmethod
            def bulk_create(_: object) -> None:
                raise ZeroDivisionError

        def __new__(cls, **_: object):
            raise ZeroDivisionError

    monkeypatch.setattr(f"securebase.workbench.{step}", Failing)
    with pytest.raises(ZeroDivisionError):
        record_check_in(check_in=check_in, responses=answers("session_before", 5.0, 3.0), submission="x", at=NOON)
    assert Administration.objects.visible_to(cast.alma).count() == 0
    assert CheckIn.objects.visible_to(cast.alma).get().state == CheckInState.WAITING


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_stored_answers_equal_the_given_ones(cast: Cast, data: st.DataObject) -> None:
    items = instrument("session_before").items
    given_responses = {
        i.number: data.draw(st.none() | st.integers(int(i.minimum), int(i.maximum)).map(float)) for i in items
    }
    number = cast.episode.therapy_sessions.count() + 1
    session = create_session(episode=cast.episode, by=cast.alma, number=number, held_at=NOON)
    check_in = invite_check_in(
        session=session, by=cast.alma, moment=Moment.BEFORE, mode=CheckInMode.LINK, at=NOON
    ).check_in
    stored = record_check_in(check_in=check_in, responses=given_responses, submission=str(number), at=NOON)
    assert {r.item: r.value for r in stored.administration.responses.all()} == given_responses
    safety = given_responses[11]
    assert stored.alerts == (1 if safety is not None and safety >= 1 else 0)


def test_new_link_ends_the_previous_one(cast: Cast) -> None:
    first, second = cast.invite(), cast.invite()
    assert first.check_in.id == second.check_in.id
    assert first.token != second.token
    assert len(first.token) >= 43
    stored = CheckIn.objects.visible_to(cast.alma).get()
    assert first.token not in str(stored.__dict__)
    assert stored.token_digest == second.check_in.token_digest
    assert stored.expires_at == NOON + timedelta(hours=72)


def test_answered_check_in_is_not_opened_again_or_withdrawn(cast: Cast) -> None:
    stored = record(cast)
    with pytest.raises(InputError, match="answered"):
        cast.invite()
    with pytest.raises(InputError):
        withdraw_check_in(check_in=stored.administration.check_in, by=cast.alma)


def test_withdrawn_check_in_takes_no_answer_and_can_be_opened_again(cast: Cast) -> None:
    check_in = cast.invite().check_in
    withdrawn = withdraw_check_in(check_in=check_in, by=cast.alma)
    assert (withdrawn.state, withdrawn.token_digest) == (CheckInState.WITHDRAWN, None)
    with pytest.raises(InputError, match="withdrawn"):
        record_check_in(check_in=check_in, responses={}, submission="x", at=NOON)
    assert cast.invite().check_in.state == CheckInState.WAITING


def test_session_with_content_is_not_removed(cast: Cast) -> None:
    empty = create_session(episode=cast.episode, by=cast.alma, number=2, held_at=NOON)
    remove_session(session=empty, by=cast.alma)
    cast.invite()
    with pytest.raises(InputError, match="check-ins, answers or ruptures"):
        remove_session(session=cast.session, by=cast.alma)
    with pytest.raises(InputError, match="already taken"):
        create_session(episode=cast.episode, by=cast.alma, number=1, held_at=NOON)


@pytest.mark.parametrize("name", ["dario", "bruno", "rosa", "adam"])
def test_only_the_therapist_writes_about_a_client(cast: Cast, name: str) -> None:
    account: Account = getattr(cast, name)
    stored = record(cast, answers("session_before", 5.0, 1.0))
    rupture = mark_rupture(session=cast.session, by=cast.alma, kind=RuptureKind.WITHDRAWAL, at=NOON)
    after = cast.invite(Moment.AFTER).check_in
    session, episode, item = cast.session, cast.episode, stored.administration
    attempts = [
        lambda: create_session(episode=episode, by=account, number=9, held_at=NOON),
        lambda: change_session(session=session, by=account, version=1, number=9, held_at=NOON, phase=Phase.MIDDLE),
        lambda: remove_session(session=session, by=account),
        lambda: invite_check_in(session=session, by=account, moment=Moment.AFTER, mode=CheckInMode.LINK, at=NOON),
        lambda: withdraw_check_in(check_in=after, by=account),
        lambda: record_check_in(check_in=after, responses={}, submission="x", at=NOON, by=account),
        lambda: type_in_administration(
            episode=episode, by=account, instrument="phq9", responses={1: 1.0}, at=NOON, submission="y"
        ),
        lambda: set_aside_administration(administration=item, by=account, at=NOON),
        lambda: acknowledge_alert(alert=item.safety_alerts.get(), by=account, note="x", at=NOON),
        lambda: mark_rupture(session=session, by=account, kind=RuptureKind.WITHDRAWAL, at=NOON),
        lambda: record_repair(rupture=rupture, by=account, session=None, at=NOON),
        lambda: remove_rupture(rupture=rupture, by=account),
    ]
    for attempt in attempts:
        with pytest.raises(NotPermittedError):
            attempt()
