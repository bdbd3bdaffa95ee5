"""Reads of a course as a whole: where it stands, and which tools there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from securebase.ipt.due import Standing, TaskStanding, course_tasks
from securebase.ipt.lineage import Lineage
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Group, Worksheet
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Phase
from securebase.workbench.casefile import course_record, with_work
from securebase.workbench.clients.models import Episode


@dataclass(frozen=True, slots=True)
class Tool:
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
    rows = Episode.objects.for_the_workbench(because="an episode that is in reach").filter(id=episode.id)
    return course_record(with_work(rows).get(), as_of)


def phases(record: EpisodeRecord, lineage: Lineage) -> tuple[PhaseOfTasks, ...]:
    """The tasks phase by phase; a phase that asks for nothing is left out."""
    standings = course_tasks(record, lineage)
    found = [PhaseOfTasks(p, tuple(s for s in standings if s.task.phase is p)) for p in Phase]
    return tuple(p for p in found if p.standings)


def tools(record: EpisodeRecord, lineage: Lineage) -> list[tuple[Group, list[Tool]]]:
    """The tools of the shelf that this clinic uses, group by group; those of the client's own problem area first."""
    counts = Counter(a.worksheet for a in record.artefacts)
    areas = set(record.problem_areas)
    made: dict[Group, list[Tool]] = {}
    for spec in worksheets().values():
        if not lineage.asks_for(spec.lineage) or not (not spec.areas or set(spec.areas) & set(lineage.areas)):
            continue
        made.setdefault(spec.group, []).append(Tool(spec, counts[spec.id], bool(areas & set(spec.areas))))
    return [(group, sorted(found, key=lambda t: not t.in_focus)) for group, found in made.items()]
