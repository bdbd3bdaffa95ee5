"""The goals in the overview of the course."""

from __future__ import annotations

from securebase.ipt.behaviour import Behaviour
from securebase.records.artefact import ArtefactRecord


def overview(entry: ArtefactRecord) -> list[str]:
    return [str(row["goal"]) for row in entry.rows("goals") if row.get("goal")]


BEHAVIOUR = Behaviour(overview=overview)
