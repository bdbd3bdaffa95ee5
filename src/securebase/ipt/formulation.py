"""Draft of a formulation: its parts in the client’s own words, joined by short lead-ins.

Empty parts are skipped. The therapist edits the draft.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from securebase.records.artefact import Value

_SPACE = re.compile(r"\s+")
_ENDS = (".", "!", "?", "…", ":", ";", "”", '"')


@dataclass(frozen=True, slots=True)
class FormulationPart:
    """One part of a formulation: its field, and the connective that joins it to the part before."""

    field: str
    connective: str = ""


#: Stressor, vulnerability and support feed the symptoms (the interpersonal triad after Stuart and
#: Robertson; key K of `sources.toml`, not looked up).
TRIAD = (
    FormulationPart("stressor"),
    FormulationPart("vulnerability", "Why it hit so hard:"),
    FormulationPart("support", "Support at the time:"),
    FormulationPart("symptoms", "Since then:"),
)
#: Symptoms and diagnosis, their onset, and hence the problem area.
CLASSIC = (
    FormulationPart("symptoms"),
    FormulationPart("diagnosis_words", "The illness:"),
    FormulationPart("onset_story", "How it began:"),
    FormulationPart("area_words", "Our focus:"),
)
_PARTS: Mapping[str, tuple[FormulationPart, ...]] = {"triad": TRIAD, "classic": CLASSIC}


def formulation_parts(formulation: str) -> tuple[FormulationPart, ...]:
    """Return the parts of a formulation of this kind (“triad” or “classic”), in the order of the text."""
    return _PARTS[formulation]


def write_narrative(values: Mapping[str, Value], formulation: str) -> str:
    """Return the parts as one text; empty if none is filled in.

    The client's words stay as they are, except for white space, a capital at the beginning of the text, and a full stop
    after a part that ends without punctuation.
    """
    texts = [(p, _normalise_space(values.get(p.field))) for p in formulation_parts(formulation)]
    sentences = [(p, _sentence(text)) for p, text in texts if text]
    if not sentences:
        return ""
    first = sentences[0][1]
    continuations = [f"{p.connective} {sentence}" if p.connective else sentence for p, sentence in sentences[1:]]
    return " ".join([first[:1].upper() + first[1:], *continuations])


def _normalise_space(value: Value) -> str:
    return _SPACE.sub(" ", value).strip() if isinstance(value, str) else ""


def _sentence(words: str) -> str:
    return words if words.endswith(_ENDS) else f"{words}."


def add_draft(narrative: str, draft: str) -> str:
    """Return the narrative with a requested draft added; existing text is never replaced."""
    existing = narrative.strip()
    if not existing:
        return draft
    return existing if not draft or draft in existing else f"{existing}\n\n{draft}"
