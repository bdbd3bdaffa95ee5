"""Reads of artefacts (filled-in worksheets)."""

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
from securebase.records.artefact import ArtefactRecord, Value
from securebase.records.episode import EpisodeRecord
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.ui.parsing import parse_id
from securebase.workbench.worksheets.models import Artefact, ArtefactVersion


def worksheet_or_404(name: str) -> Worksheet:
    """Return the worksheet with this name from the shelf; 404 if there is none."""
    try:
        return worksheet(name)
    except ShelfError:
        raise Http404 from None


def find_artefact(*, account: Account, client: Client, name: str, artefact_id: uuid.UUID) -> Artefact | None:
    """Return the client's artefact with this id, None if the id is unused; 404 if it belongs to somebody else."""
    rows = Artefact.objects.visible_to(account).filter(id=artefact_id, episode__client=client, worksheet=name)
    artefact = rows.select_related("therapy_session", "episode__client").first()
    if artefact is None and is_taken(artefact_id):
        raise Http404
    return artefact


def is_taken(artefact_id: uuid.UUID) -> bool:
    """Return whether any artefact has this id, visible to the reader or not."""
    rows = Artefact.objects.unscoped(reason="an id that exists elsewhere must not be used here")
    return rows.filter(id=artefact_id).exists()


def artefact_or_404(*, account: Account, client: Client, name: str, artefact_id: uuid.UUID) -> Artefact:
    """Return the client's artefact with this id; 404 if there is none."""
    artefact = find_artefact(account=account, client=client, name=name, artefact_id=artefact_id)
    if artefact is None:
        raise Http404
    return artefact


def find_session(episode: Episode, text: str | None) -> TherapySession | None:
    """Return the session of a course whose id was sent, None without one."""
    session_id = parse_id(text)
    return episode.therapy_sessions.filter(id=session_id).first() if session_id else None


def preceding_artefact(episode: Episode, artefact_id: uuid.UUID | None) -> Artefact | None:
    """Return the artefact whose values a follow-up worksheet copies; None if the episode has none with this id."""
    if artefact_id is None:
        return None
    return episode.artefacts.filter(id=artefact_id, removed_at=None).first()


@dataclass(frozen=True, slots=True)
class ArtefactListing:
    """An artefact in a list, with its worksheet and title."""

    artefact: Artefact
    worksheet: Worksheet
    title: str


def list_artefacts(
    episode: Episode, names: Iterable[str] | None = None, *, removed: bool = False
) -> list[ArtefactListing]:
    """Return the artefacts of an episode, last changed first, without those whose worksheet has left the shelf."""
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
    """Return the artefact of a worksheet that is filled in once per course; the newest if there are several."""
    return episode.artefacts.filter(worksheet=name, removed_at=None).order_by("-begun_at").first()


def people_of(episode: Episode) -> dict[str, str]:
    """Return id → name for everybody in the inventory, including removed people, whom old worksheets still name."""
    return {str(person.id): person.name_shown for person in episode.relationships.all()}


def current_people(episode: Episode) -> dict[str, str]:
    """Return id → name for the people in the inventory now; these are the choices of a person field."""
    return {str(person.id): person.name_shown for person in episode.relationships.all() if person.left_at is None}


def values_of(row: Artefact | ArtefactVersion) -> dict[str, Value]:
    """Return the values in the types of the core: tuples for lists."""
    return {name: _freeze(value) for name, value in row.values.items()}


def initial_values(episode: Episode, spec: Worksheet, about_id: uuid.UUID | None = None) -> dict[str, Value]:
    """Return the default values of a new artefact, taken from the course and earlier worksheets."""
    if not any(f.begins_with for f in spec.fields):
        return {}
    rows = [r for r in episode.artefacts.filter(removed_at=None) if r.values]
    record = EpisodeRecord(
        str(episode.client_id),
        planned_sessions=episode.planned_sessions,
        days_between=episode.days_between,
        artefacts=tuple(_to_record(row) for row in rows),
    )
    return default_values(spec, record, relationship=str(about_id or ""))


def _to_record(row: Artefact) -> ArtefactRecord:
    at = row.begun_at.timestamp()
    return ArtefactRecord(str(row.id), row.worksheet, values_of(row), at=at, begun_at=at, about=str(row.about or ""))


def _freeze(value: object) -> Value:
    if isinstance(value, list):
        return tuple(
            {k: tuple(v) if isinstance(v, list) else v for k, v in item.items()} if isinstance(item, dict) else item
            for item in value
        )
    return value  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the history: its rendered fields, and the fields that differ from the version before."""

    version: ArtefactVersion
    fields: list[RenderedField]
    changed: list[str]
    #: field id → previous content in words, empty if there was none
    before: dict[str, str]
    is_present: bool


def history(artefact: Artefact) -> list[VersionRow]:
    """Return every version, newest first, each compared with its predecessor."""
    spec, people = artefact.kind, people_of(artefact.episode)
    rows: list[VersionRow] = []
    earlier: dict[str, str] = {}
    for version in artefact.versions.order_by("number"):
        fields = render_fields(spec, values_of(version), people)
        words = {f.field.id: f.words for f in fields}
        changed = [f.id for f in spec.fields if words.get(f.id, "") != earlier.get(f.id, "")]
        before = {name: earlier.get(name, "") for name in changed}
        rows.append(VersionRow(version, fields, changed if rows else [], before, version.number == artefact.version))
        earlier = words
    return rows[::-1]
