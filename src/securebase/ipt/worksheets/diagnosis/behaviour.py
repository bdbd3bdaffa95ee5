"""The diagnosis in the overview of the course."""

from __future__ import annotations

from securebase.ipt.behaviour import Behaviour
from securebase.ipt.rendering import field_in_words
from securebase.ipt.shelf import worksheet
from securebase.records.artefact import ArtefactRecord


def overview(entry: ArtefactRecord) -> list[str]:
    severity, since = (field_in_words(worksheet(entry.worksheet), entry.values, f) for f in ("severity", "since"))
    parts = [entry.text("name"), severity.lower(), f"since {since}" if since else ""]
    return [", ".join(p for p in parts if p)]


BEHAVIOUR = Behaviour(overview=overview)
