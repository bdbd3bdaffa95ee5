"""Queries of the work in a problem area: its facts, and charts of its worksheets over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.safestring import SafeString, mark_safe

from securebase.charts.balance import balance
from securebase.charts.session_lines import RatingLine, session_lines
from securebase.ipt.area_work import dispute_courses, place_in_time, rating_points, roles, upcoming_anniversaries
from securebase.ipt.areas import Area, areas
from securebase.ipt.rendering import render_fields
from securebase.ipt.shelf import worksheet
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import DisputeStage, ProblemArea

#: The worksheet of each area, the label of its add button, and the fields that a new entry copies from the last one.
AREA_WORKSHEETS = {
    ProblemArea.GRIEF: ("grief_work", "Continue grief work", ()),
    ProblemArea.ROLE_DISPUTE: (
        "role_dispute",
        "Add an update",
        ("person", "issue", "client_expects", "other_expects", "repeats", "options"),
    ),
    ProblemArea.ROLE_TRANSITION: (
        "role_transition",
        "Add an update",
        (
            *("old_role", "new_role", "old_gains", "old_losses", "new_gains", "new_losses"),
            *("feelings", "skills_needed", "supports"),
        ),
    ),
    ProblemArea.INTERPERSONAL_DEFICITS: ("interpersonal_steps", "Add this week", ("past_ties", "pattern")),
}


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


def area_work(area: ProblemArea, record: EpisodeRecord, people: dict[str, str], here: str, today: date) -> Work:
    name, add, _ = AREA_WORKSHEETS[area]
    entries = record.artefacts_of(name)
    last = entries[-1] if entries else None
    pictures: list[tuple[str, str]] = []
    if area is ProblemArea.ROLE_DISPUTE:
        pictures = _dispute_charts(record)
    elif area is ProblemArea.ROLE_TRANSITION and last is not None:
        pictures = [
            ("Losses and gains", balance(*roles(last))),
            ("At home in the new role", rating_chart(record, name, [("mastery", "at home in the new role")])),
        ]
    elif area is ProblemArea.GRIEF:
        pictures = [
            ("Bearing the feeling", rating_chart(record, name, [("affect_tolerated", "could bear the feeling")]))
        ]
    elif area is ProblemArea.INTERPERSONAL_DEFICITS:
        top = max([10.0, *(v for a in entries if (v := a.number("contacts")) is not None)])
        fields = [("contacts", "contacts this week"), ("loneliness", "loneliness")]
        pictures = [("Contacts and loneliness", rating_chart(record, name, fields, top=top))]
    facts = _facts(area, last, people)
    if area is ProblemArea.GRIEF and (ahead := upcoming_anniversaries(record, today)):
        facts.append(
            ("Upcoming dates", tuple(f"{d.day.day} {d.day:%B %Y}" + (f": {d.plan}" if d.plan else "") for d in ahead))
        )
    return Work(
        area=areas()[area],
        worksheet=name,
        add_label=add if entries else f"Start: {worksheet(name).name.lower()}",
        entries=len(entries),
        pictures=tuple((words, _mark_svg_safe(svg)) for words, svg in pictures if svg),
        facts=tuple(facts),
        address=f"{here}?add={name}#panel",
    )


def _dispute_charts(record: EpisodeRecord) -> list[tuple[str, str]]:
    charts = []
    for dispute in dispute_courses(record):
        names = {} if dispute.in_sessions else _days(record, [p for p, _ in dispute.stages])
        chart = session_lines(
            [RatingLine(r.name, r.points) for r in dispute.ratings],
            label="The dispute" + (" by session" if dispute.in_sessions else " by day"),
            stages=dispute.stages,
            names=names,
        )
        title = " · ".join(w for w in (dispute.with_whom, dispute.issue) if w) or "Dispute"
        charts.append((title, chart))
    return charts


def rating_chart(record: EpisodeRecord, name: str, fields: Sequence[tuple[str, str]], top: float = 10.0) -> str:
    places, in_sessions = place_in_time(record.artefacts_of(name))
    ratings = [RatingLine(words, rating_points(places, field)) for field, words in fields]
    names = {} if in_sessions else _days(record, [p for p, _ in places])
    label = f"{worksheet(name).name} by {'session' if in_sessions else 'day'}"
    return _mark_svg_safe(session_lines(ratings, label=label, top=top, names=names))


def _days(record: EpisodeRecord, places: Sequence[float]) -> dict[float, str]:
    """Label days since the start of the episode as calendar dates."""
    began = record.began_on
    if began is None:
        return {}
    days = {p: began + timedelta(days=p) for p in places}
    return {p: f"{d.day} {d:%b}" for p, d in days.items()}


def _facts(area: ProblemArea, last: ArtefactRecord | None, people: dict[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the last entry field by field, without ratings that a chart shows and without private notes."""
    if last is None:
        return []
    charted = {
        "hostility",
        "withdrawal",
        "gap",
        "mastery",
        "affect_tolerated",
        "contacts",
        "loneliness",
        "anniversaries",
    }
    facts = []
    for entry in render_fields(worksheet(last.worksheet), last.values, people):
        if entry.field.id in charted:
            continue
        rows = tuple(", ".join(words for _, words in row) for row in entry.rows)
        facts.append((entry.field.label, rows or (entry.words,)))
    if area is ProblemArea.ROLE_DISPUTE and last.text("stage") in set(DisputeStage):
        advice = next((s.what_to_do for s in areas()[area].stages if s.stage.value == last.text("stage")), "")
        if advice:
            facts.append(("What to do at this stage", (advice,)))
    return facts


def _mark_svg_safe(svg: str) -> SafeString:
    return mark_safe(svg)  # noqa: S308 (drawn by `charts`, which escapes every text it is given)
