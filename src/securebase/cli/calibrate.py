"""`securebase calibrate`: simulated cohorts against published figures."""

from __future__ import annotations

import os
from pathlib import Path

import click

from securebase.cli.output import as_json, counting, deliver, heading, sentences, table
from securebase.reports.calibration_report import as_text, check_kind
from securebase.study.calibration import table as tabled
from securebase.study.calibration.run import DEFAULT, Calibration, calibrate
from securebase.study.calibration.target import TargetVerdict
from securebase.study.replications import on_cores


@click.command("calibrate")
@click.argument("name", metavar="[SCENARIO]", required=False, default=DEFAULT)
@click.option(
    "--cohorts", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Cohorts to draw of each design."
)
@click.option("--only", multiple=True, help="A row of the table (C5); may be given again.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Same seed, same figures.")
@click.option("--workers", type=int, help="Processes that compute. [default: as many as cores]")
@click.option("--json", "json_wanted", is_flag=True, help="Print the figures as JSON.")
@click.option(
    "--out",
    "outs",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a report (.html), the table (.md, .json) or the picture (.svg); may be given again.",
)
def command(
    name: str,
    *,
    cohorts: int,
    only: tuple[str, ...],
    seed: int,
    workers: int | None,
    json_wanted: bool,
    outs: tuple[Path, ...],
) -> None:
    """Simulate cohorts from SCENARIO (default: whole_clinic) and hold them to published figures.

    Failures stay in the table, and so does what cannot be simulated, each with its reason.
    """
    for out in outs:
        check_kind(out.suffix, str(out))
    with counting("Simulating cohorts", quiet=json_wanted) as progress:
        made = calibrate(name, cohorts=cohorts, seed=seed, only=only, run=on_cores(workers), progress=progress)
    for out in outs:
        deliver(as_text(made, out.suffix, _typed(name, made, only, outs), picture=_picture(outs, out)), out)
    if json_wanted:
        as_json(tabled.as_json(made), None)
    else:
        _print(made)
        if outs:
            click.echo(f"\nWritten: {', '.join(str(out) for out in outs)}.")


def _picture(outs: tuple[Path, ...], seen_from: Path) -> str:
    """Where the picture among the files lies, seen from another of them."""
    drawn = [out for out in outs if out.suffix == ".svg"]
    return os.path.relpath(drawn[0], seen_from.parent) if drawn else ""


def _typed(name: str, made: Calibration, only: tuple[str, ...], outs: tuple[Path, ...]) -> str:
    asked = "".join(f" --only {one}" for one in only) + "".join(f" --out {out}" for out in outs)
    of = "" if name == DEFAULT else f" {name}"
    return f"securebase calibrate{of} --cohorts {made.cohorts} --seed {made.seed}{asked}"


def _print(made: Calibration) -> None:
    found = tabled.rows(made)
    heading("Simulated cohorts and published figures")
    table(
        ("", "published", "basis", "band", "median", "95% of cohorts", ""),
        [(r.key, r.published, r.basis, r.band, r.median, r.range_95, r.verdict) for r in found],
    )
    for verdict, title in (
        (TargetVerdict.FAILED, "What fails, and why"),
        (TargetVerdict.NOT_SIMULATED, "What is not simulated"),
    ):
        left = [f"{r.key}: {r.remark}" for r in found if r.verdict == verdict.value]
        if left:
            heading(title)
            sentences(left)
    click.echo()
    sentences(
        [tabled.summary(made), "* a band of this project’s own. V seen, V2 second-hand, C computed, U unverified."]
    )
