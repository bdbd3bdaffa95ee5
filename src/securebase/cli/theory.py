"""`securebase theory`: the edges of the theory as a list, JSON or graph, and their estimates from a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from securebase.charts.theory_graph import By
from securebase.cli.output import check_graph_file, format_number, print_sentences, write_json, write_text
from securebase.cli.theory_data import estimate_table, print_estimates
from securebase.cli.theory_play import PlayOptions, add_play_options, check_play_options, play_and_print
from securebase.model.mechanism import Lag, Pillar
from securebase.model.theory import EdgeLocation, Theory, TheoryEdge, theory
from securebase.reports.theory_page import theory_page, theory_svg
from securebase.schema import plain_fields, to_plain
from securebase.study.edges.result import TheoryEstimates


@click.command("theory")
@click.option("--claim", metavar="ID", help="Only edges of this claim, S1 to S108.")
@click.option("--pillar", type=click.Choice([p.value for p in Pillar]), help="Only edges of this pillar.")
@click.option(
    "--mechanism", metavar="ID", help="Only edges of mechanism M1 (support), M2 (stress), M3 (emotion) or M4 (skills)."
)
@click.option("--location", type=click.Choice([p.value for p in EdgeLocation]), help="Only edges at this location.")
@click.option(
    "--by",
    type=click.Choice(["pillar", "mechanism"]),
    default="pillar",
    show_default=True,
    help="One panel of the graph for each of these.",
)
@click.option(
    "--graph",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the edges to FILE.svg or FILE.html; with --data, lines show the results.",
)
@click.option(
    "--data",
    "table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Estimate the edges from this table, which has a data dictionary beside it (securebase cohort writes both).",
)
@add_play_options
@click.option(
    "--json",
    "json_out",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Write everything as JSON to FILE; without FILE print it.",
)
def command(
    play_options: PlayOptions,
    *,
    claim: str | None,
    pillar: str | None,
    mechanism: str | None,
    location: str | None,
    by: By,
    graph: Path | None,
    table: Path | None,
    json_out: str | None,
) -> None:
    """List the edges of the theory with id, sign, level, lag, location and evidence, or estimate them from a table.

    Every edge is a hypothesis. Location “model”: a mechanism that fit estimates and track uses; “study”: estimated from
    a table with the columns; “simulated”: in the simulator.

    With --data, estimate every edge from a table, or print the reason why there is no estimate. With --play, simulate
    clients under chosen conditions and compare them with the ordinary course.
    """
    if check_play_options(play_options):
        play_and_print(play_options.choice(), graph, json_out)
        return
    full_theory = theory()
    edges = full_theory.select(claim=claim, pillar=pillar, mechanism=mechanism, place=location)
    if graph is not None:
        _check_graph(graph, edges)
    estimates = None if table is None else estimate_table(table, edges)
    if graph is not None:
        _draw(full_theory, edges, by, graph, estimates)
    if table is not None and estimates is not None:
        print_estimates(estimates, table, json_out)
    elif json_out is not None:
        write_json(_describe(full_theory, edges, claim), None if json_out == "-" else Path(json_out))
    elif graph is None:
        _list(full_theory, edges, claim)


def _check_graph(graph: Path, edges: Sequence[TheoryEdge]) -> None:
    check_graph_file(graph)
    if not edges:
        raise click.UsageError("No edge matches these options.")


def _draw(
    full_theory: Theory, edges: Sequence[TheoryEdge], by: By, graph: Path, estimates: TheoryEstimates | None
) -> None:
    selected = None if len(edges) == len(full_theory.edges) else edges
    write = theory_svg if graph.suffix == ".svg" else theory_page
    write_text(write(full_theory, selected, by=by, estimates=estimates), graph)
    click.echo(f"Wrote {graph}.", err=True)


def _describe(full_theory: Theory, edges: Sequence[TheoryEdge], claim: str | None) -> object:
    claims = [c for c in full_theory.claims.values() if claim in (None, c.id)]
    return {
        "claims": [{**to_plain(c), "outruns_its_evidence": c.outruns_its_evidence} for c in claims],
        "edges": [{**_rename_ends(e), **plain_fields(e, "label", "mechanisms", "outruns_its_evidence")} for e in edges],
    }


def _rename_ends(e: TheoryEdge) -> dict[str, Any]:
    """Return an edge as plain values, its ends under the names that a file of edges shortens."""
    plain: dict[str, Any] = to_plain(e)
    return {"from_construct": plain.pop("from"), "to_construct": plain.pop("to"), **plain}


def _list(full_theory: Theory, edges: Sequence[TheoryEdge], claim: str | None) -> None:
    if claim is not None:
        entry = full_theory.claims[claim]
        mark = ". It goes beyond the evidence" if entry.outruns_its_evidence else ""
        sentences = [f"{entry.id}: {entry.says}. Needs {', '.join(entry.needs)}{mark}.", entry.uncertain]
        print_sentences([" ".join(filter(None, sentences))], indent="")
        click.echo()
    for e in edges:
        click.echo(e.label)
        print_sentences([_line(e)])
    click.echo()
    places = ", ".join(f"{sum(e.place is p for e in edges)} {p.value}" for p in EdgeLocation)
    count = f"{len(edges)} edge{'s' if len(edges) != 1 else ''}"
    click.echo(f"{count}: {places}. All are hypotheses. ! marks claims that go beyond the evidence.")


def _line(e: TheoryEdge) -> str:
    parts = [e.sign.replace("-", "−"), e.level.value, "" if e.lag is Lag.NONE else e.lag.value, e.form.value]
    size = f"size {format_number(e.size.value, 2)} (SD {format_number(e.size.sd, 2)})" if e.size else "no size"
    claims = " ".join(e.claims) + (" !" if e.outruns_its_evidence else "")
    columns = (
        ", ".join(part.replace("_", " ") for part in parts if part),
        e.location_label,
        f"{size}, {e.grade.value}",
        claims,
    )
    return f"{e.id}: {'; '.join(columns)}"
