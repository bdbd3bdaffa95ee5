"""Output of `securebase theory --data`: the estimates by method, and the reasons of the edges without one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from securebase.cli.output import print_heading, print_sentences, print_table, progress_bar, write_json
from securebase.model.theory import TheoryEdge
from securebase.study.edges.estimates import estimate_edges
from securebase.study.edges.phrases import (
    LEGEND,
    by_method,
    by_reason,
    estimates_as_plain,
    interval,
    multiplicity,
    what_to_expect,
)
from securebase.study.edges.reading import read_edge_table
from securebase.study.edges.result import EdgeEstimate, EdgeResult, TheoryEstimates
from securebase.study.phrases import p_value


def estimate_table(table: Path, edges: Sequence[TheoryEdge]) -> TheoryEstimates:
    """Estimate the edges that this table can."""
    data = read_edge_table(table, edges)
    if data.changed:
        click.echo(
            f"{table.name} has changed since its data dictionary was written: check that it still fits.", err=True
        )
    with progress_bar("Estimating the edges") as show:
        return estimate_edges(data, edges, show)


def print_estimates(estimates: TheoryEstimates, table: Path, json_out: str | None) -> None:
    """Print the estimates, or write JSON to a file or (“-”) to stdout."""
    if json_out is not None:
        write_json(estimates_as_plain(estimates, table.name), None if json_out == "-" else Path(json_out))
    if json_out != "-":
        _print(estimates)


def _print(estimates: TheoryEstimates) -> None:
    print_sentences([what_to_expect(estimates.n_clients, simulated=estimates.simulated)], indent="")
    for heading, results in by_method(estimates):
        print_heading(heading)
        rows = [_row(result.estimate, result) for result in results if result.estimate is not None]
        head = ("", "estimate (95% interval)", "p", "adjusted", "clients", "values", "reading", "remark")
        shown = len(head) if any(row[-1] for row in rows) else len(head) - 1
        print_table(head[:shown], [row[:shown] for row in rows])
    if estimates.with_reason:
        has_association = any(result.estimate is not None for result in estimates.with_reason)
        print_heading(
            "No estimate (some of these lags have an association within the session above)"
            if has_association
            else "No estimate"
        )
        for reason, results in by_reason(estimates):
            print_sentences([f"{'; '.join(map(_label, results))}. {reason}"])
    click.echo()
    print_sentences([multiplicity(estimates), LEGEND], indent="")


def _row(estimate: EdgeEstimate, result: EdgeResult) -> tuple[str, ...]:
    p, adjusted = (
        "–" if p is None else p_value(p).removeprefix("p ").removeprefix("= ")
        for p in (estimate.p_value, result.p_adjusted)
    )
    values = f"{estimate.n_values:,} {estimate.counted}"
    clients = str(estimate.n_clients)
    return _label(result), interval(estimate), p, adjusted, clients, values, result.reading, estimate.remark


def _label(result: EdgeResult) -> str:
    return f"{result.edge.label} ({result.edge.sign.replace('-', '−')})"
