"""Writes of sessions, and of ruptures and their repair."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import ProtectedError

from securebase.errors import ConflictError, InputError
from securebase.records.vocabulary import Phase, RuptureKind
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.actions import ensure_own, record_write
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import Rupture, TherapySession


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
    record_write(by, "session.created", session, episode)
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
    record_write(by, "session.changed", session, session.episode)
    session.refresh_from_db()
    return session


@transaction.atomic
def remove_session(*, session: TherapySession, by: Account) -> None:
    """Delete a session without content. Answers of a client are never deleted."""
    ensure_own(session.episode.client, by)
    has_content = session.administrations.exists() or session.ruptures.exists() or session.repairs.exists()
    if has_content or session.check_ins.exists():
        raise InputError(f"session {session.number} has check-ins, answers or ruptures", advice="Change it instead.")
    record_write(by, "session.removed", session, session.episode)
    try:
        TherapySession.objects.visible_to(by).filter(id=session.id).delete()
    except ProtectedError:
        raise InputError(f"session {session.number} has a note or a worksheet", advice="Change it instead.") from None


@transaction.atomic
def mark_rupture(*, session: TherapySession, by: Account, kind: RuptureKind, at: datetime) -> Rupture:
    """Record a rupture in the alliance, as the therapist saw it in this session."""
    ensure_own(session.episode.client, by)
    rupture = Rupture.objects.create(therapy_session=session, kind=RuptureKind(kind).value, marked_at=at)
    record_write(by, "rupture.marked", rupture, session.episode)
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
    record_write(by, "rupture.repaired", rupture, episode)
    return rupture


@transaction.atomic
def remove_rupture(*, rupture: Rupture, by: Account) -> None:
    """Delete a rupture that was marked by mistake."""
    episode = rupture.therapy_session.episode
    ensure_own(episode.client, by)
    record_write(by, "rupture.removed", rupture, episode, kind=rupture.kind)
    Rupture.objects.visible_to(by).filter(id=rupture.id).delete()
