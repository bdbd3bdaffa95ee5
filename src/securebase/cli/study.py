"""`securebase study TABLE`: analysis and report of a table of therapy sessions."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from securebase.cli.options import TableOptions, add_table_options, read_table
from securebase.cli.output import (
    format_number,
    print_heading,
    print_sentences,
    print_table,
    status_line,
    write_json,
    write_text,
)
from securebase.reports.study_report import study_report
from securebase.study.estimator import LagEstimate
from securebase.study.labels import describe_trend
from securebase.study.parts import NotFitted
from securebase.study.phrases import number
from securebase.study.reciprocal import LagFinding
from securebase.study.result import StudyResult
from securebase.study.study import study


@click.command("study")
@add_table_options
@click.option(
    "--moderator",
    metavar="COL",
    multiple=True,
    help="Column that may moderate the lagged effect of each process on the outcome; repeatable.",
)
@click.option("--curvature", is_flag=True, help="Test whether the lagged effect of each process is nonlinear.")
@click.option("--json", "json_wanted", is_flag=True, help="Print all results as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this HTML file.")
def command(
    options: TableOptions, *, moderator: tuple[str, ...], curvature: bool, json_wanted: bool, out: Path | None
) -> None:
    """Analyse TABLE: variance between and within persons, and lagged effects in both directions.

    Every lagged effect is estimated three times: within-person centred, detrended within person, and adjusted for
    the common time course. Associations that merely reflect shared improvement attenuate.
    """
    with status_line(quiet=json_wanted) as show:
        show("Reading the table")
        result = study(
            read_table(options, moderator),
            trend=options.trend_form,
            start=options.initial_state,
            processes=options.process,
            moderators=moderator,
            curvature=curvature,
            progress=show,
            rng=np.random.default_rng(1),
        )
        if out:
            show("Writing the report")
            write_text(study_report(result), out)
    if json_wanted:
        write_json(result.to_json(), None)
    else:
        _print(result)
        if out:
            click.echo(f"\nWrote {out}.")


def _row(lag: LagFinding, result: StudyResult) -> tuple[str, str, str, str, str]:
    """Return the table row of one lagged effect: standardised estimate (SE) for each adjustment."""
    step = lag.link.step.value.replace("_", " ")
    name = f"{result.request.label(lag.link.earlier)} → {result.request.label(lag.link.later)}, {step}"
    estimates = (lag.main.centred, lag.main.detrended, lag.time_adjusted.detrended)
    first, second, third = (_figures(lag) for lag in estimates)
    return name, first, second, third, lag.verdict.label


def _figures(effect: LagEstimate | None) -> str:
    return f"{number(effect.estimate)} ({number(effect.standard_error, 3)})" if effect else "–"


def _print_findings(result: StudyResult) -> None:
    """Print each finding with its caveat, and the figures indented below."""
    details = (result.figures_in_words, result.model_in_words, result.alternatives_in_words)
    for finding, caveat, *figures in zip(result.findings_in_words, result.caveats_in_words, *details, strict=True):
        click.echo()
        print_sentences([f"{finding} {caveat}".rstrip()])
        print_sentences([" ".join(part for part in figures if part)], indent="    ")


def _print(result: StudyResult) -> None:
    print_heading("Data")
    if result.import_report:
        print_sentences(result.import_report.sentences())
    if result.findings_in_words:
        print_heading(
            "Lagged effects, standardised (SE): within-person centred, detrended, adjusted for the common time course"
        )
        print_table(("", "centred", "detrended", "+ common course", ""), [_row(lag, result) for lag in result.lags])
        _print_findings(result)
    if result.moderation:
        print_heading("Moderation and nonlinearity")
        for words, figures in zip(result.moderation_in_words, result.moderation_figures_in_words, strict=True):
            click.echo()
            print_sentences([words])
            print_sentences([figures] if figures else [], indent="    ")
    print_heading("Fitted model")
    for model in result.models:
        name = describe_trend(model.trend).capitalize()
        if isinstance(model, NotFitted):
            print_sentences([f"{name} could not be fitted. {model.reason}"])
        else:
            ended = model.outcome.replace("_", " ")
            advice = "" if model.converged else f" {model.sentence} {model.what_to_do}"
            print_sentences([f"{name}: {ended}, log-likelihood {format_number(model.log_likelihood, 8)}.{advice}"])
    if result.checks:
        print_heading("Model checks")
        print_sentences(result.checks.summary)
    print_heading("Limitations")
    print_sentences(result.limits)
