"""Completed worksheets in a report: labels and values, scales, tables, and quotations of the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from securebase.ipt.rendering import RenderedField, render_fields, title_in_words
from securebase.ipt.worksheet import EXTENTS, Field, FieldKind, Worksheet
from securebase.records.artefact import ArtefactRecord
from securebase.reports.document import Block, Bullets, Facts, Heading, Paragraph, RatingScale, Table, TextTone

#: Tables with more columns or longer cells are unreadable on A4; their rows are listed one after the other.
MAX_COLUMNS, MAX_CELL = 5, 120
#: Longer texts are placed below their label, not beside it.
MAX_FACT = 160
#: sessions side by side in one table
MAX_SESSIONS = 16


def section(
    worksheet: Worksheet,
    artefact: ArtefactRecord,
    *,
    people: Mapping[str, str],
    time: str = "",
    level: int = 2,
    skip: frozenset[str] = frozenset(),
) -> tuple[Block, ...]:
    """Return one artefact under its heading, or nothing if no field is filled in.

    `worksheet` holds the fields that may be shown. `time` is the day or session in words. Fields in `skip` are left
    out because they appear elsewhere.
    """
    rendered = [s for s in render_fields(worksheet, artefact.values, people) if s.field.id not in skip]
    if not rendered:
        return ()
    partner = people.get(artefact.about, "") if artefact.about else ""
    title = title_in_words(worksheet, artefact.values, people)
    heading = " · ".join(part for part in (partner, title if _is_short(title) else "", time) if part) or worksheet.name
    return (Heading(heading[:1].upper() + heading[1:], level), *blocks(rendered, artefact))


def blocks(rendered: Sequence[RenderedField], artefact: ArtefactRecord) -> tuple[Block, ...]:
    """Return the fields, with the section headings of the worksheet if more than one is used."""
    result: list[Block] = []
    sections = list(dict.fromkeys(s.field.section for s in rendered))
    for name, part in groupby(rendered, key=lambda s: s.field.section):
        if name and len(sections) > 1:
            result.append(Heading(name, 3))
        for is_fact, group in groupby(part, key=_is_fact):
            if is_fact:
                result.append(Facts(tuple((s.field.label, s.words) for s in group)))
            else:
                for answer in group:
                    result += _field_blocks(answer, artefact)
    return tuple(result)


def _is_short(text: str) -> bool:
    return len(text) <= 60


def _is_fact(answer: RenderedField) -> bool:
    if answer.field.kind in {FieldKind.SCALE, FieldKind.ROWS} or answer.field.quote:
        return False
    return len(answer.words) <= MAX_FACT


def _field_blocks(answer: RenderedField, artefact: ArtefactRecord) -> list[Block]:
    field = answer.field
    if field.kind is FieldKind.SCALE:
        value = artefact.number(field.id)
        return [RatingScale(field.label, value, field.minimum, field.maximum, field.low_label, field.high_label)]
    if field.kind is FieldKind.ROWS:
        return list(_row_blocks(answer))
    tone = TextTone.QUOTE if field.quote else TextTone.PLAIN
    return [Paragraph(field.label, TextTone.SOFT), Paragraph(answer.words, tone)]


def _row_blocks(answer: RenderedField) -> tuple[Block, ...]:
    columns = [c for c in answer.field.columns if any(c.id == f.id for row in answer.rows for f, _ in row)]
    if len(columns) == 1:
        items = tuple(
            f"{f.label} {words}" if f.kind is FieldKind.DATE else words for row in answer.rows for f, words in row
        )
        return (Paragraph(answer.field.label, TextTone.SOFT), Bullets(items))
    longest = max((len(words) for row in answer.rows for _, words in row), default=0)
    if len(columns) <= MAX_COLUMNS and longest <= MAX_CELL:
        cells = [{f.id: words for f, words in row} for row in answer.rows]
        rows = tuple(tuple(row.get(c.id, "–") for c in columns) for row in cells)
        return (Table(answer.field.label, tuple(c.label for c in columns), rows),)
    result: list[Block] = [Paragraph(answer.field.label, TextTone.SOFT)]
    for number, row in enumerate(answer.rows, 1):
        first, *other_cells = row or ((answer.field, ""),)
        result.append(Heading(f"{number}. {first[1]}" if _is_short(first[1]) else f"{number}.", 3))
        pairs = other_cells if _is_short(first[1]) else row
        if pairs:
            result.append(Facts(tuple((f.label, words) for f, words in pairs)))
    return tuple(result)


def combined_table(
    worksheet: Worksheet,
    artefacts: Sequence[ArtefactRecord],
    people: Mapping[str, str],
    time_label: Callable[[ArtefactRecord], str],
) -> Table | None:
    """Return several short artefacts as one table, a row each; None if it would be unreadable."""
    texts = [(a, {s.field.id: s.words for s in render_fields(worksheet, a.values, people)}) for a in artefacts]
    columns = [f for f in worksheet.fields if any(f.id in words for _, words in texts)]
    longest = max((len(w) for _, words in texts for w in words.values()), default=0)
    rows_inside = any(f.kind is FieldKind.ROWS for f in columns)
    if len(texts) < 2 or not columns or rows_inside or len(columns) > MAX_COLUMNS or longest > MAX_CELL / 2:
        return None
    has_person = any(a.about in people for a, _ in texts)
    head = (*(["With"] if has_person else []), *(f.label for f in columns), "Recorded")
    rows = tuple(
        (*([people.get(a.about, "–")] if has_person else []), *(words.get(f.id, "–") for f in columns), time_label(a))
        for a, words in texts
    )
    return Table("", head, rows)


def tables_by_session(worksheet: Worksheet, artefacts: Sequence[ArtefactRecord]) -> tuple[Table, ...]:
    """Return numbers and yes/no answers by session: a row for each field, a column for each session."""
    artefacts_by_session = sorted((a for a in artefacts if a.session is not None), key=lambda a: a.session or 0)
    used = [
        f
        for f in worksheet.fields
        if fits_column(f) and any(a.values.get(f.id) is not None for a in artefacts_by_session)
    ]
    extent = any(f.kind is FieldKind.EXTENT for f in used)
    legend = f" ({', '.join(f'{n} {word}' for n, word in enumerate(EXTENTS))})" if extent else ""
    return tuple(
        _matrix(f"By session{legend}", used, artefacts_by_session[k : k + MAX_SESSIONS])
        for k in range(0, len(artefacts_by_session) if used else 0, MAX_SESSIONS)
    )


def fits_column(field: Field) -> bool:
    """Return whether the answers of a field are short enough for a table with a column for each session."""
    return field.kind in {FieldKind.EXTENT, FieldKind.SCALE, FieldKind.NUMBER, FieldKind.YES_NO}


def _matrix(caption: str, fields: Sequence[Field], artefacts: Sequence[ArtefactRecord]) -> Table:
    head = ("Session", *(f"{a.session}" for a in artefacts))
    rows = tuple((f.label, *(_cell(a, f) for a in artefacts)) for f in fields)
    return Table(caption, head, rows, tuple(range(1, len(artefacts) + 1)))


def _cell(artefact: ArtefactRecord, field: Field) -> str:
    value = artefact.values.get(field.id)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return f"{value:g}" if isinstance(value, int | float) else "–"
