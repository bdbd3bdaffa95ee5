"""Reads of filled-in worksheets."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404

from securebase.errors import ShelfError
from securebase.ipt.defaults import default_values
from securebase.ipt.rendering import RenderedField, render_fields, title_in_words
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import Worksheet
from securebase.records.artefact import ArtefactRecord as Recorded
from securebase.records.artefact import Value
from securebase.records.episode import EpisodeRecord
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion


def worksheet_or_404(name: str) -> Worksheet:
    """The worksheet of the shelf that an address names."""
    try:
        return worksheet(name)
    except ShelfError:
        raise Http404 from None


def find_artefact(*, account: Account, client: Client, name: str, artefact_id: uuid.UUID) -> Artefact | None:
    """The artefact of this client with this id; None where nobody has begun one; 404 where it is another's."""
    mine = Artefact.objects.visible_to(account).filter(id=artefact_id, episode__client=client, worksheet=name)
    found = mine.select_related("therapy_session", "episode__client").first()
    if found is None and _is_taken(artefact_id):
        raise Http404
    return found


def _is_taken(artefact_id: uuid.UUID) -> bool:
    rows = Artefact.objects.unscoped(reason="an id that was made elsewhere must not be begun here")
    return rows.filter(id=artefact_id).exists()


def artefact_or_404(*, account: Account, client: Client, name: str, artefact_id: uuid.UUID) -> Artefact:
    """The artefact of this client with this id; 404 where there is none."""
    found = find_artefact(account=account, client=client, name=name, artefact_id=artefact_id)
    if found is None:
        raise Http404
    return found


def preceding_artefact(episode: Episode, artefact_id: uuid.UUID | None) -> Artefact | None:
    """The artefact of this episode that a new one begins with; None where there is no such one."""
    if artefact_id is None:
        return None
    return episode.artefacts.filter(id=artefact_id, removed_at=None).first()


@dataclass(frozen=True, slots=True)
class ArtefactListing:
    """An artefact in a list: its worksheet, and what names it."""

    artefact: Artefact
    worksheet: Worksheet
    title: str


def list_artefacts(
    episode: Episode, names: Iterable[str] | None = None, *, removed: bool = False
) -> list[ArtefactListing]:
    """Artefacts of an episode, last changed first; those of worksheets that left the shelf are passed over."""
    rows = episode.artefacts.filter(removed_at__isnull=not removed).select_related("therapy_session")
    if names is not None:
        rows = rows.filter(worksheet__in=list(names))
    shelf, people = worksheets(), people_of(episode)
    return [
        ArtefactListing(
            row,
            shelf[row.worksheet],
            title_in_words(shelf[row.worksheet], values_of(row), people) or people.get(str(row.about), ""),
        )
        for row in rows.order_by("-changed_at")
        if row.worksheet in shelf
    ]


def current_artefact(episode: Episode, name: str) -> Artefact | None:
    """The artefact of a worksheet that is filled in once a course; the last begun, where there are more."""
    return episode.artefacts.filter(worksheet=name, removed_at=None).order_by("-begun_at").first()


def people_of(episode: Episode) -> dict[str, str]:
    """Id → name of everybody in the interpersonal inventory, those who left it included: old worksheets name them."""
    return {str(person.id): person.name_shown for person in episode.relationships.all()}


def current_people(episode: Episode) -> dict[str, str]:
    """Id → name of those who are in it now: whom a field offers."""
    return {str(one.id): one.name_shown for one in episode.relationships.all() if one.left_at is None}


def values_of(row: Artefact | ArtefactVersion) -> dict[str, Value]:
    """The values as the core has them: lists are tuples."""
    return {name: _frozen(value) for name, value in row.values.items()}


def initial_values(episode: Episode, spec: Worksheet, about_id: uuid.UUID | None = None) -> dict[str, Value]:
    """What a new one begins with: what the course and earlier worksheets say."""
    if not any(f.begins_with for f in spec.fields):
        return {}
    rows = [r for r in episode.artefacts.filter(removed_at=None) if r.values]
    record = EpisodeRecord(
        str(episode.client_id),
        planned_sessions=episode.planned_sessions,
        days_between=episode.days_between,
        artefacts=tuple(_in_short(row) for row in rows),
    )
    return default_values(spec, record, about=str(about_id or ""))


def _in_short(row: Artefact) -> Recorded:
    at = row.begun_at.timestamp()
    return Recorded(str(row.id), row.worksheet, values_of(row), at=at, begun_at=at, about=str(row.about or ""))


def _frozen(value: object) -> Value:
    if isinstance(value, list):
        return tuple(
            {k: tuple(v) if isinstance(v, list) else v for k, v in item.items()} if isinstance(item, dict) else item
            for item in value
        )
    return value  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the history: what it held, and which fields differ from the version before."""

    version: ArtefactVersion
    said: list[RenderedField]
    changed: list[str]
    #: field id → what stood there before, in words; empty where nothing did
    before: dict[str, str]
    is_present: bool


def history(artefact: Artefact) -> list[VersionRow]:
    """Every version, last first, each compared with the one before it."""
    spec, people = artefact.kind, people_of(artefact.episode)
    rows: list[VersionRow] = []
    earlier: dict[str, str] = {}
    for version in artefact.versions.order_by("number"):
        now = render_fields(spec, values_of(version), people)
        words = {s.field.id: s.words for s in now}
        changed = [f.id for f in spec.fields if words.get(f.id, "") != earlier.get(f.id, "")]
        before = {name: earlier.get(name, "") for name in changed}
        rows.append(VersionRow(version, now, changed if rows else [], before, version.number == artefact.version))
        earlier = words
    return rows[::-1]
