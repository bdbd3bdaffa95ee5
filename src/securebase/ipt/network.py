"""Network measures: the people in the client's life, counted on one day or compared between two circles.

Nothing here is estimated. Every number is a count, a mean or a difference of what was recorded, so it says how things
were drawn and rated, not why. It serves the claims that health depends on close ties and support (S62, S71, S83), that
networks can be small and hard to keep (S75), that support outside therapy can do the same work (S31), and that support
is handed over from the therapist to the client's own network (S86).

Who has died and who helps by profession are shown on the circle and left out of every count of the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, Ring, SupportKind

#: The worksheets that are read here.
RELATIONSHIP, SUPPORT_LEDGER = "relationship", "support_ledger"
_EVER = float("inf")
#: In the client's words: `receives` is what the client gets from a person, `gives` what the client gives them.
_FROM_THEM, _TO_THEM = "receives", "gives"
#: From the middle outwards. A person outside all rings is on the circle but not in the network.
INSIDE = (Ring.CLOSEST, Ring.CLOSE, Ring.WIDER)


class TieBalance(StrEnum):
    """What outweighs in a tie, as it was last rated: support that is felt, or strain."""

    SUPPORT = "support"
    STRAIN = "strain"
    EVEN = "even"
    UNRATED = "unrated"

    @property
    def label(self) -> str:
        return {
            "support": "more support than strain",
            "strain": "more strain than support",
            "even": "as much strain as support",
            "unrated": "not rated yet",
        }[self.value]


class RingChange(StrEnum):
    """What happened to one person between two circles."""

    CAME = "came"
    LEFT = "left"
    CLOSER = "closer"
    FURTHER = "further"
    STAYED = "stayed"


@dataclass(frozen=True, slots=True)
class Network:
    """The network on one day (in days since the episode began).

    by_ring: people on the present circle; `not_placed`: people in the inventory who have no place on it.
    giving: kind of support → how many of the `rated` give it to the client; giving_any: how many give any.
    known_ties: ties of which it is known whether support goes in or out; mutual: those where it goes both ways.
    strain: mean over the ties where strain was rated (0 to 10), None where it never was; strained: person → strain,
    the most strained first.
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
        """How many stand inside the rings."""
        return sum(self.by_ring[ring] for ring in INSIDE)


@dataclass(frozen=True, slots=True)
class Move:
    """One person on two circles. inward: how far closer to the client, in radii of the widest ring; None where the
    person stands on one of the two only.
    """

    relationship: str
    step: RingChange
    before: Placement | None
    after: Placement | None

    @property
    def inward(self) -> float | None:
        return self.before.radius - self.after.radius if self.before and self.after else None


@dataclass(frozen=True, slots=True)
class SupportShare:
    """Who carried the support by one session, in the client's words: `therapist` and `own` add up to 100."""

    at: float
    session: int | None
    therapist: float

    @property
    def own(self) -> float:
        return 100.0 - self.therapist


def people_at(record: EpisodeRecord, day: float = _EVER) -> tuple[RelationshipRecord, ...]:
    """Who was in the inventory on that day."""
    return tuple(r for r in record.relationships if r.at <= day and (r.left_at is None or r.left_at > day))


def network_members_at(record: EpisodeRecord, day: float = _EVER) -> tuple[RelationshipRecord, ...]:
    """The same without who has died and who helps by profession."""
    return tuple(r for r in people_at(record, day) if not (r.deceased or r.professional))


def tie_ratings(record: EpisodeRecord, relationship: str, day: float = _EVER) -> tuple[ArtefactRecord, ...]:
    """Every rating of one tie up to that day, the first one first."""
    return tuple(a for a in record.artefacts_of(RELATIONSHIP) if a.about == relationship and a.begun_at <= day)


def circles_of(
    record: EpisodeRecord, kind: CircleKind = CircleKind.PRESENT, day: float = _EVER
) -> tuple[ClosenessCircle, ...]:
    """The versions of the circle of this kind up to that day, in order of time."""
    return tuple(sorted((c for c in record.circles if c.kind is kind and c.at <= day), key=lambda c: c.at))


def tie_balance(rating: ArtefactRecord | None) -> TieBalance:
    """What outweighs in a tie: `support_felt` against `strain`; unrated where either is open."""
    felt, strain = (rating.number("support_felt"), rating.number("strain")) if rating else (None, None)
    if felt is None or strain is None:
        return TieBalance.UNRATED
    if felt == strain:
        return TieBalance.EVEN
    return TieBalance.SUPPORT if felt > strain else TieBalance.STRAIN


def network_at(record: EpisodeRecord, day: float = _EVER) -> Network:
    """The network as it stood on that day: the last circle of how things are, the last rating of every tie."""
    people = network_members_at(record, day)
    versions = circles_of(record, day=day)
    circle = versions[-1] if versions else None
    places = {p.id: circle.placement(p.id) if circle else None for p in people}
    last = {p.id: found[-1] for p in people if (found := tie_ratings(record, p.id, day))}
    rings = [place.ring for place in places.values() if place is not None]
    flows = [flow for p in people if (flow := _flow(last.get(p.id), places[p.id])) is not None]
    strain = {p: s for p, rating in last.items() if (s := rating.number("strain")) is not None}
    return Network(
        at=day,
        by_ring={ring: rings.count(ring) for ring in Ring},
        not_placed=sum(place is None for place in places.values()),
        rated=len(last),
        giving={kind: sum(kind.value in r.choices(_FROM_THEM) for r in last.values()) for kind in SupportKind},
        giving_any=sum(bool(r.choices(_FROM_THEM)) for r in last.values()),
        known_ties=len(flows),
        mutual=sum(gives and receives for gives, receives in flows),
        strain=sum(strain.values()) / len(strain) if strain else None,
        strained=dict(sorted(strain.items(), key=lambda one: -one[1])),
    )


def closest_at(record: EpisodeRecord, day: float = _EVER) -> tuple[RelationshipRecord, ...]:
    """Who of the network stands in the closest ring of the last present circle, the nearest first."""
    versions = circles_of(record, day=day)
    places = {p.relationship: p for p in versions[-1].placements} if versions else {}
    found = [p for p in network_members_at(record, day) if p.id in places and places[p.id].ring is Ring.CLOSEST]
    return tuple(sorted(found, key=lambda p: places[p.id].radius))


def _flow(rating: ArtefactRecord | None, place: Placement | None) -> tuple[bool, bool] | None:
    """(support comes in, support goes out), from the rating, else from the marks on the circle; None where neither
    says anything.
    """
    if rating is not None and (rating.choices(_FROM_THEM) or rating.choices(_TO_THEM)):
        return bool(rating.choices(_FROM_THEM)), bool(rating.choices(_TO_THEM))
    if place is not None and (place.gives or place.receives):
        return place.gives, place.receives
    return None


def placement_moves(before: ClosenessCircle, after: ClosenessCircle) -> tuple[Move, ...]:
    """What happened to everybody who stands on either circle, those who came nearest first.

    Closer and further are about rings: who moved inside one ring stayed.
    """
    ids = [p.relationship for p in after.placements]
    ids += [p.relationship for p in before.placements if p.relationship not in set(ids)]
    found = [_move(i, before.placement(i), after.placement(i)) for i in ids]
    order = list(RingChange)
    return tuple(sorted(found, key=lambda m: (order.index(m.step), -(m.inward or 0.0))))


def _move(relationship: str, before: Placement | None, after: Placement | None) -> Move:
    if before is None or after is None:
        return Move(relationship, RingChange.CAME if before is None else RingChange.LEFT, before, after)
    rings = list(Ring)
    outward = rings.index(after.ring) - rings.index(before.ring)
    step = RingChange.STAYED if outward == 0 else RingChange.FURTHER if outward > 0 else RingChange.CLOSER
    return Move(relationship, step, before, after)


def mean_distance(present: ClosenessCircle, wished: ClosenessCircle) -> float | None:
    """Mean distance between where people stand and where the client would wish them, in radii of the widest ring and
    along the radius only; None where nobody stands on both.
    """
    apart = [abs(m.inward) for m in placement_moves(present, wished) if m.inward is not None]
    return sum(apart) / len(apart) if apart else None


def support_share_history(record: EpisodeRecord, day: float = _EVER) -> tuple[SupportShare, ...]:
    """Who carried the support, every time it was asked up to that day."""
    found = [(a, a.number("therapist_share")) for a in record.artefacts_of(SUPPORT_LEDGER) if a.begun_at <= day]
    return tuple(SupportShare(a.begun_at, a.session, share) for a, share in found if share is not None)


def support_handed_over(shares: tuple[SupportShare, ...]) -> float | None:
    """How much of the support went from the therapist to the own network between the first and the last time it was
    asked, in percentage points (below 0: the other way); None before it was asked twice.
    """
    return shares[0].therapist - shares[-1].therapist if len(shares) > 1 else None
