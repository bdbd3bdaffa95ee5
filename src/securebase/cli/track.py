"""`securebase track TABLE --client ID`: one client of a table, seen through the model of the whole table."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from securebase.cli.fit_json import described
from securebase.cli.options import TableOptions, cohort_of, model_options, table_options
from securebase.cli.output import (
    as_json,
    climbing,
    figure,
    heading,
    how_it_ended,
    plain,
    progress,
    sentences,
    table,
    with_error,
)
from securebase.errors import InputError
from securebase.measurement.catalogue import instrument
from securebase.measurement.change import ScoreChange
from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Scale
from securebase.model.fit import fit
from securebase.model.observations import panel
from securebase.study.labels import in_words
from securebase.study.models import specification_for
from securebase.study.person import Coverage, Followed, PersonForecast, follow, last_scores_within
from securebase.study.result import plain as as_plain
from securebase.study.saved_fit import check_same, read_fit

_VERDICTS = {
    "improved": "reliable improvement",
    "worse": "reliable worsening",
    "within_error": "no change beyond error of measurement",
    "unknown": "whether this is more than error cannot be said",
}


@click.command("track")
@table_options
@model_options
@click.option("--client", metavar="ID", required=True, help="The client, as the column of persons names them.")
@click.option(
    "--from-fit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the model that fit --out wrote, and fit nothing.",
)
@click.option("--ahead", type=click.IntRange(1, 50), default=4, show_default=True, help="Steps to forecast.")
@click.option(
    "--higher-is",
    type=click.Choice(["worse", "better"]),
    default="worse",
    show_default=True,
    help="What a higher outcome means.",
)
@click.option("--instrument", "known", metavar="ID[:SCALE]", help="The outcome is this instrument of the shelf.")
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON to a file.")
def command(
    options: TableOptions,
    *,
    own_change: bool,
    start_deviation: bool,
    client: str,
    from_fit: Path | None,
    ahead: int,
    higher_is: str,
    known: str | None,
    json_wanted: bool,
    out: Path | None,
) -> None:
    """Follow one client of TABLE: usual level, movement around it, forecast, and change against error.

    The model is fitted to the whole table, the client included, unless --from-fit brings one.
    """
    scale = _scale(known) if known else None
    if from_fit:
        _leaves_the_model_alone()
    with progress(quiet=json_wanted) as tell:
        tell("Reading the table")
        cohort = cohort_of(options)
        rows = panel(cohort)
        if client not in rows.persons:
            some = ", ".join(rows.persons[:5]) + (", …" if rows.n_persons > 5 else "")
            raise InputError(f"there is no client “{client}” in the table", advice=f"There are, for example: {some}.")
        if from_fit:
            fitted = read_fit(from_fit)
            check_same(rows, fitted.specification)
        else:
            wanted = specification_for(
                rows,
                options.reading_of_trend,
                options.start_of_state,
                random_slopes=own_change,
                free_start_mean=start_deviation,
            )
            fitted = fit(rows, wanted, progress=climbing(tell))
        followed = follow(rows, fitted, client, direction=Direction(higher_is), scale=scale, steps=ahead)
        coverage = last_scores_within(rows, fitted)
    if json_wanted or out:
        as_json({**as_plain(followed), "coverage": coverage, **described(fitted, cohort)}, out)
    if not json_wanted:
        if cohort.reading:
            heading("Data")
            sentences(cohort.reading.sentences())
        heading(f"Model of {fitted.n_persons:,} persons: {in_words(fitted.specification)}")
        sentences([f"Read from {from_fit.name}."] if from_fit else how_it_ended(fitted))
        _print(followed, coverage)
        if fitted.specification.inputs:
            sentences([f"The forecast takes {', '.join(fitted.specification.inputs)} to be 0 after the last row."])


def _leaves_the_model_alone() -> None:
    """Raises a usage error where an option speaks of a model that comes with --from-fit."""
    context = click.get_current_context()
    for name in ("trend", "start", "own_change", "start_deviation"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} is settled by --from-fit; leave one of them out.")


def _scale(known: str) -> Scale:
    """The scale that was named, or the only one of the instrument."""
    name, _, wanted = known.partition(":")
    scales = {s.id: s for s in instrument(name).scales}
    if wanted in scales:
        return scales[wanted]
    if not wanted and len(scales) == 1:
        return next(iter(scales.values()))
    raise InputError(f"say which scale of “{name}”", advice=f"Known are: {', '.join(f'{name}:{s}' for s in scales)}.")


def _print(followed: Followed, coverage: Coverage | None) -> None:
    unit = followed.time_unit if followed.time_unit != "file" else "time"
    heading(f"Client {followed.person}")
    sentences([f"{followed.n_rows} rows, from {unit} {plain(followed.first_at)} to {unit} {plain(followed.last_at)}."])
    if followed.change:
        sentences(_change(followed, followed.change))
    if not followed.levels:
        sentences(["Without a fitted model no level and no forecast can be given."])
        return
    heading("Usual level and movement around it, at the last row (± one SD of what is uncertain)")
    table(
        ("", "scores", "last", "usual level", "others’", "own course now", "around it now"),
        [
            (
                v.construct,
                str(v.n_scores),
                plain(v.last_score),
                " ± ".join(with_error(v.usual_level, v.usual_level_sd)),
                with_error(v.others_level, v.usual_level_sd)[0],
                with_error(v.own_course, v.usual_level_sd)[0],
                " ± ".join(with_error(v.state_like, v.state_like_sd)),
            )
            for v in followed.levels
        ],
    )
    if any(v.own_course != v.usual_level for v in followed.levels):
        sentences(["With a trend the usual level is told where the trend begins; “own course now” adds it up to here."])
    heading(f"Forecast of the next scores of {followed.outcome}, if the model holds")
    table(
        (unit, "score", "50% interval", "90% interval", "people who began alike"),
        [
            (
                plain(f.time),
                _near(f.value, f),
                f"{_near(f.lower_50, f)} to {_near(f.upper_50, f)}",
                f"{_near(f.lower_90, f)} to {_near(f.upper_90, f)}",
                "–" if f.began_alike is None else _near(f.began_alike, f),
            )
            for f in followed.forecast
        ],
    )
    sentences(["The model does not know the ends of the scale: an interval may reach beyond them."])
    if coverage:
        sentences([_coverage(coverage)])


def _coverage(found: Coverage) -> str:
    """What intervals of this kind did in the table, with a word on their width where chance cannot explain it."""
    half, most = found.within_50 / found.n, found.within_90 / found.n
    # two standard errors of a share of one half
    slack = 1.0 / found.n**0.5
    width = "wider than needed" if half > 0.5 + slack else "too narrow" if half < 0.5 - slack else ""
    verdict = f" Here intervals are {width}." if width else ""
    return (
        f"In this table, one row ahead, the 50% interval held the last score of {half:.0%} and the 90% interval that "
        f"of {most:.0%} of {found.n:,} persons (whose scores the fit has seen).{verdict}"
    )


def _near(value: float, of: PersonForecast) -> str:
    """A forecast's figure, as fine as its uncertainty allows."""
    return with_error(value, (of.upper_90 - of.lower_90) / 3.3)[0]


def _change(followed: Followed, change: ScoreChange) -> list[str]:
    size = "" if change.threshold is None else f" Reliable from {figure(change.threshold, 3)} points."
    first, last = plain(followed.first_score), plain(followed.last_score)
    more = "more" if change.points >= 0 else "fewer"
    unchecked = " (not verified)" if followed.by_instrument and not change.verified else ""
    return [
        f"{followed.outcome}: {first} at first, {last} at last, {plain(abs(change.points))} points {more}: "
        f"{_VERDICTS[change.verdict]}.{size}",
        f"Basis: {change.basis}{unchecked}.",
    ]
