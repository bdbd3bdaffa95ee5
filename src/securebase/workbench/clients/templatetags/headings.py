"""Tag for the heading of every page about a client."""

from __future__ import annotations

from django import template

from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clients.sentences import ClientHeading, describe_client

register = template.Library()


@register.simple_tag
def client_heading(client: Client, episode: Episode | None, held: int, ending: str = "") -> ClientHeading:
    return describe_client(client, episode, held=held, ending=ending)
