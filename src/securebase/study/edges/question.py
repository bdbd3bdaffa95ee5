"""The constructs and effects of the joint model for a question about edges of the theory.

A question names edges. Its model needs their ends; the mediators on paths of the theory from the origin of an edge to
its target, or the estimate would include indirect effects; and the confounders of an edge or of a step of such a path,
or the estimate would include the effect of a common cause. The model cannot adjust for causes that the theory does not
name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from securebase.errors import InputError
from securebase.measurement.constructs import CONSTRUCTS
from securebase.model.mechanism import EffectLevel, Lag
from securebase.model.theory import TheoryEdge, theory
from securebase.study.edges.columns import EVENTS

#: most constructs in one model. A judgement: with more, few tables identify the random slopes.
MAX_CONSTRUCTS = 8

#: (from, to)
Edge = tuple[str, str]
#: constructs in the order of the edges between them
Path = tuple[str, ...]


class ConstructRole(StrEnum):
    """Reason why a construct is in the model; among equally close ones, confounders are taken first."""

    END = "end"
    CONFOUNDER = "confounder"
    ON_PATH = "on the path"


class Omission(StrEnum):
    """Reason why an edge of the theory into an end is not in the model."""

    NO_COLUMN = "no usable column"
    BEYOND_LIMIT = f"beyond {MAX_CONSTRUCTS} constructs"
    NOT_NEEDED = "neither on a path nor a confounder"


@dataclass(frozen=True, slots=True)
class ChosenConstruct:
    """A construct of the model. path: the asked edge or path it is an end of, lies on, or confounds a step of."""

    name: str
    role: ConstructRole
    path: Path


@dataclass(frozen=True, slots=True)
class EdgeQuestion:
    """The model of a question.

    asked: edges of the question. constructs: in the order in which they were taken. effects: estimated, those of the
    theory first. unlisted: asked edges that are not in the theory. omitted: edges of the theory into an end whose
    origin is not in the model.
    """

    asked: tuple[Edge, ...]
    constructs: tuple[ChosenConstruct, ...]
    effects: tuple[Edge, ...]
    unlisted: tuple[Edge, ...]
    omitted: tuple[tuple[Edge, Omission], ...]


def lagged_edges() -> tuple[TheoryEdge, ...]:
    """Return the edges that an entry of the drift can represent: within persons, over weeks, between two states."""
    return tuple(
        e
        for e in theory().edges
        if e.level is EffectLevel.WITHIN_PERSON
        and e.lag in {Lag.WEEK, Lag.SLOW}
        and not e.moderator
        and e.from_construct in CONSTRUCTS
        and not EVENTS & set(e.ends)
    )


def parse_edges(text: str) -> tuple[Edge, ...]:
    """Read “A→B,B→C” (or “A->B,B->C”). Raises InputError unless these are edges between two constructs each."""
    edges = []
    for part in text.split(","):
        ends = tuple(end.strip() for end in part.replace("->", "→").split("→"))
        if len(ends) != 2 or not all(ends):
            raise InputError(f"an edge must have the form A→B (got “{part.strip()}”)", advice="Write A→B,B→C or A->B.")
        if ends[0] == ends[1]:
            raise InputError(f"the edge “{ends[0]}→{ends[1]}” leads to itself", advice="Name two constructs.")
        edges.append((ends[0], ends[1]))
    return tuple(dict.fromkeys(edges))


def choose_constructs(
    asked: Sequence[Edge], measured: Collection[str], lags: Sequence[Edge] | None = None
) -> EdgeQuestion:
    """Choose the constructs and effects of a question, at most `MAX_CONSTRUCTS`, the closest first.

    measured: constructs with a usable column, each end among them. lags: edges of the theory (default: all that a
    drift can represent). In round n come the confounders of a step of a path of n − 1 edges, then what lies on a path
    of n edges; an asked edge is a path of one edge. Equals follow the order of the theory's constructs. Raises
    InputError where the question has more than `MAX_CONSTRUCTS` ends.
    """
    edges = tuple(dict.fromkeys((e.from_construct, e.to_construct) for e in lagged_edges()) if lags is None else lags)
    ends = tuple(dict.fromkeys(end for edge in asked for end in edge))
    if len(ends) > MAX_CONSTRUCTS:
        raise InputError(
            f"the edges have {len(ends)} different ends; a model has at most {MAX_CONSTRUCTS} constructs",
            advice="Ask about fewer edges at a time.",
        )
    candidates = {end: ChosenConstruct(end, ConstructRole.END, next(e for e in asked if end in e)) for end in ends}
    for candidate in _candidates(asked, [e for e in edges if set(e) <= set(measured)]):
        candidates.setdefault(candidate.name, candidate)
    chosen = tuple(candidates.values())[:MAX_CONSTRUCTS]
    names = {c.name for c in chosen}
    in_theory = [e for e in edges if set(e) <= names]
    both_ways = [pair for a, b in asked for pair in ((a, b), (b, a))]

    def reason(origin: str) -> Omission:
        if origin not in measured:
            return Omission.NO_COLUMN
        return Omission.BEYOND_LIMIT if origin in candidates else Omission.NOT_NEEDED

    return EdgeQuestion(
        tuple(asked),
        chosen,
        tuple(dict.fromkeys([*in_theory, *both_ways])),
        tuple(e for e in asked if e not in edges),
        tuple((e, reason(e[0])) for e in edges if e[1] in ends and e[0] not in names),
    )


def _candidates(asked: Sequence[Edge], edges: Sequence[Edge]) -> Iterator[ChosenConstruct]:
    """Yield confounders and what lies on paths, the closest first; a construct can come more than once."""
    origins: dict[str, set[str]] = {}
    for origin, target in edges:
        origins.setdefault(target, set()).add(origin)
    order = {name: k for k, name in enumerate(CONSTRUCTS)}

    def rank(candidate: ChosenConstruct) -> tuple[bool, int, str]:
        return candidate.role is ConstructRole.ON_PATH, order.get(candidate.name, len(order)), candidate.name

    shorter: list[Path] = []
    for length in range(1, MAX_CONSTRUCTS):
        paths: list[Path] = list(asked)
        if length > 1:
            paths = [path for a, b in asked for path in _paths(origins, a, (b,), length)]
        confounding = [
            ChosenConstruct(name, ConstructRole.CONFOUNDER, step)
            for path in shorter
            for step in pairwise(path)
            for name in origins.get(step[0], set()) & origins.get(step[1], set())
        ]
        between = [ChosenConstruct(name, ConstructRole.ON_PATH, path) for path in paths for name in path[1:-1]]
        yield from sorted((*confounding, *between), key=rank)
        shorter = paths


def _paths(origins: dict[str, set[str]], start: str, tail: Path, length: int) -> Iterator[Path]:
    """Yield every path of `length` edges from `start` that ends with `tail`, without a construct twice."""
    for origin in sorted(origins.get(tail[0], set()) - set(tail)):
        if length > 1 and origin != start:
            yield from _paths(origins, start, (origin, *tail), length - 1)
        elif length == 1 and origin == start:
            yield (start, *tail)
