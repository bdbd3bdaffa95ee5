from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from securebase.study.verdicts.before_and_after import read_sessions
from securebase.study.verdicts.identifying import Refusal
from securebase.study.verdicts.rule import Rung
from securebase.study.verdicts.within import LagDirection
from truths.catalogue import TRUTHS, draw_cohort

Ratings = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def ratings(
    rng: np.random.Generator, N: int, *, effect: float = 0.0, back: float = 0.0, relief: float = 0.0
) -> Ratings:
    """Return ratings before and after of two columns that a hidden factor moves between sessions.

    effect: of y before on x after; back: of x before on y after; relief: of the factor, seen in x alone.
    """
    factor = np.zeros((N, 56))
    for t in range(1, 56):
        factor[:, t] = 0.7 * factor[:, t - 1] + 0.7 * rng.normal(size=N)
    f = factor[:, 40:]
    level = rng.normal(size=(2, N, 1)) + 0.1 * rng.normal(size=(2, N, 1)) * np.arange(16)
    y, x = f + 0.7 * rng.normal(size=f.shape), -f + 0.7 * rng.normal(size=f.shape)
    columns = [y, x, y + back * x, x + effect * y + relief * f]
    rated = [c + level[k % 2] + 0.5 * rng.normal(size=c.shape) for k, c in enumerate(columns)]
    for column in rated:
        column[rng.random(column.shape) < 0.08] = np.nan
    return rated[0], rated[1], rated[2], rated[3]


def test_the_sums_are_those_of_explicit_loops() -> None:
    yb, xb, ya, xa = ratings(np.random.default_rng(1), 30)
    N, T = yb.shape
    rows = {}
    for i in range(N):
        for t in range(T):
            past = [b[i, :t][np.isfinite(b[i, :t])] for b in (yb, xb)]
            now = (yb[i, t], xb[i, t], ya[i, t], xa[i, t])
            if np.isfinite(now).all() and min(map(len, past)) > 0:
                k = min(map(len, past))
                devs = (now[0] - past[0].mean(), now[1] - past[1].mean(), now[2] - now[0], now[3] - now[1])
                rows[i, t] = (*devs, k / (k + 1))
    means = {t: np.mean([v[:4] for (_, s), v in rows.items() if s == t], axis=0) for _, t in rows}
    sums = {i: np.zeros(2) for i, _ in rows}
    for (i, t), (*v, w) in rows.items():
        dy, dx, cy, cx = np.array(v) - means[t]
        sums[i] += w * np.array([dy * cx, dx * cy])
    table = np.array(list(sums.values()))
    result = read_sessions(yb, xb, ya, xa)
    for contrast, values in (
        (result.single[LagDirection.Y_TO_X], table[:, 0]),
        (result.single[LagDirection.X_TO_Y], table[:, 1]),
        (result.paired, table[:, 0] - table[:, 1]),
    ):
        expected = ttest_1samp(values, 0.0)
        np.testing.assert_allclose((contrast.statistic, contrast.p), (expected.statistic, expected.pvalue), rtol=1e-9)
    assert result.paired.n_persons == len(table)
    columns = [(v[4], v[0] - means[t][0], v[3] - means[t][3], i) for (i, t), v in rows.items()]
    w, dy, cx, person = np.array(columns).T

    def slope(keep: np.ndarray) -> float:
        return float((w * dy * cx)[keep].sum() / (w * dy**2)[keep].sum())

    slopes, everybody = result.slopes[LagDirection.Y_TO_X], slope(person >= 0)
    assert slopes.estimate == pytest.approx(everybody)
    # without each person in turn, the means of the sessions left as they are
    errors = [slope(person != i) - everybody for i in sums]
    assert slopes.standard_error == pytest.approx(np.sqrt(np.sum(np.square(errors))))
    h = np.array([(w * dy**2)[person == i].sum() for i in sums])
    assert slopes.n_identifying == pytest.approx(h.sum() ** 2 / (h**2).sum())


def test_a_hidden_factor_between_sessions_does_not_lead() -> None:
    rungs = [read_sessions(*ratings(np.random.default_rng(seed), 60)).rung for seed in range(100)]
    assert rungs.count(Rung.LEADS) <= 8
    assert rungs.count(Rung.REFUSED) == 0


@pytest.mark.parametrize(("effect", "back", "direction"), [(-0.35, 0, "y_to_x"), (0, -0.35, "x_to_y")])
def test_an_effect_within_the_session_leads_beside_a_hidden_factor(effect: float, back: float, direction: str) -> None:
    results = [
        read_sessions(*ratings(np.random.default_rng(seed), 240, effect=effect, back=back)) for seed in range(20)
    ]
    assert sum(result.rung is Rung.LEADS and result.direction == direction for result in results) >= 18
    for result in results:
        assert -0.45 < result.slopes[LagDirection(direction)].estimate < -0.15


def test_effects_of_equal_size_both_ways_are_together() -> None:
    rungs = [
        read_sessions(*ratings(np.random.default_rng(seed), 60, effect=-0.3, back=-0.3)).rung for seed in range(20)
    ]
    assert rungs.count(Rung.TOGETHER) >= 16


def test_relief_seen_in_one_column_is_contradicted() -> None:
    rungs = [read_sessions(*ratings(np.random.default_rng(seed), 120, relief=0.5)).rung for seed in range(20)]
    assert rungs.count(Rung.LEADS) <= 1
    assert rungs.count(Rung.CONTRADICTED) >= 16


def test_few_persons_are_refused() -> None:
    result = read_sessions(*ratings(np.random.default_rng(2), 12, effect=-0.35))
    assert result.rung is Rung.REFUSED
    assert result.refusal is Refusal.SHORT
    empty = np.full((5, 4), np.nan)
    assert read_sessions(empty, empty, empty, empty).rung is Rung.REFUSED


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("symptoms_change_alliance_in_session", LagDirection.Y_TO_X),
        ("alliance_changes_symptoms_in_session", LagDirection.X_TO_Y),
    ],
)
def test_a_link_leads_though_the_two_columns_hardly_go_together(name: str, direction: LagDirection) -> None:
    columns = ("symptoms_before", "alliance_before", "symptoms_after", "alliance_after")
    leading = 0
    for cohort in range(20):
        rated = draw_cohort(TRUTHS[name], 240, cohort)
        leading += read_sessions(*(rated[column] for column in columns)).direction is direction
    assert leading >= 19
