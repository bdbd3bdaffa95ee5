"""Reads: the picture of an episode as it is now, and the caseload. Derived data is pulled by who looks."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db.models import Min, Prefetch
from django.utils import timezone

from securebase.errors import InputError
from securebase.model.parameter_set import ParameterSet
from securebase.picture import serialisation
from securebase.picture.client import ClientPicture, client_picture, picture_fingerprint, versions_fingerprint
from securebase.workbench.accounts.models import Account
from securebase.workbench.accounts.queries import set_in_use
from securebase.workbench.casefile import began_at, episode_record, next_change, prefetch_record
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.progress.actions import (
    DERIVED,
    Holds,
    keep_holding,
    store_drawing,
    store_picture,
    store_summaries,
)
from securebase.workbench.progress.drawings import drawn
from securebase.workbench.progress.models import StoredPicture
from securebase.workbench.progress.rows import FORMAT as ROW_FORMAT
from securebase.workbench.progress.rows import Summary, summary, without
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInState, TherapySession

_log = logging.getLogger(__name__)


def current_picture(*, episode: Episode, as_of: datetime, whole: bool = True) -> ClientPicture:
    """The picture as known at `as_of`: the stored one where it still holds, else made and stored.

    A stored picture holds, without a look at the record, while the record has the version it was made from and nothing
    became known since by the passing of time. Where that is not so the record is read: its fingerprint decides.

    Hypotheses take longest and the caseload shows none: it asks for less than the whole, and the client page, when it
    is looked at, for the rest. `episode` is read anew, so that its version is no older than what was written.
    """
    stored = StoredPicture.objects.unscoped(reason=DERIVED).filter(episode=episode)
    kept = stored.select_related("episode").first()
    if kept is not None and holds(kept, kept.episode, as_of):
        picture = _readable(kept, whole=whole)
        if picture is not None:
            return picture
    return _looked_at(episode_with_everything(episode), kept, as_of, whole=whole)


def _looked_at(episode: Episode, kept: StoredPicture | None, as_of: datetime, *, whole: bool) -> ClientPicture:
    """The picture of an episode that comes with everything, after a look at the record."""
    record = episode_record(episode, as_of)
    day = (as_of - began_at(episode)).total_seconds() / 86_400
    own = set_in_use().parameter_set
    fingerprint = picture_fingerprint(record, as_of=day, parameter_set=own)
    holding = Holds(since=as_of, until=next_change(episode, as_of), version=episode.record_version, made=_made_with())
    if kept is not None and kept.fingerprint == fingerprint:
        picture = _readable(kept, whole=whole)
        if picture is not None:
            keep_holding(episode=episode, fingerprint=fingerprint, holding=holding)
            return picture
    picture = client_picture(record, as_of=day, parameter_set=own, whole=whole, fingerprint=fingerprint)
    store_picture(episode=episode, picture=picture, holding=holding)
    return picture


def holds(stored: StoredPicture, episode: Episode, as_of: datetime) -> bool:
    """Whether a stored picture is what would be made at `as_of`, told without the record."""
    return (
        stored.record_version == episode.record_version
        and stored.made_with == _made_with()
        and stored.holds_until is not None
        and stored.made_at <= as_of < stored.holds_until
    )


def _readable(stored: StoredPicture, *, whole: bool) -> ClientPicture | None:
    try:
        picture = ClientPicture.from_json(stored.picture)
    except InputError as error:
        _log.warning("The stored picture of an episode is made anew: %s", error)
        return None
    return picture if picture.whole or not whole else None


def _made_with() -> str:
    """What every picture is made with now: versions, the time zone of its days, and the shape of a row."""
    return _made_with_set(set_in_use().parameter_set)


@lru_cache(maxsize=4)
def _made_with_set(own: ParameterSet) -> str:
    return serialisation.fingerprint(
        {"picture": versions_fingerprint(own), "zone": settings.TIME_ZONE, "row": ROW_FORMAT}
    )


def drawing(*, account: Account, client_id: uuid.UUID, fingerprint: str, name: str) -> str | None:
    """One chart of the stored picture that has this fingerprint, as SVG, drawn when it is first looked at; None where
    another picture has taken its place, or it has nothing to show.
    """
    rows = StoredPicture.objects.visible_to(account).filter(episode__client_id=client_id, fingerprint=fingerprint)
    stored = rows.defer("picture", "summary").first()
    if stored is None or name in stored.drawings:
        return stored.drawings[name] if stored is not None else None
    picture = _readable(stored, whole=False)
    made = drawn(name, picture) if picture is not None else None
    if made is not None:
        store_drawing(stored=stored, name=name, drawing=made)
    return made


def episode_with_everything(episode: Episode) -> Episode:
    """The same episode with its rows fetched at once."""
    rows = Episode.objects.unscoped(reason=DERIVED).filter(id=episode.id)
    return prefetch_record(rows).get()


def next_session(sessions: Iterable[TherapySession], now: datetime) -> TherapySession | None:
    """The first session that has not begun."""
    return min((s for s in sessions if s.held_at > now), key=lambda s: s.held_at, default=None)


# ---- the caseload ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CaseRow:
    """One client in the caseload. `order` sorts: those who need attention first, then by the next session."""

    client: Client
    episode: Episode | None
    shown: Summary
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
    """Every client of this therapist, those who need attention first."""
    # the long texts, pictures and charts, stay where they are: a row is made of summaries
    episodes = Episode.objects.visible_to(account).select_related("stored_picture")
    episodes = episodes.defer("stored_picture__picture", "stored_picture__drawings")
    clients = list(Client.objects.visible_to(account).prefetch_related(Prefetch("episodes", episodes)))
    shown = _summaries([e for client in clients if (e := client.episode) is not None], now)
    ahead: dict[uuid.UUID, datetime] = dict(
        TherapySession.objects.visible_to(account)
        .filter(held_at__gt=now)
        .order_by()
        .values_list("episode_id")
        .annotate(Min("held_at"))
    )
    rows = sorted((_case_row(client, shown, ahead) for client in clients), key=lambda r: r.order)
    monday = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    week = TherapySession.objects.visible_to(account).filter(
        held_at__gte=monday, held_at__lt=monday + timedelta(days=7)
    )
    awaited = CheckIn.objects.visible_to(account).filter(state=CheckInState.WAITING)
    return Caseload(tuple(rows), sum(r.attention for r in rows), week.count(), awaited.count())


def _summaries(episodes: list[Episode], now: datetime) -> dict[uuid.UUID, Summary]:
    """Return episode → summary of its row. The record is read only where the stored summary is out of date."""
    found = {e.id: s for e in episodes if (s := _stored_summary(e, now)) is not None}
    rest = [e.id for e in episodes if e.id not in found]
    if not rest:
        return found
    made = {}
    stale = Episode.objects.unscoped(reason=DERIVED).filter(id__in=rest).select_related("stored_picture")
    for episode in prefetch_record(stale):
        try:
            kept = getattr(episode, "stored_picture", None)
            picture = _readable(kept, whole=False) if kept is not None and holds(kept, episode, now) else None
            picture = picture or _looked_at(episode, kept, now, whole=False)
            made[episode.id] = (picture.fingerprint, summary(picture))
        except Exception:
            # one client whose picture cannot be made must not hide all the others
            _log.exception("The picture of an episode could not be made")
            found[episode.id] = without("The picture could not be made; the record is safe", grave=True)
    store_summaries(made)
    return found | {episode: one for episode, (_, one) in made.items()}


def _stored_summary(episode: Episode, now: datetime) -> Summary | None:
    stored = getattr(episode, "stored_picture", None)
    if stored is None or not stored.summary or not holds(stored, episode, now):
        return None
    try:
        return Summary.from_stored(stored.summary)
    except InputError:
        return None


def _case_row(client: Client, shown: dict[uuid.UUID, Summary], ahead: dict[uuid.UUID, datetime]) -> CaseRow:
    episode = client.episode
    one = shown[episode.id] if episode is not None else without("No therapy has begun", grave=False)
    running = episode is not None and episode.ended_on is None
    next_at = ahead.get(episode.id) if episode is not None else None
    return CaseRow(
        client=client,
        episode=episode,
        shown=one,
        share=min(1.0, one.held / max(episode.planned_sessions, 1)) if episode is not None else 0.0,
        attention=(one.calls and running) or one.unsafe,
        next_at=next_at,
        order=_order(client, episode, one, next_at),
    )


def _order(
    client: Client, episode: Episode | None, shown: Summary, next_at: datetime | None
) -> tuple[int, int, float, float, str]:
    """Who comes first: the gravest kind of signal, among safety answers the gravest answer, then who comes next."""
    ended = episode is not None and episode.ended_on is not None and not shown.unsafe
    soon = next_at.timestamp() if next_at else float("inf")
    return int(ended), shown.urgency, -shown.gravest, soon, client.name_shown
