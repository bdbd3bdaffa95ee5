"""A picture survives the way to JSON and back, and its fingerprint depends on it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import pictures
from securebase.errors import InputError
from securebase.picture.client import ClientPicture
from securebase.schema import value_fingerprint


@pytest.mark.parametrize("picture", [pictures.full(), pictures.early(), pictures.empty()])
def test_a_picture_survives_the_round_trip(picture: ClientPicture) -> None:
    assert ClientPicture.from_json(picture.to_json()) == picture


def test_the_fingerprint_depends_on_the_value() -> None:
    full = pictures.full()
    assert value_fingerprint(full) == value_fingerprint(pictures.full())
    assert value_fingerprint(full) != value_fingerprint(replace(full, person="C. D."))


def test_a_picture_of_another_format_is_refused() -> None:
    data = json.loads(pictures.full().to_json())
    data["format"] = 0
    with pytest.raises(InputError, match="another format"):
        ClientPicture.from_json(json.dumps(data))
