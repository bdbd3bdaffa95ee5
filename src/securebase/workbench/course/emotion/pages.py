"""Pages of emotional work: retold stories and their change; strain in the alliance and its repair."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from securebase.charts import retellings as chart
from securebase.ipt import retellings
from securebase.ipt.rendering import render_fields, render_value
from securebase.ipt.shelf import worksheet
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.clients.models import Episode
from securebase.workbench.course import queries
from securebase.workbench.therapy_sessions.models import Rupture
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.worksheets.queries import ArtefactListing, list_artefacts, people_of, values_of


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story with its chart and sentences; `last`: id of the retelling that a new one begins with."""

    story: retellings.RetellingSeries
    chart: SafeString
    sentences: list[str]
    last: str


@dataclass(frozen=True, slots=True)
class Card:
    """A completed worksheet as a card: field id → words."""

    listed: ArtefactListing
    words: dict[str, str]


@require_role(Role.THERAPIST)
@require_GET
def emotional_work(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show retold stories, story cards, corrective experiences and emotional range."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="emotional-work", now=now)
    context |= {"tab": "course", "caveat": retellings.CAVEAT, "here_url": reverse("emotional-work", args=[client_id])}
    episode = context["episode"]
    if episode is not None:
        record = queries.record_of(episode, now)
        context |= {
            "stories": [_present_story(story) for story in retellings.retelling_series(record)],
            "story_cards": _cards(episode, "story_card"),
            "corrective": _cards(episode, "corrective_experience"),
            "ranges": sorted(_cards(episode, "emotional_range"), key=_session_number),
            "feelings": _cards(episode, "affect"),
        }
    return render(request, "course/emotional_work.html", context)


def _present_story(story: retellings.RetellingSeries) -> StoryView:
    svg = mark_safe(chart.retellings_svg(story))  # noqa: S308 (drawn by `charts`, which escapes every text it is given)
    return StoryView(story, svg, retellings.series_in_words(story), story.tellings[-1].id)


def _cards(episode: Episode, name: str) -> list[Card]:
    """Return the completed worksheets of a kind as cards, last begun first."""
    people = people_of(episode)
    rows = sorted(list_artefacts(episode, [name]), key=lambda row: row.artefact.begun_at, reverse=True)
    return [
        Card(row, {s.field.id: s.words for s in render_fields(row.worksheet, values_of(row.artefact), people)})
        for row in rows
    ]


def _session_number(card: Card) -> int:
    session = card.listed.artefact.therapy_session
    return session.number if session else 0


# ---- strain and repair -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Strain:
    """One rupture followed to its repair; `days` and `sessions`: how long it stayed open, None while it is open."""

    mark: Rupture
    work: list[Card]
    repair: str
    days: int | None
    sessions: int | None


@require_role(Role.THERAPIST)
@require_GET
def ruptures(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show every rupture, the work on it, and its repair."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="ruptures", now=now)
    context |= {"tab": "course", "here_url": reverse("ruptures", args=[client_id])}
    episode = context["episode"]
    if episode is not None:
        work = _cards(episode, "rupture_work")
        marks = Rupture.objects.visible_to(account).filter(therapy_session__episode=episode)
        rows = marks.select_related("therapy_session", "repaired_in").order_by("-marked_at")
        strains = [_follow_strain(mark, work) for mark in rows]
        linked = {card.listed.artefact.id for strain in strains for card in strain.work}
        context |= {
            "strain": strains,
            "open": sum(strain.mark.repaired_at is None for strain in strains),
            "unlinked": [card for card in work if card.listed.artefact.id not in linked],
            "sessions": list(episode.therapy_sessions.order_by("-number")),
            "last": episode.therapy_sessions.filter(held_at__lte=now).order_by("-number").first(),
        }
    return render(request, "course/ruptures.html", context)


def _follow_strain(mark: Rupture, work: Iterable[Card]) -> Strain:
    """Attach the rupture worksheets of the sessions from the rupture to its repair."""
    first = mark.therapy_session.number
    last = mark.repaired_in.number if mark.repaired_in else None
    cards = [card for card in work if _session_number(card) and first <= _session_number(card) <= (last or first)]
    field = worksheet("rupture_work").field("repair")
    assert field is not None
    ways = [render_value(field, tuple(w), {}) for c in cards if (w := c.listed.artefact.values.get("repair"))]
    days = (mark.repaired_at - mark.marked_at).days if mark.repaired_at else None
    return Strain(mark, cards, "; ".join(ways), days, last - first if last is not None else None)
