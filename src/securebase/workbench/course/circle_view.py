"""A closeness circle ready for a page: the drawing, its versions, and the data of its script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from securebase.charts.circle_geometry import GEOMETRY
from securebase.charts.closeness_circle import circle_frame, closeness_circle, moved_frames
from securebase.ipt.network import TieBalance, circles_of, people_at, placement_moves, tie_balance, tie_ratings
from securebase.ipt.network_phrases import HOURS, hour_of, moves_in_words, place_in_words, ring_in_words
from securebase.records.artefact import RING_EDGES, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, Ring
from securebase.schema import to_plain
from securebase.workbench.casefile import began_at
from securebase.workbench.clients.models import Episode
from securebase.workbench.inventory.forms import RING_MIDDLES
from securebase.workbench.inventory.models import Circle
from securebase.workbench.ui.drawings import trusted_svg


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a circle: its name (“3 March 2026, session 2”) and the moves since the version before."""

    circle: ClosenessCircle
    name: str
    moved: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person and their place, for the plain form and for the tray."""

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
    def position(self) -> str:
        return place_in_words(self.place)

    @property
    def about(self) -> str:
        """Text alternative to the shape: “mother, has died”."""
        p = self.person
        marks = (("has died", p.deceased), ("online only", p.online), ("professional", p.professional))
        return ", ".join([*([p.relation] if p.relation else []), *(words for words, applies in marks if applies)])


@dataclass(frozen=True, slots=True)
class CircleView:
    """Data for `inventory/_circle.html`.

    `revision` holds id and version of the circle that a save replaces, to detect concurrent edits.
    """

    kind: CircleKind
    drawing: SafeString
    rows: tuple[PersonRow, ...]
    versions: tuple[Version, ...]
    revision: str
    data: dict[str, Any]

    @property
    def waiting(self) -> list[PersonRow]:
        return [row for row in self.rows if row.place is None]

    @property
    def last(self) -> Version | None:
        return self.versions[-1] if self.versions else None


#: What to do when the positions of the plain form were refused and are shown again.
TYPED_ADVICE = "Your positions are below, not saved yet. Save them again to replace the circle."


@dataclass(frozen=True, slots=True)
class PlainFields:
    """Values of the plain form besides the places; `refused`: they were typed and not saved."""

    drawn_on: str
    respondent: str = ""
    session: str = ""
    new_version: bool = False
    refused: bool = False

    @classmethod
    def read(cls, posted: Mapping[str, str]) -> PlainFields:
        """Return what was typed."""
        return cls(
            drawn_on=posted.get("drawn_on", ""),
            respondent=posted.get("respondent", ""),
            session=posted.get("session", ""),
            new_version="new_version" in posted,
            refused=True,
        )


def circle_view(
    record: EpisodeRecord,
    *,
    episode: Episode,
    kind: CircleKind,
    centre: str,
    revision: str,
    for_client: bool = False,
    typed: Sequence[Placement] | None = None,
) -> CircleView:
    """Return the circle of a kind; a wished-for circle that was never drawn begins as a copy of the present one.

    `for_client` addresses the client: nothing about ratings, and no author in the names of versions. `typed` places
    were refused and are shown in place of the saved ones.
    """
    circles = circles_of(record, kind)
    candidates = circles or circles_of(record)
    current = candidates[-1] if candidates else None
    if typed is not None:
        current = replace(current or ClosenessCircle(id="", at=0.0, kind=kind), placements=tuple(typed))
    people = people_at(record)
    tones = tie_balances(record, people)
    rows = tuple(PersonRow(p, current.placement(p.id) if current else None, tones[p.id]) for p in people)
    versions = name_versions(record, circles, episode, with_author=not for_client)
    drawing = closeness_circle(current, people, centre=centre, tones=tones, label=circle_label(kind), tray=True)
    data = _script_data(current, rows, versions, for_client=for_client)
    return CircleView(kind, trusted_svg(drawing), rows, versions, revision, data)


def tie_balances(record: EpisodeRecord, people: Sequence[RelationshipRecord]) -> dict[str, TieBalance]:
    """Map each person to the balance of their last rating."""
    return {p.id: tie_balance(next(reversed(tie_ratings(record, p.id)), None)) for p in people}


def circle_label(kind: CircleKind) -> str:
    return "Current closeness circle" if kind is CircleKind.PRESENT else "Wished-for closeness circle"


def name_versions(
    record: EpisodeRecord, circles: Sequence[ClosenessCircle], episode: Episode, *, with_author: bool = True
) -> tuple[Version, ...]:
    """Name every version of a circle and describe what moved since the one before."""
    names = {r.id: r.name for r in record.relationships}
    versions = []
    for i, circle in enumerate(circles):
        moved = moves_in_words(placement_moves(circles[i - 1], circle), names) if i else "First version."
        versions.append(Version(circle, version_name(circle, episode, with_author=with_author), moved))
    return tuple(versions)


def version_name(circle: ClosenessCircle, episode: Episode, *, with_author: bool = True) -> str:
    """Return the name of a version: “3 March 2026, session 2, by the therapist”."""
    parts = [date_format(local_moment(circle.at, episode), "j F Y")]
    parts += [f"session {circle.session}"] if circle.session is not None else []
    parts += [f"by the {circle.respondent.value}"] if with_author else []
    return ", ".join(parts)


def local_moment(at: float, episode: Episode) -> datetime:
    """Convert days since the start of the episode to local time."""
    return timezone.localtime(began_at(episode) + timedelta(days=at))


#: Words for the marks of a tie, as in the checkboxes of `inventory/_circle.html`.
_MARKS = {"gives": "gives support", "receives": "receives support", "tension": "tension"}
_MARKS_FOR_CLIENT = {"gives": "supports you", "receives": "you support them", "tension": "tension"}


def _script_data(
    current: ClosenessCircle | None, rows: Sequence[PersonRow], versions: Sequence[Version], *, for_client: bool
) -> dict[str, Any]:
    """Return the data of the script: lengths, colours, words, people, and every version of the drawing."""
    people = [r.person for r in rows]
    return {
        "geometry": to_plain(GEOMETRY),
        "rings": [[edge, ring.value, ring_in_words(ring)] for ring, edge in RING_EDGES.items()]
        + [[99, Ring.OUTSIDE.value, ring_in_words(Ring.OUTSIDE)]],
        "people": [
            {
                "id": r.person.id,
                "name": r.person.name,
                "place": to_plain(r.place),
            }
            for r in rows
        ],
        "starts": {id_: to_plain(place) for id_, place in _starts(rows).items()},
        "sliders": {f"person-{r.person.id}": _slider(r, for_client=for_client) for r in rows},
        "marks": _MARKS_FOR_CLIENT if for_client else _MARKS,
        "frame": circle_frame(current, people),
        "moved": moved_frames(people),
        "versions": [
            {
                "text": f"{v.name}. {v.moved}",
                "places": to_plain(v.circle.placements),
                "frame": circle_frame(v.circle, people),
            }
            for v in versions
        ],
    }


def _starts(rows: Sequence[PersonRow]) -> dict[str, Placement]:
    """Return where a person taken from the tray starts: in the wider circle, at an hour with free room."""
    angles = {row.person.id: row.place.angle for row in rows if row.place}
    for row in rows:
        if row.place is None:
            angles[row.person.id] = _free_angle([*angles.values()])
    return {id_: Placement(id_, RING_MIDDLES[Ring.WIDER], angle) for id_, angle in angles.items()}


def _free_angle(occupied: Sequence[float]) -> float:
    """Return the first hour on the clock face, in degrees, with the fewest people within 25 degrees."""
    hours = [hour * 360.0 / HOURS for hour in range(HOURS)]
    return min(hours, key=lambda hour: sum(abs((angle - hour + 540) % 360 - 180) < 25 for angle in occupied))


def _slider(row: PersonRow, *, for_client: bool) -> dict[str, str]:
    """Return the attributes that make a drawn person a slider; the script adds them, so a plain page has none."""
    label = ", ".join(filter(None, (row.person.name, row.about, "" if for_client else row.tone.label)))
    bounds = {"aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0"}
    return {"role": "slider", "tabindex": "0", "aria-label": label, "aria-describedby": "circle-help"} | bounds


def saved_reply(circle: Circle) -> dict[str, Any]:
    """Return what a save answers to the script: the time and the revision that the next save replaces."""
    return {"saved": f"{timezone.localtime(circle.drawn_at):%H:%M}", "revision": circle.revision}
