"""`securebase calibrate`: simulated cohorts compared with published figures."""

from __future__ import annotations

import os
from pathlib import Path

import click

from securebase.cli.output import print_heading, print_sentences, print_table, progress_bar, write_json, write_text
from securebase.reports.calibration_report import as_text, check_kind
from securebase.study.calibration import table
from securebase.study.calibration.run import DEFAULT_SCENARIO, Calibration, calibrate
from securebase.study.calibration.target import TargetVerdict
from securebase.study.replications import on_cores


@click.command("calibrate")
@click.argument("name", metavar="[SCENARIO]", required=False, default=DEFAULT_SCENARIO)
@click.option(
    "--cohorts", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Number of cohorts per design."
)
@click.option("--target", "targets", multiple=True, help="Compute only this target, such as C5; repeatable.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Random seed.")
@click.option("--workers", type=int, help="Number of worker processes. [default: number of cores]")
@click.option("--json", "json_wanted", is_flag=True, help="Print the results as JSON.")
@click.option(
    "--out",
    "outs",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report (.html), the table (.md, .json) or the chart (.svg); repeatable.",
)
def command(
    name: str,
    *,
    cohorts: int,
    targets: tuple[str, ...],
    seed: int,
    workers: int | None,
    json_wanted: bool,
    outs: tuple[Path, ...],
) -> None:
    """Simulate cohorts from SCENARIO (default: whole_clinic) and compare them with published figures.

    The table includes failed targets and targets that cannot be simulated, each with the reason.
    """
    for out in outs:
        check_kind(out.suffix, str(out))
    with progress_bar("Simulating cohorts", quiet=json_wanted) as progress:
        result = calibrate(name, cohorts=cohorts, seed=seed, only=targets, run=on_cores(workers), progress=progress)
    for out in outs:
        write_text(
            as_text(result, out.suffix, _command_line(name, result, targets, outs), picture=_chart_path(outs, out)), out
        )
    if json_wanted:
        write_json(table.as_json(result), None)
    else:
        _print(result)
        if outs:
            click.echo(f"\nWrote {', '.join(str(out) for out in outs)}.")


def _chart_path(outs: tuple[Path, ...], page: Path) -> str:
    """Return the path of the chart among the files, relative to `page`."""
    charts = [out for out in outs if out.suffix == ".svg"]
    return os.path.relpath(charts[0], page.parent) if charts else ""


def _command_line(name: str, result: Calibration, targets: tuple[str, ...], outs: tuple[Path, ...]) -> str:
    options = "".join(f" --target {target}" for target in targets) + "".join(f" --out {out}" for out in outs)
    scenario = "" if name == DEFAULT_SCENARIO else f" {name}"
    return f"securebase calibrate{scenario} --cohorts {result.cohorts} --seed {result.seed}{options}"


def _print(result: Calibration) -> None:
    rows = table.rows(result)
    print_heading("Simulated cohorts compared with published figures")
    print_table(
        ("", "published", "basis", "band", "median", "95% of cohorts", ""),
        [(r.key, r.published, r.basis, r.band, r.median, r.range_95, r.verdict) for r in rows],
    )
    for verdict, title in (
        (TargetVerdict.FAILED, "Failed targets"),
        (TargetVerdict.NOT_SIMULATED, "Targets that are not simulated"),
    ):
        remarks = [f"{r.key}: {r.remark}" for r in rows if r.verdict == verdict.value]
        if remarks:
            print_heading(title)
            print_sentences(remarks)
    click.echo()
    print_sentences(
        [table.summary(result), "* Band set by this project. V seen, V2 second-hand, C computed, U unverified."]
    )
