"""The options that every command which reads a table shares, and the cohort that they describe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import click

from securebase.exchange.csv_tables import read_cohort
from securebase.exchange.times import DateOrder
from securebase.model.parameters import Start, Trend
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What was said of a table on the command line."""

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
    def reading_of_trend(self) -> Trend:
        return Trend(self.trend)

    @property
    def start_of_state(self) -> Start:
        return Start(self.start)


def table_options(command: Command) -> Command:
    """Adds the argument TABLE and its options, which reach the command as one TableOptions."""
    options = [
        click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option("--person", metavar="COL", help="Column that names the person."),
        click.option("--time", metavar="COL", help="Column with the time: a session number, day, week or date."),
        click.option("--outcome", metavar="COL", required=True, help="Column of the outcome."),
        click.option("--process", metavar="COL", multiple=True, help="Column of a process; may be given again."),
        click.option(
            "--indicator",
            metavar="NAME=COL,COL",
            multiple=True,
            help="Columns that measure NAME, an outcome or process; NAME is in points of the first.",
        ),
        click.option(
            "--covariate",
            metavar="COL",
            multiple=True,
            help="Column of what a person brings; may be given again.",
        ),
        click.option("--therapist", metavar="COL", help="Column that names the person's therapist."),
        click.option(
            "--input",
            metavar="COL",
            multiple=True,
            help="Column of what was done between the row before and its own; may be given again.",
        ),
        click.option(
            "--time-unit",
            type=click.Choice(["session", "day", "week", "file"]),
            default="session",
            show_default=True,
            help="Unit of the time column; dates are recognised by themselves.",
        ),
        click.option(
            "--trend",
            type=click.Choice([t.value for t in Trend]),
            default=Trend.CARRIED.value,
            show_default=True,
            help="How the mean moves with time in the model.",
        ),
        click.option(
            "--start",
            type=click.Choice([s.value for s in Start]),
            default=Start.STATIONARY.value,
            show_default=True,
            help="Spread of the movement at a person's first row.",
        ),
        click.option("--asked-before", metavar="COL", multiple=True, help="Column asked before the session (outcome)."),
        click.option(
            "--asked-after",
            metavar="COL",
            multiple=True,
            help="Column asked after the session, or done in it.",
        ),
        click.option("--map", metavar="NAME=COL", multiple=True, help="Read column COL under the name NAME."),
        click.option(
            "--layout",
            type=click.Choice(["long", "wide"]),
            default="long",
            show_default=True,
            help="One row a session, or one row a person with numbered columns.",
        ),
        click.option("--missing", metavar="SIGN", multiple=True, help="A further sign for a missing value, e.g. -99."),
        click.option(
            "--decimal",
            type=click.Choice(["auto", ".", ","]),
            default="auto",
            show_default=True,
            help="Decimal sign of the table.",
        ),
        click.option(
            "--date-order", type=click.Choice(["day-first", "month-first"]), help="What 03/04/2024 begins with."
        ),
    ]

    def gathered(**given: Any) -> Any:
        own = {f.name: given.pop(f.name) for f in fields(TableOptions)}
        return command(TableOptions(**own), **given)

    gathered.__name__, gathered.__doc__ = command.__name__, command.__doc__
    gathered.__dict__.update(command.__dict__)
    wrapped: Any = gathered
    for option in reversed(options):
        wrapped = option(wrapped)
    return cast(Command, wrapped)


def keep_apart(table: Path) -> None:
    """Raises a usage error where this command was told to write its result over the table that it reads."""
    context = click.get_current_context(silent=True)
    given = context.params.get("out") if context is not None else None
    for out in given if isinstance(given, tuple) else (given,):
        if out is not None and Path(out).exists() and Path(out).samefile(table):
            raise click.UsageError(f"--out names the table itself, {table}: name another file.")


def cohort_of(options: TableOptions, further: tuple[str, ...] = ()) -> Cohort:
    """Read the table as described, with `further` columns beside the processes.

    Raises TableError, or a usage error where options contradict each other or a result would be written over the table.
    """
    keep_apart(options.table)
    if options.layout == "long" and (options.person is None or options.time is None):
        raise click.UsageError("Name the columns of person and time with --person and --time.")
    columns = tuple(dict.fromkeys((*options.process, *further)))
    moments = _moments(options, columns)
    done = {name: moments.pop(name) for name in options.input if name in moments}
    return read_cohort(
        options.table,
        person=options.person,
        time=options.time,
        outcome=options.outcome,
        processes=columns,
        time_unit=options.time_unit,
        outcome_moment=moments.pop(options.outcome, Moment.BEFORE),
        process_moments=moments,
        indicators={name: own.split(",") for name, own in _pairs("indicator", options.indicator)},
        covariates=options.covariate,
        therapist=options.therapist,
        inputs=options.input,
        input_moments=done,
        layout=cast(Literal["long", "wide"], options.layout),
        columns=dict(_pairs("map", options.map)),
        missing=options.missing,
        decimal=cast(Literal["auto", ".", ","], options.decimal),
        date_order=cast(DateOrder | None, options.date_order and options.date_order.replace("-", "_")),
    )


def _moments(options: TableOptions, columns: tuple[str, ...]) -> dict[str, Moment]:
    known = {options.outcome, *columns, *options.input}
    found: dict[str, Moment] = {}
    for moment, named in ((Moment.BEFORE, options.asked_before), (Moment.AFTER, options.asked_after)):
        for column in named:
            if column not in known:
                raise click.UsageError(f"“{column}” is neither the outcome nor a process or input.")
            if found.setdefault(column, moment) is not moment:
                raise click.UsageError(f"“{column}” cannot be asked both before and after the session.")
    return found


def _pairs(option: str, given: tuple[str, ...]) -> list[tuple[str, str]]:
    """NAME=COL, apart at the first sign."""
    found: dict[str, str] = {}
    for pair in given:
        name, sign, column = pair.partition("=")
        if not (name and sign and column):
            wanted = "NAME=COL,COL" if option == "indicator" else "NAME=COL"
            raise click.UsageError(f"--{option} wants {wanted}, not “{pair}”.")
        if name in found:
            raise click.UsageError(f"--{option} is given twice for “{name}”.")
        found[name] = column
    return list(found.items())


def model_options(command: Command) -> Command:
    """Adds the parts of the model that a table needs no column for."""
    wrapped = click.option(
        "--start-deviation", is_flag=True, help="At the first row people stand off their usual level, all alike."
    )(command)
    return click.option("--own-change", is_flag=True, help="Every person has a change of their own around the trend.")(
        wrapped
    )
