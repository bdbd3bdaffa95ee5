"""Reads for the session page: what to have in mind when a session begins, and what belongs to it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from securebase.ipt.due import TaskStanding, course_tasks, still_open
from securebase.ipt.lineage import Lineage
from securebase.ipt.rendering import in_words
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import Worksheet
from securebase.measurement.catalogue import instrument as instrument_called
from securebase.measurement.schedule import SESSION_SETS
from securebase.picture import phrases as numbers
from securebase.records.artefact import ArtefactRecord as Recorded
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Moment, ProblemArea
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import Administration, Rupture, TherapySession
from securebase.workbench.therapy_sessions.queries import administration_row, answers_of
from securebase.workbench.worksheets.models import Artefact
from securebase.workbench.worksheets.queries import Listed, listed

NOTE = "session_note"
#: Points on 0 to 10 by which an answer must have moved to be named at a glance.
WORTH_A_WORD = 2.0
#: Answers that moved, named at most.
MOST_MOVED = 3
#: What is due, named at most: a page for the hour is no list of everything.
MOST_DUE = 3
#: The tools of an hour in the order in which they are reached for; the client's own area comes before them.
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
#: From a worksheet of this session to the one that usually follows it: the second begins with what the first holds.
FOLLOWS = {"communication_analysis": "incident", "role_play": "communication_analysis"}
#: The worksheet of each area, and the fields that say where the work stands.
AREA_WORK = {
    ProblemArea.GRIEF: ("grief_work", ("affect_tolerated",)),
    ProblemArea.ROLE_DISPUTE: ("role_dispute", ("stage", "issue", "next_step")),
    ProblemArea.ROLE_TRANSITION: ("role_transition", ("new_role", "mastery")),
    ProblemArea.INTERPERSONAL_DEFICITS: ("interpersonal_steps", ("contacts", "loneliness")),
}


# ---- the note --------------------------------------------------------------------------------------------------------
def note_of(session: TherapySession) -> Artefact | None:
    """The note of a session, or None where nothing is noted yet."""
    return session.artefacts.filter(worksheet=NOTE, removed_at=None).order_by("begun_at").first()


def new_note_id(session: TherapySession) -> uuid.UUID:
    """The id that the note of a session will have: two tabs that both begin it write into one."""
    removed = session.artefacts.filter(worksheet=NOTE).exclude(removed_at=None).count()
    return uuid.uuid5(session.id, f"{NOTE} {removed}")


# ---- at a glance -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class OverviewPoint:
    """One thing said at a glance; `tone`: “alert” where it asks for attention."""

    words: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Focus:
    """A problem area, and in words where the work in it stands."""

    area: ProblemArea
    stands: str


@dataclass(frozen=True, slots=True)
class SessionOverview:
    """What to have in mind when a session begins. check_in: empty where the client has not answered.

    agreed: the experiment that the note of an earlier session names, and the number of that session.
    """

    due: tuple[TaskStanding, ...]
    more_due: int
    check_in: tuple[OverviewPoint, ...]
    focus: tuple[Focus, ...]
    agreed: str
    agreed_in: int | None
    remember: str
    open_experiments: tuple[Listed, ...]
    strain: tuple[Rupture, ...]


def glance(session: TherapySession, record: EpisodeRecord, lineage: Lineage) -> SessionOverview:
    """All of it for one session, from the record and the database."""
    due = still_open(course_tasks(record, lineage))
    last = _last_note(record, session.number)
    return SessionOverview(
        due=due[:MOST_DUE],
        more_due=max(len(due) - MOST_DUE, 0),
        check_in=check_in_told(session),
        focus=tuple(_focus(area, record) for area in record.problem_areas),
        agreed=last.text("experiment_next") if last else "",
        agreed_in=last.session if last else None,
        remember=last.text("next_time") if last else "",
        open_experiments=_open_experiments(session),
        strain=tuple(r for r in open_strain(session.episode) if r.therapy_session.number <= session.number),
    )


def _last_note(record: EpisodeRecord, number: int) -> Recorded | None:
    """The note of the last session before this one that has any."""
    earlier = [a for a in record.artefacts_of(NOTE) if a.session is not None and a.session < number]
    return max(earlier, key=lambda a: a.session or 0, default=None)


def _open_experiments(session: TherapySession) -> tuple[Listed, ...]:
    """Experiments on sheets of their own, agreed before this session, of which nobody has said what came of them."""
    found = [one for one in listed(session.episode, ["experiment"]) if not one.artefact.values.get("outcome")]
    return tuple(one for one in found if one.artefact.therapy_session != session)


def open_strain(episode: Episode) -> tuple[Rupture, ...]:
    """Every mark of strain without a repair, first one first."""
    rows = Rupture.objects.unscoped(reason="an episode that is in reach").select_related("therapy_session")
    return tuple(rows.filter(therapy_session__episode=episode, repaired_at=None).order_by("marked_at"))


def _focus(area: ProblemArea, record: EpisodeRecord) -> Focus:
    name, shown = AREA_WORK[area]
    found = record.artefacts_of(name)
    return Focus(area, _stands(worksheet(name), found[-1], shown) if found else "")


def _stands(spec: Worksheet, last: Recorded, shown: Sequence[str]) -> str:
    fields = [f for name in shown if (f := spec.field(name)) is not None]
    told = [(f, in_words(f, last.values.get(f.id))) for f in fields]
    plain = {"stage", "issue"}
    return "; ".join(words if f.id in plain else f"{f.label.lower()}: {words}" for f, words in told if words)


# ---- the client's check-in in words ----------------------------------------------------------------------------------
def check_in_told(session: TherapySession) -> tuple[OverviewPoint, ...]:
    """What the client's check-in before this session says against the one before it, safety first; empty without one.

    Changes are described, not judged: these scales are not validated.
    """
    now = _answered(session)
    if now is None:
        return ()
    before = _before(now)
    return (*_safety(now), *_scale_points(now, before), *_moved(now, before))


def _answered(session: TherapySession) -> Administration | None:
    rows = session.administrations.filter(instrument=SESSION_SETS[Moment.BEFORE.value], set_aside_at=None)
    return rows.order_by("-at").first()


def _before(now: Administration) -> Administration | None:
    rows = now.episode.administrations.filter(instrument=now.instrument, set_aside_at=None, at__lt=now.at)
    return rows.order_by("-at").first()


def _safety(now: Administration) -> list[OverviewPoint]:
    asked = {rule.item for rule in instrument_called(now.instrument).safety_rules}
    found = [(item, words, alert) for item, words, alert in answers_of(now) if item.number in asked]
    return [OverviewPoint(f"{item.label}: {words.lower()}", "alert" if alert else "") for item, words, alert in found]


def _scale_points(now: Administration, before: Administration | None) -> list[OverviewPoint]:
    """The symptom scale, said against the last time."""
    last = {s.id: value for s, value, _ in administration_row(before).scores} if before else {}
    told = []
    for scale, value, _ in administration_row(now).scores:
        if scale.construct == "symptoms" and value is not None:
            now_is = f"{scale.label} {numbers.number(value)} of {scale.maximum:g}"
            told.append(OverviewPoint(now_is + _than(value, last.get(scale.id))))
    return told


def _than(value: float, last: float | None) -> str:
    if last is None:
        return ""
    moved = numbers.apart(last, value)
    if moved == 0:
        return ", as last time"
    return f", {numbers.points(moved)} {'higher' if moved > 0 else 'lower'} than last time"


def _moved(now: Administration, before: Administration | None) -> list[OverviewPoint]:
    """The answers that moved most, where they moved enough to be named."""
    if before is None:
        return []
    spec = instrument_called(now.instrument)
    asked = {rule.item for rule in spec.safety_rules}
    last = {r.item: r.value for r in before.responses.all()}
    this = {r.item: r.value for r in now.responses.all()}
    pairs = [(i, last.get(i.number), this.get(i.number)) for i in spec.items if i.number not in asked]
    moved = [(i, a, b) for i, a, b in pairs if a is not None and b is not None and abs(b - a) >= WORTH_A_WORD]
    moved.sort(key=lambda m: -abs(m[2] - m[1]))
    told = [OverviewPoint(f"{i.label} {b:g}, was {a:g}") for i, a, b in moved[:MOST_MOVED]]
    return told or [OverviewPoint(f"No answer moved by {WORTH_A_WORD:g} points or more")]


# ---- tools and what belongs to the session ---------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SessionTool:
    """A worksheet that can be opened for this session: how many it has, and what the next one begins with."""

    worksheet: Worksheet
    here: int
    in_focus: bool = False
    begins_with: uuid.UUID | None = None


def tools(session: TherapySession, record: EpisodeRecord, here: Sequence[Listed]) -> list[SessionTool]:
    """The tools of an hour, the work of the client's own area first."""
    shelf = worksheets()
    areas = [AREA_WORK[area][0] for area in record.problem_areas]
    counts = [one.worksheet.id for one in here]
    made = []
    for name in (*areas, *TOOLS):
        source = next((o.artefact.id for o in here if o.worksheet.id == FOLLOWS.get(name)), None)
        made.append(SessionTool(shelf[name], counts.count(name), name in areas, source))
    return made


def artefacts_here(session: TherapySession) -> list[Listed]:
    """What was filled in for this session besides the note that the page shows, last changed first. A second note,
    begun from the course, is among it: nothing of a session is out of sight on its page."""
    note, rows = note_of(session), listed(session.episode)
    return [
        one
        for one in rows
        if one.artefact.therapy_session_id == session.id and (note is None or one.artefact.id != note.id)
    ]


# ---- other sessions --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sessions beside this one, and when the next one would be where none is planned yet."""

    before: TherapySession | None
    after: TherapySession | None
    suggested: datetime


def neighbours(session: TherapySession) -> Neighbours:
    rows = session.episode.therapy_sessions
    # the same hour of the clock, also where it changes in between
    at = timezone.localtime(session.held_at).replace(tzinfo=None) + timedelta(days=session.episode.days_between)
    return Neighbours(
        rows.filter(number__lt=session.number).order_by("-number").first(),
        rows.filter(number__gt=session.number).order_by("number").first(),
        timezone.make_aware(at),
    )
