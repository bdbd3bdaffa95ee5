"""`securebase power`: what a planned study can find, with how many clients and sessions."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import click

from securebase.cli.output import as_json, counting, deliver, heading, sentences, table
from securebase.errors import InputError
from securebase.model.parameter_set import DEFAULT
from securebase.model.parameters import Trend
from securebase.reports.power_report import as_text
from securebase.study.phrases import number
from securebase.study.power import AssumedTruth, PowerPlan, power, truth_from_fit, truth_from_set
from securebase.study.power.phrases import CURVE, answer_in_words, effect_in_words, setting_in_words
from securebase.study.power.result import PowerResult
from securebase.study.power.summary import Cell, Proportion
from securebase.study.replications import Run, on_cores


class _List(click.ParamType):  # type: ignore[type-arg]
    """Numbers with commas between them, as a tuple."""

    def __init__(self, kind: Callable[[str], Any], name: str) -> None:
        self.kind, self.name = kind, name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return value if isinstance(value, tuple) else tuple(self.kind(part) for part in value.split(",") if part)
        except ValueError:
            self.fail(f"“{value}” is not {self.name} with commas between them.", param, ctx)


_WHOLE, _NUMBERS = _List(int, "whole numbers"), _List(float, "numbers")


@click.command("power")
@click.option("--earlier", default="alliance", show_default=True, metavar="NAME", help="What comes earlier.")
@click.option("--later", default="symptoms", show_default=True, metavar="NAME", help="What it is to have an effect on.")
@click.option("--construct", multiple=True, metavar="NAME", help="A further construct in the model; may be repeated.")
@click.option("--clients", type=_WHOLE, default="50,100,200,400", show_default=True, help="Numbers of clients.")
@click.option("--sessions", type=_WHOLE, default="8,16", show_default=True, help="Numbers of sessions a client.")
@click.option("--effect", type=_NUMBERS, help="Standardised weekly effects. [default: that of the parameters]")
@click.option("--missing", type=_NUMBERS, default="0", show_default=True, help="Chances that a score is missing.")
@click.option("--dropout", type=_NUMBERS, default="0", show_default=True, help="Chances of leaving early.")
@click.option("--days-between", type=float, default=7.0, help="Days between two sessions. [default: 7]")
@click.option("--parameters", default=DEFAULT, show_default=True, metavar="ID", help="Parameter set to draw from.")
@click.option(
    "--from-fit",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Draw from the estimates that `securebase fit --out` wrote instead.",
)
@click.option("--trend", type=click.Choice(["carried", "apart"]), help="Reading of the trend. [default: carried]")
@click.option("--power", "wanted", type=float, help="Find the number of clients that reaches this power, such as .8.")
@click.option("--alpha", type=float, default=0.05, help="Two-sided level of significance. [default: 0.05]")
@click.option("--replications", type=int, default=500, show_default=True, help="Samples drawn for each design.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same numbers.")
@click.option("--workers", type=int, help="Processes that compute. [default: as many as cores]")
@click.option("--cluster", metavar="ADDRESS", help="Compute on a dask cluster (tcp://HOST:PORT), or a “local” one.")
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    multiple=True,
    help="Write the report (.html), the table (.csv) or everything (.json); may be repeated.",
)
def command(
    *,
    construct: tuple[str, ...],
    effect: tuple[float, ...] | None,
    parameters: str,
    from_fit: Path | None,
    trend: str | None,
    wanted: float | None,
    workers: int | None,
    cluster: str | None,
    json_wanted: bool,
    out: tuple[Path, ...],
    **planned: Any,
) -> None:
    """Power, precision and bias of a planned study, by simulating and fitting it many times.

    Samples are drawn from a parameter set (or from a fit of your own) with the effect set to the sizes given, for every
    combination of clients, sessions, missing and dropout. Lists are numbers with commas between them. Ctrl-C stops and
    gives what there is so far.
    """
    for file in out:
        _kind(file)
    names = (planned["later"], planned["earlier"], *construct)
    plan = PowerPlan(_truth(parameters, from_fit, names, trend), effects=effect or (), **planned)
    with _who(cluster, workers) as run, counting("Simulating and fitting", quiet=json_wanted) as progress:
        result = power(plan, wanted=wanted, run=run, progress=progress)
    for file in out:
        deliver(as_text(result, _kind(file)), file)
    if json_wanted:
        as_json(result.to_json(), None)
    else:
        _print(result)
        if out:
            click.echo(f"\nWritten to {', '.join(map(str, out))}.")
    if result.interrupted:
        sys.exit(130)


def _kind(file: Path) -> str:
    kind = file.suffix.lower().removeprefix(".")
    if kind not in ("html", "csv", "json"):
        raise InputError("can be written as .html, .csv or .json", where=str(file), advice="Name the file so.")
    return kind


def _truth(parameters: str, fitted: Path | None, names: tuple[str, ...], trend: str | None) -> AssumedTruth:
    if fitted is not None:
        return truth_from_fit(fitted, trend)
    return truth_from_set(parameters, names, trend or Trend.CARRIED)


def _who(cluster: str | None, workers: int | None) -> AbstractContextManager[Run]:
    if cluster is None:
        return nullcontext(on_cores(workers))
    # dask takes a second to load, which only those who ask for it should wait for
    from securebase.study.cluster import on_cluster

    return on_cluster(cluster, workers)


def _print(result: PowerResult) -> None:
    plan = result.plan
    heading(f"Power to find an effect of {plan.earlier} on {plan.later} a week later")
    if result.interrupted:
        sentences([f"STOPPED EARLY. {sum(c.done for c in result.cells):,} replications are done; see each design."])
    head = ("sessions", "clients", "replications", "power", "wrong sign", "bias", "SE: real", "SE: mean", "coverage")
    for setting in plan.settings:
        own = [c for c in result.cells if c.design.setting == setting]
        click.echo()
        shown = setting_in_words(setting, plan) or f"effect {effect_in_words(setting.effect)}"
        sentences([shown[0].upper() + shown[1:]])
        last = "irregular"
        table((*head, last), [_row(c) for c in own])
    if result.needed:
        heading("How many clients")
        sentences([answer_in_words(answer, plan) for answer in result.needed])
        sentences([CURVE])
    heading("For a methods section")
    sentences([result.methods])
    heading("What this cannot show")
    sentences(result.limits)


def _row(c: Cell) -> tuple[str, ...]:
    if c.false_alarms is not None:
        first, second = f"false alarms {_share(c.false_alarms)}", "–"
    else:
        first, second = _share(c.power), _share(c.wrong_sign, interval=False)
    return (
        str(c.design.sessions),
        f"{c.design.clients:,}",
        f"{c.done:,}" if c.done == c.asked else f"{c.done:,} of {c.asked:,}",
        first,
        second,
        *("–" if v is None else number(v, 3) for v in (c.bias, c.empirical_se, c.mean_se)),
        _share(c.covered, interval=False),
        str(c.irregular),
    )


def _share(share: Proportion | None, *, interval: bool = True) -> str:
    if share is None or share.value is None:
        return "–"
    return number(share.value) + (f" ({number(share.lower)}–{number(share.upper)})" if interval else "")
