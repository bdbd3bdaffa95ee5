"""`securebase fit TABLE`: estimates of the model with standard errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from securebase.cli.describing import described
from securebase.cli.options import TableOptions, cohort_of, table_options
from securebase.cli.telling import (
    as_json,
    climbing,
    figure,
    heading,
    how_it_ended,
    progress,
    sentences,
    table,
    with_error,
)
from securebase.model.fit import Fit, fit
from securebase.model.observations import panel
from securebase.records.cohort import Cohort
from securebase.study.models import specification_for


@click.command("fit")
@table_options
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON to a file.")
def command(options: TableOptions, *, json_wanted: bool, out: Path | None) -> None:
    """Fit the continuous-time model to TABLE and print its estimates with standard errors.

    Estimates are on the natural scale, per unit of time: drift[a,b] is the push of b on a.
    """
    with progress(quiet=json_wanted) as tell:
        tell("Reading the table")
        cohort = cohort_of(options)
        rows = panel(cohort)
        fitted = fit(
            rows, specification_for(rows, options.reading_of_trend, options.start_of_state), progress=climbing(tell)
        )
    if json_wanted or out:
        as_json({"parameters": _estimates(fitted), **described(fitted, cohort)}, out)
    if not json_wanted:
        _print(fitted, cohort)
        if out:
            click.echo(f"\nWritten to {out}.")


def _estimates(fitted: Fit) -> dict[str, Any]:
    return {name: {"estimate": e.value, "standard_error": e.standard_error} for name, e in fitted.estimates.items()}


def _print(fitted: Fit, cohort: Cohort) -> None:
    specification = fitted.specification
    if cohort.reading:
        heading("Data")
        sentences(cohort.reading.sentences())
    heading(f"Model: trend {specification.trend.value}, start {specification.start.value}")
    sentences(how_it_ended(fitted))
    sentences(fitted.notes)
    if fitted.log_likelihood is None:
        return
    sentences(
        [
            f"Log-likelihood {figure(fitted.log_likelihood, 10)} with {fitted.n_parameters} parameters, "
            f"{fitted.n_persons:,} persons, {fitted.n_observations:,} values; {fitted.kernel} kernel, "
            f"{fitted.seconds:.2f}\u00a0s."
        ]
    )
    unit = specification.time_unit if specification.time_unit != "file" else "unit of time in the file"
    heading(f"Estimates, natural scale, per {unit}")
    rows = [(name, *with_error(e.value, e.standard_error)) for name, e in fitted.estimates.items()]
    table(("", "estimate", "SE"), rows)
