"""The rotation of rare questions: which items of the instrument “rotation” a check-in after a session asks.

The plan (`rotation.toml`) is a table of fourteen rows of four slots. A slot holds the two items of one construct, or
one item of each of two constructs, and asks them in turn. A course goes down the rows, one for each answered check-in,
so a missed check-in delays and does not skip. From client to client the table starts at another row and its slots are
shifted by one, so that every two slots meet in one check-in of at least half of the clients. The module is pure: no
database, no clock (decision 36).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated

from msgspec import Meta

from securebase.errors import InstrumentError
from securebase.measurement.catalogue import instruments
from securebase.schema import Id, Place, ShelfStruct, Text, read_toml

#: Instrument whose items rotate.
ROTATION = "rotation"
#: Ending of the column of a table that says which item of a construct was asked, counted from 1.
ITEM_COLUMN = "_item"
_FILE = "rotation.toml"
#: Rows between the first rows of two clients: no divisor of the number of rows, so neighbours begin far apart.
_STRIDE = 5
#: A monthly item uses a place that the row leaves free; after so many check-ins without one, a slot gives way.
_PATIENCE = 8

_Items = Annotated[tuple[int, ...], Meta(min_length=1)]
_Row = Annotated[tuple[Id, ...], Meta(min_length=1)]


class Slot(ShelfStruct, frozen=True):
    """A place of the table: items that are asked in turn."""

    id: Id
    label: Text
    items: _Items


class RotationPlan(ShelfStruct, frozen=True):
    """The file of the plan: slots, rows of the first client, items asked once, and monthly items."""

    slots: Annotated[tuple[Slot, ...], Meta(min_length=1)]
    rows: Annotated[tuple[_Row, ...], Meta(min_length=1)]
    once: tuple[int, ...] = ()
    monthly: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Course:
    """The rotation of one client up to the coming check-in: table, current row, and when each slot was asked."""

    rows: tuple[tuple[str, ...], ...]
    row: int
    #: slot → answered check-ins since it was asked, 1 for the last; longer than the history if it never was
    waits: dict[str, int]

    def next_turn(self, slot: str) -> int:
        """Return after how many further check-ins the table has this slot again."""
        coming = range(1, len(self.rows) + 1)
        return next((n for n in coming if slot in self.rows[(self.row + n) % len(self.rows)]), len(self.rows))


def read_rotation_plan(file: str, content: bytes) -> RotationPlan:
    """Read and check the plan in a TOML file. Errors call the file `file`."""
    place = Place(file, InstrumentError)
    plan = read_toml(content, RotationPlan, place)
    _check(plan, place)
    return plan


@cache
def rotation_plan() -> RotationPlan:
    """Return the plan of the product. Raises InstrumentError if the file is invalid."""
    return read_rotation_plan(_FILE, (resources.files("securebase.measurement") / _FILE).read_bytes())


def rotation_slots() -> tuple[Slot, ...]:
    """Return the slots of the plan, in order of their items."""
    return rotation_plan().slots


def rotating_items(
    *,
    places: int,
    history: Sequence[tuple[int, ...]],
    client: int,
    off: Collection[str] = (),
    requested: Collection[str] = (),
) -> tuple[int, ...]:
    """Return the items that the check-in after a session asks, at most `places`, in order of their numbers.

    `history` holds the items of each earlier check-in with rotating items that was answered, oldest first; with
    `client`, any number from 0 on, it decides the row. Slots in `off` are left out, and the slot that waits longest
    has their place. `requested` slots come first. Every second check-in asks a monthly item where the row leaves a
    place, otherwise the slot that waits longest joins. Where places are short, the slots give way whose previous and
    next turns are closest together.
    """
    plan = rotation_plan()
    if unknown := sorted({*off, *requested} - {slot.id for slot in plan.slots}):
        known = ", ".join(slot.id for slot in plan.slots)
        raise InstrumentError(f"unknown slot “{unknown[0]}”", where=_FILE, advice=f"Known: {known}.")
    others = [slot.id for slot in plan.slots if slot.id not in off]
    # with every slot off there is no rotation, and monthly items have no turn
    if places < 1 or not others:
        return ()
    course = _course(plan, history, client)
    row = course.rows[course.row]
    due = [name for name in row if name not in off]
    first = [slot.id for slot in plan.slots if slot.id in requested and slot.id not in off]
    # a slot that is off leaves its place to another slot, not to a monthly item
    free = places - len({*first, *row})
    monthly = _due_monthly_item(plan, history, free) if places > len(first) else None
    slots = _rank(course, first, due, others)[: places - (monthly is not None)]
    items = [_item_in_turn(slot, history, client) for slot in plan.slots if slot.id in slots]
    return tuple(sorted([*items, *([monthly] if monthly is not None else [])]))


def _course(plan: RotationPlan, history: Sequence[tuple[int, ...]], client: int) -> _Course:
    names = [slot.id for slot in plan.slots]
    shifted = {name: names[(n + client) % len(names)] for n, name in enumerate(names)}
    rows = tuple(tuple(shifted[name] for name in row) for row in plan.rows)
    waits = {}
    for slot in plan.slots:
        turns = [n for n, asked in enumerate(history) if {*slot.items} & {*asked}]
        waits[slot.id] = len(history) - turns[-1] if turns else len(history) + 1
    return _Course(rows, (_STRIDE * client + len(history)) % len(rows), waits)


def _rank(course: _Course, first: list[str], due: list[str], others: list[str]) -> list[str]:
    """Return slots in order of precedence: those requested, those of the row, then those that wait longest."""
    # the slot of the row whose turns before and after this one are closest together comes last and gives way
    by_gap = sorted(due, key=lambda name: -course.waits[name] - course.next_turn(name))
    # of slots that wait equally long, the one whose next turn is furthest
    by_wait = sorted(others, key=lambda name: (-course.waits[name], -course.next_turn(name)))
    return list(dict.fromkeys([*first, *by_gap, *by_wait]))


def _due_monthly_item(plan: RotationPlan, history: Sequence[tuple[int, ...]], free: int) -> int | None:
    """Return the monthly item of this check-in: each of `once`, then those of `monthly` in turn; None if not due."""
    special = {*plan.once, *plan.monthly}
    asked = [item for items in history for item in items if item in special]
    waiting = next((n for n, items in enumerate(reversed(history)) if special & {*items}), len(history))
    if (history and waiting < 1) or (free < 1 and waiting < _PATIENCE):
        return None
    pending = [item for item in plan.once if item not in asked]
    if pending:
        return pending[0]
    in_turn = [item for item in asked if item in plan.monthly]
    return _following(plan.monthly, in_turn, 0) if plan.monthly else None


def _item_in_turn(slot: Slot, history: Sequence[tuple[int, ...]], client: int) -> int:
    # half of the clients start with the second item, so that an item is not confounded with the phase of the course
    asked = [item for items in history for item in items if item in slot.items]
    return _following(slot.items, asked, client // 2)


def _following(items: tuple[int, ...], asked: Sequence[int], start: int) -> int:
    """Return the item after the last one asked; without one, the item at `start`."""
    return items[(items.index(asked[-1]) + 1 if asked else start) % len(items)]


def _check(plan: RotationPlan, place: Place) -> None:
    """Check that slots have ids and items of their own, and that rows name each slot."""
    ids = [slot.id for slot in plan.slots]
    if len(set(ids)) != len(ids):
        place.fail("two slots have the same id", "slots")
    numbers = {item.number for item in instruments()[ROTATION].items}
    lists = [(place.at("slots", n), "items", slot.items) for n, slot in enumerate(plan.slots, start=1)]
    lists += [(place, "once", plan.once), (place, "monthly", plan.monthly)]
    used: set[int] = set()
    for at, field, items in lists:
        if unknown := sorted({*items} - numbers):
            at.fail(f"unknown item {unknown[0]}", field, f"{ROTATION}.toml has items 1 to {max(numbers)}.")
        if twice := [item for n, item in enumerate(items) if item in used or item in items[:n]]:
            at.fail(f"item {twice[0]} is listed twice", field)
        used |= {*items}
    if left := sorted(numbers - used):
        place.fail(f"item {left[0]} is never asked", "slots", "Add it to a slot, to “once” or to “monthly”.")
    known = f"Known: {', '.join(ids)}."
    for n, row in enumerate(plan.rows, start=1):
        if unknown_slots := [name for name in row if name not in ids]:
            place.fail(f"unknown slot “{unknown_slots[0]}”", f"rows[{n}]", known)
        if len(set(row)) != len(row):
            place.fail(f"a row must not list a slot twice (got {', '.join(row)})", f"rows[{n}]")
    if absent := [name for name in ids if not any(name in row for row in plan.rows)]:
        place.fail(f"no row lists slot “{absent[0]}”", "rows")
