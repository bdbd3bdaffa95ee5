"""Sentences about the network: its counts, and what they leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase.ipt.network import INNER_RINGS, Move, Network, RingChange, SupportShare
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
    """Return the hour on a clock face, 1 to 12, that an angle in degrees points to."""
    return round(angle / (360.0 / HOURS)) % HOURS or HOURS


def place_in_words(place: Placement | None) -> str:
    """Return a phrase such as “closest ring, 2 o’clock, gives support, tension”."""
    if place is None:
        return "not placed yet"
    marks = (("gives support", place.gives), ("receives support", place.receives), ("tension", place.tension))
    position = [ring_in_words(place.ring), f"{hour_of(place.angle)} o’clock"]
    return ", ".join([*position, *(word for word, is_set in marks if is_set)])


def move_in_words(move: Move, names: Mapping[str, str]) -> str:
    """Return a phrase such as “Omar: closer, from wider circle to close ring”; an unknown name becomes “Someone”."""
    name = names.get(move.relationship, "Someone")
    before = ring_in_words(move.before.ring) if move.before else ""
    after = ring_in_words(move.after.ring) if move.after else ""
    return {
        RingChange.CAME: f"{name}: new on the circle, {after}",
        RingChange.LEFT: f"{name}: no longer on the circle, was {before}",
        RingChange.CLOSER: f"{name}: closer, from {before} to {after}",
        RingChange.FURTHER: f"{name}: further away, from {before} to {after}",
        RingChange.STAYED: f"{name}: stayed, {after}",
    }[move.step]


def moves_in_words(moves: Sequence[Move], names: Mapping[str, str]) -> str:
    """Return one line on the people who came, left or changed rings between two versions, or that no one did."""
    changes = [move_in_words(m, names) for m in moves if m.step is not RingChange.STAYED]
    return "; ".join(changes) + "." if changes else "No one changed rings."


def size_in_words(network: Network) -> str:
    counts = [f"{network.by_ring[ring]} {_IN_RING[ring]}" for ring in INNER_RINGS]
    sentences = [f"{_people(network.size)} on the circle: {', '.join(counts)}."]
    if network.by_ring[Ring.OUTSIDE]:
        sentences.append(f"{network.by_ring[Ring.OUTSIDE]} outside.")
    if network.not_placed:
        sentences.append(f"{network.not_placed} not placed yet.")
    return " ".join(sentences)


def closest_in_words(names: Sequence[str]) -> str:
    return f"{', '.join(names)}." if names else "No one is in the closest ring."


_IN_RING = {Ring.CLOSEST: "closest", Ring.CLOSE: "close", Ring.WIDER: "in the wider circle"}


def support_in_words(network: Network) -> str:
    if not network.rated:
        return "No relationship has been rated yet."
    kinds = [f"{kind.label.lower()} {n}" for kind, n in network.giving.items() if n]
    summary = f"Support from {network.giving_any} of {_people(network.rated)} rated"
    return f"{summary}: {', '.join(kinds)}." if kinds else f"{summary}."


def reciprocity_in_words(network: Network) -> str:
    if not network.known_ties:
        return "Direction of support has not been recorded yet."
    return f"Support goes both ways in {network.mutual} of {_relationships(network.known_ties)}."


def strain_in_words(network: Network, names: Mapping[str, str]) -> str:
    if network.strain is None:
        return "Strain has not been rated yet."
    highest = max(network.strained.values())
    people = [names.get(p, "someone") for p, strain in network.strained.items() if strain == highest]
    summary = f"Mean {network.strain:.1f} of 10 over {_relationships(len(network.strained))}"
    return f"{summary}; highest with {' and '.join(people)} ({highest:g})." if highest > 0 else f"{summary}."


#: The marks of a chart that has shares from check-ins and from worksheets.
BOTH_SOURCES = "Filled dots: the client’s answer in a check-in. Open dots: your worksheet."
#: Smallest share (%) with which one side carries most of the support.
_MOST = 65.0


def support_headline(shares: tuple[SupportShare, ...]) -> str:
    """Return who carries most of the support by the last share; empty without shares."""
    if not shares:
        return ""
    if shares[-1].own >= _MOST:
        return "Mostly the client’s own people."
    return "Mostly therapy." if shares[-1].therapist >= _MOST else "Therapy and the client’s own people."


def support_shares_in_words(shares: tuple[SupportShare, ...]) -> str:
    """Return a sentence such as “Therapist 35%, own network 65%. In session 2 it was 60% and 40%.”."""
    if not shares:
        return "Sources of support have not been recorded yet."
    first, last = shares[0], shares[-1]
    present = f"Therapist {last.therapist:.0f}%, own network {last.own:.0f}%."
    if len(shares) == 1:
        return present
    time = f"In session {first.session}" if first.session is not None else "At first"
    return f"{present} {time} it was {first.therapist:.0f}% and {first.own:.0f}%."


def support_line(shares: tuple[SupportShare, ...]) -> str:
    """Return one line such as “15% from you (session 2: 60%)”; empty without shares."""
    if not shares:
        return ""
    first, last = shares[0], shares[-1]
    now = f"{last.therapist:.0f}% from you"
    time = f"session {first.session}" if first.session is not None else "at first"
    return f"{now} ({time}: {first.therapist:.0f}%)." if len(shares) > 1 else f"{now}."


def distance_in_words(distance: float | None) -> str:
    if distance is None:
        return "No one is on both circles, so they cannot be compared."
    return f"On average, people are {distance * 3:.1f} rings from where the client wants them."


def _people(n: int) -> str:
    return f"{n} person" if n == 1 else f"{n} people"


def _relationships(n: int) -> str:
    return f"{n} relationship" if n == 1 else f"{n} relationships"
