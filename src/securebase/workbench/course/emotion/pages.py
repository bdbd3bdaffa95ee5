"""Pages of emotional work: retold stories and their change; strain in the alliance and its repair."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from securebase.ipt import retellings
from securebase.ipt.shelf import first_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.picture.retellings import BASIS
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.course.emotion import queries
from securebase.workbench.course.queries import record_of
from securebase.workbench.therapy_sessions.models import Rupture


@client_page("GET", tab="course")
def emotional_work(page: ClientPage) -> HttpResponse:
    """Show retold stories, story cards, corrective experiences and emotional range."""
    context: dict[str, Any] = {"here_url": page.request.path}
    episode = page.episode
    if episode is not None:
        record = record_of(episode, page.now)
        stories = [queries.present_story(story) for story in retellings.retelling_series(record)]
        context |= {
            "stories": stories,
            "caveats": [retellings.CAVEAT, *([BASIS] if any(story.has_band for story in stories) else [])],
            "story_cards": queries.cards(episode, WorksheetRole.STORY),
            "corrective": queries.cards(episode, WorksheetRole.CORRECTIVE_EXPERIENCE),
            "ranges": sorted(queries.cards(episode, WorksheetRole.EMOTIONAL_RANGE), key=queries.session_number),
            "retelling_worksheet": first_with(WorksheetRole.RETELLING),
            "story_worksheet": first_with(WorksheetRole.STORY),
            "experience_worksheet": first_with(WorksheetRole.CORRECTIVE_EXPERIENCE),
            "range_worksheet": first_with(WorksheetRole.EMOTIONAL_RANGE),
            "feelings": queries.cards(episode, WorksheetRole.EMOTION),
        }
    return page.render("course/emotional_work.html", context)


@client_page("GET", tab="course")
def ruptures(page: ClientPage) -> HttpResponse:
    """Show every rupture, the work on it, and its repair."""
    context: dict[str, Any] = {"here_url": page.request.path}
    episode = page.episode
    if episode is not None:
        work = queries.cards(episode, WorksheetRole.RUPTURE)
        marks = Rupture.objects.visible_to(page.account).filter(therapy_session__episode=episode)
        rows = marks.select_related("therapy_session", "repaired_in").order_by("-marked_at")
        strains = [queries.follow_strain(mark, work) for mark in rows]
        linked = {card.listed.artefact.id for strain in strains for card in strain.work}
        context |= {
            "rupture_worksheet": first_with(WorksheetRole.RUPTURE),
            "strain": strains,
            "open": sum(strain.mark.repaired_at is None for strain in strains),
            "unlinked": [card for card in work if card.listed.artefact.id not in linked],
            "sessions": list(episode.therapy_sessions.order_by("-number")),
            "last": episode.therapy_sessions.filter(held_at__lte=page.now).order_by("-number").first(),
        }
    return page.render("course/ruptures.html", context)
