"""`securebase instruments`: the shelf of instruments with licence and verification status."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from pathlib import Path
from typing import Any, cast

import click
from rich.console import Console
from rich.table import Table

from securebase.cli.output import write_json
from securebase.cli.shelf_check import check_files, unknown_keys
from securebase.errors import SecurebaseError
from securebase.measurement import catalogue
from securebase.measurement.constructs import CONSTRUCTS, Direction
from securebase.measurement.instrument import Instrument, Scale, WorkedExample
from securebase.measurement.instrument_reader import read_instrument
from securebase.measurement.scoring import score
from securebase.model.theory import theory
from securebase.schema import to_plain


@click.command("instruments")
@click.argument("name", metavar="[ID | check]", required=False)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def command(*, name: str | None, files: tuple[Path, ...], as_json: bool) -> None:
    """List the instruments, show the instrument ID in full, or check instrument files.

    Official item wording is not shipped: items have numbers and short labels of our own. Only our own session sets and
    additional questionnaires carry item texts; they are not validated.
    """
    if name == "check" and not files:
        raise click.UsageError("check needs at least one file: securebase instruments check FILE")
    if name != "check" and files:
        raise click.UsageError(f"files are accepted only after check (got “{name}” before them)")
    if files:
        check_files(files, _find_problems)
        return
    selected = [catalogue.instrument(name)] if name is not None else list(catalogue.instruments().values())
    if as_json:
        plain = [_describe(i) for i in selected]
        write_json(plain[0] if name is not None else plain, None)
    elif name is not None:
        _show(selected[0])
    else:
        _list(selected)


def _find_problems(path: Path) -> list[str]:
    """Return the problems of an instrument file: its name, its claims, and worked examples that score differently."""
    file = path.name
    instrument = read_instrument(file, path.read_bytes())
    names = (f"{instrument.id}.toml", f"{instrument.id}.{instrument.version}.toml")
    problems = [] if file in names else [f"{file}, id: must be the name of the file (got “{instrument.id}”)."]
    for n, scale in enumerate(instrument.scales, start=1):
        problems += unknown_keys(file, f"scales[{n}].claims", scale.claims, theory().claims)
    for n, example in enumerate(instrument.examples, start=1):
        problems += _problems_of_example(instrument, example, f"{file}, examples[{n}]")
    return problems


def _problems_of_example(instrument: Instrument, example: WorkedExample, place: str) -> list[str]:
    # the struct holds None where the file says “missing” or “none”
    try:
        result = score(instrument, cast(Mapping[int, float | None], example.responses))
    except SecurebaseError as error:
        return [f"{place}.responses: {error}"]
    expected = cast(Mapping[str, float | None], example.scores)
    problems = [
        f"{place}.scores.{name}: the responses give {_number(result.scores[name].value)} (stated: {_number(stated)})."
        for name, stated in expected.items()
        if (stated is None) != (result.scores[name].value is None)
        or not isclose(stated or 0.0, result.scores[name].value or 0.0, abs_tol=1e-9)
    ]
    flagged = tuple(flag.item for flag in result.alerts)
    if flagged != example.safety_items:
        problems.append(
            f"{place}.safety_items: the responses raise alerts for items {list(flagged)} "
            f"(stated: {list(example.safety_items)})."
        )
    return problems


def _number(value: float | None) -> str:
    return "no score" if value is None else f"{value:g}"


def _describe(i: Instrument) -> dict[str, Any]:
    """Return the instrument as plain values, with the facts that are not verified."""
    plain: dict[str, Any] = to_plain(i)
    return plain | {"schedule": plain.pop("asked"), "unverified": [fact.fact for fact in i.unverified]}


def _list(shelf: list[Instrument]) -> None:
    table = _table("ID", "Measures", "Items", "Not verified", "Licence")
    for i in shelf:
        constructs = CONSTRUCTS[i.scales[0].construct].label.lower()
        ellipsis = " …" if len({s.construct for s in i.scales}) > 1 else ""
        mark = "own wording, not validated" if not i.validated else _count(len(i.unverified))
        # first clause only; `instruments ID` prints the whole licence
        licence = i.licence.status.split(";")[0].split(":")[0]
        table.add_row(i.id, constructs + ellipsis, str(len(i.items)), mark, licence)
    Console(highlight=False).print(table)
    click.echo("\n“securebase instruments ID” shows one in full, with the source of every fact.")


def _count(unverified: int) -> str:
    return "" if not unverified else f"{unverified} fact{'s' if unverified > 1 else ''}"


def _show(i: Instrument) -> None:
    console = Console(highlight=False)
    click.secho(i.name, bold=True)
    click.echo(f"{i.about} Filled in by the {i.respondent}, {_moment(i.moment)}. Period: {i.window}.")
    click.echo(f"Licence: {i.licence.status}{f' ({i.licence.holder})' if i.licence.holder else ''}.")
    if not i.validated:
        click.secho("Our own wording, not validated yet.", bold=True)
    _section("Items")
    items = _table("No.", "Label", "Range", "Text")
    for item in i.items:
        marks = ", ".join(f"reversed in {s.label}" for s in i.scales if item.number in s.reversed_items)
        ends = f"{item.minimum:g}–{item.maximum:g}" + "".join(
            f", {o.value:g} {o.label} (counts as missing)" for o in item.missing_options
        )
        items.add_row(
            str(item.number), f"{item.label}{f' ({marks})' if marks else ''}", ends, item.text or "not shipped"
        )
    console.print(items)
    _section("Scales")
    for scale in i.scales:
        console.print(f"[bold]{scale.label}[/bold] ({scale.id}): {_scale(scale)}", soft_wrap=False)
    for rule in i.safety_rules:
        click.secho(f"Safety: item {rule.item} ≥ {rule.at_least:g} raises an alert: {rule.concern}.", bold=True)
    _section("Sources")
    for fact in i.provenance:
        status = (
            "verified" if fact.verified else f"[bold]{'sources disagree' if fact.conflict else 'not verified'}[/bold]"
        )
        console.print(f"{status}: {fact.fact} – {fact.source}{f'; but {fact.conflict}' if fact.conflict else ''}")
    _section("Codes")
    click.echo(", ".join(f"{key} {code}" for key, code in i.codes.items()))
    for note in i.notes:
        click.echo(f"\n{note}")


def _scale(scale: Scale) -> str:
    parts = [
        f"{scale.method} of {len(scale.items)} item{'s' if len(scale.items) > 1 else ''}",
        f"{scale.minimum:g} to {scale.maximum:g}",
        f"higher is {scale.direction}",
        f"at most {scale.max_missing} missing" if scale.max_missing else "no score if an item is missing",
    ]
    if scale.only_without:
        parts.append(f"only where item {', '.join(map(str, scale.only_without))} was left out")
    if scale.bands:
        basis = f" ({scale.bands_basis})" if scale.bands_basis else ""
        parts.append("bands " + ", ".join(f"{b.low:g}–{b.high:g} {b.label}" for b in scale.bands) + basis)
    if change := scale.reliable_change:
        mark = "" if change.verified else ", not verified"
        parts.append(f"reliable change from {change.points:.3g} points ({change.basis}{mark})")
    else:
        parts.append("no reliable change known")
    if scale.remission_below is not None:
        parts.append(f"remission below {scale.remission_below:g}")
    if scale.caseness_from is not None:
        side = "from" if scale.direction is Direction.HIGHER_IS_WORSE else "below"
        basis = f" ({scale.caseness_basis})" if scale.caseness_basis else ""
        parts.append(f"clinical range {side} {scale.caseness_from:g}{basis}")
    return "; ".join(parts) + "."


def _moment(moment: str) -> str:
    return {"before": "before a session", "after": "after a session", "between": "between sessions"}[moment]


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _section(title: str) -> None:
    click.echo()
    click.secho(title, bold=True)
