"""Queries of the problem area: what speaks for and against each, with its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from securebase.ipt.areas import Area, areas
from securebase.ipt.behaviour import AreaEvidence
from securebase.ipt.lineage import Lineage
from securebase.records.artefact import Value
from securebase.records.vocabulary import ProblemArea
from securebase.workbench.clients.models import Episode


@dataclass(frozen=True, slots=True)
class AreaChoice:
    """One problem area to choose: its criteria, the evidence in the record, and the notes about it."""

    n: int
    area: Area
    chosen: bool
    evidence: list[tuple[AreaEvidence, str]]
    speaks_for: str
    speaks_against: str


def area_choices(
    episode: Episode,
    lineage: Lineage,
    values: Mapping[str, Value],
    evidence: tuple[AreaEvidence, ...],
    here: str,
) -> list[AreaChoice]:
    chosen = texts(values.get("chosen"))
    rows: list[dict[str, Any]] = [dict(r) for r in values.get("evidence") or () if isinstance(r, dict)]  # type: ignore[union-attr]
    visible = [a for a in ProblemArea if a in lineage.areas or a.value in chosen or _about(rows, a)]
    return [
        AreaChoice(
            n=n,
            area=areas()[a],
            chosen=a.value in chosen,
            evidence=[(f, _source(episode, f, here)) for f in evidence if f.area is a],
            speaks_for="\n".join(str(r.get("speaks_for") or "") for r in _about(rows, a)).strip(),
            speaks_against="\n".join(str(r.get("speaks_against") or "") for r in _about(rows, a)).strip(),
        )
        for n, a in enumerate(visible)
    ]


def _about(rows: list[dict[str, Any]], area: ProblemArea) -> list[dict[str, Any]]:
    return [r for r in rows if r.get("area") == area.value]


def texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple) else ()


def _source(episode: Episode, finding: AreaEvidence, here: str) -> str:
    """Return the address of the entry that a finding comes from."""
    if finding.artefact:
        return f"{reverse('worksheet', args=[episode.client_id, finding.worksheet, finding.artefact])}?next={here}"
    about = f"?person={finding.relationship}" if finding.relationship else ""
    return reverse("relationships", args=[episode.client_id]) + about
