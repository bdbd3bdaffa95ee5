"""Tags for the head of every page about a client: heading and tabs."""

from __future__ import annotations

from django import template
from django.urls import reverse

from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clients.sentences import ClientHeading, describe_client

register = template.Library()

#: Tabs of a client: the name that a page gives its own, the URL, and the label.
_TABS = (
    ("picture", "client", "Overview"),
    ("course", "course", "Course"),
    ("sessions", "client-sessions", "Sessions"),
    ("relationships", "relationships", "Relationships"),
    ("measures", "client-measures", "Scores"),
    ("downloads", "client-downloads", "Reports"),
    ("details", "client-edit", "Settings"),
)


@register.simple_tag
def client_heading(client: Client, episode: Episode | None, held: int, ending: str = "") -> ClientHeading:
    return describe_client(client, episode, held=held, ending=ending)


@register.simple_tag
def client_tabs(client: Client, open_tab: str) -> list[tuple[str, str, bool]]:
    """Return address and label of each tab, and whether it is open."""
    return [(reverse(url, args=[client.id]), label, tab == open_tab) for tab, url, label in _TABS]
