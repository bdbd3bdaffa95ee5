"""The persons of a cohort before therapy: levels, changes, covariates, therapists and lagged effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.arms import Arm
from securebase.model.equations import stationary_covariance
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Array
from securebase.model.processes import PersonEffect, Processes, SimulatedCovariate, Sizes
from securebase.model.simulate.draws import draw_persons, integrated_input
from securebase.model.simulate.streams import Streams
from securebase.model.specification import Trend
from securebase.model.standardised import drift_from_effects, standardised_effects

#: spectral radius of weekly effects beyond which a person-specific drift is shrunk towards the mean drift
_MAX_EIGENVALUE = 0.93
#: condition number of the eigenvectors beyond which the matrix logarithm is computed without them
_MAX_CONDITION = 1e6


@dataclass(frozen=True, eq=False)
class People:
    """n persons with p constructs.

    level, change (n, p): deviations from the mean level and change, with covariate and therapist effects. push (n, p):
    therapy effect by arm. arms (n). brought (n, b): time-invariant covariates. therapist (n,) or None. drift (n, p, p)
    or None: person-specific drift. effects (n, k) or None: the standardised weekly effects that vary.
    """

    level: Array
    change: Array
    push: Array
    arms: tuple[Arm, ...]
    brought: Array
    therapist: NDArray[np.int64] | None = None
    drift: Array | None = None
    effects: Array | None = None

    @property
    def is_treated(self) -> NDArray[np.bool_]:
        return np.array([arm.sessions for arm in self.arms], dtype=bool)


def draw_people(
    parameter_set: ParameterSet, processes: Processes, arms: tuple[Arm, ...], rng: np.random.Generator, streams: Streams
) -> People:
    """Draw levels from `rng` and everything else from the process streams. arms: one per person."""
    specification, n = parameter_set.specification, len(arms)
    names = specification.constructs
    persons = draw_persons(
        specification, parameter_set.parameters, n, rng, change_normals=lambda *s: streams.normals("own_change", *s)
    )
    level, change = persons.level, persons.change
    therapist = None
    if processes.therapists.number:
        k = processes.therapists.number
        therapist = _assign_therapists(arms, k)
        treated = np.array([[arm.sessions] for arm in arms])
        z = streams.normals("therapists", k, 2 * len(names))
        level = level + treated * (z[:, : len(names)] * effect_vector(processes.therapists.on_level, names))[therapist]
        change = (
            change + treated * (z[:, len(names) :] * effect_vector(processes.therapists.on_change, names))[therapist]
        )
    brought = np.zeros((n, len(processes.brings)))
    if processes.brings:
        brought = _draw_covariates(processes.brings, streams.normals("brings", n, len(processes.brings)))
        level = level + brought @ np.array([effect_vector(b.on_level, names) for b in processes.brings])
        change = change + brought @ np.array([effect_vector(b.on_change, names) for b in processes.brings])
    people = People(level, change, _therapy_pushes(parameter_set, arms), arms, brought, therapist)
    varying = tuple(e for e in processes.person_effects if e.sd > 0)
    return _add_person_effects(people, parameter_set, varying, streams) if varying else people


def _draw_covariates(brings: Sequence[SimulatedCovariate], own: Array) -> Array:
    """Return covariates (n, k) from normals of their own: what each follows and its own part, with variance 1.

    Raises ModelError if one follows a covariate that is not listed before it, or is determined by those it follows.
    """
    names = [covariate.name for covariate in brings]
    brought, R = own.copy(), np.eye(len(names))
    for k, covariate in enumerate(brings):
        if unknown := [name for name in covariate.follows if name not in names[:k]]:
            raise ModelError(f"“{covariate.name}” follows “{unknown[0]}”, which must be listed before it")
        paths = np.array([covariate.follows.get(name, 0.0) for name in names[:k]])
        R[k, :k] = R[:k, k] = R[:k, :k] @ paths
        explained = float(paths @ R[:k, k])
        if explained >= 1.0:
            raise ModelError(
                f"“{covariate.name}”: others must explain less than 100% of its variance (got {explained:.0%})"
            )
        brought[:, k] = brought[:, :k] @ paths + np.sqrt(1.0 - explained) * own[:, k]
    return brought


def _assign_therapists(arms: tuple[Arm, ...], number: int) -> NDArray[np.int64]:
    """Assign therapists in turn within each arm, so that every therapist has clients in every arm."""
    counts: dict[str, int] = {}
    therapists = []
    for arm in arms:
        therapists.append(counts.get(arm.id, 0) % number)
        counts[arm.id] = counts.get(arm.id, 0) + 1
    return np.array(therapists, dtype=np.int64)


def effect_vector(by_construct: Sizes, names: tuple[str, ...]) -> Array:
    """Return a table construct → number as a vector in the order of `names`.

    Raises ModelError for an unknown construct.
    """
    unknown = [name for name in by_construct if name not in names]
    if unknown:
        raise ModelError(f"“{unknown[0]}” is not a construct of this scenario", advice=f"It has {', '.join(names)}.")
    return np.array([by_construct.get(name, 0.0) for name in names])


def _therapy_pushes(parameter_set: ParameterSet, arms: tuple[Arm, ...]) -> Array:
    """Return the therapy effect (n, p) of each person's arm.

    An arm with share s of the gain at the planned end T has B' with J B' = s · J B, J = ∫_0^T exp(A v) dv.
    """
    specification, parameters = parameter_set.specification, parameter_set.parameters
    B = parameters.therapy_effect
    same_in_all_arms = all(arm.otherwise == 1.0 and not arm.adds for arm in arms)
    if specification.trend is not Trend.CARRIED or B is None:
        if not same_in_all_arms:
            raise ModelError(
                f"arms differ in the therapy effect, but the trend is {specification.trend.value}",
                advice="Use a parameter set whose trend is carried.",
            )
        return np.zeros((len(arms), specification.p))
    if same_in_all_arms:
        return np.tile(B, (len(arms), 1))
    J = integrated_input(parameters.drift, np.eye(len(B)), np.array([specification.planned_end]))[0]
    by_arm = {}
    for arm in {arm.id: arm for arm in reversed(arms)}.values():
        share = np.array([arm.share(c) for c in specification.constructs])
        by_arm[arm.id] = np.linalg.solve(J, share * (J @ B))
    return np.array([by_arm[arm.id] for arm in arms])


def _add_person_effects(
    people: People, parameter_set: ParameterSet, varying: tuple[PersonEffect, ...], streams: Streams
) -> People:
    """Draw each person's drift from lagged effects that vary around the mean effects.

    The stationary covariance P is common to all persons and the diffusion follows, −(A_i P + P A_i'), as in the fitted
    model (decision 0007). Effects without a stable drift are shrunk towards the mean in steps of a tenth.
    """
    names = parameter_set.specification.constructs
    parameters = parameter_set.parameters
    P = stationary_covariance(parameters.drift, parameters.diffusion)
    mean = standardised_effects(parameters.drift, P)
    sd = np.sqrt(np.diag(P))
    rows = [names.index(e.end) for e in varying]
    columns = [names.index(e.begin) for e in varying]
    z = streams.normals("own_effects", len(people.arms), len(varying)) * np.array([e.sd for e in varying])
    drift, effects = np.empty((len(z), len(names), len(names))), np.empty_like(z)
    for i, deviation in enumerate(z):
        for factor in np.arange(10, -1, -1) / 10:
            phi = mean.copy()
            phi[rows, columns] += factor * deviation
            candidate = _person_drift(phi, sd)
            # the diffusion must be positive definite
            if candidate is not None and np.linalg.eigvalsh(-(candidate @ P + P @ candidate.T))[0] > 0:
                break
        else:
            candidate = parameters.drift
        drift[i], effects[i] = candidate, phi[rows, columns]
    return replace(people, drift=drift, effects=effects)


def _person_drift(effects: Array, sd: Array) -> Array | None:
    """Return the drift (p, p) of standardised weekly effects (p, p), or None where no stable real drift has them."""
    eigenvalues, V = np.linalg.eig(effects)
    real = np.abs(eigenvalues.imag) < 1e-12
    if np.abs(eigenvalues).max() >= _MAX_EIGENVALUE or (eigenvalues.real[real] <= 0).any():
        return None
    if np.linalg.cond(V) >= _MAX_CONDITION:
        return drift_from_effects(effects, sd)
    # log Phi = V diag(log λ) V⁻¹: equals scipy's matrix logarithm, a hundred times faster
    drift: Array = ((V * np.log(eigenvalues)) @ np.linalg.inv(V)).real * sd[:, None] / sd[None, :]
    return drift
