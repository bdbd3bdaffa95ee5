"""Template tags with which other apps' pages show comments on a worksheet and count unseen ones."""

from __future__ import annotations

from django import template

from securebase.workbench.clients.models import Episode
from securebase.workbench.supervision import queries
from securebase.workbench.supervision.models import Comment
from securebase.workbench.worksheets.models import Artefact

register = template.Library()


@register.simple_tag
def comments_on(artefact: Artefact | None) -> list[Comment]:
    return queries.comments_on(artefact) if artefact is not None else []


@register.simple_tag
def unseen_comments(episode: Episode | None) -> int:
    return queries.count_unseen(episode) if episode is not None else 0
