"""A document becomes a tagged PDF (PDF/UA-1). Texts reach the typesetter as data: none is ever read as markup."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from importlib import import_module, resources
from typing import Any

from securebase.errors import InputError
from securebase.reports.document import Document, to_plain

#: A word so long that it would leave the page gets places to break.
_VERY_LONG, _PLACES = re.compile(r"\S{31,}"), re.compile(r"\S{10}")
_NO_FONT, _STANDARD = "could not be displayed with font", "PDF/UA-1 error"
#: Said at the end of a report in which a character has no picture.
CANNOT_SHOW = (
    "Some characters of this report cannot be shown: the machine that made it has no font for them. They are safe in "
    "the record."
)


def pdf(document: Document) -> bytes:
    """The document as one PDF file, the same bytes for the same document and fonts.

    Tagged, with language and title, for screen readers. Where something stands against PDF/UA (the machine has no font
    for a character: the file says so at its end) it is still made and tagged, and does not claim to be PDF/UA. Raises
    InputError where typst is missing.
    """
    typst = _typst()
    data = _clean(to_plain(document))
    try:
        return _compiled(data, ["ua-1"])
    except typst.TypstError as error:
        if _STANDARD not in str(error):
            raise
        remark = [{"kind": "paragraph", "text": CANNOT_SHOW, "tone": "soft"}] if _NO_FONT in str(error) else []
    return _compiled(data | {"blocks": [*data["blocks"], *remark]}, [])


def _compiled(data: dict[str, Any], standards: list[str]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    compiler = _typst().Compiler(_template(), font_paths=_fonts())
    output = compiler.compile(format="pdf", sys_inputs={"document": text}, pdf_standards=standards, timestamp=0)
    assert isinstance(output, bytes)
    return output


def _typst() -> Any:
    """The typesetter, loaded when the first report is made: nothing else needs it."""
    try:
        return import_module("typst")
    except ImportError:
        raise InputError(
            "PDF files need the package typst, which is not installed",
            advice="Install it with: pip install 'securebase[workbench]'.",
        ) from None


@cache
def _fonts() -> Any:
    """Fonts that come with typst, then those of the machine for what they lack. Looked for once."""
    return _typst().Fonts()


@cache
def _template() -> bytes:
    return (resources.files("securebase.reports") / "templates" / "document.typ").read_bytes()


def _clean(value: Any) -> Any:
    """Texts without control characters and with places to break in very long words."""
    if isinstance(value, dict):
        return {key: item if key == "svg" else _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if not isinstance(value, str):
        return value
    printable = "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Cn"})
    return _VERY_LONG.sub(lambda word: _PLACES.sub("\\g<0>\u200b", word[0]), printable)
