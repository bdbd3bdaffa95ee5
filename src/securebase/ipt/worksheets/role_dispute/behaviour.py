"""Disputes: their stages and ratings over time, and what to do at a stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from securebase.ipt.area_progress import Fact, RatingSeries, RatingsOverTime, place_in_time, rating_points
from securebase.ipt.areas import areas
from securebase.ipt.behaviour import AreaEvidence, Behaviour, Entries
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import DisputeStage, ProblemArea

AREA = ProblemArea.ROLE_DISPUTE


@dataclass(frozen=True, slots=True)
class DisputeCourse:
    """One dispute and the entries about it. in_sessions: times are session numbers, not days."""

    issue: str
    with_whom: str
    entries: tuple[ArtefactRecord, ...]
    stages: tuple[tuple[float, DisputeStage], ...]
    ratings: tuple[RatingSeries, ...]
    in_sessions: bool


def dispute_courses(record: EpisodeRecord, entries: Entries) -> tuple[DisputeCourse, ...]:
    """Group the dispute entries by the other person; entries that name nobody form one dispute."""
    names = {r.id: r.name for r in record.relationships}
    groups: dict[str, list[ArtefactRecord]] = {}
    for a in entries:
        groups.setdefault(a.text("person") or a.about, []).append(a)
    courses = []
    stage_values = set(DisputeStage)
    rated_fields = [("hostility", "hostility"), ("withdrawal", "withdrawal"), ("gap", "gap in expectations")]
    for person, group in groups.items():
        dated_entries, in_sessions = place_in_time(group)
        stages = [(t, DisputeStage(a.text("stage"))) for t, a in dated_entries if a.text("stage") in stage_values]
        ratings = tuple(RatingSeries(label, rating_points(dated_entries, field)) for field, label in rated_fields)
        issue = next((a.text("issue") for a in reversed(group) if a.text("issue")), "")
        courses.append(DisputeCourse(issue, names.get(person, ""), tuple(group), tuple(stages), ratings, in_sessions))
    return tuple(courses)


def evidence(_: EpisodeRecord, entries: Entries) -> Iterator[AreaEvidence]:
    """Yield the last entry of each issue: a dispute entered session by session is one finding."""
    for a in {a.text("issue"): a for a in entries if a.text("issue")}.values():
        yield AreaEvidence(AREA, f"Dispute recorded: {a.text('issue')}", a.worksheet, a.id, a.about)


def progress(record: EpisodeRecord, entries: Entries) -> Iterator[RatingsOverTime]:
    for dispute in dispute_courses(record, entries):
        yield RatingsOverTime(
            title=" · ".join(w for w in (dispute.with_whom, dispute.issue) if w) or "Dispute",
            label="The dispute",
            ratings=dispute.ratings,
            in_sessions=dispute.in_sessions,
            marks=tuple(t for t, _ in dispute.stages),
            stages=dispute.stages,
        )


def facts(entries: Entries, _: date) -> Iterator[Fact]:
    """Yield what to do at the stage of the last entry."""
    stage = entries[-1].text("stage") if entries else ""
    advice = next((s.what_to_do for s in areas()[AREA].stages if s.stage.value == stage), "")
    if stage in set(DisputeStage) and advice:
        yield "What to do at this stage", (advice,)


BEHAVIOUR = Behaviour(evidence=evidence, progress=progress, facts=facts)
