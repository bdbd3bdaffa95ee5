"""Queries of one client’s relationships: each tie, network measures, and two versions of the circle compared."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString

from securebase.charts.closeness_circle import closeness_circle
from securebase.charts.version_curve import version_sparkline
from securebase.ipt import network as networks
from securebase.ipt import network_phrases as phrases
from securebase.ipt.shelf import first_with
from securebase.ipt.tie import circle_movement, tie_facts
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.artefact import ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, Ring
from securebase.workbench.accounts.models import Account
from securebase.workbench.casefile import course_record, prefetch_course_record
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.circle_view import (
    CircleView,
    PersonRow,
    Version,
    circle_label,
    circle_view,
    name_versions,
    tie_balances,
)
from securebase.workbench.inventory.models import Circle
from securebase.workbench.ui.drawings import trusted_svg

#: A circle drawn within this time after the start of a session belongs to that session.
IN_SESSION = timedelta(hours=3)


def centre(episode: Episode) -> str:
    """Return the first word of the name shown, cut to fit the middle of the circle."""
    return episode.client.name_shown.split(" ")[0][:7]


def circle_parts(
    account: Account,
    episode_id: uuid.UUID,
    kind: CircleKind,
    query: Mapping[str, str],
    typed: Sequence[Placement] | None = None,
) -> dict[str, Any]:
    """Return what the page shows of a circle and what it derives from it, as it is stored now.

    `typed` places were refused and are shown in place of the saved ones.
    """
    episode = prefetch_course_record(Episode.objects.visible_to(account).filter(id=episode_id)).get()
    record = course_record(episode, timezone.now())
    revision = _revision(episode, kind)
    view = circle_view(record, episode=episode, kind=kind, centre=centre(episode), revision=revision, typed=typed)
    return {
        "record": record,
        "view": view,
        "ties": ties(record, view),
        "tie_worksheet": first_with(WorksheetRole.TIE),
        "chosen": query.get("person", ""),
        "measures": network_measures(record),
        "comparison": comparison(record, episode, query),
    }


def _revision(episode: Episode, kind: CircleKind) -> str:
    rows: Sequence[Circle] = [c for c in episode.circles.all() if c.kind == kind.value and c.removed_at is None]
    last = max(rows, key=lambda c: c.drawn_at, default=None)
    return last.revision if last else Circle.NO_REVISION


def session_now(episode: Episode, now: Any) -> int | None:
    held = [s for s in episode.therapy_sessions.all() if timedelta() <= now - s.held_at <= IN_SESSION]
    return max((s.number for s in held), default=None)


# ---- one tie ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Tie:
    """One person, as the panel beside the circle shows them."""

    row: PersonRow
    moved: str
    facts: tuple[tuple[str, str], ...]
    times: int


def ties(record: EpisodeRecord, view: CircleView) -> list[Tie]:
    versions = networks.circles_of(record)
    ties = []
    for row in view.rows:
        ratings = networks.tie_ratings(record, row.person.id)
        ties.append(Tie(row, circle_movement(row.person.id, versions), tie_facts(ratings), len(ratings)))
    return ties


# ---- numbers ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the network measures: name, present value, sentence, and its course over the versions."""

    name: str
    now: str
    sentence: str
    course: SafeString
    ends: str


def network_measures(record: EpisodeRecord) -> list[Measure]:
    versions = networks.circles_of(record)
    days = [c.at for c in versions]
    history = [networks.network_at(record, day) for day in days]
    now = networks.network_at(record)
    names = {r.id: r.name for r in record.relationships}
    near = [p.name for p in networks.closest_at(record)]
    most = max((n.size for n in history), default=0)
    closest = [float(n.by_ring[Ring.CLOSEST]) for n in history]
    return [
        _measure("Size", f"{now.size}", phrases.size_in_words(now), [float(n.size) for n in history], most),
        _measure("Closest ring", f"{now.by_ring[Ring.CLOSEST]}", phrases.closest_in_words(near), closest, most),
        _measure(
            "People who give support",
            f"{now.giving_any}" if now.rated else "·",
            phrases.support_in_words(now),
            [float(n.giving_any) if n.rated else None for n in history],
            most,
        ),
        _measure(
            "Mutual support",
            f"{now.mutual} of {now.known_ties}" if now.known_ties else "·",
            phrases.reciprocity_in_words(now),
            [float(n.mutual) if n.known_ties else None for n in history],
            most,
        ),
        _measure(
            "Strain",
            f"{now.strain:.1f}" if now.strain is not None else "·",
            phrases.strain_in_words(now, names),
            [n.strain for n in history],
            10,
        ),
    ]


def _measure(name: str, now: str, sentence: str, course: Sequence[float | None], top: float) -> Measure:
    known = [v for v in course if v is not None]
    ends = f"{known[0]:.2g} → {known[-1]:.2g}" if len(known) > 1 else ""
    drawing = version_sparkline(course, label=f"{name} across versions: {ends}", top=top)
    return Measure(name, now, sentence, trusted_svg(drawing), ends)


# ---- two versions ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class VersionComparison:
    """Two versions of the circle drawn over each other."""

    versions: tuple[Version, ...]
    before: Version
    after: Version
    drawing: SafeString
    moved: list[str]
    stayed: str
    gap: str


def comparison(record: EpisodeRecord, episode: Episode, query: Mapping[str, str]) -> VersionComparison | None:
    """Return the two requested versions, by default the first and the last; None if there are fewer than 2."""
    versions = name_versions(record, networks.circles_of(record), episode)
    wished = networks.circles_of(record, CircleKind.WISHED)
    all_versions = versions + tuple(_label_wished(v) for v in name_versions(record, wished, episode))
    if len(all_versions) < 2:
        return None
    by_id = {v.circle.id: v for v in all_versions}
    with_wished = query.get("kind") == CircleKind.WISHED.value or len(versions) < 2
    default = (
        (versions[-1] if versions else all_versions[0], all_versions[-1])
        if with_wished and wished
        else (all_versions[0], versions[-1])
    )
    before = by_id.get(query.get("before", ""), default[0])
    after = by_id.get(query.get("after", ""), default[1])
    names = {r.id: r.name for r in record.relationships}
    moves = networks.placement_moves(before.circle, after.circle)
    stayed = [names.get(m.relationship, "Someone") for m in moves if m.step is networks.RingChange.STAYED]
    return VersionComparison(
        versions=all_versions,
        before=before,
        after=after,
        drawing=_overlay(record, before.circle, after.circle, centre(episode)),
        moved=[phrases.move_in_words(m, names) for m in moves if m.step is not networks.RingChange.STAYED],
        stayed=", ".join(stayed),
        gap=_gap(before.circle, after.circle),
    )


def _label_wished(version: Version) -> Version:
    return Version(version.circle, f"wished for, {version.name}", version.moved)


def _gap(before: ClosenessCircle, after: ClosenessCircle) -> str:
    if before.kind is after.kind:
        return ""
    return phrases.distance_in_words(networks.mean_distance(before, after))


def _overlay(record: EpisodeRecord, before: ClosenessCircle, after: ClosenessCircle, centre: str) -> SafeString:
    people: Sequence[RelationshipRecord] = record.relationships
    drawing = closeness_circle(
        after, people, centre=centre, tones=tie_balances(record, people), before=before, label=circle_label(after.kind)
    )
    return trusted_svg(drawing)
