"""A closeness circle as a page needs it: the drawing, the versions to play through, and what its script must know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe

from securebase.charts.closeness_circle import GEOMETRY, closeness_circle
from securebase.ipt.network import TieBalance, circles_of, moves, people_at, ratings, tone
from securebase.ipt.network_phrases import HOURS, hour_of, place_in_words, ring_in_words, who_moved
from securebase.records.artefact import RING_EDGES, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, Ring
from securebase.workbench.casefile import began_at
from securebase.workbench.clients.models import Episode


@dataclass(frozen=True, slots=True)
class Version:
    """One version with its name (“3 March 2026, session 2”) and what moved since the one before it."""

    circle: ClosenessCircle
    name: str
    moved: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person with their place: what the plain form shows and the tray lists."""

    person: RelationshipRecord
    place: Placement | None
    tone: TieBalance

    @property
    def ring(self) -> str:
        return self.place.ring.value if self.place else ""

    @property
    def hour(self) -> int:
        return hour_of(self.place.angle) if self.place else HOURS

    @property
    def where(self) -> str:
        return place_in_words(self.place)

    @property
    def about(self) -> str:
        """“mother, has died”: who this is, so that no shape has to say it alone."""
        p = self.person
        marks = (("has died", p.deceased), ("online only", p.online), ("professional", p.professional))
        return ", ".join([*([p.relation] if p.relation else []), *(word for word, on in marks if on)])


@dataclass(frozen=True, slots=True)
class CircleView:
    """Everything `inventory/_circle.html` shows. `over`: what a save must say it was made over."""

    kind: CircleKind
    drawing: SafeString
    rows: tuple[PersonRow, ...]
    versions: tuple[Version, ...]
    over: str
    data: dict[str, Any]

    @property
    def waiting(self) -> list[PersonRow]:
        return [row for row in self.rows if row.place is None]

    @property
    def last(self) -> Version | None:
        return self.versions[-1] if self.versions else None


def circle_view(record: EpisodeRecord, *, episode: Episode, kind: CircleKind, centre: str, over: str) -> CircleView:
    """The circle of this kind as it is now. A wished-for one that was never drawn begins as the present one."""
    own = circles_of(record, kind)
    begins = own or circles_of(record)
    shown = begins[-1] if begins else None
    people = people_at(record)
    tones = tones_of(record, people)
    rows = tuple(PersonRow(p, shown.placement(p.id) if shown else None, tones[p.id]) for p in people)
    versions = named(record, own, episode)
    drawing = closeness_circle(shown, people, centre=centre, tones=tones, label=label_of(kind), tray=True)
    return CircleView(kind, mark_safe(drawing), rows, versions, over, _data(rows, versions))  # noqa: S308 (our own SVG)


def tones_of(record: EpisodeRecord, people: Sequence[RelationshipRecord]) -> dict[str, TieBalance]:
    """Person → what outweighs by the last rating."""
    return {p.id: tone(next(reversed(ratings(record, p.id)), None)) for p in people}


def label_of(kind: CircleKind) -> str:
    return "Closeness circle as it is" if kind is CircleKind.PRESENT else "Closeness circle as wished for"


def named(record: EpisodeRecord, circles: Sequence[ClosenessCircle], episode: Episode) -> tuple[Version, ...]:
    names = {r.id: r.name for r in record.relationships}
    found = []
    for i, circle in enumerate(circles):
        moved = who_moved(moves(circles[i - 1], circle), names) if i else "The first version."
        found.append(Version(circle, version_name(circle, episode), moved))
    return tuple(found)


def version_name(circle: ClosenessCircle, episode: Episode) -> str:
    """“3 March 2026, session 2, drawn by the therapist”."""
    said = [date_format(day_of(circle.at, episode), "j F Y")]
    said += [f"session {circle.session}"] if circle.session is not None else []
    said += [f"by the {circle.respondent.value}"]
    return ", ".join(said)


def day_of(at: float, episode: Episode) -> datetime:
    """The local moment of a day of the record."""
    return timezone.localtime(began_at(episode) + timedelta(days=at))


def _data(rows: Sequence[PersonRow], versions: Sequence[Version]) -> dict[str, Any]:
    """For the script: lengths, words, who there is, and the places of every version."""
    return {
        "geometry": asdict(GEOMETRY),
        "rings": [[edge, ring_in_words(ring)] for ring, edge in RING_EDGES.items()]
        + [[99, ring_in_words(Ring.OUTSIDE)]],
        "people": [
            {
                "id": r.person.id,
                "name": r.person.name,
                "about": f"{r.about}, {r.tone.label}" if r.about else r.tone.label,
                "place": asdict(r.place) if r.place else None,
            }
            for r in rows
        ],
        "versions": [
            {"id": v.circle.id, "name": v.name, "moved": v.moved, "places": [asdict(p) for p in v.circle.placements]}
            for v in versions
        ],
    }
