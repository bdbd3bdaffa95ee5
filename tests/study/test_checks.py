"""Checks of a fit: figures by hand, nothing found where the model holds, and what is wrong named where it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracles import dense_normal, small_problems
from securebase.errors import Advice, ModelError
from securebase.model.fit import Fit, fit
from securebase.model.fit.uncertainty import draw_parameters
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters, Specification, Start, Trend
from securebase.model.simulate import simulate_panel
from securebase.study.checks import checks
from securebase.study.one_step import one_step
from securebase.study.table_features import Features

TWO = Specification(("y", "x"))
TRUTH = Parameters(
    drift=np.array([[-0.5, -0.2], [0.1, -0.4]]),
    diffusion=np.array([[0.8, 0.1], [0.1, 0.7]]),
    level_mean=np.array([3.0, 5.0]),
    level_covariance=np.array([[0.8, -0.2], [-0.2, 0.6]]),
    measurement_noise=np.array([0.3, 0.25]),
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    rng = np.random.default_rng(1)
    drawn = simulate_panel(TWO, TRUTH, [np.arange(14.0)] * 80, rng)
    scores = drawn.scores.copy()
    scores[rng.uniform(size=scores.shape) < 0.1] = np.nan
    return replace(drawn, scores=scores)


@pytest.fixture(scope="module")
def fitted(panel: Panel) -> Fit:
    return fit(panel, TWO)


def whole_normal(alone: Panel, of: Specification, q: Parameters) -> tuple[np.ndarray, np.ndarray]:
    x = None if alone.covariates is None else alone.covariates[0]
    return dense_normal.joint(of, q, alone.times, alone.inputs, x)[:2]


@pytest.mark.parametrize("part", ["", "random slopes", "indicators", "inputs", "covariates"])
def test_distances_and_residuals_are_those_of_the_whole_normal(part: str) -> None:
    """Of each person: the quadratic form of one big normal; of each first score: its own mean and spread."""
    rng = np.random.default_rng(3)
    of = small_problems.full(2, Trend.APART, Start.FREE, part)
    rows, q = small_problems.panel_for(of, rng), small_problems.parameters(of, rng)
    found = one_step(rows, of, q)
    for i in range(rows.n_persons):
        alone = rows.only(np.array([i]))
        n = int(np.isfinite(alone.scores).sum())
        assert found.count[i] == n
        if not n:
            continue
        mean, covariance = whole_normal(alone, of, q)
        seen = np.isfinite(alone.scores.ravel())
        off = (alone.scores.ravel() - mean)[seen]
        V = covariance[np.ix_(seen, seen)]
        assert found.distance[i] == pytest.approx(off @ np.linalg.solve(V, off), rel=1e-8)
        first = np.flatnonzero(seen)[0]
        row, column = divmod(int(first), alone.scores.shape[1])
        assert found.z[rows.starts[i] + row, column] == pytest.approx(off[0] / np.sqrt(V[0, 0]), rel=1e-8)


def test_figures_of_a_tiny_table_by_hand() -> None:
    rows = Panel(
        persons=("a", "b"),
        constructs=("y",),
        starts=np.array([0, 4, 6]),
        times=np.array([0.0, 1.0, 2.0, 3.0, 0.0, 1.0]),
        scores=np.array([[1.0], [3.0], [2.0], [6.0], [0.0], [4.0]]),
        wave=np.full(6, -1),
    )
    found = {key.words: value for key, value in Features.of(rows, ("y",))(rows.scores).items()}
    # changes 2, −1, 4 and 4: into the second of four, the third and fourth of four, the second of two
    assert found["Row-to-row spread of y, first half of a course"] == pytest.approx(np.sqrt(4 / 2))
    assert found["Row-to-row spread of y, second half"] == pytest.approx(np.sqrt((1 + 16 + 16) / 3 / 2))
    assert found["Spread between persons of the first y"] == pytest.approx(np.std([1, 0], ddof=1))
    assert found["Spread between persons of the last y"] == pytest.approx(np.std([6, 4], ddof=1))
    own = np.array([-2, 0, -1, 3, -2, 2.0])
    assert found["Within persons, y with y a row later"] == pytest.approx(
        np.corrcoef(own[[0, 1, 2, 4]], own[[1, 2, 3, 5]])[0, 1]
    )
    assert found["Share of y at or below its lowest score"] == pytest.approx(1 / 6)
    assert found["Share of leaps in y (beyond 3 SDs of all changes)"] == 0.0


def test_where_the_model_holds_little_is_found(fitted: Fit, panel: Panel) -> None:
    found = checks(fitted, panel, np.random.default_rng(2), replicates=60)
    assert len(found.reproduced) == 21
    assert sum(not r.is_reproduced for r in found.reproduced) <= 4
    assert not found.persons
    for r in found.residuals:
        assert abs(r.mean) < 0.1
        assert r.sd == pytest.approx(1.0, abs=0.08)
        assert not r.sentence
    assert found.summary[0].startswith("Of 21 figures")


def test_leaps_and_far_persons_are_named(fitted: Fit, panel: Panel) -> None:
    rng = np.random.default_rng(4)
    scores = panel.scores.copy()
    leaps = rng.uniform(size=len(scores)) < 0.03
    scores[leaps, 0] += 6.0
    scores[panel.rows_of(7), 1] *= 4.0
    odd = replace(panel, scores=scores)
    found = checks(fit(odd, TWO), odd, np.random.default_rng(5), replicates=60, labels={"y": "Mood"})
    wrong = {r.what for r in found.reproduced if not r.is_reproduced}
    assert "Share of leaps in Mood (beyond 3 SDs of all changes)" in wrong
    assert panel.persons[7] in {p.person for p in found.persons}
    assert "Mood" in found.residuals[0].sentence
    assert found.residuals[0].kurtosis > 1.0
    assert any("does not reproduce" in s for s in found.summary)


def test_a_floor_of_the_scale_is_seen(fitted: Fit, panel: Panel) -> None:
    floored = replace(panel, scores=np.maximum(panel.scores, 2.5))
    found = checks(fit(floored, TWO), floored, np.random.default_rng(6), replicates=60)
    by = {r.what: r for r in found.reproduced}
    assert by["Share of y at or below its lowest score"].observed > 0.2
    assert not by["Share of y at or below its lowest score"].is_reproduced


def test_a_model_without_lasting_movement_leaves_an_autocorrelation(panel: Panel, fitted: Fit) -> None:
    wrong = replace(TRUTH, drift=np.diag([-5.0, -5.0]), diffusion=np.diag([8.0, 8.0]))
    found = checks(replace(fitted, parameters=wrong), panel, np.random.default_rng(7), replicates=2)
    assert found.residuals[0].autocorrelation is not None
    assert found.residuals[0].autocorrelation > 0.15
    assert "goes with what is left of the next" in found.residuals[0].sentence


def test_draws_are_spread_as_the_standard_errors_say(fitted: Fit, panel: Panel) -> None:
    drawn = [q.named(TWO) for q in draw_parameters(fitted, panel, 400, np.random.default_rng(8))]
    for name in ("drift[y,x]", "level_mean[y]", "drift[x,x]"):
        values, own = np.array([d[name] for d in drawn]), fitted.estimates[name]
        assert own.standard_error is not None
        assert values.std() == pytest.approx(own.standard_error, rel=0.15)
        assert values.mean() == pytest.approx(own.value, abs=0.25 * own.standard_error)


def test_a_fit_that_did_not_end_well_is_not_checked(fitted: Fit, panel: Panel) -> None:
    bad = replace(fitted, outcome=Advice("not_converged", "The search ended early."))
    with pytest.raises(ModelError, match="no spread to draw from"):
        checks(bad, panel, np.random.default_rng(9))
    with pytest.raises(ModelError, match="no fit to check"):
        checks(replace(fitted, parameters=None), panel, np.random.default_rng(9))
