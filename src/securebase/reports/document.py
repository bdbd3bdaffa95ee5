"""Content of a report on paper: plain blocks of text, tables and pictures, without layout."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from securebase import schema


class TextTone(StrEnum):
    """Tone of a paragraph or a box."""

    PLAIN = "plain"
    SOFT = "soft"
    LEAD = "lead"
    QUOTE = "quote"
    ALERT = "alert"


#: most letters of a cell in a narrow column
SHORT_CELL = 16


class Heading(Struct, frozen=True, tag_field="kind", tag="heading"):
    """A heading of level 1 to 3, not counting the title of the document."""

    text: str
    level: int = 1


class Paragraph(Struct, frozen=True, tag_field="kind", tag="paragraph"):
    """A paragraph; line breaks in the text are preserved."""

    text: str
    tone: TextTone = TextTone.PLAIN


class Facts(Struct, frozen=True, tag_field="kind", tag="facts"):
    """Pairs of a label and its value."""

    rows: tuple[tuple[str, str], ...]


class Bullets(Struct, frozen=True, tag_field="kind", tag="bullets"):
    """A bulleted list."""

    items: tuple[str, ...]


class Table(Struct, frozen=True, tag_field="kind", tag="table"):
    """A table with column names in `head` and row names in the first cells.

    numbers: right-aligned columns. narrow: columns as narrow as their longest cell, computed by default.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    narrow: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Find the narrow columns: not all of them, so that the table fills the line."""
        force_setattr(self, "narrow", self.narrow or _narrow_columns(self))


class RatingScale(Struct, frozen=True, tag_field="kind", tag="scale"):
    """A number on a line between two labelled ends. `value` is None if unanswered."""

    label: str
    value: float | None
    minimum: float = 0.0
    maximum: float = 10.0
    low_label: str = ""
    high_label: str = ""


class Picture(Struct, frozen=True, tag_field="kind", tag="picture"):
    """An SVG picture. Raises ValueError without `alt`, its text alternative for readers who cannot see it."""

    svg: str
    alt: str
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("a picture needs a text alternative (alt) for readers who cannot see it")


class Pictures(Struct, frozen=True, tag_field="kind", tag="pictures"):
    """Pictures side by side."""

    side_by_side: tuple[Picture, ...]


class Box(Struct, frozen=True, tag_field="kind", tag="box"):
    """Framed blocks under a title, kept on one page if they fit."""

    title: str
    blocks: tuple[Block, ...]
    tone: TextTone = TextTone.PLAIN


Block: TypeAlias = Heading | Paragraph | Facts | Bullets | Table | RatingScale | Picture | Pictures | Box


class Document(Struct, frozen=True):
    """One report. `foot` is printed at the foot of every page beside its number.

    made_on: ISO day, or empty. Nothing else in a report depends on the day on which it is made.
    """

    title: str
    kicker: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    foot: str = ""
    made_on: str = ""
    language: str = "en"
    keywords: tuple[str, ...] = ()


def to_plain(document: Document) -> dict[str, Any]:
    """Return the document as plain JSON values; every block names its kind."""
    fixed = msgspec.structs.replace(document, blocks=fix_heading_levels(document.blocks))
    plain: dict[str, Any] = schema.to_builtins(fixed)
    return plain


def fix_heading_levels(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the blocks with heading levels that increase one at a time.

    With a screen reader, a skipped level sounds like a missing section.
    """
    level = 0
    result: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading):
            level = min(block.level, level + 1)
            result.append(msgspec.structs.replace(block, level=level))
        else:
            result.append(block)
    return tuple(result)


def _narrow_columns(table: Table) -> tuple[int, ...]:
    columns = range(len(table.head))
    short = [n for n in columns if all(len(row[n]) <= SHORT_CELL for row in (table.head, *table.rows))]
    compact = sorted({*short, *table.numbers})
    return tuple(compact if len(compact) < len(columns) else compact[1:])


def texts(document: Document) -> Iterator[str]:
    """Yield every text of the document in reading order."""
    yield from (document.kicker, document.title, document.subtitle)
    for block in document.blocks:
        yield from _texts(schema.to_builtins(block))
    yield document.foot


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in {"kind", "tone"}:
                yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
