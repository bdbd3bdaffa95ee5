"""Worksheets as parts of a report, one part per worksheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from securebase.ipt.pseudonyms import replace_dates, replace_names
from securebase.ipt.worksheet import Audience, Worksheet
from securebase.records.artefact import ArtefactRecord
from securebase.records.vocabulary import Agreement
from securebase.reports.document import Block, Facts, Heading, Paragraph, TextTone
from securebase.reports.goals_section import FIELD, goals, holds_goals
from securebase.reports.part import Case, ReportPart
from securebase.reports.selection import Chosen, people
from securebase.reports.worksheet_section import in_one_table, section

CONFIRM = "Tick it once you have made sure that each of these facts is right and meant for the reader."
#: Fields that every report tells of in one table.
GOALS = frozenset({FIELD})
SHEET = "sheet-"
#: Labels named in a preview before it says “and more”.
MOST_LABELS = 6


def sheet_part(
    report: Audience, case: Case, chosen: Chosen, *, heading: str = "", skip: frozenset[str] = frozenset()
) -> ReportPart | None:
    """All artefacts of one worksheet that may go in. `skip`: fields that stand elsewhere in the report; None where
    nothing is left besides.
    """
    left = replace(chosen.worksheet, fields=tuple(f for f in chosen.worksheet.fields if f.id not in skip))
    cut = Chosen(left, tuple(a for a in chosen.artefacts if {f.id for f in left.fields} & set(a.values)))
    if not cut.artefacts:
        return None
    ask = CONFIRM if report is Audience.REFERRER and chosen.about_risk else ""
    return ReportPart(
        id=part_id(chosen.worksheet),
        label=chosen.worksheet.name,
        says=_says(report, case, cut),
        make=partial(sheet_blocks, report, case, cut, heading or chosen.worksheet.name),
        wanted=not ask,
        ask=ask,
    )


def part_id(worksheet: Worksheet) -> str:
    return f"{SHEET}{worksheet.id}"


def sheet_of(part: ReportPart) -> str:
    """Return the id of the worksheet behind a part; empty for other parts."""
    return part.id.removeprefix(SHEET) if part.id.startswith(SHEET) else ""


def sheet_blocks(report: Audience, case: Case, chosen: Chosen, heading: str) -> tuple[Block, ...]:
    """Return a heading and every artefact below it, in one table if they are many and short."""
    names = people(report, case.record)
    artefacts = [readable(report, case, chosen.worksheet, a, names) for a in shown_of(chosen)]
    table = in_one_table(chosen.worksheet, artefacts, names, lambda a: case.when(a, report))
    if table is not None:
        return (Heading(heading), table)
    blocks: list[Block] = [Heading(heading)]
    for artefact in artefacts:
        blocks += _one(report, case, chosen.worksheet, artefact, names, alone=len(artefacts) == 1)
    return tuple(blocks)


def shown_of(chosen: Chosen) -> tuple[ArtefactRecord, ...]:
    """What is told one by one: of sheets about people outside a session, the last about each; else all of them."""
    if not chosen.worksheet.about_person or chosen.worksheet.in_session:
        return chosen.artefacts
    return tuple({a.about: a for a in chosen.artefacts}.values())


def readable(
    report: Audience, case: Case, worksheet: Worksheet, artefact: ArtefactRecord, names: Mapping[str, str]
) -> ArtefactRecord:
    """The artefact as this reader may have it: for anybody but the client without names, for a supervisor without
    calendar days too.
    """
    if report is Audience.CLIENT:
        return artefact
    anonymous = replace_names(worksheet, artefact, case.record, names, case.hidden)
    return replace_dates(worksheet, anonymous, case.record.began_on) if report is Audience.SUPERVISOR else anonymous


def _one(
    report: Audience,
    case: Case,
    worksheet: Worksheet,
    artefact: ArtefactRecord,
    names: Mapping[str, str],
    *,
    alone: bool,
) -> tuple[Block, ...]:
    """One artefact; its own heading is left out where it stands alone. Says what the client said to it."""
    when = case.when(artefact, report)
    shown = section(worksheet, artefact, people=names, when=when)
    if not shown:
        return ()
    remark = ""
    if worksheet.agreement and artefact.agreement is not Agreement.OPEN:
        remark = f"{artefact.agreement.label}, {when}"
    elif alone:
        remark = when
    note = (Paragraph(f"{remark[:1].upper()}{remark[1:]}", TextTone.SOFT),) if remark else ()
    about = (Facts((("With", names[artefact.about]),)),) if alone and artefact.about in names else ()
    return (*note, *about, *shown[1:]) if alone else (shown[0], *note, *shown[1:])


def goals_part(report: Audience, case: Case, sheets: Sequence[Chosen], heading: str) -> ReportPart:
    """Return the part with the goals of the contract and every review in one table."""
    ready = holds_goals(sheets)
    return ReportPart(
        id="goals",
        label="Goals and how they stand",
        says="Goals of the contract with where they stood at each review",
        make=partial(_goals, report, case, tuple(sheets), heading),
        missing="" if ready else "No goals that may be shown here yet. They come with the contract.",
    )


def _goals(report: Audience, case: Case, sheets: Sequence[Chosen], heading: str) -> tuple[Block, ...]:
    names = people(report, case.record)
    shown = [
        Chosen(sheet.worksheet, tuple(readable(report, case, sheet.worksheet, a, names) for a in sheet.artefacts))
        for sheet in sheets
    ]
    return (Heading(heading), *goals(shown, lambda a: _short_when(report, case, a)))


def _short_when(report: Audience, case: Case, artefact: ArtefactRecord) -> str:
    return f"Session {artefact.session}" if artefact.session is not None else case.when(artefact, report)


def missing_part(worksheet: Worksheet, *, why: str = "") -> ReportPart:
    """Return the part of a worksheet without content so far."""
    return ReportPart(
        id=part_id(worksheet),
        label=worksheet.name,
        says="",
        make=tuple,
        missing=why or f"Nothing yet. {worksheet.about}",
    )


def _says(report: Audience, case: Case, chosen: Chosen) -> str:
    n, last = len(chosen.artefacts), max(chosen.artefacts, key=lambda a: a.at)
    used = {name for a in chosen.artefacts for name in a.values}
    labels = [f.label.rstrip("?:. ") for f in chosen.worksheet.fields if f.id in used]
    named = ", ".join(labels[:MOST_LABELS]) + (" and more" if len(labels) > MOST_LABELS else "")
    count = "" if n == 1 else f"{n} of them; "
    return f"{count}{named} (last changed {case.when(last, report)})"
