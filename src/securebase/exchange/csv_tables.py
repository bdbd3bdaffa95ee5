"""Tables of therapy sessions in and out: `read_cohort` and `write_cohort`.

A table in the long layout has one row for each person and time; in the wide layout one row for each person and a
numbered column for each time. What cannot be understood raises TableError with file, row, column, what was found and
what to do. What is not used is counted in `Cohort.reading`.

How a row becomes a record. Every row that names its person and time becomes one Administration for each moment
(before, after) at which the columns asked for were asked: instrument "table", scale = the file's column, construct =
the name it was asked for under. This holds for a row whose scores are all missing, too: its administrations carry no
scores, so that the person's time line keeps the moment at which something was asked and not answered.

`at` is in days: n for day n, 7 n for week n, nominally 7 n for session n (`session` = n is kept beside it), the days
since the person's earliest row for dates, and the file's own number where the unit is "file". The file's own zero is
kept for numbers, because a linear trend starts there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, get_args

from securebase.errors import InputError, TableError
from securebase.exchange.build_cohort import cohort_of
from securebase.exchange.columns import NamedColumns
from securebase.exchange.csv_writing import write_cohort
from securebase.exchange.grid import clean, load, read_grid
from securebase.exchange.long_layout import read_long
from securebase.exchange.request import Layout, TableRequest
from securebase.exchange.times import DateOrder
from securebase.exchange.times import time_unit as unit_called
from securebase.exchange.values import Decimal
from securebase.exchange.wide_layout import read_wide
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment

__all__ = ["read_cohort", "write_cohort"]


class DataFrameLike(Protocol):
    """What is asked of a pandas data frame, so that pandas need not be loaded here."""

    index: Any

    def to_csv(self, *, index: bool) -> str: ...


def read_cohort(
    path: str | Path | bytes | DataFrameLike,
    *,
    person: str | None,
    time: str | None = None,
    outcome: str,
    processes: Sequence[str] = (),
    time_unit: str = "session",
    outcome_moment: Moment | str = Moment.BEFORE,
    process_moments: Mapping[str, Moment | str] | None = None,
    indicators: Mapping[str, Sequence[str]] | None = None,
    covariates: Sequence[str] = (),
    therapist: str | None = None,
    inputs: Sequence[str] = (),
    input_moments: Mapping[str, Moment | str] | None = None,
    layout: Layout = "long",
    columns: Mapping[str, str] | None = None,
    missing: Collection[str] = (),
    decimal: Decimal = "auto",
    date_order: DateOrder | None = None,
    file: str = "",
) -> Cohort:
    """Read a table of many persons, from a path, from a pandas data frame, or (an upload) from bytes. Messages call the
    last two `file`. A data frame is read as the table that it would be written as.

    `person`, `time`, `outcome`, `processes`: names of columns; one process may be given as a plain text. `columns` maps
    a name to the file's column, so that `outcome="symptoms", columns={"symptoms": "BDI_total"}` reads BDI_total as the
    construct symptoms. In the wide layout outcome and processes are stems (“bdi” reads bdi1, bdi2, …), `time` is not
    asked for and `person` may be None: each row is then a person. `time_unit`: day, week, session or file; dates are
    recognised. Processes were asked after the session unless `process_moments` says otherwise. `missing`: further
    signs for “no value”, such as "-99". `decimal` and `date_order` settle what the file leaves open.

    `indicators`: outcome or process → its several columns, the one first whose points it is to be in. `covariates`:
    what is the same on all rows of a person; texts become 0/1 columns against the most frequent, and persons of whom
    one is not known are left out and counted. `therapist`: who treats the person. `inputs`: what was done between the
    row before and this one, or, where `input_moments` says after, in the session of the row, so that it works until the
    next. A model made for the cohort knows all of these.

    Raises TableError where the file cannot be understood, InputError where something is asked for that there is not.
    """
    content, file = _content(path, file)
    processes, covariates, inputs = _several(processes), _several(covariates), _several(inputs)
    of = {name: _several(columns_of) for name, columns_of in (indicators or {}).items()}
    _check_known("layout", layout, get_args(Layout))
    _check_known("decimal sign", decimal, get_args(Decimal))
    if date_order is not None:
        _check_known("order of dates", date_order, get_args(DateOrder))
    for name in of:
        if name not in (outcome, *processes):
            raise TableError("it has columns, but is neither outcome nor process", file=file, column=name)
    columns_of_scores = [column for name in (outcome, *processes) for column in of.get(name) or (name,)]
    named = (*columns_of_scores, *covariates, *([therapist] if therapist is not None else []), *inputs)
    _check_once(file, named)
    _check_mapped(file, columns or {}, {person, time, *named})
    asked = TableRequest(
        person=person,
        time=time,
        moments=_moments(file, outcome, processes, outcome_moment, process_moments or {}),
        indicators={name: columns_of for name, columns_of in of.items() if columns_of},
        covariates=covariates,
        therapist=therapist,
        inputs=_input_moments(file, inputs, input_moments or {}),
        unit=unit_called(time_unit),
        layout=layout,
        missing=frozenset(clean(sign) for sign in _several(missing)),
        decimal=decimal,
        date_order=date_order,
    )
    grid = read_grid(content, file)
    found = NamedColumns(grid, columns or {})
    return cohort_of(asked, grid, found, (read_wide if layout == "wide" else read_long)(asked, grid, found))


def _content(path: object, file: str) -> tuple[bytes, str]:
    """The bytes of a table, and what messages call it."""
    if isinstance(path, bytes):
        return path, file or "table.csv"
    if isinstance(path, str | Path):
        return load(path), Path(path).name
    if hasattr(path, "to_csv") and hasattr(path, "index"):
        # a named index holds a column, such as the person; the plain count of rows holds none
        named = any(name is not None for name in path.index.names)
        return path.to_csv(index=named).encode(), file or "data frame"
    raise InputError(
        f"a table cannot be read from {type(path).__name__}", advice="Give a path, bytes or a pandas data frame."
    )


def _several(given: Collection[str]) -> tuple[str, ...]:
    """A single text is one name, not its letters."""
    return (given,) if isinstance(given, str) else tuple(given)


def _check_known(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise InputError(f"there is no {what} “{given}”", advice=f"Known are: {', '.join(known)}.")


def _check_mapped(file: str, columns: Mapping[str, str], asked: Collection[str | None]) -> None:
    for ours, theirs in columns.items():
        if ours not in asked:
            raise TableError(
                f"“{theirs}” is to be read as “{ours}”, but nothing asks for “{ours}”",
                file=file,
                advice=f"Name “{ours}” as person, time, outcome or process, or leave the mapping out.",
            )


def _moments(
    file: str,
    outcome: str,
    processes: Sequence[str],
    outcome_moment: Moment | str,
    process_moments: Mapping[str, Moment | str],
) -> dict[str, Moment]:
    """Name → when it was asked, the outcome first."""
    _check_once(file, (outcome, *processes))
    for name in process_moments:
        if name not in processes:
            raise TableError("a moment is given for it, but it is no process", file=file, column=name)
    moments = {outcome: outcome_moment, **{p: process_moments.get(p, Moment.AFTER) for p in processes}}
    for moment in moments.values():
        _check_known("moment", moment, tuple(Moment))
    return {name: Moment(moment) for name, moment in moments.items()}


def _input_moments(file: str, inputs: Sequence[str], given: Mapping[str, Moment | str]) -> dict[str, Moment]:
    for name in given:
        if name not in inputs:
            raise TableError("a moment is given for it, but it is no input", file=file, column=name)
    moments = {name: given.get(name, Moment.BEFORE) for name in inputs}
    for moment in moments.values():
        _check_known("moment of an input", moment, (Moment.BEFORE.value, Moment.AFTER.value))
    return {name: Moment(moment) for name, moment in moments.items()}


def _check_once(file: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise TableError("the column is named twice", file=file, column=name, advice="Name each column once.")
