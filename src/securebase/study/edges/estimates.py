"""Estimate every edge of the theory that a table can, and say why the others have no estimate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from securebase.errors import InputError, ModelError
from securebase.model.theory import TheoryEdge
from securebase.study.edges.change import estimate_arms, estimate_change
from securebase.study.edges.columns import EdgeTable
from securebase.study.edges.events import estimate_events
from securebase.study.edges.lags import estimate_lag
from securebase.study.edges.levels import estimate_levels
from securebase.study.edges.moderation import estimate_product
from securebase.study.edges.result import EdgeEstimate, EdgeResult, NotAskedError, NotEstimableError, TheoryEstimates
from securebase.study.edges.same_session import estimate_same_session
from securebase.study.edges.stories import estimate_stories
from securebase.study.verdicts.rule import holm

Progress = Callable[[int, int], None]

#: key of STUDY_METHODS → estimator. A lag is estimated as its columns are asked in this table.
ESTIMATORS: Mapping[str, Callable[[EdgeTable, TheoryEdge], EdgeEstimate]] = {
    "lag": estimate_lag,
    "ct_sparse": estimate_lag,
    "same_session": estimate_same_session,
    "moderation": estimate_product,
    "curvature": estimate_product,
    "levels": estimate_levels,
    "events": estimate_events,
    "change_scores": estimate_change,
    "arms": estimate_arms,
    "stories": estimate_stories,
}


def estimate_edges(
    data: EdgeTable, edges: Sequence[TheoryEdge], progress: Progress = lambda _done, _total: None
) -> TheoryEstimates:
    """Estimate these edges one after the other; p values are adjusted over all estimates by Holm.

    Edges without an estimator (`TheoryEdge.study_method`) are left out. progress: called with edges done and all.
    """
    estimable = [edge for edge in edges if edge.study_method]
    results = []
    for done, edge in enumerate(estimable):
        progress(done, len(estimable))
        results.append(_estimate(data, edge))
    adjusted = iter(holm([r.estimate.p_value for r in results if r.estimate is not None]))
    return TheoryEstimates(
        data.rows.n_persons,
        data.rows.n_rows,
        tuple(r if r.estimate is None else replace(r, p_adjusted=next(adjusted)) for r in results),
        data.dictionary.simulated,
    )


def _estimate_together(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate | None:
    """Return the association within the session of a lag that has no estimate: the rung below it."""
    if edge.study_method not in {"lag", "ct_sparse"}:
        return None
    try:
        return estimate_same_session(data, edge)
    except NotEstimableError:
        return None


def _estimate(data: EdgeTable, edge: TheoryEdge) -> EdgeResult:
    try:
        return EdgeResult(edge, ESTIMATORS[edge.study_method](data, edge))
    except NotAskedError as error:
        return EdgeResult(edge, None, str(error), asked=False)
    except NotEstimableError as error:
        return EdgeResult(edge, _estimate_together(data, edge), str(error))
    except (InputError, ModelError) as error:
        return EdgeResult(edge, None, f"The estimate failed: {error}")
    except np.linalg.LinAlgError:
        return EdgeResult(edge, None, "The estimate failed: two columns may be nearly identical.")
