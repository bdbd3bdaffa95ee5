"""The true courses of a cohort: the model's own movements, and everything that happens on the way.

For person i at row j the true value is level_mean + level + change · f(t) + x + h. x holds the carried trend and the
movement, dx = (A x + B u + (A − diag A) h) dt + G dW; h is what was changed for good: it stays where it is, and pushes
the others as x would. With every process off this is `draws.draw_true_values`.
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
from securebase.model.parameters import Array, Parameters, Specification, Trend
from securebase.model.processes import AllianceGate, Processes, Support
from securebase.model.simulate.between_sessions import LifeEventProcess, SuddenGainProcess
from securebase.model.simulate.draws import gathered_push, mean_courses, root, start_covariance
from securebase.model.simulate.dropout import LeavingProcess
from securebase.model.simulate.emotional_work import CorrectiveProcess, TellingProcess
from securebase.model.simulate.people import People, sizes
from securebase.model.simulate.ruptures import RuptureProcess
from securebase.model.simulate.streams import Streams
from securebase.model.standardised import rate_of_course
from securebase.records.vocabulary import Ending


@dataclass(frozen=True, eq=False)
class Attendance:
    """How courses are kept. days (n, sessions): of all planned sessions, the first on day 0. last (n,): the session at
    which chance ends a course. pushes (n, sessions, p) come from outside and fade as the drift lets them."""

    days: Array
    last: NDArray[np.int64]
    pushes: Array


@dataclass(frozen=True, eq=False)
class SimulatedCourses:
    """true (n, sessions, p) and after (n, follow-ups, p), in standard units; rows past a person's last session mean
    nothing. held (n,): sessions that took place. endings (n). provided (n, sessions): support that is the therapist's.
    The processes hold what happened."""

    true: Array
    after: Array
    held: NDArray[np.int64]
    endings: tuple[Ending, ...]
    provided: Array
    ruptures: RuptureProcess
    life_events: LifeEventProcess
    sudden_gains: SuddenGainProcess
    corrective: CorrectiveProcess
    tellings: TellingProcess


@dataclass(frozen=True, eq=False)
class _Step:
    """Over one gap of each person: transition, root of the shocks, and what a steady push adds (n, p, p each)."""

    phi: Array
    shock: Array
    gathered: Array


class _Movement:
    """Steps of everyone, by the mean drift or by each person's own."""

    def __init__(self, parameters: Parameters, own_drift: Array | None) -> None:
        self.parameters, self.own = parameters, own_drift
        if own_drift is not None:
            # how widely things move is everyone's, and the shocks follow: as where own effects are estimated
            self._P = stationary_covariance(parameters.drift, parameters.diffusion)

    def over(self, gaps: Array) -> _Step:
        gaps = np.round(gaps, 9)
        if self.own is None:
            unique, index = np.unique(gaps, return_inverse=True)
            phi, shocks = transitions(self.parameters.drift, self.parameters.diffusion, unique)
            gathered = gathered_push(self.parameters.drift, np.eye(phi.shape[-1]), unique)
            return _Step(phi[index], root(shocks, "diffusion")[index], gathered[index])
        p = self.own.shape[-1]
        phi = expm(self.own * gaps[:, None, None])
        shocks = self._P - phi @ self._P @ phi.transpose(0, 2, 1)
        steady = np.asarray(np.linalg.solve(self.own, phi - np.eye(p)), dtype=np.float64)
        return _Step(phi, root(shocks, "diffusion"), steady)


def true_courses(
    of: ParameterSet,
    happens: Processes,
    people: People,
    kept: Attendance,
    *,
    rng: np.random.Generator,
    streams: Streams,
) -> SimulatedCourses:
    """Draw everyone's course: movements from `rng`, what happens from streams of its own."""
    return _Walk(of, happens, people, kept, streams).through(rng)


class _Walk:
    def __init__(
        self, of: ParameterSet, happens: Processes, people: People, kept: Attendance, streams: Streams
    ) -> None:
        specification, parameters = of.specification, of.parameters
        self.specification, self.parameters, self.happens, self.people = specification, parameters, happens, people
        self.n, self.rows = kept.days.shape
        self.weeks = kept.days / specification.days_per_unit
        self.pushes, self.streams = kept.pushes, streams
        self.held = kept.last.copy()
        self.endings = [Ending.PLANNED if k == self.rows else Ending.LEFT for k in kept.last]
        places = {name: i for i, name in enumerate(specification.constructs)}
        self.alliance, self.symptoms = places.get("alliance"), places.get("symptoms")
        self.stress, self.support = places.get("interpersonal_stress"), places.get("social_support")
        _check_needs(happens, places)
        self.after_session = np.array([construct(c).moment == "after" for c in specification.constructs])
        each = (self.n, self.rows, streams)
        self.ruptures = RuptureProcess(happens.ruptures, *each)
        self.life_events = LifeEventProcess(happens.life_events, *each)
        self.sudden_gains = SuddenGainProcess(happens.sudden_gains, *each)
        self.corrective = CorrectiveProcess(happens.corrective_experiences, *each)
        self.tellings = TellingProcess(happens.tellings, *each)
        self.leaving = LeavingProcess(happens.leaving, *each)
        self.movement = _Movement(parameters, people.drift)
        drift = parameters.drift if people.drift is None else people.drift
        self.beside = np.broadcast_to(
            drift * (1.0 - np.eye(specification.p)), (self.n, specification.p, specification.p)
        )
        self.fixed = _fixed(specification, parameters, people, self.weeks, self.weeks[:, :1])
        self.gate = np.ones(self.n)
        self.h = np.zeros((self.n, specification.p))
        self.supplied, self.handed = np.zeros(self.n), np.zeros(self.n)
        self.provided = np.zeros((self.n, self.rows))

    def through(self, rng: np.random.Generator) -> SimulatedCourses:
        p = self.specification.p
        spread = root(start_covariance(self.specification, self.parameters), "start covariance")
        x = rng.standard_normal((self.n, p)) @ spread.T
        if self.specification.trend is Trend.CARRIED:
            x = x + require(self.parameters.start_mean, "start_mean")
        true = np.empty((self.n, self.rows, p))
        for j in range(self.rows):
            # drawn for everyone, also for those who have left, so that nobody's leaving moves another's draws
            z = rng.standard_normal((self.n, p)) if j else np.zeros((self.n, p))
            here = self.held > j
            kept = np.ones((self.n, p))
            if j:
                step = self.movement.over(self.weeks[:, j] - self.weeks[:, j - 1])
                x = np.where(here[:, None], self._moved(x, step, z, self._push()), x)
                kept = np.einsum("nkk->nk", step.phi)
            x = self._between(j, x, here, true)
            true[:, j] = self._session(j, x, here, kept)
            self._leave(j, here, true)
        after = self._followed(x, true)
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
            self.tellings,
        )

    def _moved(self, x: Array, step: _Step, z: Array, push: Array) -> Array:
        steady = push + np.einsum("nkl,nl->nk", self.beside, self.h)
        moved: Array = np.einsum("nkl,nl->nk", step.phi, x) + np.einsum("nkl,nl->nk", step.shock, z)
        moved += np.einsum("nkl,nl->nk", step.gathered, steady)
        return moved

    def _push(self) -> Array:
        """What therapy pushes (n, p) from the last session on: all but the alliance waits for the gate."""
        opened = np.repeat(self.gate[:, None], self.specification.p, axis=1)
        if self.alliance is not None:
            opened[:, self.alliance] = 1.0
        return self.people.push * opened

    def _between(self, j: int, x: Array, here: NDArray[np.bool_], true: Array) -> Array:
        x = x + self.pushes[:, j] * here[:, None]
        if j and self.symptoms is not None:
            gap = self.weeks[:, j] - self.weeks[:, j - 1]
            before = true[:, j - 1]
            stress = before[:, self.stress] if self.stress is not None else np.zeros(self.n)
            weight = self.life_events.before_session(j, here, before[:, self.symptoms], stress, gap)
            if weight.any():
                x = x + weight[:, None] * sizes(self.happens.life_events.moves, self.specification.constructs)
            fall = self.sudden_gains.before_session(j, here & self.people.treated)
            stays = self.happens.sudden_gains.stays
            x[:, self.symptoms] -= (1.0 - stays) * fall
            self.h[:, self.symptoms] -= stays * fall
        return x

    def _session(self, j: int, x: Array, here: NDArray[np.bool_], kept: Array) -> Array:
        """True values at session j. What happens in it shows at once in what is asked after it, else from the next."""
        names, seen = self.specification.constructs, here & self.people.treated
        self._supply(j, seen)
        sooner = self.fixed[:, j] + x + self.h
        if self.alliance is None:
            return sooner
        alliance = sooner[:, self.alliance]
        now, lasting = self.ruptures.at_session(j, seen, alliance, kept[:, self.alliance])
        x[:, self.alliance] += now
        added = np.zeros_like(self.h)
        added[:, self.alliance] += lasting
        met = self.corrective.at_session(j, seen, alliance)
        if met.any():
            added += met[:, None] * sizes(self.happens.corrective_experiences.moves, names)
        worked = self.tellings.at_session(j, seen, self.weeks[:, j])
        if worked.any():
            added += worked[:, None] * sizes(self.happens.tellings.moves, names)
        self.h += added
        # what is asked before the session cannot show it yet
        shown = self.fixed[:, j] + x + self.h - np.where(self.after_session, 0.0, added)
        self.gate = _opened(self.happens.gate, shown[:, self.alliance], self.people, seen, self.gate)
        return shown

    def _supply(self, j: int, seen: NDArray[np.bool_]) -> None:
        """Support at session j: what the therapist supplies, and what the own network has taken over by then."""
        of = self.happens.support
        if not of.size or self.support is None:
            return
        week = self.weeks[:, j]
        whole, handed = _supplied(of, week, self.specification.planned_end)
        self.h[:, self.support] += np.where(seen, whole - self.supplied, 0.0)
        self.supplied = np.where(seen, whole, self.supplied)
        self.handed = np.where(seen, whole * handed, self.handed)
        self.provided[:, j] = np.where(seen, whole * (1.0 - handed), 0.0)

    def _leave(self, j: int, here: NDArray[np.bool_], true: Array) -> None:
        if self.alliance is None or self.symptoms is None:
            return
        now = true[:, j]
        fallen = true[:, 0, self.symptoms] - now[:, self.symptoms]
        enough, away = self.leaving.after_session(
            j, here & (self.held > j + 1) & self.people.treated, now[:, self.alliance], now[:, self.symptoms], fallen
        )
        for who, ending in ((enough, Ending.ENOUGH), (away, Ending.LEFT)):
            self.held[who] = j + 1
            for i in np.flatnonzero(who):
                self.endings[i] = ending

    def _followed(self, x: Array, true: Array) -> Array:
        """True values at the weeks of follow-up after each person's own last session."""
        at, p = self.happens.after_the_end.follow_ups, self.specification.p
        after = np.empty((self.n, len(at), p))
        if not at:
            return after
        if self.happens.support.size and self.support is not None:
            self.h[:, self.support] -= self.supplied - self.handed
        z = self.streams.normals("follow_up", self.n, len(at), p)
        push = self._push() * np.where(self.people.treated, self.happens.after_the_end.kept, 1.0)[:, None]
        ended = np.array([self.weeks[i, k - 1] for i, k in enumerate(self.held)])
        fixed = _fixed(
            self.specification, self.parameters, self.people, ended[:, None] + np.array(at), self.weeks[:, :1]
        )
        for k, week in enumerate(at):
            step = self.movement.over(np.full(self.n, week - (at[k - 1] if k else 0.0)))
            x = self._moved(x, step, z[:, k], push)
            after[:, k] = fixed[:, k] + x + self.h
        return after


def _fixed(specification: Specification, parameters: Parameters, people: People, weeks: Array, first: Array) -> Array:
    """What needs no walking (n, rows, p): mean level, own level, own change, and a trend that is not carried.

    weeks (n, rows), first (n, 1): the week of each person's first row, from which a carried course counts.
    """
    carried = specification.trend is Trend.CARRIED
    counted = weeks - first if carried else weeks
    if specification.random_slopes:
        share = slope_basis(specification, parameters, weeks, weeks - first)
    elif carried:
        share = share_of_change(
            rate_of_course(parameters, specification.planned_end), counted, specification.planned_end
        )
    else:
        share = counted / specification.planned_end
    own = people.level[:, None, :] + share[:, :, None] * people.change[:, None, :]
    if carried:
        return parameters.level_mean + own
    everyone = mean_courses(
        replace(specification, random_slopes=False), parameters, np.hstack([first, weeks]), np.zeros_like(people.level)
    )
    return everyone[:, 1:] + own


def _supplied(of: Support, week: Array, planned_end: float) -> tuple[Array, Array]:
    """Support at a week of therapy (n,): all of it, and the share of it that the own network has taken over."""
    whole = of.size * (np.minimum(week / of.ramp, 1.0) if of.ramp else np.ones_like(week))
    return whole, of.handed_over * np.minimum(week / planned_end, 1.0)


def _opened(of: AllianceGate, alliance: Array, people: People, seen: NDArray[np.bool_], before: Array) -> Array:
    """Factor (n,) on what therapy pushes until the next session."""
    if not of.slope:
        return before
    waits = seen & np.array([arm.gated for arm in people.arms], dtype=bool)
    return np.where(waits, np.clip(1.0 + of.slope * (alliance - of.centre), of.least, of.most), before)


def _check_needs(happens: Processes, places: Mapping[str, int]) -> None:
    """Raises ModelError where a process is on that moves what is not simulated."""
    alliance = bool(
        happens.ruptures.chance
        or happens.corrective_experiences.chance
        or happens.tellings.chance
        or happens.gate.slope
        or happens.leaving.good_enough
        or happens.leaving.unhappy
    )
    events = bool(happens.life_events.independent or happens.life_events.dependent or happens.sudden_gains.chance)
    for name, needed in (
        ("alliance", alliance),
        ("symptoms", events or bool(happens.leaving.good_enough or happens.leaving.unhappy)),
        ("social_support", bool(happens.support.size)),
    ):
        if needed and name not in places:
            raise ModelError(f"what this scenario lets happen needs “{name}”, which it does not simulate")
