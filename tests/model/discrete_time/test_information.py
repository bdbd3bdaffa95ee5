"""Second derivatives from dense moments against differences, and the scale with its curves."""

from __future__ import annotations

import numpy as np
import pytest

from oracles import dense_waves, small_waves
from securebase.model.discrete_time import DiscreteTimeLikelihood, information
from securebase.model.discrete_time.likelihood import expand_waves
from securebase.model.discrete_time.transforms import build_discrete_time_transform


def problem(model, p=2, waves=4, persons=14):
    rng = np.random.default_rng([p, waves])
    of = small_waves.specification(model, p, waves)
    panel = expand_waves(small_waves.panel(of, rng, persons=persons), of)
    scale = build_discrete_time_transform(panel, of)
    return of, scale, DiscreteTimeLikelihood(scale.panel, of), scale.internal(small_waves.parameters(of, rng))


def differences(function, x, step=1e-5):
    """(outputs, x): central differences of a function with a vector for its value."""
    columns = []
    for i in range(len(x)):
        ahead, behind = x.copy(), x.copy()
        ahead[i] += step
        behind[i] -= step
        columns.append((np.asarray(function(ahead)) - np.asarray(function(behind))) / (2 * step))
    return np.array(columns).T


def close(found, expected, rel):
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=rel, atol=rel * np.abs(expected).max())


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("model", small_waves.WITH_OWN_START)
def test_observed_information_is_the_slope_of_the_gradient(model, at_once, monkeypatch):
    monkeypatch.setattr(information, "MAX_PATTERNS", 0 if at_once else 10**6)
    monkeypatch.setattr(information, "_CHUNK", 3)
    of, scale, likelihood, x = problem(model)
    data = information.compress_units(likelihood.rows, of)
    H, gradient = information.observed_information(of, scale.standard(x), data)
    J = scale.standard_jacobian(x)

    def slope(x):
        return -scale.pull_back(x, likelihood.value_and_gradient(scale.standard(x))[1])

    close(scale.pull_back(x, gradient), slope(x), 1e-9)
    close(J.T @ H @ J + scale.curvature_term(x, gradient), differences(slope, x), 1e-6)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("model", small_waves.WITH_OWN_START)
def test_expected_information_is_the_formula(model, at_once, monkeypatch):
    """½ tr(V⁻¹ ∂V V⁻¹ ∂V) + ∂m' V⁻¹ ∂m, person by person, with ∂V and ∂m by differences."""
    monkeypatch.setattr(information, "MAX_PATTERNS", 0 if at_once else 10**6)
    of, scale, likelihood, x = problem(model)
    panel = scale.panel

    def stacked(x):
        mean, V = dense_waves.joint(of, scale.standard(x))
        return np.concatenate([mean, V.ravel()])

    D = of.waves * of.p
    moved, V = differences(stacked, x), dense_waves.joint(of, scale.standard(x))[1]
    expected = np.zeros((len(x), len(x)))
    for i in range(panel.n_persons):
        there = np.isfinite(dense_waves.scores_of(panel, of, i))
        A = np.linalg.inv(V[np.ix_(there, there)])
        dm, dV = moved[:D][there], moved[D:].reshape(D, D, -1)[np.ix_(there, there)]
        turned = np.einsum("ab,bck->ack", A, dV)
        expected += 0.5 * np.einsum("abk,bal->kl", turned, turned) + dm.T @ A @ dm
    J = scale.standard_jacobian(x)
    found = information.expected_information(of, scale.standard(x), information.compress_units(likelihood.rows, of))
    close(J.T @ found @ J, expected, 1e-6)


def test_complete_persons_have_the_expected_information_of_complete_persons():
    of = small_waves.specification("ri-clpm", 2, 4)
    rng = np.random.default_rng(3)
    q = small_waves.parameters(of, rng)
    likelihood = DiscreteTimeLikelihood(small_waves.drawn(of, q, rng, 30), of)
    data = information.compress_units(likelihood.rows, of)
    close(information.complete_data_information(of, q, 30.0), information.expected_information(of, q, data), 1e-10)


@pytest.mark.parametrize("model", small_waves.MODELS)
def test_the_scale_leads_there_and_back(model):
    of, scale, _, x = problem(model)
    close(scale.internal(scale.standard(x)), x, 1e-12)
    assert scale.size == of.n_parameters == len(scale.natural(x).named(of)) == sum(b.size for b in scale.blocks)

    def named(x):
        return list(scale.natural(x).named(of).values())

    close(scale.jacobian(x), differences(named, x), 1e-7)
