"""Change from start to end: beside the change (or the events) of another column, or between arms."""

from __future__ import annotations

import numpy as np

from securebase.model.distributions import t_quantile, t_tail
from securebase.model.theory import TheoryEdge, label_of
from securebase.study.detrending import Array
from securebase.study.edges.columns import EVENTS, EdgeTable, require_no_copy
from securebase.study.edges.events import happenings
from securebase.study.edges.result import EdgeEstimate, NotAskedError, NotEstimableError

#: clients with a first and a last value; clients in each arm
MIN_CLIENTS, MIN_IN_ARM = 100, 60
#: column, 1 or 0 for each client, that says who had therapy
ARM = "therapy"


def estimate_change(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate:
    """Correlate the change of a column with that of another, or with the number of events in the course.

    Both are adjusted for the times between first and last values: in longer courses all columns change further, and
    more events happen. Raises NotEstimableError below `MIN_CLIENTS` with a first and a last value.
    """
    first, second = data.column(edge.from_construct), data.column(edge.to_construct)
    y = changes(data, second)
    times = [changes(data, second, data.rows.times)]
    if edge.from_construct in EVENTS:
        happened = happenings(data, first)
        known = np.isfinite(happened)
        x = np.full(data.rows.n_persons, np.nan)
        x[data.rows.person[known]] = 0.0
        np.add.at(x, data.rows.person[known], happened[known])
    else:
        x = changes(data, first)
        times.append(changes(data, first, data.rows.times))
    both = np.isfinite(x) & np.isfinite(y)
    n = int(both.sum())
    if n < MIN_CLIENTS:
        raise NotEstimableError(
            f"{n} clients have a first and a last value of “{second}”; {MIN_CLIENTS} are needed "
            f"({MIN_CLIENTS - n} more)."
        )
    k = len(times)
    design = np.column_stack([np.ones(n), *(t[both] for t in times)])
    rest_x, rest_y = (v[both] - design @ np.linalg.lstsq(design, v[both], rcond=None)[0] for v in (x, y))
    if any(np.std(rest) <= 1e-9 * np.abs(v[both]).max() for rest, v in ((rest_x, x), (rest_y, y))):
        raise NotEstimableError(f"“{first}” or the change of “{second}” is the same for every client, given the times.")
    require_no_copy((first, second), rest_x, rest_y)
    r = float(np.corrcoef(rest_x, rest_y)[0, 1])
    error = float(np.sqrt((1 - r**2) / (n - 2 - k)))
    # Fisher's z: arctanh(r) of a partial correlation is about normal with standard error 1 / √(n − 3 − k)
    z, half_width = np.arctanh(r), 1.96 / np.sqrt(n - 3 - k)
    return EdgeEstimate(
        "change_scores",
        (first, second),
        r,
        float(np.tanh(z - half_width)),
        float(np.tanh(z + half_width)),
        float(2 * t_tail(abs(r) / error, n - 2 - k)),
        n,
        n,
        "clients",
        "correlation with the change from first to last value, adjusted for time (low power, not corrected for error)",
    )


def estimate_arms(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate:
    """Compare the change of a column between clients with and without therapy, by Welch's t.

    Raises NotEstimableError unless each arm has `MIN_IN_ARM` clients with a first and a last value.
    """
    if ARM not in data.rows.values:
        raise NotAskedError(
            f"Needs clients without {label_of(edge.from_construct).lower()}: the table has no column “{ARM}” (1 or 0)."
        )
    arm = np.full(data.rows.n_persons, np.nan)
    known = np.isfinite(data.values(ARM))
    arm[data.rows.person[known]] = data.values(ARM)[known]
    if changed := len(np.unique(data.rows.person[known & (data.values(ARM) != arm[data.rows.person])])):
        raise NotEstimableError(f"“{ARM}” changes within {changed} of the clients; it must have one value per client.")
    column = data.column(edge.to_construct)
    y = changes(data, column)
    groups = [y[np.isfinite(y) & (arm == value)] for value in (1.0, 0.0)]
    fewest = min(len(group) for group in groups)
    if fewest < MIN_IN_ARM:
        raise NotEstimableError(
            f"{len(groups[0])} clients with and {len(groups[1])} without therapy have a first and a last value of "
            f"“{column}”; {MIN_IN_ARM} in each arm are needed ({MIN_IN_ARM - fewest} more)."
        )
    with_therapy, without = groups
    variances = np.array([g.var(ddof=1) / len(g) for g in groups])
    sizes = np.array([len(g) for g in groups])
    sd = float(np.sqrt(np.mean([g.var(ddof=1) for g in groups])))
    if not sd > 0:
        raise NotEstimableError(f"The change of “{column}” is the same for every client of an arm.")
    difference, error = float(with_therapy.mean() - without.mean()), float(np.sqrt(variances.sum()))
    df = float(variances.sum() ** 2 / (variances**2 / (sizes - 1)).sum())
    half_width = t_quantile(0.975, df) * error
    return EdgeEstimate(
        "arms",
        (ARM, column),
        difference / sd,
        (difference - half_width) / sd,
        (difference + half_width) / sd,
        float(2 * t_tail(abs(difference) / error, df)),
        int(sizes.sum()),
        int(sizes.sum()),
        "clients",
        "difference of the change between arms, in SDs of change (an effect only if arms were randomised)",
    )


def changes(data: EdgeTable, column: str, measured: Array | None = None) -> Array:
    """Return last minus first value of each client (persons,), NaN with fewer than two values.

    measured: (rows,), whose change between the rows of these two values is returned in place of the column’s.
    """
    rows = np.flatnonzero(np.isfinite(data.values(column)))
    person, values = data.rows.person[rows], (data.values(column) if measured is None else measured)[rows]
    change = np.full(data.rows.n_persons, np.nan)
    present, first = np.unique(person, return_index=True)
    last = np.append(first[1:], len(person)) - 1
    several = last > first
    change[present[several]] = (values[last] - values[first])[several]
    return change
