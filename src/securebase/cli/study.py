"""`securebase study TABLE`: a table of therapy sessions becomes a report."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from securebase.cli.options import TableOptions, cohort_of, table_options
from securebase.cli.output import as_json, deliver, figure, heading, progress, sentences, table
from securebase.reports.study_report import study_report
from securebase.study.estimator import LagEstimate
from securebase.study.phrases import number
from securebase.study.reciprocal import LagFinding
from securebase.study.result import NotFitted, StudyResult
from securebase.study.study import study


@click.command("study")
@table_options
@click.option(
    "--moderator",
    metavar="COL",
    multiple=True,
    help="Does this column bend the lag from a process to the outcome? May be given again.",
)
@click.option("--curvature", is_flag=True, help="Is the lag from each process to the outcome straight?")
@click.option("--json", "json_wanted", is_flag=True, help="Print the figures of the report as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the report (one HTML file).")
def command(
    options: TableOptions, *, moderator: tuple[str, ...], curvature: bool, json_wanted: bool, out: Path | None
) -> None:
    """Study TABLE: what lies between persons and within them, and what tends to come before what.

    Every lag is given with each person's own mean taken out, with each person's own line over time taken out, and with
    the common course of all taken out too, so that what only rests on a shared trend can be seen to fade.
    """
    with progress(quiet=json_wanted) as tell:
        tell("Reading the table")
        result = study(
            cohort_of(options, moderator),
            trend=options.reading_of_trend,
            start=options.start_of_state,
            processes=options.process,
            moderators=moderator,
            curvature=curvature,
            tell=tell,
            rng=np.random.default_rng(1),
        )
        if out:
            tell("Writing the report")
            deliver(study_report(result), out)
    if json_wanted:
        as_json(result.to_json(), None)
    else:
        _print(result)
        if out:
            click.echo(f"\nThe report is in {out}.")


def _row(lag: LagFinding, result: StudyResult) -> tuple[str, str, str, str, str]:
    """One direction of lag as a line: standardised, with its standard error, as more and more is taken out."""
    step = lag.link.step.value.replace("_", " ")
    name = f"{result.asked.label(lag.link.earlier)} → {result.asked.label(lag.link.later)}, {step}"
    found = (lag.main.centred, lag.main.detrended, lag.guard.detrended)
    first, second, third = (_figures(lag) for lag in found)
    return name, first, second, third, lag.verdict.label


def _figures(found: LagEstimate | None) -> str:
    return f"{number(found.estimate)} ({number(found.standard_error, 3)})" if found else "–"


def _print_findings(result: StudyResult) -> None:
    """What is found and what stands beside it; below, further in, the figures."""
    behind = (result.figures_in_words, result.model_in_words, result.others_in_words)
    for finding, caveat, *figures in zip(result.findings_in_words, result.caveats_in_words, *behind, strict=True):
        click.echo()
        sentences([f"{finding} {caveat}".rstrip()])
        sentences([" ".join(part for part in figures if part)], indent="    ")


def _print(result: StudyResult) -> None:
    heading("Data")
    if result.reading:
        sentences(result.reading.sentences())
    if result.findings_in_words:
        heading("What stays and what fades as own lines, and then the common course, are taken out")
        table(("", "own mean out", "own line out", "+ common course", ""), [_row(lag, result) for lag in result.lags])
        _print_findings(result)
    if result.bends:
        heading("What bends a lag")
        for words, figures in zip(result.bends_in_words, result.bend_figures_in_words, strict=True):
            click.echo()
            sentences([words])
            sentences([figures] if figures else [], indent="    ")
    heading("Fitted model")
    for model in result.models:
        if isinstance(model, NotFitted):
            sentences([f"Trend {model.trend} could not be fitted. {model.reason}"])
        else:
            ended = model.outcome.replace("_", " ")
            advice = "" if model.converged else f" {model.sentence} {model.what_to_do}"
            sentences([f"Trend {model.trend}: {ended}, log-likelihood {figure(model.log_likelihood, 8)}.{advice}"])
    if result.checks:
        heading("What the fitted model does not reproduce")
        sentences(result.checks.summary)
    heading("What this cannot show")
    sentences(result.limits)
