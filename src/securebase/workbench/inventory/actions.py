"""Writes of the interpersonal inventory: people, and versions of the closeness circle."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from securebase.errors import ConflictError, InputError
from securebase.records.artefact import MAX_RADIUS, Placement
from securebase.records.vocabulary import CircleKind, Respondent
from securebase.schema import to_plain
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.actions import ensure_own, record_write
from securebase.workbench.clients.models import Episode
from securebase.workbench.inventory.models import Circle, Relationship

#: Saves by the same person within this time of the last one belong to one version of the circle.
DRAWING_LENGTH = timedelta(minutes=30)
#: More people than this on one circle are a mistake, not a network.
MAX_PEOPLE = 50
_OWN_PAGE_REASON = "the client draws on a page of their own"


# ---- people ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def add_relationship(
    *,
    episode: Episode,
    by: Account | None,
    name_shown: str,
    at: datetime,
    relation: str = "",
    deceased: bool = False,
    online: bool = False,
    professional: bool = False,
    is_focus: bool = False,
) -> Relationship:
    """Add a person to the inventory. Raises InputError if the inventory is full.

    `by` is None for a client who adds the person on their own page; the link identifies them.
    """
    if by is not None:
        ensure_own(episode.client, by)
    if episode.relationships.filter(left_at=None).count() >= MAX_PEOPLE:
        raise InputError(f"the inventory is limited to {MAX_PEOPLE} people", advice="Remove an entry first.")
    relationship = Relationship.objects.create(
        episode=episode,
        name_shown=name_shown,
        relation=relation,
        deceased=deceased,
        online=online,
        professional=professional,
        is_focus=is_focus,
        added_at=at,
    )
    record_write(by, "relationship.added", relationship, episode)
    return relationship


@transaction.atomic
def change_relationship(
    *,
    relationship: Relationship,
    by: Account,
    version: int,
    name_shown: str,
    relation: str,
    deceased: bool,
    online: bool,
    professional: bool,
    is_focus: bool,
) -> Relationship:
    """Change a person. Raises ConflictError if the person changed since the form read `version`."""
    ensure_own(relationship.episode.client, by)
    rows = Relationship.objects.visible_to(by).filter(id=relationship.id, version=version)
    if not rows.update(
        name_shown=name_shown,
        relation=relation,
        deceased=deceased,
        online=online,
        professional=professional,
        is_focus=is_focus,
        version=F("version") + 1,
    ):
        raise ConflictError
    record_write(by, "relationship.changed", relationship, relationship.episode)
    relationship.refresh_from_db()
    return relationship


@transaction.atomic
def set_focus(*, relationship: Relationship, by: Account, is_focus: bool) -> Relationship:
    """Set whether the relationship is a focus of the work."""
    ensure_own(relationship.episode.client, by)
    rows = Relationship.objects.visible_to(by).filter(id=relationship.id)
    rows.update(is_focus=is_focus, version=F("version") + 1)
    record_write(by, "relationship.focus", relationship, relationship.episode, is_focus=is_focus)
    relationship.refresh_from_db()
    return relationship


@transaction.atomic
def remove_relationship(*, relationship: Relationship, by: Account, at: datetime) -> Relationship:
    """Remove a person from the inventory; their data stay. Raises InputError if they are removed already."""
    ensure_own(relationship.episode.client, by)
    rows = Relationship.objects.visible_to(by).filter(id=relationship.id, left_at=None)
    if not rows.update(left_at=at, version=F("version") + 1):
        raise InputError("this person has already been removed")
    record_write(by, "relationship.taken_out", relationship, relationship.episode)
    relationship.refresh_from_db()
    return relationship


@transaction.atomic
def restore_relationship(*, relationship: Relationship, by: Account) -> Relationship:
    """Put a removed person back into the inventory. Raises InputError if they are in it."""
    ensure_own(relationship.episode.client, by)
    rows = Relationship.objects.visible_to(by).filter(id=relationship.id).exclude(left_at=None)
    if not rows.update(left_at=None, version=F("version") + 1):
        raise InputError("this person is already in the inventory")
    record_write(by, "relationship.put_back", relationship, relationship.episode)
    relationship.refresh_from_db()
    return relationship


# ---- the circle ------------------------------------------------------------------------------------------------------
@transaction.atomic
def draw_circle(
    *,
    episode: Episode,
    by: Account | None,
    placements: Sequence[Placement],
    at: datetime,
    kind: CircleKind = CircleKind.PRESENT,
    respondent: Respondent = Respondent.CLIENT,
    session_number: int | None = None,
    new_version: bool = False,
    expected: tuple[str, int] | None = None,
) -> Circle:
    """Save the circle: update the last version while it is still being drawn, else create a new one.

    The last version is still being drawn while the same person saves the same kind of circle in the same session
    within `DRAWING_LENGTH` of the last save and does not ask for a `new_version`. `by` is None for a client who draws
    on their own page; the link identifies them. `expected` is the id and version of the circle on the screen (an empty
    id if there was none). Raises ConflictError if that circle is no longer the latest, and InputError if a session or a
    person belongs to another episode, or if a place lies outside the circle.
    """
    if by is not None:
        ensure_own(episode.client, by)
    _check_placements(episode, placements)
    last = _latest_circle(episode, by, kind)
    if expected is not None and expected != ((str(last.id), last.version) if last else ("", 0)):
        raise ConflictError("the circle was changed elsewhere", advice="Reload the page, then make your change again.")
    session_id = _session_id(episode, session_number)
    stored = to_plain([replace(p, angle=p.angle % 360.0) for p in placements])
    drawn_by = by.id if by is not None else None
    same_drawing = last is not None and (last.respondent, last.drawn_by, last.therapy_session_id) == (
        Respondent(respondent).value,
        drawn_by,
        session_id,
    )
    if last is not None and same_drawing and not new_version and timedelta() <= at - last.drawn_at <= DRAWING_LENGTH:
        last.placements, last.drawn_at, last.version = stored, at, last.version + 1
        last.save(update_fields=["placements", "drawn_at", "version"])
        record_write(by, "circle.drawn_on", last, episode, people=len(stored))
        return last
    circle = Circle.objects.create(
        episode=episode,
        kind=CircleKind(kind).value,
        respondent=Respondent(respondent).value,
        drawn_at=at,
        drawn_by=drawn_by,
        therapy_session_id=session_id,
        placements=stored,
    )
    record_write(by, "circle.drawn", circle, episode, kind=circle.kind, people=len(stored))
    return circle


def _latest_circle(episode: Episode, by: Account | None, kind: CircleKind) -> Circle | None:
    rows = Circle.objects.visible_to(by) if by is not None else Circle.objects.unscoped(reason=_OWN_PAGE_REASON)
    return rows.filter(episode=episode, kind=CircleKind(kind).value, removed_at=None).order_by("drawn_at").last()


def _session_id(episode: Episode, number: int | None) -> uuid.UUID | None:
    if number is None:
        return None
    session = next((s for s in episode.therapy_sessions.all() if s.number == number), None)
    if session is None:
        raise InputError(f"there is no session {number}", advice="Choose one of this client’s sessions.")
    return session.id


def _check_placements(episode: Episode, placements: Sequence[Placement]) -> None:
    """Raise InputError for unknown or repeated people and for places outside the circle."""
    if len(placements) > MAX_PEOPLE:
        raise InputError(f"a circle holds at most {MAX_PEOPLE} people (got {len(placements)})")
    relationship_ids = {str(r.id) for r in episode.relationships.all()}
    placed: set[str] = set()
    for placement in placements:
        if placement.relationship not in relationship_ids:
            raise InputError("a person on the circle is not in this client’s inventory", advice="Add them first.")
        if placement.relationship in placed:
            raise InputError("a person is on the circle twice")
        if not (0.0 <= placement.radius <= MAX_RADIUS and math.isfinite(placement.angle)):
            reason = f"a place lies outside the circle (got radius {placement.radius:g}, angle {placement.angle:g})"
            raise InputError(reason, advice=f"Radii go from 0 to {MAX_RADIUS}.")
        placed.add(placement.relationship)


@transaction.atomic
def remove_circle(*, circle: Circle, by: Account, at: datetime) -> Circle:
    """Hide a version that was drawn by mistake; it stays in the database and can be restored."""
    ensure_own(circle.episode.client, by)
    rows = Circle.objects.visible_to(by).filter(id=circle.id, removed_at=None)
    if not rows.update(removed_at=at, version=F("version") + 1):
        raise InputError("this version was removed already")
    record_write(by, "circle.removed", circle, circle.episode)
    circle.refresh_from_db()
    return circle


@transaction.atomic
def restore_circle(*, circle: Circle, by: Account) -> Circle:
    """Restore a removed version."""
    ensure_own(circle.episode.client, by)
    rows = Circle.objects.visible_to(by).filter(id=circle.id).exclude(removed_at=None)
    if not rows.update(removed_at=None, version=F("version") + 1):
        raise InputError("this version is already shown")
    record_write(by, "circle.restored", circle, circle.episode)
    circle.refresh_from_db()
    return circle
