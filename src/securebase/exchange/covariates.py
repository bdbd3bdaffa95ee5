"""What stands beside the scores: what persons bring along, whose clients they are, and what was done and when.

A column of numbers is taken as it is. A column of texts becomes a 0/1 column for each text but the most frequent one,
which the others are held against. What varies within a person is no covariate and is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from securebase.errors import TableError
from securebase.exchange.columns import NamedColumns
from securebase.exchange.grid import Grid, plural, shown
from securebase.exchange.request import MOST_NAMED, Extract, TableRequest, TableRow
from securebase.exchange.values import LARGEST, number_in
from securebase.records.cohort import Skipped
from securebase.records.vocabulary import Moment

#: more different texts than this are no categories but notes or names
MOST_CATEGORIES = 12


@dataclass(slots=True)
class Beside:
    """person → name → value of covariates, person → therapist, (person, time) → name → value of inputs; with an account
    of the rest. `left_out`: persons of whom a covariate is not known. `moments`: when each input was done."""

    covariates: dict[str, dict[str, float]] = field(default_factory=dict)
    therapist: dict[str, str] = field(default_factory=dict)
    inputs: dict[tuple[str, float], dict[str, float]] = field(default_factory=dict)
    covariate_names: tuple[str, ...] = ()
    input_names: tuple[str, ...] = ()
    moments: dict[str, Moment] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    skipped: list[Skipped] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of the file, with what is needed to read it and to say where something is wrong with it."""

    name: str
    #: its name in the file
    column: str
    grid: Grid
    sign: Literal[".", ","]

    def refusal(self, what: str, advice: str, row: int | None = None, cell: str | None = None) -> TableError:
        found = None if cell is None else shown(cell)
        return TableError(what, file=self.grid.file, row=row, column=self.column, found=found, advice=advice)

    def cells(self, rows: Sequence[TableRow]) -> list[tuple[TableRow, str]]:
        """The rows that say something, with what they say."""
        return [(row, cell) for row in rows if (cell := row.beside.get(self.name)) is not None]


@dataclass(frozen=True, slots=True)
class _Coded:
    """The columns that one column of the file becomes, and what each cell is in them."""

    names: tuple[str, ...]
    values: Mapping[str, tuple[float, ...]]
    remark: str = ""


#: person → rows in order of time
_Persons = Mapping[str, Sequence[TableRow]]


def what_stands_beside(asked: TableRequest, grid: Grid, found: NamedColumns, extract: Extract) -> Beside:
    """Raises TableError naming row and column where a covariate or a therapist changes within a person, an input that a
    score depends on is missing, or a column is neither numbers nor categories."""
    beside = Beside()
    persons: dict[str, list[TableRow]] = {}
    for row in sorted(extract.rows, key=lambda row: row.time):
        persons.setdefault(row.person, []).append(row)

    def column(name: str) -> _Column:
        return _Column(name, found.renamed.get(name, name), grid, extract.sign)

    for name in asked.covariates:
        _covariate(column(name), persons, beside)
    if asked.therapist is not None:
        _therapists(column(asked.therapist), persons, beside)
    for name, moment in asked.inputs.items():
        _input(column(name), moment, persons, beside)
    return beside


def _covariate(of: _Column, persons: _Persons, beside: Beside) -> None:
    first: dict[str, tuple[TableRow, str]] = {}
    partly = 0
    for person, rows in persons.items():
        there = of.cells(rows)
        if not there:
            continue
        first[person] = row_of_first, said = there[0]
        partly += len(there) < len(rows)
        for row, cell in there[1:]:
            if not _same(cell, said, of.sign):
                raise of.refusal(
                    f"the covariate changes within “{shown(person, 40)}” (“{shown(said, 20)}” in row "
                    f"{row_of_first.number})",
                    "A covariate is the same on all rows of a person. Name it as an input if it is something that was "
                    "done, or as a process if it was measured again and again.",
                    row.number,
                    cell,
                )
    unknown = [person for person in persons if person not in first]
    if unknown:
        rows_of = tuple(persons[person][0].number for person in unknown[:MOST_NAMED])
        beside.skipped.append(Skipped(f"no value of the covariate “{of.name}”", len(unknown), "person", rows_of))
        beside.left_out |= frozenset(unknown)
    if partly:
        beside.remarks.append(
            f"“{of.name}” stands on only some rows of {plural(partly, 'person')} and was taken for all of theirs."
        )
    coded = _coded(of, list(first.values()), "person")
    beside.remarks += [coded.remark] if coded.remark else []
    beside.covariate_names += coded.names
    for person, (_, cell) in first.items():
        own = beside.covariates.setdefault(person, {})
        own.update(zip(coded.names, coded.values[cell], strict=True))


def _therapists(of: _Column, persons: _Persons, beside: Beside) -> None:
    for person, rows in persons.items():
        there = of.cells(rows)
        for row, cell in there:
            if cell != there[0][1]:
                raise of.refusal(
                    f"“{shown(person, 40)}” has another therapist than in row {there[0][0].number} "
                    f"(“{shown(there[0][1], 20)}”)",
                    "One person has one therapist here. Keep the rows with one of them, or leave the column out.",
                    row.number,
                    cell,
                )
        if there:
            beside.therapist[person] = there[0][1]
    clients = Counter(beside.therapist.values())
    if not clients:
        raise of.refusal("the column names no therapist", "Leave it out, or name another.")
    least, most = min(clients.values()), max(clients.values())
    each = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    unknown = plural(len(persons) - len(beside.therapist), "person")
    apart = "" if len(persons) == len(beside.therapist) else f"; {unknown} without one, each counted apart"
    beside.remarks.append(f"“{of.name}” names {plural(len(clients), 'therapist')} with {each} clients each{apart}.")


def _input(of: _Column, moment: Moment, persons: _Persons, beside: Beside) -> None:
    there = [pair for rows in persons.values() for pair in of.cells(rows)]
    coded = _coded(of, there, "row")
    beside.input_names += coded.names
    beside.moments.update(dict.fromkeys(coded.names, moment))
    for person, rows in persons.items():
        _check_known(of, person, moment, rows)
    for row, cell in there:
        own = beside.inputs.setdefault((row.person, row.time), {})
        own.update(zip(coded.names, coded.values[cell], strict=True))
    how = (
        "done in the session of its row, so that it works until the next"
        if moment is Moment.AFTER
        else "done between the row before and its own"
    )
    beside.remarks += [f"“{of.name}” was taken as {how}.", *([coded.remark] if coded.remark else [])]


def _check_known(of: _Column, person: str, moment: Moment, rows: Sequence[TableRow]) -> None:
    """Every input on the way to a score must be known; what lies beyond a person's last score touches none."""
    last = max((j for j, row in enumerate(rows) if any(v is not None for v in row.values)), default=0)
    needed = rows[:last] if moment is Moment.AFTER else rows[1 : last + 1]
    for row in needed:
        if row.beside.get(of.name) is None:
            raise of.refusal(
                f"the input is missing for “{shown(person, 40)}”, and a score depends on it",
                "Write what was done, 0 where nothing was.",
                row.number,
            )


def _coded(of: _Column, cells: Sequence[tuple[TableRow, str]], unit: str) -> _Coded:
    """Numbers as they are; texts as 0/1 columns against the most frequent (of equals the first in the alphabet)."""
    if not cells:
        raise of.refusal("the column holds no value", "Leave it out, or name another.")
    numbers = {cell: number_in(cell, of.sign) for _, cell in cells}
    known = {cell: (value,) for cell, value in numbers.items() if value is not None and abs(value) <= LARGEST}
    if len(known) == len(numbers):
        return _Coded((of.name,), known)
    if known:
        row, cell = next((row, cell) for row, cell in cells if cell not in known)
        raise of.refusal(
            "the column holds numbers, and here none",
            "Correct it, or leave the cell empty. Categories are taken where no cell is a number.",
            row.number,
            cell,
        )
    counts = sorted(Counter(cell for _, cell in cells).items(), key=lambda pair: (-pair[1], pair[0]))
    if not 2 <= len(counts) <= MOST_CATEGORIES:
        raise of.refusal(
            f"the column holds {plural(len(counts), 'different text')}, of which no categories can be made",
            f"Two to {MOST_CATEGORIES} categories can be taken. Leave the column out, or sum it up.",
            cell=counts[0][0],
        )
    (usual, often), others = counts[0], counts[1:]
    said = ", ".join(f"{shown(cell, 20)} ({count:,})" for cell, count in others)
    return _Coded(
        tuple(f"{of.name}={cell}" for cell, _ in others),
        {cell: tuple(float(cell == other) for other, _ in others) for cell, _ in counts},
        f"“{of.name}” holds texts: a 0/1 column for {said}, against {shown(usual, 20)} ({plural(often, unit)}).",
    )


def _same(a: str, b: str, sign: Literal[".", ","]) -> bool:
    one, two = number_in(a, sign), number_in(b, sign)
    return a == b or (one is not None and one == two)
