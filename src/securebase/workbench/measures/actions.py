"""Writes of administrations, safety alerts and choices of additional questionnaires."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from securebase.errors import ConflictError, InputError
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.scoring import ScoringResult, score
from securebase.records.vocabulary import Moment, Respondent
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.actions import ensure_own, record_write
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.tokens import digest
from securebase.workbench.measures.alert_mail import announce_alerts
from securebase.workbench.measures.models import Administration, ExtraChoice, Response, SafetyAlert, Score
from securebase.workbench.measures.schedule import is_choice
from securebase.workbench.therapy_sessions.models import TherapySession

#: Instrument of the therapist's own rating after a session.
THERAPIST_SET = "therapist_after"
Responses = Mapping[int, float | None]


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """Result of recording answers. `repeated`: the same submission was recorded before, and nothing was written."""

    administration: Administration
    alerts: int
    repeated: bool = False


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
    administration = create_administration(
        result,
        episode=episode,
        session=session,
        moment=moment,
        at=at,
        typed_in_by=by,
        submission=submission,
        simulated=simulated,
    )
    record_write(by, "administration.typed_in", administration, episode, **audit_detail(result))
    return RecordingResult(administration, len(result.alerts))


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
    rating = create_administration(
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
    record_write(by, "session.rated", session, episode, **audit_detail(result))
    return RecordingResult(rating, 0)


@transaction.atomic
def set_aside_administration(*, administration: Administration, by: Account, at: datetime | None) -> Administration:
    """Exclude an administration that was entered by mistake from every picture; `at` None includes it again.

    Its answers and its safety alerts stay.
    """
    ensure_own(administration.episode.client, by)
    administration.set_aside_at = at
    administration.save(update_fields=["set_aside_at"])
    action = "administration.set_aside" if at else "administration.taken_back"
    record_write(by, action, administration, administration.episode)
    return administration


def create_administration(
    result: ScoringResult,
    *,
    episode: Episode,
    session: TherapySession | None,
    moment: Moment,
    at: datetime,
    typed_in_by: Account | None,
    simulated: bool,
    check_in_id: uuid.UUID | None = None,
    submission: str = "",
    wording: str = "",
    respondent: Respondent = Respondent.CLIENT,
) -> Administration:
    """Create the rows of one administration within the caller's transaction."""
    administration = Administration.objects.create(
        episode=episode,
        therapy_session=session,
        check_in_id=check_in_id,
        instrument=result.instrument,
        instrument_version=get_instrument(result.instrument).version,
        at=at,
        moment=Moment(moment).value,
        respondent=respondent.value,
        wording=wording,
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
    if result.alerts and typed_in_by is None:  # who types answers in has read them
        announce_alerts(administration, at)
    return administration


def audit_detail(result: ScoringResult) -> dict[str, object]:
    """Return the audit detail of answers: their number, never their content."""
    answered = sum(value is not None for value in result.responses.values())
    return {"instrument": result.instrument, "answered": answered, "alerts": len(result.alerts)}


@transaction.atomic
def choose_extra(
    *, episode: Episode, by: Account, instrument: str, off: bool | None = None, asked_for: bool | None = None
) -> ExtraChoice:
    """Switch additional questions off or on, or request them for the next check-in."""
    ensure_own(episode.client, by)
    if not is_choice(instrument):
        raise InputError(f"check-ins have no questions “{instrument}” to choose")
    choice, _ = ExtraChoice.objects.visible_to(by).get_or_create(episode=episode, instrument=instrument)
    if off is not None:
        choice.off = off
        choice.asked_for = choice.asked_for and not off
    if asked_for is not None:
        choice.asked_for = asked_for
        choice.off = choice.off and not asked_for
    choice.save()
    record_write(by, "extra.chosen", choice, episode, instrument=instrument, off=choice.off, asked_for=choice.asked_for)
    return choice


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
    record_write(by, "safety_alert.acknowledged", alert, alert.episode)
    alert.refresh_from_db()
    return alert
