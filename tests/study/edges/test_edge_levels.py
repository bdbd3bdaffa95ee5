"""Correlation of usual levels: equal to a slow version, near a known truth, and honest about too few ratings."""

import numpy as np
import pytest

from edge_tables import edge, edge_table
from securebase.study.edges.levels import estimate_levels
from securebase.study.edges.result import NotEstimableError

EDGE = edge("x", "y", by="levels")


def rated(seed, *, persons=150, sessions=8, r=0.4, ratings=(8, 2)):
    """Draw levels that correlate by r, states that correlate by .5, a common course, and some of the sessions."""
    rng = np.random.default_rng(seed)
    levels = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], persons)
    states = rng.multivariate_normal([0, 0], [[0.8, 0.4], [0.4, 0.8]], (persons, sessions))
    columns = {}
    for k, (name, n) in enumerate(zip("xy", ratings, strict=True)):
        values = levels[:, [k]] + states[:, :, k] + (0.2, -0.3)[k] * np.arange(sessions)
        asked = np.argsort(rng.random((persons, sessions)), axis=1) < n
        columns[name] = np.where(asked, values, np.nan)
    return columns


def without_common_course(columns):
    """Return the columns without the slope of the course that all persons share, by loops."""
    flat = {}
    for name, column in columns.items():
        pairs = []
        for row in column:
            t = np.flatnonzero(np.isfinite(row))
            pairs += list(zip(t - t.mean(), row[t] - row[t].mean(), strict=True)) if len(t) else []
        slope = sum(t * v for t, v in pairs) / sum(t * t for t, _ in pairs)
        flat[name] = column - slope * np.arange(column.shape[1])
    return flat


def slow_correlation(flat, persons):
    """Return (corrected, plain) by loops over these persons."""
    squares, free, means = {"xx": 0.0, "yy": 0.0, "xy": 0.0}, {"xx": 0, "yy": 0, "xy": 0}, []
    inverse = {"xx": [], "yy": [], "xy": []}
    for i in persons:
        x, y = flat["x"][i], flat["y"][i]
        n_x, n_y = np.isfinite(x).sum(), np.isfinite(y).sum()
        both = np.isfinite(x) & np.isfinite(y)
        means.append((np.nanmean(x), np.nanmean(y)))
        squares["xx"] += np.nansum((x - np.nanmean(x)) ** 2)
        squares["yy"] += np.nansum((y - np.nanmean(y)) ** 2)
        free["xx"] += n_x - 1
        free["yy"] += n_y - 1
        if both.sum():
            squares["xy"] += ((x[both] - x[both].mean()) * (y[both] - y[both].mean())).sum()
            free["xy"] += both.sum() - 1
        inverse["xx"].append(1 / n_x)
        inverse["yy"].append(1 / n_y)
        inverse["xy"].append(both.sum() / (n_x * n_y))
    C = np.cov(np.array(means).T)
    W = {k: squares[k] / free[k] * np.mean(inverse[k]) for k in squares}
    corrected = (C[0, 1] - W["xy"]) / np.sqrt((C[0, 0] - W["xx"]) * (C[1, 1] - W["yy"]))
    return corrected, np.corrcoef(np.array(means).T)[0, 1]


def test_it_equals_loops_over_persons_with_a_jackknife():
    columns = rated(1, persons=65, ratings=(5, 3))
    result = estimate_levels(edge_table(columns), EDGE)
    flat = without_common_course(columns)
    corrected, plain = slow_correlation(flat, range(65))
    assert result.estimate == pytest.approx(corrected)
    assert result.remark == f"uncorrected {f'{plain:.2f}'.removeprefix('0')}"
    left_out = [slow_correlation(flat, [j for j in range(65) if j != i])[0] for i in range(65)]
    error = np.sqrt(64 / 65 * ((np.array(left_out) - np.mean(left_out)) ** 2).sum())
    assert (result.upper - result.lower) / 2 == pytest.approx(1.998 * error, rel=1e-3)
    assert (result.n_clients, result.n_values) == (65, 65 * 8)


def test_a_known_correlation_is_recovered_and_covered():
    """States that correlate in the same sessions, few ratings and opposite courses do not bias it."""
    results = [estimate_levels(edge_table(rated(seed)), EDGE) for seed in range(15)]
    estimates = np.array([r.estimate for r in results])
    assert abs(estimates.mean() - 0.4) < 3 * estimates.std() / np.sqrt(15)
    assert sum(r.lower <= 0.4 <= r.upper for r in results) >= 12


def test_a_correlation_that_passes_one_when_corrected_is_shown_uncorrected():
    result = next(
        e
        for e in (estimate_levels(edge_table(rated(s, r=0.99, persons=80, ratings=(2, 2))), EDGE) for s in range(20))
        if "beyond 1" in e.remark
    )
    assert result.estimate < 0.9
    assert result.scale == "correlation of person means, not corrected"


@pytest.mark.parametrize(
    ("clients", "repeated", "message"),
    [
        (59, 59, "59 clients have one value of every column; 60 are needed (1 more)."),
        (80, 29, "29 clients have 2 values of every column; 30 are needed (1 more)."),
    ],
)
def test_it_names_the_column_that_is_asked_too_rarely(clients, repeated, message):
    columns = rated(3, persons=100, ratings=(8, 2))
    columns["y"][clients:] = np.nan
    for row in columns["y"][repeated:clients]:
        row[np.flatnonzero(np.isfinite(row))[1:]] = np.nan
    with pytest.raises(NotEstimableError) as error:
        estimate_levels(edge_table(columns), EDGE)
    assert str(error.value).startswith("“y” has ")
    assert str(error.value).endswith(message)


def test_a_column_without_differences_beyond_its_error_has_no_correlation():
    rng = np.random.default_rng(1)
    columns = {"x": rng.normal(size=(80, 6)), "y": rng.normal(size=(80, 6)) + rng.normal(size=(80, 1))}
    columns["x"] -= columns["x"].mean(axis=1, keepdims=True)
    with pytest.raises(NotEstimableError, match="varies between clients no more than measurement error"):
        estimate_levels(edge_table(columns), EDGE)


def test_slow_states_count_as_levels_and_the_scale_says_so():
    """Levels are independent; a state that both columns share falls off by .8 from session to session."""
    rng = np.random.default_rng(8)
    shared, x, y = rng.normal(size=(3, 200, 12))
    for t in range(1, 12):
        shared[:, t] = 0.8 * shared[:, t - 1] + 0.6 * shared[:, t]
    levels = rng.normal(size=(2, 200, 1))
    result = estimate_levels(edge_table({"x": levels[0] + shared + x, "y": levels[1] + shared + y}), EDGE)
    assert result.lower > 0
    assert "slow states count as levels" in result.scale
