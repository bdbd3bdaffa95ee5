"""Queries of the ending: its worksheets with their last entries, and the format of a maintenance course."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from securebase.ipt.course_format import CourseFormat, default_formats
from securebase.ipt.rendering import RenderedField, render_fields
from securebase.ipt.shelf import entries_with, worksheets
from securebase.ipt.worksheet import Worksheet, WorksheetGroup, WorksheetRole
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord


@dataclass(frozen=True, slots=True)
class EndingPart:
    """One part of the ending: its worksheet, its last entry in words, and the session of its first entry."""

    worksheet: Worksheet
    entry: ArtefactRecord | None
    fields: list[RenderedField]
    session: int | None
    entries: int


def ending_parts(record: EpisodeRecord, people: dict[str, str], *, to_maintenance: bool) -> list[EndingPart]:
    """Return the parts of the ending; the contract of a maintenance course only if there will be one."""
    shown = [spec for spec in worksheets().values() if spec.group is WorksheetGroup.ENDING]
    later = WorksheetRole.MAINTENANCE_CONTRACT
    return [_ending_part(spec, record, people) for spec in shown if to_maintenance or spec.role is not later]


def _ending_part(spec: Worksheet, record: EpisodeRecord, people: dict[str, str]) -> EndingPart:
    entries = record.artefacts_of(spec.id)
    last = entries[-1] if entries else None
    fields = [f for f in render_fields(spec, last.values, people) if not f.field.note] if last else []
    return EndingPart(spec, last, fields, entries[0].session if entries else None, len(entries))


def maintenance_format(record: EpisodeRecord, formats: tuple[CourseFormat, ...]) -> CourseFormat:
    """Return the format of the maintenance course: the clinic’s own, with the numbers agreed with this client."""
    usual = next(f for f in (*formats, *default_formats()) if f.maintenance)
    contracts = entries_with(record, WorksheetRole.MAINTENANCE_CONTRACT)
    if not contracts:
        return usual
    sessions, days = contracts[-1].number("sessions"), contracts[-1].number("days_between")
    planned = int(sessions) if sessions else usual.sessions
    return replace(
        usual,
        sessions=planned,
        initial=0,
        ending=min(usual.ending, planned),
        days_between=min(int(days), 92) if days else usual.days_between,
    )
