"""Pages of emotional work: retold stories and their change; strain in the alliance and its repair."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from securebase.ipt import retellings
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.course.emotion import queries
from securebase.workbench.course.queries import record_of
from securebase.workbench.therapy_sessions.models import Rupture
from securebase.workbench.therapy_sessions.queries import client_page


@require_role(Role.THERAPIST)
@require_GET
def emotional_work(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show retold stories, story cards, corrective experiences and emotional range."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="emotional-work", now=now)
    context |= {"tab": "course", "caveat": retellings.CAVEAT, "here_url": reverse("emotional-work", args=[client_id])}
    episode = context["episode"]
    if episode is not None:
        record = record_of(episode, now)
        context |= {
            "stories": [queries.present_story(story) for story in retellings.retelling_series(record)],
            "story_cards": queries.cards(episode, "story_card"),
            "corrective": queries.cards(episode, "corrective_experience"),
            "ranges": sorted(queries.cards(episode, "emotional_range"), key=queries.session_number),
            "feelings": queries.cards(episode, "affect"),
        }
    return render(request, "course/emotional_work.html", context)


@require_role(Role.THERAPIST)
@require_GET
def ruptures(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show every rupture, the work on it, and its repair."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="ruptures", now=now)
    context |= {"tab": "course", "here_url": reverse("ruptures", args=[client_id])}
    episode = context["episode"]
    if episode is not None:
        work = queries.cards(episode, "rupture_work")
        marks = Rupture.objects.visible_to(account).filter(therapy_session__episode=episode)
        rows = marks.select_related("therapy_session", "repaired_in").order_by("-marked_at")
        strains = [queries.follow_strain(mark, work) for mark in rows]
        linked = {card.listed.artefact.id for strain in strains for card in strain.work}
        context |= {
            "strain": strains,
            "open": sum(strain.mark.repaired_at is None for strain in strains),
            "unlinked": [card for card in work if card.listed.artefact.id not in linked],
            "sessions": list(episode.therapy_sessions.order_by("-number")),
            "last": episode.therapy_sessions.filter(held_at__lte=now).order_by("-number").first(),
        }
    return render(request, "course/ruptures.html", context)
