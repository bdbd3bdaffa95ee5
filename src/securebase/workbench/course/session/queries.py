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
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import Worksheet
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

NOTE = "session_note"
#: Points (0 to 10) by which an answer must have changed to be listed in the overview.
MIN_CHANGE = 2.0
#: Changed answers listed in the overview.
MAX_CHANGES = 3
#: Due tasks listed in the overview.
MAX_DUE = 3
#: Tools of a session in the order of use; the worksheets of the client's areas come before them.
TOOLS = (
    "incident",
    "communication_analysis",
    "decision_analysis",
    "role_play",
    "affect",
    "telling",
    "corrective_experience",
    "story_card",
    "emotional_range",
    "rupture_work",
    "experiment",
)
#: Worksheet → the worksheet of the same session that its new entry copies values from.
PRECEDING_WORKSHEETS = {"communication_analysis": "incident", "role_play": "communication_analysis"}
#: The worksheet of each area, and the fields that summarise its state.
AREA_WORK = {
    ProblemArea.GRIEF: ("grief_work", ("affect_tolerated",)),
    ProblemArea.ROLE_DISPUTE: ("role_dispute", ("stage", "issue", "next_step")),
    ProblemArea.ROLE_TRANSITION: ("role_transition", ("new_role", "mastery")),
    ProblemArea.INTERPERSONAL_DEFICITS: ("interpersonal_steps", ("contacts", "loneliness")),
}


# ---- the note --------------------------------------------------------------------------------------------------------
def session_note(session: TherapySession) -> Artefact | None:
    """Return the note of a session, or None before one is begun."""
    return session.artefacts.filter(worksheet=NOTE, removed_at=None).order_by("begun_at").first()


def new_note_id(session: TherapySession) -> uuid.UUID:
    """Return the id of the session's next note; it is deterministic, so that two tabs write one note."""
    removed = session.artefacts.filter(worksheet=NOTE).exclude(removed_at=None).count()
    return uuid.uuid5(session.id, f"{NOTE} {removed}")


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
    earlier = [a for a in record.artefacts_of(NOTE) if a.session is not None and a.session < number]
    return max(earlier, key=lambda a: a.session or 0, default=None)


def _open_experiments(session: TherapySession) -> tuple[ArtefactListing, ...]:
    """Return experiments with a worksheet of their own, agreed before this session, without an outcome."""
    rows = [row for row in list_artefacts(session.episode, ["experiment"]) if not row.artefact.values.get("outcome")]
    return tuple(row for row in rows if row.artefact.therapy_session != session)


def open_strain(episode: Episode) -> tuple[Rupture, ...]:
    """Return every rupture without a repair, oldest first."""
    rows = Rupture.objects.unscoped(reason="the caller has checked access to the episode").select_related(
        "therapy_session"
    )
    return tuple(rows.filter(therapy_session__episode=episode, repaired_at=None).order_by("marked_at"))


def _focus(area: ProblemArea, record: EpisodeRecord) -> Focus:
    name, fields = AREA_WORK[area]
    entries = record.artefacts_of(name)
    return Focus(area, _summary(worksheet(name), entries[-1], fields) if entries else "")


def _summary(spec: Worksheet, last: ArtefactRecord, names: Sequence[str]) -> str:
    fields = [f for name in names if (f := spec.field(name)) is not None]
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
    shelf = worksheets()
    areas = [AREA_WORK[area][0] for area in record.problem_areas]
    counts = [row.worksheet.id for row in artefacts]
    result = []
    for name in (*areas, *TOOLS):
        source = next((o.artefact.id for o in artefacts if o.worksheet.id == PRECEDING_WORKSHEETS.get(name)), None)
        result.append(SessionTool(shelf[name], counts.count(name), name in areas, source))
    return result


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
