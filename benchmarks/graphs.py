"""Rival graphs compared by held-out prediction: which are excluded how often, in scenarios and in known truths."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.page import Part, seconds, table
from benchmarks.stored import as_text, replications
from securebase.model.observations import panel
from securebase.model.panel import Panel
from securebase.model.simulate import simulate
from securebase.records.cohort import Cohort
from securebase.records.episode import EpisodeRecord
from securebase.study.questions.graphs import Graph, RivalGraphs, graph_edges
from securebase.study.questions.question import QuestionData
from securebase.study.table import session_table
from truths.catalogue import TRUTHS, draw_cohort

REPLICATIONS = 30
#: largest share of tables that may exclude a graph that holds
LARGEST = 0.05
OUTCOME, PROCESS = "symptoms", "alliance"
#: graph → its name in the table
GRAPHS = {
    Graph.BOTH: "both",
    Graph.FORWARD: "alliance first",
    Graph.BACKWARD: "symptoms first",
    Graph.NEITHER: "common cause",
}


@dataclass(frozen=True, slots=True)
class GraphCell:
    """Tables of a scenario, or of a truth. true: the smallest graph with all edges that act."""

    source: str
    persons: int
    true: Graph


CELLS = (
    GraphCell("common_cause_only", 60, Graph.NEITHER),
    GraphCell("common_cause_only", 240, Graph.NEITHER),
    GraphCell("alliance_sufficient", 60, Graph.BOTH),
    GraphCell("alliance_sufficient", 240, Graph.BOTH),
    GraphCell("same_week_factor", 240, Graph.NEITHER),
)


@dataclass(frozen=True, slots=True)
class GraphRate:
    """Shares of tables: that exclude each graph by prediction, contradict it by likelihood ratio, exclude a true one.

    A graph is true if it has all edges that act. predicted: tables in which all graphs were compared by prediction.
    """

    source: str
    persons: int
    true: str
    replications: int
    predicted: int
    excluded: dict[str, float]
    contradicted: dict[str, float]
    false: float
    seconds: float


def question_data(cell: GraphCell, seed: int) -> QuestionData:
    """Draw a table."""
    if cell.source not in TRUTHS:
        cohort = simulate(cell.source, n_clients=cell.persons, rng=np.random.default_rng(seed))
        rows = panel(cohort, (OUTCOME, PROCESS))
        return QuestionData(cohort, rows.persons, session_table(cohort, rows), rows, OUTCOME, (PROCESS,), {})
    columns = draw_cohort(TRUTHS[cell.source], cell.persons, seed)
    values = np.stack([columns[OUTCOME], columns[PROCESS]], axis=-1)
    n, sessions, _ = values.shape
    persons = tuple(str(i) for i in range(n))
    cohort = Cohort(tuple(EpisodeRecord(name) for name in persons), (), OUTCOME, (PROCESS,))
    rows = Panel(
        persons,
        (OUTCOME, PROCESS),
        np.arange(n + 1) * sessions,
        np.tile(np.arange(sessions, dtype=float), n),
        values.reshape(n * sessions, 2),
        np.tile(np.arange(1, sessions + 1), n),
    )
    return QuestionData(cohort, persons, session_table(cohort, rows), rows, OUTCOME, (PROCESS,), {})


def _compare(position: int, replication: int) -> dict[str, Any]:
    cell = CELLS[position]
    data = question_data(cell, replication)
    begin = time.process_time()
    answer = RivalGraphs().answer(data)
    used = time.process_time() - begin
    acting = set(graph_edges((PROCESS,), OUTCOME)[cell.true])
    return {
        "predicted": answer.n_persons > 0,
        "excluded": [graph.value for graph in answer.excluded],
        "contradicted": [graph.value for graph in answer.contradicted],
        "false": any(acting <= set(row.edges) for row in answer.graphs if row.graph in answer.excluded),
        "seconds": used,
    }


def measure() -> list[GraphRate]:
    rates = []
    for position, cell in enumerate(CELLS):
        results = replications(
            "graphs",
            partial(_compare, position),
            REPLICATIONS,
            depends_on=as_text({"cell": repr(cell), "position": position}),
            modules=("benchmarks.graphs",),
        )
        shares = {
            name: {graph.value: float(np.mean([graph.value in row[name] for row in results])) for graph in GRAPHS}
            for name in ("excluded", "contradicted")
        }
        rates.append(
            GraphRate(
                cell.source,
                cell.persons,
                cell.true.value,
                len(results),
                sum(row["predicted"] for row in results),
                shares["excluded"],
                shares["contradicted"],
                float(np.mean([row["false"] for row in results])),
                float(np.median([row["seconds"] for row in results])),
            )
        )
    return rates


def section(results: list[GraphRate]) -> list[str]:
    return [
        "## Rival graphs",
        "",
        f"`study --graphs` on {REPLICATIONS} simulated tables of symptoms and alliance in 16 sessions: scenarios, and "
        "truths of the independent simulator ([what a study concludes](conclusions.md)). Excluded: share of tables in "
        "which prediction of held-out sessions excludes a graph. Likelihood ratio: share in which it contradicts the "
        "common cause (p < .05). False: share of tables that exclude a graph with all edges that act. Seconds: median "
        "processor time of an answer. Repeat with `python -m benchmarks graphs`.",
        "",
        *table(
            [
                "tables",
                "clients",
                "smallest true graph",
                *(f"excluded: {GRAPHS[g]}" for g in GRAPHS),
                "likelihood ratio",
                "false",
                "seconds",
            ],
            [
                (
                    f"`{r.source}`",
                    r.persons,
                    GRAPHS[Graph(r.true)],
                    *(f"{r.excluded[graph.value]:.0%}" for graph in GRAPHS),
                    f"{r.contradicted[Graph.NEITHER.value]:.0%}",
                    f"{r.false:.0%}",
                    seconds(r.seconds),
                )
                for r in results
            ],
            "lrl",
        ),
        "",
    ]


#: tables with a hidden cause that none of the graphs has
HIDDEN_CAUSE = "same_week_factor"


def limit(result: GraphRate) -> float:
    """Return the share that chance alone exceeds in one of forty cells if the true one is `LARGEST`."""
    return LARGEST + 1.96 * float(np.sqrt(LARGEST * (1 - LARGEST) / result.replications))


def highlights(results: list[GraphRate]) -> list[str]:
    modelled = [r for r in results if r.source != HIDDEN_CAUSE]
    above = [f"`{r.source}`" for r in modelled if r.false > limit(r)]
    met = "met" if not above else f"**not met** in {', '.join(above)}"
    common = {(r.source, r.persons): r for r in results}
    few, many, hidden = (
        common[key] for key in (("alliance_sufficient", 60), ("alliance_sufficient", 240), (HIDDEN_CAUSE, 240))
    )
    neither = Graph.NEITHER.value
    worst = max(r.false for r in modelled)
    return [
        f"**Rival graphs.** A graph with all edges that act is excluded in at most {worst:.0%} of tables; the target "
        f"is {LARGEST:.0%}, apart from chance: {met}. Where the alliance acts, prediction excludes the common cause in "
        f"{few.excluded[neither]:.0%} of tables of 60 clients and in {many.excluded[neither]:.0%} of 240; the "
        f"likelihood ratio contradicts it in {few.contradicted[neither]:.0%} and {many.contradicted[neither]:.0%}. "
        "Where a hidden factor with a pace of its own acts, which no graph has, prediction excludes the common cause "
        f"in {hidden.excluded[neither]:.0%} (likelihood ratio: {hidden.contradicted[neither]:.0%})."
    ]


PART = Part("graphs", GraphRate, measure, section, highlights=highlights)
