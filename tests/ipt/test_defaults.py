"""A new worksheet starts with what is known, without anything that was true of one day only."""

from __future__ import annotations

import pytest

from securebase.errors import ShelfError
from securebase.ipt.defaults import default_values
from securebase.ipt.shelf import check_default_sources, worksheet
from securebase.ipt.worksheet_reader import read_worksheet
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord


def artefact(name: str, at: float, about: str = "", **values: object) -> ArtefactRecord:
    return ArtefactRecord(f"{name}{at}", name, values, at=at, begun_at=at, about=about)  # type: ignore[arg-type]


GOALS = ({"goal": "Ring Pim", "how_we_know": "weekly", "now": 1.0, "wished": 7.0},)
RECORD = EpisodeRecord(
    "Carla",
    planned_sessions=12,
    days_between=14,
    artefacts=(
        artefact("contract", 1.0, goals=GOALS, sessions=12.0),
        artefact("role_dispute", 2.0, "a", issue="The house", stage="impasse", hostility=8.0),
        artefact("role_dispute", 3.0, "b", issue="The child", stage="renegotiation"),
    ),
)


def test_the_contract_starts_with_the_numbers_of_the_course() -> None:
    assert default_values(worksheet("contract"), RECORD) == {"sessions": 12.0, "days_between": 14.0}


def test_goals_carry_over_without_ratings() -> None:
    assert default_values(worksheet("goal_review"), RECORD)["goals"] == ({"goal": "Ring Pim"},)


def test_lasting_fields_carry_over_and_ratings_of_the_day_do_not() -> None:
    values = default_values(worksheet("role_dispute"), RECORD)
    assert values == {"issue": "The child", "stage": "renegotiation"}
    assert default_values(worksheet("role_dispute"), RECORD, relationship="a") == {
        "issue": "The house",
        "stage": "impasse",
    }
    assert default_values(worksheet("role_dispute"), RECORD, relationship="c") == {}


def test_without_earlier_entries_there_are_no_defaults() -> None:
    assert default_values(worksheet("goal_review"), EpisodeRecord("Carla")) == {}
    assert default_values(worksheet("incident"), RECORD) == {}


def test_an_unknown_source_of_a_default_is_refused() -> None:
    text = (
        'id = "x"\nname = "N"\nabout = "A"\ngroup = "session"\n'
        '[[fields]]\nid = "a"\nlabel = "L"\nkind = "line"\nbegins_with = "contract.colour"\n'
    )
    spec = read_worksheet("x.toml", text.encode())
    with pytest.raises(ShelfError, match=r"contract\.colour"):
        check_default_sources({"x": spec, "contract": worksheet("contract")})
