"""Scenarios: known truths to simulate. The shelf is `scenarios/*.toml`, one file each.

A scenario is a parameter set with some statements changed, plus the plan of the course: sessions, gaps, missing
check-ins, dropout. The truth is written down, so a study of the simulated cohort can be checked against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib import resources
from types import MappingProxyType

from securebase.errors import ParameterSetError
from securebase.measurement.toml_fields import Fields
from securebase.model.arguments import check_number
from securebase.model.arms import ARMS, Arm, arm
from securebase.model.expectation import Expectation, read_expectation
from securebase.model.parameter_set import ParameterSet, parameter_set
from securebase.model.parameter_set_file import upgrade_keys
from securebase.model.process_tables import TABLES, read_processes
from securebase.model.processes import Processes
from securebase.model.standardised import Edge, Standardised, assemble
from securebase.schema import Place, parse_toml

#: wildcard for every other construct in a scenario's file
ANY = "*"

_HEAD = ("id", "name", "about", "truth", "parameter_set", "course", "effect", "arms", "expects")
#: statements of `standardised.Standardised`, beside the effects, that a scenario may change
_STATEMENTS = (
    "persistence",
    "level_share",
    "natural_change",
    "therapy_change",
    "therapy_push",
    "level_correlation",
    "state_correlation",
    "random_slope_sd",
    "random_slope_level_correlation",
    "random_slope_correlation",
)


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
    """

    id: str
    name: str
    about: str
    truth: tuple[str, ...]
    parameter_set: ParameterSet
    course: CoursePlan
    happens: Processes = field(default_factory=Processes)
    arms: tuple[Arm, ...] = (ARMS["ipt"],)
    expects: Expectation = field(default_factory=Expectation)


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Return every scenario on the shelf by id, read once. Raises ParameterSetError if a file is invalid."""
    folder = resources.files("securebase.model") / "scenarios"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    read = [read_scenario(f.name, f.read_text("utf-8")) for f in files]
    return MappingProxyType({item.id: item for item in read})


def scenario(name: str) -> Scenario:
    """Return the scenario with this id. Raises ParameterSetError with the known ones."""
    shelf = scenarios()
    if name not in shelf:
        raise ParameterSetError(f"unknown scenario “{name}”", advice=f"Use one of {', '.join(shelf)}.")
    return shelf[name]


def read_scenario(file: str, text: str) -> Scenario:
    """Read one file of the shelf, upgrading earlier keys. Raises ParameterSetError naming file and field."""
    values = upgrade_keys(parse_toml(text, Place(file, ParameterSetError)))
    read = Fields(file, values, error=ParameterSetError)
    read.allow_only(
        "id", "name", "about", "truth", "parameter_set", "course", "effect", "arms", "expects", *_STATEMENTS, *TABLES
    )
    try:
        base = parameter_set(read.text("parameter_set"))
        changed = _changed_statements(read, base.standardised)
        own_set = replace(base, id=f"{base.id}: {read.text('id')}", standardised=changed, parameters=assemble(changed))
        own_set = own_set.with_random_slopes()
        course = _course(read.table("course"))
        happens = read_processes(read, base.specification.constructs)
        arms = tuple(arm(name) for name in read.texts("arms")) or (ARMS["ipt"],)
        expects = read_expectation(read.table("expects"), base.specification.constructs)
    except ParameterSetError as problem:
        if problem.where.startswith(file):
            raise
        raise ParameterSetError(problem.what, where=file, advice=problem.advice) from None
    truth = read.texts("truth")
    if not truth:
        read.fail("is missing", "truth", "State in a sentence what a study of this scenario must find.")
    return Scenario(
        read.text("id"), read.text("name"), read.text("about"), truth, own_set, course, happens, arms, expects
    )


def _changed_statements(read: Fields, base: Standardised) -> Standardised:
    effects = dict(base.effects)
    for block in read.tables("effect"):
        block.allow_only("from", "to", "value")
        for edge in _edges(block, base.constructs, block.text("from"), block.text("to")):
            effects[edge] = block.number("value")
    therapy_push = _by_construct(read.table("therapy_push"), base.constructs, {})
    return replace(
        base,
        effects=effects,
        persistence=_by_construct(read.table("persistence"), base.constructs, base.persistence),
        level_share=_by_construct(read.table("level_share"), base.constructs, base.level_share),
        natural_change=_by_construct(read.table("natural_change"), base.constructs, base.natural_change),
        therapy_change=_by_construct(read.table("therapy_change"), base.constructs, base.therapy_change),
        level_correlation=_by_pair(read.tables("level_correlation"), base.constructs, base.level_correlation),
        state_correlation=_by_pair(read.tables("state_correlation"), base.constructs, base.state_correlation),
        random_slope_sd=_by_construct(read.table("random_slope_sd"), base.constructs, base.random_slope_sd),
        random_slope_level_correlation=_level_correlations(read, base),
        random_slope_correlation=_by_pair(
            read.tables("random_slope_correlation"), base.constructs, base.random_slope_correlation
        ),
        # a therapy_push is stated in full: constructs that it does not name get none
        therapy_push=therapy_push or None,
    )


def _by_construct(table: Fields, constructs: tuple[str, ...], known: Mapping[str, float]) -> dict[str, float]:
    table.allow_only(*constructs)
    return dict(known) | {construct: table.number(construct) for construct in table.values}


def _by_pair(blocks: Iterable[Fields], constructs: tuple[str, ...], known: Mapping[Edge, float]) -> dict[Edge, float]:
    changed = dict(known)
    for block in blocks:
        block.allow_only("between", "and", "value")
        for a, b in _edges(block, constructs, block.text("between"), block.text("and")):
            changed[(b, a) if (b, a) in changed else (a, b)] = block.number("value")
    return changed


def _level_correlations(read: Fields, base: Standardised) -> dict[Edge, float]:
    changed = dict(base.random_slope_level_correlation)
    for block in read.tables("random_slope_level_correlation"):
        block.allow_only("level", "change", "value")
        level, change, value = block.text("level"), block.text("change"), block.number("value")
        for edge in _edges(block, base.constructs, level, change, with_itself=True):
            changed[edge] = value
    return changed


def _edges(
    block: Fields, constructs: tuple[str, ...], begin: str, end: str, *, with_itself: bool = False
) -> list[Edge]:
    for name in (begin, end):
        if name not in (*constructs, ANY):
            block.fail(f"unknown construct “{name}”", advice=f"The parameter set has {', '.join(constructs)}.")
    begins = constructs if begin == ANY else (begin,)
    ends = constructs if end == ANY else (end,)
    return [(a, b) for a in begins for b in ends if with_itself or a != b]


def _course(table: Fields) -> CoursePlan:
    defaults = CoursePlan()
    table.allow_only(*(f.name for f in fields(CoursePlan)))
    return CoursePlan(
        sessions=table.whole_number("sessions", defaults.sessions),
        days_between=table.number("days_between", defaults.days_between),
        irregular=table.number("irregular", defaults.irregular),
        skipped_week=table.number("skipped_week", defaults.skipped_week),
        missed=table.number("missed", defaults.missed),
        dropout=table.number("dropout", defaults.dropout),
        inventory_every=table.whole_number("inventory_every", defaults.inventory_every),
        safety=table.number("safety", defaults.safety),
    )
