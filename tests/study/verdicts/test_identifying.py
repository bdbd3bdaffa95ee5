from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from oracles import dense_verdicts
from securebase.study.verdicts.course import MIN_VALUES, Pair
from securebase.study.verdicts.identifying import Movement, Refusal, association, movement, refusal

from .tiny_truths import pair


def loops(data: Pair, lag: int) -> tuple[float, float, float, float]:
    """Return estimate, leave-one-out standard error, identifying n and p by explicit loops."""
    persons = []
    for y, x, t in zip(data.y, data.x, data.times, strict=True):
        ry, rx = (dense_verdicts.line_residuals(v, t, MIN_VALUES) for v in (y, x))
        rows = []
        for s in range(lag, len(y)):
            row = (ry[s], rx[s - lag], ry[s - 1] if lag else 0.0)
            if np.isfinite(row).all():
                rows.append(row)
        persons.append(np.array(rows).reshape(-1, 3))
    every = np.concatenate(persons)
    X = every[:, 1 : 2 + lag]
    b = np.linalg.lstsq(X, every[:, 0], rcond=None)[0]
    r = every[:, 1] - (every[:, 2] * (every[:, 1] @ every[:, 2] / (every[:, 2] @ every[:, 2])) if lag else 0.0)
    e = every[:, 0] - X @ b
    h, scores, start = [], [], 0
    for rows in persons:
        part = slice(start, start + len(rows))
        h.append(sum(r[part] ** 2))
        scores.append(sum(r[part] * e[part]))
        start += len(rows)
    total = sum(h)
    influence = [s / total / (1 - k / total) for s, k in zip(scores, h, strict=True)]
    se, n = np.sqrt(sum(i**2 for i in influence)), total**2 / sum(k**2 for k in h)
    return float(b[0]), float(se), float(n), float(2 * student.sf(abs(b[0]) / se, n - 1))


@pytest.mark.parametrize("lag", [0, 1])
def test_the_association_is_that_of_explicit_loops(lag: int) -> None:
    data = pair("true_lag", np.random.default_rng(1), 15, T=8)
    result = association(data, lag)
    values = (result.estimate, result.standard_error, result.n_identifying, result.p)
    np.testing.assert_allclose(values, loops(data, lag), rtol=1e-8)


def switches(rng: np.random.Generator, N: int, switchers: int) -> Pair:
    """Return a 0/1 column that switches once in some persons, and noise."""
    x = np.zeros((N, 16))
    for i in range(switchers):
        x[i, rng.integers(5, 12) :] = 1.0
    return Pair.of_sessions(rng.normal(size=(N, 16)), x)


@pytest.mark.parametrize("switchers", [3, 20, 47])
def test_the_identifying_n_is_the_number_of_switchers(switchers: int) -> None:
    data = switches(np.random.default_rng(2), 240, switchers)
    assert 0.85 * switchers < association(data, 1).n_identifying <= switchers


def test_standard_errors_hold_where_few_persons_identify() -> None:
    rng = np.random.default_rng(3)
    rejected = [association(switches(rng, 80, 6), 1).p < 0.05 for _ in range(300)]
    assert np.mean(rejected) < 0.09


def test_changes_are_counted_over_gaps() -> None:
    values = np.array([[1.0, np.nan, 2.0, 2.0], [1.0, 2.0, np.nan, 1.0], [3.0, 3.0, np.nan, 3.0]])
    assert movement(values) == Movement(changes=3, movers=2, returners=1)


def test_refusals() -> None:
    rng = np.random.default_rng(4)
    good = pair("no_link", rng, 60)
    assert refusal(good) is None
    assert refusal(Pair.of_sessions(good.y, 5 - good.y)) is Refusal.COPY
    assert refusal(switches(rng, 240, 15)) is Refusal.HARDLY_VARIES
    assert refusal(switches(rng, 240, 100)) is Refusal.ONE_WAY
    assert refusal(switches(rng, 240, 100).reversed) is Refusal.ONE_WAY
    assert refusal(Pair.of_sessions(good.y, np.ones_like(good.y))) is Refusal.HARDLY_VARIES
    assert refusal(Pair.of_sessions(good.y[:15], good.x[:15])) is Refusal.HARDLY_VARIES
    assert refusal(Pair.of_sessions(good.y[:, :3], good.x[:, :3])) is not None
    short = pair("no_link", rng, 400, T=5)
    short.y[:, 1] = np.nan
    assert refusal(short) is Refusal.SHORT


def test_nothing_that_varies_gives_no_estimate() -> None:
    data = Pair.of_sessions(np.random.default_rng(5).normal(size=(30, 8)), np.ones((30, 8)))
    result = association(data, 1)
    assert np.isnan(result.estimate)
    assert result.p == 1.0
