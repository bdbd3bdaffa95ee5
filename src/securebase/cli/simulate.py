"""`securebase simulate SCENARIO`: a table drawn from a known truth."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np

from securebase.cli.output import as_json, heading, progress, sentences, table
from securebase.errors import InputError
from securebase.exchange.csv_tables import write_cohort
from securebase.model.arms import ARMS
from securebase.model.scenario import Scenario, scenario, scenarios
from securebase.model.simulate import simulate_with_truth
from securebase.records.cohort import Cohort


@click.command("simulate")
@click.argument("name", metavar="SCENARIO", required=False)
@click.option("--n", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Clients to draw.")
@click.option("--sessions", type=click.IntRange(1, 500), help="Planned sessions (default: the scenario's own).")
@click.option("--missing", type=click.FloatRange(0, 0.99), help="Chance that a check-in is not answered.")
@click.option("--dropout", type=click.FloatRange(0, 0.99), help="Chance of leaving before the planned end.")
@click.option(
    "--arm",
    "arms",
    multiple=True,
    type=click.Choice(list(ARMS)),
    help="A treatment; give it again for a trial. Clients go to them in turn (default: the scenario's own).",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed gives the same table."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table (CSV) here.")
@click.option(
    "--truth", type=click.Path(dir_okay=False, path_type=Path), help="Write what was true of each client (JSON) here."
)
@click.option("--json", "json_wanted", is_flag=True, help="Say what was done as JSON.")
def command(
    name: str | None,
    *,
    n: int,
    sessions: int | None,
    missing: float | None,
    dropout: float | None,
    arms: tuple[str, ...],
    seed: int,
    out: Path | None,
    truth: Path | None,
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
    if truth is not None and truth.resolve() == out.resolve():
        raise click.UsageError("--out and --truth name the same file.")
    with progress(quiet=json_wanted) as tell:
        tell(f"Drawing {n:,} clients")
        cohort, true = simulate_with_truth(
            chosen,
            n=n,
            rng=np.random.default_rng(seed),
            sessions=sessions,
            missing=missing,
            dropout=dropout,
            arms=arms,
        )
        try:
            write_cohort(cohort, out, measures=chosen.parameter_set.measures())
        except OSError as error:
            raise InputError(f"cannot be written ({error.strerror})", where=str(out)) from None
    if truth is not None:
        as_json(true.plain(), truth)
    said = _described(chosen, cohort, n, seed, out)
    if json_wanted:
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        _print(chosen, cohort, n, seed, out)


def _list(*, json_wanted: bool) -> None:
    shelf = scenarios().values()
    if json_wanted:
        rows = [_told(s) for s in shelf]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for s in shelf:
        heading(f"{s.id}: {s.name}")
        sentences(s.truth)
    heading("Treatments (--arm)")
    width = max(len(a) for a in ARMS)
    sentences([f"{a.id.ljust(width)}  {a.name}. {a.about}" for a in ARMS.values()])


def _told(s: Scenario) -> dict[str, object]:
    return {
        "id": s.id,
        "name": s.name,
        "about": s.about,
        "truth": list(s.truth),
        "expects": {
            "effects": [{"from": a, "to": b, "sign": sign.value} for (a, b), sign in s.expects.effects.items()],
            "alliance_gates_technique": s.expects.alliance_gates_technique,
            "carried_by": list(s.expects.carried_by),
            "relapse_after_the_end": s.expects.relapse_after_the_end,
            "between_alliance_symptoms": s.expects.between_alliance_symptoms.value,
        },
        "arms": [a.id for a in s.arms],
        "happens": list(s.happens.on),
    }


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
        "arms": sorted({e.arm for e in cohort.episodes if e.arm}),
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
