"""Boundary notes in the overview of the course; a breach is a warning."""

from __future__ import annotations

from securebase.ipt.behaviour import Behaviour
from securebase.ipt.rendering import field_in_words
from securebase.ipt.shelf import worksheet
from securebase.records.artefact import ArtefactRecord


def overview(entry: ArtefactRecord) -> list[str]:
    day, kind = (field_in_words(worksheet(entry.worksheet), entry.values, f) for f in ("happened_on", "kind"))
    return [f"{day}: {kind.lower()}" + (" (breach)" if warns(entry) else "")]


def warns(entry: ArtefactRecord) -> bool:
    return entry.values.get("breach") is True


BEHAVIOUR = Behaviour(overview=overview, warns=warns)
