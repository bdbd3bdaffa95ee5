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
from securebase.workbench.clients.tokens import digest, new_token
from securebase.workbench.measures.actions import RecordingResult, Responses, audit_detail, create_administration
from securebase.workbench.measures.models import Administration, ExtraChoice
from securebase.workbench.therapy_sessions.models import TherapySession

_LINK_REASON = "the client's own link opens only this check-in"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open check-in and the token of its link. Only the digest is stored, so the token cannot be shown again."""

    check_in: CheckIn
    token: str

    @property
    def path(self) -> str:
        return f"/c/{self.token}/"


@transaction.atomic
def invite_check_in(
    *,
    session: TherapySession,
    by: Account,
    moment: Moment,
    mode: CheckInMode,
    at: datetime,
    extras: Sequence[str] | None = None,
    simulated: bool = False,
) -> Invitation:
    """Open the check-in of this moment, or open it again; a new link ends the old one.

    `extras` lists the additional questions, each as `str` writes an AskedPart; None means those that are due. They are
    fixed here, and opening a waiting check-in again keeps them. Raises InputError if the check-in has been answered, or
    if a check-in before the session would be asked after it.
    """
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
    token = new_token()
    due = [str(AskedPart.whole(i)) for i in due_instruments(session, moment, at)] if extras is None else list(extras)
    check_in = check_in or CheckIn(therapy_session=session, moment=moment.value)
    check_in.extras = due
    check_in.mode, check_in.state, check_in.simulated = mode, CheckInState.WAITING, simulated
    check_in.token_digest = None if mode == CheckInMode.PAPER else digest(token)
    check_in.invited_at, check_in.opened_at = at, None
    check_in.expires_at = None if mode == CheckInMode.PAPER else at + timedelta(hours=settings.CHECK_IN_LINK_HOURS)
    check_in.save()
    # a request by the therapist is fulfilled once its questions are part of a check-in
    asked = [choice for part in check_in.parts for choice in part.choices]
    ExtraChoice.objects.visible_to(by).filter(episode=session.episode, instrument__in=asked).update(asked_for=False)
    record_write(by, "check_in.invited", check_in, session.episode, mode=str(mode), moment=moment.value, extras=due)
    return Invitation(check_in, token)


@transaction.atomic
def withdraw_check_in(*, check_in: CheckIn, by: Account) -> CheckIn:
    """End the link. An answered check-in stays as it is."""
    episode = check_in.therapy_session.episode
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
        record_write(None, "check_in.opened", check_in, check_in.therapy_session.episode)


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
    result, *additional = _score_answers(check_in, responses, extra or {})
    session: TherapySession | None = check_in.therapy_session
    episode, moment = check_in.therapy_session.episode, Moment(check_in.moment)
    if by is None and moment is Moment.BEFORE and not is_before_session(check_in.therapy_session, at):
        session, moment = None, Moment.BETWEEN
    if by is not None:
        ensure_own(episode.client, by)
    row = CheckIn.objects.unscoped(reason=_LINK_REASON).get(id=check_in.id)
    if is_same_submission(check_in=row, submission=submission):
        return RecordingResult(row.answers, row.answers.safety_alerts.count(), repeated=True)
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
        )
        for part in (result, *additional)
    ]
    outline = audit_detail(result) | {"moment": moment.value, "beside": [audit_detail(part) for part in additional]}
    record_write(by, "check_in.answered", row, episode, **outline)
    return RecordingResult(administrations[0], len(result.alerts))


def _score_answers(
    check_in: CheckIn, responses: Responses, extra: Mapping[str, Responses]
) -> tuple[ScoringResult, ...]:
    """Score the session set, and the additional instruments that have an answer."""
    result = score(get_instrument(check_in.instrument_id), responses)
    additional = [
        score(get_instrument(part.instrument), extra[part.instrument], asked=part.items)
        for part in check_in.parts
        if part.instrument in extra
    ]
    return result, *(part for part in additional if any(value is not None for value in part.responses.values()))


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
def record_late_answers(*, check_in: CheckIn, responses: Responses, submission: str, at: datetime) -> RecordingResult:
    """Record other answers to a check-in that was answered before, because one of them raises an alert.

    They are set aside from the start, so that no picture counts the moment twice; the alert is treated like any other.
    A repeated submission is recorded once, and so is the same alert while the first is unacknowledged.
    """
    result = score(get_instrument(check_in.instrument_id), responses)
    if not result.alerts:
        raise InputError("this check-in has been answered already")
    session, episode = check_in.therapy_session, check_in.therapy_session.episode
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
    )
    administration.set_aside_at = at
    administration.save(update_fields=["set_aside_at"])
    record_write(None, "check_in.answered_late", check_in, episode, **audit_detail(result))
    return RecordingResult(administration, len(result.alerts))


def _find_open_alert(check_in: CheckIn, result: ScoringResult) -> Administration | None:
    """Return an earlier administration of this check-in with the same alerts still open."""
    alerts = {(a.item, a.value) for a in result.alerts}
    rows = check_in.therapy_session.administrations.filter(
        instrument=result.instrument, moment=check_in.moment, safety_alerts__acknowledged_at=None
    ).distinct()
    for row in rows:
        if alerts <= {(a.item, a.value) for a in row.safety_alerts.filter(acknowledged_at=None)}:
            return row
    return None
