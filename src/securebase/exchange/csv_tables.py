"""Tables of therapy sessions: `read_cohort` and `write_cohort`.

A long table has one row per person and time; a wide table has one row per person and numbered columns. A cell that
cannot be read raises TableError with file, row, column, value and fix. `Cohort.import_report` counts what was not used.

Mapping of rows to records: every row with person and time becomes one AdministrationRecord for each moment (before,
after) of the requested columns, with instrument "table", the file's column as scale and the requested name as
construct. A row whose scores are all missing becomes administrations without scores, so that the time line keeps it.

`at` is in days: n for day n, 7 n for week n, nominally 7 n for session n (with `session` = n), days since the person's
earliest row for dates, and the number itself for the unit "file". Numeric times keep their zero, where a linear trend
starts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, get_args

from securebase.errors import InputError, TableError
from securebase.exchange.build_cohort import build_cohort
from securebase.exchange.columns import NamedColumns
from securebase.exchange.csv_writing import write_cohort
from securebase.exchange.grid import clean, read_bytes, read_grid
from securebase.exchange.long_layout import read_long
from securebase.exchange.request import Layout, TableRequest
from securebase.exchange.second_ratings import add_second_ratings
from securebase.exchange.times import DateOrder
from securebase.exchange.times import time_unit as parse_time_unit
from securebase.exchange.values import Decimal
from securebase.exchange.wide_layout import read_wide
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment

__all__ = ["read_cohort", "write_cohort"]


class DataFrameLike(Protocol):
    """The part of a pandas data frame that is used here, so that pandas need not be imported."""

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
    before_and_after: Mapping[str, Sequence[str]] | None = None,
    covariates: Sequence[str] = (),
    therapist: str | None = None,
    arm: str | None = None,
    inputs: Sequence[str] = (),
    input_moments: Mapping[str, Moment | str] | None = None,
    layout: Layout = "long",
    columns: Mapping[str, str] | None = None,
    missing: Collection[str] = (),
    decimal: Decimal = "auto",
    date_order: DateOrder | None = None,
    file: str = "",
) -> Cohort:
    r"""Read a table of therapy sessions of many persons.

    Missing values stay missing: nothing is imputed. Rows that cannot be used are excluded and counted in
    ``import_report``. Scores of the outcome count as measured before the session, those of processes after it, unless
    the arguments say otherwise; this decides which of two scores comes first.

    Parameters
    ----------
    path : str, Path, bytes or pandas.DataFrame
        CSV file, its content, or a data frame.
    person : str or None
        Column with the person's identifier. None in the wide layout: each row is a person.
    time : str, optional
        Column with the time. Required in the long layout.
    outcome : str
        Column of the outcome, a stem in the wide layout (``"bdi"`` reads bdi1, bdi2, …).
    processes : sequence of str, optional
        Columns of process variables, such as the alliance.
    time_unit : {"session", "day", "week", "file"}, default "session"
        Unit of numeric times. A session counts as 7 days. ``"file"`` keeps the numbers. Dates are recognised and
        count in weeks (in days with ``"day"``).
    outcome_moment : {"before", "after", "between"}, default "before"
        When the outcome was measured, relative to the session.
    process_moments : mapping of str to str, optional
        Process → moment of measurement. Default ``"after"``.
    indicators : mapping of str to sequence of str, optional
        Outcome or process → its indicator columns. The construct is in points of the first.
    before_and_after : mapping of str to (str, str), optional
        Outcome or process → columns with its rating before and after each session. Lags and models use one of them:
        that of the moment above, so by default the outcome's rating before the session and a process's rating after
        it. The other one is a construct named like its column.
    covariates : sequence of str, optional
        Columns with one value per person. Texts are dummy coded, the most frequent is the reference. Persons without
        a value are excluded.
    therapist : str, optional
        Column with the therapist's identifier.
    arm : str, optional
        Column with the treatment arm that a person was assigned to. Persons without one are excluded.
    inputs : sequence of str, optional
        Columns of time-varying inputs (technique, medication), given since the previous row.
    input_moments : mapping of str to str, optional
        Input → ``"before"`` (default), or ``"after"`` if it was given in the session of its row.
    layout : {"long", "wide"}, default "long"
        One row per person and time, or one row per person with numbered columns.
    columns : mapping of str to str, optional
        Our name → column of the file: ``outcome="symptoms", columns={"symptoms": "BDI_total"}``.
    missing : collection of str, optional
        Additional missing-value codes, such as ``"-99"``.
    decimal : {"auto", ".", ","}, default "auto"
        Decimal separator.
    date_order : {"day_first", "month_first"}, optional
        Order of day and month where the dates leave it open.
    file : str, optional
        Name of bytes or a data frame in messages.

    Returns
    -------
    Cohort
        One episode per person; times in days.

    Raises
    ------
    TableError
        If the table cannot be read. The message gives row, column and value.
    InputError
        If an argument is invalid.

    See Also
    --------
    write_cohort : Write a cohort to a CSV file.

    Examples
    --------
    >>> import securebase
    >>> table = b"client,session,phq9,alliance\nA,1,18,4.5\nA,2,15,\nB,1,12,6.0\nB,2,11,6.5\n"
    >>> cohort = securebase.read_cohort(
    ...     table, person="client", time="session", outcome="phq9", processes=["alliance"]
    ... )
    >>> len(cohort), cohort.outcome, cohort.processes
    (2, 'phq9', ('alliance',))
    >>> [(score.at, score.value) for score in cohort.episodes[0].scores("phq9")]
    [(7.0, 18.0), (14.0, 15.0)]
    >>> cohort.import_report.cells_missing
    1
    """
    content, file = _content(path, file)
    named = {"person": person, "time": time, "outcome": outcome, "therapist": therapist, "arm": arm}
    for argument, name in named.items():
        if not isinstance(name, str) and (name is not None or argument == "outcome"):
            raise InputError(f"{argument} must be the name of a column (got {name!r})")
    for argument, mapping in (
        ("process_moments", process_moments),
        ("indicators", indicators),
        ("before_and_after", before_and_after),
        ("input_moments", input_moments),
        ("columns", columns),
    ):
        if mapping is not None and not isinstance(mapping, Mapping):
            raise InputError(f"{argument} must be a mapping (got {mapping!r})", advice="Write {name: value}.")
    processes = _as_tuple("processes", processes)
    covariates, inputs = _as_tuple("covariates", covariates), _as_tuple("inputs", inputs)
    indicator_columns = {name: _as_tuple("indicators", listed) for name, listed in (indicators or {}).items()}
    _check_known("layout", layout, get_args(Layout))
    _check_known("decimal separator", decimal, get_args(Decimal))
    if date_order is not None:
        _check_known("date order", date_order, get_args(DateOrder))
    for name in indicator_columns:
        if name not in (outcome, *processes):
            raise TableError(f"indicators given for “{name}”, which is neither outcome nor process", file=file)
    moments = _moments(file, outcome, processes, outcome_moment, process_moments or {})
    rated = add_second_ratings(file, moments, indicator_columns, before_and_after or {})
    requested = (*rated.columns, *covariates, *(name for name in (therapist, arm) if name is not None), *inputs)
    _check_unique(file, requested)
    _check_mapping(file, columns or {}, {person, time, *requested})
    request = TableRequest(
        person=person,
        time=time,
        moments=rated.moments,
        indicators={name: listed for name, listed in rated.indicators.items() if listed},
        before_and_after=rated.pairs,
        covariates=covariates,
        therapist=therapist,
        arm=arm,
        inputs=_input_moments(file, inputs, input_moments or {}),
        unit=parse_time_unit(time_unit),
        layout=layout,
        missing=frozenset(clean(sign) for sign in _as_tuple("missing", missing)),
        decimal=decimal,
        date_order=date_order,
    )
    grid = read_grid(content, file)
    named_columns = NamedColumns(grid, columns or {})
    extract = (read_wide if layout == "wide" else read_long)(request, grid, named_columns)
    return build_cohort(request, grid, named_columns, extract)


def _content(path: object, file: str) -> tuple[bytes, str]:
    """Return the bytes of a table, and its name in messages."""
    if isinstance(path, bytes):
        return path, file or "table.csv"
    if isinstance(path, str | Path):
        return read_bytes(path), Path(path).name
    if hasattr(path, "to_csv") and hasattr(path, "index"):
        # a named index is a column, such as the person; an unnamed one only counts rows
        has_named_index = any(name is not None for name in path.index.names)
        return path.to_csv(index=has_named_index).encode(), file or "data frame"
    raise InputError(
        f"cannot read a table from type {type(path).__name__}", advice="Pass a path, bytes or a pandas data frame."
    )


def _as_tuple(argument: str, texts: Collection[str]) -> tuple[str, ...]:
    """Return texts as a tuple; a single text is one name, not its letters. Raises InputError for anything else."""
    if isinstance(texts, str):
        return (texts,)
    if not isinstance(texts, Iterable) or not all(isinstance(text, str) for text in texts):
        raise InputError(
            f"{argument} must be a list of texts (got {texts!r})", advice="Put each text in quotation marks."
        )
    return tuple(texts)


def _check_known(option: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InputError(f"unknown {option} “{value}”", advice=f"Known: {', '.join(allowed)}.")


def _check_mapping(file: str, columns: Mapping[str, str], requested: Collection[str | None]) -> None:
    for ours, theirs in columns.items():
        if ours not in requested:
            raise TableError(
                f"column “{theirs}” is mapped to “{ours}”, which no argument uses",
                file=file,
                advice=f"Use “{ours}” as person, time, outcome or process, or remove the mapping.",
            )


def _moments(
    file: str,
    outcome: str,
    processes: Sequence[str],
    outcome_moment: Moment | str,
    process_moments: Mapping[str, Moment | str],
) -> dict[str, Moment]:
    """Return name → moment of measurement, the outcome first."""
    _check_unique(file, (outcome, *processes))
    for name in process_moments:
        if name not in processes:
            raise TableError(f"a moment is given for “{name}”, which is not a process", file=file)
    moments = {outcome: outcome_moment, **{p: process_moments.get(p, Moment.AFTER) for p in processes}}
    for moment in moments.values():
        _check_known("moment", moment, tuple(Moment))
    return {name: Moment(moment) for name, moment in moments.items()}


def _input_moments(file: str, inputs: Sequence[str], input_moments: Mapping[str, Moment | str]) -> dict[str, Moment]:
    for name in input_moments:
        if name not in inputs:
            raise TableError(f"a moment is given for “{name}”, which is not an input", file=file)
    moments = {name: input_moments.get(name, Moment.BEFORE) for name in inputs}
    for moment in moments.values():
        _check_known("moment of an input", moment, (Moment.BEFORE.value, Moment.AFTER.value))
    return {name: Moment(moment) for name, moment in moments.items()}


def _check_unique(file: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise TableError("the column is used twice", file=file, column=name, advice="Use each column once.")
