"""The web during a simulation: non-linear terms, events and levels of n persons (`docs/explanation/simulation.md`)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from securebase.model.mechanism import SizeScale
from securebase.model.parameters import Array
from securebase.model.simulate.streams import Streams
from securebase.model.theory import EdgeForm
from securebase.model.web.network import Web
from securebase.model.web.terms import Push

#: nodes and weights for the mean of a gate over a standard normal
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
#: bound of the log of a rate ratio, so that no person has events every day
_MOST_LOG_RATE = 2.0


class WebProcess:
    """Non-linear terms and events of the web for n persons."""

    def __init__(self, web: Web, level: Array, planned_end: float) -> None:
        """Prepare the terms for persons with these levels (n, K)."""
        self.web, self.planned_end = web, planned_end
        self.level_z = level / np.where(web.level_sd > 0, web.level_sd, 1.0)
        self.held = tuple(push for push in web.terms.pushes if not push.at_once)
        self.at_once = tuple(push for push in web.terms.pushes if push.at_once)
        r = -np.diag(web.drift)
        # a push held for a week moves its end by its size after that week, whatever the persistence
        self.week_scale = r / -np.expm1(-r) * web.sd
        self.counts: dict[str, Array] = {}

    @property
    def needs_mean(self) -> bool:
        """True if deviations from the mean course are needed."""
        return bool(self.web.terms.pushes or self.web.terms.causes or self.web.terms.effects)

    def held_input(self, z: Array, values: Array, week: Array) -> Array:
        """Return the input (n, m) until the next session. z (n, m): deviations in SDs; values (n, K); week (n,)."""
        pushed = np.zeros_like(z)
        for push in self.held:
            pushed[:, push.end] += push.size * self.week_scale[push.end] * self._strength(push, z, values, week)
        return pushed

    def add_at_once(self, x: Array, z: Array, values: Array, week: Array, present: NDArray[np.bool_]) -> None:
        """Add the non-linear terms within this session to the state x (n, m) of those present (n,), in place."""
        for push in self.at_once:
            added = push.size * self.web.sd[push.end] * self._strength(push, z, values, week)
            x[:, push.end] += np.where(present, added, 0.0)

    def _strength(self, push: Push, z: Array, values: Array, week: Array) -> Array:
        clip = push.parameters.clip
        origin = np.clip(self._z(push.origin, z), -clip, clip)
        if push.form is EdgeForm.INVERTED_U:
            # mean 0, so that the mean course does not move
            return np.asarray(origin**2 - 1.0)
        if push.form is EdgeForm.GATE:
            if push.moderator is not None:
                return np.asarray(origin * self._gate(push, values[:, push.moderator]))
            mean = float(self._gate(push, _NODES) @ _WEIGHTS / _WEIGHTS.sum())
            return np.asarray(self._gate(push, values[:, push.origin]) - mean)
        if push.phase:
            return np.asarray(origin * np.minimum(week / self.planned_end, 1.0))
        assert push.moderator is not None
        moderator = self.level_z[:, push.moderator] if push.of_levels else self._z(push.moderator, z)
        return np.asarray(origin * np.clip(moderator, -clip, clip))

    def _z(self, k: int, z: Array) -> Array:
        return z[:, k] if k < self.web.terms.moving else self.level_z[:, k]

    @staticmethod
    def _gate(push: Push, value: Array) -> Array:
        return np.asarray(expit(push.parameters.steepness * (value - push.parameters.needs)))

    def log_rate(self, event: str, values: Array) -> Array:
        """Return the log of the rate ratio of an event (n,) at true values (n, K)."""
        total = np.zeros(len(values))
        for cause in self.web.terms.causes:
            if cause.event == event and cause.scale is SizeScale.LOG_RATE:
                total += cause.size * values[:, cause.origin]
        return np.clip(total, -_MOST_LOG_RATE, _MOST_LOG_RATE)

    def chance_factor(self, event: str, z: Array) -> Array:
        """Return the factor (n,) on the chance of an event: 2 / (1 + exp(−size z)) for each cause and its moderator."""
        factor = np.ones(len(z))
        for cause in self.web.terms.causes:
            if cause.event == event and cause.scale is SizeScale.LOG_ODDS and cause.size:
                factor *= 2.0 * expit(cause.size * self._z(cause.origin, z))
                if cause.moderator is not None:
                    factor *= 2.0 * expit(self._z(cause.moderator, z))
        return factor

    def apply_event(
        self,
        event: str,
        weight: Array,
        x: Array,
        lasting: Array,
        *,
        z: Array,
        scaled: Mapping[int, Array],
        surprise: Array | float = 1.0,
    ) -> None:
        """Add the effects of an event of this weight (n,) to the state and to the lasting displacements, in place.

        scaled: factor (n,) by the position of the construct moved. surprise (n,): how much the event disproved.
        """
        happened = weight != 0
        count = self.counts.setdefault(event, np.zeros(len(weight)))
        count += happened
        for effect in self.web.terms.effects:
            if effect.event != event:
                continue
            size = effect.size * weight * scaled.get(effect.end, 1.0)
            if effect.moderator is not None:
                size = size * 2.0 * expit(self._z(effect.moderator, z))
            if effect.by_surprise:
                size = size * surprise
            if effect.saturates is not None:
                size = size * np.exp(-(count - 1.0) / effect.saturates)
            target = lasting if effect.lasting else x
            target[:, effect.end] += np.where(happened, size, 0.0)


class OwnEvents:
    """Events without a process of their own: they occur in a session with the chance that their state states.

    events: chance and weight by event. occurred: whether the event occurred (n, sessions), 1 or 0, by event.
    """

    def __init__(self, events: Mapping[str, tuple[float, float]], n: int, sessions: int, streams: Streams) -> None:
        self.events = events
        self.occurred = {event: np.zeros((n, sessions)) for event in events}
        self._u = streams.uniforms("web_events", n, sessions, len(events)) if events else np.empty((n, sessions, 0))

    def at_session(self, j: int, present: NDArray[np.bool_]) -> dict[str, Array]:
        """Return the weight (n,) of each event where it occurs in session j (from 0), else 0."""
        weights = {}
        for k, (event, (chance, weight)) in enumerate(self.events.items()):
            occurs = present & (self._u[:, j, k] < chance)
            self.occurred[event][:, j] = occurs
            weights[event] = np.where(occurs, weight, 0.0)
        return weights


def draw_levels(web: Web, core: Array, streams: Streams, given: Mapping[str, Array]) -> Array:
    """Return the levels (n, K) from the residuals of the tracked constructs (n, p).

    given: levels (n,) that are fixed, by construct, in their SDs: an attachment style, a covariate. The residuals of
    untracked constructs are shifted by their expectation given these levels (conditioning by kriging).
    """
    n, p, K = len(core), web.terms.core, len(web.names)
    own = streams.normals("web_levels", n, K - p) * np.sqrt(np.diag(web.level_residual)[p:])
    e = np.concatenate([core, own], axis=1)
    M = web.level_map
    if given:
        rows = [web.index(name) for name in given]
        wanted = np.stack([z * web.level_sd[row] for z, row in zip(given.values(), rows, strict=True)], axis=1)
        residual = web.level_residual[p:, p:]
        cross = residual @ M[rows, p:].T
        shift = np.linalg.solve(M[rows, p:] @ cross, (wanted - e @ M[rows].T).T)
        e[:, p:] += (cross @ shift).T
    b = e @ M.T
    if web.terms.level_products:
        z = b / np.where(web.level_sd > 0, web.level_sd, 1.0)
        for product in web.terms.level_products:
            assert product.moderator is not None
            clip = product.parameters.clip
            strength = np.clip(z[:, product.origin], -clip, clip) * np.clip(z[:, product.moderator], -clip, clip)
            e[:, product.end] += product.size * web.level_sd[product.end] * strength
        b = e @ M.T
    return np.asarray(b)
