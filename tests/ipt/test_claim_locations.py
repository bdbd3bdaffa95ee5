"""Every claim that needs a measure or a tool has a location, and every location exists."""

from __future__ import annotations

import pytest

from each import each
from securebase.errors import ShelfError
from securebase.ipt.claim_locations import ClaimNeed, claim_locations, locations_of, read_claim_locations
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import FieldKind
from securebase.measurement.catalogue import instruments
from securebase.measurement.schedule import scheduled_instruments
from securebase.model.theory import theory

NEEDS = [(c.id, need) for c in theory().claims.values() for need in ClaimNeed if need.value in c.needs]


def test_the_theory_has_as_many_needs_as_designed() -> None:
    assert sum(need is ClaimNeed.MEASURE for _, need in NEEDS) == 39
    assert sum(need is ClaimNeed.TOOL for _, need in NEEDS) == 16


@each(NEEDS)
def test_every_need_of_a_claim_has_a_location(need: tuple[str, ClaimNeed]) -> None:
    assert locations_of(*need)


def test_no_location_serves_a_need_that_no_claim_has() -> None:
    assert {(p.claim, p.need) for p in claim_locations()} == set(NEEDS)


def test_a_measure_is_a_number_or_a_choice() -> None:
    """A text field measures nothing by itself; a whole worksheet counts if it holds a number or a choice."""
    measuring = {
        FieldKind.SCALE,
        FieldKind.NUMBER,
        FieldKind.EXTENT,
        FieldKind.CHOICE,
        FieldKind.CHOICES,
        FieldKind.YES_NO,
        FieldKind.ROWS,
    }
    text_measures = {("corrective_experience", "feared"), ("corrective_experience", "happened")}
    text_measures |= {("corrective_experience", "different"), ("story_card", "changed")}
    text_measures |= {("history", "family_history"), ("history", "vulnerability"), ("story_card", "tones")}
    for location in claim_locations():
        if location.need is not ClaimNeed.MEASURE or not location.worksheet:
            continue
        spec = worksheets()[location.worksheet]
        fields = [f for f in spec.fields if location.field in {"", f.id}]
        assert any(f.kind in measuring for f in fields) or (spec.id, location.field) in text_measures, location


def test_every_scheduled_instrument_serves_a_claim() -> None:
    assert {i.id for i in scheduled_instruments()} | {"therapist_after"} <= {p.instrument for p in claim_locations()}


def test_our_own_scales_name_the_claims_they_serve() -> None:
    for location in claim_locations():
        instrument = instruments().get(location.instrument)
        if instrument is not None and instrument.own_wording:
            assert location.claim in instrument.scale(location.scale).claims, location


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
def test_an_invalid_location_is_refused(block: str, message: str) -> None:
    with pytest.raises(ShelfError, match=message):
        read_claim_locations("places.toml", f"[[place]]\n{block}\n".encode())
