"""The report to the referrer: course, focus, change with its limits, and the therapist's own words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, Worksheet, WorksheetGroup
from securebase.reports import change_section
from securebase.reports.document import Block, Document, Facts, Heading, Paragraph
from securebase.reports.part import Case, ReportPart, bound, together, usual
from securebase.reports.selection import chosen
from securebase.reports.worksheet_parts import GOALS, goals_part, missing_part, sheet_part

#: Where each group of worksheets stands: before the course of symptoms, or after it.
BEFORE = frozenset({WorksheetGroup.BEGINNING, WorksheetGroup.PEOPLE, WorksheetGroup.FOCUS})
#: Without these a colleague will ask.
HOPED_FOR = ("diagnosis", "formulation", "disposition")


def parts(case: Case, shelf: Mapping[str, Worksheet] | None = None) -> tuple[ReportPart, ...]:
    """Return all parts of the report to a referrer, in order."""
    known = worksheets() if shelf is None else shelf
    selected = {c.worksheet.id: c for c in chosen(Audience.REFERRER, case.record, known)}
    first: list[ReportPart] = []
    later: list[ReportPart] = []
    for name, worksheet in known.items():
        place = first if worksheet.group in BEFORE else later
        if name in selected:
            part = sheet_part(Audience.REFERRER, case, selected[name], skip=GOALS)
            place += [part] if part is not None else []
        elif name in HOPED_FOR:
            place.append(missing_part(worksheet, why=_why_not(case, worksheet)))
    return (
        ReportPart("course", "Course", "Dates, sessions held, focus and phase", partial(_course, case)),
        *first,
        goals_part(Audience.REFERRER, case, tuple(selected.values()), "Goals"),
        _change(case),
        *later,
        _words("closing", "How it ended, in your words", case.closing_words, "Ending"),
        _words("recommendations", "Recommendations", case.recommendations, "Recommendations"),
    )


def document(
    case: Case, ticked: Collection[str] | None = None, shelf: Mapping[str, Worksheet] | None = None
) -> Document:
    """Return the report with the ticked parts, or with the default parts if `ticked` is None."""
    offered = parts(case, shelf)
    ids = usual(offered) if ticked is None else frozenset(ticked)
    blocks = together(offered, ids)
    if case.therapist:
        blocks = (*blocks, Paragraph(f"With kind regards\n{case.therapist}{f', {case.clinic}' if case.clinic else ''}"))
    to_whom = f"To {case.reader}" if case.reader else ""
    return bound(
        case,
        Audience.REFERRER,
        title=f"Report on {case.name}" if case.name else "Report",
        kicker="Interpersonal psychotherapy (IPT) · confidential",
        subtitle=to_whom,
        blocks=blocks,
    )


def _why_not(case: Case, worksheet: Worksheet) -> str:
    artefacts = case.record.artefacts_of(worksheet.id)
    if artefacts and worksheet.agreement:
        return "It is not agreed with the client yet, so it does not go to anybody else."
    return f"Nothing yet. {worksheet.about}"


def _course(case: Case) -> tuple[Block, ...]:
    record = case.record
    held, planned = len(record.sessions), record.planned_sessions
    rows = []
    if record.began_on is not None:
        rows.append(("Began", case.day(0.0)))
    rows.append(("Sessions held", f"{held} of {planned} planned" if planned else f"{held}"))
    if held:
        rows.append(("First and last", f"{case.day(record.sessions[0].at)} to {case.day(record.sessions[-1].at)}"))
    if record.ended_at is not None:
        how = f", {record.ending.label.lower()}" if record.ending else ""
        rows.append(("Ended", f"{case.day(record.ended_at)}{how}"))
    elif record.phase is not None:
        rows.append(("Now", f"{record.phase.label} phase"))
    if record.problem_areas:
        rows.append(("Focus", ", ".join(area.label for area in record.problem_areas)))
    return (Heading("Course"), Facts(tuple(rows)))


def _change(case: Case) -> ReportPart:
    part = case.picture.symptoms
    return ReportPart(
        "change",
        "Change in symptoms",
        f"{len(part.reported)} reports on the {part.measure}, reliable change, and how far it can be trusted",
        lambda: (Heading("Change in symptoms"), *change_section.for_colleague(case.picture)),
        missing="" if part.reported else "No symptom score was recorded yet.",
    )


def _words(name: str, label: str, text: str, heading: str) -> ReportPart:
    return ReportPart(
        name,
        label,
        "What you write below",
        lambda: (Heading(heading), Paragraph(text.strip())),
        missing="" if text.strip() else "Nothing is written below yet.",
    )
