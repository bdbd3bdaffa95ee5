"""`securebase simulate SCENARIO`: a table simulated from a known model."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from securebase.cli.output import print_heading, print_sentences, print_table, status_line, write_json
from securebase.errors import InputError
from securebase.exchange.csv_tables import write_cohort
from securebase.model.arms import ARMS
from securebase.model.scenario import Scenario, scenario, scenarios
from securebase.model.simulate import simulate_with_truth
from securebase.records.cohort import Cohort
from securebase.schema import plain_fields


@click.command("simulate")
@click.argument("name", metavar="[SCENARIO]", required=False)
@click.option("--clients", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Number of clients.")
@click.option("--sessions", type=click.IntRange(1, 500), help="Planned sessions (default: that of the scenario).")
@click.option("--missing", type=click.FloatRange(0, 0.99), help="Probability that a check-in is missing.")
@click.option("--dropout", type=click.FloatRange(0, 0.99), help="Probability of dropout.")
@click.option(
    "--arm",
    "arms",
    multiple=True,
    type=click.Choice(list(ARMS)),
    help="Treatment arm; repeat it for a trial. Clients are allocated in turn (default: arms of the scenario).",
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Random seed.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to this CSV file.")
@click.option(
    "--truth",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the true values of every client to this JSON file.",
)
@click.option("--json", "json_wanted", is_flag=True, help="Print the summary as JSON.")
def command(
    name: str | None,
    *,
    clients: int,
    sessions: int | None,
    missing: float | None,
    dropout: float | None,
    arms: tuple[str, ...],
    seed: int,
    out: Path | None,
    truth: Path | None,
    json_wanted: bool,
) -> None:
    """Simulate a table of clients from SCENARIO, in the format that `securebase study` reads.

    Without SCENARIO, list the scenarios and treatment arms.
    """
    if name is None:
        _list(json_wanted=json_wanted)
        return
    selected = scenario(name)
    if out is None:
        raise InputError("--out is required with a scenario", advice="Add --out FILE.csv.")
    if truth is not None and truth.resolve() == out.resolve():
        raise click.UsageError("--out and --truth must be different files.")
    with status_line(quiet=json_wanted) as show:
        show(f"Simulating {clients:,} clients")
        cohort, true = simulate_with_truth(
            selected,
            n_clients=clients,
            rng=np.random.default_rng(seed),
            sessions=sessions,
            missing=missing,
            dropout=dropout,
            arms=arms,
        )
        try:
            write_cohort(cohort, out, measures=selected.parameter_set.measures())
        except OSError as error:
            raise InputError(
                f"cannot write the file ({error.strerror})", where=str(out), advice="Choose another file."
            ) from None
    if truth is not None:
        write_json(true.to_dict(), truth)
    if json_wanted:
        write_json(_summary(selected, cohort, seed, out), None)
    else:
        _print(selected, cohort, seed, out)


def _list(*, json_wanted: bool) -> None:
    shelf = scenarios().values()
    if json_wanted:
        write_json([_describe(s) for s in shelf], None)
        return
    for s in shelf:
        print_heading(f"{s.id}: {s.name}")
        print_sentences(s.truth)
    print_heading("Treatment arms (--arm)")
    width = max(len(a) for a in ARMS)
    print_sentences([f"{a.id.ljust(width)}  {a.name}. {a.about}" for a in ARMS.values()])


def _describe(s: Scenario) -> dict[str, object]:
    """Return a scenario as plain values: its truth, what a study of it must find, and its processes."""
    expected = ("alliance_gates_technique", "carried_by", "relapse_after_the_end", "between_alliance_symptoms")
    return {
        **plain_fields(s, "id", "name", "about", "truth"),
        "expects": {
            "effects": [{"from": a, "to": b, "sign": sign} for (a, b), sign in s.expects.effects.items()],
            **plain_fields(s.expects, *expected),
        },
        "arms": [a.id for a in s.arms],
        "happens": list(s.happens.active),
    }


def _study_command(cohort: Cohort, out: Path) -> str:
    before = {c.name for c in cohort.constructs if c.moment == "before"}
    processes = " ".join(f"--process {p}{f' --asked-before {p}' if p in before else ''}" for p in cohort.processes)
    return (
        f"securebase study {out} --person person --time time --time-unit {cohort.time_unit} "
        f"--outcome {cohort.outcome} {processes} --out report.html"
    )


def _summary(selected: Scenario, cohort: Cohort, seed: int, out: Path) -> dict[str, object]:
    return {
        "scenario": selected.id,
        **plain_fields(selected, "name", "truth"),
        "clients": len(cohort),
        "seed": seed,
        "sessions": sum(len(e.sessions) for e in cohort.episodes),
        "arms": sorted({e.arm for e in cohort.episodes if e.arm}),
        "file": str(out),
        **plain_fields(cohort, "time_unit", "outcome", "processes"),
        "study_command": _study_command(cohort, out),
    }


def _print(selected: Scenario, cohort: Cohort, seed: int, out: Path) -> None:
    print_heading(selected.name)
    print_sentences([selected.about])
    print_heading("True effects")
    print_sentences(selected.truth)
    print_heading("Simulated")
    sessions = sum(len(e.sessions) for e in cohort.episodes)
    print_table(("", ""), [("clients", f"{len(cohort):,}"), ("sessions", f"{sessions:,}"), ("seed", str(seed))])
    click.echo(f"\n  Wrote {out}. All data are simulated. To analyse them:\n\n    {_study_command(cohort, out)}")
