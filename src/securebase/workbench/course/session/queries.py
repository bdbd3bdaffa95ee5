"""Queries for the session page: the overview at its start, and the artefacts of the session."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from securebase.ipt.due import TaskStanding, course_tasks, open_tasks
from securebase.ipt.lineage import Lineage
from securebase.ipt.rendering import render_value
from securebase.ipt.shelf import area_worksheet, ids_with, worksheet_with, worksheets
from securebase.ipt.worksheet import Worksheet, WorksheetRole
from securebase.measurement.schedule import SESSION_SETS
from securebase.picture import phrases as numbers
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Moment, ProblemArea
from securebase.workbench.clients.models import Episode
from securebase.workbench.measures.models import Administration
from securebase.workbench.measures.queries import administration_row, item_answers
from securebase.workbench.therapy_sessions.models import Rupture, TherapySession
from securebase.workbench.worksheets.models import Artefact
from securebase.workbench.worksheets.queries import ArtefactListing, list_artefacts

#: Points (0 to 10) by which an answer must have changed to be listed in the overview.
MIN_CHANGE = 2.0
#: Changed answers listed in the overview.
MAX_CHANGES = 3
#: Due tasks listed in the overview.
MAX_DUE = 3


# ---- the note --------------------------------------------------------------------------------------------------------
def note_worksheet() -> Worksheet:
    """Return the worksheet of a session's note."""
    return worksheet_with(WorksheetRole.NOTE)


def session_note(session: TherapySession) -> Artefact | None:
    """Return the note of a session, or None before one is begun."""
    return session.artefacts.filter(worksheet=note_worksheet().id, removed_at=None).order_by("begun_at").first()


def new_note_id(session: TherapySession) -> uuid.UUID:
    """Return the id of the session's next note; it is deterministic, so that two tabs write one note."""
    name = note_worksheet().id
    removed = session.artefacts.filter(worksheet=name).exclude(removed_at=None).count()
    return uuid.uuid5(session.id, f"{name} {removed}")


# ---- overview --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class OverviewPoint:
    """One line of the overview; `tone` is “alert” if it needs attention."""

    words: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Focus:
    """A problem area and the state of the work in it, in words."""

    area: ProblemArea
    state: str


@dataclass(frozen=True, slots=True)
class SessionOverview:
    """Overview at the start of a session.

    `check_in` is empty if the client has not answered. `agreed` is the experiment in the last note before this session,
    and `agreed_in` that note's session.
    """

    due: tuple[TaskStanding, ...]
    more_due: int
    check_in: tuple[OverviewPoint, ...]
    focus: tuple[Focus, ...]
    agreed: str
    agreed_in: int | None
    remember: str
    open_experiments: tuple[ArtefactListing, ...]
    strain: tuple[Rupture, ...]


def session_overview(session: TherapySession, record: EpisodeRecord, lineage: Lineage) -> SessionOverview:
    """Build the overview of one session from its record and the database."""
    due = open_tasks(course_tasks(record, lineage))
    last = _last_note(record, session.number)
    return SessionOverview(
        due=due[:MAX_DUE],
        more_due=max(len(due) - MAX_DUE, 0),
        check_in=check_in_points(session),
        focus=tuple(_focus(area, record) for area in record.problem_areas),
        agreed=last.text("experiment_next") if last else "",
        agreed_in=last.session if last else None,
        remember=last.text("next_time") if last else "",
        open_experiments=_open_experiments(session),
        strain=tuple(r for r in open_strain(session.episode) if r.therapy_session.number <= session.number),
    )


def _last_note(record: EpisodeRecord, number: int) -> ArtefactRecord | None:
    """Return the latest note of an earlier session."""
    notes = record.artefacts_of(note_worksheet().id)
    earlier = [a for a in notes if a.session is not None and a.session < number]
    return max(earlier, key=lambda a: a.session or 0, default=None)


def _open_experiments(session: TherapySession) -> tuple[ArtefactListing, ...]:
    """Return experiments with a worksheet of their own, agreed before this session, without an outcome."""
    names = ids_with(WorksheetRole.EXPERIMENT)
    rows = [row for row in list_artefacts(session.episode, names) if not row.artefact.values.get("outcome")]
    return tuple(row for row in rows if row.artefact.therapy_session != session)


def open_strain(episode: Episode) -> tuple[Rupture, ...]:
    """Return every rupture without a repair, oldest first."""
    rows = Rupture.objects.unscoped(reason="the caller has checked access to the episode").select_related(
        "therapy_session"
    )
    return tuple(rows.filter(therapy_session__episode=episode, repaired_at=None).order_by("marked_at"))


def _focus(area: ProblemArea, record: EpisodeRecord) -> Focus:
    spec = area_worksheet(area)
    entries = record.artefacts_of(spec.id) if spec else ()
    return Focus(area, _summary(spec, entries[-1]) if spec and entries else "")


def _summary(spec: Worksheet, last: ArtefactRecord) -> str:
    fields = [f for name in spec.summary if (f := spec.field(name)) is not None]
    entries = [(f, render_value(f, last.values.get(f.id))) for f in fields]
    plain = {"stage", "issue"}
    return "; ".join(words if f.id in plain else f"{f.label.lower()}: {words}" for f, words in entries if words)


# ---- the client's check-in in words ----------------------------------------------------------------------------------
def check_in_points(session: TherapySession) -> tuple[OverviewPoint, ...]:
    """Compare the check-in before this session with the one before it, safety answers first; empty without one.

    Changes are described, not judged: these scales are not validated.
    """
    now = _check_in(session)
    if now is None:
        return ()
    before = _previous(now)
    return (*_safety_points(now), *_scale_points(now, before), *_change_points(now, before))


def _check_in(session: TherapySession) -> Administration | None:
    rows = session.administrations.filter(instrument=SESSION_SETS[Moment.BEFORE.value], set_aside_at=None)
    return rows.order_by("-at").first()


def _previous(now: Administration) -> Administration | None:
    rows = now.episode.administrations.filter(instrument=now.instrument, set_aside_at=None, at__lt=now.at)
    return rows.order_by("-at").first()


def _safety_points(now: Administration) -> list[OverviewPoint]:
    safety_items = {rule.item for rule in now.instrument_as_asked.safety_rules}
    answers = [(item, words, alert) for item, words, alert in item_answers(now) if item.number in safety_items]
    return [OverviewPoint(f"Safety question: “{words}”", "alert" if alert else "") for _, words, alert in answers]


def _scale_points(now: Administration, before: Administration | None) -> list[OverviewPoint]:
    """Describe the symptom score and its change since the last check-in."""
    last = {s.id: value for s, value, _ in administration_row(before).scores} if before else {}
    points = []
    for scale, value, _ in administration_row(now).scores:
        if scale.construct == "symptoms" and value is not None:
            score = f"{scale.label} {numbers.number(value)} of {scale.maximum:g}"
            points.append(OverviewPoint(score + _difference(value, last.get(scale.id))))
    return points


def _difference(value: float, last: float | None) -> str:
    if last is None:
        return ""
    moved = numbers.shown_difference(last, value)
    if moved == 0:
        return ", same as last time"
    return f", {numbers.points(moved)} {'higher' if moved > 0 else 'lower'} than last time"


def _change_points(now: Administration, before: Administration | None) -> list[OverviewPoint]:
    """List the answers that changed most, if they changed enough."""
    if before is None:
        return []
    if now.instrument_version != before.instrument_version:
        return [OverviewPoint("Questions were reworded, so answers are not compared with last time")]
    spec = now.instrument_as_asked
    safety_items = {rule.item for rule in spec.safety_rules}
    last, current = before.scored_responses, now.scored_responses
    pairs = [(i, last.get(i.number), current.get(i.number)) for i in spec.items if i.number not in safety_items]
    moved = [(i, a, b) for i, a, b in pairs if a is not None and b is not None and abs(b - a) >= MIN_CHANGE]
    moved.sort(key=lambda m: -abs(m[2] - m[1]))
    points = [OverviewPoint(f"{i.label} {b:g}, was {a:g}") for i, a, b in moved[:MAX_CHANGES]]
    return points or [OverviewPoint(f"No answer changed by {MIN_CHANGE:g} points or more")]


# ---- tools and artefacts of the session ------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SessionTool:
    """A worksheet to open for this session: how many it has, and the artefact that a new one begins with."""

    worksheet: Worksheet
    count: int
    in_focus: bool = False
    begins_with: uuid.UUID | None = None


def tools(session: TherapySession, record: EpisodeRecord, artefacts: Sequence[ArtefactListing]) -> list[SessionTool]:
    """Return the tools of a session, the worksheets of the client's problem areas first."""
    areas = [spec for area in record.problem_areas if (spec := area_worksheet(area)) is not None]
    listed = sorted((s for s in worksheets().values() if s.session_tool), key=lambda s: s.session_tool)
    counts = [row.worksheet.id for row in artefacts]
    return [SessionTool(s, counts.count(s.id), s in areas, _source(s, artefacts)) for s in (*areas, *listed)]


def _source(spec: Worksheet, artefacts: Sequence[ArtefactListing]) -> uuid.UUID | None:
    """Return the artefact of the same session that a new entry of this worksheet begins with."""
    names = {follow_up.worksheet for follow_up in spec.follows if follow_up.in_session}
    return next((row.artefact.id for row in artefacts if row.worksheet.id in names), None)


def session_artefacts(session: TherapySession) -> list[ArtefactListing]:
    """Return the artefacts of this session, last changed first, without the note that the page shows.

    A second note, begun from the course page, is included, so that the page hides nothing of its session.
    """
    note, rows = session_note(session), list_artefacts(session.episode)
    return [
        row
        for row in rows
        if row.artefact.therapy_session_id == session.id and (note is None or row.artefact.id != note.id)
    ]


# ---- other sessions --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class AdjacentSessions:
    """The sessions before and after this one, and the likely moment of the next one."""

    before: TherapySession | None
    after: TherapySession | None
    suggested: datetime


def adjacent_sessions(session: TherapySession) -> AdjacentSessions:
    rows = session.episode.therapy_sessions
    # naive local time keeps the hour of the clock across a change to or from summer time
    local = timezone.localtime(session.held_at).replace(tzinfo=None) + timedelta(days=session.episode.days_between)
    return AdjacentSessions(
        rows.filter(number__lt=session.number).order_by("-number").first(),
        rows.filter(number__gt=session.number).order_by("number").first(),
        timezone.make_aware(local),
    )
