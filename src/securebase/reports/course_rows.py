"""The tasks of a course, one row each."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.ipt.due import OutputStatus, TaskStanding, TaskState, course_tasks
from securebase.ipt.lineage import Lineage
from securebase.ipt.rendering import title_in_words
from securebase.ipt.shelf import worksheets
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord

#: artefacts listed for a task; further ones are counted
MAX_NAMED = 6


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One task: its phase, name and standing, its outputs so far, and the missing ones."""

    phase: str
    task: str
    standing: str
    outputs: tuple[str, ...]
    missing: tuple[str, ...]


def course_rows(record: EpisodeRecord, lineage: Lineage) -> tuple[CourseRow, ...]:
    """Return a row for every task of this course, in order."""
    return tuple(_row(status, record) for status in course_tasks(record, lineage))


def _row(status: TaskStanding, record: EpisodeRecord) -> CourseRow:
    due = "" if status.standing in {TaskState.DONE, TaskState.PARTLY} else f" (by session {status.due_by})"
    outputs = [words for piece in status.pieces for words in _outputs(piece, record)]
    return CourseRow(
        status.task.phase.label,
        status.task.name,
        status.standing.label + due,
        tuple(outputs),
        tuple(piece.words for piece in status.pieces if not piece.present),
    )


def _outputs(piece: OutputStatus, record: EpisodeRecord) -> list[str]:
    if not piece.artefacts:
        return [piece.words] if piece.present else []
    by_id = {a.id: a for a in record.artefacts}
    people = {r.id: r.name for r in record.relationships}
    titles = [_title(by_id[artefact_id], people) for artefact_id in piece.artefacts if artefact_id in by_id]
    n_hidden = len(titles) - MAX_NAMED
    return [*titles[:MAX_NAMED], f"and {n_hidden} more"] if n_hidden > 0 else titles


def _title(artefact: ArtefactRecord, people: dict[str, str]) -> str:
    spec = worksheets()[artefact.worksheet]
    words = title_in_words(spec, artefact.values, people) or people.get(artefact.about, "")
    session = f"session {artefact.session}" if artefact.session is not None else ""
    return f"{spec.name}{': ' + words if words else ''}{f' ({session})' if session else ''}"
