"""`securebase parameters`: the parameter sets that a clinic fitted, which one is in use, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from securebase.cli.options import TableOptions, cohort_of, table_options
from securebase.cli.output import (
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
from securebase.model.fitted_set import FittedSet
from securebase.model.observations import panel
from securebase.study.clinic_sets import SHELF, ClinicSets, fit_next, named_set

_FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default="securebase-parameters",
    show_default=True,
    help="Where the clinic's parameter sets are kept.",
)
_JSON = click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")


@click.group("parameters")
def command() -> None:
    """The parameter sets that a clinic fitted: list, show, adopt a new one, go back."""


@command.command("list")
@_FOLDER
@_JSON
def list_them(*, folder: Path, json_wanted: bool) -> None:
    """List the versions and say which one is in use."""
    sets = ClinicSets(folder)
    if json_wanted:
        as_json(
            {"in_use": sets.in_use, "versions": [_told(s) for s in sets.versions()], "history": sets.history()}, None
        )
        return
    rows = [(SHELF, f"“{sets.base}”, of the shelf."), *((s.version, s.about) for s in sets.versions())]
    sentences([f"{number}{' (in use)' if number == sets.in_use else ''}: {about}" for number, about in rows])
    if sets.history():
        heading("What was in use since when")
        sentences([f"{c.on}: version {c.version} ({c.why})" for c in sets.history()])


@command.command("show")
@click.argument("version", type=int)
@_FOLDER
@_JSON
def show(*, version: int, folder: Path, json_wanted: bool) -> None:
    """Show one version: what it rests on, and every number with its share from the data."""
    of = ClinicSets(folder).version(version)
    if json_wanted:
        as_json(_told(of), None)
        return
    heading(f"{of.name}, version {of.version}")
    origin = of.provenance
    sentences([of.about, origin.sentence, f"Made with {origin.software}; data {origin.fingerprint[:16]}."])
    sentences([f"{c}: {instrument}, {scale}" for c, (instrument, scale) in of.measures.items()])
    heading(f"Estimates in points of these scales, per {of.specification.time_unit}")
    rows = [
        (name, *with_error(value, of.standard_errors.get(name)), _share(of.from_data.get(name)))
        for name, value in of.parameters.named(of.specification).items()
    ]
    table(("", "estimate", "SE", "from data"), rows)


@command.command("adopt")
@table_options
@_FOLDER
@click.option("--scale", metavar="NAME=INSTRUMENT:SCALE", multiple=True, help="Scale that a column holds.")
@click.option("--towards", metavar="SET", default="literature", show_default=True, help="Drawn towards this set.")
@click.option("--strength", type=float, default=1.0, show_default=True, help="How strongly.")
@click.option("--alone", is_flag=True, help="Fit to the data alone.")
def adopt(
    options: TableOptions,
    *,
    folder: Path,
    scale: tuple[str, ...],
    towards: str,
    strength: float,
    alone: bool,
) -> None:
    """Fit TABLE, keep the fit as the clinic's next parameter set, and use it from now on.

    The columns must bear the constructs' names; --map reads a column under another name.
    """
    if options.trend != "carried" or options.start != "stationary":
        raise click.UsageError("Clients are followed with --trend carried and --start stationary.")
    today = datetime.now(tz=UTC).date().isoformat()
    with progress() as tell:
        tell("Reading the table")
        cohort = cohort_of(options)
        sets = ClinicSets(folder)
        fitted, made = fit_next(
            panel(cohort),
            sets,
            made_on=today,
            simulated=cohort.simulated,
            measures=_scales(scale),
            towards=None if alone else named_set(towards),
            strength=strength,
            progress=climbing(tell),
        )
        sets.adopt(made, on=today)
    sentences(how_it_ended(fitted))
    sentences([f"Log-likelihood {figure(fitted.log_likelihood, 8)}.", made.about])
    sentences([f"Version {made.version} is in use from now on; “securebase parameters back” undoes this."])


@command.command("back")
@_FOLDER
@click.option("--to", type=int, help="The version to go back to; 0 is the set of the shelf. Default: the one before.")
def back(*, folder: Path, to: int | None) -> None:
    """Use an earlier version again. Nothing is thrown away."""
    number = ClinicSets(folder).back(on=datetime.now(tz=UTC).date().isoformat(), to=to)
    sentences([f"Version {number} is in use." if number else "The set of the shelf is in use."])


def _scales(pairs: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    found = {}
    for pair in pairs:
        name, equals, rest = pair.partition("=")
        instrument, colon, scale = rest.partition(":")
        if not (name and equals and instrument and colon and scale):
            raise click.UsageError(f"--scale wants NAME=INSTRUMENT:SCALE, not “{pair}”.")
        found[name] = (instrument, scale)
    return found


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _told(of: FittedSet) -> dict[str, object]:
    return {
        "version": of.version,
        "name": of.name,
        "about": of.about,
        "provenance": of.provenance,
        "measures": of.measures,
        "time_unit": of.specification.time_unit,
        "estimates": {
            name: {
                "estimate": value,
                "standard_error": of.standard_errors.get(name),
                "from_data": of.from_data.get(name),
            }
            for name, value in of.parameters.named(of.specification).items()
        },
    }
