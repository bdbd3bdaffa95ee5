"""Sentences about the network: what was counted, and what the count leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase.ipt.network import INSIDE, Move, Network, RingChange, SupportShare, support_handed_over
from securebase.records.artefact import Placement
from securebase.records.vocabulary import Ring

HOURS = 12


def ring_in_words(ring: Ring) -> str:
    return {
        Ring.CLOSEST: "closest ring",
        Ring.CLOSE: "close ring",
        Ring.WIDER: "wider circle",
        Ring.OUTSIDE: "outside the circle",
    }[ring]


def hour_of(angle: float) -> int:
    """The hour of a clock that an angle points to, 1 to 12."""
    return round(angle / (360.0 / HOURS)) % HOURS or HOURS


def place_in_words(place: Placement | None) -> str:
    """“closest ring, 2 o’clock, gives support, tension”."""
    if place is None:
        return "not placed yet"
    said = [ring_in_words(place.ring), f"{hour_of(place.angle)} o’clock"]
    said += [word for word, on in (("gives support", place.gives), ("gets support", place.receives)) if on]
    return ", ".join([*said, *(["tension"] if place.tension else [])])


def move_in_words(move: Move, names: Mapping[str, str]) -> str:
    """“Omar: from the wider circle to the close ring”. A person whose name is not known is called somebody."""
    name = names.get(move.relationship, "Somebody")
    before = ring_in_words(move.before.ring) if move.before else ""
    after = ring_in_words(move.after.ring) if move.after else ""
    return {
        RingChange.CAME: f"{name}: new on the circle, {after}",
        RingChange.LEFT: f"{name}: no longer on the circle, was {before}",
        RingChange.CLOSER: f"{name}: closer, from {before} to {after}",
        RingChange.FURTHER: f"{name}: further away, from {before} to {after}",
        RingChange.STAYED: f"{name}: stayed, {after}",
    }[move.step]


def moves_in_words(found: Sequence[Move], names: Mapping[str, str]) -> str:
    """One line for a version that follows another: who came, left, moved between rings; or that nobody did."""
    moved = [move_in_words(m, names) for m in found if m.step is not RingChange.STAYED]
    return "; ".join(moved) + "." if moved else "Nobody changed rings."


def size_in_words(network: Network) -> str:
    counts = [f"{network.by_ring[ring]} {_IN_RING[ring]}" for ring in INSIDE]
    said = f"{_people(network.size)} inside the rings: {', '.join(counts)}."
    if network.by_ring[Ring.OUTSIDE]:
        said += f" {network.by_ring[Ring.OUTSIDE]} outside."
    return said + (f" {network.not_placed} not placed yet." if network.not_placed else "")


def closest_in_words(names: Sequence[str]) -> str:
    return f"{', '.join(names)}." if names else "Nobody stands in the closest ring."


_IN_RING = {Ring.CLOSEST: "closest", Ring.CLOSE: "close", Ring.WIDER: "in the wider circle"}


def support_in_words(network: Network) -> str:
    if not network.rated:
        return "No tie has been rated yet."
    kinds = [f"{kind.label.lower()} {n}" for kind, n in network.giving.items() if n]
    said = f"{network.giving_any} of the {network.rated} people rated give support"
    return f"{said}: {', '.join(kinds)}." if kinds else f"{said}."


def reciprocity_in_words(network: Network) -> str:
    if not network.known_ties:
        return "Of no tie is it known yet which way support goes."
    return f"In {network.mutual} of {_ties(network.known_ties)} support goes both ways."


def strain_in_words(network: Network, names: Mapping[str, str]) -> str:
    if network.strain is None:
        return "No strain has been rated yet."
    most = max(network.strained.values())
    who = [names.get(p, "somebody") for p, strain in network.strained.items() if strain == most]
    said = f"Mean {network.strain:.1f} of 10 over {_ties(len(network.strained))}"
    return f"{said}; most with {' and '.join(who)} ({most:g})." if most > 0 else f"{said}."


def support_shares_in_words(shares: tuple[SupportShare, ...]) -> str:
    """Return a sentence such as “Therapist 35% · own network 65%. Was 60 / 40 in session 2: 25 points handed over”."""
    if not shares:
        return "Nobody has asked yet who carries the support."
    first, last = shares[0], shares[-1]
    said = f"Therapist {last.therapist:.0f}% · own network {last.own:.0f}%."
    moved = support_handed_over(shares)
    if moved is None:
        return said
    where = f"in session {first.session}" if first.session is not None else "when it was first asked"
    said = f"{said} Was {first.therapist:.0f} / {first.own:.0f} {where}"
    if moved == 0:
        return f"{said}: unchanged."
    way = "to the own network" if moved > 0 else "back to the therapist"
    return f"{said}: {abs(moved):.0f} points went {way}."


def distance_in_words(apart: float | None) -> str:
    if apart is None:
        return "Nobody stands on both circles, so no distance can be told."
    return f"On average people stand {apart * 3:.1f} rings from where they are wished."


def _people(n: int) -> str:
    return f"{n} person" if n == 1 else f"{n} people"


def _ties(n: int) -> str:
    return f"{n} tie" if n == 1 else f"{n} ties"
