"""Values that one worksheet passes on to the next, such as an incident to its communication analysis."""

from __future__ import annotations

from collections.abc import Mapping

from securebase.ipt.worksheet import LINE_LENGTH, FieldKind, Worksheet
from securebase.records.artefact import Value


def follow_up_values(source: Worksheet, values: Mapping[str, Value], target: Worksheet) -> dict[str, Value]:
    """Return the initial values of a `target` that follows a filled-in `source`; empty if none are passed on.

    A text that becomes a line is cut between words at the length of a line.
    """
    result: dict[str, Value] = {}
    fields = next((f.fields for f in target.follows if f.worksheet == source.id), {})
    for name, origin in fields.items():
        field, value = target.field(name), values.get(origin)
        if field is not None and isinstance(value, str) and value:
            result[name] = _shorten(value) if field.kind is FieldKind.LINE else value
    return result


def _shorten(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= LINE_LENGTH:
        return words
    return words[: LINE_LENGTH - 1].rsplit(" ", 1)[0] + "…"
