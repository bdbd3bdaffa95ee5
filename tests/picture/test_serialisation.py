"""Tests of the conversion to plain JSON and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import inf, nan

import pytest

import pictures
from securebase.errors import InputError
from securebase.picture.client import ClientPicture
from securebase.picture.serialisation import fingerprint, from_plain, to_json, to_plain


@dataclass(frozen=True, slots=True)
class Small:
    number: float
    name: str | None = None
    more: tuple[int, ...] = ()


@pytest.mark.parametrize("picture", [pictures.full(), pictures.early(), pictures.empty()])
def test_a_picture_survives_the_round_trip(picture: ClientPicture) -> None:
    assert ClientPicture.from_json(picture.to_json()) == picture


def test_the_fingerprint_depends_on_the_value() -> None:
    full = pictures.full()
    assert fingerprint(full) == fingerprint(pictures.full())
    assert fingerprint(full) != fingerprint(replace(full, person="C. D."))


@pytest.mark.parametrize("invalid", [nan, inf])
def test_a_number_that_is_not_finite_is_refused(invalid: float) -> None:
    with pytest.raises(InputError, match="not finite"):
        to_plain(Small(invalid))


@pytest.mark.parametrize(
    "invalid",
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
def test_data_that_do_not_fit_the_type_are_refused(invalid: object) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        from_plain(Small, invalid)


def test_integers_are_read_as_floats() -> None:
    assert from_plain(Small, {"number": 1, "name": None, "more": [1]}) == Small(1.0, None, (1,))


def test_a_picture_of_another_format_is_refused() -> None:
    data = json.loads(pictures.full().to_json())
    data["format"] = 0
    with pytest.raises(InputError, match="another format"):
        ClientPicture.from_json(json.dumps(data))


def test_text_is_canonical() -> None:
    assert to_json(Small(1.0, "ä")) == '{"more":[],"name":"ä","number":1.0}'
