"""Reads of clients. An attempt to open somebody else's is audited."""

from __future__ import annotations

import uuid

from django.http import Http404

from securebase.workbench.accounts.actions import record_denial
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Client


def client_or_404(*, account: Account, client_id: uuid.UUID, page: str) -> Client:
    """Return the client if this account may see them.

    Somebody else's client and a missing one both give 404, so that ids cannot be probed (CWE-204); the audit trail
    records the difference.
    """
    client = Client.objects.visible_to(account).filter(id=client_id).prefetch_related("episodes").first()
    if client is None:
        exists = Client.objects.unscoped(reason="to record a denial").filter(id=client_id).exists()
        if exists:
            record_denial(account=account, page=page, reason="not a client of this account", client=client_id)
        raise Http404
    return client
