"""Report to a supervisor: a portfolio of the case from routine work, under a pseudonym.

It has no names and no calendar days: people are called by their relation, times are sessions and weeks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

import msgspec

from securebase.ipt.due import TaskStanding, TaskState, course_tasks
from securebase.ipt.shelf import entries_with, worksheets
from securebase.ipt.worksheet import Audience, Worksheet, WorksheetRole
from securebase.measurement.catalogue import find_scale, instruments
from securebase.picture import phrases
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Respondent
from securebase.reports.circle_section import circles
from securebase.reports.document import Block, Box, Bullets, Document, Facts, Heading, Paragraph, Table, TextTone
from securebase.reports.part import Case, ReportPart, assemble_document, build_blocks, default_parts
from securebase.reports.selection import SelectedArtefacts, first_and_last_circle, names_for_reader, select_artefacts
from securebase.reports.worksheet_parts import GOALS, goals_part, missing_part, sheet_blocks, sheet_part
from securebase.reports.worksheet_section import fits_column, tables_by_session

SELF_RATED = (
    "Self-rated by the therapist on our own checklist, which has not been compared with a published adherence scale."
)
#: sessions between two columns of the table of measures
SESSION_STEP = 4


def parts(case: Case, shelf: Mapping[str, Worksheet] | None = None) -> tuple[ReportPart, ...]:
    """Return all parts of a supervisor's report, in order."""
    shelf = worksheets() if shelf is None else shelf
    selected = {s.worksheet.id: s for s in select_artefacts(Audience.SUPERVISOR, case.record, shelf)}
    sheets = [
        _sheet(case, selected[name]) if name in selected else missing_part(shelf[name])
        for name in shelf
        if name in selected or Audience.SUPERVISOR in shelf[name].expected_in
    ]
    return (
        ReportPart("course", "Course", "Sessions, phase and focus", partial(_course, case)),
        _tasks(case),
        _measures(case),
        _inventory(case),
        _circle(case),
        goals_part(Audience.SUPERVISOR, case, tuple(selected.values()), "Goals"),
        *(part for part in sheets if part is not None),
        _ruptures(case),
    )


def document(
    case: Case, ticked: Collection[str] | None = None, shelf: Mapping[str, Worksheet] | None = None
) -> Document:
    """Return the report with the ticked parts and a list of missing portfolio items."""
    offered = parts(case, shelf)
    ids = default_parts(offered) if ticked is None else frozenset(ticked)
    blocks = build_blocks(offered, ids)
    missing = tuple(f"{p.label}: {p.missing}" for p in offered if not p.ready)
    if missing:
        blocks = (*blocks, Box("Not in the record yet", (Bullets(missing),)))
    return assemble_document(
        case,
        Audience.SUPERVISOR,
        title=f"Case portfolio: {case.name}" if case.name else "Case portfolio",
        kicker="For supervision · under a pseudonym",
        subtitle=f"Therapist: {case.therapist}" if case.therapist else "",
        blocks=blocks,
    )


def _sheet(case: Case, sheet: SelectedArtefacts) -> ReportPart | None:
    """Return the part of a worksheet: numbers of several sessions in one table, then the other fields of each."""
    part = sheet_part(Audience.SUPERVISOR, case, sheet, skip=GOALS)
    tables = (
        tables_by_session(sheet.worksheet, sheet.artefacts)
        if len(sheet.artefacts) > 1 and sheet.worksheet.in_session
        else ()
    )
    if part is not None and tables:
        part = replace(part, build=partial(_append_tables, case, sheet, tables))
    if part is not None and sheet.worksheet.role is WorksheetRole.ADHERENCE:
        part = replace(part, build=partial(_append_note, part, SELF_RATED))
    return part


def _append_note(part: ReportPart, note: str) -> tuple[Block, ...]:
    return (*part.build(), Paragraph(note, TextTone.SOFT))


def _append_tables(case: Case, sheet: SelectedArtefacts, tables: tuple[Table, ...]) -> tuple[Block, ...]:
    fields = tuple(f for f in sheet.worksheet.fields if not fits_column(f) and f.id not in GOALS)
    remaining = SelectedArtefacts(msgspec.structs.replace(sheet.worksheet, fields=fields), sheet.artefacts)
    heading, *blocks = sheet_blocks(Audience.SUPERVISOR, case, remaining, sheet.worksheet.name)
    return (heading, *tables, *blocks)


def _course(case: Case) -> tuple[Block, ...]:
    record = case.record
    n_sessions, planned = len(record.sessions), record.planned_sessions
    rows = [("Sessions held", f"{n_sessions} of {planned} planned" if planned else f"{n_sessions}")]
    if record.phase is not None:
        rows.append(("Phase", record.phase.label))
    if record.problem_areas:
        rows.append(("Problem area", ", ".join(area.label for area in record.problem_areas)))
    if record.sessions:
        rows.append(("Last session", f"{record.sessions[-1].number} ({case.week(record.sessions[-1].at)})"))
    if record.ended_at is not None:
        rows.append(("End", case.week(record.ended_at)))
    return (Heading("Course"), Facts(tuple(rows)))


def _tasks(case: Case) -> ReportPart:
    standings = course_tasks(case.record, case.lineage)
    n_done = sum(s.standing is TaskState.DONE for s in standings)
    return ReportPart("tasks", "IPT tasks", f"{n_done} of {len(standings)} done", partial(_task_table, standings))


def _task_table(standings: tuple[TaskStanding, ...]) -> tuple[Block, ...]:
    rows = tuple(
        (
            s.task.name,
            s.standing.label,
            "; ".join(p.words for p in s.pieces if p.present) or "–",
        )
        for s in standings
    )
    return (Heading("IPT tasks"), Table("", ("Task", "Status", "On record"), rows))


def _measures(case: Case) -> ReportPart:
    table = measures_every_fourth(case.record)
    return ReportPart(
        "measures",
        "Scores every fourth session",
        f"{len(table.rows)} scales" if len(table.rows) != 1 else "1 scale",
        lambda: (Heading("Scores every fourth session"), *_append_caution(case.record, table)),
        missing="" if table.rows else "No questionnaire completed yet.",
    )


def _append_caution(record: EpisodeRecord, table: Table) -> tuple[Block, ...]:
    scored = {a.instrument for a in record.administrations if a.scores}
    unvalidated = sorted({i.name for i in instruments().values() if i.id in scored and not i.validated})
    caution = f"Our own questionnaires, not yet validated: {', '.join(unvalidated)}. Interpret these scores with care."
    return (table, Paragraph(caution, TextTone.SOFT)) if unvalidated else (table,)


def measures_every_fourth(record: EpisodeRecord) -> Table:
    """Return a table with a row for each client scale and a column for sessions 1, 4, 8 and so on, and the last.

    A cell holds the last score up to half a week after that session, and later than the previous column.
    """
    sessions = sorted(record.sessions, key=lambda s: s.number)
    marks = [s for s in sessions if s.number == 1 or s.number % SESSION_STEP == 0 or s is sessions[-1]]
    limits = [s.at + 3.5 for s in marks]
    scores = [s for a in record.administrations for s in a.scores if s.respondent is Respondent.CLIENT and s.instrument]
    rows = []
    for measure in dict.fromkeys((s.instrument, s.scale) for s in scores):
        series = sorted((s for s in scores if (s.instrument, s.scale) == measure), key=lambda s: s.at)
        cells, since = [], float("-inf")
        for limit in limits:
            recent = [s.value for s in series if since < s.at <= limit]
            cells.append(phrases.number(recent[-1]) if recent else "–")
            since = limit
        if any(cell != "–" for cell in cells):
            rows.append((_scale_name(*measure), *cells))
    head = ("Scale", *(f"{s.number}" for s in marks))
    return Table("Score at session", head, tuple(rows), tuple(range(1, len(marks) + 1)))


def _scale_name(instrument: str, scale: str) -> str:
    spec = instruments().get(instrument)
    known = find_scale(instrument, scale)
    label = known.label if known is not None else scale
    name = spec.name if spec else instrument
    return label if label == name else f"{label} ({name})"


def _inventory(case: Case) -> ReportPart:
    current = [r for r in case.record.relationships if r.left_at is None]
    return ReportPart(
        "inventory",
        "Interpersonal inventory",
        f"{phrases.count(len(current), 'person', 'people')}, named by relation",
        partial(_people, case),
        missing="" if current else "No one in the inventory yet.",
    )


def _people(case: Case) -> tuple[Block, ...]:
    names = names_for_reader(Audience.SUPERVISOR, case.record)
    last = first_and_last_circle(Audience.SUPERVISOR, case.record)
    ratings = entries_with(case.record, WorksheetRole.TIE)
    rows = []
    for person in case.record.relationships:
        if person.left_at is None:
            place = last[-1].placement(person.id) if last else None
            marks = (
                ("part of the focus", person.is_focus),
                ("deceased", person.deceased),
                ("online only", person.online),
                ("professional helper", person.professional),
            )
            marks_in_words = ", ".join(word for word, applies in marks if applies) or "–"
            sheets = [a for a in ratings if a.about == person.id]
            levels = (_first_and_last(sheets, "support_felt"), _first_and_last(sheets, "strain"))
            name = names[person.id]
            rows.append(
                (name[:1].upper() + name[1:], place.ring.label if place else "not placed", *levels, marks_in_words)
            )
    head = ("Person", "Last circle", "Support felt", "Strain", "Notes")
    caption = "Ratings 0 to 10, first and last"
    return (Heading("Interpersonal inventory"), Table(caption, head, tuple(rows)))


def _first_and_last(artefacts: list[ArtefactRecord], field: str) -> str:
    values = [phrases.number(v) for a in artefacts if (v := a.number(field)) is not None]
    if not values:
        return "–"
    return values[0] if len(values) == 1 else f"{values[0]} → {values[-1]}"


def _circle(case: Case) -> ReportPart:
    versions = first_and_last_circle(Audience.SUPERVISOR, case.record)
    return ReportPart(
        "circle",
        "Closeness circle, first and last",
        " and ".join(case.week(c.at) for c in versions),
        partial(_circles, case),
        missing="" if versions else "No circle drawn yet.",
    )


def _circles(case: Case) -> tuple[Block, ...]:
    versions = first_and_last_circle(Audience.SUPERVISOR, case.record)
    names = names_for_reader(Audience.SUPERVISOR, case.record)
    weeks = [case.week(c.at) for c in versions]
    return (Heading("Closeness circle"), *circles(versions, case.record.relationships, names, weeks, centre="client"))


def _ruptures(case: Case) -> ReportPart:
    ruptures = case.record.ruptures
    return ReportPart(
        "ruptures",
        "Ruptures and repairs",
        f"{len(ruptures)} marked",
        partial(_rupture_table, case),
        missing="" if ruptures else "None marked.",
    )


def _rupture_table(case: Case) -> tuple[Block, ...]:
    rows = tuple(
        (
            f"Session {r.session}" if r.session is not None else case.week(r.at).capitalize(),
            r.kind.label,
            f"Repaired ({case.week(r.repaired_at)})" if r.repaired_at is not None else "Open",
        )
        for r in case.record.ruptures
    )
    return (Heading("Ruptures and repairs"), Table("", ("When", "Kind", "Repair"), rows))
