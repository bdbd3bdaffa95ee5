"""Second derivatives from dense moments, and the transform, against central differences."""

from __future__ import annotations

import numpy as np
import pytest

from oracles import dense_waves, small_waves
from securebase.model.discrete_time import DiscreteTimeLikelihood, information
from securebase.model.discrete_time.likelihood import expand_waves
from securebase.model.discrete_time.transforms import build_discrete_time_transform


def problem(model, p=2, waves=4, persons=14):
    rng = np.random.default_rng([p, waves])
    specification = small_waves.specification(model, p, waves)
    panel = expand_waves(small_waves.panel(specification, rng, persons=persons), specification)
    scale = build_discrete_time_transform(panel, specification)
    return (
        specification,
        scale,
        DiscreteTimeLikelihood(scale.panel, specification),
        scale.internal(small_waves.parameters(specification, rng)),
    )


def differences(function, x, step=1e-5):
    """Return central differences (outputs, x) of a vector-valued function."""
    columns = []
    for i in range(len(x)):
        ahead, behind = x.copy(), x.copy()
        ahead[i] += step
        behind[i] -= step
        columns.append((np.asarray(function(ahead)) - np.asarray(function(behind))) / (2 * step))
    return np.array(columns).T


def assert_close(actual, expected, rel):
    assert np.shape(actual) == np.shape(expected)
    np.testing.assert_allclose(actual, expected, rtol=rel, atol=rel * np.abs(expected).max())


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("model", small_waves.MODELS_WITH_FREE_START)
def test_the_observed_information_is_the_derivative_of_the_gradient(model, at_once, monkeypatch):
    monkeypatch.setattr(information, "MAX_PATTERNS", 0 if at_once else 10**6)
    monkeypatch.setattr(information, "_CHUNK", 3)
    specification, scale, likelihood, x = problem(model)
    data = information.compress_units(likelihood.rows, specification)
    H, gradient = information.observed_information(specification, scale.standard(x), data)
    J = scale.standard_jacobian(x)

    def slope(x):
        return -scale.pull_back(x, likelihood.value_and_gradient(scale.standard(x))[1])

    assert_close(scale.pull_back(x, gradient), slope(x), 1e-9)
    assert_close(J.T @ H @ J + scale.curvature_term(x, gradient), differences(slope, x), 1e-6)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("model", small_waves.MODELS_WITH_FREE_START)
def test_the_expected_information_equals_its_formula(model, at_once, monkeypatch):
    """Sum ½ tr(V⁻¹ ∂V V⁻¹ ∂V) + ∂m' V⁻¹ ∂m over persons, with ∂V and ∂m by differences."""
    monkeypatch.setattr(information, "MAX_PATTERNS", 0 if at_once else 10**6)
    specification, scale, likelihood, x = problem(model)
    panel = scale.panel

    def stacked(x):
        mean, V = dense_waves.joint_moments(specification, scale.standard(x))
        return np.concatenate([mean, V.ravel()])

    D = specification.waves * specification.p
    derivatives, V = differences(stacked, x), dense_waves.joint_moments(specification, scale.standard(x))[1]
    expected = np.zeros((len(x), len(x)))
    for i in range(panel.n_persons):
        observed = np.isfinite(dense_waves.scores_of(panel, specification, i))
        A = np.linalg.inv(V[np.ix_(observed, observed)])
        dm, dV = derivatives[:D][observed], derivatives[D:].reshape(D, D, -1)[np.ix_(observed, observed)]
        whitened = np.einsum("ab,bck->ack", A, dV)
        expected += 0.5 * np.einsum("abk,bal->kl", whitened, whitened) + dm.T @ A @ dm
    J = scale.standard_jacobian(x)
    information_matrix = information.expected_information(
        specification, scale.standard(x), information.compress_units(likelihood.rows, specification)
    )
    assert_close(J.T @ information_matrix @ J, expected, 1e-6)


def test_the_information_of_complete_data_equals_the_general_formula():
    specification = small_waves.specification("ri-clpm", 2, 4)
    rng = np.random.default_rng(3)
    q = small_waves.parameters(specification, rng)
    likelihood = DiscreteTimeLikelihood(small_waves.draw_panel(specification, q, rng, 30), specification)
    data = information.compress_units(likelihood.rows, specification)
    assert_close(
        information.complete_data_information(specification, q, 30.0),
        information.expected_information(specification, q, data),
        1e-10,
    )


@pytest.mark.parametrize("model", small_waves.MODELS)
def test_the_transform_is_invertible(model):
    specification, scale, _, x = problem(model)
    assert_close(scale.internal(scale.standard(x)), x, 1e-12)
    assert (
        scale.size
        == specification.n_parameters
        == len(scale.natural(x).named(specification))
        == sum(b.size for b in scale.blocks)
    )

    def named(x):
        return list(scale.natural(x).named(specification).values())

    assert_close(scale.jacobian(x), differences(named, x), 1e-7)
