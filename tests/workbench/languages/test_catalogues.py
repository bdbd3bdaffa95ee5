"""The catalogues of translations are complete, compiled, and keep every placeholder."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from write_messages import LANGUAGES, LOCALES, template_catalogue  # noqa: E402

_PLACE = re.compile(r"%\(\w+\)s|\{\w+\}|</?b>")


def read(language: str) -> dict[object, object]:
    with (LOCALES / language / "LC_MESSAGES/django.po").open("rb") as file:
        return {_frozen(message.id): message.string for message in read_po(file, locale=language) if message.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_client_is_translated_and_none_is_left_over(language: str) -> None:
    wanted = {message.id for message in template_catalogue() if message.id}
    messages = read(language)
    assert set(messages) == wanted, "run python tools/write_messages.py"
    empty = [key for key, text in messages.items() if not text or not all(text)]  # type: ignore[arg-type]
    assert empty == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_places_and_final_marks(language: str) -> None:
    for key, text in read(language).items():
        originals = key if isinstance(key, tuple) else (key,)
        translations = text if isinstance(text, tuple) else (text,)
        for translation in translations:
            assert any(sorted(_PLACE.findall(o)) == sorted(_PLACE.findall(translation)) for o in originals), key
            if originals[0].endswith("?"):
                assert translation.endswith("?"), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_text(language: str) -> None:
    content = (LOCALES / language / "LC_MESSAGES/django.mo").read_bytes()
    compiled = {_frozen(m.id): _frozen(m.string) for m in read_mo(io.BytesIO(content)) if m.id}
    expected = {_frozen(key): _frozen(text) for key, text in read(language).items()}
    assert compiled == expected, "run python tools/write_messages.py"


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
