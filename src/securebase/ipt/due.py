"""Where a course stands: which task has left what behind, what is due, what is overdue. Read from the record alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from securebase.ipt.lineage import DEFAULT_LINEAGE, Lineage
from securebase.ipt.parsing import has_value, is_complete
from securebase.ipt.shelf import worksheets
from securebase.ipt.task import Task, TaskOutput, tasks
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Agreement, CircleKind, Phase, Technique

#: Symptoms that have not fallen by this share of the first score by mid-course count as little change. Our own rule,
#: taken from no study (the literature calls a fall by half a response).
MIN_CHANGE = 0.25
DEFAULT_SESSIONS = 16


class TaskState(StrEnum):
    """How far a task is."""

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
    """One thing that a task leaves behind: whether it is there, what it is, and where it can be seen.

    artefacts: ids of filled-in worksheets that are it. worksheet: of the last of them, or the one to begin with. page:
    “worksheet”, “relationships”, “measures”.
    """

    words: str
    there: bool
    page: str
    worksheet: str = ""
    artefacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskStanding:
    """A task in this course. due_by: the session by whose end it is usual. sessions: for a task of every session, how
    many have it and how many were held in the middle phase.
    """

    task: Task
    standing: TaskState
    pieces: tuple[OutputStatus, ...]
    due_by: int
    sessions: tuple[int, int] | None = None


def course_tasks(record: EpisodeRecord, lineage: Lineage = DEFAULT_LINEAGE) -> tuple[TaskStanding, ...]:
    """Every task that this course asks for, in order, as the record stands."""
    held = max((s.number for s in record.sessions), default=0)
    planned = record.planned_sessions or DEFAULT_SESSIONS
    asked = [t for t in tasks() if lineage.asks_for(t.lineage) and _is_asked(t, record)]
    return tuple(_standing(t, record, held=held, planned=planned) for t in asked)


def _is_asked(task: Task, record: EpisodeRecord) -> bool:
    if is_maintenance_course(record):
        return task.phase is Phase.MAINTENANCE or task.id in MAINTENANCE_TASKS
    if task.when == "no_response":
        return shows_little_change(record)
    if task.when == "maintenance":
        decided = any("maintenance" in a.choices("decision") for a in record.artefacts_of("disposition"))
        return decided or record.phase is Phase.MAINTENANCE
    return True


#: Of the tasks of an acute course, those that a maintenance course has too. A convention of our own.
MAINTENANCE_TASKS = ("E1", "E3", "E4")


def is_maintenance_course(record: EpisodeRecord) -> bool:
    """Whether the course is one of maintenance from its first session on: it has no first phase of its own."""
    return record.phase is Phase.MAINTENANCE and record.initial_sessions == 0


def shows_little_change(record: EpisodeRecord) -> bool:
    """Whether, half the course held, symptoms have not fallen by a quarter of their first score."""
    scores = [s.value for s in record.symptom_scores]
    held, planned = len(record.sessions), record.planned_sessions or DEFAULT_SESSIONS
    if held < planned / 2 or len(scores) < 2 or scores[0] <= 0:
        return False
    return (scores[0] - scores[-1]) / scores[0] < MIN_CHANGE


def _standing(task: Task, record: EpisodeRecord, *, held: int, planned: int) -> TaskStanding:
    due_by = _due_by(task, record, planned)
    if task.due.each:
        return _each_session(task, record, due_by)
    pieces = tuple(_piece(one, record) for one in task.leaves)
    there = [p.there for p in pieces]
    if all(there):
        standing = TaskState.DONE
    elif held > due_by or (record.ended_at is not None and not task.due.after_end):
        standing = TaskState.OVERDUE
    elif held >= due_by or (_is_now(task, record, held, planned) and not any(there)):
        standing = TaskState.DUE
    else:
        # what is filled in and not yet talked over is begun
        begun = any(p.there or p.artefacts for p in pieces)
        standing = TaskState.PARTLY if begun else TaskState.AHEAD
    return TaskStanding(task, standing, pieces, due_by)


def _due_by(task: Task, record: EpisodeRecord, planned: int) -> int:
    """The session by which it is due; the contract of a maintenance course by its first."""
    if task.due.after_end and is_maintenance_course(record):
        return 1
    return task.due.by(planned, record.initial_sessions)


def _is_now(task: Task, record: EpisodeRecord, held: int, planned: int) -> bool:
    """Whether it belongs into the next session, or to the first phase while that runs."""
    due_by = _due_by(task, record, planned)
    return held + 1 >= due_by or (task.phase is Phase.INITIAL and task.due.session is not None)


def _each_session(task: Task, record: EpisodeRecord, due_by: int) -> TaskStanding:
    """A task of every session of the middle phase: which of those held have it."""
    planned = record.planned_sessions or DEFAULT_SESSIONS
    last = planned - record.ending_sessions
    middle = [s.number for s in record.sessions if record.initial_sessions < s.number <= last]
    found = [(n, [a for one in task.leaves for a in _filled(one, record) if a.session == n]) for n in middle]
    done = [n for n, artefacts in found if artefacts]
    ids = tuple(a.id for _, artefacts in found for a in artefacts)
    if not middle:
        standing = TaskState.AHEAD
    elif len(done) == len(middle):
        standing = TaskState.DONE
    else:
        standing = TaskState.DUE if middle[-1] not in done else TaskState.PARTLY
    words = (
        f"{len(done)} of {len(middle)} sessions of the middle phase" if middle else "every session of the middle phase"
    )
    piece = OutputStatus(
        words, bool(middle) and len(done) == len(middle), "worksheet", task.leaves[0].worksheets[0], ids
    )
    return TaskStanding(task, standing, (piece,), due_by, (len(done), len(middle)))


def _piece(leaves: TaskOutput, record: EpisodeRecord) -> OutputStatus:
    if leaves.measure:
        n = len(record.symptom_scores if leaves.measure == "symptoms" else record.scores(leaves.measure))
        return OutputStatus(
            "a score of symptoms" if leaves.measure == "symptoms" else leaves.measure, n > 0, "measures"
        )
    if leaves.circle:
        # drawn twice within an hour is no circle drawn again
        n = len({int(c.at) for c in record.circles if c.kind is CircleKind.PRESENT and c.placements})
        words = "a closeness circle" if leaves.circle == 1 else f"the closeness circle drawn on {leaves.circle} days"
        return OutputStatus(words, n >= leaves.circle, "relationships")
    if leaves.people:
        n = len([r for r in record.relationships if r.left_at is None])
        return OutputStatus(f"at least {leaves.people} people in the inventory", n >= leaves.people, "relationships")
    return _worksheet_piece(leaves, record)


def _worksheet_piece(leaves: TaskOutput, record: EpisodeRecord) -> OutputStatus:
    found = _filled(leaves, record)
    agreed = [a for a in found if a.agreement is not Agreement.OPEN]
    shelf = worksheets()
    words = " or ".join(shelf[name].name.lower() for name in leaves.worksheets)
    if leaves.agreed:
        words += ", talked over with the client"
    ids = tuple(a.id for a in found)
    # of several worksheets that would do, the one that the last id belongs to
    worksheet = found[-1].worksheet if found else leaves.worksheets[0]
    return OutputStatus(words, bool(agreed if leaves.agreed else found), "worksheet", worksheet, ids)


def _filled(leaves: TaskOutput, record: EpisodeRecord) -> list[ArtefactRecord]:
    return [a for a in record.artefacts_of(*leaves.worksheets) if _does(leaves, a)]


def _does(leaves: TaskOutput, artefact: ArtefactRecord) -> bool:
    """Whether what was filled in is what the task leaves behind."""
    if leaves.techniques:
        return any((artefact.number(t.value) or 0) > 0 for t in Technique)
    spec = worksheets()[artefact.worksheet]
    if any(artefact.values.get(f) is not True for f in leaves.yes if spec.field(f)):
        return False
    if asked := [f for f in leaves.fields if spec.field(f)]:
        return all(has_value(artefact.values.get(f)) for f in asked)
    return is_complete(spec, artefact.values)


def open_tasks(standings: Iterable[TaskStanding]) -> tuple[TaskStanding, ...]:
    """What is due or overdue, overdue first."""
    order = (TaskState.OVERDUE, TaskState.DUE)
    found = [s for s in standings if s.standing in order]
    return tuple(sorted(found, key=lambda s: order.index(s.standing)))
