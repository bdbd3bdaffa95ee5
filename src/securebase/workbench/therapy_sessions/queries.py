"""Reads of sessions and ruptures."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.shortcuts import get_object_or_404

from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.therapy_sessions.models import Rupture, TherapySession


def sessions_held(episode: Episode | None, now: datetime) -> int:
    """Return the number of the last session that has begun; 0 before the first."""
    if episode is None:
        return 0
    return max((s.number for s in episode.therapy_sessions.all() if s.held_at <= now), default=0)


def get_session(*, account: Account, client: Client, session_id: uuid.UUID) -> TherapySession:
    """Return the session if it belongs to this client, else raise Http404."""
    rows = TherapySession.objects.visible_to(account).filter(id=session_id, episode__client=client)
    return get_object_or_404(rows.select_related("episode__client"))


def get_rupture(*, account: Account, client: Client, rupture_id: uuid.UUID) -> Rupture:
    rows = Rupture.objects.visible_to(account).filter(id=rupture_id, therapy_session__episode__client=client)
    return get_object_or_404(rows.select_related("therapy_session__episode__client"))
