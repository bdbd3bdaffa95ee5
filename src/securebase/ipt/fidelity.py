"""Fidelity session by session, from what the therapist rated: elements of IPT, techniques, the agenda."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from securebase.ipt.shelf import worksheet
from securebase.ipt.worksheet import Field, FieldKind
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord

CHECKLIST, NOTE = "fidelity_checklist", "session_note"


@dataclass(frozen=True, slots=True)
class ElementRow:
    """One element over the sessions. cells: the extent 0 to 3 (1 or 0 for yes and no), None where it was not rated."""

    field: Field
    cells: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class AgendaCell:
    """Topics of one session's agenda: how many were kept, of how many that somebody marked."""

    kept: int
    marked: int


@dataclass(frozen=True, slots=True)
class FidelityOverSessions:
    """Everything that was rated, one column a session.

    sessions: numbers of the sessions of which anything was rated. elements: what a session of IPT has in it. left_out:
    what IPT leaves out (1: it was done). techniques: extents of the session notes. agenda: None where none was marked.
    """

    sessions: tuple[int, ...]
    elements: tuple[ElementRow, ...] = ()
    left_out: tuple[ElementRow, ...] = ()
    techniques: tuple[ElementRow, ...] = ()
    agenda: tuple[AgendaCell | None, ...] = ()

    @property
    def rated(self) -> int:
        """Sessions of which the checklist was rated."""
        return sum(any(row.cells[n] is not None for row in self.elements) for n in range(len(self.sessions)))

    @property
    def agenda_kept(self) -> tuple[int, int]:
        """Topics kept and topics marked, over all sessions."""
        cells = [c for c in self.agenda if c is not None]
        return sum(c.kept for c in cells), sum(c.marked for c in cells)


def fidelity_over_sessions(record: EpisodeRecord) -> FidelityOverSessions:
    """What was rated, by session. Of two ratings of one session the later counts; ratings outside a session do not."""
    checks, notes = _by_session(record.artefacts_of(CHECKLIST)), _by_session(record.artefacts_of(NOTE))
    sessions = tuple(sorted(checks.keys() | notes.keys()))

    def rows(name: str, found: dict[int, ArtefactRecord], kind: FieldKind) -> tuple[ElementRow, ...]:
        fields = [f for f in worksheet(name).fields if f.kind is kind]
        return tuple(ElementRow(f, tuple(_cell(found.get(n), f) for n in sessions)) for f in fields)

    return FidelityOverSessions(
        sessions=sessions,
        elements=rows(CHECKLIST, checks, FieldKind.EXTENT),
        left_out=rows(CHECKLIST, checks, FieldKind.YES_NO),
        techniques=rows(NOTE, notes, FieldKind.EXTENT),
        agenda=tuple(_agenda(notes.get(n)) for n in sessions),
    )


def _by_session(artefacts: Sequence[ArtefactRecord]) -> dict[int, ArtefactRecord]:
    return {a.session: a for a in sorted(artefacts, key=lambda a: a.at) if a.session is not None}


def _cell(of: ArtefactRecord | None, element: Field) -> int | None:
    value = of.values.get(element.id) if of is not None else None
    return int(value) if isinstance(value, bool | int | float) else None


def _agenda(note: ArtefactRecord | None) -> AgendaCell | None:
    marked = [row["kept"] is True for row in note.rows("agenda") if isinstance(row.get("kept"), bool)] if note else []
    return AgendaCell(sum(marked), len(marked)) if marked else None
