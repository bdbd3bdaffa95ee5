"""Reads of the inventory: what a page is about, and what was set aside and can come back."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404

from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clients.queries import client_in_view
from securebase.workbench.inventory.models import Circle, Relationship


def client_page(*, account: Account, client_id: uuid.UUID, page: str) -> dict[str, Any]:
    """What a page of the inventory begins with; the read is audited. 404 where no therapy has begun."""
    client = client_in_view(account=account, client_id=client_id, page=page)
    if client.episode is None:
        raise Http404
    return {"client": client, "episode": client.episode, "section": "caseload", "tab": "relationships"}


def relationship_or_404(*, account: Account, client: Client, relationship_id: uuid.UUID) -> Relationship:
    """The person, if they are in this client's inventory or were; else 404."""
    rows = Relationship.objects.visible_to(account).filter(id=relationship_id, episode__client=client)
    found = rows.select_related("episode__client").first()
    if found is None:
        raise Http404
    return found


def circle_or_404(*, account: Account, client: Client, circle_id: uuid.UUID) -> Circle:
    """The version, if it is this client's, removed or not; else 404."""
    found = Circle.objects.visible_to(account).filter(id=circle_id, episode__client=client).first()
    if found is None:
        raise Http404
    return found


def removed_entries(episode: Episode) -> tuple[list[Relationship], list[Circle]]:
    """People who were taken out and versions that were removed, the latest first."""
    people = episode.relationships.exclude(left_at=None).order_by("-left_at")
    circles = episode.circles.exclude(removed_at=None).select_related("therapy_session").order_by("-removed_at")
    return list(people), list(circles)
