"""A client page names its charts by tickets: no other address leads to a chart, and who read the page is on record."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core import signing

from securebase.workbench.accounts.models import Account

_SALT = "chart of a client page"


def ticket(*, account: Account, client_id: uuid.UUID, fingerprint: str) -> str:
    """For this account and the charts of this picture, as long as a page may lie unattended."""
    return signing.dumps([str(account.pk), str(client_id), fingerprint], salt=_SALT)


def fingerprint_of(given: str, *, account: Account, client_id: uuid.UUID) -> str | None:
    """The picture that a ticket is for; None where it is somebody else's, for another client, forged or too old."""
    try:
        holder, client, fingerprint = signing.loads(given, salt=_SALT, max_age=settings.IDLE_MINUTES * 60)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(fingerprint) if (holder, client) == (str(account.pk), str(client_id)) else None
