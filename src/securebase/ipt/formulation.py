"""The formulation written from its parts: the client’s own words in one piece, with nothing between but connectives.

The therapist edits what comes out of it. Empty parts are passed over.
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
    """One part of a formulation: its field, and the words that join it to the part before."""

    field: str
    joins: str = ""


#: Stressor, vulnerability and support feed the symptoms (the interpersonal triad after Stuart and
#: Robertson; key K of `sources.toml`, not looked up).
TRIAD = (
    FormulationPart("stressor"),
    FormulationPart("vulnerability", "All the more because:"),
    FormulationPart("support", "And at the same time:"),
    FormulationPart("symptoms", "And so:"),
)
#: Symptoms and illness, how they began, and therefore the problem area.
CLASSIC = (
    FormulationPart("symptoms"),
    FormulationPart("diagnosis_words", "Together:"),
    FormulationPart("onset_story", "Before that:"),
    FormulationPart("area_words", "And therefore:"),
)
_FORMS: Mapping[str, tuple[FormulationPart, ...]] = {"triad": TRIAD, "classic": CLASSIC}


def formulation_parts(formulation: str) -> tuple[FormulationPart, ...]:
    """The parts of this form of a formulation (“triad” or “classic”), in the order in which they are said."""
    return _FORMS[formulation]


def write_narrative(values: Mapping[str, Value], formulation: str) -> str:
    """The parts as one text. Empty where none is filled in.

    Nothing of what the client said is changed but white space, a capital at the very beginning, and a full stop where
    a part ends without one.
    """
    said = [(p, _tidied(values.get(p.field))) for p in formulation_parts(formulation)]
    pieces = [(p, words) for p, words in said if words]
    if not pieces:
        return ""
    first = _sentence(pieces[0][1])
    rest = [f"{p.joins} {_sentence(words)}" if p.joins else _sentence(words) for p, words in pieces[1:]]
    return " ".join([first[:1].upper() + first[1:], *rest])


def _tidied(value: Value) -> str:
    return _SPACE.sub(" ", value).strip() if isinstance(value, str) else ""


def _sentence(words: str) -> str:
    return words if words.endswith(_ENDS) else f"{words}."


def add_draft(narrative: str, draft: str) -> str:
    """Return the narrative with a requested draft added; existing text is never replaced."""
    kept = narrative.strip()
    if not kept:
        return draft
    return kept if not draft or draft in kept else f"{kept}\n\n{draft}"
