"""Evidence for problem areas: present where the record supports an area, absent where nothing was entered."""

from __future__ import annotations

from datetime import date

import pytest

from securebase.ipt.evidence import area_evidence
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import ProblemArea

BEGAN = date(2026, 9, 1)
ONSET = ArtefactRecord("o", "onset", {"began_on": "2026-05-01"}, 0, 0)


def findings(*artefacts: ArtefactRecord, **fields: object) -> list[tuple[ProblemArea, str]]:
    record = EpisodeRecord(person="x", began_on=BEGAN, artefacts=artefacts, **fields)
    return [(f.area, f.words) for f in area_evidence(record)]


def rating_of(person: str, n: int = 0, **values: object) -> ArtefactRecord:
    return ArtefactRecord(f"r{n}", "relationship", values, n, n, about=person)


def test_an_empty_record_holds_no_evidence() -> None:
    assert findings() == []
    assert area_evidence(EpisodeRecord(person="x")) == ()


@pytest.mark.parametrize(("met", "strain", "n"), [(4.0, 5.0, 1), (4.5, 6.0, 1), (2.0, 9.0, 2), (5.0, 5.9, 0)])
def test_unmet_expectations_and_strain_speak_for_a_dispute(met: float, strain: float, n: int) -> None:
    people = (RelationshipRecord("b", "Ben"), RelationshipRecord("c", "Cy"), RelationshipRecord("d", "Di"))
    rating = rating_of("b", contact="daily", expectations_met=met, strain=strain)
    assert len([a for a, _ in findings(rating, relationships=people) if a is ProblemArea.ROLE_DISPUTE]) == n


def test_only_the_last_rating_of_a_person_counts() -> None:
    people = tuple(RelationshipRecord(i, i) for i in "bcd")
    early, late = rating_of("b", 1, contact="daily", strain=9.0), rating_of("b", 2, contact="daily", strain=1.0)
    assert findings(early, late, relationships=people) == []


def test_deceased_and_removed_people_are_no_evidence_for_a_dispute() -> None:
    people = (
        RelationshipRecord("b", "Ben", deceased=True),
        RelationshipRecord("c", "Cy", left_at=1.0),
        *three_people(),
    )
    ratings = [rating_of("b", 1, strain=9.0), rating_of("c", 2, strain=9.0)]
    areas = {a for a, _ in findings(*ratings, relationships=people)}
    assert areas == {ProblemArea.GRIEF}


def three_people() -> tuple[RelationshipRecord, ...]:
    return tuple(RelationshipRecord(i, i) for i in "xyz")


def test_a_death_is_reported_once() -> None:
    people = (RelationshipRecord("m", "Mother", deceased=True), *three_people())
    grief = ArtefactRecord("g", "grief_work", {"person": "m", "death_on": "2026-03-01"}, 0, 0)
    words = [w for a, w in findings(ONSET, grief, relationships=people) if a is ProblemArea.GRIEF]
    assert words == ["Death of Mother, in the months before onset"]
    assert [w for _, w in findings(relationships=people)] == ["Mother has died"]


def test_a_role_that_ended_before_the_onset_supports_a_transition() -> None:
    role = ArtefactRecord("a", "life_role", {"role": "Nurse", "to_on": "2026-03-01", "feels": "lost"}, 0, 0)
    early = ArtefactRecord("b", "life_role", {"role": "Pupil", "to_on": "1999-03-01"}, 0, 0)
    words = [w for a, w in findings(ONSET, role, early) if a is ProblemArea.ROLE_TRANSITION]
    assert words == ["Role “Nurse” ended in the months before onset", "Role “Nurse” was lost"]


def test_few_people_and_an_empty_middle_ring_support_deficits() -> None:
    people = (RelationshipRecord("a", "Al"), RelationshipRecord("b", "Dr B", professional=True))
    circle = ClosenessCircle("c", 0.0, placements=(Placement("a", 0.9, 0.0),))
    words = [w for _, w in findings(rating_of("a", contact="monthly"), relationships=people, circles=(circle,))]
    assert words == [
        "1 person in the inventory, not counting professionals",
        "No weekly contact with anyone",
        "No one in the closest ring of the latest circle",
    ]
