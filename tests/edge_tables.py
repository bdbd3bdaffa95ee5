"""Tables of sessions with a data dictionary, for tests of the theory's edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from securebase.exchange.data_dictionary import DataDictionary, TableColumn
from securebase.model.theory import EdgeLocation, TheoryEdge
from securebase.records.vocabulary import Moment, Respondent
from securebase.study.edges.columns import EdgeTable
from securebase.study.edges.phrases import READINGS
from securebase.study.edges.result import EdgeEstimate, EdgeResult, TheoryEstimates
from securebase.study.table import SessionTable


def column(name: str, construct: str = "", **given: object) -> TableColumn:
    """Return a column of a questionnaire that the client rates; with its own name as construct by default."""
    fields = {"clients": 1, "values": 1, "moment": Moment.AFTER, "respondent": Respondent.CLIENT} | given
    return TableColumn(name, name, "questionnaires", construct=construct or name, **fields)


def dictionary(*columns: TableColumn, clients: int = 1, rows: int = 1) -> DataDictionary:
    return DataDictionary(
        format="securebase-data-dictionary",
        version=1,
        person="client",
        time="session",
        time_unit="session",
        therapist="",
        made_on="2026-11-30",
        software="test",
        fingerprint="0",
        simulated=True,
        clients=clients,
        rows=rows,
        smallest_cell=5,
        columns=columns,
    )


def edge_table(values: Mapping[str, np.ndarray], **constructs: str) -> EdgeTable:
    """Return a table from (persons, sessions) arrays; constructs: column → construct, its own name by default."""
    persons, sessions = next(iter(values.values())).shape
    rows = SessionTable(
        persons,
        np.repeat(np.arange(persons), sessions),
        np.tile(np.arange(float(sessions)), persons),
        {name: np.asarray(v, dtype=float).ravel() for name, v in values.items()},
        dict.fromkeys(values, Moment.AFTER),
        "session",
    )
    columns = [
        column(
            name,
            constructs.get(name, name),
            clients=int(np.isfinite(v).any(axis=1).sum()),
            values=int(np.isfinite(v).sum()),
        )
        for name, v in values.items()
    ]
    return EdgeTable(rows, dictionary(*columns, clients=persons, rows=persons * sessions))


def edge(from_construct: str, to_construct: str, **given: object) -> TheoryEdge:
    """Return an edge of a study that is on no shelf."""
    fields = {"claims": ("S1",), "sign": "+", "place": EdgeLocation.STUDY, "about": "A test."} | given
    return TheoryEdge(f"{from_construct}_{to_construct}", from_construct, to_construct, **fields)


def estimate_of(value: float, method: str = "lag") -> EdgeEstimate:
    """Return an estimate with an interval of ±.10 around `value`."""
    columns = ("x", "y")
    return EdgeEstimate(method, columns, value, value - 0.1, value + 0.1, 0.001, 80, 900, "ratings", "SDs after a week")


def every_reading(edges: Sequence[TheoryEdge], sizes: Sequence[float] = (0.05, 0.2, 0.5)) -> TheoryEstimates:
    """Return results with every reading in turn, and in each the sizes in turn; edges without a method have none."""
    estimable = [e for e in edges if e.study_method]
    results = (_result(e, sizes[n // len(READINGS) % len(sizes)], n) for n, e in enumerate(estimable))
    return TheoryEstimates(80, 900, tuple(results))


def _result(edge: TheoryEdge, size: float, n: int) -> EdgeResult:
    if edge.sign not in "+-":
        return EdgeResult(edge, estimate_of(size), p_adjusted=0.01)
    stated = size if edge.sign == "+" else -size
    match list(READINGS)[n % len(READINGS)]:
        case "as stated":
            return EdgeResult(edge, estimate_of(stated), p_adjusted=0.01)
        case "together":
            return EdgeResult(edge, estimate_of(stated, "same_session"), "Asked too rarely.", p_adjusted=0.01)
        case "opposite":
            return EdgeResult(edge, estimate_of(-stated), p_adjusted=0.01)
        case "no estimate":
            return EdgeResult(edge, None, "Asked too rarely.")
        case "not asked":
            return EdgeResult(edge, None, "The table has no column for it.", asked=False)
        case _:
            return EdgeResult(edge, estimate_of(stated), p_adjusted=0.9)
