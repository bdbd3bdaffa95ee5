"""What a caller asks of a table, and what the layouts hand on: rows of persons at times, with what was left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from securebase.exchange.grid import Grid, clean, plural
from securebase.exchange.times import DateOrder, TimeUnit
from securebase.exchange.values import Decimal, is_missing
from securebase.records.cohort import Skipped
from securebase.records.vocabulary import Moment

Layout = Literal["long", "wide"]

#: how many row numbers or persons a sentence names
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class TableRequest:
    """Names of columns (or, in the wide layout, stems) and how to take them. `moments` holds the outcome first.

    indicators: the columns of a construct that has several. inputs: when each was done, see `records.episode.Input`.
    """

    person: str | None
    time: str | None
    moments: Mapping[str, Moment]
    unit: TimeUnit
    layout: Layout = "long"
    missing: frozenset[str] = frozenset()
    decimal: Decimal = "auto"
    date_order: DateOrder | None = None
    indicators: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    covariates: tuple[str, ...] = ()
    therapist: str | None = None
    inputs: Mapping[str, Moment] = field(default_factory=dict)

    @property
    def scores(self) -> tuple[tuple[str, str], ...]:
        """(construct, column) of every column of scores."""
        return tuple((name, column) for name in self.moments for column in self.indicators.get(name, (name,)))

    @property
    def of_persons(self) -> tuple[str, ...]:
        """The columns that say something of a person, once and for all."""
        return (*self.covariates, *([self.therapist] if self.therapist is not None else []))


@dataclass(frozen=True, slots=True)
class TableRow:
    """One person at one time, in the time column's own unit; values in the order of the scores asked for. `number` is
    the row of the file. `beside` are the cells of covariates, therapist and inputs, None where missing."""

    person: str
    time: float
    day: date | None
    values: tuple[float | None, ...]
    number: int
    beside: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(slots=True)
class Extract:
    """What a layout read: the rows in the file's order, and an account of the rest."""

    rows: list[TableRow]
    #: the file's column (or stem) of each name asked for
    columns: Mapping[str, str]
    unit: TimeUnit
    from_first: bool
    rows_used: int
    #: what stood for “no value” in the cells used, and how often
    signs: Mapping[str, int]
    #: the decimal sign of numbers
    sign: Literal[".", ","] = "."
    skipped: list[Skipped] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def skipped(reason: str, rows: Sequence[int]) -> Skipped:
    """Rows that were left out, with the numbers of the first few."""
    return Skipped(reason, len(rows), rows=tuple(rows[:MOST_NAMED]))


def nameless(grid: Grid, asked: TableRequest, persons: Sequence[str | None], places: Sequence[int]) -> list[Skipped]:
    """The rows without an identifier, saying how many values in them went unused."""
    empty = [i for i, person in enumerate(persons) if person is None]
    if not empty:
        return []
    strays = sum(not is_missing(clean(grid.rows[i][at]), asked.missing) for i in empty for at in places)
    beside = f"; {plural(strays, 'value')} in the columns asked for went unused" if strays else ""
    return [skipped(f"no identifier in “{asked.person}”{beside}", [grid.numbers[i] for i in empty])]
