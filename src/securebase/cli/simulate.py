"""`securebase simulate SCENARIO`: a table drawn from a known truth."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np

from securebase.cli.telling import heading, progress, sentences, table
from securebase.errors import InputError
from securebase.exchange.csv_tables import write_cohort
from securebase.model.scenario import Scenario, scenario, scenarios
from securebase.model.simulate import simulate
from securebase.records.cohort import Cohort


@click.command("simulate")
@click.argument("name", metavar="SCENARIO", required=False)
@click.option("--n", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Clients to draw.")
@click.option("--sessions", type=click.IntRange(1, 500), help="Planned sessions (default: the scenario's own).")
@click.option("--missing", type=click.FloatRange(0, 0.99), help="Chance that a check-in is not answered.")
@click.option("--dropout", type=click.FloatRange(0, 0.99), help="Chance of leaving before the planned end.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same table."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table (CSV) here.")
@click.option("--json", "json_wanted", is_flag=True, help="Say what was done as JSON.")
def command(
    name: str | None,
    *,
    n: int,
    sessions: int | None,
    missing: float | None,
    dropout: float | None,
    seed: int,
    out: Path | None,
    json_wanted: bool,
) -> None:
    """Draw a table of clients from SCENARIO, a known truth, in the form that `securebase study` reads.

    Without SCENARIO, list the scenarios there are.
    """
    if name is None:
        _list(json_wanted=json_wanted)
        return
    chosen = scenario(name)
    if out is None:
        raise InputError("there is no file to write to", advice="Name one with --out FILE.csv.")
    with progress(quiet=json_wanted) as tell:
        tell(f"Drawing {n:,} clients")
        cohort = simulate(
            chosen, n=n, rng=np.random.default_rng(seed), sessions=sessions, missing=missing, dropout=dropout
        )
        try:
            write_cohort(cohort, out, measures={cohort.outcome: cohort.episodes[0].symptom_measure})
        except OSError as error:
            raise InputError(f"cannot be written ({error.strerror})", where=str(out)) from None
    said = _described(chosen, cohort, n, seed, out)
    if json_wanted:
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        _print(chosen, cohort, n, seed, out)


def _list(*, json_wanted: bool) -> None:
    shelf = scenarios().values()
    if json_wanted:
        rows = [{"id": s.id, "name": s.name, "about": s.about, "truth": list(s.truth)} for s in shelf]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    heading("Scenarios")
    width = max(len(s.id) for s in shelf)
    sentences([f"{s.id.ljust(width)}  {s.name}" for s in shelf])


def _study_command(cohort: Cohort, out: Path) -> str:
    before = {c.name for c in cohort.constructs if c.asked == "before"}
    processes = " ".join(f"--process {p}{f' --asked-before {p}' if p in before else ''}" for p in cohort.processes)
    return (
        f"securebase study {out} --person person --time time --time-unit {cohort.time_unit} "
        f"--outcome {cohort.outcome} {processes} --out report.html"
    )


def _described(chosen: Scenario, cohort: Cohort, n: int, seed: int, out: Path) -> dict[str, object]:
    return {
        "scenario": chosen.id,
        "name": chosen.name,
        "truth": list(chosen.truth),
        "clients": n,
        "seed": seed,
        "sessions": sum(len(e.sessions) for e in cohort.episodes),
        "file": str(out),
        "time_unit": cohort.time_unit,
        "outcome": cohort.outcome,
        "processes": list(cohort.processes),
        "study": _study_command(cohort, out),
    }


def _print(chosen: Scenario, cohort: Cohort, n: int, seed: int, out: Path) -> None:
    heading(chosen.name)
    sentences([chosen.about])
    heading("What is true of this table")
    sentences(chosen.truth)
    heading("Drawn")
    held = sum(len(e.sessions) for e in cohort.episodes)
    table(("", ""), [("clients", f"{n:,}"), ("sessions", f"{held:,}"), ("seed", str(seed))])
    click.echo(f"\n  The table is in {out}. All of it is simulated. To study it:\n\n    {_study_command(cohort, out)}")
