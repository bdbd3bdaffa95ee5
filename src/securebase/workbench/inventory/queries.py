"""Reads of the inventory: single rows, and removed entries."""

from __future__ import annotations

import uuid

from django.http import Http404

from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.inventory.models import Circle, Relationship


def relationship_or_404(*, account: Account, client: Client, relationship_id: uuid.UUID) -> Relationship:
    """Return the person, removed or not; 404 if they do not belong to this client."""
    rows = Relationship.objects.visible_to(account).filter(id=relationship_id, episode__client=client)
    relationship = rows.select_related("episode__client").first()
    if relationship is None:
        raise Http404
    return relationship


def circle_or_404(*, account: Account, client: Client, circle_id: uuid.UUID) -> Circle:
    """Return the circle version, removed or not; 404 if it does not belong to this client."""
    circle = Circle.objects.visible_to(account).filter(id=circle_id, episode__client=client).first()
    if circle is None:
        raise Http404
    return circle


def removed_entries(episode: Episode) -> tuple[list[Relationship], list[Circle]]:
    """Return the removed people and the removed circle versions, latest first."""
    people = episode.relationships.exclude(left_at=None).order_by("-left_at")
    circles = episode.circles.exclude(removed_at=None).select_related("therapy_session").order_by("-removed_at")
    return list(people), list(circles)
