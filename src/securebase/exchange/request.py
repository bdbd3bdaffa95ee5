"""The request for a table, and the rows that a layout extracts from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from securebase.exchange.grid import Grid, clean, pluralise
from securebase.exchange.times import DateOrder, TimeUnit
from securebase.exchange.values import Decimal, is_missing
from securebase.records.cohort import Exclusion
from securebase.records.vocabulary import Moment

Layout = Literal["long", "wide"]

#: Maximum number of rows or persons that a sentence lists.
MAX_LISTED = 5


@dataclass(frozen=True, slots=True)
class TableRequest:
    """Names of columns (stems in the wide layout) and how to read them. `moments` holds the outcome first.

    `indicators` holds the columns of constructs that are not named like their column, or have several. `inputs` holds
    when each input was given, see `InputRecord`. `before_and_after` is that of `Cohort`; `moments` holds both ratings.
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
    arm: str | None = None
    inputs: Mapping[str, Moment] = field(default_factory=dict)
    before_and_after: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def constructs(self) -> tuple[str, ...]:
        """The outcome, then the processes, without second ratings."""
        second = {name for pair in self.before_and_after.values() for name in pair} - {*self.before_and_after}
        return tuple(name for name in self.moments if name not in second)

    @property
    def scores(self) -> tuple[tuple[str, str], ...]:
        """(construct, column) pairs of all score columns."""
        return tuple((name, column) for name in self.moments for column in self.indicators.get(name, (name,)))

    @property
    def person_columns(self) -> tuple[str, ...]:
        """Columns with one value per person."""
        return (*self.covariates, *(name for name in (self.therapist, self.arm) if name is not None))


@dataclass(frozen=True, slots=True)
class TableRow:
    """One person at one time, in the unit of the time column, with values in the order of the requested scores.

    `number` is the row of the file. `cells` holds covariates, therapist, arm and inputs, None if
    missing.
    """

    person: str
    time: float
    day: date | None
    values: tuple[float | None, ...]
    number: int
    cells: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(slots=True)
class Extract:
    """Rows that a layout extracted, in the order of the file, and what it excluded."""

    rows: list[TableRow]
    #: requested name → column (or stem) of the file
    columns: Mapping[str, str]
    unit: TimeUnit
    from_first: bool
    rows_used: int
    #: missing-value codes in the used cells, with counts
    signs: Mapping[str, int]
    #: decimal separator
    sign: Literal[".", ","] = "."
    exclusions: list[Exclusion] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def exclusion(reason: str, rows: Sequence[int]) -> Exclusion:
    """Return an exclusion with the numbers of the first few rows."""
    return Exclusion(reason, len(rows), rows=tuple(rows[:MAX_LISTED]))


def rows_without_person(
    grid: Grid, request: TableRequest, persons: Sequence[str | None], places: Sequence[int]
) -> list[Exclusion]:
    """Exclude rows without an identifier, and count their unused values."""
    empty = [i for i, person in enumerate(persons) if person is None]
    if not empty:
        return []
    strays = sum(not is_missing(clean(grid.rows[i][at]), request.missing) for i in empty for at in places)
    unused = f"; {pluralise(strays, 'value')} in the requested columns unused" if strays else ""
    return [exclusion(f"no identifier in “{request.person}”{unused}", [grid.numbers[i] for i in empty])]
