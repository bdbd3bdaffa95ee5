"""Queries of the work in a problem area: its facts, and charts of its worksheets over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.safestring import SafeString

from securebase.charts.balance import balance
from securebase.charts.session_lines import RatingLine, session_lines
from securebase.ipt.area_progress import Fact, RolesCompared, ratings_over_time
from securebase.ipt.areas import Area
from securebase.ipt.behaviour import Progress
from securebase.ipt.rendering import render_fields
from securebase.ipt.shelf import behaviour, first_with
from securebase.ipt.worksheet import Worksheet, WorksheetRole
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.workbench.ui.drawings import trusted_svg


@dataclass(frozen=True, slots=True)
class Work:
    """One problem area of the course, ready for the template."""

    area: Area
    worksheet: str
    add_label: str
    entries: int
    pictures: tuple[tuple[str, SafeString], ...]
    facts: tuple[tuple[str, tuple[str, ...]], ...]
    address: str


def area_work(  # noqa: PLR0917 (one caller)
    area: Area, spec: Worksheet, record: EpisodeRecord, people: dict[str, str], here: str, today: date
) -> Work:
    """Return the work with the worksheet of an area."""
    entries, own = record.artefacts_of(spec.id), behaviour(spec.id)
    facts = _facts(spec, entries[-1], people) if entries else []
    charts = [(p.title, _chart(p, spec, record)) for p in own.progress(record, entries)]
    return Work(
        area=area,
        worksheet=spec.id,
        add_label=spec.add.label if spec.add and entries else f"Start: {spec.name.lower()}",
        entries=len(entries),
        pictures=tuple((title, trusted_svg(svg)) for title, svg in charts if svg),
        facts=(*facts, *own.facts(entries, today)),
        address=f"{here}?add={spec.id}#panel",
    )


def _chart(progress: Progress, spec: Worksheet, record: EpisodeRecord) -> str:
    if isinstance(progress, RolesCompared):
        return balance(progress.old, progress.new)
    return session_lines(
        [RatingLine(r.name, r.points) for r in progress.ratings],
        label=f"{progress.label or spec.name} by {'session' if progress.in_sessions else 'day'}",
        stages=progress.stages,
        top=progress.top,
        names={} if progress.in_sessions else _days(record, progress.marks),
    )


def severity_chart(record: EpisodeRecord) -> str:
    """Draw the severity of the problem over time; empty without ratings."""
    spec = first_with(WorksheetRole.SEVERITY)
    if spec is None:
        return ""
    fields = [("problem_weight", "problem severity")]
    return trusted_svg(_chart(ratings_over_time("", record.artefacts_of(spec.id), fields), spec, record))


def _days(record: EpisodeRecord, places: Sequence[float]) -> dict[float, str]:
    """Label days since the start of the episode as calendar dates."""
    began = record.began_on
    if began is None:
        return {}
    days = {p: began + timedelta(days=p) for p in places}
    return {p: f"{d.day} {d:%b}" for p, d in days.items()}


def _facts(spec: Worksheet, last: ArtefactRecord, people: dict[str, str]) -> list[Fact]:
    """Return the last entry field by field, without what a chart shows."""
    fields = [entry for entry in render_fields(spec, last.values, people) if not entry.field.charted]
    return [
        (f.field.label, tuple(", ".join(words for _, words in row) for row in f.rows) or (f.words,)) for f in fields
    ]
