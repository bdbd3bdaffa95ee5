"""Plain JSON and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import inf, nan

import pytest

import pictures
from securebase.errors import InputError
from securebase.picture.client import ClientPicture
from securebase.picture.serialisation import fingerprint, from_plain, to_json, to_plain


@dataclass(frozen=True)
class Small:
    number: float
    name: str | None = None
    more: tuple[int, ...] = ()


@pytest.mark.parametrize("made", [pictures.full(), pictures.early(), pictures.empty()])
def test_a_picture_survives_the_round_trip(made: ClientPicture) -> None:
    assert ClientPicture.from_json(made.to_json()) == made


def test_the_same_value_gives_the_same_text_and_another_gives_another() -> None:
    full = pictures.full()
    assert fingerprint(full) == fingerprint(pictures.full())
    assert fingerprint(full) != fingerprint(replace(full, person="C. D."))


@pytest.mark.parametrize("bad", [nan, inf])
def test_a_number_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(InputError, match="not finite"):
        to_plain(Small(bad))


@pytest.mark.parametrize(
    "bad",
    [
        {"number": "1", "name": None, "more": []},
        {"number": 1, "name": 2, "more": []},
        {"number": 1, "name": None, "more": [True]},
        {"number": 1, "name": None, "more": 3},
        {"number": 1, "name": None},
        {"number": 1, "name": None, "more": [], "extra": 0},
        {"number": True, "name": None, "more": []},
        [],
    ],
)
def test_what_does_not_fit_the_type_is_refused(bad: object) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        from_plain(Small, bad)


def test_whole_numbers_are_read_as_numbers() -> None:
    assert from_plain(Small, {"number": 1, "name": None, "more": [1]}) == Small(1.0, None, (1,))


def test_a_picture_of_another_format_is_refused() -> None:
    data = json.loads(pictures.full().to_json())
    data["format"] = 0
    with pytest.raises(InputError, match="another format"):
        ClientPicture.from_json(json.dumps(data))


def test_text_is_canonical() -> None:
    assert to_json(Small(1.0, "ä")) == '{"more":[],"name":"ä","number":1.0}'
