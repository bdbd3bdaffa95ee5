from __future__ import annotations

import numpy as np
import pytest

from securebase.study.verdicts import adjusted as module
from securebase.study.verdicts.adjusted import Adjusted, BesideRival, beside_rivals, is_input
from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.rule import Rung, conclude_pair
from truths.catalogue import TRUTHS, draw_cohort

from .tiny_truths import pair


def read(truth: str, persons: int, cohort: int, column: str, rival: str) -> BesideRival:
    columns = draw_cohort(TRUTHS[truth], persons, cohort)
    data = Pair.of_sessions(columns["symptoms"], columns[column])
    return beside_rivals(data, {rival: columns[rival]}).tests[rival]


@pytest.mark.parametrize("truth", ["measured_confounder", "confounder_measured_with_error"])
def test_a_measured_confounder_explains_the_lag_away(truth: str) -> None:
    columns = draw_cohort(TRUTHS[truth], 60, 0)
    assert conclude_pair(Pair.of_sessions(columns["symptoms"], columns["alliance"])).rung is Rung.LEADS
    test = read(truth, 60, 0, "alliance", "stress")
    assert test.p > 0.05
    assert test.regular
    assert not test.is_input


def test_a_follower_adds_nothing_to_what_it_follows() -> None:
    assert read("follower", 120, 0, "empathy", "alliance").p > 0.05
    test = read("follower", 120, 0, "alliance", "empathy")
    assert test.p < 0.05
    assert -0.6 < test.estimate < -0.1


def test_a_true_lag_remains_beside_an_unrelated_column() -> None:
    rng = np.random.default_rng(1)
    data, other = pair("true_lag", rng, 80), pair("no_link", rng, 80).x
    result = beside_rivals(data, {"other": other})
    assert result.p < 0.001
    assert -0.45 < result.tests["other"].estimate < -0.15


def event_confounded(rng: np.random.Generator, N: int) -> tuple[Pair, np.ndarray]:
    """Return a pair without a link that an event (0/1) moves, x at its row and y at the next."""
    data = pair("no_link", rng, N)
    event = (rng.random((N, data.y.shape[1] + 1)) < 0.3).astype(float)
    return Pair.of_sessions(data.y + 2.5 * event[:, :-1], data.x - 2.5 * event[:, 1:]), event[:, 1:]


def test_an_event_explains_the_lag_away_as_an_input() -> None:
    data, event = event_confounded(np.random.default_rng(2), 80)
    assert conclude_pair(data).rung is Rung.LEADS
    result = beside_rivals(data, {"event": event, "constant": np.ones_like(event)})
    assert list(result.tests) == ["event"], "a column that never varies is no rival"
    assert result.tests["event"].is_input
    assert result.p > 0.05


def test_an_unrelated_input_leaves_a_true_lag() -> None:
    rng = np.random.default_rng(3)
    data = pair("true_lag", rng, 60)
    # an input may have more than two values
    result = beside_rivals(data, {}, {"event": np.floor(3 * rng.random(data.y.shape))})
    assert result.tests["event"].is_input
    assert result.p < 0.05
    assert result.tests["event"].z < -2


def test_an_input_is_regressed_out_within_persons_beside_the_course() -> None:
    rng = np.random.default_rng(4)
    N, T = 15, 8
    values, z = rng.normal(size=(N, T)) + np.arange(T) ** 1.5, (rng.random((N, T)) < 0.4).astype(float)
    values[rng.random((N, T)) < 0.1] = np.nan
    z[3, 2] = np.nan
    data = Pair.of_sessions(values, values)
    result = module._without_input(values, z, data)
    before = np.column_stack([z[:, 0], z[:, :-1]])
    i, j = np.nonzero(np.isfinite(values) & np.isfinite(z) & np.isfinite(before))
    design = np.zeros((len(i), 2 * N + T + 2))
    design[np.arange(len(i)), 2 * i], design[np.arange(len(i)), 2 * i + 1] = 1.0, j
    design[np.arange(len(i)), 2 * N + j] = 1.0
    design[:, -2], design[:, -1] = z[i, j], before[i, j]
    effects = np.linalg.lstsq(design, values[i, j], rcond=None)[0][-2:]
    np.testing.assert_allclose(result[i, j], values[i, j] - design[:, -2:] @ effects, atol=1e-9)
    assert np.isnan(result[3, 2:4]).all()


def test_the_largest_p_counts_and_a_fit_that_did_not_end_withholds() -> None:
    good, worse = BesideRival(-0.3, -4, 0.001, True, False), BesideRival(-0.2, -2.1, 0.03, True, False)
    assert Adjusted({"a": good, "b": worse}).p == 0.03
    assert Adjusted({"a": good, "b": BesideRival(-0.3, -5, 1e-6, False, False)}).p == 1.0
    assert Adjusted({}).p == 1.0


def test_columns_of_two_values_are_inputs() -> None:
    assert is_input(np.array([[0.0, 1.0, np.nan], [1.0, 1.0, 0.0]]))
    assert not is_input(np.array([[0.0, 1.0, 2.0]]))
