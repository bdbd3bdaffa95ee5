"""Queries about a course as a whole: its state, its tasks and its tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.utils import timezone

from securebase.ipt.course_format import phase_of
from securebase.ipt.due import TaskStanding, TaskState, course_tasks, open_tasks
from securebase.ipt.lineage import Lineage
from securebase.ipt.shelf import entries_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.casefile import course_record, day_at, prefetch_course_record
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.record_lines import RecordLine, record_lines


def record_of(episode: Episode, as_of: datetime) -> EpisodeRecord:
    """Return the episode with everything recorded in it, as a plain record of the core."""
    rows = Episode.objects.unscoped(reason="the caller has checked access to the episode").filter(id=episode.id)
    return course_record(prefetch_course_record(rows).get(), as_of)


def focus_differs(episode: Episode, record: EpisodeRecord) -> tuple[ProblemArea, ...]:
    """Return the areas chosen in the worksheet if the course has others; empty if they agree."""
    entries = entries_with(record, WorksheetRole.FOCUS)
    known = {a.value for a in ProblemArea}
    chosen = tuple(ProblemArea(a) for a in entries[-1].choices("chosen") if a in known) if entries else ()
    return chosen if chosen and {a.value for a in chosen} != set(episode.problem_areas) else ()


@dataclass(frozen=True, slots=True)
class NextUp:
    """Due and overdue tasks of a course, overdue first, and one line for each part of its recorded work."""

    standings: tuple[TaskStanding, ...]
    overdue: int
    lines: tuple[RecordLine, ...] = ()

    @property
    def more(self) -> int:
        return max(len(self.standings) - MAX_NEXT, 0)

    @property
    def first(self) -> tuple[TaskStanding, ...]:
        return self.standings[:MAX_NEXT]


#: Due tasks that the client page names.
MAX_NEXT = 3


def next_up(episode: Episode, as_of: datetime, lineage: Lineage) -> NextUp:
    """Return the next tasks of a course, for pages of other apps.

    The result is cached until the record, the day or the lineage changes: loading the whole record takes longer than
    the rest of a client's page.
    """
    held = sum(s.held_at <= as_of for s in episode.therapy_sessions.all())
    day = timezone.localdate(as_of)
    return _next_up(_NextUpKey(str(episode.id), episode.record_version, held, day, lineage, as_of))


@dataclass(frozen=True, slots=True)
class _NextUpKey:
    """Cache key of the next tasks; the moment itself is not part of it."""

    episode: str
    record_version: int
    held: int
    day: date
    lineage: Lineage
    as_of: datetime = field(compare=False)


@lru_cache(maxsize=1000)
def _next_up(key: _NextUpKey) -> NextUp:
    row = Episode.objects.unscoped(reason="the caller has checked access to the episode").get(id=key.episode)
    record = record_of(row, key.as_of)
    # nothing is overdue once the course has ended
    tasks = open_tasks(course_tasks(record, key.lineage)) if row.ended_on is None else ()
    lines = record_lines(record, day_at(row, key.as_of))
    return NextUp(tasks, sum(s.standing is TaskState.OVERDUE for s in tasks), lines)


# ---- overview of the course ------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Bead:
    """One session of the plan.

    state: held, today, booked (entered, ahead), planned, or beyond (held in excess of the plan).
    """

    number: int
    phase: Phase
    state: str
    day: date | None
    id: str = ""

    @property
    def words(self) -> str:
        return {"held": "held", "today": "today", "booked": "scheduled", "planned": "planned", "beyond": "held"}[
            self.state
        ]


def beads(episode: Episode, now: datetime) -> list[Bead]:
    """Return every session of the plan and every session entered, each with its actual or likely day."""
    rows = {s.number: s for s in episode.therapy_sessions.all()}
    course_format, today = episode.own_format, timezone.localdate(now)
    last, day = 0, episode.began_on
    if rows:
        last = max(rows)
        day = timezone.localtime(rows[last].held_at).date()
    plan = []
    for number in range(1, max(course_format.sessions, last) + 1):
        row = rows.get(number)
        planned = phase_of(
            number, course_format.sessions, course_format.initial, course_format.ending, course_format.maintenance
        )
        if row is None:
            likely = (
                day + timedelta(days=course_format.days_between * (number - max(last, 1))) if number > last else None
            )
            plan.append(Bead(number, planned, "planned", likely))
            continue
        at = timezone.localtime(row.held_at).date()
        state = "today" if at == today else "booked" if row.held_at > now else "held"
        if state == "held" and number > course_format.sessions:
            state = "beyond"
        plan.append(Bead(number, Phase(row.phase), state, at, str(row.id)))
    return plan
