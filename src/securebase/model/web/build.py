"""The equations of the web, solved from its statements: drift, shocks, levels and mean course of all K constructs.

The true value of person i at session j is level_mean + level + f(t) change + x + h, as in `simulate/courses.py`.
Between two sessions u weeks apart x becomes T (Phi x + shocks + input), with Phi = exp(A u) and T = (I − S)⁻¹ for
effects within a session. Every state keeps the variance that it states: the diffusion is scaled until it does. Levels
are b = (I − B)⁻¹ e. The tracked constructs keep drift, levels and mean course of their parameter set; while no edge
enters them they are exactly that model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.linalg import expm, solve_continuous_lyapunov, solve_discrete_lyapunov

from securebase.errors import ModelError
from securebase.model.equations import stationary_covariance
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Array, Parameters
from securebase.model.states import ConstructState, Layer
from securebase.model.web.network import MatrixEntry, Web
from securebase.model.web.terms import Path, Terms

#: a construct whose movement or level others explain to more than this share is refused
MOST_EXPLAINED = 0.90
#: share of the long-run multiplier of effects between tracked constructs that holds between persons too, a judgement
_CORE_CARRIES = 0.3
_ITERATIONS, _TOLERANCE = 400, 1e-12
#: relative error of a stated variance that a slow solution may leave
_ACCEPTED = 1e-6


def build_web(parameter_set: ParameterSet, states: Mapping[str, ConstructState], terms: Terms) -> Web:
    """Solve the equations of the web. Raises ModelError naming the construct whose edges explain too much of it."""
    builder = _Builder(parameter_set, states, terms)
    return builder.build()


class _Builder:
    def __init__(self, parameter_set: ParameterSet, states: Mapping[str, ConstructState], terms: Terms) -> None:
        self.set, self.parameters, self.terms = parameter_set, parameter_set.parameters, terms
        self.p, self.m, self.K = terms.core, terms.moving, len(terms.names)
        self.states = states
        self.outside = [states[name] for name in terms.names[self.p :]]
        self.core_covariance = stationary_covariance(self.parameters.drift, self.parameters.diffusion)
        level = self.parameters.level_covariance
        self.level_variance = np.array([*np.diag(level), *(s.level_share for s in self.outside)])
        movement = [1.0 - s.level_share for s in self.outside[: self.m - self.p]]
        self.variance = np.array([*np.diag(self.core_covariance), *movement])
        self.sd, self.level_sd = np.sqrt(self.variance), np.sqrt(self.level_variance)
        standard = self.level_sd.copy()
        standard[: self.m] = np.sqrt(self.level_variance[: self.m] + self.variance)
        own_noise = [(1.0 - s.reliability) / s.reliability for s in self.outside]
        self.noise = np.array([*self.parameters.measurement_noise[: self.p], *own_noise])
        self.standard = standard
        self.entries: list[MatrixEntry] = []
        self.events = {name: (s.chance, s.weight) for name, s in states.items() if s.layer is Layer.EVENT}

    def build(self) -> Web:
        A, S = self._drift(), self._within_session()
        T = np.asarray(np.linalg.inv(np.eye(self.m) - S))
        diffusion, covariance, explained = self._movement(A, T)
        B, residual, level_explained = self._levels(A)
        moved = self._moved(A)
        terms, core_parameters = self._changes(B, residual)
        start_mean, therapy_effect, response, stated = self._course(A, T)
        own_change = [0.0] * self.p + [s.own_change for s in self.outside[: self.m - self.p]]
        return Web(
            terms=terms,
            core_parameters=core_parameters,
            drift=A,
            diffusion=diffusion,
            covariance=covariance,
            within_session=S,
            sd=self.sd,
            level_paths=B,
            level_residual=residual,
            level_sd=self.level_sd,
            moved=moved,
            start_mean=start_mean,
            therapy_effect=therapy_effect,
            course_response=response,
            stated_courses=stated,
            change_sd=np.array(own_change),
            noise=self.noise,
            explained=explained,
            level_explained=level_explained,
            entries=tuple(self.entries),
            events=self.events,
            index_weights=self._index_weights(B, residual, covariance),
            reliabilities=self._reliabilities(),
        )

    def _index_weights(self, B: Array, residual: Array, movement: Array) -> dict[str, Array]:
        """Return the weights (K,) of every index whose parts are simulated: its SD is 1 at the first session."""
        level_map = np.linalg.inv(np.eye(self.K) - B)
        total = level_map @ residual @ level_map.T
        total[: self.m, : self.m] += movement
        result = {}
        for name, state in self.states.items():
            if state.layer is Layer.INDEX and set(state.parts) <= set(self.terms.names):
                weights = np.array([state.parts.get(part, 0.0) for part in self.terms.names])
                result[name] = weights / np.sqrt(weights @ total @ weights)
        return result

    def _reliabilities(self) -> dict[str, float]:
        tracked = dict(zip(self.terms.names, 1.0 / (1.0 + self.noise[: self.p]), strict=False))
        return {name: float(r) for name, r in tracked.items()} | {n: s.reliability for n, s in self.states.items()}

    def _scale(self, path: Path) -> float:
        """Return the ratio of the SDs of movement of end and origin; 0 where the origin does not move."""
        return float(self.sd[path.end] / self.sd[path.origin]) if self.sd[path.origin] else 0.0

    def _level_scale(self, path: Path) -> float:
        """Return the ratio of the SDs of levels of end and origin; 0 where the origin's levels do not differ."""
        return float(self.level_sd[path.end] / self.level_sd[path.origin]) if self.level_sd[path.origin] else 0.0

    def _add(self, matrix: Array, name: str, path: Path, value: float) -> None:
        matrix[path.end, path.origin] += value
        self.entries.append(MatrixEntry(path.id, name, path.end, path.origin, value))

    def _drift(self) -> Array:
        A = np.zeros((self.m, self.m))
        A[: self.p, : self.p] = self.parameters.drift
        rates = [-np.log(s.persistence) for s in self.outside[: self.m - self.p]]
        A[range(self.p, self.m), range(self.p, self.m)] = -np.array(rates)
        r = -np.diag(A)
        for path in self.terms.lags:
            scale = self._scale(path)
            self._add(A, "drift", path, path.size / week_factor(r[path.origin], r[path.end]) * scale)
        eigenvalue = np.linalg.eigvals(A).real.max()
        if eigenvalue >= 0:
            raise ModelError(
                f"the web is not stable: its drift has the eigenvalue {eigenvalue:.3g}",
                advice="Reduce the sizes of edges that form a loop.",
            )
        return A

    def _within_session(self) -> Array:
        S = np.zeros((self.m, self.m))
        for path in self.terms.same_session:
            self._add(S, "within_session", path, path.size * self._scale(path))
        if np.linalg.matrix_power(S, self.m).any():
            raise ModelError("edges within a session form a loop", advice="Give one of them a lag of a week.")
        return S

    def _movement(self, A: Array, T: Array) -> tuple[Array, Array, dict[str, float]]:
        """Scale the shocks until the movement of every construct at weekly sessions has the variance that it states."""
        correlation = np.eye(self.m)
        core = self.parameters.diffusion
        root = np.sqrt(np.diag(core))
        correlation[: self.p, : self.p] = core / np.outer(root, root)
        d = np.array([*np.diag(core), *(-2.0 * np.diag(A) * self.variance)[self.p :]])
        phi = expm(A)
        for _ in range(_ITERATIONS):
            diffusion = np.sqrt(np.outer(d, d)) * correlation
            free = solve_continuous_lyapunov(A, -diffusion)
            shocks = free - phi @ free @ phi.T
            covariance = solve_discrete_lyapunov(T @ phi, T @ shocks @ T.T)
            ratio = self.variance / np.diag(covariance)
            if np.abs(ratio - 1.0).max() < _TOLERANCE:
                break
            d = d * ratio
        alone = -2.0 * np.diag(A) * self.variance
        alone[: self.p] = np.diag(core)
        explained = {name: float(1.0 - d[i] / alone[i]) for i, name in enumerate(self.terms.names[: self.m])}
        self._refuse(explained, "movement", (*self.terms.lags, *self.terms.same_session))
        if np.abs(ratio - 1.0).max() > _ACCEPTED:
            raise ModelError(
                "the shocks of the web have no solution", advice="Reduce the sizes of edges that form a loop."
            )
        return diffusion, (covariance + covariance.T) / 2, explained

    def _levels(self, A: Array) -> tuple[Array, Array, dict[str, float]]:
        """Solve paths and residuals of the levels: tracked ones keep their covariance, others their variance."""
        B = np.zeros((self.K, self.K))
        r = -np.diag(A)
        lags = {e.edge: e.value for e in self.entries if e.matrix == "drift"}
        for path in self.terms.lags:
            if path.carries:
                # in SDs of levels what the multiplier is in SDs of movement
                multiplier = lags[path.id] / r[path.end] * self.sd[path.origin] / self.sd[path.end]
                scale = self._level_scale(path)
                self._add(B, "level_paths", path, path.carries * multiplier * scale)
        if not self.terms.closed:
            self._carry_core(A, B)
        published = [path for path in self.terms.levels if path.published]
        for path in self.terms.levels:
            if not path.published:
                scale = self._level_scale(path)
                self._add(B, "level_paths", path, path.size * scale)
        target = np.diag(self.level_variance)
        target[: self.p, : self.p] = self.parameters.level_covariance
        free = np.eye(self.K, dtype=bool)
        free[: self.p, : self.p] = True
        residual = target.copy()
        aimed = {path.id: path.size * self.standard[path.end] * self.standard[path.origin] for path in published}
        solved = dict.fromkeys(aimed, 0.0)
        for _ in range(_ITERATIONS):
            M = np.linalg.inv(np.eye(self.K) - B)
            covariance = M @ residual @ M.T
            miss = np.where(free, target - covariance, 0.0)
            wanted = np.array([aimed[path.id] - covariance[path.end, path.origin] for path in published])
            if np.abs(miss).max() < _TOLERANCE and (not len(wanted) or np.abs(wanted).max() < _TOLERANCE):
                break
            residual = residual + 0.7 * miss
            for path, gap in zip(published, wanted, strict=True):
                B[path.end, path.origin] += 0.7 * gap / self.level_variance[path.origin]
                solved[path.id] += 0.7 * gap / self.level_variance[path.origin]
        else:
            raise ModelError("the levels of the web have no solution", advice="Reduce the paths between persons.")
        self.entries += [MatrixEntry(p.id, "level_paths", p.end, p.origin, solved[p.id]) for p in published]
        explained = {
            name: float(1.0 - residual[i, i] / self.level_variance[i]) if self.level_variance[i] else 0.0
            for i, name in enumerate(self.terms.names)
        }
        self._refuse(explained, "level", (*self.terms.levels, *self.terms.lags))
        if np.linalg.eigvalsh(residual)[0] < 0:
            raise ModelError(
                "the levels of the tracked constructs do not leave room for the paths into them",
                advice="Reduce `carries_levels`, or the paths between persons into them.",
            )
        return B, residual, explained

    def _refuse(self, explained: Mapping[str, float], what: str, paths: tuple[Path, ...]) -> None:
        for name, share in explained.items():
            if share > MOST_EXPLAINED:
                ids = ", ".join(p.id for p in paths if self.terms.names[p.end] == name)
                raise ModelError(
                    f"the edges into “{name}” explain {share:.0%} of its {what} (at most {MOST_EXPLAINED:.0%})",
                    advice=f"Reduce the sizes of {ids}.",
                )

    def _carry_core(self, A: Array, B: Array) -> None:
        """Let the levels of tracked constructs act on each other, so that what enters one of them reaches the others.

        Their covariance stays as stated: the residuals make room.
        """
        for end in range(self.p):
            for origin in range(self.p):
                if end != origin:
                    multiplier = A[end, origin] / -A[end, end] * self.sd[origin] / self.sd[end]
                    B[end, origin] += _CORE_CARRIES * multiplier * self.level_sd[end] / self.level_sd[origin]

    def _changes(self, B: Array, residual: Array) -> tuple[Terms, Parameters]:
        """Solve the paths to changes, and what is left of the own changes of the tracked constructs.

        A published path gives the correlation of the start with the planned end. The changes of the tracked constructs
        are c = Γ z + S b + ε, with the covariances with their levels b, and among each other, that their set states.
        """
        paths = self.terms.changes
        into_core = [path for path in (*paths, *self.terms.change_moderators) if path.end < self.p]
        p, parameters = self.p, self.parameters
        change, cross = parameters.change_covariance, parameters.level_change_covariance
        if change is None:
            change = np.zeros((p, p))
        if cross is None:
            cross = np.zeros((p, p))
        M = np.linalg.inv(np.eye(self.K) - B)
        levels = M @ residual @ M.T
        standard = np.where(self.level_sd > 0, self.level_sd, 1.0)
        z = levels / np.outer(standard, standard)
        core_z = levels[:p] / standard
        own = np.array([s.own_change**2 for s in self.outside[: self.m - p]])
        end_variance = self.standard[: self.m] ** 2
        end_variance[:p] += np.diag(change) + 2.0 * np.diag(cross)
        end_variance[p:] += own
        sizes = {path.id: path.size for path in (*paths, *self.terms.change_moderators)}
        for path in paths:
            if path.published:
                sizes[path.id] = 0.0
        for _ in range(_ITERATIONS):
            gamma = np.zeros((self.m, self.K))
            for path in (*paths, *self.terms.change_moderators):
                gamma[path.end, path.origin] += sizes[path.id]
            rest = cross - core_z @ gamma[:p].T
            slope = np.linalg.lstsq(levels[:p, :p], rest, rcond=None)[0].T
            with_levels = gamma @ z
            with_levels[:p] += slope @ core_z
            gaps = [
                path.size * np.sqrt(end_variance[path.end]) * self.standard[path.origin] / standard[path.origin]
                - levels[path.end, path.origin] / standard[path.origin]
                - with_levels[path.end, path.origin]
                for path in paths
                if path.published
            ]
            if not gaps or max(map(abs, gaps)) < _TOLERANCE:
                break
            for path, gap in zip([path for path in paths if path.published], gaps, strict=True):
                sizes[path.id] += 0.7 * gap
        else:
            raise ModelError("the changes of the web have no solution", advice="Reduce the sizes of paths to changes.")
        solved = replace(self.terms, changes=tuple(replace(path, size=float(sizes[path.id])) for path in paths))
        if not into_core:
            return solved, parameters
        G = gamma[:p]
        explained = G @ z @ G.T + slope @ levels[:p, :p] @ slope.T + G @ core_z.T @ slope.T + slope @ core_z @ G.T
        left = change - explained
        if np.linalg.eigvalsh(left)[0] < 0:
            raise ModelError(
                "the edges that act on changes explain more than the tracked constructs change",
                advice=f"Reduce the sizes of {', '.join(path.id for path in into_core)}.",
            )
        # in the words of `draw_persons`: slope = cross' Σ⁻¹, residual = change − slope cross
        return solved, replace(parameters, change_covariance=left + slope @ rest, level_change_covariance=rest)

    def _moved(self, A: Array) -> Array:
        """Return the input (m, m) per unit of a lasting displacement: lags, and paths from the level of slow states.

        A displaced attachment moves what its level would move, to r · path in the long run.
        """
        moved: Array = A * (1.0 - np.eye(self.m))
        self.entries += [replace(e, matrix="moved") for e in self.entries if e.matrix == "drift"]
        levels = {path.id for path in self.terms.levels}
        for e in [e for e in self.entries if e.matrix == "level_paths" and e.edge in levels]:
            if self.p <= e.column < self.m and e.row < self.m:
                value = -A[e.row, e.row] * e.value
                moved[e.row, e.column] += value
                self.entries.append(replace(e, matrix="moved", value=value))
        return moved

    def _course(self, A: Array, T: Array) -> tuple[Array, Array, Array, tuple[int, ...]]:
        """Solve the initial mean and therapy's effect so that the stated changes are met by the planned end.

        Weekly sessions are assumed. Where no change is stated, only edges move the mean. Tracked constructs change as
        in their own model.
        """
        weeks = round(self.set.specification.planned_end)
        phi = expm(A)
        step, response_step = T @ phi, T @ np.linalg.solve(A, phi - np.eye(self.m))
        powers = [np.linalg.matrix_power(step, k) for k in range(weeks + 1)]
        growth: Array = powers[-1] - np.eye(self.m)
        response: Array = np.sum(powers[:-1], axis=0) @ response_step
        core_start, core_effect = self.parameters.start_mean, self.parameters.therapy_effect
        if core_start is None or core_effect is None:
            # a trend that is not carried belongs to the tracked constructs alone
            core_start = core_effect = np.zeros(self.p)
        core_growth = expm(self.parameters.drift * weeks) - np.eye(self.p)
        natural = dict(enumerate(core_growth @ core_start))
        therapy = dict(enumerate(np.linalg.solve(self.parameters.drift, core_growth @ core_effect)))
        for i, s in enumerate(self.outside[: self.m - self.p], start=self.p):
            if s.natural_change is not None:
                natural[i] = s.natural_change
            added = self.terms.therapy_change.get(s.construct, s.therapy_change)
            if added is not None:
                therapy[i] = added
        start_mean, effect = solve_rows(growth, natural), solve_rows(response, therapy)
        if self.terms.closed:
            start_mean[: self.p], effect[: self.p] = core_start, core_effect
        return start_mean, effect, response, tuple(therapy)


def solve_rows(matrix: Array, wanted: Mapping[int, float]) -> Array:
    """Return values so that matrix @ values has the rows wanted; values of all other rows are 0."""
    rows, values = list(wanted), np.zeros(len(matrix))
    values[rows] = np.linalg.solve(matrix[np.ix_(rows, rows)], np.array(list(wanted.values())))
    return values


def week_factor(a: float, b: float) -> float:
    """Return ∫_0^1 exp(−a v) exp(−b (1 − v)) dv, the effect after a week of a unit drift between decay rates a, b."""
    return float(np.exp(-a)) if abs(a - b) < 1e-9 else float((np.exp(-b) - np.exp(-a)) / (a - b))
