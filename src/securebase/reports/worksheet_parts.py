"""Worksheets as parts of a report, one part per worksheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from securebase.ipt.pseudonyms import replace_dates, replace_names
from securebase.ipt.worksheet import Audience, Worksheet
from securebase.records.artefact import ArtefactRecord
from securebase.records.vocabulary import Agreement
from securebase.reports.document import Block, Facts, Heading, Paragraph, TextTone
from securebase.reports.goals_section import GOALS_FIELD, goals, holds_goals
from securebase.reports.part import Case, ReportPart
from securebase.reports.selection import SelectedArtefacts, names_for_reader
from securebase.reports.worksheet_section import combined_table, section

CONFIRM = "Include it only after checking that every fact is correct and meant for this reader."
#: fields that every report shows together in one table
GOALS = frozenset({GOALS_FIELD})
ID_PREFIX = "sheet-"
#: labels listed in a preview before “and more”
MAX_LABELS = 6


def sheet_part(
    report: Audience, case: Case, sheet: SelectedArtefacts, *, heading: str = "", skip: frozenset[str] = frozenset()
) -> ReportPart | None:
    """Return the part of one worksheet without the fields in `skip`; None if nothing remains.

    Skipped fields appear elsewhere in the report.
    """
    worksheet = replace(sheet.worksheet, fields=tuple(f for f in sheet.worksheet.fields if f.id not in skip))
    field_ids = {f.id for f in worksheet.fields}
    remaining = SelectedArtefacts(worksheet, tuple(a for a in sheet.artefacts if field_ids & set(a.values)))
    if not remaining.artefacts:
        return None
    caution = CONFIRM if report is Audience.REFERRER and sheet.about_risk else ""
    return ReportPart(
        id=part_id(sheet.worksheet),
        label=sheet.worksheet.name,
        preview=_preview(report, case, remaining),
        build=partial(sheet_blocks, report, case, remaining, heading or sheet.worksheet.name),
        by_default=not caution,
        caution=caution,
    )


def part_id(worksheet: Worksheet) -> str:
    """Return the id of the part of a worksheet."""
    return f"{ID_PREFIX}{worksheet.id}"


def worksheet_id(part: ReportPart) -> str:
    """Return the id of the worksheet behind a part; empty for other parts."""
    return part.id.removeprefix(ID_PREFIX) if part.id.startswith(ID_PREFIX) else ""


def sheet_blocks(report: Audience, case: Case, sheet: SelectedArtefacts, heading: str) -> tuple[Block, ...]:
    """Return a heading and the artefacts below it, in one table if there are several short ones."""
    names = names_for_reader(report, case.record)
    artefacts = [adapt_to_reader(report, case, sheet.worksheet, a, names) for a in current_artefacts(sheet)]
    table = combined_table(sheet.worksheet, artefacts, names, lambda a: case.time_label(a, report))
    if table is not None:
        return (Heading(heading), table)
    blocks: list[Block] = [Heading(heading)]
    for artefact in artefacts:
        blocks += _artefact_blocks(report, case, sheet.worksheet, artefact, names, alone=len(artefacts) == 1)
    return tuple(blocks)


def current_artefacts(sheet: SelectedArtefacts) -> tuple[ArtefactRecord, ...]:
    """Return the artefacts to show: all, but only the last about each person for sheets outside a session."""
    if not sheet.worksheet.about_person or sheet.worksheet.in_session:
        return sheet.artefacts
    return tuple({a.about: a for a in sheet.artefacts}.values())


def adapt_to_reader(
    report: Audience, case: Case, worksheet: Worksheet, artefact: ArtefactRecord, names: Mapping[str, str]
) -> ArtefactRecord:
    """Return the artefact for this reader: without names except for the client, without days for a supervisor."""
    if report is Audience.CLIENT:
        return artefact
    anonymous = replace_names(worksheet, artefact, case.record, names, case.hidden)
    return replace_dates(worksheet, anonymous, case.record.began_on) if report is Audience.SUPERVISOR else anonymous


def _artefact_blocks(
    report: Audience,
    case: Case,
    worksheet: Worksheet,
    artefact: ArtefactRecord,
    names: Mapping[str, str],
    *,
    alone: bool,
) -> tuple[Block, ...]:
    """Return one artefact with the client's agreement; without a heading of its own if it is the only one."""
    time = case.time_label(artefact, report)
    content = section(worksheet, artefact, people=names, time=time)
    if not content:
        return ()
    remark = ""
    if worksheet.agreement and artefact.agreement is not Agreement.OPEN:
        remark = f"{artefact.agreement.label}, {time}"
    elif alone:
        remark = time
    note = (Paragraph(f"{remark[:1].upper()}{remark[1:]}", TextTone.SOFT),) if remark else ()
    partner = (Facts((("With", names[artefact.about]),)),) if alone and artefact.about in names else ()
    return (*note, *partner, *content[1:]) if alone else (content[0], *note, *content[1:])


def goals_part(report: Audience, case: Case, sheets: Sequence[SelectedArtefacts], heading: str) -> ReportPart:
    """Return the part with the goals of the contract and every review in one table."""
    ready = holds_goals(sheets)
    return ReportPart(
        id="goals",
        label="Goals and progress",
        preview="Goals from the contract and their progress at each review",
        build=partial(_goals, report, case, tuple(sheets), heading),
        missing="" if ready else "No goals to show yet. They come from the contract.",
    )


def _goals(report: Audience, case: Case, sheets: Sequence[SelectedArtefacts], heading: str) -> tuple[Block, ...]:
    names = names_for_reader(report, case.record)
    adapted = [
        SelectedArtefacts(
            sheet.worksheet, tuple(adapt_to_reader(report, case, sheet.worksheet, a, names) for a in sheet.artefacts)
        )
        for sheet in sheets
    ]
    return (Heading(heading), *goals(adapted, lambda a: _short_when(report, case, a)))


def _short_when(report: Audience, case: Case, artefact: ArtefactRecord) -> str:
    if artefact.session is not None:
        return f"Session {artefact.session}"
    label = case.time_label(artefact, report)
    return label[:1].upper() + label[1:]


def missing_part(worksheet: Worksheet, *, reason: str = "") -> ReportPart:
    """Return the part of a worksheet that has no content yet."""
    return ReportPart(
        id=part_id(worksheet),
        label=worksheet.name,
        preview="",
        build=tuple,
        missing=reason or f"Nothing yet. {worksheet.about}",
    )


def _preview(report: Audience, case: Case, sheet: SelectedArtefacts) -> str:
    n, last = len(sheet.artefacts), max(sheet.artefacts, key=lambda a: a.at)
    used = {name for a in sheet.artefacts for name in a.values}
    labels = [f.label.rstrip("?:. ") for f in sheet.worksheet.fields if f.id in used]
    listed = "; ".join(labels[:MAX_LABELS]) + ("; and more" if len(labels) > MAX_LABELS else "")
    count = "" if n == 1 else f"{n} entries: "
    return f"{count}{listed} (last changed {case.time_label(last, report)})"
