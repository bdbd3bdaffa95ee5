"""Reads: the picture of an episode as it is now, and the caseload. Derived data is pulled by who looks."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch
from django.utils import timezone

from securebase.charts.sparkline import alliance_sparkline, symptoms_sparkline
from securebase.errors import InputError
from securebase.picture import telling, wording
from securebase.picture.client import ClientPicture, client_picture, picture_fingerprint
from securebase.picture.parts import Signal, SignalKind
from securebase.workbench.accounts.models import Account
from securebase.workbench.casefile import began_at, episode_record, with_everything
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.progress.actions import DERIVED, store_drawings, store_picture
from securebase.workbench.progress.drawings import drawn
from securebase.workbench.progress.models import StoredPicture
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInState, TherapySession

_log = logging.getLogger(__name__)
#: Signals in one row of the caseload.
_IN_A_ROW = 2


def current_picture(*, episode: Episode, as_of: datetime, whole: bool = True) -> ClientPicture:
    """The picture as known at `as_of`: the stored one where data, day and versions still match, else made and stored.

    Hypotheses take longest and the caseload shows none: it asks for less than the whole, and the client page, when it
    is looked at, for the rest.

    `episode` comes from `casefile.with_everything`, or its rows are fetched one by one.
    """
    record = episode_record(episode, as_of)
    day = (as_of - began_at(episode)).total_seconds() / 86_400
    fingerprint = picture_fingerprint(record, as_of=day)
    stored = StoredPicture.objects.for_the_workbench(because=DERIVED).filter(episode=episode).first()
    if stored is not None and stored.fingerprint == fingerprint:
        try:
            kept = ClientPicture.from_json(stored.picture)
        except InputError as error:
            _log.warning("The stored picture of an episode is made anew: %s", error)
        else:
            if kept.whole or not whole:
                return kept
    picture = client_picture(record, as_of=day, whole=whole)
    store_picture(episode=episode, picture=picture, at=as_of)
    return picture


def drawings(*, episode: Episode, picture: ClientPicture) -> dict[str, str]:
    """The charts of the picture, drawn once."""
    stored = StoredPicture.objects.for_the_workbench(because=DERIVED).filter(episode=episode).first()
    if stored is not None and stored.fingerprint == picture.fingerprint and stored.drawings:
        return dict(stored.drawings)
    made = drawn(picture)
    store_drawings(episode=episode, picture=picture, drawings=made)
    return made


def episode_with_everything(episode: Episode) -> Episode:
    """The same episode with its rows fetched at once."""
    rows = Episode.objects.for_the_workbench(because=DERIVED).filter(id=episode.id)
    return with_everything(rows).get()


def next_session(episode: Episode, now: datetime) -> TherapySession | None:
    """The first session that has not begun."""
    ahead = [s for s in episode.therapy_sessions.all() if s.held_at > now]
    return min(ahead, key=lambda s: s.held_at, default=None)


# ---- the caseload ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Note:
    """One line of what to know."""

    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One client in the caseload. `order` sorts: those who need attention first, then by the next session."""

    client: Client
    episode: Episode | None
    held: int
    share: float
    symptoms: str
    symptoms_last: str
    alliance: str
    alliance_last: str
    notes: tuple[Note, ...]
    more: int
    answered: int
    attention: bool
    next_at: datetime | None
    order: tuple[int, int, float, float, str]


@dataclass(frozen=True, slots=True)
class Caseload:
    rows: tuple[CaseRow, ...]
    attention: int
    this_week: int
    awaited: int


def caseload(*, account: Account, now: datetime) -> Caseload:
    """Every client of this therapist, those who need attention first."""
    episodes = with_everything(Episode.objects.visible_to(account))
    clients = Client.objects.visible_to(account).prefetch_related(Prefetch("episodes", episodes))
    rows = sorted((_case_row(client, now) for client in clients), key=lambda r: r.order)
    monday = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    week = TherapySession.objects.visible_to(account).filter(
        held_at__gte=monday, held_at__lt=monday + timedelta(days=7)
    )
    awaited = CheckIn.objects.visible_to(account).filter(state=CheckInState.WAITING)
    return Caseload(tuple(rows), sum(r.attention for r in rows), week.count(), awaited.count())


def _case_row(client: Client, now: datetime) -> CaseRow:
    episode = client.episode
    if episode is None:
        return _row_without(client, None, "No therapy has begun")
    try:
        picture = current_picture(episode=episode, as_of=now, whole=False)
    except Exception:
        # one client whose picture cannot be made must not hide all the others
        _log.exception("The picture of an episode could not be made")
        return _row_without(client, episode, "The picture could not be made; the record is safe")
    ahead = next_session(episode, now)
    return CaseRow(
        client=client,
        episode=episode,
        held=picture.header.sessions_held,
        share=min(1.0, picture.header.sessions_held / max(episode.planned_sessions, 1)),
        symptoms=symptoms_sparkline(picture),
        symptoms_last=_last(picture.symptoms.reported[-1].value if picture.symptoms.reported else None),
        alliance=alliance_sparkline(picture),
        alliance_last=_last(picture.alliance.reported[-1].value if picture.alliance.reported else None),
        notes=_notes(picture),
        more=max(0, len(picture.signals) - _IN_A_ROW),
        answered=picture.answered,
        attention=(telling.needs_attention(picture) and episode.ended_on is None) or _unsafe(picture),
        next_at=ahead.held_at if ahead else None,
        order=_order(client, episode, picture, ahead),
    )


def _unsafe(picture: ClientPicture) -> bool:
    return any(s.kind is SignalKind.SAFETY for s in picture.signals)


def _order(
    client: Client, episode: Episode, picture: ClientPicture, ahead: TherapySession | None
) -> tuple[int, int, float, float, str]:
    """Who comes first: the gravest kind of signal, among safety answers the gravest answer, then who comes next."""
    ended = episode.ended_on is not None and not _unsafe(picture)
    urgency = [list(SignalKind).index(s.kind) for s in picture.signals if _loud(s)]
    gravest = max((e.value for s in picture.signals if s.kind is SignalKind.SAFETY for e in s.evidence), default=0.0)
    soon = ahead.held_at.timestamp() if ahead else float("inf")
    return int(ended), min(urgency, default=len(SignalKind)), -gravest, soon, client.name_shown


def _loud(signal: Signal) -> bool:
    return signal.tone.value in {"alert", "warn"}


def _notes(picture: ClientPicture) -> tuple[Note, ...]:
    if not picture.signals:
        return (Note("quiet", telling.where_symptoms_are(picture)),)
    return tuple(Note(s.tone.value, s.brief) for s in picture.signals[:_IN_A_ROW])


def _last(value: float | None) -> str:
    return wording.number(value) if value is not None else ""


def _row_without(client: Client, episode: Episode | None, text: str) -> CaseRow:
    """A client of whom nothing can be drawn."""
    urgency = 0 if episode is not None else len(SignalKind)
    return CaseRow(
        client=client,
        episode=episode,
        held=0,
        share=0.0,
        symptoms="",
        symptoms_last="",
        alliance="",
        alliance_last="",
        notes=(Note("warn" if episode else "quiet", text),),
        more=0,
        answered=0,
        attention=episode is not None,
        next_at=None,
        order=(0, urgency, 0.0, float("inf"), client.name_shown),
    )
