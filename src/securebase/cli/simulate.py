"""`securebase simulate SCENARIO`: a table simulated from a known model.

A scenario of the whole web gives a table of all constructs and events with a data dictionary; any other scenario
gives a table of the tracked constructs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from securebase.cli.output import (
    print_heading,
    print_sentences,
    print_table,
    status_line,
    write_bytes,
    write_json,
    write_text,
)
from securebase.errors import InputError
from securebase.exchange.csv_tables import write_cohort
from securebase.exchange.data_dictionary import dictionary_path, format_dictionary
from securebase.exchange.simulated_table import build_simulated_table
from securebase.model.arms import ARMS
from securebase.model.scenario import Scenario, scenario, scenarios
from securebase.model.simulate import Truth, draw_clients, simulate_with_truth, tabulate
from securebase.model.simulate.table import ASKED, AskedQuestions
from securebase.model.web.plan import STYLES
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
@click.option(
    "--style",
    type=click.Choice(list(STYLES)),
    help="Attachment style of all clients, in scenarios of the whole web (default: mixed).",
)
@click.option(
    "--asked",
    type=click.Choice(list(ASKED)),
    default="everything",
    show_default=True,
    help="Ask for every construct at every session, or as check-ins do: rare constructs in rotation (whole web only).",
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
    style: str | None,
    asked: AskedQuestions,
    seed: int,
    out: Path | None,
    truth: Path | None,
    json_wanted: bool,
) -> None:
    """Simulate a table of clients from SCENARIO, in the format that `securebase study` reads.

    In a scenario of the whole web the table has a column for every construct and event, and a data dictionary beside
    it, so that `securebase theory --data` can estimate the edges. Without SCENARIO, list the scenarios and
    treatment arms.
    """
    if name is None:
        _list(json_wanted=json_wanted)
        return
    selected = scenario(name)
    if out is None:
        raise InputError("--out is required with a scenario", advice="Add --out FILE.csv.")
    _check_files(selected, out, truth)
    if asked != "everything" and not selected.web.enters_core:
        raise InputError(f"--asked {asked} needs a scenario of the whole web", advice="Choose pillars, for example.")
    course: dict[str, Any] = {"sessions": sessions, "missing": missing, "dropout": dropout, "arms": arms}
    write = partial(_write_table, asked) if selected.web.enters_core else _write_cohort
    with status_line(quiet=json_wanted) as show:
        show(f"Simulating {clients:,} clients")
        drawn = {"n_clients": clients, "rng": np.random.default_rng(seed), **course, "style": style or ""}
        summary = write(selected, drawn, out, truth)
    summary = {
        "scenario": selected.id,
        **plain_fields(selected, "name", "truth"),
        "clients": clients,
        "seed": seed,
        "file": str(out),
        **summary,
    }
    if json_wanted:
        write_json(summary, None)
    else:
        _print(selected, summary)


def _check_files(selected: Scenario, out: Path, truth: Path | None) -> None:
    files = [("--out", out)]
    if selected.web.enters_core:
        files.append(("the data dictionary beside --out", dictionary_path(out)))
    if truth is not None:
        files.append(("--truth", truth))
    for k, (label, file) in enumerate(files):
        for other, other_file in files[:k]:
            if file.resolve() == other_file.resolve():
                raise click.UsageError(f"{other} and {label} must be different files. Choose another name.")


def _write_cohort(selected: Scenario, drawn: Mapping[str, Any], out: Path, truth: Path | None) -> dict[str, object]:
    """Write the tracked constructs as `write_cohort` does. Return their part of the summary."""
    cohort, true = simulate_with_truth(selected, **drawn)
    try:
        write_cohort(cohort, out, measures=selected.parameter_set.measures())
    except OSError as error:
        raise InputError(
            f"cannot write the file ({error.strerror})", where=str(out), advice="Choose another file."
        ) from None
    _write_truth(true, truth)
    return {
        "sessions": sum(len(e.sessions) for e in cohort.episodes),
        "arms": sorted({e.arm for e in cohort.episodes if e.arm}),
        **plain_fields(cohort, "time_unit", "outcome", "processes"),
        "study_command": _study_command(cohort, out),
    }


def _write_table(
    asked: AskedQuestions, selected: Scenario, drawn: Mapping[str, Any], out: Path, truth: Path | None
) -> dict[str, object]:
    """Write all constructs and events with a data dictionary. Return their part of the summary."""
    clients = draw_clients(selected, **drawn)
    style = f" with {drawn['style']} attachment" if drawn["style"] else ""
    rotation = "Rare constructs were asked in rotation, one question at a time." if asked == "rotation" else ""
    notes = tuple(filter(None, (f"Simulated from the scenario “{selected.name}”{style}.", rotation)))
    table = build_simulated_table(tabulate(clients, asked).columns, made_on=datetime.now(UTC).date(), notes=notes)
    write_bytes(table.csv, out)
    write_text(format_dictionary(table.dictionary), dictionary_path(out))
    _write_truth(clients.truth() if truth is not None else None, truth)
    outcome, *processes = selected.parameter_set.specification.constructs
    return {
        "sessions": int(clients.courses.held[clients.people.is_treated].sum()),
        "arms": sorted({arm.id for arm in clients.people.arms}) if clients.shows_arms else [],
        "style": drawn["style"] or None,
        "asked": asked,
        "data_dictionary": str(dictionary_path(out)),
        "time_unit": table.dictionary.time_unit,
        "outcome": outcome,
        "processes": processes,
        "study_command": f"securebase study {out} --outcome {outcome} "
        f"{' '.join(f'--process {process}' for process in processes)} --out report.html",
        "theory_command": f"securebase theory --data {out}",
    }


def _write_truth(true: Truth | None, file: Path | None) -> None:
    if true is not None and file is not None:
        write_json(true.to_dict(), file)


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


def _print(selected: Scenario, summary: Mapping[str, Any]) -> None:
    print_heading(selected.name)
    print_sentences([selected.about])
    print_heading("True effects")
    print_sentences(selected.truth)
    print_heading("Simulated")
    counts = [(name, f"{summary[name]:,}") for name in ("clients", "sessions")]
    style = [("attachment", summary["style"])] if summary.get("style") else []
    print_table(("", ""), [*counts, *style, ("seed", str(summary["seed"]))])
    files = " and ".join(summary[key] for key in ("file", "data_dictionary") if key in summary)
    click.echo(f"\n  Wrote {files}. All data are simulated. To analyse them:\n")
    for key in ("study_command", "theory_command"):
        if key in summary:
            click.echo(f"    {summary[key]}")
