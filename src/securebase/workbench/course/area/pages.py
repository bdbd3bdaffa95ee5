"""Pages of the work in a problem area: goals, strategies, and charts of its worksheets over time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from securebase.charts.balance import balance
from securebase.charts.session_lines import RatingLine, session_lines
from securebase.ipt.area_work import dispute_courses, place_in_time, rating_points, roles, upcoming_anniversaries
from securebase.ipt.areas import Area, areas
from securebase.ipt.rendering import render_fields
from securebase.ipt.shelf import worksheet
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import DisputeStage, ProblemArea
from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.clients.models import Episode
from securebase.workbench.course import queries
from securebase.workbench.course.embedded_worksheets import WorksheetForm, worksheet_form
from securebase.workbench.therapy_sessions.queries import client_page
from securebase.workbench.worksheets.queries import people_of

#: The worksheet of each area, the label of its add button, and the fields that a new entry copies from the last one.
_WORK = {
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


@require_role(Role.THERAPIST)
@require_GET
def area_work(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    """Show the work in the chosen areas; `?add=WORKSHEET` opens a new entry that begins with the last one."""
    now, account = timezone.now(), current_account(request)
    context = client_page(account=account, client_id=client_id, page="area-work", now=now) | {"tab": "course"}
    episode: Episode | None = context["episode"]
    if episode is None:
        return render(request, "course/area_work.html", context)
    record, here = queries.record_of(episode, now), reverse("area-work", args=[client_id])
    people = people_of(episode)
    chosen = [ProblemArea(a) for a in episode.problem_areas]
    context |= {
        "works": [_work(a, record, people, here, timezone.localdate(now)) for a in chosen],
        "weight": _drawing(record, "focus_review", [("problem_weight", "problem severity")]),
        "panel": _panel(request, episode, here),
        "goals": [row for a in record.artefacts_of("contract")[-1:] for row in a.rows("goals") if row.get("goal")],
        "here": here,
    }
    return render(request, "course/area_work.html", context)


def _work(area: ProblemArea, record: EpisodeRecord, people: dict[str, str], here: str, today: date) -> Work:
    name, add, _ = _WORK[area]
    entries = record.artefacts_of(name)
    last = entries[-1] if entries else None
    pictures: list[tuple[str, str]] = []
    if area is ProblemArea.ROLE_DISPUTE:
        pictures = _dispute_charts(record)
    elif area is ProblemArea.ROLE_TRANSITION and last is not None:
        pictures = [
            ("Losses and gains", balance(*roles(last))),
            ("At home in the new role", _drawing(record, name, [("mastery", "at home in the new role")])),
        ]
    elif area is ProblemArea.GRIEF:
        pictures = [("Bearing the feeling", _drawing(record, name, [("affect_tolerated", "could bear the feeling")]))]
    elif area is ProblemArea.INTERPERSONAL_DEFICITS:
        top = max([10.0, *(v for a in entries if (v := a.number("contacts")) is not None)])
        fields = [("contacts", "contacts this week"), ("loneliness", "loneliness")]
        pictures = [("Contacts and loneliness", _drawing(record, name, fields, top=top))]
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


def _drawing(record: EpisodeRecord, name: str, fields: Sequence[tuple[str, str]], top: float = 10.0) -> str:
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


def _panel(request: HttpRequest, episode: Episode, here: str) -> WorksheetForm | None:
    name = request.GET.get("add", "")
    work = next((w for w in _WORK.values() if w[0] == name), None)
    if work is None:
        return None
    spec = worksheet(name)
    rows = episode.artefacts.filter(worksheet=name, removed_at=None).order_by("-begun_at")
    last = rows.first()
    formulation = lineage_of(current_account(request).clinic).formulation
    if name == "grief_work" and last is not None:
        return worksheet_form(episode, name, artefact=last, formulation=formulation, back=here)
    preset = {field: last.values[field] for field in work[2] if last and field in last.values}
    session = episode.therapy_sessions.filter(held_at__lte=timezone.now()).order_by("-held_at").first()
    return worksheet_form(
        episode,
        name,
        artefact=None,
        formulation=formulation,
        back=here,
        preset=preset,
        session=session if spec.in_session or name == "role_transition" else None,
        about=last.about if last else None,
    )


def _mark_svg_safe(svg: str) -> SafeString:
    return mark_safe(svg)  # noqa: S308 (drawn by `charts`, which escapes every text it is given)
