"""The rotation of rare questions: its loss of precision against asking everything, and the lags that a table detects.

Cohorts of the whole web, as `securebase simulate pillars --asked` writes them, read by `securebase theory --data`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import Part, table
from benchmarks.stored import as_text, replications
from securebase.exchange.data_dictionary import dictionary_path, format_dictionary
from securebase.exchange.simulated_table import build_simulated_table
from securebase.measurement.catalogue import instrument
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.measurement.rotation import ROTATION
from securebase.model.scenario import scenario
from securebase.model.simulate import draw_clients, tabulate
from securebase.model.simulate.play import switchable
from securebase.model.simulate.rotation import area_constructs
from securebase.model.simulate.table import AskedQuestions
from securebase.model.theory import EdgeLocation, TheoryEdge, theory
from securebase.study.edges.estimates import estimate_edges
from securebase.study.edges.reading import read_edge_table
from securebase.study.verdicts.rule import holm

COHORTS: Mapping[str, int] = {"everything": 7, "rotation": 10, "no edge": 20}
CLIENTS, MISSED = 200, 0.08
#: case → how the table is asked, and whether the edges of the web are switched off
CASES: Mapping[str, tuple[AskedQuestions, bool]] = {
    "everything": ("everything", False),
    "rotation": ("rotation", False),
    "no edge": ("rotation", True),
}
#: share of the lags that a rotation should detect, and that it may wrongly report
DETECTED, WRONG = 0.25, 0.05
LAGS = ("lag", "ct_sparse")
#: share of estimates from which on their spread is compared: fewer are a selection
_MOST = 0.5


@dataclass(frozen=True, slots=True)
class RotationLags:
    """Lags of the theory in tables of one case, between columns of one kind: means over edges and cohorts.

    estimated: share with an estimate of the lag. detected: of those, p < .05 with the sign of the theory; wrong: with
    the other sign, or with any where no edge exists; misread: the same after Holm's correction. sd: of the estimates of
    an edge over cohorts, root mean square. information: squared ratio of this SD without and with the rotation, of
    edges with three estimates in both. study_edges: edges that only studies estimate with an estimate, per table.
    """

    case: str
    kind: str
    edges: int
    cohorts: int
    estimated: float
    right_sign: float
    detected: float
    wrong: float
    misread: float
    sd: float
    information: float
    study_edges: float


def lag_edges() -> list[TheoryEdge]:
    return [edge for edge in theory().edges if edge.study_method in LAGS]


def simulate_and_estimate(case: str, cohort: int) -> dict[str, Any]:
    """Simulate one cohort and read every edge: id → method, estimate and p; and the columns that are rare."""
    asked, is_off = CASES[case]
    pillars = scenario("pillars")
    if is_off:
        pillars = replace(pillars, web=replace(pillars.web, off=tuple(switchable())))
    rng = np.random.default_rng([36, cohort])
    clients = draw_clients(pillars, n_clients=CLIENTS, rng=rng, missing=MISSED, dropout=0.0)
    written = build_simulated_table(tabulate(clients, asked).columns, made_on=date(2026, 1, 1))
    edges = lag_edges() if case != "rotation" else theory().select(place=EdgeLocation.STUDY) + tuple(lag_edges())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(written.csv)
        dictionary_path(path).write_text(format_dictionary(written.dictionary), "utf-8")
        results = estimate_edges(read_edge_table(path, edges), list(dict.fromkeys(edges))).results
    return {
        r.edge.id: [r.estimate.method, r.estimate.estimate, r.estimate.p_value, bool(r.reason)]
        for r in results
        if r.estimate is not None
    }


def kinds() -> dict[str, str]:
    """Return lag → how often a clinic asks for its ends; lags with an end that no check-in asks are left out."""
    columns = tabulate(
        draw_clients(scenario("pillars"), n_clients=30, rng=np.random.default_rng(1)), "rotation"
    ).columns
    rotating = {scale.construct for scale in instrument(ROTATION).scales}
    result = {}
    for edge in lag_edges():
        if set(edge.ends) <= columns.keys():
            rare = sum(end in rotating for end in edge.ends)
            kind = ("both weekly", "one rotates", "both rotate")[rare]
            result[edge.id] = "one problem area" if (area_constructs() - {"problem_severity"}) & {*edge.ends} else kind
    return result


def summarise(read: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[RotationLags]:
    """Return the rows of the table. read: case → result of `simulate_and_estimate` for each cohort."""
    signs = {edge.id: {"+": 1.0, "-": -1.0}.get(edge.sign, 0.0) for edge in lag_edges()}
    study = {edge.id for edge in theory().select(place=EdgeLocation.STUDY)}
    of_kind = kinds()
    fitted = {edge.id for edge in lag_edges() if {*edge.ends} <= {*TRACKED_CONSTRUCTS}}
    lags = {
        case: [{i: r for i, r in cohort.items() if i in of_kind and r[0] in LAGS} for cohort in cohorts]
        for case, cohorts in read.items()
    }
    spread = {case: _spreads(cohorts) for case, cohorts in lags.items()}
    rows = []
    for case, cohorts in lags.items():
        adjusted = [dict(zip(c, holm([r[2] for r in c.values()]), strict=True)) for c in read[case]]
        for kind in dict.fromkeys(of_kind.values()):
            # switching edges off leaves the drift of the fitted constructs among themselves
            edges = [i for i, k in of_kind.items() if k == kind and not (case == "no edge" and i in fitted)]
            shown = [
                (signs[i], r[1], r[2], p[i])
                for cohort, p in zip(cohorts, adjusted, strict=True)
                for i, r in cohort.items()
                if i in edges
            ]
            signed = np.array([s for s in shown if s[0]]).reshape(-1, 4)
            is_significant = signed[:, 2] < 0.05
            agrees = signed[:, 0] * signed[:, 1] > 0
            is_wrong = ~agrees | (case == "no edge")
            common = [i for i in edges if all(i in spread[c] for c in ("everything", case))]
            variances = {c: np.mean([spread[c][i] ** 2 for i in common]) for c in {"everything", case}}
            rows.append(
                RotationLags(
                    case,
                    kind,
                    len(edges),
                    len(cohorts),
                    len(shown) / (len(edges) * len(cohorts)),
                    float(agrees.mean()),
                    float((is_significant & agrees).mean()),
                    float((is_significant & is_wrong).mean()),
                    float(((signed[:, 3] < 0.05) & is_wrong).mean()),
                    float(np.sqrt(variances[case])),
                    float(variances["everything"] / variances[case]),
                    float(np.mean([sum(i in study for i in cohort) for cohort in read[case]])),
                )
            )
    return rows


def _spreads(cohorts: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return edge → SD of its estimates over cohorts, where at least three have one."""
    values: dict[str, list[float]] = {}
    for cohort in cohorts:
        for name, result in cohort.items():
            values.setdefault(name, []).append(result[1])
    return {name: float(np.std(v, ddof=1)) for name, v in values.items() if len(v) > 2}


def measure() -> list[RotationLags]:
    read = {
        case: replications(
            f"rotation-{case}".replace(" ", "_"),
            partial(simulate_and_estimate, case),
            COHORTS[case],
            depends_on=as_text({"case": case, "clients": CLIENTS, "missed": MISSED}),
        )
        for case in CASES
    }
    return summarise(read)


def section(results: list[RotationLags]) -> list[str]:
    names = {
        "everything": "every construct at every session, mean of two items",
        "rotation": "rotation, one item at a time",
        "no edge": "rotation, all edges switched off",
    }
    return [
        "## Rotation of rare questions",
        "",
        f"Simulated tables of the scenario `pillars` with {CLIENTS} clients, 16 sessions and {MISSED:.0%} of the "
        "check-ins missed, read by `securebase theory --data`. Rows are lags of the theory whose constructs the "
        "check-ins of a clinic ask: weekly (about one problem area: of a third of the clients), or in the rotation "
        "([decision 36](decisions/0036-rare-questions-rotate.md)). Estimated: share with an estimate of the lag. Right "
        "sign, detected (p < .05, right sign) and wrong (p < .05, wrong sign; without edges, any) are shares of the "
        "estimates. Misread: wrong, with the p value adjusted over all edges, as the command reads it. SD: of the "
        "estimates of a lag between tables. Information: share of that of asking everything, over lags with three "
        "estimates in both. One item of a rotation has the reliability of the mean of two when everything is asked, so "
        "this counts only that a rotation asks more rarely. A lag is that between two columns alone, so an estimate "
        "can differ from the size of its edge. Without edges, lags between two constructs of the fitted model are left "
        "out: their drift remains. Sizes of the edges are judgements, most of them .03 to .10. Few tables were "
        "simulated, because each takes 10 to 30 seconds. Repeat with `python -m benchmarks rotation`.",
        "",
        *table(
            [
                "asked",
                "columns",
                "lags",
                "tables",
                "estimated",
                "right sign",
                "detected",
                "wrong",
                "misread",
                "SD",
                "information",
            ],
            [
                (
                    names[r.case],
                    r.kind,
                    r.edges,
                    r.cohorts,
                    f"{r.estimated:.0%}",
                    "–" if r.case == "no edge" else f"{r.right_sign:.0%}",
                    "–" if r.case == "no edge" else f"{r.detected:.0%}",
                    f"{r.wrong:.1%}",
                    f"{r.misread:.1%}",
                    f"{r.sd:.3f}",
                    f"{r.information:.0%}" if r.case == "rotation" and r.estimated >= _MOST else "–",
                )
                for r in results
            ],
            "ll",
        ),
        "",
    ]


def detected_share(results: Sequence[RotationLags], case: str = "rotation") -> float:
    """Return the share of estimated lags that are detected, over all kinds."""
    return _over_kinds([(r.detected, r) for r in results if r.case == case])


def detected_rotating_share(results: Sequence[RotationLags]) -> float:
    """Return the share of estimated lags of a rotation with a rotating end that are detected."""
    return _over_kinds([(r.detected, r) for r in results if r.case == "rotation" and "rotate" in r.kind])


def wrong_share(results: Sequence[RotationLags], case: str = "rotation") -> float:
    """Return the share of estimated lags that are wrongly reported, over all kinds."""
    return _over_kinds([(r.wrong, r) for r in results if r.case == case])


def misread_share(results: Sequence[RotationLags], case: str) -> float:
    """Return the share of estimated lags that are wrongly reported after the correction for their number."""
    return _over_kinds([(r.misread, r) for r in results if r.case == case])


def _over_kinds(shares: Sequence[tuple[float, RotationLags]]) -> float:
    weights = [r.edges * r.estimated for _, r in shares]
    return float(np.average([share for share, _ in shares], weights=weights))


def highlights(results: list[RotationLags]) -> list[str]:
    detected, wrong, chance = detected_share(results), wrong_share(results), wrong_share(results, "no edge")
    met = "met" if chance <= WRONG else "**not met**"
    return [
        f"**Rotation.** With {CLIENTS} simulated clients, `theory --data` detects {detected:.0%} of the lags that it "
        f"estimates from a rotation ({detected_share(results, 'everything'):.0%} if everything were asked; target "
        f"{DETECTED:.0%}): mostly those of weekly columns, and {detected_rotating_share(results):.0%} of those with a "
        f"rotating one. {wrong:.1%} have the wrong sign. With all edges off, {chance:.1%} have p < .05 (target "
        f"at most {WRONG:.0%}: {met}); {misread_share(results, 'no edge'):.1%} differ from zero after the correction."
    ]


PART = Part("rotation", RotationLags, measure, section, highlights=highlights)
