"""Covariates, therapists, treatment arms and time-varying inputs of a table.

Numeric columns are used as they are. A text column is dummy coded: one 0/1 column for each category but the most
frequent, which is the reference. A covariate that varies within a person is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from securebase.errors import TableError
from securebase.exchange.columns import NamedColumns
from securebase.exchange.grid import Grid, display_text, pluralise
from securebase.exchange.request import MAX_LISTED, Extract, TableRequest, TableRow
from securebase.exchange.values import MAX_ABSOLUTE, parse_number
from securebase.records.cohort import Exclusion
from securebase.records.vocabulary import Moment

#: A column with more different texts holds notes or names, not categories.
MAX_CATEGORIES = 12


@dataclass(slots=True)
class CovariateData:
    """Covariates by person and name, therapists and arms by person, inputs by (person, time) and name.

    `excluded_persons` lack a value of some covariate, or an arm. `moments` holds when each input was given.
    """

    covariates: dict[str, dict[str, float]] = field(default_factory=dict)
    therapist: dict[str, str] = field(default_factory=dict)
    arm: dict[str, str] = field(default_factory=dict)
    inputs: dict[tuple[str, float], dict[str, float]] = field(default_factory=dict)
    covariate_names: tuple[str, ...] = ()
    input_names: tuple[str, ...] = ()
    moments: dict[str, Moment] = field(default_factory=dict)
    excluded_persons: frozenset[str] = frozenset()
    exclusions: list[Exclusion] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of the file, with its location for errors."""

    name: str
    #: name in the file
    column: str
    grid: Grid
    sign: Literal[".", ","]

    def error(self, problem: str, advice: str, row: int | None = None, cell: str | None = None) -> TableError:
        """Return a TableError located in this column."""
        value = None if cell is None else display_text(cell)
        return TableError(problem, file=self.grid.file, row=row, column=self.column, value=value, advice=advice)

    def cells(self, rows: Sequence[TableRow]) -> list[tuple[TableRow, str]]:
        """Return the rows with a value, and the value."""
        return [(row, cell) for row in rows if (cell := row.cells.get(self.name)) is not None]


@dataclass(frozen=True, slots=True)
class _CodedColumn:
    """A coded column: names of the resulting columns, and the values of each cell in them."""

    names: tuple[str, ...]
    values: Mapping[str, tuple[float, ...]]
    remark: str = ""


#: person → rows in order of time
_Persons = Mapping[str, Sequence[TableRow]]


def read_covariates(request: TableRequest, grid: Grid, columns: NamedColumns, extract: Extract) -> CovariateData:
    """Read covariates, therapists, arms and inputs.

    Raises TableError where a covariate, therapist or arm changes within a person, an input that a score depends on is
    missing, or a column is neither numeric nor categorical.
    """
    result = CovariateData()
    persons: dict[str, list[TableRow]] = {}
    for row in sorted(extract.rows, key=lambda row: row.time):
        persons.setdefault(row.person, []).append(row)

    def find_column(name: str) -> _Column:
        return _Column(name, columns.renamed.get(name, name), grid, extract.sign)

    for name in request.covariates:
        _covariate(find_column(name), persons, result)
    if request.therapist is not None:
        _therapists(find_column(request.therapist), persons, result)
    if request.arm is not None:
        _arms(find_column(request.arm), persons, result)
    for name, moment in request.inputs.items():
        _input(find_column(name), moment, persons, result)
    return result


def _covariate(column: _Column, persons: _Persons, result: CovariateData) -> None:
    first: dict[str, tuple[TableRow, str]] = {}
    partly = 0
    for person, rows in persons.items():
        cells = column.cells(rows)
        if not cells:
            continue
        first[person] = first_row, value = cells[0]
        partly += len(cells) < len(rows)
        for row, cell in cells[1:]:
            if not _are_equal(cell, value, column.sign):
                raise column.error(
                    f"the covariate varies within person “{display_text(person, 40)}” "
                    f"(“{display_text(value, 20)}” in row {first_row.number})",
                    "A covariate has one value per person. Use --input for an intervention, --process for a repeated "
                    "measure.",
                    row.number,
                    cell,
                )
    unknown = [person for person in persons if person not in first]
    if unknown:
        numbers = tuple(persons[person][0].number for person in unknown[:MAX_LISTED])
        result.exclusions.append(
            Exclusion(f"no value of the covariate “{column.name}”", len(unknown), "person", numbers)
        )
        result.excluded_persons |= frozenset(unknown)
    if partly:
        result.remarks.append(
            f"“{column.name}” is given on some rows only for {pluralise(partly, 'person')} and was used for all rows."
        )
    coded = _code(column, list(first.values()), "person")
    result.remarks += [coded.remark] if coded.remark else []
    result.covariate_names += coded.names
    for person, (_, cell) in first.items():
        person_values = result.covariates.setdefault(person, {})
        person_values.update(zip(coded.names, coded.values[cell], strict=True))


def _one_text_each(column: _Column, persons: _Persons, noun: str, advice: str) -> dict[str, str]:
    """Return each person's text of a column. Raises TableError where it changes within a person, or nobody has one."""
    texts = {}
    for person, rows in persons.items():
        cells = column.cells(rows)
        for row, cell in cells:
            if cell != cells[0][1]:
                raise column.error(
                    f"person “{display_text(person, 40)}” has another {noun} than in row {cells[0][0].number} "
                    f"(“{display_text(cells[0][1], 20)}”)",
                    advice,
                    row.number,
                    cell,
                )
        if cells:
            texts[person] = cells[0][1]
    if not texts:
        raise column.error("the column has no values", "Omit it, or choose another.")
    return texts


def _arms(column: _Column, persons: _Persons, result: CovariateData) -> None:
    result.arm = _one_text_each(
        column,
        persons,
        "arm",
        "An arm is the treatment to which a person was assigned. Enter the same arm on all rows. Use --assigned for a "
        "treatment that was assigned anew at every occasion.",
    )
    counts = sorted(Counter(result.arm.values()).items())
    if len(counts) > MAX_CATEGORIES:
        raise column.error(
            f"the column has {len(counts):,} different texts, which cannot be treatment arms",
            f"Use 2 to {MAX_CATEGORIES} arms, or choose another column.",
            cell=counts[0][0],
        )
    unknown = [person for person in persons if person not in result.arm]
    if unknown:
        numbers = tuple(persons[person][0].number for person in unknown[:MAX_LISTED])
        result.exclusions.append(Exclusion(f"no arm in “{column.name}”", len(unknown), "person", numbers))
        result.excluded_persons |= frozenset(unknown)
    sizes = ", ".join(f"{display_text(arm, 20)} ({count:,})" for arm, count in counts)
    result.remarks.append(f"“{column.name}” names the treatment arms: {sizes}.")


def _therapists(column: _Column, persons: _Persons, result: CovariateData) -> None:
    advice = "Each person must have one therapist. Keep the rows with one of them, or omit the column."
    result.therapist = _one_text_each(column, persons, "therapist", advice)
    clients = Counter(result.therapist.values())
    smallest, largest = min(clients.values()), max(clients.values())
    clients_each = f"{smallest:,}" if smallest == largest else f"{smallest:,} to {largest:,}"
    unknown = pluralise(len(persons) - len(result.therapist), "person")
    missing_note = "" if len(persons) == len(result.therapist) else f"; {unknown} without one, each a cluster"
    result.remarks.append(
        f"“{column.name}” names {pluralise(len(clients), 'therapist')} with {clients_each} clients each{missing_note}."
    )


def _input(column: _Column, moment: Moment, persons: _Persons, result: CovariateData) -> None:
    cells = [pair for rows in persons.values() for pair in column.cells(rows)]
    coded = _code(column, cells, "row")
    result.input_names += coded.names
    result.moments.update(dict.fromkeys(coded.names, moment))
    for person, rows in persons.items():
        _check_known(column, person, moment, rows)
    for row, cell in cells:
        row_values = result.inputs.setdefault((row.person, row.time), {})
        row_values.update(zip(coded.names, coded.values[cell], strict=True))
    timing = (
        "given in the session of its row, with effect until the next"
        if moment is Moment.AFTER
        else "given between the previous row and its own"
    )
    result.remarks += [f"Input “{column.name}” counts as {timing}.", *([coded.remark] if coded.remark else [])]


def _check_known(column: _Column, person: str, moment: Moment, rows: Sequence[TableRow]) -> None:
    """Check that every input before a person's last score is known. Later inputs affect no score."""
    last = max((j for j, row in enumerate(rows) if any(v is not None for v in row.values)), default=0)
    needed = rows[:last] if moment is Moment.AFTER else rows[1 : last + 1]
    for row in needed:
        if row.cells.get(column.name) is None:
            raise column.error(
                f"the input is missing for person “{display_text(person, 40)}”, but a later score depends on it",
                "Enter its value; 0 means not given.",
                row.number,
            )


def _code(column: _Column, cells: Sequence[tuple[TableRow, str]], unit: str) -> _CodedColumn:
    """Code a column: numbers as they are, texts as dummies. Ties for the reference go by alphabet."""
    if not cells:
        raise column.error("the column has no values", "Omit it, or choose another.")
    numbers = {cell: parse_number(cell, column.sign) for _, cell in cells}
    numeric = {cell: (value,) for cell, value in numbers.items() if value is not None and abs(value) <= MAX_ABSOLUTE}
    if len(numeric) == len(numbers):
        return _CodedColumn((column.name,), numeric)
    if numeric:
        row, cell = next((row, cell) for row, cell in cells if cell not in numeric)
        raise column.error(
            "not a number in a numeric column",
            "Correct the cell or leave it empty. A column is categorical only if no cell is a number.",
            row.number,
            cell,
        )
    counts = sorted(Counter(cell for _, cell in cells).items(), key=lambda pair: (-pair[1], pair[0]))
    if not 2 <= len(counts) <= MAX_CATEGORIES:
        raise column.error(
            f"the column has {pluralise(len(counts), 'different text')}, which cannot be used as categories",
            f"Use 2 to {MAX_CATEGORIES} categories, or omit the column.",
            cell=counts[0][0],
        )
    (reference, count_of_reference), levels = counts[0], counts[1:]
    categories = ", ".join(f"{display_text(cell, 20)} ({count:,})" for cell, count in levels)
    return _CodedColumn(
        tuple(f"{column.name}={cell}" for cell, _ in levels),
        {cell: tuple(float(cell == level) for level, _ in levels) for cell, _ in counts},
        f"“{column.name}” is categorical: 0/1 columns for {categories}; reference {display_text(reference, 20)} "
        f"({pluralise(count_of_reference, unit)}).",
    )


def _are_equal(a: str, b: str, sign: Literal[".", ","]) -> bool:
    first, second = parse_number(a, sign), parse_number(b, sign)
    return a == b or (first is not None and first == second)
