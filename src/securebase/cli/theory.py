"""`securebase theory`: every edge, where it lives and what it rests on; as a list, as JSON, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from securebase.charts.theory_graph import By
from securebase.cli.output import as_json, deliver, figure, sentences
from securebase.model.mechanism import Lag, Pillar
from securebase.model.theory import EdgeLocation, Theory, TheoryEdge, theory
from securebase.reports.theory_page import theory_page, theory_svg
from securebase.study.result import plain


@click.command("theory")
@click.option("--claim", metavar="ID", help="Only edges of one claim, S1 to S98.")
@click.option("--pillar", type=click.Choice([p.value for p in Pillar]), help="Only edges drawn from one pillar.")
@click.option("--mechanism", metavar="ID", help="Only edges that touch M1 support, M2 stress, M3 emotion or M4 skills.")
@click.option("--place", type=click.Choice([p.value for p in EdgeLocation]), help="Only edges that live in one place.")
@click.option(
    "--by", type=click.Choice(["pillar", "mechanism"]), default="pillar", show_default=True, help="Panels of the graph."
)
@click.option("--graph", type=click.Path(dir_okay=False, path_type=Path), help="Draw them: FILE.svg or FILE.html.")
@click.option("--json", "json_wanted", is_flag=True, help="Print everything as JSON.")
def command(
    *,
    claim: str | None,
    pillar: str | None,
    mechanism: str | None,
    place: str | None,
    by: By,
    graph: Path | None,
    json_wanted: bool,
) -> None:
    """List the edges of the theory: which way they go, where they are estimated, and what is known of them.

    Every edge is a hypothesis. In the model: a mechanism on the shelf, which fit estimates and track uses. In studies:
    estimated from a table that has its columns. Simulated: only the simulator can have it.
    """
    whole = theory()
    edges = whole.select(claim=claim, pillar=pillar, mechanism=mechanism, place=place)
    if graph is not None:
        _draw(whole, edges, by, graph)
    if json_wanted:
        as_json(_plain(whole, edges, claim), None)
    elif graph is None:
        _list(whole, edges, claim)


def _draw(whole: Theory, edges: Sequence[TheoryEdge], by: By, graph: Path) -> None:
    if graph.suffix not in (".svg", ".html"):
        raise click.UsageError(f"--graph writes .svg or .html, not “{graph.name}”")
    if not edges:
        raise click.UsageError("no edge is left to draw")
    selected = None if len(edges) == len(whole.edges) else edges
    write = theory_svg if graph.suffix == ".svg" else theory_page
    deliver(write(whole, selected, by=by), graph)
    click.echo(f"The graph is in {graph}.", err=True)


def _plain(whole: Theory, edges: Sequence[TheoryEdge], claim: str | None) -> object:
    claims = [c for c in whole.claims.values() if claim in (None, c.id)]
    own = ("label", "mechanisms", "outruns_its_evidence")
    return {
        "claims": [{**plain(c), "outruns_its_evidence": c.outruns_its_evidence} for c in claims],
        "edges": [{**plain(e), **{name: plain(getattr(e, name)) for name in own}} for e in edges],
    }


def _list(whole: Theory, edges: Sequence[TheoryEdge], claim: str | None) -> None:
    if claim is not None:
        one = whole.claims[claim]
        mark = ". It says more than is known" if one.outruns_its_evidence else ""
        sentences([f"{one.id}: {one.says}. Needs {', '.join(one.needs)}{mark}."], indent="")
        click.echo()
    for e in edges:
        click.echo(e.label)
        sentences([_line(e)])
    click.echo()
    places = ", ".join(f"{sum(e.place is p for e in edges)} {p.value}" for p in EdgeLocation)
    count = f"{len(edges)} edge{'s' if len(edges) != 1 else ''}"
    click.echo(f"{count}: {places}. Every one is a hypothesis. ! marks claims that say more than is known.")


def _line(e: TheoryEdge) -> str:
    parts = [e.sign.replace("-", "−"), e.level.value, "" if e.lag is Lag.NONE else e.lag.value, e.form.value]
    prior = f"prior {figure(e.prior.mean, 2)} (SD {figure(e.prior.sd, 2)})" if e.prior else "no prior"
    claims = " ".join(e.claims) + (" !" if e.outruns_its_evidence else "")
    said = (
        ", ".join(part.replace("_", " ") for part in parts if part),
        e.location_label,
        f"{prior}, {e.grade.value}",
        claims,
    )
    return "; ".join(said)
