"""`securebase track TABLE --client ID`: one client's baseline, forecast and change."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from securebase.cli.fit_json import fit_summary
from securebase.cli.options import TableOptions, add_model_options, add_table_options, read_table
from securebase.cli.output import (
    fit_progress,
    format_estimate,
    format_outcome,
    format_value,
    print_heading,
    print_sentences,
    print_table,
    status_line,
    write_json,
)
from securebase.errors import InputError
from securebase.measurement.catalogue import parse_scale
from securebase.measurement.change import ScoreChange
from securebase.measurement.constructs import Direction
from securebase.model.fit import fit
from securebase.model.observations import panel
from securebase.schema import to_plain
from securebase.study.labels import describe_specification
from securebase.study.models import specification_for
from securebase.study.person import Coverage, PersonForecast, PersonResult, last_score_coverage, track_person
from securebase.study.saved_fit import check_same, read_fit

_VERDICTS = {
    "improved": "reliable improvement",
    "worse": "reliable worsening",
    "within_error": "no change beyond error of measurement",
    "unknown": "the measurement error is unknown, so reliable change cannot be judged",
}


@click.command("track")
@add_table_options
@add_model_options
@click.option("--client", metavar="ID", required=True, help="Identifier of the client in the --person column.")
@click.option(
    "--from-fit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Use the model that fit --out wrote instead of fitting one.",
)
@click.option(
    "--horizon", type=click.IntRange(1, 50), default=4, show_default=True, help="Number of steps to forecast."
)
@click.option(
    "--higher-is",
    type=click.Choice(["worse", "better"]),
    default="worse",
    show_default=True,
    help="Meaning of a higher outcome.",
)
@click.option(
    "--instrument",
    "instrument_scale",
    metavar="ID[:SCALE]",
    help="Instrument of the outcome; its cut-offs and reliable change are used.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the JSON to a file.")
def command(
    options: TableOptions,
    *,
    random_slopes: bool,
    free_start_mean: bool,
    client: str,
    from_fit: Path | None,
    horizon: int,
    higher_is: str,
    instrument_scale: str | None,
    json_wanted: bool,
    out: Path | None,
) -> None:
    """Track one client of TABLE: baseline, current state, forecast and reliable change.

    The model is fitted to the whole table, the client included, unless --from-fit gives one.
    """
    scale = parse_scale(instrument_scale)[1] if instrument_scale else None
    if from_fit:
        _check_no_model_options()
    with status_line(quiet=json_wanted) as show:
        show("Reading the table")
        cohort = read_table(options)
        rows = panel(cohort)
        if client not in rows.persons:
            examples = ", ".join(rows.persons[:5]) + (", …" if rows.n_persons > 5 else "")
            raise InputError(f"client “{client}” is not in the table", advice=f"Known clients: {examples}.")
        if from_fit:
            fitted = read_fit(from_fit)
            check_same(rows, fitted.specification)
        else:
            specification = specification_for(
                rows,
                options.trend_form,
                options.initial_state,
                random_slopes=random_slopes,
                free_start_mean=free_start_mean,
            )
            fitted = fit(rows, specification, progress=fit_progress(show))
        result = track_person(rows, fitted, client, direction=Direction(higher_is), scale=scale, steps=horizon)
        coverage = last_score_coverage(rows, fitted)
    if json_wanted or out:
        write_json({**to_plain(result), "coverage": coverage, **fit_summary(fitted, cohort)}, out)
    if not json_wanted:
        if fitted.instability:
            print_sentences([fitted.instability])
        if cohort.import_report:
            print_heading("Data")
            print_sentences(cohort.import_report.sentences())
        print_heading(f"Model of {fitted.n_persons:,} persons: {describe_specification(fitted.specification)}")
        print_sentences([f"Read from {from_fit.name}."] if from_fit else format_outcome(fitted))
        _print(result, coverage)
        if fitted.specification.inputs:
            print_sentences(
                [f"The forecast assumes inputs of 0 after the last row: {', '.join(fitted.specification.inputs)}."]
            )


def _check_no_model_options() -> None:
    """Check that no model option comes with --from-fit. Raises a usage error otherwise."""
    context = click.get_current_context()
    for name in ("trend", "start", "random_slopes", "free_start_mean"):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(
                f"--{name.replace('_', '-')} cannot be combined with --from-fit, which fixes the model."
            )


def _print(result: PersonResult, coverage: Coverage | None) -> None:
    unit = result.time_unit if result.time_unit != "file" else "time"
    print_heading(f"Client {result.person}")
    print_sentences(
        [f"{result.n_rows} rows, from {unit} {format_value(result.first_at)} to {unit} {format_value(result.last_at)}."]
    )
    if result.change:
        print_sentences(_change(result, result.change))
    if not result.levels:
        print_sentences(["No baseline and no forecast: the model could not be fitted."])
        return
    print_heading("Baseline and current state at the last row (± 1 posterior SD)")
    print_table(
        ("", "scores", "last", "baseline", "others’", "baseline now", "state now"),
        [
            (
                v.construct,
                str(v.n_scores),
                format_value(v.last_score),
                " ± ".join(format_estimate(v.usual_level, v.usual_level_sd)),
                format_estimate(v.others_level, v.usual_level_sd)[0],
                format_estimate(v.own_course, v.usual_level_sd)[0],
                " ± ".join(format_estimate(v.state_like, v.state_like_sd)),
            )
            for v in result.levels
        ],
    )
    if any(v.own_course != v.usual_level for v in result.levels):
        print_sentences(
            ["With a trend, the baseline refers to its start. “baseline now” adds the trend up to the last row."]
        )
    print_heading(f"Forecast of the next scores of {result.outcome}, if the model holds")
    print_table(
        (unit, "score", "50% interval", "90% interval", "similar intake score"),
        [
            (
                format_value(f.time),
                _format_forecast(f.value, f),
                f"{_format_forecast(f.lower_50, f)} to {_format_forecast(f.upper_50, f)}",
                f"{_format_forecast(f.lower_90, f)} to {_format_forecast(f.upper_90, f)}",
                "–" if f.similar_intake is None else _format_forecast(f.similar_intake, f),
            )
            for f in result.forecast
        ],
    )
    print_sentences(["Intervals ignore the limits of the scale and may exceed them."])
    if coverage:
        print_sentences([_coverage(coverage)])


def _coverage(result: Coverage) -> str:
    """Describe the coverage of such intervals in this table, and their width where chance does not explain it."""
    share_50, share_90 = result.within_50 / result.n, result.within_90 / result.n
    # 2 SE of a proportion of 0.5: 2 √(0.25 / n) = 1 / √n
    margin = 1.0 / result.n**0.5
    width = "wider than needed" if share_50 > 0.5 + margin else "too narrow" if share_50 < 0.5 - margin else ""
    verdict = f" Here intervals are {width}." if width else ""
    return (
        f"Coverage in this table, one row ahead: the 50% interval contained the last score of {share_50:.0%} and the "
        f"90% interval that of {share_90:.0%} of {result.n:,} persons (in-sample).{verdict}"
    )


def _format_forecast(value: float, forecast: PersonForecast) -> str:
    """Format a forecast with the decimals of its standard error (90% interval / 3.3)."""
    return format_estimate(value, (forecast.upper_90 - forecast.lower_90) / 3.3)[0]


def _change(result: PersonResult, change: ScoreChange) -> list[str]:
    size = "" if change.threshold is None else f" Reliable from {format_value(round(change.threshold, 2))} points."
    first, last = format_value(result.first_score), format_value(result.last_score)
    comparative = "more" if change.points >= 0 else "fewer"
    unchecked = " (not verified)" if result.by_instrument and not change.verified else ""
    return [
        f"{result.outcome}: {first} at first, {last} at last, {format_value(abs(change.points))} points {comparative}: "
        f"{_VERDICTS[change.verdict]}.{size}",
        f"Basis: {change.basis}{unchecked}.",
    ]
