"""Who the people of a cohort are before anything happens to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.arms import Arm
from securebase.model.equations import stationary_covariance
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Array, Trend
from securebase.model.processes import PersonEffect, Processes, Sizes
from securebase.model.simulate.draws import draw_persons, gathered_push
from securebase.model.simulate.streams import Streams
from securebase.model.standardised import drift_from_effects, standardised_effects

#: an own drift whose slowest movement keeps more than this from week to week is drawn back towards the mean one
_SLOWEST = 0.93
#: beyond this condition number of its eigenvectors a drift is computed the slow way
_WORST_CONDITION = 1e6


@dataclass(frozen=True, eq=False)
class People:
    """n persons, p constructs. level, change (n, p): around the mean level and change, with what brings, therapists and
    own draws add. push (n, p): of therapy, by arm. drift (n, p, p) or None: own lagged effects. own_effects (n, k): the
    standardised weekly effects that vary. brought (n, b). therapist (n,) or None. arms (n)."""

    level: Array
    change: Array
    push: Array
    arms: tuple[Arm, ...]
    brought: Array
    therapist: NDArray[np.int64] | None = None
    drift: Array | None = None
    own_effects: Array | None = None

    @property
    def treated(self) -> NDArray[np.bool_]:
        return np.array([arm.sessions for arm in self.arms], dtype=bool)


def draw_people(
    of: ParameterSet, happens: Processes, arms: tuple[Arm, ...], rng: np.random.Generator, streams: Streams
) -> People:
    """Levels from `rng`, everything else from streams of its own. `arms`: one a person."""
    n, names = len(arms), of.specification.constructs
    own = draw_persons(of.specification, of.parameters, n, rng, apart=lambda *s: streams.normals("own_change", *s))
    level, change = own.level, own.change
    therapist = None
    if happens.therapists.number:
        k = happens.therapists.number
        therapist = _in_turn(arms, k)
        has = np.array([[arm.sessions] for arm in arms])
        z = streams.normals("therapists", k, 2 * len(names))
        level = level + has * (z[:, : len(names)] * sizes(happens.therapists.on_level, names))[therapist]
        change = change + has * (z[:, len(names) :] * sizes(happens.therapists.on_change, names))[therapist]
    brought = np.zeros((n, len(happens.brings)))
    if happens.brings:
        brought = streams.normals("brings", n, len(happens.brings))
        level = level + brought @ np.array([sizes(b.on_level, names) for b in happens.brings])
        change = change + brought @ np.array([sizes(b.on_change, names) for b in happens.brings])
    made = People(level, change, _pushes(of, arms), arms, brought, therapist)
    varying = tuple(e for e in happens.person_effects if e.sd > 0)
    return _with_own_effects(made, of, varying, streams) if varying else made


def _in_turn(arms: tuple[Arm, ...], number: int) -> NDArray[np.int64]:
    """A therapist for each person, in turn within each arm, so that every therapist has clients in every arm."""
    seen: dict[str, int] = {}
    turns = []
    for arm in arms:
        turns.append(seen.get(arm.id, 0) % number)
        seen[arm.id] = seen.get(arm.id, 0) + 1
    return np.array(turns, dtype=np.int64)


def sizes(by_construct: Sizes, names: tuple[str, ...]) -> Array:
    """A table construct → number as a vector in the order of the constructs. Raises ModelError for an unknown one."""
    unknown = [name for name in by_construct if name not in names]
    if unknown:
        raise ModelError(f"“{unknown[0]}” is no construct of this scenario", advice=f"It has {', '.join(names)}.")
    return np.array([by_construct.get(name, 0.0) for name in names])


def _pushes(of: ParameterSet, arms: tuple[Arm, ...]) -> Array:
    """Push of therapy (n, p) in each person's arm: B' with J B' = share · J B, where J = ∫_0^T exp(A v) dv up to the
    planned end T."""
    B = of.parameters.therapy_effect
    plain = all(arm.otherwise == 1.0 and not arm.adds for arm in arms)
    if of.specification.trend is not Trend.CARRIED or B is None:
        if not plain:
            raise ModelError("arms differ in what therapy adds, which only a carried trend tells apart")
        return np.zeros((len(arms), of.specification.p))
    if plain:
        return np.tile(B, (len(arms), 1))
    J = gathered_push(of.parameters.drift, np.eye(len(B)), np.array([of.specification.planned_end]))[0]
    by_arm = {}
    for arm in dict.fromkeys(arm.id for arm in arms):
        one = next(a for a in arms if a.id == arm)
        share = np.array([one.share(c) for c in of.specification.constructs])
        by_arm[arm] = np.linalg.solve(J, share * (J @ B))
    return np.array([by_arm[arm.id] for arm in arms])


def _with_own_effects(people: People, of: ParameterSet, varying: tuple[PersonEffect, ...], streams: Streams) -> People:
    """Each person's drift from effects of their own around the mean ones. How widely movements spread is everyone's,
    and the shocks follow, as in the model that is fitted.

    A person whose own effects belong to no course is drawn back towards the mean by tenths until they do.
    """
    names = of.specification.constructs
    P = stationary_covariance(of.parameters.drift, of.parameters.diffusion)
    mean = standardised_effects(of.parameters.drift, P)
    spread = np.sqrt(np.diag(P))
    rows = [names.index(e.end) for e in varying]
    columns = [names.index(e.begin) for e in varying]
    z = streams.normals("own_effects", len(people.arms), len(varying)) * np.array([e.sd for e in varying])
    drift, effects = np.empty((len(z), len(names), len(names))), np.empty_like(z)
    for i, aside in enumerate(z):
        for kept in np.arange(10, -1, -1) / 10:
            own = mean.copy()
            own[rows, columns] += kept * aside
            found = _own_drift(own, spread)
            if found is not None and np.linalg.eigvalsh(-(found @ P + P @ found.T))[0] > 0:
                break
        else:
            found = of.parameters.drift
        drift[i], effects[i] = found, own[rows, columns]
    return replace(people, drift=drift, own_effects=effects)


def _own_drift(effects: Array, spread: Array) -> Array | None:
    """Drift (p, p) from standardised weekly effects (p, p), or None where they belong to no course that settles."""
    roots, V = np.linalg.eig(effects)
    real = np.abs(roots.imag) < 1e-12
    if np.abs(roots).max() >= _SLOWEST or (roots.real[real] <= 0).any():
        return None
    if np.linalg.cond(V) >= _WORST_CONDITION:
        return drift_from_effects(effects, spread)
    # the same as the matrix logarithm, a hundred times faster
    drift: Array = ((V * np.log(roots)) @ np.linalg.inv(V)).real * spread[:, None] / spread[None, :]
    return drift
