"""Writes of sessions, check-ins, administrations, safety alerts and ruptures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError

from securebase.errors import ConflictError, InputError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.scoring import ScoringResult, score
from securebase.records.vocabulary import Moment, Phase, Respondent, RuptureKind
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.actions import ensure_own, raise_record_version
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import (
    Administration,
    CheckIn,
    CheckInMode,
    CheckInState,
    ExtraChoice,
    Response,
    Rupture,
    SafetyAlert,
    Score,
    TherapySession,
)
from securebase.workbench.therapy_sessions.paper_forms import is_before_session
from securebase.workbench.therapy_sessions.schedule import due_instruments, is_additional
from securebase.workbench.therapy_sessions.tokens import digest, new_token

#: Instrument of the therapist's own rating after a session.
THERAPIST_SET = "therapist_after"
_LINK_REASON = "the client's own link opens only this check-in"
Responses = Mapping[int, float | None]


# ---- sessions --------------------------------------------------------------------------------------------------------
@transaction.atomic
def create_session(
    *, episode: Episode, by: Account, number: int, held_at: datetime, phase: Phase | None = None
) -> TherapySession:
    """Create a session, held or planned. Raises InputError if its number is taken."""
    ensure_own(episode.client, by)
    if episode.therapy_sessions.filter(number=number).exists():
        raise InputError(f"session number {number} is already taken", advice="Enter the next number.")
    session = TherapySession.objects.create(
        episode=episode, number=number, held_at=held_at, phase=Phase(phase or episode.phase).value
    )
    _record(by, "session.created", session, episode)
    return session


@transaction.atomic
def change_session(
    *, session: TherapySession, by: Account, version: int, number: int, held_at: datetime, phase: Phase
) -> TherapySession:
    """Change a session. Raises ConflictError if the session changed since the form read `version`."""
    ensure_own(session.episode.client, by)
    if session.episode.therapy_sessions.filter(number=number).exclude(id=session.id).exists():
        raise InputError(f"session number {number} is already taken", advice="Enter another number.")
    rows = TherapySession.objects.visible_to(by).filter(id=session.id, version=version)
    if not rows.update(number=number, held_at=held_at, phase=Phase(phase).value, version=version + 1):
        raise ConflictError
    _record(by, "session.changed", session, session.episode)
    session.refresh_from_db()
    return session


@transaction.atomic
def remove_session(*, session: TherapySession, by: Account) -> None:
    """Delete a session without content. Answers of a client are never deleted."""
    ensure_own(session.episode.client, by)
    has_content = session.administrations.exists() or session.ruptures.exists() or session.repairs.exists()
    if has_content or session.check_ins.exists():
        raise InputError(f"session {session.number} has check-ins, answers or ruptures", advice="Change it instead.")
    _record(by, "session.removed", session, session.episode)
    try:
        TherapySession.objects.visible_to(by).filter(id=session.id).delete()
    except ProtectedError:
        raise InputError(f"session {session.number} has a note or a worksheet", advice="Change it instead.") from None


# ---- check-ins -------------------------------------------------------------------------------------------------------
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

    `extras` lists the additional instruments; None means those that are due. They are fixed here, and opening a waiting
    check-in again keeps them. Raises InputError if the check-in has been answered, or if a check-in before the session
    would be asked after it.
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
    instruments = [i.id for i in due_instruments(session, moment, at)] if extras is None else list(extras)
    check_in = check_in or CheckIn(therapy_session=session, moment=moment.value)
    check_in.extras = instruments
    check_in.mode, check_in.state, check_in.simulated = mode, CheckInState.WAITING, simulated
    check_in.token_digest = None if mode == CheckInMode.PAPER else digest(token)
    check_in.invited_at, check_in.opened_at = at, None
    check_in.expires_at = None if mode == CheckInMode.PAPER else at + timedelta(hours=settings.CHECK_IN_LINK_HOURS)
    check_in.save()
    # a request by the therapist is fulfilled once the instrument is part of a check-in
    requests = ExtraChoice.objects.visible_to(by).filter(episode=session.episode, instrument__in=instruments)
    requests.update(asked_for=False)
    _record(by, "check_in.invited", check_in, session.episode, mode=str(mode), moment=moment.value, extras=instruments)
    return Invitation(check_in, token)


@transaction.atomic
def withdraw_check_in(*, check_in: CheckIn, by: Account) -> CheckIn:
    """End the link. An answered check-in stays as it is."""
    episode = check_in.therapy_session.episode
    ensure_own(episode.client, by)
    rows = CheckIn.objects.visible_to(by).filter(id=check_in.id, state=CheckInState.WAITING)
    if not rows.update(state=CheckInState.WITHDRAWN, token_digest=None):
        raise InputError("this check-in is no longer open")
    _record(by, "check_in.withdrawn", check_in, episode)
    check_in.refresh_from_db()
    return check_in


@transaction.atomic
def open_check_in(*, check_in: CheckIn, at: datetime) -> None:
    """Record that the client opened the page for the first time."""
    rows = CheckIn.objects.unscoped(reason=_LINK_REASON).filter(id=check_in.id, opened_at=None)
    if rows.update(opened_at=at):
        _record(None, "check_in.opened", check_in, check_in.therapy_session.episode)


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """Result of recording answers. `repeated`: the same submission was recorded before, and nothing was written."""

    administration: Administration
    alerts: int
    repeated: bool = False


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
    result = score(get_instrument(check_in.instrument_id), responses)
    additional = [score(get_instrument(name), (extra or {})[name]) for name in check_in.extras if name in (extra or {})]
    additional = [part for part in additional if any(value is not None for value in part.responses.values())]
    session: TherapySession | None = check_in.therapy_session
    episode, moment = check_in.therapy_session.episode, Moment(check_in.moment)
    if by is None and moment is Moment.BEFORE and not is_before_session(check_in.therapy_session, at):
        session, moment = None, Moment.BETWEEN
    if by is not None:
        ensure_own(episode.client, by)
    row = CheckIn.objects.unscoped(reason=_LINK_REASON).get(id=check_in.id)
    if row.is_answered:
        if row.submission_digest == digest(submission):
            return RecordingResult(row.answers, row.answers.safety_alerts.count(), repeated=True)
        raise InputError("this check-in has been answered already")
    if row.state != CheckInState.WAITING:
        raise InputError("this check-in was withdrawn")
    row.state, row.answered_at, row.submission_digest = CheckInState.ANSWERED, at, digest(submission)
    row.save(update_fields=["state", "answered_at", "submission_digest"])
    administrations = [
        _create_administration(
            part,
            episode=episode,
            session=session,
            check_in=row,
            moment=moment,
            at=at,
            typed_in_by=by,
            simulated=check_in.simulated,
        )
        for part in (result, *additional)
    ]
    outline = _audit_detail(result) | {"moment": moment.value, "beside": [_audit_detail(part) for part in additional]}
    _record(by, "check_in.answered", row, episode, **outline)
    return RecordingResult(administrations[0], len(result.alerts))


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
    administration = _create_administration(
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
    _record(None, "check_in.answered_late", check_in, episode, **_audit_detail(result))
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


@transaction.atomic
def type_in_administration(
    *,
    episode: Episode,
    by: Account,
    instrument: str,
    responses: Responses,
    at: datetime,
    submission: str,
    session: TherapySession | None = None,
    moment: Moment = Moment.BEFORE,
    simulated: bool = False,
) -> RecordingResult:
    """Record an instrument completed on paper, by item numbers. A repeated submission is recorded once."""
    ensure_own(episode.client, by)
    if session is not None and session.episode_id != episode.id:
        raise InputError("the session belongs to another therapy")
    result = score(get_instrument(instrument), responses)
    if all(v is None for v in result.responses.values()):
        raise InputError("no item has an answer", advice="Enter the answers from the paper form.")
    before = episode.administrations.filter(submission_digest=digest(submission)).first()
    if before is not None:
        return RecordingResult(before, before.safety_alerts.count(), repeated=True)
    administration = _create_administration(
        result,
        episode=episode,
        session=session,
        moment=moment,
        at=at,
        typed_in_by=by,
        submission=submission,
        simulated=simulated,
    )
    _record(by, "administration.typed_in", administration, episode, **_audit_detail(result))
    return RecordingResult(administration, len(result.alerts))


@transaction.atomic
def set_aside_administration(*, administration: Administration, by: Account, at: datetime | None) -> Administration:
    """Exclude an administration that was entered by mistake from every picture; `at` None includes it again.

    Its answers and its safety alerts stay.
    """
    ensure_own(administration.episode.client, by)
    administration.set_aside_at = at
    administration.save(update_fields=["set_aside_at"])
    action = "administration.set_aside" if at else "administration.taken_back"
    _record(by, action, administration, administration.episode)
    return administration


def _create_administration(
    result: ScoringResult,
    *,
    episode: Episode,
    session: TherapySession | None,
    moment: Moment,
    at: datetime,
    typed_in_by: Account | None,
    simulated: bool,
    check_in: CheckIn | None = None,
    submission: str = "",
    respondent: Respondent = Respondent.CLIENT,
) -> Administration:
    """Create the rows of one administration within the caller's transaction."""
    administration = Administration.objects.create(
        episode=episode,
        therapy_session=session,
        check_in=check_in,
        instrument=result.instrument,
        instrument_version=get_instrument(result.instrument).version,
        at=at,
        moment=Moment(moment).value,
        respondent=respondent.value,
        typed_in_by=typed_in_by.id if typed_in_by else None,
        submission_digest=digest(submission) if submission else None,
        simulated=simulated,
    )
    Response.objects.bulk_create(
        Response(administration=administration, item=item, value=value) for item, value in result.responses.items()
    )
    Score.objects.bulk_create(
        Score(
            administration=administration,
            scale=s.scale,
            construct=s.construct,
            value=s.value,
            n_missing=s.n_missing,
            note=s.note[:200],
        )
        for s in result.scores.values()
    )
    SafetyAlert.objects.bulk_create(
        SafetyAlert(
            episode=episode, administration=administration, item=a.item, value=a.value, concern=a.concern, raised_at=at
        )
        for a in result.alerts
    )
    return administration


def _audit_detail(result: ScoringResult) -> dict[str, object]:
    """Return the audit detail of answers: their number, never their content."""
    answered = sum(value is not None for value in result.responses.values())
    return {"instrument": result.instrument, "answered": answered, "alerts": len(result.alerts)}


# ---- additional questionnaires --------------------------------------------------------------------------------------
@transaction.atomic
def choose_extra(
    *, episode: Episode, by: Account, instrument: str, off: bool | None = None, asked_for: bool | None = None
) -> ExtraChoice:
    """Switch an additional questionnaire off or on, or request it for the next check-in."""
    ensure_own(episode.client, by)
    if not is_additional(instrument):
        raise InputError(f"“{instrument}” is not an extra questionnaire of check-ins")
    choice, _ = ExtraChoice.objects.visible_to(by).get_or_create(episode=episode, instrument=instrument)
    if off is not None:
        choice.off = off
        choice.asked_for = choice.asked_for and not off
    if asked_for is not None:
        choice.asked_for = asked_for
        choice.off = choice.off and not asked_for
    choice.save()
    _record(by, "extra.chosen", choice, episode, instrument=instrument, off=choice.off, asked_for=choice.asked_for)
    return choice


@transaction.atomic
def rate_session(
    *, session: TherapySession, by: Account, responses: Responses, submission: str, at: datetime
) -> RecordingResult:
    """Record the therapist's own rating of a session. It sets an earlier one aside; both stay in the record."""
    episode = session.episode
    ensure_own(episode.client, by)
    if session.held_at > at:
        raise InputError(f"session {session.number} has not been held yet", advice="Rate it after the session.")
    result = score(get_instrument(THERAPIST_SET), responses)
    if all(v is None for v in result.responses.values()):
        raise InputError("the rating is empty", advice="Choose a number in at least one row.")
    earlier = session.administrations.filter(instrument=THERAPIST_SET, set_aside_at=None)
    recorded = session.administrations.filter(submission_digest=digest(submission)).first()
    if recorded is not None:
        return RecordingResult(recorded, 0, repeated=True)
    earlier.update(set_aside_at=at)
    rating = _create_administration(
        result,
        episode=episode,
        session=session,
        moment=Moment.AFTER,
        at=at,
        typed_in_by=None,
        submission=submission,
        simulated=episode.client.simulated,
        respondent=Respondent.THERAPIST,
    )
    _record(by, "session.rated", session, episode, **_audit_detail(result))
    return RecordingResult(rating, 0)


# ---- safety ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def acknowledge_alert(*, alert: SafetyAlert, by: Account, note: str, at: datetime) -> SafetyAlert:
    """Acknowledge an alert with a note. Raises ConflictError if it is acknowledged already."""
    ensure_own(alert.episode.client, by)
    if not note.strip():
        raise InputError("the note must not be empty", where="Note", advice="Say in a few words what you did.")
    rows = SafetyAlert.objects.visible_to(by).filter(id=alert.id, acknowledged_at=None)
    if not rows.update(acknowledged_at=at, acknowledged_by=by.id, note=note.strip()):
        raise ConflictError(
            "this alert has been acknowledged already", advice="Your note was not saved. Read the existing note."
        )
    _record(by, "safety_alert.acknowledged", alert, alert.episode)
    alert.refresh_from_db()
    return alert


# ---- ruptures --------------------------------------------------------------------------------------------------------
@transaction.atomic
def mark_rupture(*, session: TherapySession, by: Account, kind: RuptureKind, at: datetime) -> Rupture:
    """Record a rupture in the alliance, as the therapist saw it in this session."""
    ensure_own(session.episode.client, by)
    rupture = Rupture.objects.create(therapy_session=session, kind=RuptureKind(kind).value, marked_at=at)
    _record(by, "rupture.marked", rupture, session.episode)
    return rupture


@transaction.atomic
def record_repair(*, rupture: Rupture, by: Account, session: TherapySession | None, at: datetime) -> Rupture:
    """Record the repair of a rupture, in this session if one is given."""
    episode = rupture.therapy_session.episode
    ensure_own(episode.client, by)
    if session is not None and session.episode_id != episode.id:
        raise InputError("the session belongs to another therapy")
    if session is not None and session.number < rupture.therapy_session.number:
        raise InputError("a repair cannot come before the rupture")
    rupture.repaired_in, rupture.repaired_at = session, at
    rupture.save(update_fields=["repaired_in", "repaired_at"])
    _record(by, "rupture.repaired", rupture, episode)
    return rupture


@transaction.atomic
def remove_rupture(*, rupture: Rupture, by: Account) -> None:
    """Delete a rupture that was marked by mistake."""
    episode = rupture.therapy_session.episode
    ensure_own(episode.client, by)
    _record(by, "rupture.removed", rupture, episode, kind=rupture.kind)
    Rupture.objects.visible_to(by).filter(id=rupture.id).delete()


def _record(
    by: Account | None,
    action: str,
    row: TherapySession | CheckIn | Administration | SafetyAlert | Rupture | ExtraChoice,
    episode: Episode,
    **detail: object,
) -> None:
    """Audit a write in its transaction and raise the version of the episode's record."""
    raise_record_version(episode)
    record(
        actor=by,
        action=action,
        object_type=action.split(".", maxsplit=1)[0],
        object_id=row.pk,
        client=episode.client_id,
        detail=dict(detail),
    )
