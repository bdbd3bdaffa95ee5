"""Queries of the course page: tasks by phase, tools, the contract, and an overview of what is recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from securebase.ipt.course_format import interval_in_words, later_phase, phase_of
from securebase.ipt.due import TaskStanding, TaskState, course_tasks
from securebase.ipt.lineage import Lineage
from securebase.ipt.rendering import render_value
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import Worksheet, WorksheetGroup
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Phase
from securebase.workbench.clients.models import Episode


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
    name = "maintenance_contract" if record.phase is Phase.MAINTENANCE else "contract"
    contracts = record.artefacts_of(name)
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
    """Summarise diagnosis, medication, earlier episodes, goals and boundaries."""
    return [
        _overview_line(record, "diagnosis", "Diagnosis", _diagnosis),
        _overview_line(record, "medication", "Medication", _medication),
        _overview_line(record, "history", "Earlier episodes", _earlier_episodes),
        _overview_line(record, "contract", "Goals", _goals),
        _boundaries(record),
    ]


def _overview_line(
    record: EpisodeRecord, name: str, label: str, summarise: Callable[[ArtefactRecord], list[str]]
) -> CourseOverviewLine:
    artefacts = record.artefacts_of(name)
    lines = tuple((line, a.id) for a in artefacts for line in summarise(a) or [worksheet(name).name])
    return CourseOverviewLine(label, lines, name, worksheet(name).many)


def _format_field(a: ArtefactRecord, name: str) -> str:
    field = worksheet(a.worksheet).field(name)
    return render_value(field, a.values.get(name)) if field else ""


def _diagnosis(a: ArtefactRecord) -> list[str]:
    since = _format_field(a, "since")
    parts = [a.text("name"), _format_field(a, "severity").lower(), f"since {since}" if since else ""]
    return [", ".join(p for p in parts if p)]


def _medication(a: ArtefactRecord) -> list[str]:
    until = _format_field(a, "to_on")
    parts = [a.text("name"), a.text("dose"), f"until {until}" if until else ""]
    return [" ".join(p for p in parts[:2] if p) + (f", {parts[2]}" if parts[2] else "")]


def _earlier_episodes(a: ArtefactRecord) -> list[str]:
    rows = a.rows("earlier_episodes")
    if not rows:
        return ["none recorded"]
    years = [str(r.get("from") or "")[:4] for r in rows if r.get("from")]
    return [f"{len(rows)} earlier" + (f", from {', '.join(years)}" if years else "")]


def _goals(a: ArtefactRecord) -> list[str]:
    return [str(r["goal"]) for r in a.rows("goals") if r.get("goal")]


def _boundaries(record: EpisodeRecord) -> CourseOverviewLine:
    artefacts = record.artefacts_of("boundary_record")
    breaches = sum(a.values.get("breach") is True for a in artefacts)
    lines = tuple(
        (
            f"{_format_field(a, 'happened_on')}: {_format_field(a, 'kind').lower()}"
            + (" (breach)" if a.values.get("breach") is True else ""),
            a.id,
        )
        for a in artefacts
    )
    return CourseOverviewLine("Boundaries", lines, "boundary_record", many=True, warns=breaches > 0)
