"""Write docs/ipt-content.md: everything the product says about IPT, for an IPT supervisor to read and correct.

A test fails if the page differs from the files it is generated from. Run: python docs/make_ipt_content.py
"""

from __future__ import annotations

from pathlib import Path

from securebase.ipt.areas import Area, areas
from securebase.ipt.course_format import default_formats
from securebase.ipt.due import MAINTENANCE_TASKS, MIN_CHANGE
from securebase.ipt.evidence import HIGH_STRAIN, LOW_EXPECTATIONS_MET, MIN_PEOPLE
from securebase.ipt.lineage import DEFAULT_LINEAGE, KLERMAN_WEISSMAN, STUART_ROBERTSON
from securebase.ipt.portfolio import SESSIONS_BETWEEN_MEASURES
from securebase.ipt.shelf import worksheets
from securebase.ipt.sources import sources
from securebase.ipt.task import DueRule, Task, TaskOutput, tasks
from securebase.ipt.timeline import WINDOW_MONTHS
from securebase.ipt.worksheet import Field, FieldKind, Worksheet, WorksheetGroup
from securebase.model.theory import theory
from securebase.reports.for_client import AREAS

PAGE = Path(__file__).parent / "ipt-content.md"

HEAD = """# What Securebase says about IPT

`docs/make_ipt_content.py` writes this page; a test fails when the page and its source files differ.

**For a supervisor of interpersonal psychotherapy.** This page lists every worksheet with every question, option and
help text, the tasks of a course, and the texts about the problem areas. Software developers wrote them in their own
words, from public pages and papers that they read in part. A source shows where a worksheet comes from; the questions
are ours. No manual was copied. Everything that is not marked as reviewed carries the note “not yet reviewed by an IPT
supervisor” in the product.

**How to review.** Read a part. Is it IPT? Does it come at the right place, in words that you would use? Is any
question unnecessary? Send your corrections in any form. When you approve a part, its file gets the line `reviewed =
true`: `src/securebase/ipt/worksheets/ID.toml` for a worksheet, the entry in `src/securebase/ipt/areas.toml` or
`tasks.toml` for a problem area or a task. Then run `python docs/make_ipt_content.py`, and the note disappears here
and in the product. Name the reviewer and the date in the message of that change.

**How to read the tables.** *Answer* is what can be entered. *Shown to* names the readers, other than the therapist,
of an answer that the therapist shares; empty means nobody. *note*: private to the therapist unless they share it.
*own words*: in the client's own words. *needed*: the worksheet counts as completed only with this answer; all other
answers are optional. Tasks belong to the phases of a course (I initial, M middle, E ending, X maintenance). Claims
(S) are those of [the theory](explanation/theory.md).
"""

HOLDS = {
    FieldKind.LINE: "one line",
    FieldKind.TEXT: "text",
    FieldKind.EXTENT: "0–3 (not at all to very much)",
    FieldKind.CHOICE: "one of",
    FieldKind.CHOICES: "any of",
    FieldKind.YES_NO: "yes or no",
    FieldKind.DATE: "a date",
    FieldKind.PERSON: "a person in the inventory",
    FieldKind.ROWS: "a list",
}


def cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")


def review_status(flag: bool) -> str:
    return "yes" if flag else "not yet"


def accepted_input(field: Field) -> str:
    """Return the input that a field accepts, with its options or the ends of its scale."""
    if field.kind is FieldKind.SCALE:
        ends = f" ({field.low_label} to {field.high_label})" if field.low_label and field.high_label else ""
        return f"{field.minimum:g}–{field.maximum:g}{ends}"
    if field.kind is FieldKind.NUMBER:
        steps = f" in steps of {field.step:g}" if field.step != 1 else ""
        return f"{field.minimum:g}–{field.maximum:g} {field.unit}".rstrip() + steps
    options = "; ".join(f"{o.label} ({o.help})" if o.help else o.label for o in field.options)
    return f"{HOLDS[field.kind]}: {options}" if options else HOLDS[field.kind]


def marks(field: Field) -> str:
    flags = (("needed", field.needed), ("own words", field.quote), ("note", field.note))
    texts = [name for name, is_set in flags if is_set]
    return ", ".join([*texts, *([f"{field.only} formulation only"] if field.only else [])])


def row(field: Field, *, column: bool = False) -> str:
    label = f"– {field.label}" if column else f"**{field.label}**"
    return (
        f"| {cell(label)} | {cell(accepted_input(field))} | {cell(field.help)} | {marks(field)} "
        f"| {', '.join(r.value for r in field.reports)} |"
    )


def question_rows(spec: Worksheet) -> list[str]:
    lines = ["| Question | Answer | Help | | Shown to |", "| --- | --- | --- | --- | --- |"]
    for field in spec.fields:
        if field.section:
            lines.append(f"| *{cell(field.section)}* | | | | |")
        lines += [row(field), *(row(c, column=True) for c in field.columns)]
    return lines


def circumstances(spec: Worksheet) -> str:
    """Return one line on when, how often and by whom a worksheet is filled in."""
    phrases = ["any number per course" if spec.many else "one per course"]
    phrases += ["in a session"] if spec.in_session else []
    phrases += [f"about one person ({spec.about_label})"] if spec.about_person else []
    phrases += ["can be shared with the client"] if spec.for_client else []
    phrases += ["the client can fill it in"] if spec.client_fills else []
    phrases += ["asks for the client’s agreement"] if spec.agreement else []
    phrases += [f"only for: {', '.join(a.label.lower() for a in spec.areas)}"] if spec.areas else []
    phrases += [f"only in clinics that use: {spec.lineage.replace('_', ' ')}"] if spec.lineage else []
    phrases += [f"phases: {', '.join(p.label.lower() for p in spec.phases)}"] if spec.phases else []
    return "; ".join(phrases).capitalize() + "."


def worksheet_section(spec: Worksheet) -> list[str]:
    return [
        f"### {spec.name} (`{spec.id}`)",
        "",
        f"{spec.about} {spec.teaches}",
        "",
        circumstances(spec),
        "",
        *question_rows(spec),
        "",
        f"Tasks: {', '.join(spec.tasks) or 'none'}. Claims: {', '.join(spec.claims) or 'none'}. "
        f"Sources: {', '.join(spec.sources)}. Reviewed: {review_status(spec.reviewed)}.",
        "",
    ]


def area_section(area: Area) -> list[str]:
    shelf = worksheets()
    stages = [f"- **{s.stage.label}**: {s.looks_like} {s.what_to_do}" for s in area.stages]
    return [
        f"### {area.label}",
        "",
        area.in_words,
        "",
        *bullet_list("When to choose this area", area.choose_when),
        *bullet_list("Goals", area.goals),
        *bullet_list("Strategies", area.strategies),
        *(["Stages:", "", *stages, ""] if stages else []),
        *bullet_list("Track", [f"{t.what} ({shelf[t.worksheet].name})" for t in area.track]),
        f"Sources: {', '.join(area.sources)}. Reviewed: {review_status(area.reviewed)}.",
        "",
    ]


def due_in_words(due: DueRule) -> str:
    """Return the session by whose end a task is due, in words."""
    if due.session is not None:
        return f"session {due.session}"
    if due.initial is not None:
        return f"{due.initial} after the initial phase" if due.initial else "the end of the initial phase"
    if due.share is not None:
        return f"{due.share:.0%} of the planned sessions"
    if due.before_end is not None:
        return f"{due.before_end} before the last" if due.before_end else "the last session"
    return "every middle-phase session" if due.each else "after the end"


def output_in_words(output: TaskOutput) -> str:
    """Return one output of a task in words."""
    shelf = worksheets()
    if output.measure:
        return f"{output.measure} score"
    if output.circle:
        return f"closeness circle no. {output.circle}"
    if output.people:
        return f"{output.people} people in the inventory"
    names = " or ".join(shelf[name].name for name in output.worksheets)
    fields = [f.label for name in output.worksheets for f in shelf[name].fields if f.id in output.fields]
    conditions = [f"with: {', '.join(fields)}"] if fields else []
    conditions += ["with at least one technique"] if output.techniques else []
    conditions += ["discussed with the client"] if output.agreed else []
    return f"{names} ({'; '.join(conditions)})" if conditions else names


def conditions_in_words(task: Task) -> str:
    """Return the clinics and courses that a task is limited to; empty if it belongs to all."""
    conditions = [f"with {task.lineage.replace('_', ' ')}"] if task.lineage else []
    conditions += {"no_response": ["if symptoms do not fall"], "maintenance": ["if maintenance is agreed"]}.get(
        task.when, []
    )
    return ", ".join(conditions)


def claim_rows() -> list[str]:
    """Return a table of the claims that worksheets serve, with everything that each claim needs."""
    lines = ["| | Claim | Needs | Worksheets |", "| --- | --- | --- | --- |"]
    for claim in theory().claims.values():
        names = [w.name for w in worksheets().values() if claim.id in w.claims]
        if names:
            lines.append(f"| {claim.id} | {cell(claim.says)} | {', '.join(claim.needs)} | {', '.join(names)} |")
    return lines


def task_rows() -> list[str]:
    lines = ["| | Task | Why | Output | Due by | Only | Sources | Reviewed |"]
    lines.append("| --- " * 8 + "|")
    for task in tasks():
        outputs = "; ".join(output_in_words(o) for o in task.outputs)
        lines.append(
            f"| {task.id} | {cell(task.name)} | {cell(task.why)} | {cell(outputs)} | {due_in_words(task.due)} "
            f"| {conditions_in_words(task)} | {', '.join(task.sources)} | {review_status(task.reviewed)} |"
        )
    return lines


def bullet_list(title: str, entries: tuple[str, ...] | list[str]) -> list[str]:
    return [f"{title}:", "", *(f"- {entry}" for entry in entries), ""]


def overview() -> list[str]:
    lines = ["| Part | Group | Tasks | Claims | Sources | Reviewed |", "| --- | --- | --- | --- | --- | --- |"]
    for spec in worksheets().values():
        lines.append(
            f"| {spec.name} | {spec.group.label} | {', '.join(spec.tasks)} | {', '.join(spec.claims)} "
            f"| {', '.join(spec.sources)} | {review_status(spec.reviewed)} |"
        )
    for area in areas().values():
        lines.append(
            f"| {area.label} | Problem area | | | {', '.join(area.sources)} | {review_status(area.reviewed)} |"
        )
    return lines


def course_format_section() -> list[str]:
    """Return the course formats of a new clinic, and the lineages it can choose from."""
    lines = [
        "| Format | Sessions | Initial phase | Ending phase | Days between | Sources | Reviewed |",
        "| --- " * 7 + "|",
    ]
    lines += [
        f"| {cell(f.name)}: {cell(f.about)} | {f.sessions} | {f.initial} | {f.ending} | {f.days_between} "
        f"| {', '.join(f.sources)} | {review_status(f.reviewed)} |"
        for f in default_formats()
    ]
    lineages = {
        "Klerman and Weissman": KLERMAN_WEISSMAN,
        "Stuart and Robertson": STUART_ROBERTSON,
        "A new clinic": DEFAULT_LINEAGE,
    }
    descriptions = [
        f"**{name}**: {', '.join(a.label.lower() for a in lineage.areas)}; "
        f"{'with' if lineage.sick_role else 'without'} the sick role; {lineage.formulation} formulation; "
        f"word for the ending: “{lineage.ending}”."
        for name, lineage in lineages.items()
    ]
    return [*lines, "", *bullet_list("IPT models (K; not reviewed)", descriptions)]


def rule_section() -> list[str]:
    """Return the thresholds and conventions of our own, which no source gives."""
    return bullet_list(
        "Not taken from a study or a manual",
        [
            "Little has changed if symptoms have fallen by less than "
            f"{MIN_CHANGE:.0%} of the first score after half of the sessions.",
            f"Events in the {WINDOW_MONTHS} months before onset are candidates for the focus.",
            f"On scales of 0 to 10, expectations met {LOW_EXPECTATIONS_MET:g} or less and strain {HIGH_STRAIN:g} or "
            f"more are evidence for a role dispute; fewer than {MIN_PEOPLE} people in the inventory, for deficits.",
            f"A maintenance course includes only the tasks {', '.join((*MAINTENANCE_TASKS, 'X1'))}.",
            f"A portfolio needs scores every {SESSIONS_BETWEEN_MEASURES} sessions.",
            "Circles drawn on the same day count as one.",
        ],
    )


def client_words() -> list[str]:
    """Return the words for worksheets, areas and questions in the client's report and on the client's own page."""
    shelf = worksheets()
    lines = ["| | In the client’s report | On the client’s own page |", "| --- | --- | --- |"]
    for spec in (w for w in shelf.values() if w.report_heading or w.client_name):
        name, about = spec.client_name, spec.client_about
        lines.append(f"| {spec.name} | {spec.report_heading} | {name}{f': {about}' if about else ''} |")
    fields = [(spec, field) for spec in shelf.values() for field in spec.fields if field.client_label]
    questions = [f"{spec.name}, {field.label}: “{field.client_label}”" for spec, field in fields]
    area_words = [f"{area.label}: “{words}”" for area, words in AREAS.items()]
    lines += ["", *bullet_list("Problem areas, in words for the client", area_words)]
    return [*lines, *bullet_list("Questions, in words for the client", questions)]


def text() -> str:
    shelf = worksheets().values()
    reviewed = [part.reviewed for part in (*shelf, *areas().values(), *tasks())]
    lines = ["## All parts", "", f"{sum(reviewed)} of {len(reviewed)} parts are reviewed.", "", *overview(), ""]
    lines += ["## Sources", "", "| Key | What it is | Read |", "| --- | --- | --- |"]
    lines += [f"| {s.key} | {cell(s.description)} | {'in part' if s.seen else 'no'} |" for s in sources().values()]
    lines += ["", "## Tasks of a course", "", *task_rows(), ""]
    lines += ["## Claims that worksheets serve", "", "Every claim is a hypothesis.", "", *claim_rows(), ""]
    lines += ["## Problem areas", ""]
    for area in areas().values():
        lines += area_section(area)
    lines += ["## Course formats and IPT models", "", *course_format_section()]
    lines += ["## Rules of our own", "", *rule_section()]
    lines += ["## Words for the client", "", "Not reviewed.", "", *client_words()]
    for group in WorksheetGroup:
        members = [w for w in shelf if w.group is group]
        lines += [f"## {group.label}", ""] if members else []
        for spec in members:
            lines += worksheet_section(spec)
    return HEAD + "\n" + "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(f"wrote {PAGE.name}")  # noqa: T201
