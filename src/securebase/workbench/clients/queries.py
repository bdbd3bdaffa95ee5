"""Reads of clients. Opening one is written down, and so is trying to open somebody else's."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.http import Http404

from securebase.workbench.accounts.actions import record_denial
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.models import Client


def client_in_view(*, account: Account, client_id: uuid.UUID, page: str) -> Client:
    """The client, if this account may see them; the read is audited.

    Somebody else's client and one that does not exist answer alike (404); only the audit trail knows the difference.
    """
    client = client_of(account=account, client_id=client_id, page=page)
    with transaction.atomic():
        record(actor=account, action="client.read", object_type="page", object_id=page, client=client.id)
    return client


def client_of(*, account: Account, client_id: uuid.UUID, page: str) -> Client:
    """The same for a part of a page whose reading was written down already."""
    client = Client.objects.visible_to(account).filter(id=client_id).prefetch_related("episodes").first()
    if client is None:
        exists = Client.objects.unscoped(reason="to write down a denial").filter(id=client_id).exists()
        if exists:
            record_denial(account=account, page=page, why="not this account’s client", client=client_id)
        raise Http404
    return client
