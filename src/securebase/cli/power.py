"""`securebase power`: power, precision and bias of a planned study, by simulation."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click

from securebase.cli.output import print_heading, print_sentences, print_table, progress_bar, write_json, write_text
from securebase.errors import InputError
from securebase.model.parameter_set import DEFAULT
from securebase.model.specification import Trend
from securebase.reports.power_report import as_text
from securebase.study.phrases import number
from securebase.study.power import AssumedTruth, PowerPlan, power, truth_from_fit, truth_from_set
from securebase.study.power.phrases import CURVE_SENTENCE, effect_in_words, required_clients_in_words, setting_in_words
from securebase.study.power.result import PowerResult
from securebase.study.power.summary import Cell, Proportion
from securebase.study.replications import Run, on_cores


class _List(click.ParamType):  # type: ignore[type-arg]
    """A comma-separated list of numbers, parsed to a tuple."""

    def __init__(self, kind: Callable[[str], Any], name: str) -> None:
        self.kind, self.name = kind, name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return value if isinstance(value, tuple) else tuple(self.kind(part) for part in value.split(",") if part)
        except ValueError:
            self.fail(f"must be a comma-separated list of {self.name} (got “{value}”).", param, ctx)


_WHOLE, _NUMBERS = _List(int, "whole numbers"), _List(float, "numbers")


@click.command("power")
@click.option("--predictor", "earlier", default="alliance", show_default=True, metavar="NAME", help="Lagged predictor.")
@click.option("--outcome", "later", default="symptoms", show_default=True, metavar="NAME", help="Outcome a week later.")
@click.option("--construct", multiple=True, metavar="NAME", help="Additional construct of the model; repeatable.")
@click.option("--clients", type=_WHOLE, default="50,100,200,400", show_default=True, help="Numbers of clients.")
@click.option("--sessions", type=_WHOLE, default="8,16", show_default=True, help="Numbers of sessions per client.")
@click.option(
    "--effect", type=_NUMBERS, help="Standardised effects after one week. [default: that of the parameter set]"
)
@click.option("--missing", type=_NUMBERS, default="0", show_default=True, help="Probabilities that a score is missing.")
@click.option("--dropout", type=_NUMBERS, default="0", show_default=True, help="Probabilities of dropout.")
@click.option("--days-between", type=float, default=7.0, help="Days between two sessions. [default: 7]")
@click.option("--parameters", default=DEFAULT, show_default=True, metavar="ID", help="Parameter set to simulate from.")
@click.option(
    "--from-fit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Simulate from estimates that `securebase fit --out` wrote.",
)
@click.option(
    "--trend",
    type=click.Choice(["carried", "apart"]),
    help="Mean trend: therapy acts as an input, or each construct changes by itself. [default: carried]",
)
@click.option("--power", "target_power", type=float, help="Find the number of clients for this power, such as 0.8.")
@click.option("--alpha", type=float, default=0.05, help="Two-sided significance level. [default: 0.05]")
@click.option("--replications", type=int, default=500, show_default=True, help="Number of replications per design.")
@click.option("--seed", type=int, default=1, show_default=True, help="Random seed.")
@click.option("--workers", type=int, help="Number of worker processes. [default: number of cores]")
@click.option("--cluster", metavar="ADDRESS", help="Dask cluster to compute on: tcp://HOST:PORT or local.")
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    help="Write the report (.html), the table (.csv) or all results (.json); repeatable.",
)
def command(
    *,
    construct: tuple[str, ...],
    effect: tuple[float, ...] | None,
    parameters: str,
    from_fit: Path | None,
    trend: str | None,
    target_power: float | None,
    workers: int | None,
    cluster: str | None,
    json_wanted: bool,
    out: tuple[Path, ...],
    **planned: Any,
) -> None:
    """Estimate power, precision and bias of a planned study by simulation.

    Samples are simulated from a parameter set (or your own fit) with the given effect sizes, for every combination of
    clients, sessions, missing and dropout, and the model is fitted to each. Lists are comma-separated. Ctrl-C stops
    and prints the results so far.
    """
    for file in out:
        _kind(file)
    names = (planned["later"], planned["earlier"], *construct)
    plan = PowerPlan(_truth(parameters, from_fit, names, trend), effects=effect or (), **planned)
    with _runner(cluster, workers) as run, progress_bar("Simulating and fitting", quiet=json_wanted) as progress:
        result = power(plan, target_power=target_power, run=run, progress=progress)
    for file in out:
        write_text(as_text(result, _kind(file)), file)
    if json_wanted:
        write_json(result.to_json(), None)
    else:
        _print(result)
        if out:
            click.echo(f"\nWrote {', '.join(map(str, out))}.")
    if result.interrupted:
        sys.exit(130)


def _kind(file: Path) -> str:
    kind = file.suffix.lower().removeprefix(".")
    if kind not in ("html", "csv", "json"):
        raise InputError(f"unknown file type “{file.suffix}”", where=str(file), advice="Use .html, .csv or .json.")
    return kind


def _truth(parameters: str, fitted: Path | None, names: tuple[str, ...], trend: str | None) -> AssumedTruth:
    if fitted is not None:
        return truth_from_fit(fitted, trend)
    return truth_from_set(parameters, names, trend or Trend.CARRIED)


def _runner(cluster: str | None, workers: int | None) -> AbstractContextManager[Run]:
    if cluster is None:
        return nullcontext(on_cores(workers))
    # dask takes about a second to import: only load it on request
    from securebase.study.cluster import on_cluster

    return on_cluster(cluster, workers)


def _print(result: PowerResult) -> None:
    plan = result.plan
    print_heading(f"Power to find an effect of {plan.earlier} on {plan.later} a week later")
    if result.interrupted:
        print_sentences(
            [f"INTERRUPTED after {sum(c.completed for c in result.cells):,} replications (per design: see the table)."]
        )
    head = ("sessions", "clients", "replications", "power", "wrong sign", "bias", "empirical SE", "mean SE", "coverage")
    for setting in plan.settings:
        cells = [c for c in result.cells if c.design.setting == setting]
        click.echo()
        description = setting_in_words(setting, plan) or f"effect {effect_in_words(setting.effect)}"
        print_sentences([description[0].upper() + description[1:]])
        last = "irregular"
        print_table((*head, last), [_row(c) for c in cells])
    if result.required_clients:
        print_heading("Number of clients needed")
        print_sentences([required_clients_in_words(answer, plan) for answer in result.required_clients])
        print_sentences([CURVE_SENTENCE])
    print_heading("For a methods section")
    print_sentences([result.methods])
    print_heading("Limitations")
    print_sentences(result.limits)


def _row(c: Cell) -> tuple[str, ...]:
    if c.false_positives is not None:
        first, second = f"type I error {_share(c.false_positives)}", "–"
    else:
        first, second = _share(c.power), _share(c.wrong_sign, interval=False)
    return (
        str(c.design.sessions),
        f"{c.design.clients:,}",
        f"{c.completed:,}" if c.completed == c.planned else f"{c.completed:,} of {c.planned:,}",
        first,
        second,
        *("–" if v is None else number(v, 3) for v in (c.bias, c.empirical_se, c.mean_se)),
        _share(c.coverage, interval=False),
        str(c.irregular),
    )


def _share(share: Proportion | None, *, interval: bool = True) -> str:
    if share is None or share.value is None:
        return "–"
    return number(share.value) + (f" ({number(share.lower)}–{number(share.upper)})" if interval else "")
