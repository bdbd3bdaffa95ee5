"""One tie in words: its last rating, changes since the first rating, and movement on the circle."""

from __future__ import annotations

from collections.abc import Sequence

from securebase.ipt.network import RingChange, placement_moves
from securebase.ipt.network_phrases import ring_in_words
from securebase.ipt.rendering import render_value
from securebase.ipt.shelf import worksheet
from securebase.ipt.worksheet import Field, FieldKind
from securebase.records.artefact import ArtefactRecord, ClosenessCircle


def tie_facts(ratings: Sequence[ArtefactRecord]) -> tuple[tuple[str, str], ...]:
    """Return (field label, words) of the last rating; a scale also shows a different first value.

    Open fields and the therapist's notes are left out.
    """
    if not ratings:
        return ()
    first, last = ratings[0], ratings[-1]
    fields = [f for f in worksheet(last.worksheet).fields if not f.note]
    rendered = [(f, render_value(f, last.values.get(f.id))) for f in fields]
    return tuple((f.label, words + _first_value(f, first, last)) for f, words in rendered if words)


def _first_value(field: Field, first: ArtefactRecord, last: ArtefactRecord) -> str:
    before, after = first.number(field.id), last.number(field.id)
    return f", was {before:g}" if field.kind is FieldKind.SCALE and before is not None and before != after else ""


def circle_movement(relationship: str, versions: Sequence[ClosenessCircle]) -> str:
    """Describe a person's movement from their first placement to the last version; empty without two versions."""
    placed = [c for c in versions if c.placement(relationship) is not None]
    if not placed or placed[0] is versions[-1]:
        return ""
    move = next(m for m in placement_moves(placed[0], versions[-1]) if m.relationship == relationship)
    before = ring_in_words(move.before.ring) if move.before else ""
    if move.after is None:
        return f"no longer on the circle; was {before}"
    after = ring_in_words(move.after.ring)
    return f"no change, {after}" if move.step is RingChange.STAYED else f"{move.step.value}: from {before} to {after}"
