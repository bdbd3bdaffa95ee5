"""Rival models compared by prediction: the future is left out (Bürkner, Gabry & Vehtari 2020).

With θ̂ from the first k occasions of every person, person i contributes

    log p(occasions k + 1 … k′ of i | occasions 1 … k of i, θ̂),

summed over a few k. The differences between two models over the same persons have a sum and a standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise, permutations
from math import ceil
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.fit import Fit, fit
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.specification import Specification
from securebase.study.estimator import Array
from securebase.study.questions.question import AnswerInterval
from securebase.study.questions.simultaneous import draw_largest_t

Edges = tuple[tuple[str, str], ...]
Key = TypeVar("Key", bound=str)

#: shares of the usual number of occasions after which the next ones are predicted, and the fewest to fit a model to
_CUTS, _MIN_OCCASIONS = (0.5, 0.75), 3
#: starting points of a fit whose first one leads nowhere
_STARTS = 4
#: normal quantile of power .80, and a sample beyond which none is named
_POWER_QUANTILE, _MAX_SAMPLE = 0.84, 100_000


@dataclass(frozen=True, slots=True)
class GraphPrediction:
    """Log predictive density of held-out occasions, summed over persons, less that of the best predicting graph.

    difference: with an interval that holds together with those of all pairs of graphs; None for the best one.
    excluded_by: the graph with an edge that this one lacks that predicts better, if that interval excludes 0.
    would_exclude: persons with whom it would be excluded with power .80 if the difference is as estimated.
    """

    difference: AnswerInterval | None
    excluded_by: str | None
    would_exclude: int | None


def fit_or_reason(panel: Panel, specification: Specification) -> Fit | str:
    """Return the fit, from several starting points if the usual one fails, or in words why there is none."""
    try:
        fitted = fit(panel, specification)
        if not fitted.ended_regularly:
            fitted = fit(panel, specification, starts=_STARTS, rng=np.random.default_rng(1))
    except (ModelError, np.linalg.LinAlgError) as error:
        return str(error)
    if fitted.log_likelihood is None or not fitted.ended_regularly or fitted.instability:
        return fitted.instability or f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}"
    return fitted


def predict_held_out(
    panel: Panel, graphs: Mapping[Key, Specification], progress: Callable[[str], None]
) -> tuple[dict[Key, Array], int]:
    """Return the log density of later occasions of each person that has any, and the number of these scores.

    A cut at which some graph cannot be fitted is left out for all of them. Clients of one therapist count as
    independent: given a therapist level, single clients have no density of their own.
    """
    occasion = occasion_numbers(panel)
    usual = float(np.median(occasion[panel.starts[1:] - 1] + 1))
    cuts = sorted({k for share in _CUTS if _MIN_OCCASIONS <= (k := round(share * usual)) < usual})
    total = {graph: np.zeros(panel.n_persons) for graph in graphs}
    scores = np.zeros(panel.n_persons, dtype=np.int64)
    for cut, until in pairwise([*cuts, int(occasion.max()) + 1]):
        known, more = first_occasions(panel, occasion, cut), first_occasions(panel, occasion, until)
        densities: dict[Key, Array] = {}
        for graph, specification in graphs.items():
            progress(f"Predicting occasions after {cut} with rival graphs, {len(densities) + 1} of {len(graphs)}")
            alone = replace(specification, therapists=False)
            fitted = fit_or_reason(known, alone)
            if isinstance(fitted, str) or fitted.parameters is None:
                break
            densities[graph] = Likelihood(more, alone).per_person(fitted.parameters) - Likelihood(
                known, alone
            ).per_person(fitted.parameters)
        if len(densities) == len(graphs):
            total = {graph: total[graph] + densities[graph] for graph in graphs}
            scores += _scores_of_persons(more) - _scores_of_persons(known)
    present = scores > 0
    return {graph: density[present] for graph, density in total.items()}, int(scores.sum())


def occasion_numbers(panel: Panel) -> NDArray[np.int64]:
    """Return the number of each row's occasion in its person, from 0; rows of one session are one occasion."""
    person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))
    begins = np.ones(len(person), dtype=bool)
    begins[1:] = (person[1:] != person[:-1]) | (panel.wave[1:] < 0) | (panel.wave[1:] != panel.wave[:-1])
    count = np.cumsum(begins) - 1
    result: NDArray[np.int64] = count - count[panel.starts[:-1]][person]
    return result


def first_occasions(panel: Panel, occasion: NDArray[np.int64], number_of_occasions: int) -> Panel:
    """Return the panel with the first occasions of every person."""
    rows = occasion < number_of_occasions
    lengths = np.add.reduceat(rows.astype(np.int64), panel.starts[:-1])
    return replace(
        panel,
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        times=panel.times[rows],
        scores=panel.scores[rows],
        wave=panel.wave[rows],
        inputs=None if panel.inputs is None else panel.inputs[rows],
    )


def _scores_of_persons(panel: Panel) -> NDArray[np.int64]:
    scores: NDArray[np.int64] = np.add.reduceat(np.isfinite(panel.scores).sum(axis=1), panel.starts[:-1])
    return scores


def compare_predictions(densities: Mapping[Key, Array], edges: Mapping[Key, Edges]) -> dict[Key, GraphPrediction]:
    """Return the differences to the best predicting graph, and which graphs another one excludes."""
    graphs = list(densities)
    n = len(densities[graphs[0]]) if graphs else 0
    if n < 2 or len(graphs) < 2:
        return {}
    differences = {(g, h): densities[h] - densities[g] for g, h in permutations(graphs, 2)}
    errors = {pair: float(d.std(ddof=1) * np.sqrt(n)) for pair, d in differences.items()}
    if not all(errors.values()):
        return {}
    once = [differences[g, h] for i, g in enumerate(graphs) for h in graphs[i + 1 :]]
    width = float(np.quantile(draw_largest_t(np.array([d - d.mean() for d in once]), n - 1), 0.95))
    best = max(graphs, key=lambda graph: float(densities[graph].sum()))
    predictions = {}
    for g in graphs:
        # a graph that holds all edges of another can predict whatever that one does
        t = {h: float(differences[g, h].sum()) / errors[g, h] for h in graphs if not set(edges[h]) <= set(edges[g])}
        rival = max(t, key=lambda h: t[h], default=None)
        largest = t[rival] if rival is not None else 0.0
        interval = None
        if g is not best:
            estimate, half_width = -float(differences[g, best].sum()), width * errors[g, best]
            interval = AnswerInterval(estimate, errors[g, best], estimate - half_width, estimate + half_width)
        persons = ceil(n * ((width + _POWER_QUANTILE) / largest) ** 2) if 0.0 < largest <= width else None
        if persons is not None and persons > _MAX_SAMPLE:
            persons = None
        predictions[g] = GraphPrediction(interval, rival if largest > width else None, persons)
    return predictions
