"""Scenarios: known truths to simulate. The shelf is `scenarios/*.toml`, one file each.

A scenario is a parameter set with some statements changed, plus the plan of the course: sessions, gaps, missing
check-ins, dropout. The truth is written down, so a study of the simulated cohort can be checked against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from msgspec import field

from securebase.errors import ModelError, ParameterSetError
from securebase.model.arguments import check_number
from securebase.model.arms import ARMS, Arm, arm
from securebase.model.expectation import Expectation, ExpectationTable, check_expectation
from securebase.model.parameter_set import ParameterSet, parameter_set
from securebase.model.parameter_set_file import upgrade_keys
from securebase.model.process_tables import TABLES, allow_only, read_processes, read_table
from securebase.model.processes import Processes
from securebase.model.standardised import Edge, Standardised, assemble
from securebase.model.web.plan import WebPlan
from securebase.schema import Number, Place, ShelfStruct, Text, check_file_name, convert, parse_toml, toml_files

#: wildcard for every other construct in a scenario's file
ANY = "*"


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """Plan of a simulated course.

    sessions: planned number. days_between: usual gap. irregular: SD in days of a gap around it (whole days, at least
    one). skipped_week: probability that a week is skipped. missed: probability that a check-in is not answered.
    dropout: probability of leaving before the planned end, evenly over sessions. inventory_every: a PHQ-9 every so many
    sessions (0: never). safety: probability, at each check-in, of the lowest alarming answer to the safety question.
    """

    sessions: int = 16
    days_between: float = 7.0
    irregular: float = 0.0
    skipped_week: float = 0.0
    missed: float = 0.0
    dropout: float = 0.0
    inventory_every: int = 0
    safety: float = 0.0

    def __post_init__(self) -> None:
        for name in ("skipped_week", "missed", "dropout", "safety"):
            check_number(getattr(self, name), name)
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ParameterSetError(
                    f"{name} must be a probability, at least 0 and below 1 (got {getattr(self, name)})"
                )
        for name, least in (("sessions", 1), ("days_between", 1), ("irregular", 0), ("inventory_every", 0)):
            value = getattr(self, name)
            check_number(value, name)
            if not value >= least:
                raise ParameterSetError(f"{name} must be at least {least} (got {value:g})")
            if name in ("sessions", "inventory_every") and value != int(value):
                raise ParameterSetError(f"{name} must be a whole number (got {value:g})")


@dataclass(frozen=True, eq=False)
class Scenario:
    """A known truth. `truth` states in sentences what a study of it must find; `parameter_set` carries the changes.

    happens: processes beyond the fitted model, off by default. arms: treatments that clients are assigned to in turn.
    web: use of the constructs and edges beyond the fitted model.
    """

    id: str
    name: str
    about: str
    truth: tuple[str, ...]
    parameter_set: ParameterSet
    course: CoursePlan
    happens: Processes = dataclass_field(default_factory=Processes)
    arms: tuple[Arm, ...] = (ARMS["ipt"],)
    expects: Expectation = dataclass_field(default_factory=Expectation)
    web: WebPlan = dataclass_field(default_factory=WebPlan)


@cache
def _files() -> Mapping[str, bytes]:
    """Return the content of every file of the shelf by the id of its scenario, which is its name."""
    folder = resources.files("securebase.model") / "scenarios"
    return MappingProxyType({file.removesuffix(".toml"): content for file, content in toml_files(folder)})


@cache
def _read(name: str) -> Scenario:
    file = f"{name}.toml"
    read = read_scenario(file, _files()[name])
    check_file_name(read.id, Place(file, ParameterSetError))
    return read


def scenarios() -> Mapping[str, Scenario]:
    """Return every scenario on the shelf by id, each read once. Raises ParameterSetError if a file is invalid."""
    return MappingProxyType({name: _read(name) for name in _files()})


def open_scenarios() -> tuple[str, ...]:
    """Return the ids of the scenarios in which the whole web acts."""
    return tuple(s.id for s in scenarios().values() if s.web.enters_core)


def scenario(name: str) -> Scenario:
    """Return the scenario with this id. Raises ParameterSetError with the known ones."""
    if name not in _files():
        raise ParameterSetError(f"unknown scenario “{name}”", advice=f"Use one of {', '.join(_files())}.")
    return _read(name)


class ChangedEffect(ShelfStruct, frozen=True):
    """An effect that a scenario changes; `*` stands for every other construct."""

    begin: Text = field(name="from")
    end: Text = field(name="to")
    value: Number


class ChangedPair(ShelfStruct, frozen=True):
    """A correlation that a scenario changes."""

    between: Text
    and_: Text = field(name="and")
    value: Number


class ChangedLevelPair(ShelfStruct, frozen=True):
    """A correlation of a level with a random slope that a scenario changes."""

    level: Text
    change: Text
    value: Number


class WebTable(ShelfStruct, frozen=True):
    """The use of the web by a scenario, see `web.plan.WebPlan`."""

    enters_core: bool = False
    sizes: Mapping[str, Number] = {}
    without: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    own_change: Mapping[str, Number] = {}


class ScenarioFile(ShelfStruct, frozen=True):
    """The file of a scenario without its processes."""

    id: Text
    name: Text
    about: Text
    truth: tuple[str, ...]
    parameter_set: Text
    course: dict[str, Any] = field(default_factory=dict)
    effect: tuple[ChangedEffect, ...] = ()
    arms: tuple[str, ...] = ()
    expects: ExpectationTable = ExpectationTable()
    web: WebTable = WebTable()
    persistence: Mapping[str, Number] = {}
    level_share: Mapping[str, Number] = {}
    natural_change: Mapping[str, Number] = {}
    therapy_change: Mapping[str, Number] = {}
    therapy_push: Mapping[str, Number] = {}
    level_correlation: tuple[ChangedPair, ...] = ()
    state_correlation: tuple[ChangedPair, ...] = ()
    random_slope_sd: Mapping[str, Number] = {}
    random_slope_level_correlation: tuple[ChangedLevelPair, ...] = ()
    random_slope_correlation: tuple[ChangedPair, ...] = ()


def read_scenario(file: str, content: bytes | str) -> Scenario:
    """Read one file of the shelf, upgrading earlier keys. Raises ParameterSetError naming file and field."""
    place = Place(file, ParameterSetError)
    values = upgrade_keys(parse_toml(content, place))
    stored = convert({key: value for key, value in values.items() if key not in TABLES}, ScenarioFile, place)
    try:
        base = parameter_set(stored.parameter_set)
        changed = _changed_statements(stored, base.standardised, place)
        own_set = replace(base, id=f"{base.id}: {stored.id}", standardised=changed, parameters=assemble(changed))
        own_set = own_set.with_random_slopes()
        course = read_table(stored.course, CoursePlan, (), place.at("course"))
        happens = read_processes(values, base.specification.constructs, place)
        arms = tuple(arm(name) for name in stored.arms) or (ARMS["ipt"],)
        expects = check_expectation(stored.expects, base.specification.constructs, place.at("expects"))
        web = _read_web(stored.web, values, own_set, place)
    except ParameterSetError as problem:
        if problem.where.startswith(file):
            raise
        place.fail(problem.what, advice=problem.advice)
    if not stored.truth:
        place.fail("is missing", "truth", "State in a sentence what a study of this scenario must find.")
    return Scenario(stored.id, stored.name, stored.about, stored.truth, own_set, course, happens, arms, expects, web)


#: what the table of edges states in a scenario of the whole web: process → fields that it must not state again
_STATED_BY_EDGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "life_events": ("with_symptoms", "with_stress", "moves"),
        "corrective_experiences": ("moves",),
        "tellings": ("moves",),
    }
)


def _read_web(stored: WebTable, values: Mapping[str, Any], own_set: ParameterSet, place: Place) -> WebPlan:
    plan = WebPlan(stored.enters_core, dict(stored.sizes), stored.without, stored.off, dict(stored.own_change))
    if plan.enters_core:
        for process, names in _STATED_BY_EDGES.items():
            for name in names:
                if name in values.get(process, {}):
                    place.at(process).fail("the edges of the web state this", name, "Change [web.sizes] instead.")
    if plan != WebPlan():
        try:
            plan.build(own_set)
        except ModelError as problem:
            place.at("web").fail(f"{problem.where}: {problem.what}" if problem.where else problem.what)
    return plan


def _changed_statements(stored: ScenarioFile, base: Standardised, place: Place) -> Standardised:
    def by_construct(quantity: str) -> dict[str, float]:
        table: Mapping[str, float] = getattr(stored, quantity)
        allow_only(table, base.constructs, place.at(quantity))
        return {**(getattr(base, quantity) or {}), **table}

    def by_pair(quantity: str) -> dict[Edge, float]:
        changed = dict(getattr(base, quantity))
        pairs: tuple[ChangedPair, ...] = getattr(stored, quantity)
        for n, pair in enumerate(pairs, start=1):
            for a, b in _edges(place.at(quantity, n), base.constructs, pair.between, pair.and_):
                changed[(b, a) if (b, a) in changed else (a, b)] = pair.value
        return changed

    effects, level_slopes = dict(base.effects), dict(base.random_slope_level_correlation)
    for n, effect in enumerate(stored.effect, start=1):
        for edge in _edges(place.at("effect", n), base.constructs, effect.begin, effect.end):
            effects[edge] = effect.value
    for n, pair in enumerate(stored.random_slope_level_correlation, start=1):
        at = place.at("random_slope_level_correlation", n)
        for edge in _edges(at, base.constructs, pair.level, pair.change, with_itself=True):
            level_slopes[edge] = pair.value
    allow_only(stored.therapy_push, base.constructs, place.at("therapy_push"))
    return replace(
        base,
        effects=effects,
        persistence=by_construct("persistence"),
        level_share=by_construct("level_share"),
        natural_change=by_construct("natural_change"),
        therapy_change=by_construct("therapy_change"),
        level_correlation=by_pair("level_correlation"),
        state_correlation=by_pair("state_correlation"),
        random_slope_sd=by_construct("random_slope_sd"),
        random_slope_level_correlation=level_slopes,
        random_slope_correlation=by_pair("random_slope_correlation"),
        # a therapy_push is stated in full: constructs that it does not name get none
        therapy_push=dict(stored.therapy_push) or None,
    )


def _edges(place: Place, constructs: tuple[str, ...], begin: str, end: str, *, with_itself: bool = False) -> list[Edge]:
    for name in (begin, end):
        if name not in (*constructs, ANY):
            place.fail(f"unknown construct “{name}”", advice=f"The parameter set has {', '.join(constructs)}.")
    begins = constructs if begin == ANY else (begin,)
    ends = constructs if end == ANY else (end,)
    return [(a, b) for a in begins for b in ends if with_itself or a != b]
