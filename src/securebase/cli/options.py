"""Options shared by the commands that read a table, and the cohort that they describe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import click
from click.core import ParameterSource

from securebase.cli.table_keys import table_keys
from securebase.exchange.csv_tables import read_cohort
from securebase.exchange.data_dictionary import dictionary_beside, dictionary_path
from securebase.exchange.times import DateOrder
from securebase.model.specification import Start, Trend
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class TableOptions:
    """Values of the table options."""

    table: Path
    person: str | None
    time: str | None
    outcome: str
    process: tuple[str, ...]
    indicator: tuple[str, ...]
    covariate: tuple[str, ...]
    therapist: str | None
    input: tuple[str, ...]
    time_unit: str
    trend: str
    start: str
    asked_before: tuple[str, ...]
    asked_after: tuple[str, ...]
    map: tuple[str, ...]
    layout: str
    missing: tuple[str, ...]
    decimal: str
    date_order: str | None

    @property
    def trend_form(self) -> Trend:
        """The trend as an enum member."""
        return Trend(self.trend)

    @property
    def initial_state(self) -> Start:
        """The start as an enum member."""
        return Start(self.start)


def group_options(command: Command, options: Sequence[Callable[[Any], Any]], group: type[Any]) -> Command:
    """Add options. The command receives them first, as one instance of the dataclass `group`, after groups above it."""

    def call_command(*groups_above: Any, **values: Any) -> Any:
        grouped = {f.name: values.pop(f.name) for f in fields(group)}
        return command(*groups_above, group(**grouped), **values)

    call_command.__name__, call_command.__doc__ = command.__name__, command.__doc__
    call_command.__dict__.update(command.__dict__)
    wrapped: Any = call_command
    for option in reversed(options):
        wrapped = option(wrapped)
    return cast(Command, wrapped)


def add_table_options(command: Command, *, outcome_required: bool = True) -> Command:
    """Add the argument TABLE and its options. The command receives them as one TableOptions.

    Where the outcome is not required, it is empty if it is not given.
    """
    options = [
        click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option(
            "--person", metavar="COL", help="Column with the person's identifier. [default: from the data dictionary]"
        ),
        click.option(
            "--time",
            metavar="COL",
            help="Column with the time: session number, day, week or date. [default: from the data dictionary]",
        ),
        click.option(
            "--outcome",
            metavar="COL",
            required=outcome_required,
            default=None if outcome_required else "",
            help="Column of the outcome.",
        ),
        click.option("--process", metavar="COL", multiple=True, help="Column of a process variable; repeatable."),
        click.option(
            "--indicator",
            metavar="NAME=COL,COL",
            multiple=True,
            help="Indicators of the outcome or process NAME; NAME is in points of the first column. Repeatable.",
        ),
        click.option(
            "--covariate",
            metavar="COL",
            multiple=True,
            help="Column of a time-invariant covariate; repeatable.",
        ),
        click.option(
            "--therapist", metavar="COL", help="Column with the therapist's identifier: adds a therapist level."
        ),
        click.option(
            "--input",
            metavar="COL",
            multiple=True,
            help="Column of a time-varying input (technique, medication) since the previous row; repeatable.",
        ),
        click.option(
            "--time-unit",
            type=click.Choice(["session", "day", "week", "file"]),
            default="session",
            show_default=True,
            help="Unit of the time column; dates are recognised.",
        ),
        click.option(
            "--trend",
            type=click.Choice([t.value for t in Trend]),
            default=Trend.CARRIED.value,
            show_default=True,
            help="Mean trend: none, linear, apart (each construct by itself), or carried (therapy acts as an input).",
        ),
        click.option(
            "--start",
            type=click.Choice([s.value for s in Start]),
            default=Start.STATIONARY.value,
            show_default=True,
            help="Distribution of the initial state: stationary, or estimated freely.",
        ),
        click.option(
            "--asked-before",
            metavar="COL or NAME=COL",
            multiple=True,
            help="Column measured before the session (default: the outcome). NAME=COL where NAME is rated before and "
            "after the session: COL holds the rating before it. Repeatable.",
        ),
        click.option(
            "--asked-after",
            metavar="COL or NAME=COL",
            multiple=True,
            help="Column measured after the session (default: processes), or input given in it. NAME=COL: COL holds "
            "the rating of NAME after the session. Repeatable.",
        ),
        click.option(
            "--map", metavar="NAME=COL", multiple=True, help="Read column COL under the name NAME; repeatable."
        ),
        click.option(
            "--layout",
            type=click.Choice(["long", "wide"]),
            default="long",
            show_default=True,
            help="Long: one row per session. Wide: one row per person with numbered columns.",
        ),
        click.option(
            "--missing", metavar="CODE", multiple=True, help="Additional missing-value code, e.g. -99; repeatable."
        ),
        click.option(
            "--decimal",
            type=click.Choice(["auto", ".", ","]),
            default="auto",
            show_default=True,
            help="Decimal separator.",
        ),
        click.option(
            "--date-order",
            type=click.Choice(["day-first", "month-first"]),
            help="Order of day and month in dates such as 03/04/2024.",
        ),
    ]
    return group_options(command, options, TableOptions)


def check_output_file(table: Path) -> None:
    """Check that --out does not overwrite the table or its data dictionary. Raises a usage error otherwise."""
    context = click.get_current_context(silent=True)
    value = context.params.get("out") if context is not None else None
    for out in value if isinstance(value, tuple) else (value,):
        if out is None or not Path(out).exists():
            continue
        if Path(out).samefile(table):
            raise click.UsageError(f"--out would overwrite the table {table}. Choose another file.")
        if dictionary_beside(table) is not None and Path(out).samefile(dictionary_path(table)):
            raise click.UsageError(f"--out would overwrite the data dictionary of {table}. Choose another file.")


def read_table(options: TableOptions, additional: tuple[str, ...] = (), *, arm: str | None = None) -> Cohort:
    """Read the table with these options, `additional` columns after the processes, and the column of the arm.

    What no option says comes from the data dictionary beside the table: person, time and its unit, and when a column
    was measured. Raises TableError, or a usage error where options contradict each other or --out would overwrite the
    table.
    """
    check_output_file(options.table)
    keys = table_keys(options.table, person=options.person, time=options.time, layout=options.layout)
    if options.layout == "long" and (keys.person is None or keys.time is None):
        raise click.UsageError(
            "--person and --time are required for a table in the long layout without a data dictionary beside it."
        )
    columns = (*options.process, *(name for name in dict.fromkeys(additional) if name not in options.process))
    moments, before_and_after = _moments(options, columns)
    file_columns = dict(_pairs("map", options.map))
    rated_twice = {name for pair in before_and_after.items() for name in (pair[0], *pair[1])}
    for name in {options.outcome, *columns, *options.input} - rated_twice:
        if name not in moments and (moment := keys.moment(file_columns.get(name, name))):
            moments[name] = moment
    input_moments = {name: moments.pop(name) for name in options.input if name in moments}
    cohort = read_cohort(
        options.table,
        person=keys.person,
        time=keys.time,
        outcome=options.outcome,
        processes=columns,
        time_unit=keys.time_unit if keys.time_unit and _is_default("time_unit") else options.time_unit,
        outcome_moment=moments.pop(options.outcome, Moment.BEFORE),
        process_moments=moments,
        indicators={name: columns.split(",") for name, columns in _pairs("indicator", options.indicator)},
        before_and_after=before_and_after,
        covariates=options.covariate,
        therapist=options.therapist,
        arm=arm,
        inputs=options.input,
        input_moments=input_moments,
        layout=cast(Literal["long", "wide"], options.layout),
        columns=file_columns,
        missing=options.missing,
        decimal=cast(Literal["auto", ".", ","], options.decimal),
        date_order=cast(DateOrder | None, options.date_order and options.date_order.replace("-", "_")),
    )
    return keys.remark_on(cohort)


def dictionary_scale(options: TableOptions) -> str:
    """Return the outcome's scale as ID:SCALE from the data dictionary beside the table; empty if none says it."""
    keys = table_keys(options.table, person=options.person, time=options.time, layout=options.layout)
    name = dict(_pairs("map", options.map)).get(options.outcome, options.outcome)
    column = keys.dictionary.column(name) if keys.dictionary else None
    return f"{column.instrument}:{column.scale}" if column and column.instrument and column.scale else ""


def _is_default(option: str) -> bool:
    """Return whether an option of the running command was left out."""
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(option) is ParameterSource.DEFAULT


def _moments(options: TableOptions, columns: tuple[str, ...]) -> tuple[dict[str, Moment], dict[str, tuple[str, str]]]:
    """Return the moments of single columns, and the columns of constructs rated before and after the session."""
    ratings: dict[str, dict[Moment, str]] = {}
    for moment, listed in ((Moment.BEFORE, options.asked_before), (Moment.AFTER, options.asked_after)):
        for text in listed:
            name, column = _rating(moment, text, {options.outcome, *columns, *options.input})
            if ratings.setdefault(name, {}).setdefault(moment, column) != column:
                raise click.UsageError(f"--asked-{moment.value} is given twice for “{name}”.")
    moments: dict[str, Moment] = {}
    before_and_after: dict[str, tuple[str, str]] = {}
    for name, by_moment in ratings.items():
        before, after = by_moment.get(Moment.BEFORE), by_moment.get(Moment.AFTER)
        if before is not None and after is not None:
            if before == after:
                raise click.UsageError(f"“{before}” cannot be both --asked-before and --asked-after.")
            if name in options.input:
                raise click.UsageError(f"“{name}” is an input, which has no ratings before and after the session.")
            before_and_after[name] = before, after
            continue
        ((moment, column),) = by_moment.items()
        if column != name:
            other = Moment.AFTER if moment is Moment.BEFORE else Moment.BEFORE
            raise click.UsageError(
                f"“{name}” has a rating {moment.value} the session only (“{column}”). "
                f"Add --asked-{other.value} {name}=COL, or read “{column}” alone: "
                f"--map {name}={column} --asked-{moment.value} {name}."
            )
        moments[name] = moment
    return moments, before_and_after


def _rating(moment: Moment, text: str, used: set[str]) -> tuple[str, str]:
    """Return construct and column of COL or NAME=COL; COL is its own construct."""
    name, sign, column = (text, "", text) if text in used else text.partition("=")
    if sign and not (name and column):
        raise click.UsageError(f"--asked-{moment.value} must have the form COL or NAME=COL (got “{text}”).")
    if name not in used:
        raise click.UsageError(f"“{name}” is neither the outcome nor a process or input.")
    return name, column


def _pairs(option: str, values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Split NAME=COL at the first equals sign."""
    pairs: dict[str, str] = {}
    for pair in values:
        name, sign, column = pair.partition("=")
        if not (name and sign and column):
            expected = "NAME=COL,COL" if option == "indicator" else "NAME=COL"
            raise click.UsageError(f"--{option} must have the form {expected} (got “{pair}”).")
        if name in pairs:
            raise click.UsageError(f"--{option} is given twice for “{name}”.")
        pairs[name] = column
    return list(pairs.items())


def add_model_options(command: Command) -> Command:
    """Add the options for model components that need no column of the table."""
    wrapped = click.option(
        "--free-start-mean",
        is_flag=True,
        help="Estimate the mean of the initial state (common deviation from the long-run mean at the first row).",
    )(command)
    return click.option(
        "--random-slopes", is_flag=True, help="Person-specific change over time around the mean trend."
    )(wrapped)
