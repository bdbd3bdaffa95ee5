"""Evidence for a problem area: findings in the record with their source, never a verdict.

The thresholds are conventions of our own, from no study. None of them decides on an area.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from securebase.ipt.timeline import Timeline, is_in_window, timeline
from securebase.records.artefact import ArtefactRecord, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, ProblemArea, Ring

#: Expectations met at most, and strain at least, on scales of 0 to 10; minimum size of the network.
LOW_EXPECTATIONS_MET, HIGH_STRAIN, MIN_PEOPLE = 4.0, 6.0, 3
_FREQUENT_CONTACT = {"daily", "weekly"}


@dataclass(frozen=True, slots=True)
class AreaEvidence:
    """One finding that supports an area.

    worksheet, artefact: its source, empty for the inventory or the circle as a whole. relationship: the person.
    """

    area: ProblemArea
    words: str
    worksheet: str = ""
    artefact: str = ""
    relationship: str = ""


def area_evidence(record: EpisodeRecord) -> tuple[AreaEvidence, ...]:
    """Return all findings, by area in the order of the vocabulary."""
    line = timeline(record, today=record.last_at)
    findings = [*_grief(record, line), *_disputes(record), *_transitions(record, line), *_deficits(record)]
    return tuple(sorted(findings, key=lambda f: list(ProblemArea).index(f.area)))


def _grief(record: EpisodeRecord, line: Timeline | None) -> Iterator[AreaEvidence]:
    area = ProblemArea.GRIEF
    for event in line.events if line else ():
        if event.worksheet == "grief_work":
            timing = ", in the months before onset" if event.in_window else ""
            yield AreaEvidence(area, f"{event.words}{timing}", event.worksheet, event.id)
    grieved = {person for a in record.artefacts_of("grief_work") for person in (a.text("person"), a.about)}
    for person in _present_people(record):
        if person.deceased and person.id not in grieved:
            yield AreaEvidence(area, f"{person.name} has died", relationship=person.id)


def _disputes(record: EpisodeRecord) -> Iterator[AreaEvidence]:
    area = ProblemArea.ROLE_DISPUTE
    people = {r.id: r for r in _present_people(record)}
    for id_, last in _last_worksheets(record).items():
        person = people.get(id_)
        if person is None or person.deceased:
            continue
        met, strain = last.number("expectations_met"), last.number("strain")
        if met is not None and met <= LOW_EXPECTATIONS_MET:
            yield AreaEvidence(area, f"{person.name}: expectations met {met:g} of 10", last.worksheet, last.id, id_)
        if strain is not None and strain >= HIGH_STRAIN:
            yield AreaEvidence(area, f"{person.name}: strain {strain:g} of 10", last.worksheet, last.id, id_)
    # only the last entry of each issue: a dispute entered session by session is one finding
    for a in {a.text("issue"): a for a in record.artefacts_of("role_dispute") if a.text("issue")}.values():
        yield AreaEvidence(area, f"Dispute recorded: {a.text('issue')}", a.worksheet, a.id, a.about)


def _transitions(record: EpisodeRecord, line: Timeline | None) -> Iterator[AreaEvidence]:
    area = ProblemArea.ROLE_TRANSITION
    if line is None:
        return
    for bar in line.bars:
        if bar.kind != "role":
            continue
        began, ended = is_in_window(bar.start, line.onset), is_in_window(bar.end, line.onset)
        if began or ended:
            change = "began and ended" if began and ended else "began" if began else "ended"
            yield AreaEvidence(area, f"Role “{bar.words}” {change} in the months before onset", bar.worksheet, bar.id)
    for event in line.events:
        if event.in_window and event.worksheet == "life_event":
            yield AreaEvidence(area, f"{event.words} (in the months before onset)", event.worksheet, event.id)
    for a in record.artefacts_of("life_role"):
        if a.text("feels") in {"lost", "heavy"}:
            feeling = "was lost" if a.text("feels") == "lost" else "is a burden"
            yield AreaEvidence(area, f"Role “{a.text('role')}” {feeling}", a.worksheet, a.id)


def _deficits(record: EpisodeRecord) -> Iterator[AreaEvidence]:
    area = ProblemArea.INTERPERSONAL_DEFICITS
    people = [r for r in _present_people(record) if not r.deceased and not r.professional]
    if record.relationships and len(people) < MIN_PEOPLE:
        n = len(people)
        yield AreaEvidence(area, f"{n} {'person' if n == 1 else 'people'} in the inventory, not counting professionals")
    ratings = [a for id_, a in _last_worksheets(record).items() if id_ in {p.id for p in people}]
    if ratings and not any(a.text("contact") in _FREQUENT_CONTACT for a in ratings):
        yield AreaEvidence(area, "No weekly contact with anyone")
    circles = [c for c in record.circles if c.kind is CircleKind.PRESENT and c.placements]
    if circles and not any(p.ring is Ring.CLOSEST for p in circles[-1].placements):
        yield AreaEvidence(area, "No one in the closest ring of the latest circle")


def _present_people(record: EpisodeRecord) -> list[RelationshipRecord]:
    return [r for r in record.relationships if r.left_at is None]


def _last_worksheets(record: EpisodeRecord) -> dict[str, ArtefactRecord]:
    """Return relationship → its last worksheet."""
    return {a.about: a for a in record.artefacts_of("relationship") if a.about}
