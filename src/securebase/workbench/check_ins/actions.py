"""Writes of check-ins: links, and the client's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from securebase.errors import InputError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.schedule import AskedPart
from securebase.measurement.scoring import ScoringResult, score
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.models import Account
from securebase.workbench.check_ins.models import CheckIn, CheckInMode, CheckInState
from securebase.workbench.check_ins.queries import due_instruments, is_before_session
from securebase.workbench.clients.actions import ensure_own, record_write
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.tokens import digest
from securebase.workbench.measures.actions import RecordingResult, Responses, audit_detail, create_administration
from securebase.workbench.measures.models import Administration
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.wordings import can_be_asked

_LINK_REASON = "the client's own link opens only this check-in"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open check-in and the token of its link. Only the digest is stored, so the token cannot be shown again."""

    check_in: CheckIn
    token: str

    @property
    def path(self) -> str:
        return self.check_in.path


@transaction.atomic
def invite_check_in(
    *,
    session: TherapySession,
    by: Account | None,
    moment: Moment,
    mode: CheckInMode,
    at: datetime,
    extras: Sequence[str] | None = None,
    simulated: bool = False,
) -> Invitation:
    """Open the check-in of this moment, or open it again; a new link ends the old one. `by` None is a course's plan.

    `extras` lists the additional questions, each as `str` writes an AskedPart; None means those that are due. They are
    fixed here, and opening a waiting check-in again keeps them. Raises InputError if the check-in has been answered, or
    if a check-in before the session would be asked after it.
    """
    if by is not None:
        ensure_own(session.episode.client, by)
    moment = Moment(moment)
    if moment is Moment.BETWEEN:
        raise InputError("a check-in must be before or after a session (got between sessions)")
    if moment is Moment.BEFORE and mode != CheckInMode.PAPER and not is_before_session(session, at):
        raise InputError(
            f"session {session.number} has started, so the check-in before it can no longer be sent",
            advice="If it has not taken place yet, correct its date. You can enter a paper form completed before it.",
        )
    check_in = session.check_ins.filter(moment=moment.value).first()
    if check_in is not None and check_in.is_answered:
        raise InputError("this check-in has been answered and cannot be opened again")
    due = [str(AskedPart.whole(i)) for i in due_instruments(session, moment, at)] if extras is None else list(extras)
    check_in = check_in or CheckIn(episode=session.episode, therapy_session=session, moment=moment.value)
    check_in.extras, check_in.simulated = due, simulated
    _open_link(check_in, mode, at)
    # a request by the therapist is fulfilled once its questions are part of a check-in
    asked = [choice for part in check_in.parts for choice in part.choices]
    session.episode.extra_choices.filter(instrument__in=asked).update(asked_for=False)
    record_write(by, "check_in.invited", check_in, session.episode, mode=str(mode), moment=moment.value, extras=due)
    return Invitation(check_in, check_in.token)


@transaction.atomic
def ensure_open(*, session: TherapySession, moment: Moment, at: datetime, more: Sequence[str] = ()) -> CheckIn:
    """Return the check-in of this moment with a link that works, for a request of the course's own plan.

    One that is open keeps its link and its questions, and one that was answered stays answered. `more` names
    instruments that are asked besides those that are due. Raises InputError if it can no longer be sent.
    """
    row = session.check_ins.filter(moment=moment.value).first()
    if row is not None and row.is_answered:
        return row
    if row is not None and row.is_waiting and row.works(at):
        return row
    due = [str(AskedPart.whole(i)) for i in due_instruments(session, moment, at)]
    asked = {AskedPart.parse(part).instrument for part in due}
    due += [str(AskedPart.whole(get_instrument(name))) for name in more if name not in asked and can_be_asked(name)]
    return invite_check_in(session=session, by=None, moment=moment, mode=CheckInMode.LINK, at=at, extras=due).check_in


@transaction.atomic
def ensure_link(*, check_in: CheckIn, at: datetime) -> CheckIn:
    """Give a waiting check-in a new link if its present one has ended. One that works stays, as the client has it."""
    if check_in.is_waiting and not check_in.works(at):
        _open_link(check_in, CheckInMode.LINK, at)
        record_write(None, "check_in.invited", check_in, check_in.episode, mode=str(CheckInMode.LINK))
    return check_in


@transaction.atomic
def invite_between(
    *, episode: Episode, by: Account | None, instruments: Sequence[str], mode: CheckInMode, at: datetime
) -> Invitation:
    """Open a check-in between sessions with these instruments. `by` None is the course's own plan.

    Raises InputError if an instrument has no wording that a client could read.
    """
    if by is not None:
        ensure_own(episode.client, by)
    if not instruments:
        raise InputError("a check-in must ask something")
    for name in instruments:
        if not can_be_asked(name):
            raise InputError(f"clients cannot answer {get_instrument(name).name} yet", advice="Load its wording first.")
    extras = [str(AskedPart.whole(get_instrument(name))) for name in instruments]
    check_in = CheckIn(episode=episode, moment=Moment.BETWEEN.value, extras=extras, simulated=episode.client.simulated)
    _open_link(check_in, mode, at)
    record_write(by, "check_in.invited", check_in, episode, mode=str(mode), moment=check_in.moment, extras=extras)
    return Invitation(check_in, check_in.token)


@transaction.atomic
def open_on_device(*, check_in: CheckIn, by: Account, at: datetime) -> Invitation:
    """Open a waiting check-in on the therapist's device; the new link ends the one that was sent."""
    ensure_own(check_in.episode.client, by)
    if not check_in.is_waiting:
        raise InputError("this check-in is no longer open")
    _open_link(check_in, CheckInMode.DEVICE, at)
    record_write(by, "check_in.invited", check_in, check_in.episode, mode=str(CheckInMode.DEVICE))
    return Invitation(check_in, check_in.token)


def _open_link(check_in: CheckIn, mode: CheckInMode, at: datetime) -> None:
    """Give a check-in a new link, which ends the one before, and save it."""
    on_paper = mode == CheckInMode.PAPER
    check_in.mode, check_in.state = mode, CheckInState.WAITING
    check_in.link_number += 1
    check_in.token_digest = None if on_paper else digest(check_in.token)
    check_in.invited_at, check_in.opened_at = at, None
    check_in.expires_at = None if on_paper else at + timedelta(hours=settings.CHECK_IN_LINK_HOURS)
    check_in.save()


@transaction.atomic
def withdraw_check_in(*, check_in: CheckIn, by: Account) -> CheckIn:
    """End the link. An answered check-in stays as it is."""
    episode = check_in.episode
    ensure_own(episode.client, by)
    rows = CheckIn.objects.visible_to(by).filter(id=check_in.id, state=CheckInState.WAITING)
    if not rows.update(state=CheckInState.WITHDRAWN, token_digest=None):
        raise InputError("this check-in is no longer open")
    record_write(by, "check_in.withdrawn", check_in, episode)
    check_in.refresh_from_db()
    return check_in


@transaction.atomic
def open_check_in(*, check_in: CheckIn, at: datetime) -> None:
    """Record that the client opened the page for the first time."""
    rows = CheckIn.objects.unscoped(reason=_LINK_REASON).filter(id=check_in.id, opened_at=None)
    if rows.update(opened_at=at):
        record_write(None, "check_in.opened", check_in, check_in.episode)


@transaction.atomic
def record_check_in(
    *,
    check_in: CheckIn,
    responses: Responses,
    submission: str,
    at: datetime,
    by: Account | None = None,
    extra: Mapping[str, Responses] | None = None,
) -> RecordingResult:
    """Record a check-in's answers: administrations, responses, scores, safety alerts and audit row, all or nothing.

    `submission` identifies one submission: a repetition, such as a retry after a lost connection, is recorded once.
    `by` is the therapist who types in a paper form; None is the client. `extra` maps the additional instruments to
    their answers; one without any answer gets no administration. If a client answers a check-in before the session
    after the session has begun, the answers are recorded as given between sessions, at their own time.

    Raises ResponseError for values that the items do not allow, and InputError if other answers were recorded before.
    """
    results = _score_answers(check_in, responses, extra or {})
    wordings = {instrument.id: tag for instrument, tag in check_in.asked_instruments}
    session, episode, moment = check_in.therapy_session, check_in.episode, Moment(check_in.moment)
    if by is None and moment is Moment.BEFORE and session is not None and not is_before_session(session, at):
        session, moment = None, Moment.BETWEEN
    if by is not None:
        ensure_own(episode.client, by)
    row = CheckIn.objects.unscoped(reason=_LINK_REASON).get(id=check_in.id)
    if is_same_submission(check_in=row, submission=submission):
        return RecordingResult(row.answers, count_alerts(row), repeated=True)
    _mark_answered(row, submission, at)
    administrations = [
        create_administration(
            part,
            episode=episode,
            session=session,
            check_in_id=row.id,
            moment=moment,
            at=at,
            typed_in_by=by,
            simulated=check_in.simulated,
            wording=wordings[part.instrument],
        )
        for part in results
    ]
    outline = audit_detail(results[0]) | {
        "moment": moment.value,
        "beside": [audit_detail(part) for part in results[1:]],
    }
    record_write(by, "check_in.answered", row, episode, **outline)
    return RecordingResult(administrations[0], sum(len(part.alerts) for part in results))


def count_alerts(check_in: CheckIn) -> int:
    """Return how many alerts the recorded answers raised."""
    return sum(administration.safety_alerts.count() for administration in check_in.administrations.all())


def _score_answers(
    check_in: CheckIn, responses: Responses, extra: Mapping[str, Responses]
) -> tuple[ScoringResult, ...]:
    """Score the first instrument, and those after it that have an answer."""
    given = {**extra, check_in.instrument_id: responses}
    results = [
        score(get_instrument(asked.id), given[asked.id], asked=tuple(item.number for item in asked.items))
        for asked, _ in check_in.asked_instruments
        if asked.id in given
    ]
    first, *rest = results
    return first, *(result for result in rest if any(value is not None for value in result.responses.values()))


def _mark_answered(row: CheckIn, submission: str, at: datetime) -> None:
    if row.is_answered:
        raise InputError("this check-in has been answered already")
    if not row.is_waiting:
        raise InputError("this check-in was withdrawn")
    row.state, row.answered_at, row.submission_digest = CheckInState.ANSWERED, at, digest(submission)
    row.save(update_fields=["state", "answered_at", "submission_digest"])


def is_same_submission(*, check_in: CheckIn, submission: str) -> bool:
    """Return whether this submission repeats the one that answered the check-in."""
    return check_in.is_answered and check_in.submission_digest == digest(submission)


@transaction.atomic
def record_late_answers(
    *,
    check_in: CheckIn,
    responses: Responses,
    submission: str,
    at: datetime,
    extra: Mapping[str, Responses] | None = None,
) -> RecordingResult:
    """Record other answers to a check-in that was answered before, because one of them raises an alert.

    They are set aside from the start, so that no picture counts the moment twice; the alert is treated like any other.
    A repeated submission is recorded once, and so is the same alert while the first is unacknowledged.
    """
    results = _score_answers(check_in, responses, extra or {})
    result = next((result for result in results if result.alerts), None)
    if result is None:
        raise InputError("this check-in has been answered already")
    session, episode = check_in.therapy_session, check_in.episode
    name = f"late:{check_in.id}:{submission}"
    before = episode.administrations.filter(submission_digest=digest(name)).first() or _find_open_alert(
        check_in, result
    )
    if before is not None:
        return RecordingResult(before, before.safety_alerts.count(), repeated=True)
    administration = create_administration(
        result,
        episode=episode,
        session=session,
        moment=Moment(check_in.moment),
        at=at,
        typed_in_by=None,
        submission=name,
        simulated=check_in.simulated,
        wording={asked.id: tag for asked, tag in check_in.asked_instruments}[result.instrument],
    )
    administration.set_aside_at = at
    administration.save(update_fields=["set_aside_at"])
    record_write(None, "check_in.answered_late", check_in, episode, **audit_detail(result))
    return RecordingResult(administration, len(result.alerts))


def _find_open_alert(check_in: CheckIn, result: ScoringResult) -> Administration | None:
    """Return an earlier administration of this check-in with the same alerts still open."""
    alerts = {(a.item, a.value) for a in result.alerts}
    rows = check_in.episode.administrations.filter(
        therapy_session=check_in.therapy_session,
        instrument=result.instrument,
        moment=check_in.moment,
        safety_alerts__acknowledged_at=None,
    ).distinct()
    for row in rows:
        if alerts <= {(a.item, a.value) for a in row.safety_alerts.filter(acknowledged_at=None)}:
            return row
    return None
