"""The theory as an executable graph: simulated courses under chosen conditions, beside the ordinary course.

Both are drawn with the same random numbers, so that the choice alone makes the difference. The sizes of
stressors, warmth and technique are judgements, large enough to be visible; nothing here forecasts a real client.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from scipy.special import expit

from securebase.errors import ModelError
from securebase.model.arguments import check_whole_number
from securebase.model.arms import arm
from securebase.model.parameters import Array
from securebase.model.scenario import scenario
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.people import People, draw_people
from securebase.model.simulate.streams import Streams
from securebase.model.theory import EdgeForm, theory
from securebase.model.web.network import Web
from securebase.model.web.plan import style_centre
from securebase.model.web.terms import check_ids

#: scenario whose edges are played
_SCENARIO = "pillars"
_SECURITY = "attachment_security"
#: origin of what the stressor adds, besides the constructs and the life events that occur spontaneously
STRESSOR = "stressor"
#: simulated clients unless stated otherwise
CLIENTS = 400
#: links of the loop of insecurity that a page offers to switch off: insecure clients ask less clearly, receive less
#: support, have more conflict and therefore more symptoms, and then ask even less clearly
LOOP = (
    "avoidance_seeking_level",
    "anxious_seeking_level",
    "seeking_support_week",
    "seeking_stress_week",
    "seeking_network_level",
    "network_support_level",
    "symptoms_seeking_week",
)
#: lower and upper limit of the band: 80% of the clients lie between them
_BAND = (0.1, 0.9)
#: share of a difference from which a link is named
_NAMED_SHARE = 0.15
_MOST_NAMED = 3


class Stressor(StrEnum):
    """Event that every client meets before a session."""

    NONE = "none"
    LOSS = "loss"
    CONFLICT = "conflict"
    CHANGE = "change"


class Warmth(StrEnum):
    """Warmth of the therapist throughout the course."""

    LOW = "low"
    ORDINARY = "ordinary"
    HIGH = "high"


class TechniqueUse(StrEnum):
    """Extent to which the therapist uses techniques and works with emotions."""

    ORDINARY = "ordinary"
    MORE = "more"


#: stressor → weight of the life event (1: the mean of such events), and what else moves, in SDs of clients
_STRESSORS: Mapping[Stressor, tuple[float, Mapping[str, float]]] = MappingProxyType(
    {
        Stressor.NONE: (0.0, {}),
        Stressor.LOSS: (2.0, {"grief_intensity": 1.5, "social_support": -0.5}),
        Stressor.CONFLICT: (1.5, {"dispute": 1.5}),
        Stressor.CHANGE: (1.5, {"role_adjustment": -1.5, "problem_severity": 0.5}),
    }
)
#: SDs by which a warm therapist exceeds the ordinary one; a less warm one falls short by as much
_WARMTH = {"therapist_sensitivity": 1.0, "positive_regard": 1.0}
_SIGN = {Warmth.LOW: -1.0, Warmth.ORDINARY: 0.0, Warmth.HIGH: 1.0}
#: SDs by which more technique exceeds the ordinary, and chance and weight of practice in a session
_TECHNIQUE = {"technique_use": 1.0, "emotional_expression": 0.5}
_PRACTICE = {"emotional_practice": (0.9, 1.0)}


@dataclass(frozen=True, slots=True)
class PlayChoice:
    """Conditions of a simulated course. The default is the ordinary one.

    style: attachment style of all clients, empty for mixed styles. stressor: occurs before session `at`. off: ids
    of edges switched off.
    """

    style: str = ""
    stressor: Stressor = Stressor.NONE
    at: int = 5
    warmth: Warmth = Warmth.ORDINARY
    technique: TechniqueUse = TechniqueUse.ORDINARY
    off: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.style:
            style_centre(self.style)
        object.__setattr__(self, "stressor", _member(Stressor, self.stressor, "stressor"))
        object.__setattr__(self, "warmth", _member(Warmth, self.warmth, "warmth"))
        object.__setattr__(self, "technique", _member(TechniqueUse, self.technique, "technique"))
        check_whole_number(self.at, "at", minimum=1)
        sessions = scenario(_SCENARIO).course.sessions
        if self.at > sessions:
            raise ModelError(f"at must be a session from 1 to {sessions} (got {self.at})")
        _check_off(self.off)
        object.__setattr__(self, "off", tuple(dict.fromkeys(self.off)))

    @property
    def is_ordinary(self) -> bool:
        """True if nothing differs from the ordinary course."""
        return replace(self, at=5) == PlayChoice()


def _check_off(off: tuple[str, ...]) -> None:
    check_ids([edge.id for edge in theory().edges], off)
    if fixed := [name for name in off if name not in switchable()]:
        raise ModelError(
            f"“{fixed[0]}” cannot be switched off",
            advice="Choose an edge outside the fitted model that acts as a term of its own.",
        )


_Member = TypeVar("_Member", bound=StrEnum)


def _member(kind: type[_Member], value: str, name: str) -> _Member:
    if value not in list(kind):
        raise ModelError(f"unknown {name} “{value}”", advice=f"Use one of {', '.join(kind)}.")
    return kind(value)


@dataclass(frozen=True, slots=True)
class CarriedPart:
    """The part of a difference that reaches a construct directly from `origin`, in SDs."""

    origin: str
    size: float


@dataclass(frozen=True, eq=False)
class PlayedCourses:
    """Mean, lower and upper limit of the band over the clients: arrays (sessions, constructs), in SDs of clients.

    0 is the mean of the ordinary course at the first session.
    """

    mean: Array
    lower: Array
    upper: Array


@dataclass(frozen=True, eq=False)
class Play:
    """Simulated courses under a choice, beside the ordinary ones. n: simulated clients in each.

    carried: by construct, for each session, the parts of the difference by the construct that they come from.
    """

    choice: PlayChoice
    n: int
    constructs: tuple[str, ...]
    chosen: PlayedCourses
    ordinary: PlayedCourses
    carried: Mapping[str, tuple[Mapping[str, float], ...]] = field(default_factory=dict)

    @property
    def sessions(self) -> int:
        """Number of sessions."""
        return len(self.chosen.mean)

    def index(self, construct: str) -> int:
        """Return the column of a construct. Raises ModelError for one that is not simulated."""
        if construct not in self.constructs:
            raise ModelError(f"“{construct}” is not simulated", advice=f"Use one of {', '.join(self.constructs)}.")
        return self.constructs.index(construct)

    def difference(self, construct: str) -> Array:
        """Return the mean less the ordinary mean, at each session."""
        k = self.index(construct)
        difference: Array = self.chosen.mean[:, k] - self.ordinary.mean[:, k]
        return difference

    def links(self, construct: str, session: int) -> tuple[CarriedPart, ...]:
        """Return the direct links that carry most of the difference at a session, the largest first."""
        whole = self.difference(construct)[session - 1]
        by_origin = self.carried.get(construct, ({},) * self.sessions)[session - 1]
        parts = [CarriedPart(name, size) for name, size in by_origin.items() if size * whole > 0]
        named = [part for part in parts if abs(part.size) >= _NAMED_SHARE * abs(whole)]
        return tuple(sorted(named, key=lambda part: -abs(part.size))[:_MOST_NAMED])


def switchable() -> Collection[str]:
    """Return the ids of the edges that can be switched off."""
    plan = scenario(_SCENARIO)
    return [term.id for term in plan.web.build(plan.parameter_set).terms.all]


def link_label(edge_id: str) -> str:
    """Return the label of the edge with this id."""
    return next(edge.label for edge in theory().edges if edge.id == edge_id)


def play(choice: PlayChoice = PlayChoice(), *, n: int = CLIENTS, seed: int = 1) -> Play:
    """Simulate n clients under a choice and, with the same random numbers, the ordinary course."""
    check_whole_number(n, "n", minimum=2)
    check_whole_number(seed, "seed", minimum=0)
    ordinary = _ordinary(n, seed)
    run = ordinary if choice.is_ordinary else _run(choice, n, seed)
    names = (*run.web.names, _SECURITY)
    # ruptures, products and chance move the mean of the first session a little from 0
    centre = ordinary.values().mean(axis=0)[0]
    return Play(choice, n, names, run.summary(centre), ordinary.summary(centre), _carried(run, ordinary))


@dataclass(frozen=True, eq=False)
class _Run:
    """A simulated cohort, with what the choice adds: displaced (m,), and the jumps of the stressor (sessions, m)."""

    web: Web
    people: People
    courses: SimulatedCourses
    displaced: Array
    struck: Array

    def values(self) -> Array:
        """Return the true values of all clients, with attachment security last."""
        true = self.courses.true
        security = true @ self.web.index_weights[_SECURITY]
        return np.concatenate([true, security[:, :, None]], axis=2)

    def summary(self, centre: Array) -> PlayedCourses:
        """Return mean and band of the values less those of the centre (constructs,)."""
        values = self.values() - centre
        lower, upper = np.quantile(values, _BAND, axis=0)
        return PlayedCourses(values.mean(axis=0), lower, upper)

    def event_weights(self) -> Array:
        """Return the mean weight of the life events (sessions,) that occur spontaneously before each session."""
        weights = np.zeros(self.courses.true.shape[1])
        for events in self.courses.life_events.events:
            for event in events:
                weights[event.session - 1] += event.weight / len(self.courses.held)
        return weights


@lru_cache(maxsize=4)
def _ordinary(n: int, seed: int) -> _Run:
    return _run(PlayChoice(), n, seed)


def _run(choice: PlayChoice, n: int, seed: int) -> _Run:
    plan = scenario(_SCENARIO)
    web = replace(plan.web, off=choice.off).build(plan.parameter_set)
    displaced = _SIGN[choice.warmth] * _vector(web, _WARMTH)
    if choice.technique is TechniqueUse.MORE:
        displaced += _vector(web, _TECHNIQUE)
        web = replace(web, events={**web.events, **_PRACTICE})
    sessions = plan.course.sessions
    weight, moves = _STRESSORS[choice.stressor]
    struck = np.zeros((sessions, web.terms.moving))
    struck[choice.at - 1] = _vector(web, moves)
    for effect in web.terms.effects:
        if effect.event == "life_events":
            struck[choice.at - 1, effect.end] += weight * effect.size
    rng = np.random.default_rng(seed)
    streams = Streams.spawn_from(rng)
    parameter_set, processes = plan.parameter_set, plan.happens
    people = draw_people(parameter_set, processes, (arm("ipt"),) * n, rng, streams, web=web, style=choice.style)
    days = np.tile(plan.course.days_between * np.arange(sessions), (n, 1))
    attendance = Attendance(days, np.full(n, sessions), np.tile(struck, (n, 1, 1)), displaced)
    courses = true_courses(parameter_set, processes, people, attendance, rng=rng, streams=streams, web=web)
    return _Run(web, people, courses, displaced, struck)


def _vector(web: Web, sizes: Mapping[str, float]) -> Array:
    vector = np.zeros(web.terms.moving)
    for name, size in sizes.items():
        vector[web.index(name)] = size
    return vector


def _carried(run: _Run, ordinary: _Run) -> dict[str, tuple[Mapping[str, float], ...]]:
    """Return, by construct and session, the part of the difference that comes directly from each other construct."""
    parts = _direct_parts(run) - _direct_parts(ordinary)
    names = (*run.web.names, "life_events", STRESSOR)
    return {
        end: tuple({names[k]: float(row[k]) for k in np.flatnonzero(np.abs(row) > 1e-6)} for row in parts[:, i])
        for i, end in enumerate(names[: run.web.terms.moving])
    }


def _direct_parts(run: _Run) -> Array:
    """Return the part (sessions, m, K + 2) of each mean from each construct and, last, from events and the stressor.

    With x' = A x between sessions and x = S x + … within one, the part q of k from l obeys, for mean values v of l,
    q(t + 1) = exp(A_kk) q(t) + A_kl v̄ (1 − exp(A_kk)) / −A_kk + S_kl v(t + 1). Levels add B_kl b_l.
    """
    web, m = run.web, run.web.terms.moving
    own = np.diag(web.drift)
    pushed = _technique_push(run)
    decay, gain = np.exp(own), np.expm1(own) / own
    others = web.drift - np.diag(own)
    lasting = (web.moved - others) * run.displaced
    level = run.people.level.mean(axis=0)
    moved = run.courses.true[:, :, :m].mean(axis=0) - level[:m] + web.start_mean
    jump = np.zeros(m)
    for effect in web.terms.effects:
        if effect.event == "life_events" and not effect.lasting:
            jump[effect.end] += effect.size
    weights = run.event_weights()
    parts = np.zeros((len(moved), m, len(web.names) + 2))
    part = np.zeros((m, m))
    for j, values in enumerate(moved):
        if j:
            held = others * (values + moved[j - 1]) / 2 + lasting
            part = decay[:, None] * part + gain[:, None] * held + pushed[j - 1]
            parts[j, :, -2:] = decay[:, None] * parts[j - 1, :, -2:]
        part = part + web.within_session * values
        parts[j, :, :m] = part
        parts[j, :, -2:] += np.column_stack([jump * weights[j], run.struck[j]])
    parts[:, :, : len(level)] += web.level_paths[:m] * level
    return parts


def _technique_push(run: _Run) -> Array:
    """Return what displaced constructs add through gates after a week (sessions, m, m): size · d · mean of the gate."""
    web, true = run.web, run.courses.true
    pushed = np.zeros((true.shape[1], web.terms.moving, web.terms.moving))
    for push in web.terms.pushes:
        if push.form is EdgeForm.GATE and push.moderator is not None and run.displaced[push.origin]:
            gate = expit(push.parameters.steepness * (true[:, :, push.moderator] - push.parameters.needs)).mean(axis=0)
            scale = web.sd[push.end] / web.sd[push.origin]
            pushed[:, push.end, push.origin] += push.size * scale * run.displaced[push.origin] * gate
    return pushed
