"""Terms of the simulator, read from the table of edges: what kind of term an edge is, and what it lacks.

Sizes follow `mechanism.SizeScale`. An edge into a construct that the scenario does not simulate is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, NoReturn

from securebase.errors import ModelError
from securebase.model.mechanism import THERAPY, EffectLevel, Lag, SizeScale
from securebase.model.states import ConstructState, Layer
from securebase.model.theory import EdgeForm, EdgeLocation, FormParameters, Simulation, TheoryEdge

#: constructs whose moments a process of the simulator draws (`model/processes.py`)
EVENT_PROCESSES = ("life_events", "corrective_experience", "retelling", "rupture_repair")
#: moderator that is the share of the planned course, not a construct
PHASE = "therapy_phase"
#: moderator that the process of an event states: how much it disproved
SURPRISE = "expectancy_violation"
#: origin that is the arm, not a construct; its moderator is the problem area that the therapy may suit
BRAND = "therapy_brand"
_NON_LINEAR = (EdgeForm.PRODUCT, EdgeForm.GATE, EdgeForm.INVERTED_U)
_LAGS = (SizeScale.WEEK, SizeScale.SESSION)
_PATHS = (SizeScale.PATH, SizeScale.MARGINAL_R)


@dataclass(frozen=True, slots=True)
class Path:
    """Linear term between two constructs.

    carries: share of its long-run multiplier that holds between persons. published: the size is a correlation of true
    scores that this path and all others give together.
    """

    id: str
    origin: int
    end: int
    size: float
    carries: float = 0.0
    published: bool = False


@dataclass(frozen=True, slots=True)
class Push:
    """Non-linear term, computed from the state at a session.

    moderator: index, or None for the origin alone. of_levels: the moderator is the person's level, not their movement.
    at_once: acts within the session; otherwise it is held until the next one.
    """

    id: str
    form: EdgeForm
    origin: int
    end: int
    size: float
    parameters: FormParameters
    moderator: int | None = None
    phase: bool = False
    of_levels: bool = False
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class EventEffect:
    """Effect of an event on a construct, in SDs at the first session. lasting: it does not decay.

    saturates: number of events after which the effect has fallen to 37%, or None. by_surprise: the effect is
    proportional to how much the event disproved an expectation.
    """

    id: str
    event: str
    end: int
    size: float
    lasting: bool
    moderator: int | None = None
    saturates: float | None = None
    by_surprise: bool = False


@dataclass(frozen=True, slots=True)
class EventCause:
    """Cause of an event: per SD, the log of its rate, or a factor of its chance."""

    id: str
    event: str
    origin: int
    size: float
    scale: SizeScale
    parameters: FormParameters
    moderator: int | None = None


@dataclass(frozen=True, slots=True)
class ArmMatch:
    """Additional change by the planned end in an arm that suits the client's problem, see `arms.Arm`."""

    id: str
    end: int
    size: float


Term = Path | Push | EventEffect | EventCause | ArmMatch
_TERM_FIELDS = (
    "lags",
    "same_session",
    "levels",
    "changes",
    "level_products",
    "pushes",
    "effects",
    "causes",
    "change_moderators",
    "matches",
)


@dataclass(frozen=True, eq=False)
class Terms:
    """All terms of a web with K constructs: first the tracked ones, then all others that move, then the traits.

    closed: no term enters a tracked construct, so that the fitted model is simulated as it is.
    """

    names: tuple[str, ...]
    core: int
    moving: int
    lags: tuple[Path, ...]
    same_session: tuple[Path, ...]
    levels: tuple[Path, ...]
    changes: tuple[Path, ...]
    level_products: tuple[Push, ...]
    pushes: tuple[Push, ...]
    effects: tuple[EventEffect, ...]
    causes: tuple[EventCause, ...]
    therapy_change: Mapping[str, float] = field(default_factory=dict)
    change_moderators: tuple[Path, ...] = ()
    matches: tuple[ArmMatch, ...] = ()
    closed: bool = False

    @property
    def all(self) -> tuple[Term, ...]:
        """All terms but the mean effects of therapy."""
        return tuple(term for name in _TERM_FIELDS for term in getattr(self, name))

    def without(self, ids: Collection[str]) -> Terms:
        """Return the terms of all other edges."""
        rest: dict[str, Any] = {n: tuple(t for t in getattr(self, n) if t.id not in ids) for n in _TERM_FIELDS}
        return replace(self, **rest)


def collect_terms(
    core: tuple[str, ...],
    states: Mapping[str, ConstructState],
    edges: Iterable[TheoryEdge],
    *,
    enters_core: bool,
    sizes: Mapping[str, float] | None = None,
    without: Collection[str] = (),
) -> Terms:
    """Sort the edges of the table into terms. Raises ModelError naming the first edge that cannot be simulated.

    enters_core: whether edges into the tracked constructs act. sizes: other sizes by the id of an edge. without: ids of
    edges that this web does not have.
    """
    outside = {name: state for name, state in states.items() if name not in core}
    moving = [name for name, s in outside.items() if s.layer in (Layer.WEEKLY, Layer.SLOW)]
    traits = [name for name, s in outside.items() if s.layer is Layer.TRAIT]
    names = (*core, *moving, *traits)
    table = [edge for edge in edges if edge.place is not EdgeLocation.MODEL]
    check_ids([edge.id for edge in table], (*(sizes or {}), *without))
    sorter = _Sorter(names, len(core), len(core) + len(moving), states)
    for edge in table:
        if edge.simulate is Simulation.TERM and edge.id not in without:
            if not enters_core and edge.to_construct in core:
                continue
            sorter.add(edge, (sizes or {}).get(edge.id))
    return sorter.terms(closed=not enters_core)


def check_ids(known: Collection[str], asked: Iterable[str]) -> None:
    """Raise ModelError if an id belongs to no edge of the web."""
    for name in asked:
        if name not in known:
            near = " or ".join(f"“{other}”" for other in get_close_matches(name, known, n=2, cutoff=0.6))
            advice = f"Did you mean {near}? " if near else ""
            raise ModelError(
                f"unknown edge “{name}”", advice=f"{advice}`securebase theory` lists the ids of the edges."
            )


class _Sorter:
    def __init__(self, names: tuple[str, ...], core: int, moving: int, states: Mapping[str, ConstructState]) -> None:
        self.names, self.core, self.moving, self.states = names, core, moving, states
        self.index = {name: i for i, name in enumerate(names)}
        self.events = {*EVENT_PROCESSES, *(n for n, s in states.items() if s.layer is Layer.EVENT)}
        self.lags: list[Path] = []
        self.same_session: list[Path] = []
        self.levels: list[Path] = []
        self.changes: list[Path] = []
        self.level_products: list[Push] = []
        self.pushes: list[Push] = []
        self.effects: list[EventEffect] = []
        self.causes: list[EventCause] = []
        self.therapy_change: dict[str, float] = {}
        self.change_moderators: list[Path] = []
        self.matches: list[ArmMatch] = []

    def terms(self, *, closed: bool) -> Terms:
        return Terms(
            names=self.names,
            core=self.core,
            moving=self.moving,
            lags=tuple(self.lags),
            same_session=tuple(self.same_session),
            levels=tuple(self.levels),
            changes=tuple(self.changes),
            level_products=tuple(self.level_products),
            pushes=tuple(self.pushes),
            effects=tuple(self.effects),
            causes=tuple(self.causes),
            therapy_change=self.therapy_change,
            change_moderators=tuple(self.change_moderators),
            matches=tuple(self.matches),
            closed=closed,
        )

    def add(self, edge: TheoryEdge, other_size: float | None) -> None:
        if edge.size is None:
            self._fail(edge, "has no size", "State a size, or simulate it as a target or a process.")
        size = edge.size.value if other_size is None else other_size
        scale = edge.size.scale
        if edge.to_construct in self.events:
            self._add_cause(edge, size, scale)
        elif edge.from_construct in self.events:
            self._add_effect(edge, size, scale)
        elif edge.from_construct == BRAND:
            self.matches.append(ArmMatch(edge.id, self._moving(edge, edge.to_construct), size))
        elif edge.from_construct == THERAPY:
            self._add_course(edge, size, scale)
        elif scale in _LAGS:
            self._add_lag(edge, size, scale)
        elif scale in _PATHS:
            self._add_path(edge, size, scale)
        else:
            self._fail(edge, f"has a size on the scale “{scale}”, which belongs to events and therapy")

    def _add_lag(self, edge: TheoryEdge, size: float, scale: SizeScale) -> None:
        origin, end = self._moving(edge, edge.from_construct), self._moving(edge, edge.to_construct)
        if edge.form in _NON_LINEAR:
            self.pushes.append(self._push(edge, origin, end, size, at_once=scale is SizeScale.SESSION))
        elif scale is SizeScale.SESSION:
            self.same_session.append(Path(edge.id, origin, end, size))
        else:
            if (edge.lag is Lag.SLOW) and self.states.get(edge.to_construct, _CORE_STATE).layer is Layer.WEEKLY:
                self._fail(edge, f"is slow, but “{edge.to_construct}” moves weekly")
            self.lags.append(Path(edge.id, origin, end, size, edge.carries_levels))

    def _add_path(self, edge: TheoryEdge, size: float, scale: SizeScale) -> None:
        origin, end = self._any(edge, edge.from_construct), self._any(edge, edge.to_construct)
        if edge.form is EdgeForm.PRODUCT:
            self.level_products.append(self._push(edge, origin, end, size))
        elif edge.form is not EdgeForm.LINEAR:
            self._fail(edge, f"has the form “{edge.form}”, which is not possible between persons")
        elif edge.acts_on == "change":
            published, moving = scale is SizeScale.MARGINAL_R, self._moving(edge, edge.to_construct)
            self.changes.append(Path(edge.id, origin, moving, size, published=published))
        else:
            published = scale is SizeScale.MARGINAL_R
            self.levels.append(Path(edge.id, origin, end, size, published=published))

    def _push(self, edge: TheoryEdge, origin: int, end: int, size: float, *, at_once: bool = False) -> Push:
        if edge.form is EdgeForm.PRODUCT and not edge.moderator:
            self._fail(edge, "is a product without a moderator")
        phase = edge.moderator == PHASE
        moderator = self._any(edge, edge.moderator) if edge.moderator and not phase else None
        of_levels = moderator is not None and (edge.level is EffectLevel.CROSS_LEVEL or moderator >= self.moving)
        return Push(edge.id, edge.form, origin, end, size, edge.form_parameters, moderator, phase, of_levels, at_once)

    def _add_effect(self, edge: TheoryEdge, size: float, scale: SizeScale) -> None:
        if scale not in (SizeScale.JUMP, SizeScale.FOREVER):
            self._fail(edge, f"starts from an event, so its size must be a jump or forever (got {scale})")
        saturates = edge.form_parameters.scale if edge.form is EdgeForm.SATURATING else None
        by_surprise = edge.moderator == SURPRISE
        moderator = self._any(edge, edge.moderator) if edge.moderator and not by_surprise else None
        end, lasting = self._moving(edge, edge.to_construct), scale is SizeScale.FOREVER
        self.effects.append(
            EventEffect(edge.id, edge.from_construct, end, size, lasting, moderator, saturates, by_surprise)
        )

    def _add_cause(self, edge: TheoryEdge, size: float, scale: SizeScale) -> None:
        if scale not in (SizeScale.LOG_RATE, SizeScale.LOG_ODDS):
            self._fail(edge, f"ends in an event, so its size must be a log_rate or log_odds (got {scale})")
        origin, moderator = self._any(edge, edge.from_construct), None
        if edge.moderator:
            moderator = self._any(edge, edge.moderator)
        scale_or_gate = edge.form_parameters
        self.causes.append(EventCause(edge.id, edge.to_construct, origin, size, scale, scale_or_gate, moderator))

    def _add_course(self, edge: TheoryEdge, size: float, scale: SizeScale) -> None:
        if scale is not SizeScale.COURSE:
            self._fail(edge, f"starts from therapy, so its size must be over the course (got {scale})")
        end = self._moving(edge, edge.to_construct)
        if edge.moderator:
            self.change_moderators.append(Path(edge.id, self._any(edge, edge.moderator), end, size))
        elif end >= self.core:
            self.therapy_change[edge.to_construct] = size

    def _any(self, edge: TheoryEdge, name: str) -> int:
        if name in self.states and self.states[name].layer is Layer.INDEX:
            self._fail(edge, f"has the index “{name}” as an end", "Name its parts, or make the edge a target.")
        if name not in self.index:
            self._fail(edge, f"“{name}” has no state", "Add a block on the shelf of states.")
        return self.index[name]

    def _moving(self, edge: TheoryEdge, name: str) -> int:
        position = self._any(edge, name)
        if position >= self.moving:
            self._fail(edge, f"“{name}” is a trait and does not move")
        return position

    @staticmethod
    def _fail(edge: TheoryEdge, problem: str, advice: str = "") -> NoReturn:
        raise ModelError(problem, where=f"edge {edge.id}", advice=advice)


#: stands for a construct of the parameter set, which has no block
_CORE_STATE = ConstructState("symptoms", "The parameter set.", layer=Layer.SLOW)
