"""The true trajectories of a cohort: the state of the web, and every process that a scenario adds.

For person i at row j the true value is level_mean + level + f(t) change + s + h. The state s holds the carried trend
and the fluctuation, ds = (A s + B + (A − diag A) h) dt + G dW, with the effect of therapy B of the person's arm. The
lasting displacement h does not decay, and acts on the other constructs as s does. The tracked constructs come first;
while no edge of the web enters them and every process is off, they are `draws.draw_true_values`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.constructs import construct
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Array
from securebase.model.processes import AllianceGate, Processes, Sizes, Support, check_requirements
from securebase.model.simulate.between_sessions import LifeEventProcess, SuddenGainProcess
from securebase.model.simulate.draws import start_covariance
from securebase.model.simulate.dropout import LeavingProcess
from securebase.model.simulate.dynamics import WebDynamics, deterministic_part
from securebase.model.simulate.emotional_work import CorrectiveProcess, RetellingProcess
from securebase.model.simulate.people import People, effect_vector
from securebase.model.simulate.ruptures import RuptureProcess
from securebase.model.simulate.streams import Streams
from securebase.model.simulate.web_process import OwnEvents, WebProcess
from securebase.model.specification import Trend
from securebase.model.web.network import Web
from securebase.records.vocabulary import Ending

#: how much more an experience moves the working model per SD of insecurity, and its bounds; a judgement
_SURPRISE, _SURPRISE_BOUNDS = 0.5, (0.2, 2.5)


@dataclass(frozen=True, eq=False)
class Attendance:
    """Attendance and external displacements.

    days (n, sessions): of all planned sessions, the first on day 0. last (n,): the session after which random dropout
    ends a course. shocks (n, sessions, k): displacements of the state of the first k constructs, k at least p, which
    decay as the drift lets them. displaced (m,) or None: by how much constructs are held above their course from the
    first session to the last, by a warm therapist for example. It acts on others within a session, by week and as a
    level does.
    """

    days: Array
    last: NDArray[np.int64]
    shocks: Array
    displaced: Array | None = None


@dataclass(frozen=True, eq=False)
class SimulatedCourses:
    """Simulated trajectories, and the processes with their events.

    true (n, sessions, K), after (n, follow-ups, K): in standard units; rows past a person's last session are undefined.
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
    own_events: OwnEvents


def true_courses(
    parameter_set: ParameterSet,
    processes: Processes,
    people: People,
    attendance: Attendance,
    *,
    rng: np.random.Generator,
    streams: Streams,
    web: Web,
) -> SimulatedCourses:
    """Draw the course of every person: the tracked states from `rng`, everything else from streams of its own."""
    return _CourseSimulation(parameter_set, processes, people, attendance, streams, web=web).run(rng)


class _CourseSimulation:
    def __init__(
        self,
        parameter_set: ParameterSet,
        processes: Processes,
        people: People,
        attendance: Attendance,
        streams: Streams,
        *,
        web: Web,
    ) -> None:
        specification, parameters = parameter_set.specification, parameter_set.parameters
        self.set, self.specification, self.parameters, self.processes, self.people = (
            parameter_set,
            specification,
            parameters,
            processes,
            people,
        )
        self.web, self.p, self.m, self.K = web, specification.p, web.terms.moving, len(web.names)
        self.names = web.names[: self.m]
        self.n, self.rows = attendance.days.shape
        self.weeks = attendance.days / specification.days_per_unit
        self.shocks, self.streams = attendance.shocks, streams
        self.displaced = np.zeros(self.m) if attendance.displaced is None else attendance.displaced
        # what a displacement adds to other constructs within each session
        self.within = web.session_map @ web.within_session
        self.held = attendance.last.copy()
        self.endings = [Ending.PLANNED if k == self.rows else Ending.LEFT for k in attendance.last]
        positions = {name: i for i, name in enumerate(specification.constructs)}
        self.alliance, self.symptoms = positions.get("alliance"), positions.get("symptoms")
        self.stress, self.support = positions.get("interpersonal_stress"), positions.get("social_support")
        check_requirements(processes, positions)
        self.after_session = np.array([construct(c).moment == "after" for c in self.names])
        size = (self.n, self.rows, streams)
        self.ruptures = RuptureProcess(processes.ruptures, *size)
        self.life_events = LifeEventProcess(processes.life_events, *size)
        self.sudden_gains = SuddenGainProcess(processes.sudden_gains, *size)
        self.corrective = CorrectiveProcess(processes.corrective_experiences, *size)
        self.retellings = RetellingProcess(processes.tellings, *size)
        self.leaving = LeavingProcess(processes.leaving, *size)
        self.own_events = OwnEvents(web.events, self.n, self.rows, streams)
        self.dynamics = WebDynamics(web, parameters, people.drift)
        self.process = WebProcess(web, people.level, specification.planned_end)
        self.deterministic = deterministic_part(web, parameter_set, people, self.weeks, self.weeks[:, :1])
        self.anxiety, self.avoidance = (
            self.names.index(name) if name in self.names else None
            for name in ("attachment_anxiety", "attachment_avoidance")
        )
        self.gate = np.ones(self.n)
        self.h, self.pushed = np.zeros((self.n, self.m)), np.zeros((self.n, self.m))
        self.mean = np.tile(self._start_mean(), (self.n, 1))
        self.supplied, self.taken_over = np.zeros(self.n), np.zeros(self.n)
        self.provided = np.zeros((self.n, self.rows))

    def run(self, rng: np.random.Generator) -> SimulatedCourses:
        p, m = self.p, self.m
        start_root = self.dynamics.start_root(start_covariance(self.specification, self.parameters))
        z = np.concatenate([rng.standard_normal((self.n, p)), self.streams.normals("web_start", self.n, m - p)], axis=1)
        x = z @ start_root.T + self._start_mean() + self._at_once()
        others = self.streams.normals("web_movement", self.n, self.rows, m - p)
        true = np.empty((self.n, self.rows, self.K))
        for j in range(self.rows):
            # drawn for all persons, so that one person's dropout changes nobody else's draws
            z = np.concatenate([rng.standard_normal((self.n, p)) if j else np.zeros((self.n, p)), others[:, j]], axis=1)
            present = self.held > j
            retained = np.ones((self.n, m))
            if j:
                gaps = self.weeks[:, j] - self.weeks[:, j - 1]
                therapy = self._therapy_input()
                moved, retained = self.dynamics.propagate(x, gaps, z, therapy + self._displaced() + self.pushed)
                x = np.where(present[:, None], moved + self._at_once(), x)
                if self.process.needs_mean:
                    self.mean = self.dynamics.propagate(self.mean, gaps, np.zeros_like(z), therapy)[0]
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
            self.own_events,
        )

    def _start_mean(self) -> Array:
        if self.specification.trend is not Trend.CARRIED:
            return np.zeros(self.m)
        return self.web.start_mean

    def _displaced(self) -> Array:
        """Return the input (n, m) of the lasting displacements: (A − diag A) h."""
        moved = (self.h + self.displaced) @ self.web.moved.T
        if self.people.drift is not None:
            p = self.p
            own = self.people.drift * (1.0 - np.eye(p))
            moved[:, :p] = np.einsum("nkl,nl->nk", own, (self.h + self.displaced)[:, :p])
        return moved

    def _at_once(self) -> Array:
        """Return what the lasting displacements add within a session (n, m)."""
        return np.asarray((self.h + self.displaced) @ self.within.T)

    def _therapy_input(self) -> Array:
        """Return the therapy effect (n, m) until the next session; the alliance gates all constructs but itself."""
        factor = np.repeat(self.gate[:, None], self.m, axis=1)
        if self.alliance is not None:
            factor[:, self.alliance] = 1.0
        return self.people.push * factor

    def _deviations(self, x: Array) -> Array:
        """Return the deviations of the state from its mean course (n, m), in SDs."""
        return (x + self.displaced - self.mean) / self.web.sd

    def _between_sessions(self, j: int, x: Array, present: NDArray[np.bool_], true: Array) -> Array:
        before, x = x, x.copy()
        x[:, : self.shocks.shape[2]] += self.shocks[:, j] * present[:, None]
        if j and self.symptoms is not None:
            gap = self.weeks[:, j] - self.weeks[:, j - 1]
            weight = self.life_events.before_session(j, present, self._event_log_rate(true[:, j - 1]), gap)
            if weight.any():
                self._apply("life_events", weight, x, self.h, self.processes.life_events.moves)
            fall = self.sudden_gains.before_session(j, present & self.people.is_treated)
            lasting_share = self.processes.sudden_gains.stays
            x[:, self.symptoms] -= (1.0 - lasting_share) * fall
            self.h[:, self.symptoms] -= lasting_share * fall
        x += (x - before) @ self.within.T
        return x

    def _event_log_rate(self, previous: Array) -> Array:
        """Return the log of the rate ratio of dependent events (n,) at true values of the session before (n, K)."""
        if not self.web.terms.closed:
            return self.process.log_rate("life_events", previous)
        spec = self.processes.life_events
        stress = previous[:, self.stress] if self.stress is not None else np.zeros(self.n)
        rate: Array = spec.with_symptoms * previous[:, self.symptoms] + spec.with_stress * stress
        return rate

    def _apply(self, event: str, weight: Array, x: Array, lasting: Array, moves: Sizes) -> None:
        """Add the effects of an event: on tracked constructs that the web leaves alone, those of the scenario."""
        if self.web.terms.closed and moves:
            # a life event decays, everything else stays
            target = x if event == "life_events" else lasting
            target[:, : self.p] += weight[:, None] * effect_vector(moves, self.specification.constructs)
        scaled = {}
        if event == "corrective_experience" and self.anxiety is not None and self.avoidance is not None:
            insecurity = self.process.level_z[:, [self.anxiety, self.avoidance]].mean(axis=1)
            insecurity = insecurity + self.h[:, [self.anxiety, self.avoidance]].mean(axis=1)
            surprise = np.clip(1.0 + _SURPRISE * insecurity, *_SURPRISE_BOUNDS)
            scaled = {self.anxiety: surprise, self.avoidance: surprise}
        disproved = self.retellings.surprise if event == "retelling" else 1.0
        z = self._deviations(x)
        self.process.apply_event(event, weight, x, lasting, z=z, scaled=scaled, surprise=disproved)

    def _session(self, j: int, x: Array, present: NDArray[np.bool_], retained: Array) -> Array:
        """Return true values (n, K) at session j.

        Lasting changes within the session show at once in constructs rated after it, in the others from the next
        session on.
        """
        attends, week = present & self.people.is_treated, self.weeks[:, j]
        undisturbed = x.copy()
        self._supply_support(j, attends)
        if self.process.at_once:
            self.process.add_at_once(x, self._deviations(x), self._with_traits(self._values(j, x)), week, present)
        added = np.zeros_like(self.h)
        for event, occurs in self.own_events.at_session(j, attends).items():
            self._apply(event, occurs, x, added, {})
        before = self._values(j, x)
        if self.alliance is not None:
            alliance = before[:, self.alliance]
            transient, lasting = self.ruptures.at_session(j, attends, alliance, retained[:, self.alliance])
            x[:, self.alliance] += transient
            added[:, self.alliance] += lasting
            corrective = self.corrective.at_session(j, attends, alliance, self._chance_factor(x))
            if corrective.any():
                moves = self.processes.corrective_experiences.moves
                self._apply("corrective_experience", corrective, x, added, moves)
            relative_fall = self.retellings.at_session(j, attends, week)
            if relative_fall.any():
                self._apply_retelling(relative_fall, x, added)
        x += (x - undisturbed) @ self.within.T
        self.h += added
        # constructs rated before the session cannot show its effect yet
        values = self._values(j, x) - np.where(self.after_session, 0.0, added)
        if self.alliance is not None:
            self.gate = _gate_factor(self.processes.gate, values[:, self.alliance], self.people, attends, self.gate)
        complete = self._with_traits(values)
        if self.process.held:
            self.pushed = self.process.held_input(self._deviations(x), complete, week)
        return complete

    def _chance_factor(self, x: Array) -> Array | float:
        if self.web.terms.closed:
            return 1.0
        return self.process.chance_factor("corrective_experience", self._deviations(x))

    def _apply_retelling(self, relative_fall: Array, x: Array, added: Array) -> None:
        if self.web.terms.closed:
            moves = effect_vector(self.processes.tellings.moves, self.specification.constructs)
            added[:, : self.p] += relative_fall[:, None] * moves
        self._apply("retelling", (relative_fall > 0).astype(np.float64), x, added, {})

    def _values(self, j: int, x: Array) -> Array:
        values: Array = self.deterministic[:, j] + x + self.h + self.displaced
        return values

    def _with_traits(self, values: Array) -> Array:
        """Return values (n, m) with the traits behind them (n, K)."""
        return np.concatenate([values, self.people.level[:, self.m :]], axis=1)

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
        """Return true values (n, follow-ups, K) at weeks after each person's last session."""
        follow_up_weeks, p, m = self.processes.after_the_end.follow_ups, self.p, self.m
        after = np.empty((self.n, len(follow_up_weeks), self.K))
        if not follow_up_weeks:
            return after
        if self.processes.support.size and self.support is not None:
            self.h[:, self.support] -= self.supplied - self.taken_over
        self.displaced = np.zeros(m)
        own = self.streams.normals("follow_up", self.n, len(follow_up_weeks), p)
        others = self.streams.normals("web_follow_up", self.n, len(follow_up_weeks), m - p)
        z = np.concatenate([own, others], axis=2)
        retained = np.where(self.people.is_treated, self.processes.after_the_end.kept, 1.0)
        therapy_input = self._therapy_input() * retained[:, None]
        last_week = np.array([self.weeks[i, k - 1] for i, k in enumerate(self.held)])
        deterministic = deterministic_part(
            self.web,
            self.set,
            self.people,
            last_week[:, None] + np.array(follow_up_weeks),
            self.weeks[:, :1],
        )
        for k, week in enumerate(follow_up_weeks):
            gaps = np.full(self.n, week - (follow_up_weeks[k - 1] if k else 0.0))
            x = self.dynamics.propagate(x, gaps, z[:, k], therapy_input + self._displaced())[0]
            after[:, k] = self._with_traits(deterministic[:, k] + x + self.h)
        return after


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
