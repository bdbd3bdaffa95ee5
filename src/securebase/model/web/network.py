"""The web: the solved equations of all K constructs, and the same web with links switched off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import expm

from securebase.errors import ModelError
from securebase.model.parameters import Array, Parameters
from securebase.model.web.terms import Terms, check_ids


@dataclass(frozen=True, slots=True)
class MatrixEntry:
    """Contribution of an edge to a cell of a matrix of the web: drift, within_session, level_paths or moved."""

    edge: str
    matrix: str
    row: int
    column: int
    value: float


@dataclass(frozen=True, eq=False)
class Web:
    """The simulator of K constructs, of which m move and the first p are tracked. Arrays are in the order of the names.

    core_parameters: of the tracked constructs, with what other edges leave of their own changes. drift, diffusion,
    covariance (m, m): A, GG' and the covariance of x at a session. within_session (m, m): S. sd (m,):
    of x. level_paths (K, K): B. level_residual (K, K): covariance of e. level_sd (K,). moved (m, m): input per unit of
    a lasting displacement. start_mean, therapy_effect (m,). course_response (m, m): change by the planned end per unit
    of therapy's effect; stated_courses: positions whose change is stated. change_sd (m,): own change of untracked
    states. noise (K,): error variance of a rating. explained, level_explained: share of each construct's movement and
    level that others explain. entries: what each edge adds to the matrices. events: chance in a session and weight, by
    event. index_weights: weights (K,) of each index. reliabilities: of a rating, by construct or index.
    """

    terms: Terms
    core_parameters: Parameters
    drift: Array
    diffusion: Array
    covariance: Array
    within_session: Array
    sd: Array
    level_paths: Array
    level_residual: Array
    level_sd: Array
    moved: Array
    start_mean: Array
    therapy_effect: Array
    course_response: Array
    stated_courses: tuple[int, ...]
    change_sd: Array
    noise: Array
    explained: Mapping[str, float]
    level_explained: Mapping[str, float]
    entries: tuple[MatrixEntry, ...]
    events: Mapping[str, tuple[float, float]]
    index_weights: Mapping[str, Array]
    reliabilities: Mapping[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all K constructs."""
        return self.terms.names

    @property
    def level_map(self) -> Array:
        """(I − B)⁻¹ (K, K)."""
        return np.asarray(np.linalg.inv(np.eye(len(self.level_paths)) - self.level_paths))

    @property
    def session_map(self) -> Array:
        """T = (I − S)⁻¹ (m, m)."""
        return np.asarray(np.linalg.inv(np.eye(len(self.within_session)) - self.within_session))

    @property
    def spectral_radius(self) -> float:
        """Largest absolute eigenvalue of a step of one week."""
        return float(np.abs(np.linalg.eigvals(self.session_map @ expm(self.drift))).max())

    def index(self, name: str) -> int:
        """Return the position of a construct. Raises ModelError for one that the web does not have."""
        if name not in self.names:
            raise ModelError(f"“{name}” is not a construct of this web", advice=f"It has {', '.join(self.names)}.")
        return self.names.index(name)


def switch_off(web: Web, ids: Collection[str]) -> Web:
    """Return the web without these links and with nothing else changed: variances and means are not solved again.

    Raises ModelError for an id that belongs to no term.
    """
    terms = web.terms
    check_ids({t.id for t in terms.all}, ids)
    matrices = {name: getattr(web, name).copy() for name in ("drift", "within_session", "level_paths", "moved")}
    for e in web.entries:
        if e.edge in ids:
            matrices[e.matrix][e.row, e.column] -= e.value
    return replace(web, terms=terms.without(ids), **matrices)
