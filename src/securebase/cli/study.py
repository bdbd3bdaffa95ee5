"""`securebase study TABLE`: a table of therapy sessions becomes a report."""

from __future__ import annotations

from pathlib import Path

import click

from securebase.cli.options import TableOptions, cohort_of, table_options
from securebase.cli.telling import as_json, deliver, heading, progress, sentences
from securebase.model.parameters import Trend
from securebase.reports.study_report import study_report
from securebase.study.result import NotFitted, StudyResult
from securebase.study.study import study


@click.command("study")
@table_options(Trend.CARRIED)
@click.option("--json", "json_wanted", is_flag=True, help="Print the figures of the report as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the report (one HTML file).")
def command(table: TableOptions, *, json_wanted: bool, out: Path | None) -> None:
    """Study TABLE: what lies between persons and within them, and what tends to come before what.

    Every lag is given twice: with each person's own mean taken out, and with each person's own line over time taken
    out, so that what only rests on a shared trend can be seen to fade.
    """
    with progress(quiet=json_wanted) as tell:
        tell("Reading the table")
        result = study(cohort_of(table), trend=table.reading_of_trend, start=table.start_of_state, tell=tell)
        if out:
            tell("Writing the report")
            deliver(study_report(result), out)
    if json_wanted:
        as_json(result.to_json(), None)
    else:
        _print(result)
        if out:
            click.echo(f"\nThe report is in {out}.")


def _print(result: StudyResult) -> None:
    heading("Data")
    if result.reading:
        sentences(result.reading.sentences())
    if result.findings_in_words:
        heading("What stays and what fades when each person’s own line is taken out")
        sentences(result.findings_in_words)
    heading("Fitted model")
    for model in result.models:
        if isinstance(model, NotFitted):
            sentences([f"Trend {model.trend} could not be fitted. {model.reason}"])
        else:
            ended = model.outcome.replace("_", " ")
            advice = "" if model.converged else f" {model.sentence} {model.what_to_do}"
            sentences([f"Trend {model.trend}: {ended}, log-likelihood {model.log_likelihood:,.3f}.{advice}"])
    heading("What this cannot show")
    sentences(result.limits)
