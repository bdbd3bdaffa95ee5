"""Fidelity session by session, from the therapist’s own ratings: elements of IPT, techniques, the agenda."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from securebase.ipt.shelf import entries_with, worksheets_with
from securebase.ipt.worksheet import Field, FieldKind, WorksheetRole
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord


@dataclass(frozen=True, slots=True)
class ElementRow:
    """One element over the sessions. cells: extent 0 to 3 (1 or 0 for yes and no), None if not rated."""

    field: Field
    cells: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class AgendaCell:
    """Agenda of one session: number of topics covered, and number marked as covered or not."""

    covered: int
    marked: int


@dataclass(frozen=True, slots=True)
class FidelityOverSessions:
    """Ratings over a course, one column per session.

    sessions: numbers of the sessions with any rating. elements: prescribed elements of IPT. left_out: proscribed
    elements (1: used). techniques: extents from the session notes. agenda: None for sessions without marked topics.
    """

    sessions: tuple[int, ...]
    elements: tuple[ElementRow, ...] = ()
    left_out: tuple[ElementRow, ...] = ()
    techniques: tuple[ElementRow, ...] = ()
    agenda: tuple[AgendaCell | None, ...] = ()

    @property
    def rated(self) -> int:
        """Number of sessions with a rated checklist."""
        return sum(any(row.cells[n] is not None for row in self.elements) for n in range(len(self.sessions)))

    @property
    def agenda_totals(self) -> tuple[int, int]:
        """Topics covered and topics marked, over all sessions."""
        cells = [c for c in self.agenda if c is not None]
        return sum(c.covered for c in cells), sum(c.marked for c in cells)


def fidelity_over_sessions(record: EpisodeRecord) -> FidelityOverSessions:
    """Return the ratings by session.

    Of two ratings of one session the later counts; ratings outside a session do not count.
    """
    adherence, note = WorksheetRole.ADHERENCE, WorksheetRole.NOTE
    checks, notes = (_by_session(entries_with(record, role)) for role in (adherence, note))
    sessions = tuple(sorted(checks.keys() | notes.keys()))

    def rows(role: WorksheetRole, by_session: dict[int, ArtefactRecord], kind: FieldKind) -> tuple[ElementRow, ...]:
        fields = [f for spec in worksheets_with(role) for f in spec.fields if f.kind is kind]
        return tuple(ElementRow(f, tuple(_cell(by_session.get(n), f) for n in sessions)) for f in fields)

    return FidelityOverSessions(
        sessions=sessions,
        elements=rows(adherence, checks, FieldKind.EXTENT),
        left_out=rows(adherence, checks, FieldKind.YES_NO),
        techniques=rows(note, notes, FieldKind.EXTENT),
        agenda=tuple(_agenda_cell(notes.get(n)) for n in sessions),
    )


def _by_session(artefacts: Sequence[ArtefactRecord]) -> dict[int, ArtefactRecord]:
    return {a.session: a for a in sorted(artefacts, key=lambda a: a.at) if a.session is not None}


def _cell(artefact: ArtefactRecord | None, element: Field) -> int | None:
    value = artefact.values.get(element.id) if artefact is not None else None
    return int(value) if isinstance(value, bool | int | float) else None


def _agenda_cell(note: ArtefactRecord | None) -> AgendaCell | None:
    marked = [row["kept"] is True for row in note.rows("agenda") if isinstance(row.get("kept"), bool)] if note else []
    return AgendaCell(sum(marked), len(marked)) if marked else None
