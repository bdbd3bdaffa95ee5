"""Bring the catalogues of translations up to date: `python tools/write_messages.py`.

Texts come from templates, from Python, and from our own questionnaires. The words for an answer have their question as
context, because a translation depends on it: “not hard” is about effort in one question and about pain in another. A
new text is added without a translation; one that is no longer used is removed. Then every catalogue is compiled,
because a fresh machine has no tool for it.
"""

from __future__ import annotations

import ast
import io
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
WORKBENCH = ROOT / "src/securebase/workbench"
LOCALES = WORKBENCH / "locale"
LANGUAGES = ("de", "es")
_TEXT = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b(_|gettext|ngettext)\(\s*({_TEXT})(?:\s*,\s*({_TEXT}))?")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "gettext_noop": None,
}


def texts() -> Iterator[tuple[str, str | tuple[str, str], str | None]]:
    """Yield each text with the file that holds it and its context; a pair is singular and plural."""
    from django.utils.translation.template import templatize

    for path in sorted(WORKBENCH.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        if "i18n" in source:
            yield from ((*text, None) for text in _of_template(path, templatize(source)))
    for path in sorted(WORKBENCH.rglob("*.py")):
        content = path.read_bytes()
        if b"gettext" in content:
            yield from ((*text, None) for text in _of_python(path, content))
    yield from _of_questionnaires()


def _of_template(path: Path, code: str) -> Iterator[tuple[str, str | tuple[str, str]]]:
    """Yield the texts of a template that Django has turned into calls of gettext."""
    name = path.relative_to(ROOT).as_posix()
    for match in _CALL.finditer(code):
        first, second = (match[n] and ast.literal_eval(match[n].lstrip("u")) for n in (2, 3))
        yield name, (first, second) if match[1] == "ngettext" else first


def _of_python(path: Path, content: bytes) -> Iterator[tuple[str, str | tuple[str, str]]]:
    name = path.relative_to(ROOT).as_posix()
    for _, function, messages, _ in extract_python(io.BytesIO(content), KEYWORDS.keys(), (), {"encoding": "utf-8"}):
        if isinstance(messages, tuple):
            yield name, (str(messages[0]), str(messages[1])) if function == "ngettext" else str(messages[0])
        elif messages:
            yield name, str(messages)


def _of_questionnaires() -> Iterator[tuple[str, str, str | None]]:
    """Yield the texts of our own questionnaires, and of two constants that pages translate when they are shown."""
    from securebase.measurement.catalogue import instruments
    from securebase.reports.change_section import NOT_TESTED
    from securebase.workbench.accounts.models import HELP_TEXT

    for line in (*HELP_TEXT.splitlines(), NOT_TESTED):
        yield "help text", line, None
    for instrument in instruments().values():
        if not instrument.own_wording or instrument.respondent != "client":
            continue
        parts: list[tuple[str, str | None]] = [(instrument.name, None), (instrument.window, None)]
        for item in instrument.items:
            answers = (item.low_label, item.high_label, *(option.label for option in item.options))
            parts += [(item.text, None), *((answer, item.text) for answer in answers)]
        for part, context in parts:
            if part.strip():
                yield f"questionnaire {instrument.id}", part, context


def template_catalogue() -> Catalog:
    """Return all texts without translations, in order of appearance."""
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    for name, text, context in texts():
        if text and text != ("", ""):
            catalogue.add(text, locations=[(name, None)], context=context)
    return catalogue


def read_catalogue(language: str) -> Catalog:
    """Return the catalogue of a language, empty if there is none yet."""
    path = LOCALES / language / "LC_MESSAGES/django.po"
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write_catalogue(language: str, catalogue: Catalog) -> None:
    """Write a catalogue and its compiled form, without dates, so that a repetition changes nothing."""
    folder = LOCALES / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=100, omit_header=False, include_lineno=False, sort_by_file=False)
    lines = [line for line in buffer.getvalue().decode().splitlines() if "-Date: " not in line]
    (folder / "django.po").write_text("\n".join(lines) + "\n", encoding="utf-8")
    compiled = read_catalogue(language)
    compiled.creation_date = compiled.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, compiled)


def main() -> None:
    """Update and compile every catalogue, and report what is not translated."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "securebase.workbench.settings")
    import django

    django.setup()
    template = template_catalogue()
    for language in LANGUAGES:
        catalogue = read_catalogue(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        write_catalogue(language, catalogue)
        missing = sum(not message.string or message.string == ("", "") for message in catalogue if message.id)
        sys.stdout.write(f"{language}: {len(catalogue)} texts, {missing} without a translation\n")


if __name__ == "__main__":
    main()
