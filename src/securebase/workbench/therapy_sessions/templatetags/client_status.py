"""Template tag for every client page of any app: sessions held."""

from __future__ import annotations

from django import template
from django.utils import timezone

from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions import queries

register = template.Library()


@register.simple_tag
def sessions_held(episode: Episode | None) -> int:
    return queries.sessions_held(episode, timezone.now())
