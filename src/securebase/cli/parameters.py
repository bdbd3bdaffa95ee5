"""`securebase parameters`: the parameter sets that a clinic fitted, adopted and rolled back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from securebase.cli.options import TableOptions, add_table_options, read_table
from securebase.cli.output import (
    fit_progress,
    format_estimate,
    format_number,
    format_outcome,
    print_heading,
    print_sentences,
    print_table,
    status_line,
    write_json,
)
from securebase.model.fitted_set import FittedSet
from securebase.model.observations import panel
from securebase.schema import plain_fields
from securebase.study.clinic_sets import SHELF_VERSION, ClinicSets, fit_next, named_set

_FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default="securebase-parameters",
    show_default=True,
    help="Directory of the clinic's parameter sets.",
)
_JSON = click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")


@click.group("parameters")
def command() -> None:
    """Manage the parameter sets that a clinic fitted to its own data."""


@command.command("list")
@_FOLDER
@_JSON
def list_versions(*, folder: Path, json_wanted: bool) -> None:
    """List the versions, the one in use, and the history of use."""
    sets = ClinicSets(folder)
    if json_wanted:
        write_json(
            {"in_use": sets.in_use, "versions": [_describe(s) for s in sets.versions()], "history": sets.history()},
            None,
        )
        return
    rows = [(SHELF_VERSION, f"the shipped set “{sets.base}”."), *((s.version, s.about) for s in sets.versions())]
    print_sentences(
        [f"{number}{' (in use)' if number == sets.in_use else ''}: {description}" for number, description in rows]
    )
    if sets.history():
        print_heading("History of use")
        print_sentences([f"{c.on}: version {c.version} ({c.why})" for c in sets.history()])


@command.command("show")
@click.argument("version", type=int)
@_FOLDER
@_JSON
def show(*, version: int, folder: Path, json_wanted: bool) -> None:
    """Show one version.

    Prints its provenance, and each estimate with the share that comes from the data.
    """
    fitted = ClinicSets(folder).version(version)
    if json_wanted:
        write_json(_describe(fitted), None)
        return
    print_heading(f"{fitted.name}, version {fitted.version}")
    origin = fitted.provenance
    print_sentences([fitted.about, origin.sentence, f"Fitted with {origin.software}; data {origin.fingerprint[:16]}."])
    print_sentences([f"{c}: {instrument}, {scale}" for c, (instrument, scale) in fitted.measures.items()])
    print_heading(f"Estimates in points of these scales, per {fitted.specification.time_unit}")
    rows = [
        (name, *format_estimate(value, fitted.standard_errors.get(name)), _share(fitted.from_data.get(name)))
        for name, value in fitted.parameters.named(fitted.specification).items()
    ]
    print_table(("", "estimate", "SE", "from data"), rows)


@command.command("adopt")
@add_table_options
@_FOLDER
@click.option(
    "--scale", metavar="NAME=INSTRUMENT:SCALE", multiple=True, help="Instrument and scale of a column; repeatable."
)
@click.option(
    "--prior", metavar="SET", default="literature", show_default=True, help="Shrink estimates towards this set."
)
@click.option("--prior-strength", type=float, default=1.0, show_default=True, help="Weight of the --prior.")
@click.option("--no-prior", is_flag=True, help="Fit by maximum likelihood, without a prior.")
def adopt(
    options: TableOptions,
    *,
    folder: Path,
    scale: tuple[str, ...],
    prior: str,
    prior_strength: float,
    no_prior: bool,
) -> None:
    """Fit a parameter set to TABLE and use it.

    The fit is stored as the clinic's next version.

    Columns must have the names of constructs; --map renames them.
    """
    if options.trend != "carried" or options.start != "stationary":
        raise click.UsageError(
            "A parameter set needs --trend carried and --start stationary, the model that tracks clients."
        )
    today = datetime.now(tz=UTC).date().isoformat()
    with status_line() as show:
        show("Reading the table")
        cohort = read_table(options)
        sets = ClinicSets(folder)
        fitted, adopted = fit_next(
            panel(cohort),
            sets,
            made_on=today,
            simulated=cohort.simulated,
            measures=_scales(scale),
            prior=None if no_prior else named_set(prior),
            strength=prior_strength,
            progress=fit_progress(show),
        )
        sets.adopt(adopted, on=today)
    print_sentences(format_outcome(fitted))
    print_sentences([f"Log-likelihood {format_number(fitted.log_likelihood, 8)}.", adopted.about])
    print_sentences([f"Version {adopted.version} is now in use. “securebase parameters rollback” undoes this."])


@command.command("rollback")
@_FOLDER
@click.option("--to", type=int, help="Version to use; 0 is the shipped set. [default: the previous version]")
def rollback(*, folder: Path, to: int | None) -> None:
    """Use an earlier version again. No version is deleted."""
    number = ClinicSets(folder).roll_back(on=datetime.now(tz=UTC).date().isoformat(), to=to)
    print_sentences([f"Version {number} is now in use." if number else "The shipped set is now in use."])


def _scales(pairs: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    scales = {}
    for pair in pairs:
        name, equals, measure = pair.partition("=")
        instrument, colon, scale = measure.partition(":")
        if not (name and equals and instrument and colon and scale):
            raise click.UsageError(f"--scale must have the form NAME=INSTRUMENT:SCALE (got “{pair}”).")
        scales[name] = (instrument, scale)
    return scales


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _describe(fitted: FittedSet) -> dict[str, object]:
    """Return a set as plain values, each estimate with its standard error and the share that comes from the data."""
    return {
        **plain_fields(fitted, "version", "name", "about", "provenance", "measures"),
        "time_unit": fitted.specification.time_unit,
        "estimates": {
            name: {
                "estimate": value,
                "standard_error": fitted.standard_errors.get(name),
                "from_data": fitted.from_data.get(name),
            }
            for name, value in fitted.parameters.named(fitted.specification).items()
        },
    }
