"""`securebase calibrate`: simulated cohorts against published figures."""

from __future__ import annotations

from pathlib import Path

import click

from securebase.cli.telling import as_json, deliver, heading, progress, sentences, table
from securebase.errors import InputError
from securebase.study.calibration import table as tabled
from securebase.study.calibration.run import Calibration, calibrate
from securebase.study.calibration.target import Verdict


@click.command("calibrate")
@click.argument("name", metavar="[SCENARIO]", required=False, default="default")
@click.option(
    "--cohorts", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Cohorts to draw of each design."
)
@click.option("--only", multiple=True, help="A row of the table (C5); may be given again.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Same seed, same figures.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the figures as JSON.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table: a file ending in .md or .json."
)
def command(name: str, *, cohorts: int, only: tuple[str, ...], seed: int, json_wanted: bool, out: Path | None) -> None:
    """Simulate cohorts from SCENARIO (default: as the literature has it) and hold them to published figures.

    Failures stay in the table, and so does what cannot be simulated, each with its reason.
    """
    if out is not None and out.suffix not in (".md", ".json"):
        raise InputError(f"cannot write “{out.suffix}”", where=str(out), advice="End the name in .md or .json.")
    with progress(quiet=json_wanted) as tell:
        made = calibrate(name, cohorts=cohorts, seed=seed, only=only, tell=tell)
    if out is not None and out.suffix == ".json":
        as_json(tabled.as_json(made), out)
    elif out is not None:
        deliver(tabled.markdown(made, _typed(name, made, only, out)), out)
    if json_wanted:
        as_json(tabled.as_json(made), None)
    else:
        _print(made)
        if out is not None:
            click.echo(f"\nThe table is in {out}.")


def _typed(name: str, made: Calibration, only: tuple[str, ...], out: Path) -> str:
    asked = "".join(f" --only {one}" for one in only)
    of = "" if name == "default" else f" {name}"
    return f"securebase calibrate{of} --cohorts {made.cohorts} --seed {made.seed}{asked} --out {out.name}"


def _print(made: Calibration) -> None:
    found = tabled.rows(made)
    heading("Simulated cohorts and published figures")
    table(
        ("", "published", "basis", "band", "median", "95% of cohorts", ""),
        [(r.key, r.published, r.basis, r.band, r.median, r.range_95, r.verdict) for r in found],
    )
    for verdict, title in ((Verdict.FAILED, "What fails, and why"), (Verdict.NOT_SIMULATED, "What is not simulated")):
        left = [f"{r.key}: {r.remark or 'not explained yet.'}" for r in found if r.verdict == verdict.value]
        if left:
            heading(title)
            sentences(left)
    click.echo()
    sentences(
        [tabled.summary(made), "* a band of this project’s own. V seen, V2 second-hand, C computed, U unverified."]
    )
