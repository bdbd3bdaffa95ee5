"""Every claim that asks for a measure or a tool has a place, and every place is there."""

from __future__ import annotations

import pytest

from securebase.errors import ShelfError
from securebase.ipt.claim_locations import ClaimNeed, claim_locations, locations_of, read_claim_locations
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import FieldKind
from securebase.measurement.catalogue import instruments
from securebase.measurement.schedule import scheduled_instruments
from securebase.model.theory import theory

ASKS = [(c.id, need) for c in theory().claims.values() for need in ClaimNeed if need.value in c.needs]


def test_as_many_as_the_design_names() -> None:
    assert sum(need is ClaimNeed.MEASURE for _, need in ASKS) == 39
    assert sum(need is ClaimNeed.TOOL for _, need in ASKS) == 16


@pytest.mark.parametrize(("claim", "need"), ASKS, ids=str)
def test_a_claim_that_asks_for_it_has_a_place(claim: str, need: ClaimNeed) -> None:
    assert locations_of(claim, need)


def test_no_place_serves_a_claim_that_asks_for_none() -> None:
    assert {(p.claim, p.need) for p in claim_locations()} == set(ASKS)


def test_what_measures_is_a_number_or_a_choice() -> None:
    """A story told in a text field measures nothing by itself; a worksheet as a whole counts where it has a number."""
    telling = {
        FieldKind.SCALE,
        FieldKind.NUMBER,
        FieldKind.EXTENT,
        FieldKind.CHOICE,
        FieldKind.CHOICES,
        FieldKind.YES_NO,
        FieldKind.ROWS,
    }
    words_are_the_measure = {("corrective_experience", "feared"), ("corrective_experience", "happened")}
    words_are_the_measure |= {("corrective_experience", "different"), ("story_card", "changed")}
    words_are_the_measure |= {("history", "family_history"), ("history", "vulnerability"), ("story_card", "tones")}
    for place in claim_locations():
        if place.need is not ClaimNeed.MEASURE or not place.worksheet:
            continue
        sheet = worksheets()[place.worksheet]
        fields = [f for f in sheet.fields if place.field in {"", f.id}]
        assert any(f.kind in telling for f in fields) or (sheet.id, place.field) in words_are_the_measure, place


def test_everything_that_the_workbench_asks_by_itself_serves_a_claim() -> None:
    assert {i.id for i in scheduled_instruments()} | {"therapist_after"} <= {p.instrument for p in claim_locations()}


def test_a_scale_that_serves_a_claim_says_so_where_it_is_of_our_own() -> None:
    for place in claim_locations():
        one = instruments().get(place.instrument)
        if one is not None and one.own_wording:
            assert place.claim in one.scale(place.scale).claims, place


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ('need = "measure"\npage = "session"', r"places\.toml, place\[1\]\.claim: required field is missing"),
        ('claim = "S7"\nneed = "wish"\npage = "session"', r"need: unknown need “wish”"),
        ('claim = "S7"\nneed = "measure"', r"place\[1\]: must give exactly one"),
        (
            'claim = "S7"\nneed = "measure"\npage = "session"\nworksheet = "telling"',
            r"place\[1\]: must give exactly one",
        ),
        ('claim = "S7"\nneed = "measure"\ninstrument = "phq10"\nscale = "total"', r"unknown instrument “phq10”"),
        ('claim = "S7"\nneed = "measure"\ninstrument = "phq9"\nscale = "sum"', r"PHQ-9 has no scale “sum”"),
        ('claim = "S7"\nneed = "tool"\nworksheet = "tell"', r"unknown worksheet “tell”"),
        ('claim = "S7"\nneed = "tool"\nworksheet = "telling"\nfield = "bottom"', r"has no field “bottom”"),
        ('claim = "S7"\nneed = "tool"\nsheet = "telling"', r"sheet: unknown field"),
        ('claim = "S7"\nneed = "tool"\npage = "x"\n[[place]]\nclaim = "S7"\nneed = "tool"\npage = "x"', r"twice"),
    ],
)
def test_a_place_that_is_not_there_is_refused(block: str, message: str) -> None:
    with pytest.raises(ShelfError, match=message):
        read_claim_locations("places.toml", f"[[place]]\n{block}\n".encode())
