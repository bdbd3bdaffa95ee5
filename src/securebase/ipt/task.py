"""The tasks of IPT: their outputs, and the session by which each is due. The shelf is `tasks.toml`."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

import msgspec
from msgspec import field

from securebase.errors import ShelfError
from securebase.ipt.shelf import worksheets
from securebase.records.vocabulary import Phase
from securebase.schema import Number, Place, ShelfStruct, Text, read_toml

_FILE = "tasks.toml"
#: Conditions that limit a task to some courses.
Condition = Literal["", "no_response", "maintenance"]


class TaskOutput(ShelfStruct, frozen=True):
    """One output of a task: exactly one of `worksheet`, `any`, `measure`, `circle` and `people` is set.

    worksheet, any: this worksheet or one of these, filled in; fields: those that must hold a value, if the worksheet
    has them; yes: those that must say yes, if it has them; agreed: the client has answered it; techniques: at least one
    extent above 0. measure: a score of this construct. circle: number of days on which the present circle was drawn.
    people: number of people in the inventory.
    """

    worksheet: str = ""
    any_worksheet: tuple[str, ...] = field(default=(), name="any")
    fields: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    agreed: bool = False
    techniques: bool = False
    measure: str = ""
    circle: int = 0
    people: int = 0

    @property
    def worksheets(self) -> tuple[str, ...]:
        """The worksheets of which one is enough."""
        return (self.worksheet,) if self.worksheet else self.any_worksheet


class DueRule(ShelfStruct, frozen=True):
    """The session by which a task is due; exactly one field is set. The head of `tasks.toml` explains them."""

    session: int | None = None
    initial: int | None = None
    share: Number | None = None
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


class Task(ShelfStruct, frozen=True):
    """One task of the course. lineage, when: limit it to clinics of a lineage, or to courses in a condition."""

    id: Text
    phase: Phase
    name: Text
    why: Text
    due: DueRule
    outputs: tuple[TaskOutput, ...] = field(default=(), name="leaves")
    lineage: str = ""
    when: Condition = ""
    reviewed: bool = False
    sources: tuple[str, ...] = ()


@cache
def tasks() -> tuple[Task, ...]:
    """Return every task in the order of the course. Raises ShelfError if the file is invalid."""
    return read_tasks(_FILE, (resources.files("securebase.ipt") / _FILE).read_bytes())


class TasksFile(ShelfStruct, frozen=True):
    """The file of the tasks."""

    tasks: tuple[Task, ...]


def read_tasks(file: str, content: bytes) -> tuple[Task, ...]:
    """Read every task of a TOML file. Raises ShelfError that names the file and the invalid field."""
    place = Place(file, ShelfError)
    entries = read_toml(content, TasksFile, place).tasks
    for n, task in enumerate(entries, start=1):
        _check_task(task, place.at("tasks", n))
    return entries


def _check_task(task: Task, place: Place) -> None:
    rules = [
        name for name, value in msgspec.structs.asdict(task.due).items() if value is not None and value is not False
    ]
    if len(rules) != 1:
        place.fail(f"must give exactly one rule (got {', '.join(rules) or 'none'})", "due")
    if not task.outputs:
        place.fail("must list at least one output", "leaves")
    if task.due.each and not task.outputs[0].worksheets:
        place.fail("a task of every session must leave a worksheet", "leaves")
    for n, output in enumerate(task.outputs, start=1):
        _check_output(output, place.at("leaves", n))


def _check_output(output: TaskOutput, place: Place) -> None:
    given = (output.worksheet, output.any_worksheet, output.measure, output.circle, output.people)
    if sum(map(bool, given)) != 1:
        place.fail("must give exactly one of worksheet, any, measure, circle and people")
    shelf = worksheets()
    for name in output.worksheets:
        spec = shelf.get(name)
        if spec is None:
            place.fail(f"unknown worksheet “{name}”", advice=f"Known: {', '.join(shelf)}.")
        if output.agreed and not spec.agreement:
            place.fail(f"the client is never asked to agree to “{name}”", "agreed")
    specs = [shelf[name] for name in output.worksheets]
    if unknown := [f for f in (*output.fields, *output.yes) if not any(spec.field(f) for spec in specs)]:
        place.fail(f"no worksheet listed has a field {', '.join(unknown)}", "fields")
