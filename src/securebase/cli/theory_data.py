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
    estimates_as_plain,
    interval,
    method_heading,
    multiplicity,
    what_to_expect,
)
from securebase.study.edges.reading import read_edge_table
from securebase.study.edges.result import EdgeResult, TheoryEstimates
from securebase.study.phrases import p_value


def estimate_and_print(table: Path, edges: Sequence[TheoryEdge], json_out: str | None) -> None:
    """Estimate the edges that this table can; print them, or write JSON to a file or (“-”) to stdout."""
    data = read_edge_table(table, edges)
    with progress_bar("Estimating the edges") as show:
        estimates = estimate_edges(data, edges, show)
    if json_out is not None:
        write_json(estimates_as_plain(estimates, table.name), None if json_out == "-" else Path(json_out))
    if json_out != "-":
        _print(estimates)


def _print(estimates: TheoryEstimates) -> None:
    print_sentences([what_to_expect(estimates.n_clients)], indent="")
    groups: dict[str, list[EdgeResult]] = {}
    for result in estimates.estimated:
        if result.estimate is not None:
            groups.setdefault(method_heading(result.estimate.method, result.estimate.scale), []).append(result)
    for heading, results in groups.items():
        print_heading(heading)
        head = ("", "estimate (95% interval)", "p", "adjusted", "clients", "values", "reading", "remark")
        print_table(head, [row for result in results for row in _rows(result)])
    if estimates.without:
        print_heading("Cannot say")
        for result in estimates.without:
            print_sentences([f"{_label(result)}. {result.reason}"])
    click.echo()
    print_sentences([multiplicity(estimates), LEGEND], indent="")


def _rows(result: EdgeResult) -> list[tuple[str, ...]]:
    estimate = result.estimate
    if estimate is None or result.p_adjusted is None:
        return []
    p, adjusted = (p_value(p).removeprefix("p ").removeprefix("= ") for p in (estimate.p_value, result.p_adjusted))
    values = f"{estimate.n_values:,} {estimate.counted}"
    return [
        (
            _label(result),
            interval(estimate),
            p,
            adjusted,
            str(estimate.n_clients),
            values,
            result.reading,
            estimate.remark,
        )
    ]


def _label(result: EdgeResult) -> str:
    return f"{result.edge.label} ({result.edge.sign.replace('-', '−')})"
