"""The true trajectories of a cohort: the model's state, and every process that a scenario adds.

For person i at row j the true value is level_mean + level + f(t) change + s + h. The state s holds the carried trend
and the fluctuation, ds = (A s + B + (A − diag A) h) dt + G dW, with the effect of therapy B of the person's arm. The
lasting displacement h does not decay, and acts on the other constructs as s does. With every process off this is
`draws.draw_true_values`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from securebase.errors import ModelError
from securebase.measurement.constructs import construct
from securebase.model.equations import require, share_of_change, slope_basis, stationary_covariance, transitions
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Array, Parameters
from securebase.model.processes import AllianceGate, Processes, Support
from securebase.model.simulate.between_sessions import LifeEventProcess, SuddenGainProcess
from securebase.model.simulate.draws import covariance_root, integrated_input, mean_trajectories, start_covariance
from securebase.model.simulate.dropout import LeavingProcess
from securebase.model.simulate.emotional_work import CorrectiveProcess, RetellingProcess
from securebase.model.simulate.people import People, effect_vector
from securebase.model.simulate.ruptures import RuptureProcess
from securebase.model.simulate.streams import Streams
from securebase.model.specification import Specification, Trend
from securebase.model.standardised import rate_of_course
from securebase.records.vocabulary import Ending


@dataclass(frozen=True, eq=False)
class Attendance:
    """Attendance and external displacements.

    days (n, sessions): of all planned sessions, the first on day 0. last (n,): the session after which random dropout
    ends a course. shocks (n, sessions, p): displacements of the state, which decay as the drift lets them.
    """

    days: Array
    last: NDArray[np.int64]
    shocks: Array


@dataclass(frozen=True, eq=False)
class SimulatedCourses:
    """Simulated trajectories, and the processes with their events.

    true (n, sessions, p), after (n, follow-ups, p): in standard units; rows past a person's last session are undefined.
    held (n,): sessions that took place. endings (n). provided (n, sessions): support that the therapist provides.
    """

    true: Array
    after: Array
    held: NDArray[np.int64]
    endings: tuple[Ending, ...]
    provided: Array
    ruptures: RuptureProcess
    life_events: LifeEventProcess
    sudden_gains: SuddenGainProcess
    corrective: CorrectiveProcess
    retellings: RetellingProcess


@dataclass(frozen=True, eq=False)
class _Transition:
    """Discrete-time step over one gap of each person (n, p, p each).

    phi = exp(A u), shock_root with L L' the shock covariance, integral = ∫_0^u exp(A v) dv for a constant input.
    """

    phi: Array
    shock_root: Array
    integral: Array


class _Dynamics:
    """Transitions of all persons, by the mean drift or by person-specific drifts (n, p, p)."""

    def __init__(self, parameters: Parameters, person_drift: Array | None) -> None:
        self.parameters, self.person_drift = parameters, person_drift
        if person_drift is not None:
            # one stationary covariance for all persons, as in the fitted model (decision 0007)
            self._P = stationary_covariance(parameters.drift, parameters.diffusion)

    def step(self, gaps: Array) -> _Transition:
        gaps = np.round(gaps, 9)
        drift = self.person_drift
        if drift is None:
            unique, index = np.unique(gaps, return_inverse=True)
            phi, shocks = transitions(self.parameters.drift, self.parameters.diffusion, unique)
            integral = integrated_input(self.parameters.drift, np.eye(phi.shape[-1]), unique)
            return _Transition(phi[index], covariance_root(shocks, "diffusion")[index], integral[index])
        p = drift.shape[-1]
        phi = expm(drift * gaps[:, None, None])
        # Q = P − Phi P Phi', and ∫_0^u exp(A v) dv = A⁻¹ (Phi − I)
        shocks = self._P - phi @ self._P @ phi.transpose(0, 2, 1)
        integral = np.asarray(np.linalg.solve(drift, phi - np.eye(p)), dtype=np.float64)
        return _Transition(phi, covariance_root(shocks, "diffusion"), integral)


def true_courses(
    parameter_set: ParameterSet,
    processes: Processes,
    people: People,
    attendance: Attendance,
    *,
    rng: np.random.Generator,
    streams: Streams,
) -> SimulatedCourses:
    """Draw the course of every person: the state from `rng`, every process from its own stream."""
    return _CourseSimulation(parameter_set, processes, people, attendance, streams).run(rng)


class _CourseSimulation:
    def __init__(
        self,
        parameter_set: ParameterSet,
        processes: Processes,
        people: People,
        attendance: Attendance,
        streams: Streams,
    ) -> None:
        specification, parameters = parameter_set.specification, parameter_set.parameters
        self.specification, self.parameters, self.processes, self.people = specification, parameters, processes, people
        self.n, self.rows = attendance.days.shape
        self.weeks = attendance.days / specification.days_per_unit
        self.shocks, self.streams = attendance.shocks, streams
        self.held = attendance.last.copy()
        self.endings = [Ending.PLANNED if k == self.rows else Ending.LEFT for k in attendance.last]
        positions = {name: i for i, name in enumerate(specification.constructs)}
        self.alliance, self.symptoms = positions.get("alliance"), positions.get("symptoms")
        self.stress, self.support = positions.get("interpersonal_stress"), positions.get("social_support")
        _check_requirements(processes, positions)
        self.after_session = np.array([construct(c).moment == "after" for c in specification.constructs])
        size = (self.n, self.rows, streams)
        self.ruptures = RuptureProcess(processes.ruptures, *size)
        self.life_events = LifeEventProcess(processes.life_events, *size)
        self.sudden_gains = SuddenGainProcess(processes.sudden_gains, *size)
        self.corrective = CorrectiveProcess(processes.corrective_experiences, *size)
        self.retellings = RetellingProcess(processes.tellings, *size)
        self.leaving = LeavingProcess(processes.leaving, *size)
        self.dynamics = _Dynamics(parameters, people.drift)
        drift = parameters.drift if people.drift is None else people.drift
        # A − diag A: a lasting displacement acts on the other constructs, not on its own
        self.cross_drift = np.broadcast_to(
            drift * (1.0 - np.eye(specification.p)), (self.n, specification.p, specification.p)
        )
        self.deterministic = _deterministic_part(specification, parameters, people, self.weeks, self.weeks[:, :1])
        self.gate = np.ones(self.n)
        self.h = np.zeros((self.n, specification.p))
        self.supplied, self.taken_over = np.zeros(self.n), np.zeros(self.n)
        self.provided = np.zeros((self.n, self.rows))

    def run(self, rng: np.random.Generator) -> SimulatedCourses:
        p = self.specification.p
        start_root = covariance_root(start_covariance(self.specification, self.parameters), "start covariance")
        x = rng.standard_normal((self.n, p)) @ start_root.T
        if self.specification.trend is Trend.CARRIED:
            x = x + require(self.parameters.start_mean, "start_mean")
        true = np.empty((self.n, self.rows, p))
        for j in range(self.rows):
            # drawn for all persons, so that one person's dropout changes nobody else's draws
            z = rng.standard_normal((self.n, p)) if j else np.zeros((self.n, p))
            present = self.held > j
            retained = np.ones((self.n, p))
            if j:
                step = self.dynamics.step(self.weeks[:, j] - self.weeks[:, j - 1])
                x = np.where(present[:, None], self._propagate(x, step, z, self._therapy_input()), x)
                retained = np.einsum("nkk->nk", step.phi)
            x = self._between_sessions(j, x, present, true)
            true[:, j] = self._session(j, x, present, retained)
            self._end_early(j, present, true)
        after = self._follow_up(x)
        return SimulatedCourses(
            true,
            after,
            self.held,
            tuple(self.endings),
            self.provided,
            self.ruptures,
            self.life_events,
            self.sudden_gains,
            self.corrective,
            self.retellings,
        )

    def _propagate(self, x: Array, step: _Transition, z: Array, therapy_input: Array) -> Array:
        """Return Phi s + L z + ∫_0^Δt exp(A v) dv (B + (A − diag A) h), the state s (`x`) after a gap Δt."""
        constant_input = therapy_input + np.einsum("nkl,nl->nk", self.cross_drift, self.h)
        state: Array = np.einsum("nkl,nl->nk", step.phi, x) + np.einsum("nkl,nl->nk", step.shock_root, z)
        state += np.einsum("nkl,nl->nk", step.integral, constant_input)
        return state

    def _therapy_input(self) -> Array:
        """Return the therapy effect (n, p) until the next session; the alliance gates all constructs but itself."""
        factor = np.repeat(self.gate[:, None], self.specification.p, axis=1)
        if self.alliance is not None:
            factor[:, self.alliance] = 1.0
        return self.people.push * factor

    def _between_sessions(self, j: int, x: Array, present: NDArray[np.bool_], true: Array) -> Array:
        x = x + self.shocks[:, j] * present[:, None]
        if j and self.symptoms is not None:
            gap = self.weeks[:, j] - self.weeks[:, j - 1]
            previous = true[:, j - 1]
            stress = previous[:, self.stress] if self.stress is not None else np.zeros(self.n)
            weight = self.life_events.before_session(j, present, previous[:, self.symptoms], stress, gap)
            if weight.any():
                x = x + weight[:, None] * effect_vector(self.processes.life_events.moves, self.specification.constructs)
            fall = self.sudden_gains.before_session(j, present & self.people.is_treated)
            lasting_share = self.processes.sudden_gains.stays
            x[:, self.symptoms] -= (1.0 - lasting_share) * fall
            self.h[:, self.symptoms] -= lasting_share * fall
        return x

    def _session(self, j: int, x: Array, present: NDArray[np.bool_], retained: Array) -> Array:
        """Return true values (n, p) at session j.

        Lasting changes within the session show at once in constructs rated after it, in the others from the next
        session on.
        """
        names, attends = self.specification.constructs, present & self.people.is_treated
        self._supply_support(j, attends)
        before = self.deterministic[:, j] + x + self.h
        if self.alliance is None:
            return before
        alliance = before[:, self.alliance]
        transient, lasting = self.ruptures.at_session(j, attends, alliance, retained[:, self.alliance])
        x[:, self.alliance] += transient
        added = np.zeros_like(self.h)
        added[:, self.alliance] += lasting
        corrective = self.corrective.at_session(j, attends, alliance)
        if corrective.any():
            added += corrective[:, None] * effect_vector(self.processes.corrective_experiences.moves, names)
        relative_fall = self.retellings.at_session(j, attends, self.weeks[:, j])
        if relative_fall.any():
            added += relative_fall[:, None] * effect_vector(self.processes.tellings.moves, names)
        self.h += added
        # constructs rated before the session cannot show its effect yet
        values = self.deterministic[:, j] + x + self.h - np.where(self.after_session, 0.0, added)
        self.gate = _gate_factor(self.processes.gate, values[:, self.alliance], self.people, attends, self.gate)
        return values

    def _supply_support(self, j: int, attends: NDArray[np.bool_]) -> None:
        """Add the support that the therapist supplies at session j, and the part that the network has taken over."""
        support = self.processes.support
        if not support.size or self.support is None:
            return
        week = self.weeks[:, j]
        total, network_share = _support_at(support, week, self.specification.planned_end)
        self.h[:, self.support] += np.where(attends, total - self.supplied, 0.0)
        self.supplied = np.where(attends, total, self.supplied)
        self.taken_over = np.where(attends, total * network_share, self.taken_over)
        self.provided[:, j] = np.where(attends, total * (1.0 - network_share), 0.0)

    def _end_early(self, j: int, present: NDArray[np.bool_], true: Array) -> None:
        if self.alliance is None or self.symptoms is None:
            return
        values = true[:, j]
        improvement = true[:, 0, self.symptoms] - values[:, self.symptoms]
        improved, drops_out = self.leaving.after_session(
            j,
            present & (self.held > j + 1) & self.people.is_treated,
            values[:, self.alliance],
            values[:, self.symptoms],
            improvement,
        )
        for mask, ending in ((improved, Ending.ENOUGH), (drops_out, Ending.LEFT)):
            self.held[mask] = j + 1
            for i in np.flatnonzero(mask):
                self.endings[i] = ending

    def _follow_up(self, x: Array) -> Array:
        """Return true values (n, follow-ups, p) at weeks after each person's last session."""
        follow_up_weeks, p = self.processes.after_the_end.follow_ups, self.specification.p
        after = np.empty((self.n, len(follow_up_weeks), p))
        if not follow_up_weeks:
            return after
        if self.processes.support.size and self.support is not None:
            self.h[:, self.support] -= self.supplied - self.taken_over
        z = self.streams.normals("follow_up", self.n, len(follow_up_weeks), p)
        retained = np.where(self.people.is_treated, self.processes.after_the_end.kept, 1.0)
        therapy_input = self._therapy_input() * retained[:, None]
        last_week = np.array([self.weeks[i, k - 1] for i, k in enumerate(self.held)])
        deterministic = _deterministic_part(
            self.specification,
            self.parameters,
            self.people,
            last_week[:, None] + np.array(follow_up_weeks),
            self.weeks[:, :1],
        )
        for k, week in enumerate(follow_up_weeks):
            step = self.dynamics.step(np.full(self.n, week - (follow_up_weeks[k - 1] if k else 0.0)))
            x = self._propagate(x, step, z[:, k], therapy_input)
            after[:, k] = deterministic[:, k] + x + self.h
        return after


def _deterministic_part(
    specification: Specification, parameters: Parameters, people: People, weeks: Array, first: Array
) -> Array:
    """Return the part of the true values without dynamics (n, rows, p): levels, changes and an uncarried trend.

    weeks (n, rows). first (n, 1): week of each person's first row, from which a carried trend counts.
    """
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
    person_part = people.level[:, None, :] + share[:, :, None] * people.change[:, None, :]
    if carried:
        return parameters.level_mean + person_part
    mean = mean_trajectories(
        replace(specification, random_slopes=False), parameters, np.hstack([first, weeks]), np.zeros_like(people.level)
    )
    return mean[:, 1:] + person_part


def _support_at(support: Support, week: Array, planned_end: float) -> tuple[Array, Array]:
    """Return the total support at a week of therapy (n,), and the share that the client's network has taken over."""
    total = support.size * (np.minimum(week / support.ramp, 1.0) if support.ramp else np.ones_like(week))
    return total, support.handed_over * np.minimum(week / planned_end, 1.0)


def _gate_factor(
    gate: AllianceGate, alliance: Array, people: People, attends: NDArray[np.bool_], previous: Array
) -> Array:
    """Return the factor (n,) on the therapy effect until the next session, linear in the alliance and bounded."""
    if not gate.slope:
        return previous
    gated = attends & np.array([arm.gated for arm in people.arms], dtype=bool)
    return np.where(gated, np.clip(1.0 + gate.slope * (alliance - gate.centre), gate.least, gate.most), previous)


def _check_requirements(processes: Processes, positions: Mapping[str, int]) -> None:
    """Raise ModelError where a process needs a construct that the scenario does not simulate."""
    alliance = bool(
        processes.ruptures.chance
        or processes.corrective_experiences.chance
        or processes.tellings.chance
        or processes.gate.slope
        or processes.leaving.good_enough
        or processes.leaving.unhappy
    )
    events = bool(processes.life_events.independent or processes.life_events.dependent or processes.sudden_gains.chance)
    for name, needed in (
        ("alliance", alliance),
        ("symptoms", events or bool(processes.leaving.good_enough or processes.leaving.unhappy)),
        ("social_support", bool(processes.support.size)),
    ):
        if needed and name not in positions:
            raise ModelError(
                f"a process of this scenario needs “{name}”, which it does not simulate",
                advice=f"It simulates {', '.join(positions)}.",
            )
