"""One client’s relationships: the circle, what each tie is like, who carries the support, the network in numbers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from securebase.charts.closeness_circle import closeness_circle
from securebase.charts.support_shares import support_shares
from securebase.charts.version_curve import small_steps
from securebase.ipt import network as networks
from securebase.ipt import network_phrases as wording
from securebase.ipt.tie import facts, on_the_circles
from securebase.records.artefact import ClosenessCircle, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, Ring
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.casefile import course_record, prefetch_course_record
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.circle_view import (
    CircleView,
    PersonRow,
    Version,
    circle_view,
    label_of,
    named,
    tones_of,
)
from securebase.workbench.inventory.models import DRAWN_BY, Circle
from securebase.workbench.inventory.queries import set_aside
from securebase.workbench.therapy_sessions.queries import client_page

#: A session that began within this time is the one in which the circle is being drawn.
IN_SESSION = timedelta(hours=3)


@require_role(Role.THERAPIST)
@require_GET
def relationships(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    account = current_account(request)
    context = client_page(account=account, client_id=client_id, page="relationships", now=now)
    context |= {"tab": "relationships"}
    if context["episode"] is None:
        return render(request, "course/relationships.html", context)
    episode = prefetch_course_record(Episode.objects.visible_to(account).filter(id=context["episode"].id)).get()
    record = course_record(episode, now)
    kind = CircleKind.WISHED if request.GET.get("kind") == CircleKind.WISHED.value else CircleKind.PRESENT
    view = circle_view(record, episode=episode, kind=kind, centre=_centre(episode), over=_over(episode, kind))
    people_out, circles_out = set_aside(context["episode"])
    context |= {
        "view": view,
        "kinds": [(k.value, k.label, k is kind) for k in CircleKind],
        "rings": [(r.value, r.label) for r in Ring],
        "hours": range(1, wording.HOURS + 1),
        "drawn_by": DRAWN_BY,
        "numbers": [s.number for s in record.sessions],
        "in_session": _session_now(episode, now),
        "today": timezone.localdate(),
        "ties": _ties(record, view),
        "chosen": request.GET.get("person", ""),
        "measures": _measures(record),
        "support": _support(record),
        "compared": _compared(request, record, episode),
        "people_out": people_out,
        "circles_out": circles_out,
        "out": _id(request.GET.get("out", "")),
    }
    return render(request, "course/relationships.html", context)


@require_role(Role.THERAPIST)
@require_GET
def paper(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Empty rings and a list of names, for a client who draws with a pen."""
    now = timezone.now()
    account = current_account(request)
    context = client_page(account=account, client_id=client_id, page="circle-paper", now=now)
    context |= {"tab": "relationships"}
    if context["episode"] is not None:
        episode = prefetch_course_record(Episode.objects.visible_to(account).filter(id=context["episode"].id)).get()
        record = course_record(episode, now)
        context["people"] = networks.people_at(record)
        empty = closeness_circle(None, (), centre=_centre(episode), label="Empty closeness circle to draw on")
        context["drawing"] = mark_safe(empty)  # noqa: S308 (our own SVG)
    return render(request, "course/circle_paper.html", context)


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _centre(episode: Episode) -> str:
    """The first word of the name shown: what fits into the middle of the circle."""
    return episode.client.name_shown.split(" ")[0][:7]


def _over(episode: Episode, kind: CircleKind) -> str:
    rows: Sequence[Circle] = [c for c in episode.circles.all() if c.kind == kind.value and c.removed_at is None]
    last = max(rows, key=lambda c: c.drawn_at, default=None)
    return f"{last.id} {last.version}" if last else " 0"


def _session_now(episode: Episode, now: Any) -> int | None:
    held = [s for s in episode.therapy_sessions.all() if timedelta() <= now - s.held_at <= IN_SESSION]
    return max((s.number for s in held), default=None)


# ---- one tie ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Tie:
    """One person as the panel beside the circle shows them."""

    row: PersonRow
    moved: str
    facts: tuple[tuple[str, str], ...]
    times: int


def _ties(record: EpisodeRecord, view: CircleView) -> list[Tie]:
    versions = networks.circles_of(record)
    found = []
    for row in view.rows:
        rated = networks.ratings(record, row.person.id)
        found.append(Tie(row, on_the_circles(row.person.id, versions), facts(rated), len(rated)))
    return found


# ---- numbers ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the network in numbers: its name, the number now, a sentence, and its course over the versions."""

    name: str
    now: str
    said: str
    course: SafeString
    ends: str


def _measures(record: EpisodeRecord) -> list[Measure]:
    versions = networks.circles_of(record)
    days = [c.at for c in versions]
    over_time = [networks.network_at(record, day) for day in days]
    now = networks.network_at(record)
    names = {r.id: r.name for r in record.relationships}
    near = [p.name for p in networks.closest_at(record)]
    most = max((n.size for n in over_time), default=0)
    closest = [float(n.by_ring[Ring.CLOSEST]) for n in over_time]
    return [
        _measure("Size", f"{now.size}", wording.size_in_words(now), [float(n.size) for n in over_time], most),
        _measure("Closest ring", f"{now.by_ring[Ring.CLOSEST]}", wording.closest_in_words(near), closest, most),
        _measure(
            "People who give support",
            f"{now.giving_any}" if now.rated else "·",
            wording.support_in_words(now),
            [float(n.giving_any) if n.rated else None for n in over_time],
            most,
        ),
        _measure(
            "Support both ways",
            f"{now.mutual} of {now.known_ties}" if now.known_ties else "·",
            wording.mutual_in_words(now),
            [float(n.mutual) if n.known_ties else None for n in over_time],
            most,
        ),
        _measure(
            "Strain",
            f"{now.strain:.1f}" if now.strain is not None else "·",
            wording.strain_in_words(now, names),
            [n.strain for n in over_time],
            10,
        ),
    ]


def _measure(name: str, now: str, said: str, course: Sequence[float | None], top: float) -> Measure:
    known = [v for v in course if v is not None]
    ends = f"{known[0]:.2g} → {known[-1]:.2g}" if len(known) > 1 else ""
    drawing = small_steps(course, label=f"{name} over the versions: {ends}", top=top)
    return Measure(name, now, said, mark_safe(drawing), ends)  # noqa: S308 (our own SVG)


def _support(record: EpisodeRecord) -> dict[str, Any]:
    shares = networks.carried(record)
    chart = mark_safe(support_shares(shares))  # noqa: S308 (our own SVG)
    return {"chart": chart, "said": wording.carried_in_words(shares), "asked": len(shares)}


# ---- two versions ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions laid over each other."""

    versions: tuple[Version, ...]
    before: Version
    after: Version
    drawing: SafeString
    moved: list[str]
    stayed: str
    gap: str


def _compared(request: HttpRequest, record: EpisodeRecord, episode: Episode) -> Compared | None:
    """The versions that were asked for; where none was, the first and the last present one. None before there are 2."""
    versions = named(record, networks.circles_of(record), episode)
    wished = networks.circles_of(record, CircleKind.WISHED)
    both = versions + tuple(_as_wished(v) for v in named(record, wished, episode))
    if len(both) < 2:
        return None
    by_id = {v.circle.id: v for v in both}
    wish = request.GET.get("kind") == CircleKind.WISHED.value or len(versions) < 2
    usual = (versions[-1] if versions else both[0], both[-1]) if wish and wished else (both[0], versions[-1])
    before = by_id.get(request.GET.get("before", ""), usual[0])
    after = by_id.get(request.GET.get("after", ""), usual[1])
    names = {r.id: r.name for r in record.relationships}
    found = networks.moves(before.circle, after.circle)
    stayed = [names.get(m.relationship, "Somebody") for m in found if m.step is networks.RingChange.STAYED]
    return Compared(
        versions=both,
        before=before,
        after=after,
        drawing=_laid_over(record, before.circle, after.circle, _centre(episode)),
        moved=[wording.move_in_words(m, names) for m in found if m.step is not networks.RingChange.STAYED],
        stayed=", ".join(stayed),
        gap=_gap(before.circle, after.circle),
    )


def _as_wished(version: Version) -> Version:
    return Version(version.circle, f"wished for, {version.name}", version.moved)


def _gap(before: ClosenessCircle, after: ClosenessCircle) -> str:
    if before.kind is after.kind:
        return ""
    return wording.gap_in_words(networks.gap(before, after))


def _laid_over(record: EpisodeRecord, before: ClosenessCircle, after: ClosenessCircle, centre: str) -> SafeString:
    people: Sequence[RelationshipRecord] = record.relationships
    drawing = closeness_circle(
        after, people, centre=centre, tones=tones_of(record, people), before=before, label=label_of(after.kind)
    )
    return mark_safe(drawing)  # noqa: S308 (our own SVG)
