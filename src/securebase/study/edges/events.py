"""Events: the value of a column at an event, and how often events follow a state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from securebase.model.distributions import t_quantile, t_tail
from securebase.model.theory import TheoryEdge
from securebase.study.detrending import Array, Detrending
from securebase.study.edges.columns import EVENTS, EdgeTable, require_change, require_no_copy
from securebase.study.edges.result import EdgeEstimate, NotEstimableError
from securebase.study.estimator import Indices, LagStep, Link, estimate_pairs, session_pairs

MIN_EVENTS, MIN_CLIENTS = 40, 30
_ROUNDS, _TOLERANCE = 50, 1e-10


def estimate_events(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate:
    """Estimate the deviation of a column at an event, or the rate of events after a state.

    Raises NotEstimableError below `MIN_EVENTS` in `MIN_CLIENTS`.
    """
    event_first = edge.from_construct in EVENTS
    event = data.column(edge.from_construct if event_first else edge.to_construct)
    state = data.column(edge.to_construct if event_first else edge.from_construct)
    happened = happenings(data, event)
    n_events, n_clients = int(np.nansum(happened)), len(np.unique(data.rows.person[happened == 1]))
    if n_events < MIN_EVENTS or n_clients < MIN_CLIENTS:
        raise NotEstimableError(
            f"“{event}” has {n_events} events in {n_clients} clients; {MIN_EVENTS} in {MIN_CLIENTS} are needed "
            f"({max(MIN_EVENTS - n_events, 0)} events and {max(MIN_CLIENTS - n_clients, 0)} clients more)."
        )
    require_change(data.rows, (state,))
    if event_first:
        return _value_at_event(data, event, state, happened)
    return _rate_after_state(data, state, event, happened)


def happenings(data: EdgeTable, event: str) -> Array:
    """Return 1 in rows with an event and 0 in others; NaN where a column that has zeros is blank: nobody recorded."""
    values = data.values(event)
    happened = (np.nan_to_num(values) > 0).astype(np.float64)
    return np.where(np.isnan(values), np.nan, happened) if (values == 0).any() else happened


def _value_at_event(data: EdgeTable, event: str, state: str, happened: Array) -> EdgeEstimate:
    """Return the difference between a session with the event and the person's other sessions, given the last value."""
    rows = replace(data.rows, values={**data.rows.values, event: happened})
    pairs = session_pairs(rows, Link(event, state, LagStep.SAME_SESSION), Detrending.CENTRED)
    regression = estimate_pairs(pairs, Detrending.CENTRED)
    if regression is None:
        raise NotEstimableError(f"“{state}” has too few values in consecutive sessions around the events.")
    require_no_copy((event, state), pairs.earlier, pairs.later)
    lag, sd = regression.lag, float(np.std(pairs.later, ddof=1))
    half_width = t_quantile(0.975, lag.n_persons - 1) * lag.raw_standard_error
    low, high = (lag.raw - half_width) / sd, (lag.raw + half_width) / sd
    return EdgeEstimate(
        "events",
        (event, state),
        lag.raw / sd,
        low,
        high,
        lag.p_value,
        lag.n_persons,
        # less the client's share of sessions with one, an event is above 0
        int((pairs.earlier > 0).sum()),
        "events",
        "SDs within persons in the session of the event, given the value of the session before",
    )


def _rate_after_state(data: EdgeTable, state: str, event: str, happened: Array) -> EdgeEstimate:
    """Return the log rate ratio per SD: Poisson regression on the last deviation and the person's mean."""
    first, second = data.rows.successive()
    values = data.values(state)
    observed = np.isfinite(values)
    count = np.maximum(np.bincount(data.rows.person[observed], minlength=data.rows.n_persons), 1)
    mean = np.bincount(data.rows.person[observed], weights=values[observed], minlength=data.rows.n_persons) / count
    deviation = (values - mean[data.rows.person])[first]
    usable = np.isfinite(deviation) & np.isfinite(happened[second])
    x, level = deviation[usable], mean[data.rows.person[second]][usable]
    X = np.column_stack([np.ones(len(x)), x / np.std(x), (level - level.mean()) / np.std(level)])
    person = data.rows.person[second][usable]
    beta, covariance = poisson(happened[second][usable], X, person)
    error, n = float(np.sqrt(covariance[1, 1])), len(np.unique(person))
    if not error > 0:
        raise NotEstimableError(f"“{event}” happens in every session.")
    half_width = t_quantile(0.975, n - 1) * error
    return EdgeEstimate(
        "events",
        (state, event),
        float(beta[1]),
        float(beta[1] - half_width),
        float(beta[1] + half_width),
        float(2 * t_tail(abs(beta[1]) / error, n - 1)),
        n,
        int(happened[second][usable].sum()),
        "events",
        "log rate ratio at the next session, per SD within persons",
        f"rate ratio {np.exp(beta[1]):.2f}",
    )


def poisson(y: Array, X: Array, cluster: Indices) -> tuple[Array, Array]:
    """Return the coefficients of a log-linear rate and their covariance, robust to dependence within clusters.

    Newton steps from a rate without predictors. Raises NotEstimableError if they do not converge.
    """
    beta = np.zeros(X.shape[1])
    beta[0] = np.log(max(y.mean(), 1e-12))
    for _ in range(_ROUNDS):
        rate = np.exp(np.clip(X @ beta, -30, 30))
        information = X.T @ (X * rate[:, None])
        step = np.linalg.solve(information, X.T @ (y - rate))
        beta = beta + step
        if np.abs(step).max() < _TOLERANCE:
            scores = np.zeros((int(cluster.max()) + 1, X.shape[1]))
            np.add.at(scores, cluster, X * (y - rate)[:, None])
            bread, n = np.linalg.inv(information), len(np.unique(cluster))
            return beta, bread @ (scores.T @ scores) @ bread * n / (n - 1)
    raise NotEstimableError("The rate of events could not be estimated: the iterations did not converge.")
