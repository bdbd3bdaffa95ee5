"""The likelihood of stories against a dense grid, and its gradient against differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracles.dense_stories import dense_posterior, story_log_density
from securebase.model.retellings import RetellingRow
from securebase.model.retellings.likelihood import story_likelihood
from securebase.model.retellings.parameters import from_vector, to_vector
from securebase.model.retellings.quadrature import find_modes, marginal, place_points
from securebase.model.retellings.table import UNIT, story_table
from story_rows import PARAMETERS, rows_of
from truths.stories import Stories

THETA = to_vector(PARAMETERS) + np.array([0.1, 0.2, -0.1, 0.3, -0.2, 0.1, 0.2, 0.1])


def without_some_ends(rows: list[RetellingRow]) -> list[RetellingRow]:
    return [replace(row, end=None) if i % 5 == 3 else row for i, row in enumerate(rows)]


def split(rows: list[RetellingRow]) -> list[list[RetellingRow]]:
    return [[row for row in rows if row.client == client] for client in dict.fromkeys(row.client for row in rows)]


def test_the_vector_and_the_natural_parameters_are_each_others_inverse() -> None:
    assert to_vector(from_vector(THETA)) == pytest.approx(THETA, abs=1e-12)


def test_the_density_given_fall_and_return_is_that_of_the_whole_normal_vector() -> None:
    rows = without_some_ends(rows_of(Stories(), 6, seed=1))
    parameters = from_vector(THETA)
    z = np.random.default_rng(2).standard_normal((2, 6, 3))
    value = story_likelihood(story_table(rows)).density(THETA, z).value
    for i, story in enumerate(split(rows)):
        # ratings are counted in tens: each adds the logarithm of ten
        jacobian = np.log(UNIT) * sum(1 + (row.end is not None) for row in story)
        for q in range(3):
            within, returns = (
                1 / (1 + np.exp(-np.log(typical / (1 - typical)) - sd * z[axis, i, q]))
                for axis, (typical, sd) in enumerate(
                    ((parameters.within, parameters.within_sd), (parameters.returns, parameters.returns_sd))
                )
            )
            assert value[i, q] - jacobian == pytest.approx(story_log_density(story, parameters, within, returns))


def test_the_marginal_is_that_of_a_dense_grid() -> None:
    rows = without_some_ends(rows_of(Stories(), 2, seed=3))
    likelihood = story_likelihood(story_table(rows))
    values, _ = marginal(likelihood, THETA, place_points(likelihood, THETA))
    for value, story in zip(values, split(rows), strict=True):
        jacobian = np.log(UNIT) * sum(1 + (row.end is not None) for row in story)
        assert value - jacobian == pytest.approx(dense_posterior(story, from_vector(THETA), points=41)[0], abs=0.01)


def test_more_points_come_closer_to_the_dense_grid() -> None:
    story = rows_of(Stories(), 1, seed=3)
    likelihood = story_likelihood(story_table(story))
    truth = dense_posterior(story, PARAMETERS, points=41)[0] + np.log(UNIT) * 2 * len(story)
    theta = to_vector(PARAMETERS)
    errors = [abs(marginal(likelihood, theta, place_points(likelihood, theta, q))[0][0] - truth) for q in (1, 3, 5, 9)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-4


def test_the_gradient_is_that_of_differences() -> None:
    rows = without_some_ends(rows_of(Stories(), 5, seed=4))
    likelihood = story_likelihood(story_table(rows))
    points = place_points(likelihood, to_vector(PARAMETERS))
    _, gradient = marginal(likelihood, THETA, points)
    for j in range(len(THETA)):
        step = np.zeros(len(THETA))
        step[j] = 1e-5
        ahead, behind = (marginal(likelihood, THETA + sign * step, points)[0] for sign in (1, -1))
        assert gradient[:, j] == pytest.approx((ahead - behind) / 2e-5, rel=1e-6, abs=1e-6), j


def test_the_mode_is_the_highest_point_of_a_fine_grid() -> None:
    likelihood = story_likelihood(story_table(rows_of(Stories(), 3, seed=5)))
    mode, precision = find_modes(likelihood, THETA)
    axis = np.linspace(-4.0, 4.0, 161)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij")).reshape(2, 1, -1)
    height = likelihood.density(THETA, np.broadcast_to(grid, (2, 3, grid.shape[2]))).value - 0.5 * (grid**2).sum(axis=0)
    assert np.abs(mode[:, :, 0] - grid[:, 0, height.argmax(axis=1)]).max() <= axis[1] - axis[0]
    assert np.linalg.eigvalsh(np.moveaxis(precision[..., 0], 2, 0)).min() >= 1.0
