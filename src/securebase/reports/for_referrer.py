"""Report to the referrer: course, focus, change with its limits, and the therapist's own words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, Worksheet, WorksheetGroup
from securebase.picture import phrases
from securebase.picture.outcomes import outcome_facts, why_not_known
from securebase.reports import change_section
from securebase.reports.document import Block, Document, Facts, Heading, Paragraph
from securebase.reports.part import Case, ReportPart, assemble_document, build_blocks, default_parts
from securebase.reports.selection import select_artefacts
from securebase.reports.worksheet_parts import GOALS, goals_part, missing_part, sheet_part

#: Groups of worksheets placed before the course of symptoms; all others come after it.
BEFORE_CHANGE = frozenset({WorksheetGroup.BEGINNING, WorksheetGroup.PEOPLE, WorksheetGroup.FOCUS})


def parts(case: Case, shelf: Mapping[str, Worksheet] | None = None) -> tuple[ReportPart, ...]:
    """Return all parts of the report to a referrer, in order."""
    shelf = worksheets() if shelf is None else shelf
    selected = {s.worksheet.id: s for s in select_artefacts(Audience.REFERRER, case.record, shelf)}
    closing = "Current status" if case.record.ended_at is None else "Ending"
    before: list[ReportPart] = []
    after: list[ReportPart] = []
    for name, worksheet in shelf.items():
        section = before if worksheet.group in BEFORE_CHANGE else after
        if name in selected:
            part = sheet_part(Audience.REFERRER, case, selected[name], skip=GOALS)
            section += [part] if part is not None else []
        elif Audience.REFERRER in worksheet.expected_in:
            section.append(missing_part(worksheet, reason=_missing_reason(case, worksheet)))
    return (
        ReportPart("course", "Course", "Dates, sessions held, focus and phase", partial(_course, case)),
        *before,
        goals_part(Audience.REFERRER, case, tuple(selected.values()), "Goals"),
        _change(case),
        _outcomes(case),
        *after,
        _free_text("closing", f"{closing}, in your words", case.closing_words, closing),
        _free_text("recommendations", "Recommendations", case.recommendations, "Recommendations"),
    )


def document(
    case: Case, ticked: Collection[str] | None = None, shelf: Mapping[str, Worksheet] | None = None
) -> Document:
    """Return the report with the ticked parts, or with the default parts if `ticked` is None."""
    offered = parts(case, shelf)
    ids = default_parts(offered) if ticked is None else frozenset(ticked)
    blocks = build_blocks(offered, ids)
    if case.therapist:
        blocks = (*blocks, Paragraph(f"With kind regards\n{case.therapist}{f', {case.clinic}' if case.clinic else ''}"))
    addressee = f"To {case.reader}" if case.reader else ""
    return assemble_document(
        case,
        Audience.REFERRER,
        title=f"Report on {case.name}" if case.name else "Report",
        kicker="Interpersonal psychotherapy (IPT) · confidential",
        subtitle=addressee,
        blocks=blocks,
    )


def _missing_reason(case: Case, worksheet: Worksheet) -> str:
    artefacts = case.record.artefacts_of(worksheet.id)
    if artefacts and worksheet.agreement:
        return "Not agreed with the client yet, so it cannot be shared."
    return f"Nothing yet. {worksheet.about}"


def _course(case: Case) -> tuple[Block, ...]:
    record = case.record
    n_sessions, planned = len(record.sessions), record.planned_sessions
    rows = []
    if record.began_on is not None:
        rows.append(("Start", case.day(0.0)))
    rows.append(("Sessions held", f"{n_sessions} of {planned} planned" if planned else f"{n_sessions}"))
    if n_sessions:
        rows.append(
            ("First and last session", f"{case.day(record.sessions[0].at)} to {case.day(record.sessions[-1].at)}")
        )
    if record.ended_at is not None:
        ending = f", {record.ending.label.lower()}" if record.ending else ""
        rows.append(("End", f"{case.day(record.ended_at)}{ending}"))
    elif record.phase is not None:
        rows.append(("Phase", record.phase.label))
    if record.problem_areas:
        rows.append(("Focus", ", ".join(area.label for area in record.problem_areas)))
    return (Heading("Course"), Facts(tuple(rows)))


def _change(case: Case) -> ReportPart:
    part = case.picture.symptoms
    title = f"Change in {part.subject.lower()}"
    return ReportPart(
        "change",
        title,
        f"{phrases.count(len(part.reported), 'score')} ({part.measure}), reliable change and its limits",
        lambda: (Heading(title), *change_section.colleague_blocks(case.picture)),
        missing="" if part.reported else "No symptom score yet.",
    )


def _outcomes(case: Case) -> ReportPart:
    outcomes, note = case.picture.outcomes, why_not_known(case.picture.outcomes)
    names = phrases.join_names([outcome.name.lower() for outcome in outcomes])
    return ReportPart(
        "outcomes",
        "Outcomes",
        f"{names.capitalize()}, each with reliable change or “not known yet”",
        lambda: (Heading("Outcomes"), Facts(outcome_facts(outcomes)), *map(Paragraph, filter(None, [note]))),
        missing="" if any(outcome.asked for outcome in outcomes) else "No score yet.",
    )


def _free_text(name: str, label: str, text: str, heading: str) -> ReportPart:
    return ReportPart(
        name,
        label,
        "Your text below",
        lambda: (Heading(heading), Paragraph(text.strip())),
        missing="" if text.strip() else "You have not written this yet.",
    )
