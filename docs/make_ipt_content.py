"""Writes docs/ipt-content.md: all that the product says about IPT, for a supervisor of IPT to read and correct.

A test fails when the page and the files it is written from differ. Run: python docs/make_ipt_content.py
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
from securebase.reports.for_client import AREAS, HEADINGS
from securebase.workbench.own_pages.labels import LABELS, NAMES

PAGE = Path(__file__).parent / "ipt-content.md"

HEAD = """# What Securebase says about IPT

Written by `docs/make_ipt_content.py`; a test fails when this page and the files it is written from differ.

**For a supervisor of interpersonal psychotherapy.** This one page holds every worksheet with every question, option
and help text, the tasks of a course, and what the product says of the problem areas. It was written by people who
build software, in words of their own, from public pages and papers that were read in part. A source is where a tool
comes from; its questions are ours. No manual was copied. Whatever is not marked as reviewed is shown in the product
with the words “not yet reviewed by an IPT supervisor”.

**How to review.** Read a part. Is it IPT? Is it asked in the right place, in words that you would use, and is
anything asked that nobody needs? Write what should be otherwise and send it in any form. When a part can stand, its
file gets the line `reviewed = true`: `src/securebase/ipt/worksheets/ID.toml` for a worksheet, the entry in
`src/securebase/ipt/areas.toml` or `tasks.toml` for a problem area or task. Then run `python
docs/make_ipt_content.py`, and the mark is gone here and in the product. Who reviewed it, and when, belongs in the
message of that change.

**How to read the tables.** *Holds* is what can be entered. *Shown to* names who may see an answer outside the
therapist’s own pages, and only when it is shared with them; empty means nobody. *note* stays with the therapist
unless they choose otherwise; *own words* asks for the client’s own; *needed* is without which the tool has not done
its work. Nothing else has to be filled in. Tasks are those of the course (I beginning, M middle, E ending, X
maintenance); claims (S) are those of [the theory](explanation/theory.md).
"""

HOLDS = {
    FieldKind.LINE: "a line",
    FieldKind.TEXT: "text",
    FieldKind.EXTENT: "0–3 (not at all to very much)",
    FieldKind.CHOICE: "one of",
    FieldKind.CHOICES: "any of",
    FieldKind.YES_NO: "yes or no",
    FieldKind.DATE: "a day",
    FieldKind.PERSON: "somebody of the inventory",
    FieldKind.ROWS: "a list",
}


def cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")


def yes(flag: bool) -> str:
    return "yes" if flag else "not yet"


def holds(field: Field) -> str:
    """What can be entered, with every option and every end of a scale."""
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
    named = [name for name, is_set in flags if is_set]
    return ", ".join([*named, *([f"{field.only} formulation only"] if field.only else [])])


def row(field: Field, *, column: bool = False) -> str:
    label = f"– {field.label}" if column else f"**{field.label}**"
    return (
        f"| {cell(label)} | {cell(holds(field))} | {cell(field.help)} | {marks(field)} "
        f"| {', '.join(r.value for r in field.reports)} |"
    )


def questions(one: Worksheet) -> list[str]:
    lines = ["| Question | Holds | Help | | Shown to |", "| --- | --- | --- | --- | --- |"]
    for field in one.fields:
        if field.section:
            lines.append(f"| *{cell(field.section)}* | | | | |")
        lines += [row(field), *(row(c, column=True) for c in field.columns)]
    return lines


def circumstances(one: Worksheet) -> str:
    """When, how often and by whom it is filled in, in one line."""
    said = ["again and again" if one.many else "once a course"]
    said += ["in a session"] if one.in_session else []
    said += [f"about one person ({one.about_label})"] if one.about_person else []
    said += ["may be shown to the client"] if one.for_client else []
    said += ["the client may fill it in"] if one.client_fills else []
    said += ["the client says yes or no to it"] if one.agreement else []
    said += [f"only in areas: {', '.join(a.label.lower() for a in one.areas)}"] if one.areas else []
    said += [f"only where the clinic works with: {one.lineage.replace('_', ' ')}"] if one.lineage else []
    said += [f"phases: {', '.join(p.label.lower() for p in one.phases)}"] if one.phases else []
    return "; ".join(said).capitalize() + "."


def of_worksheet(one: Worksheet) -> list[str]:
    return [
        f"### {one.name} (`{one.id}`)",
        "",
        f"{one.about} {one.teaches}",
        "",
        circumstances(one),
        "",
        *questions(one),
        "",
        f"Tasks: {', '.join(one.tasks) or 'none'}. Claims: {', '.join(one.claims) or 'none'}. "
        f"Sources: {', '.join(one.sources)}. Reviewed: {yes(one.reviewed)}.",
        "",
    ]


def of_area(one: Area) -> list[str]:
    shelf = worksheets()
    stages = [f"- **{s.stage.label}**: {s.looks_like} {s.what_to_do}" for s in one.stages]
    return [
        f"### {one.label}",
        "",
        one.in_words,
        "",
        *listed("Choose it when", one.choose_when),
        *listed("Goals", one.goals),
        *listed("Strategies", one.strategies),
        *(["Stages:", "", *stages, ""] if stages else []),
        *listed("Keep an eye on", [f"{t.what} ({shelf[t.worksheet].name})" for t in one.track]),
        f"Sources: {', '.join(one.sources)}. Reviewed: {yes(one.reviewed)}.",
        "",
    ]


def by_when(due: DueRule) -> str:
    """The session by whose end a task is usual, in words."""
    if due.session is not None:
        return f"session {due.session}"
    if due.initial is not None:
        return f"{due.initial} after the beginning" if due.initial else "the end of the beginning"
    if due.share is not None:
        return f"{due.share:.0%} of the planned sessions"
    if due.before_end is not None:
        return f"{due.before_end} before the last" if due.before_end else "the last session"
    return "every session of the middle" if due.each else "after the end"


def leaves(one: TaskOutput) -> str:
    """What a task leaves behind, in words."""
    shelf = worksheets()
    if one.measure:
        return f"a score of {one.measure}"
    if one.circle:
        return f"closeness circle no. {one.circle}"
    if one.people:
        return f"{one.people} people in the inventory"
    named = " or ".join(shelf[name].name for name in one.worksheets)
    filled = [f.label for name in one.worksheets for f in shelf[name].fields if f.id in one.fields]
    more = [f"with: {', '.join(filled)}"] if filled else []
    more += ["with one technique at least"] if one.techniques else []
    more += ["the client’s answer to it"] if one.agreed else []
    return f"{named} ({'; '.join(more)})" if more else named


def asked_of(one: Task) -> str:
    """In which clinics and courses a task is asked for; empty where in all."""
    said = [f"with {one.lineage.replace('_', ' ')}"] if one.lineage else []
    said += {"no_response": ["where symptoms do not fall"], "maintenance": ["with maintenance"]}.get(one.when, [])
    return ", ".join(said)


def of_claims() -> list[str]:
    """Every claim of the theory that a worksheet serves, with all that it asks for."""
    lines = ["| | Claim | Asks for | Worksheets |", "| --- | --- | --- | --- |"]
    for claim in theory().claims.values():
        named = [one.name for one in worksheets().values() if claim.id in one.claims]
        if named:
            lines.append(f"| {claim.id} | {cell(claim.says)} | {', '.join(claim.needs)} | {', '.join(named)} |")
    return lines


def of_tasks() -> list[str]:
    lines = ["| | Task | Why | Leaves behind | Usual by | Only | Sources | Reviewed |"]
    lines.append("| --- " * 8 + "|")
    for one in tasks():
        left = "; ".join(leaves(part) for part in one.outputs)
        lines.append(
            f"| {one.id} | {cell(one.name)} | {cell(one.why)} | {cell(left)} | {by_when(one.due)} "
            f"| {asked_of(one)} | {', '.join(one.sources)} | {yes(one.reviewed)} |"
        )
    return lines


def listed(title: str, entries: tuple[str, ...] | list[str]) -> list[str]:
    return [f"{title}:", "", *(f"- {entry}" for entry in entries), ""]


def overview() -> list[str]:
    lines = ["| Part | Group | Tasks | Claims | Sources | Reviewed |", "| --- | --- | --- | --- | --- | --- |"]
    for one in worksheets().values():
        lines.append(
            f"| {one.name} | {one.group.label} | {', '.join(one.tasks)} | {', '.join(one.claims)} "
            f"| {', '.join(one.sources)} | {yes(one.reviewed)} |"
        )
    for area in areas().values():
        lines.append(f"| {area.label} | Problem area | | | {', '.join(area.sources)} | {yes(area.reviewed)} |")
    return lines


def of_forms() -> list[str]:
    """The forms of a course that a new clinic begins with, and its ways of working."""
    lines = ["| Form | Sessions | Opening | Closing | Days between | Sources | Reviewed |", "| --- " * 7 + "|"]
    lines += [
        f"| {cell(f.name)}: {cell(f.about)} | {f.sessions} | {f.initial} | {f.ending} | {f.days_between} "
        f"| {', '.join(f.sources)} | {yes(f.reviewed)} |"
        for f in default_formats()
    ]
    ways = {
        "Klerman and Weissman": KLERMAN_WEISSMAN,
        "Stuart and Robertson": STUART_ROBERTSON,
        "A new clinic": DEFAULT_LINEAGE,
    }
    said = [
        f"**{name}**: {', '.join(a.label.lower() for a in way.areas)}; "
        f"{'with' if way.sick_role else 'without'} the sick role; {way.formulation} formulation; "
        f"the end is called “{way.ending}”."
        for name, way in ways.items()
    ]
    return [*lines, "", *listed("Ways of working (K; not reviewed)", said)]


def of_rules() -> list[str]:
    """Thresholds and conventions that are ours: no source gives them."""
    return listed(
        "Taken from no study and no manual",
        [
            "Little has changed where, half the course held, symptoms have fallen by less than "
            f"{MIN_CHANGE:.0%} of the first score.",
            f"What happened in the {WINDOW_MONTHS} months before the onset is a candidate for the focus.",
            f"On scales of 0 to 10, expectations met {LOW_EXPECTATIONS_MET:g} or less and strain {HIGH_STRAIN:g} or "
            f"more speak for a role dispute; fewer than {MIN_PEOPLE} people in the inventory speak for deficits.",
            f"A maintenance course asks for the tasks {', '.join((*MAINTENANCE_TASKS, 'X1'))} alone.",
            f"A portfolio wants measures every {SESSIONS_BETWEEN_MEASURES} sessions.",
            "A later closeness circle is one that was drawn on another day.",
        ],
    )


def of_words() -> list[str]:
    """What the client's report and the client's own page call things."""
    shelf = worksheets()
    lines = ["| | In the client’s report | On the client’s own page |", "| --- | --- | --- |"]
    named = [w for w in shelf.values() if w.id in HEADINGS or w.id in NAMES]
    for one in named:
        own, about = NAMES.get(one.id, ("", ""))
        lines.append(f"| {one.name} | {HEADINGS.get(one.id, '')} | {own}{f': {about}' if about else ''} |")
    asked = [f"{shelf[n].name}, {of.label}: “{w}”" for (n, f), w in LABELS.items() if (of := shelf[n].field(f))]
    spoken = [f"{area.label}: “{words}”" for area, words in AREAS.items()]
    return [*lines, "", *listed("The problem areas, to the client", spoken), *listed("Questions, to the client", asked)]


def text() -> str:
    shelf = worksheets().values()
    reviewed = [part.reviewed for part in (*shelf, *areas().values(), *tasks())]
    lines = ["## All parts", "", f"{sum(reviewed)} of {len(reviewed)} parts are reviewed.", "", *overview(), ""]
    lines += ["## Sources", "", "| Key | What it is | Read |", "| --- | --- | --- |"]
    lines += [f"| {s.key} | {cell(s.description)} | {'in part' if s.seen else 'no'} |" for s in sources().values()]
    lines += ["", "## Tasks of a course", "", *of_tasks(), ""]
    lines += ["## Claims that worksheets serve", "", "Every claim is a hypothesis.", "", *of_claims(), ""]
    lines += ["## Problem areas", ""]
    for area in areas().values():
        lines += of_area(area)
    lines += ["## Forms of a course, and ways of working", "", *of_forms()]
    lines += ["## Rules of our own", "", *of_rules()]
    lines += ["## Words to the client", "", "None of them is reviewed.", "", *of_words()]
    for group in WorksheetGroup:
        members = [w for w in shelf if w.group is group]
        lines += [f"## {group.label}", ""] if members else []
        for one in members:
            lines += of_worksheet(one)
    return HEAD + "\n" + "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(f"wrote {PAGE.name}")  # noqa: T201
