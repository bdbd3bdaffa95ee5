"""Template tag for every client page of any app: open safety alerts."""

from __future__ import annotations

from django import template

from securebase.workbench.clients.models import Episode
from securebase.workbench.measures import queries

register = template.Library()


@register.simple_tag
def open_alerts(episode: Episode | None) -> list[queries.OpenAlert]:
    return queries.open_alerts(episode)
