"""Person-specific drift: the weekly effects of chosen edges deviate from the mean effects by u, on the standard scale.

With D the diagonal of the stationary covariance P of the mean parameters and Phi = D^-½ exp(A) D^½, a client has
    A(u) = D^½ log(Phi + Σ_e u_e E_e) D^-½,   GG'(u) = −(A(u) P + P A(u)').
P is common to all clients and the diffusion follows. With a common diffusion instead, variances and contemporaneous
correlations would depend on the lagged effects, and two series that are merely high on the same days would count as
evidence of a lagged effect. With P fixed only the temporal order informs u, and a standardised effect stays
standardised (decision 0007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.linalg import logm

from securebase.errors import ModelError
from securebase.model.arguments import PARAMETERS_ADVICE, check_instance, check_pairs
from securebase.model.equations import UnstableDriftError, stationary_covariance
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification
from securebase.model.standardised import Edge, standardised_effects

#: The matrix logarithm by Gauss–Legendre quadrature is exact to rounding while every eigenvalue of Phi has a real part
#: above this.
_MIN_EIGENVALUE = 0.06
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_QUADRATURE_NODES, _QUADRATURE_WEIGHTS = 0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS


class DeviatingEffects:
    """Map from deviations u (k,) of the edges' standardised effects per time unit to a client's parameters.

    mean (k,): the effects at u = 0. Edges are (from, to).
    """

    def __init__(self, specification: Specification, parameters: Parameters, edges: Sequence[Edge]) -> None:
        """Raise ModelError for an unknown edge, or a drift that is not the principal logarithm of its effects."""
        check_instance(parameters, Parameters, "parameters", advice=PARAMETERS_ADVICE)
        self.edges: tuple[Edge, ...] = check_pairs(
            edges, "edges must be pairs (from, to)", advice='Write [("alliance", "symptoms")].'
        )
        index = {c: i for i, c in enumerate(specification.constructs)}
        for start, end in self.edges:
            if start not in index or end not in index or start == end:
                raise ModelError(
                    f"“{start}” to “{end}” is not an edge between two constructs of this model",
                    advice=f"Its constructs are {', '.join(index)}.",
                )
        if not self.edges or len(set(self.edges)) < len(self.edges):
            raise ModelError("edges is empty or has duplicates", advice="Name each edge that varies once.")
        self.base = parameters
        self.stationary = stationary_covariance(parameters.drift, parameters.diffusion)
        self._sd = np.sqrt(np.diag(self.stationary))
        self._phi = standardised_effects(parameters.drift, self.stationary)
        self._rows = np.array([index[b] for _, b in self.edges])
        self._columns = np.array([index[a] for a, _ in self.edges])
        self.mean: Array = self._phi[self._rows, self._columns]
        if np.abs(self._drift(np.zeros(self.k)) - parameters.drift).max() > 1e-8 * np.abs(parameters.drift).max():
            raise ModelError(
                "the drift oscillates so fast that its effects over one time unit do not determine it",
                advice="Use a shorter time unit.",
            )

    @property
    def k(self) -> int:
        return len(self.edges)

    def parameters(self, u: Array) -> Parameters:
        """Return the client's parameters. Raises UnstableDriftError where no stable drift has these effects and P."""
        drift = self._drift(u)
        diffusion = -(drift @ self.stationary + self.stationary @ drift.T)
        if not np.isfinite(drift).all() or np.linalg.eigvalsh(diffusion)[0] <= 0:
            raise UnstableDriftError
        return replace(self.base, drift=drift, diffusion=0.5 * (diffusion + diffusion.T))

    def pull_back(self, u: Array, gradient: Parameters) -> Array:
        """Return ∂u (k,) from the gradient of a likelihood along the client's parameters (see `likelihood`)."""
        along = self._derivatives(u) * self._sd[:, None] / self._sd[None, :]
        # d GG' = −(dA P + P dA'), and ∂GG' is symmetric
        total = gradient.drift - 2.0 * gradient.diffusion @ self.stationary
        u_gradient: Array = np.einsum("ij,eij->e", total, along)
        return u_gradient

    def shock_penalty(self, u: Array, usual: Array) -> tuple[float, Array]:
        """Return the log-prior (up to a constant) of a pseudo-observation of the usual shocks, and its gradient (k,).

        With S = GG'(u) and S0 = `usual` (p, p) it is −½ [log|S| + tr(S⁻¹ S0) − log|S0| − p], the expected log-density
        of one time unit with shocks S0: 0 with zero gradient at S = S0, and −∞ where S becomes singular. Raises
        UnstableDriftError like `parameters`.
        """
        S = self.parameters(u).diffusion
        S_inverse = np.linalg.inv(S)
        ratio = S_inverse @ usual
        value = -0.5 * float(-np.linalg.slogdet(ratio)[1] + np.trace(ratio) - len(S))
        slope = -0.5 * (S_inverse - ratio @ S_inverse)
        along = self._derivatives(u) * self._sd[:, None] / self._sd[None, :]
        return value, -2.0 * np.einsum("ij,eij->e", slope @ self.stationary, along)

    def _effects(self, u: Array) -> Array:
        """Return Phi + Σ_e u_e E_e (p, p)."""
        phi = self._phi.copy()
        phi[self._rows, self._columns] += u
        return phi

    def _drift(self, u: Array) -> Array:
        """Return A(u) by the matrix logarithm. Raises UnstableDriftError where it has no stable real one."""
        phi = self._effects(u)
        eigenvalues = np.linalg.eigvals(phi)
        if np.abs(eigenvalues).max() >= 1 or ((eigenvalues.real <= 0) & (np.abs(eigenvalues.imag) < 1e-12)).any():
            raise UnstableDriftError
        if eigenvalues.real.min() < _MIN_EIGENVALUE:
            log = np.asarray(np.real(logm(phi)), dtype=np.float64)
        else:
            # log M = ∫_0^1 (M − I) (I + t (M − I))⁻¹ dt
            less = phi - np.eye(len(phi))
            log = np.asarray(np.einsum("t,tij->ij", _QUADRATURE_WEIGHTS, less @ _resolvents(less)), dtype=np.float64)
        drift: Array = log * self._sd[:, None] / self._sd[None, :]
        return drift

    def _derivatives(self, u: Array) -> Array:
        """Return the derivative of the logarithm along each edge (k, p, p).

        It is ∫_0^1 R_t E R_t dt with R_t = (I + t (M − I))⁻¹.
        """
        phi, p = self._effects(u), len(self._phi)
        if np.linalg.eigvals(phi).real.min() >= _MIN_EIGENVALUE:
            R = _resolvents(phi - np.eye(p))
            derivatives: Array = np.einsum(
                "t,tie,tej->eij", _QUADRATURE_WEIGHTS, R[:, :, self._rows], R[:, self._columns, :]
            )
            return derivatives
        # the upper right block of log [[M, E], [0, M]] is the Fréchet derivative along E
        derivatives = np.empty((self.k, p, p))
        for e, (row, column) in enumerate(zip(self._rows, self._columns, strict=True)):
            block = np.zeros((2 * p, 2 * p))
            block[:p, :p] = block[p:, p:] = phi
            block[row, p + column] = 1.0
            derivatives[e] = np.real(logm(block))[:p, p:]
        return derivatives


def _resolvents(less: Array) -> Array:
    """Return (I + t X)⁻¹ at every node t."""
    return np.asarray(np.linalg.inv(np.eye(len(less)) + _QUADRATURE_NODES[:, None, None] * less), dtype=np.float64)
