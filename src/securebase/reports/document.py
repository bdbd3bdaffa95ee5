"""Content of a report on paper: plain blocks of text, tables and pictures, without layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias


class TextTone(StrEnum):
    """Tone of a paragraph or a box."""

    PLAIN = "plain"
    SOFT = "soft"
    LEAD = "lead"
    QUOTE = "quote"
    ALERT = "alert"


#: most letters of a cell in a narrow column
SHORT_CELL = 16


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 to 3, not counting the title of the document."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; line breaks in the text are preserved."""

    text: str
    tone: TextTone = TextTone.PLAIN


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a label and its value."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A bulleted list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with column names in `head` and row names in the first cells. numbers: right-aligned columns."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RatingScale:
    """A number on a line between two labelled ends. `value` is None if unanswered."""

    label: str
    value: float | None
    minimum: float = 0.0
    maximum: float = 10.0
    low_label: str = ""
    high_label: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG picture. Raises ValueError without `alt`, its text alternative for readers who cannot see it."""

    svg: str
    alt: str
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError("a picture needs a text alternative (alt) for readers who cannot see it")


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures side by side."""

    side_by_side: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """Framed blocks, kept on one page if they fit."""

    blocks: tuple[Block, ...]
    title: str = ""
    tone: TextTone = TextTone.PLAIN


#: block → its kind in `document.typ`
_KINDS: Mapping[type, str] = {
    Heading: "heading",
    Paragraph: "paragraph",
    Facts: "facts",
    Bullets: "bullets",
    RatingScale: "scale",
    Picture: "picture",
    Pictures: "pictures",
}

Block: TypeAlias = Heading | Paragraph | Facts | Bullets | Table | RatingScale | Picture | Pictures | Box


@dataclass(frozen=True, slots=True)
class Document:
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
    keywords: tuple[str, ...] = field(default=())


def to_plain(document: Document) -> dict[str, Any]:
    """Return the document as plain JSON values; every block names its kind."""
    parts = {name: value for name, value in asdict(document).items() if name != "blocks"}
    return {**parts, "blocks": [_plain(block) for block in fix_heading_levels(document.blocks)]}


def fix_heading_levels(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return the blocks with heading levels that increase one at a time.

    With a screen reader, a skipped level sounds like a missing section.
    """
    level = 0
    result: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading):
            level = min(block.level, level + 1)
            result.append(replace(block, level=level))
        else:
            result.append(block)
    return tuple(result)


def _plain(block: Block | Picture) -> dict[str, Any]:
    if isinstance(block, Box):
        return {"kind": "box", "title": block.title, "tone": block.tone, "blocks": [_plain(b) for b in block.blocks]}
    if isinstance(block, Table):
        return {"kind": "table", **asdict(block), "narrow": narrow_columns(block)}
    return {"kind": _KINDS[type(block)], **asdict(block)}


def narrow_columns(table: Table) -> list[int]:
    """Return the columns that are as narrow as their longest cell; never all, so that the table fills the line."""
    columns = range(len(table.head))
    short = [n for n in columns if all(len(row[n]) <= SHORT_CELL for row in (table.head, *table.rows))]
    compact = sorted({*short, *table.numbers})
    return compact if len(compact) < len(columns) else compact[1:]


def texts(document: Document) -> Iterator[str]:
    """Yield every text of the document in reading order."""
    yield from (document.kicker, document.title, document.subtitle)
    for block in document.blocks:
        yield from _texts(_plain(block))
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
