"""Exact steps of the state of all persons between two sessions, and what of their values does not move."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import expm, solve_continuous_lyapunov

from securebase.model.equations import share_of_change, slope_basis, stationary_covariance, transitions
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Array, Parameters
from securebase.model.simulate.draws import covariance_root, integrated_input, mean_trajectories
from securebase.model.simulate.people import People
from securebase.model.specification import Trend
from securebase.model.standardised import rate_of_course
from securebase.model.web.network import Web


@dataclass(frozen=True, eq=False)
class _Transition:
    """Discrete-time step over one gap: phi = exp(A u), shock_root with L L' the shock covariance.

    integral = ∫_0^u exp(A v) dv for a constant input. All (m, m), or (n, p, p) for persons with a drift of their own.
    """

    phi: Array
    shock_root: Array
    integral: Array


class WebDynamics:
    """Propagation of all persons, by the drift of the web; the tracked constructs by person-specific drifts if any."""

    def __init__(self, web: Web, parameters: Parameters, person_drift: Array | None) -> None:
        self.web, self.parameters, self.person_drift = web, parameters, person_drift
        self.p = web.terms.core
        # one stationary covariance for all persons, as in the fitted model (decision 0007)
        self.core_covariance = stationary_covariance(parameters.drift, parameters.diffusion)
        self.free_covariance = solve_continuous_lyapunov(web.drift, -web.diffusion)
        self.session_map = web.session_map if web.within_session.any() else None
        self._steps: dict[float, _Transition] = {}

    def start_root(self, core: Array) -> Array:
        """Return L (m, m) with L L' the covariance of the movement at the first session. core: that of the tracked."""
        return self._root(self.web.covariance, core, "start covariance")

    def propagate(self, x: Array, gaps: Array, z: Array, constant_input: Array) -> tuple[Array, Array]:
        """Return Phi x + L z + ∫_0^u exp(A v) dv · input after gaps u (n,), and the diagonal of Phi, each (n, m).

        Effects within a session are added: (I − S)⁻¹ times the state.
        """
        gaps = np.round(gaps, 9)
        state, retained = np.empty_like(x), np.empty_like(x)
        for gap in np.unique(gaps):
            step, rows = self._step(float(gap)), gaps == gap
            state[rows] = x[rows] @ step.phi.T + z[rows] @ step.shock_root.T + constant_input[rows] @ step.integral.T
            retained[rows] = np.diag(step.phi)
        if self.person_drift is not None:
            own, p = self._person_step(gaps), self.p
            state[:, :p] = np.einsum("nkl,nl->nk", own.phi, x[:, :p])
            state[:, :p] += np.einsum("nkl,nl->nk", own.shock_root, z[:, :p])
            state[:, :p] += np.einsum("nkl,nl->nk", own.integral, constant_input[:, :p])
            retained[:, :p] = np.einsum("nkk->nk", own.phi)
        return (state if self.session_map is None else state @ self.session_map.T), retained

    def _step(self, gap: float) -> _Transition:
        if gap not in self._steps:
            phi = expm(self.web.drift * gap)
            core = transitions(self.parameters.drift, self.parameters.diffusion, np.array([gap]))[1][0]
            shocks = self.free_covariance - phi @ self.free_covariance @ phi.T
            root = self._root(shocks, core, "diffusion")
            integral = integrated_input(self.web.drift, np.eye(len(phi)), np.array([gap]))[0]
            self._steps[gap] = _Transition(phi, root, integral)
        return self._steps[gap]

    def _root(self, covariance: Array, core: Array, name: str) -> Array:
        """Return a block-triangular root, so that the same normals give the tracked constructs what they had alone.

        Cholesky factors move little when a link is switched off, so that the same normals still mean the same.
        """
        p = self.p
        root = np.zeros_like(covariance)
        root[:p, :p] = covariance_root(core, name) if self.web.terms.closed else np.linalg.cholesky(covariance[:p, :p])
        if len(covariance) > p:
            root[p:, :p] = np.linalg.lstsq(root[:p, :p], covariance[:p, p:], rcond=None)[0].T
            root[p:, p:] = np.linalg.cholesky(covariance[p:, p:] - root[p:, :p] @ root[p:, :p].T)
        return root

    def _person_step(self, gaps: Array) -> _Transition:
        assert self.person_drift is not None
        drift, P = self.person_drift, self.core_covariance
        phi = expm(drift * gaps[:, None, None])
        # Q = P − Phi P Phi', and ∫_0^u exp(A v) dv = A⁻¹ (Phi − I)
        shocks = P - phi @ P @ phi.transpose(0, 2, 1)
        integral = np.asarray(np.linalg.solve(drift, phi - np.eye(self.p)), dtype=np.float64)
        return _Transition(phi, covariance_root(shocks, "diffusion"), integral)


def deterministic_part(web: Web, parameter_set: ParameterSet, people: People, weeks: Array, first: Array) -> Array:
    """Return the part of the true values without dynamics (n, rows, m): levels, changes and an uncarried trend.

    weeks (n, rows). first (n, 1): week of each person's first row, from which a carried trend counts. All constructs
    change at the rate of the tracked ones.
    """
    specification, parameters = parameter_set.specification, parameter_set.parameters
    m, p = web.terms.moving, specification.p
    carried = specification.trend is Trend.CARRIED
    elapsed = weeks - first if carried else weeks
    if specification.random_slopes:
        share = slope_basis(specification, parameters, weeks, weeks - first)
    elif carried:
        share = share_of_change(
            rate_of_course(parameters, specification.planned_end), elapsed, specification.planned_end
        )
    else:
        share = elapsed / specification.planned_end
    person_part = people.level[:, None, :m] + share[:, :, None] * people.change[:, None, :]
    if carried:
        # standard units: values at the first session have mean 0
        assert parameters.start_mean is not None
        core = parameters.level_mean + (parameters.start_mean - web.start_mean[:p])
        mean = np.concatenate([core, -web.start_mean[p:]])
        return mean + person_part
    plain = replace(specification, random_slopes=False)
    trend = mean_trajectories(plain, parameters, np.hstack([first, weeks]), np.zeros((len(weeks), p)))[:, 1:]
    person_part[:, :, :p] += trend
    return person_part
