"""`securebase meta ROWS…`: meta-analysis of effect sizes that `securebase study --effects` wrote."""

from __future__ import annotations

from pathlib import Path

import click

from securebase.cli.output import print_heading, print_sentences, print_table, write_json, write_text
from securebase.errors import InputError
from securebase.reports.meta_report import meta_report
from securebase.study.phrases import number
from securebase.study.trial.effect_rows import read_effects
from securebase.study.trial.meta import MetaAnalysis, combine


@click.command("meta")
@click.argument(
    "files", metavar="ROWS...", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--outcome", metavar="NAME", help="Use only rows of this outcome.")
@click.option("--json", "json_wanted", is_flag=True, help="Print all results as JSON.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this HTML file.")
def command(files: tuple[Path, ...], *, outcome: str | None, json_wanted: bool, out: Path | None) -> None:
    """Pool the effect sizes in ROWS, one row for each study, by random-effects meta-analysis.

    ROWS are CSV files with the columns study, g and variance, such as `securebase study --arm --effects` writes.
    """
    rows = [row for file in files for row in read_effects(file)]
    outcomes = sorted({row.outcome for row in rows if row.outcome})
    if outcome is not None and outcome not in outcomes:
        raise InputError(f"no row has the outcome “{outcome}”", advice=f"The outcomes are {', '.join(outcomes)}.")
    if out is not None and any(out.exists() and out.samefile(file) for file in files):
        raise click.UsageError(f"--out would overwrite {out}. Choose another file.")
    result = combine([row for row in rows if outcome in (None, row.outcome)])
    if out:
        write_text(meta_report(result), out)
    if json_wanted:
        write_json(result, None)
        return
    _print(result)
    if out:
        click.echo(f"\nWrote {out}.")


def _print(result: MetaAnalysis) -> None:
    print_heading("Pooled effect")
    print_sentences(result.in_words)
    print_heading("Studies")
    rows = [
        (study.study, f"{study.arm} – {study.reference}" if study.arm else "–", number(study.g), f"{weight:.0%}")
        for study, weight in zip(result.studies, result.weights, strict=True)
    ]
    print_table(("study", "comparison", "g", "weight"), rows)
