"""Signed tickets in the URLs of charts: charts are reachable only from an audited client page (decision 0011)."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core import signing

from securebase.workbench.accounts.models import Account

_SALT = "chart of a client page"


def sign_ticket(*, account: Account, client_id: uuid.UUID, fingerprint: str) -> str:
    """Return a ticket to the charts of this picture for this account, valid for the idle time of a session."""
    return signing.dumps([str(account.pk), str(client_id), fingerprint], salt=_SALT)


def read_ticket(signed: str, *, account: Account, client_id: uuid.UUID) -> str | None:
    """Return the fingerprint in a ticket; None if it is forged, too old, or for another account or client."""
    try:
        holder, client, fingerprint = signing.loads(signed, salt=_SALT, max_age=settings.IDLE_MINUTES * 60)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(fingerprint) if (holder, client) == (str(account.pk), str(client_id)) else None
