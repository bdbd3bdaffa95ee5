"""`securebase score`: responses of an instrument, given in a line or a table, to scores and safety alerts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from securebase.errors import ResponseError
from securebase.exchange.responses import read_responses, responses_from_text
from securebase.measurement import catalogue
from securebase.measurement.change import severity
from securebase.measurement.instrument import Instrument
from securebase.measurement.scoring import Scored, score


@click.command("score")
@click.argument("instrument")
@click.argument("table", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--responses", metavar="ITEM=RESPONSE,…", help="Responses in a line, such as 1=2,2=0,3=NA.")
@click.option("--person", metavar="COL", help="Column of TABLE that names the person.")
@click.option("--stem", metavar="TEXT", help="What stands before the item's number in the names of TABLE's columns.")
@click.option(
    "--missing", metavar="SIGN", multiple=True, help="A further sign for an unanswered item in TABLE, e.g. -99."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    *,
    instrument: str,
    table: Path | None,
    responses: str | None,
    person: str | None,
    stem: str | None,
    missing: tuple[str, ...],
    as_json: bool,
) -> None:
    """Score responses of INSTRUMENT, from --responses or from TABLE (CSV, one row a form, one column an item).

    Scores follow the instrument's own rule for unanswered items. Safety alerts come first and need no score.
    """
    chosen = catalogue.instrument(instrument)
    if (table is None) == (responses is None):
        raise click.UsageError("Give responses either with --responses or as a table.")
    if responses is not None:
        scored = score(chosen, responses_from_text(chosen, responses))
        click.echo(_json(_plain(chosen, scored))) if as_json else _print_one(chosen, scored)
        return
    assert table is not None
    rows = [
        (r.row, r.person, _scored(chosen, table, r.row, r.responses))
        for r in read_responses(table, chosen, stem=stem, person=person, missing=missing)
    ]
    if as_json:
        found = [{"row": row, "person": who, **_plain(chosen, scored)} for row, who, scored in rows]
        click.echo(_json({"instrument": chosen.id, "rows": found}))
    else:
        _print_many(chosen, rows, person)


def _scored(instrument: Instrument, table: Path, row: int, responses: Any) -> Scored:
    try:
        return score(instrument, responses)
    except ResponseError as error:
        raise ResponseError(error.what, where=f"{table.name}, row {row}, {error.where}", advice=error.advice) from None


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def _plain(instrument: Instrument, scored: Scored) -> dict[str, Any]:
    scores = {}
    for scale in instrument.scales:
        own = scored.scores[scale.id]
        band = severity(scale, own.value)
        scores[scale.id] = {
            "construct": own.construct,
            "value": own.value,
            "minimum": scale.minimum,
            "maximum": scale.maximum,
            "band": band.label if band else None,
            "n_missing": own.n_missing,
            "note": own.note,
        }
    return {
        "instrument": instrument.id,
        "validated": instrument.validated,
        "unverified": [fact.fact for fact in instrument.unverified],
        "responses": scored.responses,
        "scores": scores,
        "alerts": [{"item": a.item, "value": a.value, "concern": a.concern} for a in scored.alerts],
        "safety_unanswered": list(scored.safety_unanswered),
    }


def _print_one(instrument: Instrument, scored: Scored) -> None:
    _print_alerts(scored)
    table = Table(title=instrument.name, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name, side in (("Scale", "left"), ("Score", "right"), ("Range", "left"), ("Band", "left"), ("Note", "left")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for scale in instrument.scales:
        own, band = scored.scores[scale.id], severity(scale, scored.scores[scale.id].value)
        ends = f"{scale.minimum:g}–{scale.maximum:g}"
        table.add_row(scale.label, _number(own.value), ends, band.label if band else "", own.note)
    Console(highlight=False).print(table)
    _print_caution(instrument)


def _print_many(instrument: Instrument, rows: list[tuple[int, str | None, Scored]], person: str | None) -> None:
    for row, who, scored in rows:
        _print_alerts(scored, f"row {row}{f' ({who})' if who else ''}: ")
    table = Table(title=instrument.name, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("Row", justify="right")
    if person is not None:
        table.add_column(escape(person))
    for scale in instrument.scales:
        table.add_column(scale.label, justify="right")
    for row, who, scored in rows:
        values = [_number(scored.scores[scale.id].value) for scale in instrument.scales]
        table.add_row(str(row), *([escape(who or "")] if person is not None else []), *values)
    Console(highlight=False).print(table)
    for row, _, scored in rows:
        for scale in instrument.scales:
            own = scored.scores[scale.id]
            if own.value is None:
                click.echo(f"Row {row}, {scale.label}: no score. {own.note}".rstrip())
    _print_caution(instrument)


def _print_alerts(scored: Scored, before: str = "") -> None:
    for alert in scored.alerts:
        click.secho(
            f"Safety: {before}{alert.concern} (item {alert.item} answered {alert.value:g}).", bold=True, fg="red"
        )
    if scored.safety_unanswered and not scored.alerts:
        items = ", ".join(str(item) for item in scored.safety_unanswered)
        click.echo(f"Safety: {before}item {items} was left unanswered; that is no all-clear.")


def _print_caution(instrument: Instrument) -> None:
    if not instrument.validated:
        click.echo("Not validated: read against the same person's earlier scores, not against norms.")
    if instrument.unverified:
        click.echo(f"Not verified yet: {'; '.join(fact.fact for fact in instrument.unverified)}.")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
