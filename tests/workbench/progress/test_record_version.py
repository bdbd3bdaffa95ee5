"""The version of an episode's record: every write that changes the record raises it.

A picture whose version still matches can therefore be shown without reading the record.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction

from securebase.picture.fingerprints import picture_fingerprint
from securebase.records.vocabulary import Moment, Phase, ProblemArea, RuptureKind
from securebase.workbench.accounts.models import Account
from securebase.workbench.casefile import began_at, next_change, picture_record, prefetch_picture_record
from securebase.workbench.check_ins import actions as check_ins
from securebase.workbench.check_ins.actions import (
    invite_check_in,
    open_check_in,
    record_check_in,
    record_late_answers,
    withdraw_check_in,
)
from securebase.workbench.check_ins.models import CheckIn, CheckInMode
from securebase.workbench.clients import actions as clients
from securebase.workbench.clients.models import Episode, SymptomMeasure
from securebase.workbench.measures import actions as measures
from securebase.workbench.measures.actions import (
    RecordingResult,
    acknowledge_alert,
    choose_extra,
    rate_session,
    set_aside_administration,
    type_in_administration,
)
from securebase.workbench.progress import queries
from securebase.workbench.progress.models import StoredPicture
from securebase.workbench.therapy_sessions import actions as therapy_sessions
from securebase.workbench.therapy_sessions.actions import (
    change_session,
    create_session,
    mark_rupture,
    record_repair,
    remove_rupture,
    remove_session,
)
from workbench.cast import NOON, Cast, answers

LATER = NOON + timedelta(days=3)


def load_episode(cast: Cast) -> Episode:
    return prefetch_picture_record(Episode.objects.visible_to(cast.alma)).get(id=cast.episode.id)


def fingerprint(cast: Cast, at: datetime = LATER) -> str:
    episode = load_episode(cast)
    return picture_fingerprint(picture_record(episode, at), as_of=(at - began_at(episode)).total_seconds() / 86_400)


class Course:
    """Carla's course with one object of each kind that an action can change."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.by = cast, cast.alma
        self.before, self.after = cast.invite(Moment.BEFORE), cast.invite(Moment.AFTER)
        self.answered = self.record(self.before.check_in, "first", safety=2.0).administration
        self.alert = self.answered.safety_alerts.get()
        self.rupture = mark_rupture(
            session=cast.session, by=self.by, kind=RuptureKind.WITHDRAWAL, at=NOON + timedelta(hours=1)
        )
        self.empty = create_session(episode=cast.episode, by=self.by, number=2, held_at=NOON + timedelta(days=1))

    def record(self, check_in: CheckIn, name: str, **values: float) -> RecordingResult:
        responses = answers(check_in.instrument_id, **values)
        return record_check_in(check_in=check_in, responses=responses, submission=name, at=NOON)

    def change_episode(self) -> None:
        episode = load_episode(self.cast)
        clients.change_episode(
            episode=episode,
            by=self.by,
            version=episode.version,
            began_on=date(2026, 8, 30),
            planned_sessions=12,
            problem_areas=[ProblemArea.GRIEF],
            phase=Phase.MIDDLE,
            symptom_measure=SymptomMeasure.PHQ9,
            ended_on=None,
        )

    def repair(self) -> None:
        record_repair(rupture=self.rupture, by=self.by, session=None, at=NOON + timedelta(hours=2))

    def type_in(self) -> None:
        type_in_administration(
            episode=self.cast.episode,
            by=self.by,
            instrument="phq9",
            responses=dict.fromkeys(range(1, 10), 1.0),
            at=NOON,
            submission="paper",
        )

    def send_late_answers(self) -> None:
        responses = answers(self.before.check_in.instrument_id, safety=3.0)
        record_late_answers(check_in=self.before.check_in, responses=responses, submission="late", at=NOON)


#: action → (call, True if it changes the episode's record)
WRITES: dict[str, tuple[Callable[[Course], object], bool]] = {
    "change_client": (
        lambda c: clients.change_client(client=c.cast.carla, by=c.by, version=1, name_shown="Carla", pronouns="she"),
        False,
    ),
    "change_episode": (Course.change_episode, True),
    "set_focus": (lambda c: clients.set_focus(episode=load_episode(c.cast), by=c.by, areas=[ProblemArea.GRIEF]), True),
    "set_phase": (lambda c: clients.set_phase(episode=load_episode(c.cast), by=c.by, phase=Phase.ENDING), True),
    "set_numbers": (
        lambda c: clients.set_numbers(episode=load_episode(c.cast), by=c.by, planned_sessions=9, days_between=14),
        True,
    ),
    "end_episode": (
        lambda c: clients.end_episode(episode=load_episode(c.cast), by=c.by, ended_on=date(2026, 9, 3)),
        True,
    ),
    "create_session": (
        lambda c: create_session(episode=c.cast.episode, by=c.by, number=3, held_at=NOON + timedelta(hours=30)),
        True,
    ),
    "change_session": (
        lambda c: change_session(
            session=c.empty, by=c.by, version=c.empty.version, number=2, held_at=NOON, phase=Phase.MIDDLE
        ),
        True,
    ),
    "remove_session": (lambda c: remove_session(session=c.empty, by=c.by), True),
    "invite_check_in": (
        lambda c: invite_check_in(session=c.empty, by=c.by, moment=Moment.BEFORE, mode=CheckInMode.LINK, at=NOON),
        False,
    ),
    "withdraw_check_in": (lambda c: withdraw_check_in(check_in=c.after.check_in, by=c.by), False),
    "open_check_in": (lambda c: open_check_in(check_in=c.after.check_in, at=NOON), False),
    "record_check_in": (lambda c: c.record(c.after.check_in, "second"), True),
    "record_late_answers": (Course.send_late_answers, True),
    "type_in_administration": (Course.type_in, True),
    "set_aside_administration": (
        lambda c: set_aside_administration(administration=c.answered, by=c.by, at=NOON),
        True,
    ),
    "choose_extra": (
        lambda c: choose_extra(episode=c.cast.episode, by=c.by, instrument="expectation", off=True),
        False,
    ),
    "rate_session": (
        lambda c: rate_session(
            session=c.cast.session,
            by=c.by,
            responses=answers("therapist_after"),
            submission="own",
            at=NOON + timedelta(hours=1),
        ),
        True,
    ),
    "acknowledge_alert": (
        lambda c: acknowledge_alert(alert=c.alert, by=c.by, note="Called.", at=NOON + timedelta(hours=1)),
        True,
    ),
    "mark_rupture": (
        lambda c: mark_rupture(session=c.empty, by=c.by, kind=RuptureKind.CONFRONTATION, at=NOON),
        True,
    ),
    "record_repair": (Course.repair, True),
    "remove_rupture": (lambda c: remove_rupture(rupture=c.rupture, by=c.by), True),
}
#: Actions that create an episode, raise the version themselves, or write nothing.
OTHER_FUNCTIONS = {
    "create_client",
    "begin_episode",
    "raise_record_version",
    "record_write",
    "ensure_own",
    "is_same_submission",
    # written by the callers covered above, in their transactions
    "create_administration",
    "audit_detail",
    # open a link, which changes no record, or count what is there
    "ensure_link",
    "ensure_open",
    "invite_between",
    "open_on_device",
    "count_alerts",
}


def test_every_action_is_covered() -> None:
    functions = {
        name
        for module in (clients, therapy_sessions, measures, check_ins)
        for name, value in inspect.getmembers(module, inspect.isfunction)
        if value.__module__ == module.__name__ and not name.startswith("_")
    }
    assert functions == set(WRITES) | OTHER_FUNCTIONS


@pytest.mark.parametrize("name", WRITES)
def test_action_that_changes_the_record_raises_its_version(name: str, cast: Cast) -> None:
    course = Course(cast)
    before, version = fingerprint(cast), load_episode(cast).record_version
    call, changes = WRITES[name]
    call(course)
    assert (fingerprint(cast) != before) is changes
    if changes:
        assert load_episode(cast).record_version > version


def test_failed_write_leaves_the_version(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    course, version = Course(cast), load_episode(cast).record_version

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the audit trail cannot be written")

    monkeypatch.setattr(clients, "record", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        course.record(course.after.check_in, "second")
    assert load_episode(cast).record_version == version


# ---- reading pictures by their version -------------------------------------------------------------------------------
def fail(*_: object, **__: object) -> None:
    raise AssertionError("the record was read")


def test_valid_picture_is_shown_without_reading_the_record(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    Course(cast)
    first, rows = queries.current_picture(episode=cast.episode, as_of=LATER), summaries(cast.alma, LATER)
    monkeypatch.setattr(queries, "picture_record", fail)
    monkeypatch.setattr(queries, "prefetch_picture_record", fail)
    soon = LATER + timedelta(minutes=5)
    assert queries.current_picture(episode=cast.episode, as_of=soon) == first
    assert summaries(cast.alma, soon) == rows


def summaries(account: Account, now: datetime) -> list[object]:
    return [row.summary for row in queries.caseload(account=account, now=now).rows]


def test_write_outside_the_record_keeps_the_picture(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    course = Course(cast)
    first = queries.current_picture(episode=cast.episode, as_of=LATER)
    withdraw_check_in(check_in=course.after.check_in, by=course.by)
    monkeypatch.setattr(queries, "client_picture", fail)
    assert queries.current_picture(episode=cast.episode, as_of=LATER) == first
    monkeypatch.setattr(queries, "picture_record", fail)
    assert queries.current_picture(episode=cast.episode, as_of=LATER) == first


@pytest.mark.parametrize("change", [{"made_with": "an older version"}, {"record_version": 0}, {"holds_until": None}])
def test_outdated_picture_makes_the_record_read(
    change: dict[str, object], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Course(cast)
    queries.current_picture(episode=cast.episode, as_of=LATER)
    StoredPicture.objects.visible_to(cast.alma).update(**change)
    monkeypatch.setattr(queries, "picture_record", fail)
    with pytest.raises(AssertionError, match="was read"):
        queries.current_picture(episode=cast.episode, as_of=LATER)


def test_beginning_of_a_planned_session_changes_the_picture(cast: Cast) -> None:
    Course(cast)
    planned = NOON + timedelta(days=1)
    before = queries.current_picture(episode=cast.episode, as_of=planned - timedelta(minutes=1))
    (row,) = summaries(cast.alma, planned - timedelta(minutes=1))
    after = queries.current_picture(episode=cast.episode, as_of=planned)
    assert (before.header.sessions_held, after.header.sessions_held) == (1, 2)
    assert summaries(cast.alma, planned) != [row]
    # a clock that is set back does not show the future
    assert queries.current_picture(episode=cast.episode, as_of=planned - timedelta(minutes=1)) == before


@pytest.mark.parametrize("zone", ["UTC", "Europe/Vienna", "America/New_York", "Pacific/Apia"])
def test_record_is_constant_until_the_next_change(zone: str, cast: Cast, settings: object) -> None:
    """Compare with the fingerprint itself, in time zones whose clocks change during the course."""
    settings.TIME_ZONE = zone  # type: ignore[attr-defined]
    course = Course(cast)
    course.repair()
    at = NOON - timedelta(hours=2)
    while at < NOON + timedelta(days=58):
        until = next_change(load_episode(cast), at)
        assert until > at
        assert fingerprint(cast, until - timedelta(microseconds=1)) == fingerprint(cast, at)
        assert fingerprint(cast, until) != fingerprint(cast, at)
        at = until if until < NOON + timedelta(days=4) else until + timedelta(days=13)
