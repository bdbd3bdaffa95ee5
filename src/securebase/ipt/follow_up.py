"""What one worksheet hands on to the next: an incident to the analysis of it, a telling to the next telling."""

from __future__ import annotations

from collections.abc import Mapping

from securebase.ipt.worksheet import LINE_LENGTH, FieldKind, Worksheet
from securebase.records.artefact import Value

#: (from, to) → field of the second → field of the first.
_HANDED_ON: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("incident", "communication_analysis"): {"about_what": "what_happened"},
    ("communication_analysis", "role_play"): {"situation": "about_what"},
    ("telling", "telling"): {"story": "story"},
    ("telling", "story_card"): {"story": "story"},
    ("story_card", "telling"): {"story": "story"},
}


def follow_up_values(source: Worksheet, values: Mapping[str, Value], target: Worksheet) -> dict[str, Value]:
    """What an empty `target` begins with when it follows a filled-in `source`; nothing for two that do not meet.

    A text that becomes a line is cut at the length of a line, at a word.
    """
    found: dict[str, Value] = {}
    for name, origin in _HANDED_ON.get((source.id, target.id), {}).items():
        of, value = target.field(name), values.get(origin)
        if of is not None and isinstance(value, str) and value:
            found[name] = _line(value) if of.kind is FieldKind.LINE else value
    return found


def _line(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= LINE_LENGTH:
        return words
    return words[: LINE_LENGTH - 1].rsplit(" ", 1)[0] + "…"
