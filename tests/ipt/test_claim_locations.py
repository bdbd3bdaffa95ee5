"""Every claim that needs a measure or a tool has a location, and every location exists."""

from __future__ import annotations

from importlib import resources

import msgspec
import pytest

from each import each
from securebase.errors import InstrumentError, ShelfError
from securebase.ipt.claim_locations import (
    ClaimLocation,
    ClaimNeed,
    claim_locations,
    locations_of,
    read_page_places,
    scale_locations,
    worksheet_locations,
)
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import FieldKind
from securebase.ipt.worksheet_reader import read_worksheet
from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument_reader import read_instrument
from securebase.measurement.schedule import scheduled_instruments
from securebase.model.theory import theory

NEEDS = [(c.id, need) for c in theory().claims.values() for need in ClaimNeed if need.value in c.needs]


def test_the_theory_has_as_many_needs_as_designed() -> None:
    assert sum(need is ClaimNeed.MEASURE for _, need in NEEDS) == 45
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


def test_the_locations_are_those_that_the_files_name() -> None:
    """Count them, so that no claim loses its place unnoticed."""
    locations = claim_locations()
    assert len(set(locations)) == len(locations) == 169
    assert [
        sum(map(bool, column)) for column in zip(*((p.scale, p.worksheet, p.page) for p in locations), strict=True)
    ] == [
        100,
        65,
        4,
    ]


def test_a_claim_of_a_new_file_has_its_location() -> None:
    scale = msgspec.structs.replace(instruments()["srs"].scales[0], measures=("S10",))
    instrument = msgspec.structs.replace(instruments()["srs"], scales=(scale,))
    assert list(scale_locations(instrument)) == [ClaimLocation("S10", ClaimNeed.MEASURE, "srs", "total")]
    field = msgspec.structs.replace(worksheets()["telling"].fields[0], tools=("S42",))
    spec = msgspec.structs.replace(worksheets()["telling"], fields=(field,), measures=("S43",))
    assert list(worksheet_locations(spec)) == [
        ClaimLocation("S43", ClaimNeed.MEASURE, worksheet="telling"),
        ClaimLocation("S42", ClaimNeed.TOOL, worksheet="telling", field="story"),
    ]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ('need = "measure"\npage = "session"', r"places\.toml, place\[1\]\.claim: required field is missing"),
        ('claim = "S7"\nneed = "wish"\npage = "session"', r"need: unknown need “wish”"),
        ('claim = "S7"\nneed = "measure"', r"place\[1\]\.page: required field is missing"),
        (
            'claim = "S7"\nneed = "tool"\npage = "session"\nleaves = "y"\nworksheet = "telling"',
            r"worksheet: unknown field",
        ),
        ("\n[[place]]\n".join(['claim = "S7"\nneed = "tool"\npage = "x"\nleaves = "y"'] * 2), r"twice"),
    ],
)
def test_an_invalid_page_is_refused(block: str, message: str) -> None:
    with pytest.raises(ShelfError, match=message):
        read_page_places("places.toml", f"[[place]]\n{block}\n".encode())


def shelf_file(folder: str, name: str) -> str:
    return (resources.files("securebase") / folder / name).read_text("utf-8")


def test_a_scale_measures_only_its_own_claims() -> None:
    content = shelf_file("measurement/instruments", "ors.toml").replace('measures = ["S68"]', 'measures = ["S7"]')
    with pytest.raises(InstrumentError, match=r"ors\.toml, scales\[1\]\.measures: must list claims of the scale"):
        read_instrument("ors.toml", content.encode())


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('measures = ["S43"]', 'measures = ["S7"]', r"fields\[2\]\.measures"),
        ('title = "story"', 'title = "story"\ntools = ["S7"]', r"telling\.toml, tools"),
    ],
)
def test_a_worksheet_measures_only_its_own_claims(old: str, new: str, where: str) -> None:
    content = shelf_file("ipt/worksheets/telling", "worksheet.toml")
    with pytest.raises(ShelfError, match=rf"{where}: must be among the claims of the worksheet \(got “S7”\)"):
        read_worksheet("telling.toml", content.replace(old, new, 1).encode())
