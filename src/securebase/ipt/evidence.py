"""Evidence for a problem area: findings in the record with their source, never a verdict.

The thresholds are conventions of our own, from no study. None of them decides on an area.
"""

from __future__ import annotations

from collections.abc import Iterator

from securebase.ipt.behaviour import AreaEvidence
from securebase.ipt.shelf import behaviour, entries_with, worksheets
from securebase.ipt.timeline import Timeline, is_in_window, timeline
from securebase.ipt.timeline_marks import SpanKind
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.artefact import ArtefactRecord, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, ProblemArea, Ring

#: Expectations met at most, and strain at least, on scales of 0 to 10; minimum size of the network.
LOW_EXPECTATIONS_MET, HIGH_STRAIN, MIN_PEOPLE = 4.0, 6.0, 3
_FREQUENT_CONTACT = {"daily", "weekly"}


def area_evidence(record: EpisodeRecord) -> tuple[AreaEvidence, ...]:
    """Return all findings, by area in the order of the vocabulary."""
    line = timeline(record, today=record.last_at)
    findings = [*(_timeline_findings(line) if line else ()), *_strained_ties(record), *_deficits(record)]
    findings += [f for name in worksheets() for f in behaviour(name).evidence(record, record.artefacts_of(name))]
    return tuple(sorted(findings, key=lambda f: list(ProblemArea).index(f.area)))


def _timeline_findings(line: Timeline) -> Iterator[AreaEvidence]:
    """Yield the roles that began or ended in the months before the onset, and the events that support an area."""
    for bar in line.bars:
        began, ended = is_in_window(bar.start, line.onset), is_in_window(bar.end, line.onset)
        if bar.kind is SpanKind.ROLE and (began or ended):
            change = "began and ended" if began and ended else "began" if began else "ended"
            words = f"Role “{bar.words}” {change} in the months before onset"
            yield AreaEvidence(ProblemArea.ROLE_TRANSITION, words, bar.worksheet, bar.id)
    for event in line.events:
        if event.area is not None and (event.in_window or event.always):
            timing = "in the months before onset"
            words = f"{event.words}, {timing}" if event.always else f"{event.words} ({timing})"
            yield AreaEvidence(event.area, words if event.in_window else event.words, event.worksheet, event.id)


def _strained_ties(record: EpisodeRecord) -> Iterator[AreaEvidence]:
    people = {r.id: r for r in _present_people(record)}
    for id_, last in _last_ratings(record).items():
        person = people.get(id_)
        if person is None or person.deceased:
            continue
        met, strain = last.number("expectations_met"), last.number("strain")
        findings = []
        if met is not None and met <= LOW_EXPECTATIONS_MET:
            findings.append(f"{person.name}: expectations met {met:g} of 10")
        if strain is not None and strain >= HIGH_STRAIN:
            findings.append(f"{person.name}: strain {strain:g} of 10")
        for words in findings:
            yield AreaEvidence(ProblemArea.ROLE_DISPUTE, words, last.worksheet, last.id, id_)


def _deficits(record: EpisodeRecord) -> Iterator[AreaEvidence]:
    area = ProblemArea.INTERPERSONAL_DEFICITS
    people = [r for r in _present_people(record) if not r.deceased and not r.professional]
    if record.relationships and len(people) < MIN_PEOPLE:
        n = len(people)
        yield AreaEvidence(area, f"{n} {'person' if n == 1 else 'people'} in the inventory, not counting professionals")
    ratings = [a for id_, a in _last_ratings(record).items() if id_ in {p.id for p in people}]
    if ratings and not any(a.text("contact") in _FREQUENT_CONTACT for a in ratings):
        yield AreaEvidence(area, "No weekly contact with anyone")
    circles = [c for c in record.circles if c.kind is CircleKind.PRESENT and c.placements]
    if circles and not any(p.ring is Ring.CLOSEST for p in circles[-1].placements):
        yield AreaEvidence(area, "No one in the closest ring of the latest circle")


def _present_people(record: EpisodeRecord) -> list[RelationshipRecord]:
    return [r for r in record.relationships if r.left_at is None]


def _last_ratings(record: EpisodeRecord) -> dict[str, ArtefactRecord]:
    """Return relationship → its last ratings."""
    return {a.about: a for a in entries_with(record, WorksheetRole.TIE) if a.about}
