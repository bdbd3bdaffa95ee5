"""A lag of one week: the plain model where both columns are asked often, `ct_sparse` elsewhere."""

from __future__ import annotations

import numpy as np

from securebase.model.theory import TheoryEdge
from securebase.study.detrending import Detrending
from securebase.study.edges.columns import EdgeTable, require_change, require_clients, require_no_copy
from securebase.study.edges.result import EdgeEstimate, NotEstimableError
from securebase.study.edges.same_session import deviations
from securebase.study.estimator import LagStep, Link
from securebase.study.estimators.ct_sparse import (
    MAX_SHIFT,
    MIN_RATINGS,
    PERSISTENCE_SHIFT,
    SparseEstimate,
    asked_often,
    estimate_plain,
    estimate_sparse,
    missing_data,
)
from securebase.study.phrases import number

#: clients with `MIN_RATINGS` ratings of two columns that are asked often
MIN_CLIENTS = 60
#: standard error beyond which an interval covers most effects that are possible. A judgement.
MAX_ERROR = 0.5
_SCALE = "SDs of the state after one week, per SD"


def estimate_lag(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate:
    """Estimate the effect after one week between these two columns alone, over clients who have both.

    A plain fit that does not end regularly is repeated as `ct_sparse`. Raises NotEstimableError if the ratings are too
    few, the interval is too wide, or the estimate depends on the prior.
    """
    link = Link(data.column(edge.from_construct), data.column(edge.to_construct), LagStep.NEXT_SESSION)
    columns = link.earlier, link.later
    both = np.array([data.counts(name) for name in columns]).min(axis=0) > 0
    rows = data.rows.select(both[data.rows.person])
    require_change(rows, columns)
    require_no_copy(columns, *deviations(rows, columns, Detrending.DETRENDED)[:2])
    failed = ""
    if all(asked_often(rows, name) for name in columns):
        require_clients(data, columns, MIN_RATINGS, MIN_CLIENTS)
        plain = estimate_plain(rows, link, data.days_per_unit)
        if plain is not None and plain.standard_error <= MAX_ERROR:
            return _result("lag", link, plain)
        failed = f"The model of “{link.earlier}” and “{link.later}” has no usable fit to these data alone. "
    if reason := missing_data(rows, link, data.days_per_unit):
        raise NotEstimableError(failed + reason)
    sparse = estimate_sparse(rows, link, data.days_per_unit)
    if sparse is None:
        raise NotEstimableError(
            f"The model of “{link.earlier}” and “{link.later}” did not converge to a usable solution."
        )
    if sparse.standard_error > MAX_ERROR:
        raise NotEstimableError(
            f"The standard error is more than {MAX_ERROR:g}: the ratings do not separate an effect of "
            f"“{link.earlier}” on “{link.later}” from other causes of its course."
        )
    if sparse.shift is None or sparse.rests_on_prior:
        raise NotEstimableError(
            f"The estimate depends on the prior: it moves by more than {MAX_SHIFT:g} standard errors when the prior "
            f"mean of persistence is {PERSISTENCE_SHIFT:g} lower or higher. More ratings of “{link.earlier}” and "
            f"“{link.later}” per client would settle it."
        )
    return _result("ct_sparse", link, sparse, f"{number(sparse.shift)} SE with the prior")


def _result(method: str, link: Link, lag: SparseEstimate, remark: str = "") -> EdgeEstimate:
    return EdgeEstimate(
        method,
        (link.earlier, link.later),
        lag.estimate,
        *lag.interval,
        lag.p_value,
        lag.n_persons,
        lag.n_values,
        "ratings",
        _SCALE,
        remark,
    )
