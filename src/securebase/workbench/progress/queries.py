"""Read the current picture of an episode and the caseload.

Pictures are computed on read, and writes never trigger a computation.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Prefetch
from django.utils import timezone

from securebase.errors import InputError
from securebase.picture.client import ClientPicture, client_picture
from securebase.picture.fingerprints import picture_fingerprint
from securebase.workbench.accounts.models import Account
from securebase.workbench.casefile import began_at, next_change, picture_record, prefetch_picture_record
from securebase.workbench.check_ins.models import CheckIn, CheckInState
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.progress.actions import (
    DERIVED,
    Validity,
    extend_validity,
    store_drawing,
    store_picture,
    store_summaries,
)
from securebase.workbench.progress.calibration import count_course
from securebase.workbench.progress.drawings import draw_chart
from securebase.workbench.progress.models import StoredPicture
from securebase.workbench.progress.rows import Summary, placeholder_summary, summarise
from securebase.workbench.progress.stamp import version_stamp
from securebase.workbench.therapy_sessions.models import TherapySession

_log = logging.getLogger(__name__)


def current_picture(*, episode: Episode, as_of: datetime, whole: bool = True) -> ClientPicture:
    """Return the picture as known at `as_of`: the stored one while it is valid, else a new one, which is stored.

    A stored picture is valid without reading the record while the record's version is unchanged and no entry became
    known by the passing of time (decision 0011). Otherwise the record is read, and its fingerprint decides.

    Hypotheses take longest to compute and the caseload shows none. It therefore passes whole=False; the client page
    computes the rest when it is opened. The episode is read again with the stored picture, so that its version
    includes every committed write.
    """
    rows = StoredPicture.objects.unscoped(reason=DERIVED).filter(episode=episode)
    stored = rows.select_related("episode").first()
    if stored is not None and is_current(stored, stored.episode, as_of):
        picture = _parse_stored(stored, whole=whole)
        if picture is not None:
            return picture
    return _picture_from_record(prefetch_episode(episode), stored, as_of, whole=whole)


def _picture_from_record(
    episode: Episode, stored: StoredPicture | None, as_of: datetime, *, whole: bool
) -> ClientPicture:
    """Read the record of a prefetched episode; return the stored picture if it still matches, else a new one."""
    record = picture_record(episode, as_of)
    day = (as_of - began_at(episode)).total_seconds() / 86_400
    parameters = set_in_use().parameter_set
    fingerprint = picture_fingerprint(record, as_of=day, parameter_set=parameters)
    validity = Validity(
        since=as_of,
        until=next_change(episode, as_of),
        record_version=episode.record_version,
        made_with=version_stamp(),
    )
    if stored is not None and stored.fingerprint == fingerprint:
        picture = _parse_stored(stored, whole=whole)
        if picture is not None:
            extend_validity(episode=episode, fingerprint=fingerprint, validity=validity)
            return picture
    picture = client_picture(record, as_of=day, parameter_set=parameters, whole=whole, fingerprint=fingerprint)
    store_picture(episode=episode, picture=picture, validity=validity)
    if whole:
        # 25 ms, little compared with the hypotheses, keep the clinic's calibration up to date in daily use
        count_course(episode, record, day)
    return picture


def is_current(stored: StoredPicture, episode: Episode, as_of: datetime) -> bool:
    """Return True if a stored picture is valid at `as_of`, without reading the record."""
    return (
        stored.record_version == episode.record_version
        and stored.made_with == version_stamp()
        and stored.holds_until is not None
        and stored.made_at <= as_of < stored.holds_until
    )


def _parse_stored(stored: StoredPicture, *, whole: bool) -> ClientPicture | None:
    try:
        picture = ClientPicture.from_json(stored.picture)
    except InputError as error:
        _log.warning("a stored picture cannot be read and is computed again: %s", error)
        return None
    return picture if picture.whole or not whole else None


def drawing(*, account: Account, client_id: uuid.UUID, fingerprint: str, name: str) -> str | None:
    """Return one chart, as SVG, of the stored picture with this fingerprint; it is drawn on first request.

    The result is None if another picture has replaced it or the chart has no data to show.
    """
    rows = StoredPicture.objects.visible_to(account).filter(episode__client_id=client_id, fingerprint=fingerprint)
    stored = rows.defer("picture", "summary").first()
    if stored is None or name in stored.drawings:
        return stored.drawings[name] if stored is not None else None
    picture = _parse_stored(stored, whole=False)
    chart = draw_chart(name, picture) if picture is not None else None
    if chart is not None:
        store_drawing(stored=stored, name=name, drawing=chart)
    return chart


def prefetch_episode(episode: Episode) -> Episode:
    """Return the same episode with its rows prefetched."""
    rows = Episode.objects.unscoped(reason=DERIVED).filter(id=episode.id)
    return prefetch_picture_record(rows).get()


def next_session(sessions: Iterable[TherapySession], now: datetime) -> TherapySession | None:
    """Return the first session that has not begun."""
    return min((s for s in sessions if s.held_at > now), key=lambda s: s.held_at, default=None)


# ---- the caseload ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CaseRow:
    """One client in the caseload; `order` sorts clients who need attention first, then by the next session."""

    client: Client
    episode: Episode | None
    summary: Summary
    share: float
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
    """Return all clients of this therapist, those who need attention first."""
    # rows need the summaries only, so the large columns with pictures and charts are not loaded
    episodes = Episode.objects.visible_to(account).select_related("stored_picture")
    episodes = episodes.defer("stored_picture__picture", "stored_picture__drawings")
    clients = list(Client.objects.visible_to(account).prefetch_related(Prefetch("episodes", episodes)))
    summaries = _summaries([e for client in clients if (e := client.episode) is not None], now)
    next_sessions: dict[uuid.UUID, datetime] = dict(
        TherapySession.objects.visible_to(account)
        .filter(held_at__gt=now)
        .order_by()
        .values_list("episode_id")
        .annotate(Min("held_at"))
    )
    rows = sorted((_case_row(client, summaries, next_sessions) for client in clients), key=lambda r: r.order)
    monday = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    week = TherapySession.objects.visible_to(account).filter(
        held_at__gte=monday, held_at__lt=monday + timedelta(days=7)
    )
    awaited = CheckIn.objects.visible_to(account).filter(state=CheckInState.WAITING)
    return Caseload(tuple(rows), sum(r.attention for r in rows), week.count(), awaited.count())


def _summaries(episodes: list[Episode], now: datetime) -> dict[uuid.UUID, Summary]:
    """Return the summary of each episode by id; records are read only where the stored summary is out of date."""
    summaries = {e.id: s for e in episodes if (s := _stored_summary(e, now)) is not None}
    missing = [e.id for e in episodes if e.id not in summaries]
    if not missing:
        return summaries
    updates = {}
    stale = Episode.objects.unscoped(reason=DERIVED).filter(id__in=missing).select_related("stored_picture")
    for episode in prefetch_picture_record(stale):
        try:
            stored = getattr(episode, "stored_picture", None)
            picture = None
            if stored is not None and is_current(stored, episode, now):
                picture = _parse_stored(stored, whole=False)
            picture = picture or _picture_from_record(episode, stored, now, whole=False)
            updates[episode.id] = (picture.fingerprint, summarise(picture))
        except Exception:
            # a failure for one client must not hide the others
            _log.exception("the picture of an episode could not be computed")
            text = "The overview failed; the record is safe"
            summaries[episode.id] = placeholder_summary(text, grave=True)
    store_summaries(updates)
    return summaries | {episode: summary for episode, (_, summary) in updates.items()}


def _stored_summary(episode: Episode, now: datetime) -> Summary | None:
    stored = getattr(episode, "stored_picture", None)
    if stored is None or not stored.summary or not is_current(stored, episode, now):
        return None
    try:
        return Summary.from_stored(stored.summary)
    except InputError:
        return None


def _case_row(client: Client, summaries: dict[uuid.UUID, Summary], next_sessions: dict[uuid.UUID, datetime]) -> CaseRow:
    episode = client.episode
    if episode is not None:
        summary = summaries[episode.id]
    else:
        summary = placeholder_summary("Therapy has not started", grave=False)
    is_running = episode is not None and episode.ended_on is None
    next_at = next_sessions.get(episode.id) if episode is not None else None
    return CaseRow(
        client=client,
        episode=episode,
        summary=summary,
        share=min(1.0, summary.held / max(episode.planned_sessions, 1)) if episode is not None else 0.0,
        attention=(summary.calls and is_running) or summary.unsafe,
        next_at=next_at,
        order=_sort_key(client, episode, summary, next_at),
    )


def _sort_key(
    client: Client, episode: Episode | None, summary: Summary, next_at: datetime | None
) -> tuple[int, int, float, float, str]:
    """Return the key that sorts by most urgent signal, then highest safety answer, then next session.

    Ended courses come last unless a safety answer is open.
    """
    has_ended = episode is not None and episode.ended_on is not None and not summary.unsafe
    next_time = next_at.timestamp() if next_at else float("inf")
    return int(has_ended), summary.urgency, -summary.gravest, next_time, client.name_shown
