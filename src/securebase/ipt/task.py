"""The tasks of IPT: their outputs, and the session by which each is due. The shelf is `tasks.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet_reader import read_enum, read_toml
from securebase.measurement.toml_fields import Fields
from securebase.records.vocabulary import Phase

_FILE = "tasks.toml"
#: Conditions that limit a task to some courses.
CONDITIONS = ("", "no_response", "maintenance")


@dataclass(frozen=True, slots=True)
class TaskOutput:
    """One output of a task: exactly one of `worksheets`, `measure`, `circle` and `people` is set.

    worksheets: one of these, filled in; fields: those that must hold a value, if the worksheet has them; yes: those
    that must say yes, if it has them; agreed: the client has answered it; techniques: at least one extent above 0.
    measure: a score of this construct. circle: number of days on which the present circle was drawn. people: number of
    people in the inventory.
    """

    worksheets: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    agreed: bool = False
    techniques: bool = False
    measure: str = ""
    circle: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class DueRule:
    """The session by which a task is due; exactly one field is set. The head of `tasks.toml` explains them."""

    session: int | None = None
    initial: int | None = None
    share: float | None = None
    before_end: int | None = None
    each: bool = False
    after_end: bool = False

    def session_number(self, planned: int, initial: int) -> int:
        """Return the session by whose end the task is due, given the planned sessions and those of the first phase."""
        if self.session is not None:
            return min(self.session, planned)
        if self.initial is not None:
            return min(initial + self.initial, planned)
        if self.share is not None:
            return max(1, round(self.share * planned))
        if self.before_end is not None:
            return max(1, planned - self.before_end)
        return planned if self.after_end else initial + 1


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the course. lineage, when: limit it to clinics of a lineage, or to courses in a condition."""

    id: str
    phase: Phase
    name: str
    why: str
    outputs: tuple[TaskOutput, ...]
    due: DueRule
    lineage: str = ""
    when: str = ""
    reviewed: bool = False
    sources: tuple[str, ...] = ()


@cache
def tasks() -> tuple[Task, ...]:
    """Return every task in the order of the course. Raises ShelfError if the file is invalid."""
    return read_tasks(_FILE, (resources.files("securebase.ipt") / _FILE).read_bytes())


def read_tasks(file: str, content: bytes) -> tuple[Task, ...]:
    """Read every task of a TOML file. Raises ShelfError that names the file and the invalid field."""
    return tuple(_read_task(block) for block in read_toml(file, content).tables("tasks"))


def _read_task(block: Fields) -> Task:
    block.allow_only("id", "phase", "name", "why", "leaves", "due", "lineage", "when", "reviewed", "sources")
    when = block.text("when", "")
    if when not in CONDITIONS:
        block.fail(f"unknown condition “{when}”", "when", f"Known: {', '.join(CONDITIONS[1:])}.")
    outputs = tuple(_read_output(entry) for entry in block.tables("leaves"))
    due = _read_due_rule(block.table("due"))
    if not outputs:
        block.fail("must list at least one output", "leaves")
    if due.each and not outputs[0].worksheets:
        block.fail("a task of every session must leave a worksheet", "leaves")
    return Task(
        id=block.text("id"),
        phase=read_enum(block, "phase", Phase),
        name=block.text("name"),
        why=block.text("why"),
        outputs=outputs,
        due=due,
        lineage=block.text("lineage", ""),
        when=when,
        reviewed=block.flag("reviewed", default=False),
        sources=block.texts("sources"),
    )


def _read_output(block: Fields) -> TaskOutput:
    block.allow_only("worksheet", "any", "fields", "yes", "agreed", "techniques", "measure", "circle", "people")
    names = (block.text("worksheet"),) if "worksheet" in block.values else block.texts("any")
    output = TaskOutput(
        worksheets=names,
        fields=block.texts("fields"),
        yes=block.texts("yes"),
        agreed=block.flag("agreed", default=False),
        techniques=block.flag("techniques", default=False),
        measure=block.text("measure", ""),
        circle=block.whole_number("circle", 0),
        people=block.whole_number("people", 0),
    )
    if sum(map(bool, (output.worksheets, output.measure, output.circle, output.people))) != 1:
        block.fail("must give exactly one of worksheet, any, measure, circle and people")
    shelf = worksheets()
    for name in output.worksheets:
        spec = shelf.get(name)
        if spec is None:
            block.fail(f"unknown worksheet “{name}”", advice=f"Known: {', '.join(shelf)}.")
        if output.agreed and not spec.agreement:
            block.fail(f"the client is never asked to agree to “{name}”", "agreed")
    specs = [shelf[name] for name in output.worksheets]
    if unknown := [f for f in (*output.fields, *output.yes) if not any(spec.field(f) for spec in specs)]:
        block.fail(f"no worksheet listed has a field {', '.join(unknown)}", "fields")
    return output


def _read_due_rule(block: Fields) -> DueRule:
    block.allow_only("session", "initial", "share", "before_end", "each", "after_end")
    if len(block.values) != 1:
        block.fail(f"must give exactly one rule (got {', '.join(block.values) or 'none'})")
    return DueRule(
        session=block.whole_number("session") if "session" in block.values else None,
        initial=block.whole_number("initial") if "initial" in block.values else None,
        share=block.optional_number("share"),
        before_end=block.whole_number("before_end") if "before_end" in block.values else None,
        each=block.flag("each", default=False),
        after_end=block.flag("after_end", default=False),
    )
