"""Report for the client, in plain words, from the entries and circles shared with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Audience, Worksheet
from securebase.records.vocabulary import ProblemArea
from securebase.reports import change_section
from securebase.reports.circle_section import circles
from securebase.reports.document import Block, Box, Document, Heading, Paragraph, TextTone
from securebase.reports.part import Case, ReportPart, assemble_document, build_blocks, default_parts
from securebase.reports.selection import first_and_last_circle, names_for_reader, select_artefacts
from securebase.reports.worksheet_parts import GOALS, goals_part, missing_part, sheet_part

#: Problem areas in words for the client.
AREAS = {
    ProblemArea.GRIEF: "the loss of someone close to you",
    ProblemArea.ROLE_DISPUTE: "a conflict with someone who matters to you",
    ProblemArea.ROLE_TRANSITION: "a major change in your life",
    ProblemArea.INTERPERSONAL_DEFICITS: "building and keeping close relationships",
}
NOTHING_YET = (
    "There is nothing to show yet. Your goals, the circle you draw, what you have gained and your plan for staying "
    "well will appear here."
)


def parts(case: Case, shelf: Mapping[str, Worksheet] | None = None) -> tuple[ReportPart, ...]:
    """Return all parts of the client's report, in order."""
    shelf = worksheets() if shelf is None else shelf
    selected = {s.worksheet.id: s for s in select_artefacts(Audience.CLIENT, case.record, shelf)}
    sheets = [
        sheet_part(Audience.CLIENT, case, selected[name], heading=shelf[name].report_heading, skip=GOALS)
        if name in selected
        else missing_part(shelf[name], reason=f"Nothing shared with the client yet. {shelf[name].about}")
        for name in shelf
        if name in selected or Audience.CLIENT in shelf[name].expected_in
    ]
    return (
        ReportPart("course", "What we worked on", "Focus and number of sessions", partial(_course, case)),
        goals_part(Audience.CLIENT, case, tuple(selected.values()), "Your goals and progress"),
        _symptoms(case),
        _circle(case),
        *(part for part in sheets if part is not None),
        _help(case),
    )


def document(
    case: Case, ticked: Collection[str] | None = None, shelf: Mapping[str, Worksheet] | None = None
) -> Document:
    """Return the report with the ticked parts, or with the default parts if `ticked` is None."""
    offered = parts(case, shelf)
    ids = default_parts(offered) if ticked is None else frozenset(ticked)
    blocks = build_blocks(offered, ids)
    if not {p.id for p in offered if p.ready and p.id in ids} - {"course", "help"}:
        after = 2 if "course" in ids else 0  # after the heading and the sentences about the course
        blocks = (*blocks[:after], Paragraph(NOTHING_YET), *blocks[after:])
    therapist = f" with {case.therapist}" if case.therapist else ""
    return assemble_document(
        case,
        Audience.CLIENT,
        title=f"Your therapy, {case.name}" if case.name else "Your therapy",
        kicker="For you to keep",
        subtitle=f"Interpersonal psychotherapy{therapist}",
        blocks=blocks,
    )


def _course(case: Case) -> tuple[Block, ...]:
    record, n_sessions = case.record, len(case.record.sessions)
    sentences = []
    if n_sessions:
        first, last = case.day(record.sessions[0].at), case.day(record.sessions[-1].at)
        sentences.append(
            f"We met {n_sessions} times, from {first} to {last}." if n_sessions > 1 else f"We met once, on {first}."
        )
    if record.problem_areas:
        areas = " and ".join(AREAS[a] for a in record.problem_areas)
        sentences.append(f"We worked on {areas}.")
    if not sentences:
        sentences.append("Your therapy has just begun.")
    return (Heading("What we worked on"), Paragraph(" ".join(sentences), TextTone.LEAD))


def _symptoms(case: Case) -> ReportPart:
    build = partial(_graph, case)
    ready = len(case.picture.symptoms.reported) >= 2 and case.picture.symptoms.change is not None
    return ReportPart(
        "symptoms",
        "Answers over time",
        f"Graph of {len(case.picture.symptoms.reported)} scores: {case.picture.symptoms.measure}",
        build,
        by_default=False,
        missing="" if ready else "Needs at least two scores on the tracked symptom measure.",
        caution="Include it only if you have looked at it together and the client wants it.",
    )


def _graph(case: Case) -> tuple[Block, ...]:
    return (Heading("How you have been"), *change_section.client_blocks(case.picture))


def _circle(case: Case) -> ReportPart:
    versions = first_and_last_circle(Audience.CLIENT, case.record)
    days = " and ".join(case.day(c.at) for c in versions)
    return ReportPart(
        "circle",
        "Closeness circle",
        f"Drawn by the client on {days}" if versions else "",
        partial(_circles, case),
        missing="" if versions else "The client has not drawn a circle yet.",
    )


def _circles(case: Case) -> tuple[Block, ...]:
    versions = first_and_last_circle(Audience.CLIENT, case.record)
    names = names_for_reader(Audience.CLIENT, case.record)
    days = [case.day(c.at) for c in versions]
    explanation = "You are in the middle. The nearer someone is to you, the closer you felt to them at the time."
    return (
        Heading("The people around you"),
        Paragraph(explanation),
        *circles(versions, case.record.relationships, names, days),
    )


def _help(case: Case) -> ReportPart:
    return ReportPart(
        "help",
        "Help now",
        "Your clinic’s text on where to get help",
        lambda: (Box("If you need help now", (Paragraph(case.help_now),), TextTone.ALERT),),
        missing="" if case.help_now.strip() else "Your clinic has not written this text yet (under Clinic).",
    )
