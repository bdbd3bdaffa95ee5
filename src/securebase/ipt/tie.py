"""One tie in words: what its last rating says, and what is another than at its first."""

from __future__ import annotations

from collections.abc import Sequence

from securebase.ipt.network import RELATIONSHIP, RingChange, placement_moves
from securebase.ipt.network_phrases import ring_in_words
from securebase.ipt.rendering import render_value
from securebase.ipt.shelf import worksheet
from securebase.ipt.worksheet import Field, FieldKind
from securebase.records.artefact import ArtefactRecord, ClosenessCircle


def tie_facts(ratings: Sequence[ArtefactRecord]) -> tuple[tuple[str, str], ...]:
    """(label of the field, words) of the last rating; a scale with what it was at the first one, where that is another.
    Open fields and the therapist's notes are left out.
    """
    if not ratings:
        return ()
    first, last = ratings[0], ratings[-1]
    fields = [f for f in worksheet(RELATIONSHIP).fields if not f.note]
    found = [(f, render_value(f, last.values.get(f.id))) for f in fields]
    return tuple((f.label, words + _was(f, first, last)) for f, words in found if words)


def _was(of: Field, first: ArtefactRecord, last: ArtefactRecord) -> str:
    then, now = first.number(of.id), last.number(of.id)
    return f", was {then:g}" if of.kind is FieldKind.SCALE and then is not None and then != now else ""


def circle_movement(relationship: str, versions: Sequence[ClosenessCircle]) -> str:
    """Where the person went from the first version on which they stand to the last version; empty where there are not
    two.
    """
    stood = [c for c in versions if c.placement(relationship) is not None]
    if not stood or stood[0] is versions[-1]:
        return ""
    move = next(m for m in placement_moves(stood[0], versions[-1]) if m.relationship == relationship)
    before = ring_in_words(move.before.ring) if move.before else ""
    if move.after is None:
        return f"no longer on the circle; was {before}"
    after = ring_in_words(move.after.ring)
    return f"stayed, {after}" if move.step is RingChange.STAYED else f"{move.step.value}: from {before} to {after}"
