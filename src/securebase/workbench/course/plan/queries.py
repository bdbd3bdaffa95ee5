"""Queries of the course page: tasks by phase, tools, the contract, and an overview of what is recorded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.utils.formats import date_format
from django.utils.safestring import SafeString

from securebase.charts.course_axis import PHONE, WIDE, draw_course_axis, legend
from securebase.ipt.course_format import interval_in_words, later_phase, phase_of
from securebase.ipt.due import TaskStanding, TaskState, course_tasks
from securebase.ipt.lineage import Lineage
from securebase.ipt.shelf import behaviour, entries_with, worksheets
from securebase.ipt.worksheet import Worksheet, WorksheetGroup, WorksheetRole
from securebase.picture.lane_events import LaneEvent, lane_events
from securebase.picture.series import prepare
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Phase
from securebase.workbench.clients.models import Episode
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.ui.drawings import trusted_svg


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool in this course: number of completed worksheets, and whether it fits the focus."""

    worksheet: Worksheet
    filled_in: int
    in_focus: bool


@dataclass(frozen=True, slots=True)
class PhaseOfTasks:
    """The tasks of one phase."""

    phase: Phase
    standings: tuple[TaskStanding, ...]

    @property
    def done(self) -> int:
        return sum(s.standing is TaskState.DONE for s in self.standings)


def phases(record: EpisodeRecord, lineage: Lineage) -> tuple[PhaseOfTasks, ...]:
    """Group the tasks by phase; phases without tasks are omitted."""
    standings = course_tasks(record, lineage)
    groups = [PhaseOfTasks(p, tuple(s for s in standings if s.task.phase is p)) for p in Phase]
    return tuple(p for p in groups if p.standings)


def tools(record: EpisodeRecord, lineage: Lineage) -> list[tuple[WorksheetGroup, list[ToolUse]]]:
    """Return the tools of this clinic by group, those for the client's problem areas first."""
    counts = Counter(a.worksheet for a in record.artefacts)
    areas = set(record.problem_areas)
    groups: dict[WorksheetGroup, list[ToolUse]] = {}
    for spec in worksheets().values():
        if not lineage.uses(spec.lineage) or not (not spec.areas or set(spec.areas) & set(lineage.areas)):
            continue
        groups.setdefault(spec.group, []).append(ToolUse(spec, counts[spec.id], bool(areas & set(spec.areas))))
    return [(group, sorted(uses, key=lambda t: not t.in_focus)) for group, uses in groups.items()]


# ---- one time axis ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class CourseAxis:
    """The course on one time axis in two widths, its legend, and its events as rows of a table (day, event)."""

    wide: SafeString
    phone: SafeString
    legend: tuple[tuple[str, str, str], ...]
    rows: tuple[tuple[str, str], ...]


def course_axis(record: EpisodeRecord, as_of: float) -> CourseAxis | None:
    """Return symptoms, alliance and events of a course on one axis; None before the first score."""
    prepared, events = prepare(record, as_of, set_in_use().parameter_set), lane_events(record, as_of)
    if not any(prepared.series[name].reported for name in ("symptoms", "alliance")):
        return None
    wide, phone = (trusted_svg(draw_course_axis(prepared, events, width=width)) for width in (WIDE, PHONE))
    return CourseAxis(wide, phone, legend(events), tuple((_format_day(record, e), e.words) for e in events))


def _format_day(record: EpisodeRecord, event: LaneEvent) -> str:
    """Return the day of an event, or both ends of a period."""
    days = [event.at] if event.until is None or event.until - event.at < 1 else [event.at, event.until]
    began = record.began_on
    assert began is not None  # an episode of the workbench always knows the day it began
    return " to ".join(date_format(began + timedelta(days=day // 1), "j M Y") for day in days)


# ---- due tasks and disagreements ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ContractTerms:
    """Number of sessions and days between them, as agreed in the contract."""

    sessions: int
    days_between: int

    @property
    def interval(self) -> str:
        return interval_in_words(self.days_between)


def contract_differs(episode: Episode, record: EpisodeRecord) -> ContractTerms | None:
    """Return the terms of the contract if they differ from the course; None if they agree or no contract exists."""
    in_maintenance = record.phase is Phase.MAINTENANCE
    role = WorksheetRole.MAINTENANCE_CONTRACT if in_maintenance else WorksheetRole.CONTRACT
    contracts = entries_with(record, role)
    if not contracts:
        return None
    sessions, days = contracts[-1].number("sessions"), contracts[-1].number("days_between")
    terms = ContractTerms(
        int(sessions) if sessions is not None else episode.planned_sessions,
        int(days) if days is not None else episode.days_between,
    )
    return None if terms == ContractTerms(episode.planned_sessions, episode.days_between) else terms


def phase_by_plan(episode: Episode, record: EpisodeRecord) -> Phase | None:
    """Return the planned phase of the next session if the course has not reached it; otherwise None."""
    if record.ended_at is not None:
        return None
    held = max((s.number for s in record.sessions), default=0)
    course_format = episode.own_format
    planned = phase_of(
        held + 1, course_format.sessions, course_format.initial, course_format.ending, course_format.maintenance
    )
    return planned if later_phase(planned, Phase(episode.phase)) is not Phase(episode.phase) else None


@dataclass(frozen=True, slots=True)
class CourseOverviewLine:
    """One line of the overview: its label, the recorded entries, and the worksheet that holds them."""

    label: str
    #: (text, id of the artefact it comes from)
    lines: tuple[tuple[str, str], ...]
    worksheet: str
    many: bool = False
    warns: bool = False


def course_overview(record: EpisodeRecord) -> list[CourseOverviewLine]:
    """Summarise the worksheets that the overview lists, such as diagnosis, medication and goals."""
    listed = [(spec.overview, spec) for spec in worksheets().values() if spec.overview is not None]
    return [_overview_line(record, spec, place.label) for place, spec in sorted(listed, key=lambda pair: pair[0].order)]


def _overview_line(record: EpisodeRecord, spec: Worksheet, label: str) -> CourseOverviewLine:
    artefacts, own = record.artefacts_of(spec.id), behaviour(spec.id)
    lines = tuple((line, a.id) for a in artefacts for line in own.overview(a) or [spec.name])
    return CourseOverviewLine(label, lines, spec.id, spec.many, warns=any(own.warns(a) for a in artefacts))
