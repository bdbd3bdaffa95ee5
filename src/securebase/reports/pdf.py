"""Documents as tagged PDF (PDF/UA-1). Texts reach the typesetter as data and are never read as markup."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from importlib import import_module, resources
from typing import Any

from securebase.charts.tokens import LIGHT
from securebase.errors import InputError
from securebase.reports.document import Document, to_plain

#: Words long enough to leave the page, and the pieces after which they may break.
_LONG_WORD, _PIECE = re.compile(r"\S{31,}"), re.compile(r"\S{10}")
#: Phrases in typst's errors, which have no codes.
_NO_FONT, _STANDARD = "could not be displayed with font", "PDF/UA-1 error"
#: Last paragraph of a report with a character that no font has.
CANNOT_SHOW = (
    "Some characters of this report cannot be shown: the machine that made it has no font for them. They are safe in "
    "the record."
)


def pdf(document: Document) -> bytes:
    """Return the document as one PDF file, with the same bytes for the same document and fonts.

    The file is tagged, with language and title, for screen readers. If it violates PDF/UA, for example because no font
    has one of its characters, it is still tagged but does not claim PDF/UA, and a note at its end names a missing font.
    Raises InputError if typst is not installed.
    """
    typst = _typst()
    data = _clean(to_plain(document))
    try:
        return _compile(data, ["ua-1"])
    except typst.TypstError as error:
        if _STANDARD not in str(error):
            raise
        note = [{"kind": "paragraph", "text": CANNOT_SHOW, "tone": "soft"}] if _NO_FONT in str(error) else []
    return _compile(data | {"blocks": [*data["blocks"], *note]}, [])


def _compile(data: dict[str, Any], standards: list[str]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    compiler = _typst().Compiler(_template(), font_paths=_fonts())
    output = compiler.compile(
        format="pdf",
        sys_inputs={"document": text, "colours": json.dumps(dict(LIGHT))},
        pdf_standards=standards,
        timestamp=0,
    )
    assert isinstance(output, bytes)
    return output


def _typst() -> Any:
    """Return the typesetter, loaded with the first report because nothing else needs it."""
    try:
        return import_module("typst")
    except ImportError:
        raise InputError(
            "PDF files need the package typst, which is not installed",
            advice="Install it with: pip install 'securebase[workbench]'.",
        ) from None


@cache
def _fonts() -> Any:
    """Return the fonts bundled with typst, then those of the machine for missing characters."""
    return _typst().Fonts()


@cache
def _template() -> bytes:
    return (resources.files("securebase.reports") / "templates" / "document.typ").read_bytes()


def _clean(value: Any) -> Any:
    """Return texts without control characters and with break opportunities (U+200B) in very long words."""
    if isinstance(value, dict):
        return {key: item if key == "svg" else _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if not isinstance(value, str):
        return value
    printable = "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Cn"})
    return _LONG_WORD.sub(lambda word: _PIECE.sub("\\g<0>\u200b", word[0]), printable)
