"""Reads of a course as a whole: where it stands, and which tools there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.utils import timezone

from securebase.ipt.course_form import later, phase_of
from securebase.ipt.due import Standing, TaskStanding, course_tasks, still_open
from securebase.ipt.lineage import Lineage
from securebase.ipt.rendering import in_words
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import Worksheet, WorksheetGroup
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.casefile import course_record, prefetch_course_record
from securebase.workbench.clients.models import Episode


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One tool of the shelf in this course: how many were filled in, and whether it fits the focus."""

    worksheet: Worksheet
    filled_in: int
    in_focus: bool


@dataclass(frozen=True, slots=True)
class PhaseOfTasks:
    """The tasks of one phase, and how many are done."""

    phase: Phase
    standings: tuple[TaskStanding, ...]

    @property
    def done(self) -> int:
        return sum(s.standing is Standing.DONE for s in self.standings)


def record_of(episode: Episode, as_of: datetime) -> EpisodeRecord:
    """The episode with all that was recorded, as the core has it."""
    rows = Episode.objects.unscoped(reason="an episode that is in reach").filter(id=episode.id)
    return course_record(prefetch_course_record(rows).get(), as_of)


def phases(record: EpisodeRecord, lineage: Lineage) -> tuple[PhaseOfTasks, ...]:
    """The tasks phase by phase; a phase that asks for nothing is left out."""
    standings = course_tasks(record, lineage)
    found = [PhaseOfTasks(p, tuple(s for s in standings if s.task.phase is p)) for p in Phase]
    return tuple(p for p in found if p.standings)


def tools(record: EpisodeRecord, lineage: Lineage) -> list[tuple[WorksheetGroup, list[ToolUse]]]:
    """The tools of the shelf that this clinic uses, group by group; those of the client's own problem area first."""
    counts = Counter(a.worksheet for a in record.artefacts)
    areas = set(record.problem_areas)
    made: dict[WorksheetGroup, list[ToolUse]] = {}
    for spec in worksheets().values():
        if not lineage.asks_for(spec.lineage) or not (not spec.areas or set(spec.areas) & set(lineage.areas)):
            continue
        made.setdefault(spec.group, []).append(ToolUse(spec, counts[spec.id], bool(areas & set(spec.areas))))
    return [(group, sorted(found, key=lambda t: not t.in_focus)) for group, found in made.items()]


# ---- what is due, and what disagrees ---------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Contracted:
    """Sessions and days between them as the contract says, where the course says otherwise."""

    sessions: int
    days_between: int


def contract_differs(episode: Episode, record: EpisodeRecord) -> Contracted | None:
    """What the contract was made about, where it is not what the course has; None where they agree or none is made."""
    name = "maintenance_contract" if record.phase is Phase.MAINTENANCE else "contract"
    made = record.artefacts_of(name)
    if not made:
        return None
    sessions, days = made[-1].number("sessions"), made[-1].number("days_between")
    wanted = Contracted(
        int(sessions) if sessions is not None else episode.planned_sessions,
        int(days) if days is not None else episode.days_between,
    )
    return None if wanted == Contracted(episode.planned_sessions, episode.days_between) else wanted


def focus_differs(episode: Episode, record: EpisodeRecord) -> tuple[ProblemArea, ...]:
    """The areas that the worksheet has chosen, where the course has others; empty where they agree."""
    made = record.artefacts_of("problem_area")
    known = {a.value for a in ProblemArea}
    chosen = tuple(ProblemArea(a) for a in made[-1].choices("chosen") if a in known) if made else ()
    return chosen if chosen and {a.value for a in chosen} != set(episode.problem_areas) else ()


def phase_by_plan(episode: Episode, record: EpisodeRecord) -> Phase | None:
    """The phase that the next session falls into by the plan, where the course has not come to it; else None."""
    if record.ended_at is not None:
        return None
    held = max((s.number for s in record.sessions), default=0)
    form = episode.own_form
    planned = phase_of(held + 1, form.sessions, form.initial, form.ending, form.maintenance)
    return planned if later(planned, Phase(episode.phase)) is not Phase(episode.phase) else None


@dataclass(frozen=True, slots=True)
class NextUp:
    """What is due or overdue in a course, overdue first."""

    standings: tuple[TaskStanding, ...]
    overdue: int

    @property
    def more(self) -> int:
        return max(len(self.standings) - MOST_NEXT, 0)

    @property
    def first(self) -> tuple[TaskStanding, ...]:
        return self.standings[:MOST_NEXT]


#: Of what is due, the client page names so many.
MOST_NEXT = 3


def next_up(episode: Episode, as_of: datetime, lineage: Lineage) -> NextUp:
    """For pages of other apps: what is next in this course. Read again when its record, its day or the lineage is
    another: loading the whole record takes longer than the rest of a client's page."""
    held = sum(s.held_at <= as_of for s in episode.therapy_sessions.all())
    day = timezone.localdate(as_of)
    return _next_up(_Asked(str(episode.id), episode.record_version, held, day, lineage, as_of))


@dataclass(frozen=True, slots=True)
class _Asked:
    """On what it depends what is next in a course; the moment itself is no part of it."""

    episode: str
    record_version: int
    held: int
    day: date
    lineage: Lineage
    as_of: datetime = field(compare=False)


@lru_cache(maxsize=1000)
def _next_up(asked: _Asked) -> NextUp:
    row = Episode.objects.unscoped(reason="an episode that is in reach").get(id=asked.episode)
    found = still_open(course_tasks(record_of(row, asked.as_of), asked.lineage))
    return NextUp(found, sum(s.standing is Standing.OVERDUE for s in found))


# ---- the course at a glance ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Bead:
    """One session of the plan. state: held, today, booked (entered, ahead), planned, beyond (more than planned)."""

    number: int
    phase: Phase
    state: str
    day: date | None
    id: str = ""

    @property
    def words(self) -> str:
        return {"held": "held", "today": "today", "booked": "entered", "planned": "planned", "beyond": "held"}[
            self.state
        ]


def beads(episode: Episode, now: datetime) -> list[Bead]:
    """Every session of the plan and every one that was entered, with the day it was or is likely to be."""
    rows = {s.number: s for s in episode.therapy_sessions.all()}
    form, today = episode.own_form, timezone.localdate(now)
    last, day = 0, episode.began_on
    if rows:
        last = max(rows)
        day = timezone.localtime(rows[last].held_at).date()
    made = []
    for number in range(1, max(form.sessions, last) + 1):
        row = rows.get(number)
        planned = phase_of(number, form.sessions, form.initial, form.ending, form.maintenance)
        if row is None:
            likely = day + timedelta(days=form.days_between * (number - max(last, 1))) if number > last else None
            made.append(Bead(number, planned, "planned", likely))
            continue
        at = timezone.localtime(row.held_at).date()
        state = "today" if at == today else "booked" if row.held_at > now else "held"
        if state == "held" and number > form.sessions:
            state = "beyond"
        made.append(Bead(number, Phase(row.phase), state, at, str(row.id)))
    return made


@dataclass(frozen=True, slots=True)
class GlanceLine:
    """One line of the card “at a glance”: what it is about, what is recorded, and where it is filled in."""

    label: str
    #: each line, and the id of what it comes from
    lines: tuple[tuple[str, str], ...]
    worksheet: str
    many: bool = False
    warns: bool = False


def at_a_glance(record: EpisodeRecord) -> list[GlanceLine]:
    """Diagnosis, medication, earlier episodes, goals and boundaries in a few words each."""
    return [
        _glance(record, "diagnosis", "Diagnosis", _diagnosis),
        _glance(record, "medication", "Medication", _medication),
        _glance(record, "history", "Earlier episodes", _earlier),
        _glance(record, "contract", "Goals", _goals),
        _boundaries(record),
    ]


def _glance(record: EpisodeRecord, name: str, label: str, words: Callable[[ArtefactRecord], list[str]]) -> GlanceLine:
    found = record.artefacts_of(name)
    lines = tuple((line, a.id) for a in found for line in words(a) or [worksheet(name).name])
    return GlanceLine(label, lines, name, worksheet(name).many)


def _in_words(a: ArtefactRecord, name: str) -> str:
    field = worksheet(a.worksheet).field(name)
    return in_words(field, a.values.get(name)) if field else ""


def _diagnosis(a: ArtefactRecord) -> list[str]:
    since = _in_words(a, "since")
    parts = [a.text("name"), _in_words(a, "severity").lower(), f"since {since}" if since else ""]
    return [", ".join(p for p in parts if p)]


def _medication(a: ArtefactRecord) -> list[str]:
    until = _in_words(a, "to_on")
    parts = [a.text("name"), a.text("dose"), f"until {until}" if until else ""]
    return [" ".join(p for p in parts[:2] if p) + (f", {parts[2]}" if parts[2] else "")]


def _earlier(a: ArtefactRecord) -> list[str]:
    rows = a.rows("earlier_episodes")
    if not rows:
        return ["none entered"]
    years = [str(r.get("from") or "")[:4] for r in rows if r.get("from")]
    return [f"{len(rows)} earlier" + (f", from {', '.join(years)}" if years else "")]


def _goals(a: ArtefactRecord) -> list[str]:
    return [str(r["goal"]) for r in a.rows("goals") if r.get("goal")]


def _boundaries(record: EpisodeRecord) -> GlanceLine:
    found = record.artefacts_of("boundary_record")
    breaches = sum(a.values.get("breach") is True for a in found)
    lines = tuple(
        (
            f"{_in_words(a, 'happened_on')}: {_in_words(a, 'kind').lower()}"
            + (" (breach)" if a.values.get("breach") is True else ""),
            a.id,
        )
        for a in found
    )
    return GlanceLine("Boundaries", lines, "boundary_record", many=True, warns=breaches > 0)
