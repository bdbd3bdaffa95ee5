"""The catalogues of translations are complete, compiled, and keep every placeholder."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.utils import translation

from securebase.measurement.catalogue import instruments
from securebase.workbench.measures.item_fields import item_field

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import write_messages  # noqa: E402
from write_messages import LANGUAGES, LOCALES, template_catalogue  # noqa: E402

_PLACE = re.compile(r"%\(\w+\)s|\{\w+\}|</?b>")


def read(language: str) -> dict[tuple[str | None, ...], Any]:
    with (LOCALES / language / "LC_MESSAGES/django.po").open("rb") as file:
        return {_key(message): message.string for message in read_po(file, locale=language) if message.id}


def _key(message: Any) -> tuple[str | None, ...]:
    """Return context and text, and the plural if there is one."""
    return (message.context, *([message.id] if isinstance(message.id, str) else message.id))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_client_is_translated_and_none_is_left_over(language: str) -> None:
    wanted = {_key(message) for message in template_catalogue() if message.id}
    messages = read(language)
    assert set(messages) == wanted, "run python tools/write_messages.py"
    empty = [key for key, text in messages.items() if not text or not all(text)]
    assert empty == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_places_and_final_marks(language: str) -> None:
    for key, text in read(language).items():
        originals = [part for part in key[1:] if part is not None]
        for translated in text if isinstance(text, tuple) else (text,):
            assert any(sorted(_PLACE.findall(o)) == sorted(_PLACE.findall(translated)) for o in originals), key
            if originals[0].endswith("?"):
                assert translated.endswith("?"), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_text(language: str) -> None:
    content = (LOCALES / language / "LC_MESSAGES/django.mo").read_bytes()
    compiled = {_key(m): _frozen(m.string) for m in read_mo(io.BytesIO(content)) if m.id}
    expected = {key: _frozen(text) for key, text in read(language).items()}
    assert compiled == expected, "run python tools/write_messages.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_writing_a_catalogue_again_changes_nothing(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = write_messages.read_catalogue(language)
    monkeypatch.setattr(write_messages, "LOCALES", tmp_path)
    write_messages.write_catalogue(language, catalogue)
    for name in ("django.po", "django.mo"):
        path = Path(language, "LC_MESSAGES", name)
        assert (tmp_path / path).read_bytes() == (LOCALES / path).read_bytes(), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_answers_to_a_question_read_alike(language: str) -> None:
    by_question: dict[str, list[str]] = {}
    for (question, *_), answer in read(language).items():
        if question is not None:
            by_question.setdefault(question, []).append(answer)
    assert len(by_question) > 50
    assert {question for question, answers in by_question.items() if len(set(answers)) < len(answers)} == set()


@pytest.mark.parametrize(
    ("language", "question", "answer", "words"),
    [
        ("de", "How hard was it to enjoy things?", "not hard", "nicht schwer"),
        ("de", "How hard does it hit you when someone close is slow to reply?", "not hard", "nicht hart"),
        ("de", "How hard were you on yourself?", "very hard", "sehr streng"),
        ("de", "How much time did you spend with other people?", "a great deal", "sehr viel"),
        ("es", "How much strain was there with people who matter to you?", "none", "ninguna"),
        ("es", "How much support did you get from people close to you?", "none", "ninguno"),
    ],
)
def test_an_answer_is_translated_for_its_question(language: str, question: str, answer: str, words: str) -> None:
    (item,) = {i for part in instruments().values() for i in part.items if i.text == question and part.own_wording}
    with translation.override(language):
        field = item_field(item, in_full=True)
    assert answer in {item.low_label, item.high_label}
    assert words in {field.low_label, field.high_label}


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
