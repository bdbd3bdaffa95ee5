"""Template tags for every client page of any app: sessions held and open alerts."""

from __future__ import annotations

from django import template
from django.utils import timezone

from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions import queries

register = template.Library()


@register.simple_tag
def sessions_held(episode: Episode | None) -> int:
    return queries.sessions_held(episode, timezone.now())


@register.simple_tag
def open_alerts(episode: Episode | None) -> list[queries.OpenAlert]:
    return queries.open_alerts(episode)
