"""Fields of artefacts by kind, and rings of placements."""

import pytest

from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Ring, Technique

NOTE = ArtefactRecord(
    "1",
    "incident",
    {"what": "She hung up", "mood": 3, "faults": ("silent", "assumed"), "lines": ({"said": "fine"},), "told": True},
    at=9.0,
    begun_at=8.0,
)


def test_fields_are_read_by_kind() -> None:
    assert NOTE.text("what") == "She hung up"
    assert NOTE.number("mood") == 3.0
    assert NOTE.choices("faults") == ("silent", "assumed")
    assert NOTE.choices("what") == ("She hung up",)
    assert NOTE.rows("lines") == ({"said": "fine"},)


def test_blank_fields_and_fields_of_another_kind_are_empty() -> None:
    assert NOTE.text("mood") == ""
    assert NOTE.number("told") is None
    assert NOTE.number("nothing") is None
    assert NOTE.choices("mood") == ()
    assert NOTE.rows("faults") == ()


@pytest.mark.parametrize(
    ("radius", "ring"),
    [(0.0, Ring.CLOSEST), (1 / 3, Ring.CLOSEST), (0.34, Ring.CLOSE), (1.0, Ring.WIDER), (1.01, Ring.OUTSIDE)],
)
def test_a_placement_falls_into_one_ring(radius: float, ring: Ring) -> None:
    assert Placement("a", radius, 0.0).ring is ring


def test_a_circle_returns_the_placement_of_a_person() -> None:
    circle = ClosenessCircle("c", 3.0, placements=(Placement("lena", 0.2, 90.0),))
    assert circle.placement("lena") == Placement("lena", 0.2, 90.0)
    assert circle.placement("omar") is None


def test_artefacts_of_a_worksheet_come_in_order_of_their_first_version() -> None:
    first, second = (ArtefactRecord(n, "telling", {}, at=20.0, begun_at=b) for n, b in (("a", 5.0), ("b", 2.0)))
    record = EpisodeRecord("Carla", artefacts=(first, NOTE, second))
    assert [a.id for a in record.artefacts_of("telling")] == ["b", "a"]


def test_techniques_have_labels_a_page_can_show() -> None:
    assert Technique.ROLE_PLAY.label == "Role play"
    assert len({t.label for t in Technique}) == len(Technique)
