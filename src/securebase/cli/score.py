"""`securebase score`: scores and safety alerts from responses to an instrument."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from securebase.cli.output import write_json
from securebase.errors import ResponseError
from securebase.exchange.responses import read_responses, responses_from_text
from securebase.measurement import catalogue
from securebase.measurement.change import severity_band
from securebase.measurement.instrument import Instrument
from securebase.measurement.scoring import ScoringResult, score
from securebase.schema import plain_fields


@click.command("score")
@click.argument("instrument")
@click.argument("table", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--responses", metavar="ITEM=RESPONSE,…", help="Responses, such as 1=2,2=0,3=NA.")
@click.option("--person", metavar="COL", help="Column of TABLE with the person's identifier.")
@click.option("--stem", metavar="TEXT", help="Prefix of TABLE's item columns, before the item number.")
@click.option(
    "--missing", metavar="CODE", multiple=True, help="Additional missing-value code in TABLE, e.g. -99; repeatable."
)
@click.option("--json", "json_wanted", is_flag=True, help="Print the result as JSON.")
def command(
    *,
    instrument: str,
    table: Path | None,
    responses: str | None,
    person: str | None,
    stem: str | None,
    missing: tuple[str, ...],
    json_wanted: bool,
) -> None:
    """Score responses to INSTRUMENT, from --responses or from TABLE (CSV: one row per person, one column per item).

    Missing items are treated by the rule of the instrument's manual. Safety alerts come first and do not depend on a
    score.
    """
    selected = catalogue.instrument(instrument)
    if (table is None) == (responses is None):
        raise click.UsageError("Give either --responses or TABLE.")
    if responses is not None:
        result = score(selected, responses_from_text(selected, responses))
        write_json(_summary(selected, result), None) if json_wanted else _print_one(selected, result)
        return
    assert table is not None
    rows = [
        (r.row, r.person, _score_row(selected, table, r.row, r.responses))
        for r in read_responses(table, selected, stem=stem, person=person, missing=missing)
    ]
    if json_wanted:
        entries = [{"row": row, "person": person_id, **_summary(selected, result)} for row, person_id, result in rows]
        write_json({"instrument": selected.id, "rows": entries}, None)
    else:
        _print_many(selected, rows, person)


def _score_row(instrument: Instrument, table: Path, row: int, responses: Any) -> ScoringResult:
    try:
        return score(instrument, responses)
    except ResponseError as error:
        raise ResponseError(error.what, where=f"{table.name}, row {row}, {error.where}", advice=error.advice) from None


def _summary(instrument: Instrument, result: ScoringResult) -> dict[str, Any]:
    """Return the scores with the range and the severity band of each, and the safety alerts."""
    scores = {}
    for scale in instrument.scales:
        scale_score = result.scores[scale.id]
        band = severity_band(scale, scale_score.value)
        scores[scale.id] = {
            **plain_fields(scale_score, "construct", "value"),
            **plain_fields(scale, "minimum", "maximum"),
            "band": band.label if band else None,
            **plain_fields(scale_score, "n_missing", "note"),
        }
    return {
        "instrument": instrument.id,
        "validated": instrument.validated,
        "unverified": [fact.fact for fact in instrument.unverified],
        "responses": result.responses,
        "scores": scores,
        "alerts": [plain_fields(alert, "item", "value", "concern") for alert in result.alerts],
        "safety_unanswered": result.safety_unanswered,
    }


def _print_one(instrument: Instrument, result: ScoringResult) -> None:
    _print_alerts(result)
    table = Table(title=instrument.name, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name, side in (("Scale", "left"), ("Score", "right"), ("Range", "left"), ("Band", "left"), ("Note", "left")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for scale in instrument.scales:
        scale_score, band = result.scores[scale.id], severity_band(scale, result.scores[scale.id].value)
        ends = f"{scale.minimum:g}–{scale.maximum:g}"
        table.add_row(scale.label, _number(scale_score.value), ends, band.label if band else "", scale_score.note)
    Console(highlight=False).print(table)
    _print_caution(instrument)


def _print_many(instrument: Instrument, rows: list[tuple[int, str | None, ScoringResult]], person: str | None) -> None:
    for row, person_id, result in rows:
        _print_alerts(result, f"row {row}{f' ({person_id})' if person_id else ''}: ")
    table = Table(title=instrument.name, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("Row", justify="right")
    if person is not None:
        table.add_column(escape(person))
    for scale in instrument.scales:
        table.add_column(scale.label, justify="right")
    for row, person_id, result in rows:
        values = [_number(result.scores[scale.id].value) for scale in instrument.scales]
        table.add_row(str(row), *([escape(person_id or "")] if person is not None else []), *values)
    Console(highlight=False).print(table)
    for row, _, result in rows:
        for scale in instrument.scales:
            scale_score = result.scores[scale.id]
            if scale_score.value is None:
                click.echo(f"Row {row}, {scale.label}: no score. {scale_score.note}".rstrip())
    _print_caution(instrument)


def _print_alerts(result: ScoringResult, prefix: str = "") -> None:
    for alert in result.alerts:
        click.secho(
            f"Safety: {prefix}{alert.concern} (item {alert.item} answered {alert.value:g}).", bold=True, fg="red"
        )
    if result.safety_unanswered and not result.alerts:
        items = ", ".join(str(item) for item in result.safety_unanswered)
        click.echo(f"Safety: {prefix}item {items} is unanswered; a missing answer does not rule out risk.")


def _print_caution(instrument: Instrument) -> None:
    if not instrument.validated:
        click.echo("Not validated: read against the same person's earlier scores, not against norms.")
    for scale in instrument.scales:
        if scale.bands_basis:
            click.echo(f"Bands of {scale.label}: {scale.bands_basis}.")
    if instrument.unverified:
        click.echo(f"Not verified: {'; '.join(fact.fact for fact in instrument.unverified)}.")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
