"""Append to the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import transaction

from securebase.workbench.audit.models import Entry

#: `previous_hash` of the first row
GENESIS_HASH = "0" * 64


class Actor(Protocol):
    """An account that acts. None stands for a client with a link or for the workbench itself."""

    id: Any
    name_shown: Any


@transaction.atomic
def record(
    *,
    actor: Actor | None,
    action: str,
    object_type: str = "",
    object_id: object = "",
    client: object = "",
    detail: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> Entry:
    """Append one row. `detail` holds names of fields and counts, never what a client wrote (ASVS 4.0.3, V7.1.2)."""
    # the transaction holds the write lock from BEGIN IMMEDIATE on, so no other writer can take the same sequence number
    last = Entry.objects.order_by("-sequence").values_list("sequence", "hash").first()
    sequence, previous = last or (0, GENESIS_HASH)
    entry = Entry(
        sequence=sequence + 1,
        at=(at or datetime.now(UTC)).astimezone(UTC),
        actor="" if actor is None else str(actor.id),
        actor_name="" if actor is None else str(actor.name_shown),
        action=action,
        object_type=object_type,
        object_id=str(object_id or ""),
        client=str(client or ""),
        detail=detail or {},
        previous_hash=previous,
    )
    entry.hash = entry.seal()
    entry.save()
    return entry
