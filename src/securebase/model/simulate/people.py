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
from securebase.model.simulate.draws import covariance_root, draw_persons, integrated_input
from securebase.model.simulate.streams import Streams
from securebase.model.simulate.web_process import draw_levels
from securebase.model.specification import Trend
from securebase.model.standardised import drift_from_effects, standardised_effects
from securebase.model.web.network import Web
from securebase.model.web.plan import STYLE_SPREAD, style_centre
from securebase.records.vocabulary import ProblemArea

#: spectral radius of weekly effects beyond which a person-specific drift is shrunk towards the mean drift
_MAX_EIGENVALUE = 0.93
#: condition number of the eigenvectors beyond which the matrix logarithm is computed without them
_MAX_CONDITION = 1e6


@dataclass(frozen=True, eq=False)
class People:
    """n persons with the K constructs of a web, of which m move and the first p are tracked.

    level (n, K), change (n, m): deviations from the mean level and change, with covariate and therapist effects. push
    (n, m): therapy effect by arm. arms (n). brought (n, b): time-invariant covariates. therapist (n,) or None. drift
    (n, p, p) or None: person-specific drift of the tracked constructs. effects (n, k) or None: the standardised weekly
    effects that vary. problems (n) or None: problem areas, where treatments differ by problem.
    """

    level: Array
    change: Array
    push: Array
    arms: tuple[Arm, ...]
    brought: Array
    therapist: NDArray[np.int64] | None = None
    drift: Array | None = None
    effects: Array | None = None
    problems: tuple[ProblemArea, ...] | None = None

    @property
    def is_treated(self) -> NDArray[np.bool_]:
        return np.array([arm.sessions for arm in self.arms], dtype=bool)


def draw_people(
    parameter_set: ParameterSet,
    processes: Processes,
    arms: tuple[Arm, ...],
    rng: np.random.Generator,
    streams: Streams,
    *,
    web: Web,
    style: str = "",
) -> People:
    """Draw levels from `rng` and everything else from the process streams. arms: one per person.

    style: attachment style of all persons; empty for the whole range.
    """
    specification, n = parameter_set.specification, len(arms)
    names, p, m = web.names[: web.terms.moving], specification.p, web.terms.moving
    given, brought = {}, np.zeros((n, len(processes.brings)))
    if processes.brings:
        brought = _draw_covariates(processes.brings, streams.normals("brings", n, len(processes.brings)))
        given = {b.name: brought[:, k] for k, b in enumerate(processes.brings) if b.name in web.names[p:]}
    if style:
        own = np.array(style_centre(style)) + STYLE_SPREAD * streams.normals("web_style", n, 2)
        given |= {"attachment_anxiety": own[:, 0], "attachment_avoidance": own[:, 1]}
    level = np.zeros((n, len(web.names)))

    def map_levels(normals: Array) -> Array:
        # where no edge enters the tracked constructs, their residuals are their levels
        residuals = normals @ covariance_root(web.level_residual[:p, :p], "level_covariance").T
        level[:] = draw_levels(web, residuals, streams, given)
        return level[:, :p]

    persons = draw_persons(
        specification,
        web.core_parameters,
        n,
        rng,
        change_normals=lambda *s: streams.normals("own_change", *s),
        map_levels=map_levels,
    )
    level[:, :p] = persons.level
    change = np.zeros((n, m))
    change[:, :p] = persons.change
    change[:, p:] = streams.normals("web_change", n, m - p) * web.change_sd[p:]
    therapist = None
    treated = np.array([[float(arm.sessions)] for arm in arms]).reshape(n, 1)
    if processes.therapists.number:
        k = processes.therapists.number
        therapist = _take_turns(arms, k)
        core = names[:p]
        z = streams.normals("therapists", k, 2 * p)
        level[:, :p] += treated * (z[:, :p] * effect_vector(processes.therapists.on_level, core))[therapist]
        change[:, :p] += treated * (z[:, p:] * effect_vector(processes.therapists.on_change, core))[therapist]
    if processes.brings:
        level[:, :m] += brought @ np.array([effect_vector(b.on_level, names) for b in processes.brings])
        change += brought @ np.array([effect_vector(b.on_change, names) for b in processes.brings])
    standard = level / np.where(web.level_sd > 0, web.level_sd, 1.0)
    for path in web.terms.changes:
        change[:, path.end] += path.size * standard[:, path.origin]
    for path in web.terms.change_moderators:
        change[:, path.end] += path.size * standard[:, path.origin] * treated[:, 0]
    problems = None
    if any(match.size for match in web.terms.matches):
        areas = (ProblemArea.GRIEF, ProblemArea.ROLE_DISPUTE, ProblemArea.ROLE_TRANSITION)
        problems = tuple(areas[k] for k in _take_turns(arms, len(areas)))
        suited = np.array([arm.suits.get(area.value, 0.0) for arm, area in zip(arms, problems, strict=True)])
        for match in web.terms.matches:
            change[:, match.end] += match.size * suited
    pushes = _therapy_pushes(parameter_set, arms, web)
    people = People(level, change, pushes, arms, brought, therapist, problems=problems)
    varying = tuple(e for e in processes.person_effects if e.sd > 0)
    if varying and not web.terms.closed:
        raise ModelError(
            "person-specific effects cannot be combined with edges of the web into the tracked constructs",
            advice="Remove [[own_effect]], or set enters_core = false.",
        )
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


def _take_turns(arms: tuple[Arm, ...], number: int) -> NDArray[np.int64]:
    """Assign therapists, or problems, in turn within each arm, so that every arm has clients of each."""
    counts: dict[str, int] = {}
    turns = []
    for arm in arms:
        turns.append(counts.get(arm.id, 0) % number)
        counts[arm.id] = counts.get(arm.id, 0) + 1
    return np.array(turns, dtype=np.int64)


def effect_vector(by_construct: Sizes, names: tuple[str, ...]) -> Array:
    """Return a table construct → number as a vector in the order of `names`.

    Raises ModelError for an unknown construct.
    """
    unknown = [name for name in by_construct if name not in names]
    if unknown:
        raise ModelError(f"“{unknown[0]}” is not a construct of this scenario", advice=f"It has {', '.join(names)}.")
    return np.array([by_construct.get(name, 0.0) for name in names])


def _therapy_pushes(parameter_set: ParameterSet, arms: tuple[Arm, ...], web: Web) -> Array:
    """Return the therapy effect (n, m) of each person's arm.

    An arm with share s of the gain at the planned end T has B' with J B' = s · J B, J = ∫_0^T exp(A v) dv. Where no
    change is stated, there is no effect of therapy but that of the edges. A direct arm has B' = s · B.
    """
    specification, parameters = parameter_set.specification, parameter_set.parameters
    p, m, B = specification.p, web.terms.moving, web.therapy_effect
    same_in_all_arms = all(arm.otherwise == 1.0 and not arm.adds for arm in arms)
    if specification.trend is not Trend.CARRIED or parameters.therapy_effect is None:
        if not same_in_all_arms:
            raise ModelError(
                f"arms differ in the therapy effect, but the trend is {specification.trend.value}",
                advice="Use a parameter set whose trend is carried.",
            )
        return np.zeros((len(arms), m))
    if same_in_all_arms:
        return np.tile(B, (len(arms), 1))
    J = web.course_response
    by_arm = {}
    for arm in {arm.id: arm for arm in reversed(arms)}.values():
        share = np.array([arm.share(c) for c in web.names[:m]])
        if arm.direct:
            by_arm[arm.id] = share * B
            continue
        gain = share * (J @ B)
        known = [i for i in web.stated_courses if i >= p] if web.terms.closed else list(web.stated_courses)
        by_arm[arm.id] = np.zeros(m)
        if web.terms.closed:
            # the tracked constructs by their own model, to the last digit
            core = integrated_input(parameters.drift, np.eye(p), np.array([specification.planned_end]))[0]
            by_arm[arm.id][:p] = np.linalg.solve(core, share[:p] * (core @ B[:p]))
        rest = (gain - J[:, :p] @ by_arm[arm.id][:p])[known]
        by_arm[arm.id][known] = np.linalg.solve(J[np.ix_(known, known)], rest)
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
