"""What a task of IPT is: what it leaves behind, and by when. The shelf is `tasks.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet_reader import read_enum, read_toml
from securebase.measurement.toml_fields import Fields
from securebase.records.vocabulary import Phase

#: Conditions under which a task is asked for at all.
CONDITIONS = ("", "no_response", "maintenance")


@dataclass(frozen=True, slots=True)
class TaskOutput:
    """One thing that a task leaves behind; exactly one of the kinds is set.

    worksheets: one of these, filled in; fields: where one of them has these, they must hold something; yes: where it
    has these, they must say yes; agreed: the client has answered it; techniques: an extent above 0. measure: a score of
    this construct. circle: on so many days the circle of how it is was drawn. people: so many persons in the inventory.
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
    """By which session a task is usual: see the head of `tasks.toml`. Exactly one is set."""

    session: int | None = None
    initial: int | None = None
    share: float | None = None
    before_end: int | None = None
    each: bool = False
    after_end: bool = False

    def by(self, planned: int, initial: int) -> int:
        """The number of the session by whose end it is due, in a course of this shape."""
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
    """One task of the course. lineage, when: asked for only in clinics, or courses, that are so."""

    id: str
    phase: Phase
    name: str
    why: str
    leaves: tuple[TaskOutput, ...]
    due: DueRule
    lineage: str = ""
    when: str = ""
    reviewed: bool = False
    sources: tuple[str, ...] = ()


@cache
def tasks() -> tuple[Task, ...]:
    """Every task in the order of the course. Raises ShelfError where the file is not sound."""
    content = (resources.files("securebase.ipt") / "tasks.toml").read_bytes()
    return tuple(_task(t) for t in read_toml("tasks.toml", content).tables("tasks"))


def _task(at: Fields) -> Task:
    at.only("id", "phase", "name", "why", "leaves", "due", "lineage", "when", "reviewed", "sources")
    when = at.text("when", "")
    if when not in CONDITIONS:
        at.fail(f"found “{when}”", "when", f"Known are: {', '.join(CONDITIONS[1:])}.")
    return Task(
        id=at.text("id"),
        phase=read_enum(at, "phase", Phase),
        name=at.text("name"),
        why=at.text("why"),
        leaves=tuple(_leaves(one) for one in at.tables("leaves")),
        due=_due(at.table("due")),
        lineage=at.text("lineage", ""),
        when=when,
        reviewed=at.flag("reviewed", default=False),
        sources=at.texts("sources"),
    )


def _leaves(at: Fields) -> TaskOutput:
    at.only("worksheet", "any", "fields", "yes", "agreed", "techniques", "measure", "circle", "people")
    named = (at.text("worksheet"),) if "worksheet" in at.values else at.texts("any")
    found = TaskOutput(
        worksheets=named,
        fields=at.texts("fields"),
        yes=at.texts("yes"),
        agreed=at.flag("agreed", default=False),
        techniques=at.flag("techniques", default=False),
        measure=at.text("measure", ""),
        circle=at.whole("circle", 0),
        people=at.whole("people", 0),
    )
    if sum(map(bool, (found.worksheets, found.measure, found.circle, found.people))) != 1:
        at.fail("names exactly one of worksheet, any, measure, circle, people")
    for name in found.worksheets:
        spec = worksheets().get(name)
        if spec is None:
            at.fail(f"there is no worksheet “{name}”")
        if found.agreed and not spec.agreement:
            at.fail(f"nobody agrees to “{name}”", "agreed")
    shelf = [worksheets()[name] for name in found.worksheets]
    if lost := [f for f in (*found.fields, *found.yes) if not any(spec.field(f) for spec in shelf)]:
        at.fail(f"none of them has a field {', '.join(lost)}", "fields")
    return found


def _due(at: Fields) -> DueRule:
    at.only("session", "initial", "share", "before_end", "each", "after_end")
    if len(at.values) != 1:
        at.fail("says exactly one thing")
    return DueRule(
        session=at.whole("session") if "session" in at.values else None,
        initial=at.whole("initial") if "initial" in at.values else None,
        share=at.maybe_number("share"),
        before_end=at.whole("before_end") if "before_end" in at.values else None,
        each=at.flag("each", default=False),
        after_end=at.flag("after_end", default=False),
    )
