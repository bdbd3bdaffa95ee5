"""Progress of a course through its tasks: done, begun, due or overdue, derived from the record alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from securebase.ipt.lineage import DEFAULT_LINEAGE, Lineage
from securebase.ipt.parsing import has_value, is_complete
from securebase.ipt.shelf import entries_with, worksheets
from securebase.ipt.task import Task, TaskOutput, tasks
from securebase.ipt.worksheet import Worksheet, WorksheetRole
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Agreement, CircleKind, Phase, Technique

#: A fall of the symptom score by less than this share at mid-course counts as little change. Our own rule, from no
#: study; the literature calls a fall by half a response.
MIN_CHANGE = 0.25
DEFAULT_SESSIONS = 16


class TaskState(StrEnum):
    """States of a task in one course."""

    DONE = "done"
    PARTLY = "partly"
    OVERDUE = "overdue"
    DUE = "due"
    AHEAD = "ahead"

    @property
    def label(self) -> str:
        return {
            "done": "Done",
            "partly": "Begun",
            "overdue": "Overdue",
            "due": "Due now",
            "ahead": "Later",
        }[self.value]


@dataclass(frozen=True, slots=True)
class OutputStatus:
    """One output of a task in one course.

    words: its description. page: “worksheet”, “relationships” or “measures”, which shows it. artefacts: ids of the
    filled-in worksheets that count. worksheet: the worksheet of the last of them, or the one to begin.
    """

    words: str
    present: bool
    page: str
    worksheet: str = ""
    artefacts: tuple[str, ...] = ()

    @property
    def definition(self) -> Worksheet | None:
        """The worksheet on the shelf, None for other outputs."""
        return worksheets().get(self.worksheet)


@dataclass(frozen=True, slots=True)
class TaskStanding:
    """One task in one course.

    due_by: number of the session by whose end it is due. sessions: for a task of every session, the number of sessions
    of the middle phase that have it, and the number held.
    """

    task: Task
    standing: TaskState
    pieces: tuple[OutputStatus, ...]
    due_by: int
    sessions: tuple[int, int] | None = None


def course_tasks(record: EpisodeRecord, lineage: Lineage = DEFAULT_LINEAGE) -> tuple[TaskStanding, ...]:
    """Return the standing of every task that this course includes, in order."""
    last_session = max((s.number for s in record.sessions), default=0)
    planned = record.planned_sessions or DEFAULT_SESSIONS
    included = [t for t in tasks() if lineage.uses(t.lineage) and _is_included(t, record)]
    return tuple(_standing(t, record, last_session=last_session, planned=planned) for t in included)


def _is_included(task: Task, record: EpisodeRecord) -> bool:
    if is_maintenance_course(record):
        return task.phase is Phase.MAINTENANCE or task.id in MAINTENANCE_TASKS
    if task.when == "no_response":
        return shows_little_change(record)
    if task.when == "maintenance":
        entries = entries_with(record, WorksheetRole.DISPOSITION)
        decided = any("maintenance" in a.choices("decision") for a in entries)
        return decided or record.phase is Phase.MAINTENANCE
    return True


#: Tasks of an acute course that a maintenance course includes too. A convention of our own.
MAINTENANCE_TASKS = ("E1", "E3", "E4")


def is_maintenance_course(record: EpisodeRecord) -> bool:
    """Return whether the course is a maintenance course from its first session on, without a first phase."""
    return record.phase is Phase.MAINTENANCE and record.initial_sessions == 0


def shows_little_change(record: EpisodeRecord) -> bool:
    """Return whether half the sessions were held and symptoms fell by less than a quarter of the first score."""
    scores = [s.value for s in record.symptom_scores]
    n_sessions, planned = len(record.sessions), record.planned_sessions or DEFAULT_SESSIONS
    if n_sessions < planned / 2 or len(scores) < 2 or scores[0] <= 0:
        return False
    return (scores[0] - scores[-1]) / scores[0] < MIN_CHANGE


def _standing(task: Task, record: EpisodeRecord, *, last_session: int, planned: int) -> TaskStanding:
    due_by = _due_session(task, record, planned)
    if task.due.each:
        return _every_session_standing(task, record, due_by)
    pieces = tuple(_output_status(output, record) for output in task.outputs)
    present = [p.present for p in pieces]
    if all(present):
        standing = TaskState.DONE
    elif last_session > due_by or (record.ended_at is not None and not task.due.after_end):
        standing = TaskState.OVERDUE
    elif last_session >= due_by or (_is_next(task, record, last_session, planned) and not any(present)):
        standing = TaskState.DUE
    else:
        # a worksheet that is filled in but not yet discussed with the client counts as begun
        begun = any(p.present or p.artefacts for p in pieces)
        standing = TaskState.PARTLY if begun else TaskState.AHEAD
    return TaskStanding(task, standing, pieces, due_by)


def _due_session(task: Task, record: EpisodeRecord, planned: int) -> int:
    """Return the session by whose end the task is due; a maintenance course needs its contract by the first."""
    if task.due.after_end and is_maintenance_course(record):
        return 1
    return task.due.session_number(planned, record.initial_sessions)


def _is_next(task: Task, record: EpisodeRecord, last_session: int, planned: int) -> bool:
    """Return whether the task is due in the next session, or belongs to the first phase while that lasts."""
    due_by = _due_session(task, record, planned)
    return last_session + 1 >= due_by or (task.phase is Phase.INITIAL and task.due.session is not None)


def _every_session_standing(task: Task, record: EpisodeRecord, due_by: int) -> TaskStanding:
    """Return the standing of a task of every session: the sessions of the middle phase that have its worksheet."""
    planned = record.planned_sessions or DEFAULT_SESSIONS
    last = planned - record.ending_sessions
    middle = [s.number for s in record.sessions if record.initial_sessions < s.number <= last]
    filled = [a for output in task.outputs for a in _completed_artefacts(output, record)]
    by_session = {n: [a.id for a in filled if a.session == n] for n in middle}
    completed = [n for n in middle if by_session[n]]
    ids = tuple(id_ for n in middle for id_ in by_session[n])
    is_done = bool(middle) and len(completed) == len(middle)
    if not middle:
        standing = TaskState.AHEAD
    elif is_done:
        standing = TaskState.DONE
    else:
        standing = TaskState.DUE if middle[-1] not in completed else TaskState.PARTLY
    words = (
        f"{len(completed)} of {len(middle)} middle-phase session{'s' if len(middle) != 1 else ''}"
        if middle
        else "each middle-phase session"
    )
    piece = OutputStatus(words, is_done, "worksheet", task.outputs[0].worksheets[0], ids)
    return TaskStanding(task, standing, (piece,), due_by, (len(completed), len(middle)))


def _output_status(output: TaskOutput, record: EpisodeRecord) -> OutputStatus:
    if output.measure:
        n = len(record.symptom_scores if output.measure == "symptoms" else record.scores(output.measure))
        words = "a symptom score" if output.measure == "symptoms" else output.measure
        return OutputStatus(words, n > 0, "measures")
    if output.circle:
        # versions drawn on the same day count as one circle: only a later day shows a change
        n = len({int(c.at) for c in record.circles if c.kind is CircleKind.PRESENT and c.placements})
        words = "a closeness circle" if output.circle == 1 else f"closeness circles from {output.circle} different days"
        return OutputStatus(words, n >= output.circle, "relationships")
    if output.people:
        n = len([r for r in record.relationships if r.left_at is None])
        return OutputStatus(f"at least {output.people} people in the inventory", n >= output.people, "relationships")
    return _worksheet_status(output, record)


def _worksheet_status(output: TaskOutput, record: EpisodeRecord) -> OutputStatus:
    filled = _completed_artefacts(output, record)
    agreed = [a for a in filled if a.agreement is not Agreement.OPEN]
    shelf = worksheets()
    names = [shelf[name].name.lower() for name in output.worksheets]
    words = " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    if output.agreed:
        words += ", discussed with the client"
    ids = tuple(a.id for a in filled)
    # if several worksheets count, link to the one filled in last
    worksheet = filled[-1].worksheet if filled else output.worksheets[0]
    return OutputStatus(words, bool(agreed if output.agreed else filled), "worksheet", worksheet, ids)


def _completed_artefacts(output: TaskOutput, record: EpisodeRecord) -> list[ArtefactRecord]:
    return [a for a in record.artefacts_of(*output.worksheets) if _meets_requirements(output, a)]


def _meets_requirements(output: TaskOutput, artefact: ArtefactRecord) -> bool:
    """Return whether a filled-in worksheet has all that the task requires of it."""
    if output.techniques:
        return any((artefact.number(t.value) or 0) > 0 for t in Technique)
    spec = worksheets()[artefact.worksheet]
    if any(artefact.values.get(f) is not True for f in output.yes if spec.field(f)):
        return False
    if required := [f for f in output.fields if spec.field(f)]:
        return all(has_value(artefact.values.get(f)) for f in required)
    return is_complete(spec, artefact.values)


def open_tasks(standings: Iterable[TaskStanding]) -> tuple[TaskStanding, ...]:
    """Return the tasks that are due or overdue, overdue ones first."""
    order = (TaskState.OVERDUE, TaskState.DUE)
    return tuple(sorted((s for s in standings if s.standing in order), key=lambda s: order.index(s.standing)))
