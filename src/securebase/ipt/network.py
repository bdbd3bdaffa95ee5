"""Network measures: the people in the client's life, counted on one day or compared between two circles.

Nothing here is estimated. Every number is a count, a mean or a difference of recorded data: it describes how people
were placed and rated, not why. The measures serve the claims that health depends on close ties and support (S62, S71,
S83), that networks can be small and hard to keep (S75), that support outside therapy can do the same work (S31), and
that support passes from the therapist to the client's own network (S86).

Deceased people and professional helpers appear on the circle but in no count of the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from securebase.ipt.shelf import entries_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, Respondent, Ring, SupportKind

#: The question of a check-in about the therapist's share of support, from 0 to 10.
SHARE_RATING = "support_share"
_END_OF_TIME = float("inf")
#: Fields seen from the client: `receives` is support from the person, `gives` support to the person.
_FROM_THEM, _TO_THEM = "receives", "gives"
#: The rings from the middle outwards. A person outside all of them is on the circle but not in the network.
INNER_RINGS = (Ring.CLOSEST, Ring.CLOSE, Ring.WIDER)


class TieBalance(StrEnum):
    """Balance of felt support and strain in a tie, from its last rating."""

    SUPPORT = "support"
    STRAIN = "strain"
    EVEN = "even"
    UNRATED = "unrated"

    @property
    def label(self) -> str:
        return {
            "support": "more support than strain",
            "strain": "more strain than support",
            "even": "equal support and strain",
            "unrated": "not rated yet",
        }[self.value]


class RingChange(StrEnum):
    """Change of one person between two circles."""

    CAME = "came"
    LEFT = "left"
    CLOSER = "closer"
    FURTHER = "further"
    STAYED = "stayed"


@dataclass(frozen=True, slots=True)
class Network:
    """The network on one day.

    at: days since the episode began. by_ring: number of people on the present circle, by ring; not_placed: people of
    the inventory who are not on it. rated: people with a rating; giving: kind of support → number of them who give it
    to the client; giving_any: number who give any. known_ties: ties with a known direction of support; mutual: those
    with support in both directions. strain: mean over the ties with a strain rating (0 to 10), None without ratings;
    strained: person → strain, the most strained first.
    """

    at: float
    by_ring: Mapping[Ring, int]
    not_placed: int
    rated: int
    giving: Mapping[SupportKind, int]
    giving_any: int
    known_ties: int
    mutual: int
    strain: float | None
    strained: Mapping[str, float]

    @property
    def size(self) -> int:
        """Number of people inside the rings."""
        return sum(self.by_ring[ring] for ring in INNER_RINGS)


@dataclass(frozen=True, slots=True)
class Move:
    """Placements of one person on two circles."""

    relationship: str
    step: RingChange
    before: Placement | None
    after: Placement | None

    @property
    def inward(self) -> float | None:
        """Distance moved towards the client, in radii of the widest ring; None unless placed on both circles."""
        return self.before.radius - self.after.radius if self.before and self.after else None


@dataclass(frozen=True, slots=True)
class SupportShare:
    """Shares of the support (%) as the client sees them: `therapist` and `own` network add up to 100.

    respondent: the client rated it in a check-in, or the therapist recorded it in the worksheet.
    """

    at: float
    session: int | None
    therapist: float
    respondent: Respondent = Respondent.THERAPIST

    @property
    def own(self) -> float:
        return 100.0 - self.therapist


def people_at(record: EpisodeRecord, day: float = _END_OF_TIME) -> tuple[RelationshipRecord, ...]:
    """Return the people in the inventory on that day."""
    return tuple(r for r in record.relationships if r.at <= day and (r.left_at is None or r.left_at > day))


def network_members_at(record: EpisodeRecord, day: float = _END_OF_TIME) -> tuple[RelationshipRecord, ...]:
    """Return the people in the inventory on that day, without the deceased and professional helpers."""
    return tuple(r for r in people_at(record, day) if not (r.deceased or r.professional))


def tie_ratings(record: EpisodeRecord, relationship: str, day: float = _END_OF_TIME) -> tuple[ArtefactRecord, ...]:
    """Return every rating of one tie up to that day, in order of time."""
    return tuple(a for a in entries_with(record, WorksheetRole.TIE) if a.about == relationship and a.begun_at <= day)


def gives_support(rating: ArtefactRecord) -> bool:
    """Return whether the client gets any support from the person of this rating."""
    return bool(rating.choices(_FROM_THEM))


def circles_of(
    record: EpisodeRecord, kind: CircleKind = CircleKind.PRESENT, day: float = _END_OF_TIME
) -> tuple[ClosenessCircle, ...]:
    """Return the versions of the circle of this kind up to that day, in order of time."""
    return tuple(sorted((c for c in record.circles if c.kind is kind and c.at <= day), key=lambda c: c.at))


def tie_balance(rating: ArtefactRecord | None) -> TieBalance:
    """Compare `support_felt` with `strain`; unrated if either is open."""
    felt, strain = (rating.number("support_felt"), rating.number("strain")) if rating else (None, None)
    if felt is None or strain is None:
        return TieBalance.UNRATED
    if felt == strain:
        return TieBalance.EVEN
    return TieBalance.SUPPORT if felt > strain else TieBalance.STRAIN


def network_at(record: EpisodeRecord, day: float = _END_OF_TIME) -> Network:
    """Return the network on that day, from the last present circle and the last rating of every tie."""
    people = network_members_at(record, day)
    versions = circles_of(record, day=day)
    circle = versions[-1] if versions else None
    places = {p.id: circle.placement(p.id) if circle else None for p in people}
    last = {p.id: ratings[-1] for p in people if (ratings := tie_ratings(record, p.id, day))}
    rings = [place.ring for place in places.values() if place is not None]
    flows = [flow for p in people if (flow := _support_flow(last.get(p.id), places[p.id])) is not None]
    strain = {p: s for p, rating in last.items() if (s := rating.number("strain")) is not None}
    return Network(
        at=day,
        by_ring={ring: rings.count(ring) for ring in Ring},
        not_placed=sum(place is None for place in places.values()),
        rated=len(last),
        giving={kind: sum(kind.value in r.choices(_FROM_THEM) for r in last.values()) for kind in SupportKind},
        giving_any=sum(map(gives_support, last.values())),
        known_ties=len(flows),
        mutual=sum(gives and receives for gives, receives in flows),
        strain=sum(strain.values()) / len(strain) if strain else None,
        strained=dict(sorted(strain.items(), key=lambda item: -item[1])),
    )


def closest_at(record: EpisodeRecord, day: float = _END_OF_TIME) -> tuple[RelationshipRecord, ...]:
    """Return the members in the closest ring of the last present circle, the nearest first."""
    versions = circles_of(record, day=day)
    places = {p.relationship: p for p in versions[-1].placements} if versions else {}
    closest = [p for p in network_members_at(record, day) if p.id in places and places[p.id].ring is Ring.CLOSEST]
    return tuple(sorted(closest, key=lambda p: places[p.id].radius))


def _support_flow(rating: ArtefactRecord | None, place: Placement | None) -> tuple[bool, bool] | None:
    """Return (support from the person, support to the person), or None if unknown.

    The rating counts first, then the marks on the circle.
    """
    if rating is not None and (gives_support(rating) or rating.choices(_TO_THEM)):
        return gives_support(rating), bool(rating.choices(_TO_THEM))
    if place is not None and (place.gives or place.receives):
        return place.gives, place.receives
    return None


def placement_moves(before: ClosenessCircle, after: ClosenessCircle) -> tuple[Move, ...]:
    """Return the change of every person on either circle, by kind of change, then by distance moved inwards.

    Closer and further refer to rings: a person who moved within a ring stayed.
    """
    ids = [p.relationship for p in after.placements]
    ids += [p.relationship for p in before.placements if p.relationship not in set(ids)]
    moves = [_move(i, before.placement(i), after.placement(i)) for i in ids]
    order = list(RingChange)
    return tuple(sorted(moves, key=lambda m: (order.index(m.step), -(m.inward or 0.0))))


def _move(relationship: str, before: Placement | None, after: Placement | None) -> Move:
    if before is None or after is None:
        return Move(relationship, RingChange.CAME if before is None else RingChange.LEFT, before, after)
    rings = list(Ring)
    outward = rings.index(after.ring) - rings.index(before.ring)
    step = RingChange.STAYED if outward == 0 else RingChange.FURTHER if outward > 0 else RingChange.CLOSER
    return Move(relationship, step, before, after)


def mean_distance(present: ClosenessCircle, wished: ClosenessCircle) -> float | None:
    """Return the mean radial distance between present and wished placements, in radii of the widest ring.

    None if nobody is on both circles.
    """
    distances = [abs(m.inward) for m in placement_moves(present, wished) if m.inward is not None]
    return sum(distances) / len(distances) if distances else None


def support_share_history(record: EpisodeRecord, day: float = _END_OF_TIME) -> tuple[SupportShare, ...]:
    """Return every share up to that day in order of time; the client's rating replaces worksheets of its session."""
    ratings = [
        SupportShare(s.at, s.session, 10.0 * s.value, Respondent.CLIENT)
        for s in record.scores("therapist_support", instrument=SHARE_RATING)
    ]
    rated = {share.session for share in ratings} - {None}
    held = {session.number: session.at for session in record.sessions}
    recorded = [
        SupportShare(held.get(a.session or 0, a.begun_at), a.session, share)
        for a in entries_with(record, WorksheetRole.SUPPORT)
        if a.session not in rated and (share := a.number("therapist_share")) is not None
    ]
    return tuple(sorted((share for share in ratings + recorded if share.at <= day), key=lambda share: share.at))
