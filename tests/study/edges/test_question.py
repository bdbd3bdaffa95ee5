"""The constructs that a question needs, against a search through every sequence of constructs."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest

from securebase.errors import InputError
from securebase.measurement.constructs import CONSTRUCTS
from securebase.study.edges.question import (
    MAX_CONSTRUCTS,
    ConstructRole,
    EdgeQuestion,
    Omission,
    choose_constructs,
    lagged_edges,
    parse_edges,
)

NAMES = tuple(CONSTRUCTS)[:11]
Edges = list[tuple[str, str]]


def every_path(edges: Edges, a: str, b: str, measured: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return every sequence of measured constructs from a to b along edges, and a, b itself; fewest edges first."""
    others = [name for name in measured if name not in {a, b}]
    middles = [m for k in range(1, MAX_CONSTRUCTS - 1) for m in permutations(others, k)]
    paths = [(a, *middle, b) for middle in middles]
    return [(a, b), *(path for path in paths if all(step in edges for step in pairwise(path)))]


def oracle(asked: Edges, edges: Edges, measured: tuple[str, ...]) -> list[str]:
    """Return the constructs in the order in which they are to be taken."""
    ends = list(dict.fromkeys(end for edge in asked for end in edge))
    edges = [e for e in edges if set(e) <= set(measured)]
    rank: dict[str, tuple[int, bool, int]] = {}
    for a, b in asked:
        for path in every_path(edges, a, b, measured):
            length = len(path) - 1
            for name in path[1:-1]:
                rank[name] = min(rank.get(name, (99, True, 0)), (length, True, NAMES.index(name)))
            for step in pairwise(path):
                for name in measured:
                    # a confounder of a step counts in the round after its path, the last of which has seven edges
                    if (name, step[0]) in edges and (name, step[1]) in edges and length + 1 < MAX_CONSTRUCTS:
                        rank[name] = min(rank.get(name, (99, True, 0)), (length + 1, False, NAMES.index(name)))
    further = sorted((name for name in rank if name not in ends), key=lambda name: rank[name])
    return [*ends, *further][:MAX_CONSTRUCTS]


@pytest.mark.parametrize("seed", range(25))
def test_it_takes_what_a_search_through_every_sequence_takes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = NAMES[: rng.integers(4, 8 if seed % 5 else 10)]
    density = rng.uniform(0.1, 0.35)
    edges = [(a, b) for a in names for b in names if a != b and rng.random() < density]
    measured = tuple(name for name in names if rng.random() < 0.9)
    pairs = [(a, b) for a in measured for b in measured if a != b]
    asked = [pairs[k] for k in rng.choice(len(pairs), size=min(len(pairs), int(rng.integers(1, 3))), replace=False)]
    question = choose_constructs(asked, measured, edges)
    assert [c.name for c in question.constructs] == oracle(asked, edges, measured)
    chosen = {c.name for c in question.constructs}
    assert set(question.effects) == {e for e in edges if set(e) <= chosen} | set(asked) | {(b, a) for a, b in asked}
    assert set(question.unlisted) == set(asked) - set(edges)
    for construct in question.constructs:
        check_reason(question, construct.name, construct.role, construct.path, edges)
    ends = {end for edge in asked for end in edge}
    assert {e for e, _ in question.omitted} == {e for e in edges if e[1] in ends and e[0] not in chosen}
    for (origin, _), omission in question.omitted:
        assert (omission is Omission.NO_COLUMN) == (origin not in measured)


def check_reason(question: EdgeQuestion, name: str, role: ConstructRole, path: tuple[str, ...], edges: Edges) -> None:
    match role:
        case ConstructRole.END:
            assert name in path
            assert path in question.asked
        case ConstructRole.CONFOUNDER:
            assert {(name, path[0]), (name, path[1])} <= set(edges)
        case ConstructRole.ON_PATH:
            assert name in path[1:-1]
            assert (path[0], path[-1]) in question.asked
            assert all(step in edges for step in pairwise(path))


def test_confounders_come_before_what_lies_on_a_path_and_the_rest_is_left_out() -> None:
    a, b, on_path, confounder, cause, *many = NAMES
    edges = [(a, b), (a, on_path), (on_path, b), (confounder, a), (confounder, b), (cause, b)]
    question = choose_constructs([(a, b)], NAMES, edges)
    assert [(c.name, c.role) for c in question.constructs[2:]] == [
        (confounder, ConstructRole.CONFOUNDER),
        (on_path, ConstructRole.ON_PATH),
    ]
    assert question.omitted == (((cause, b), Omission.NOT_NEEDED),)
    crowded = [*edges, *((name, end) for name in many for end in (a, b))]
    question = choose_constructs([(a, b)], NAMES, crowded)
    assert len(question.constructs) == MAX_CONSTRUCTS
    assert on_path not in {c.name for c in question.constructs}
    assert ((on_path, b), Omission.BEYOND_LIMIT) in question.omitted
    # a construct without a column leads to nothing
    question = choose_constructs([(a, b)], (a, b, on_path), edges)
    assert ((confounder, b), Omission.NO_COLUMN) in question.omitted


def test_the_theory_answers_for_the_alliance() -> None:
    measured = {name for e in lagged_edges() for name in e.ends}
    question = choose_constructs([("alliance", "symptoms")], measured)
    reasons = {c.name: c.role for c in question.constructs}
    assert reasons["hope"] is ConstructRole.CONFOUNDER
    assert reasons["social_support"] is ConstructRole.ON_PATH
    assert (("openness", "symptoms"), Omission.BEYOND_LIMIT) in question.omitted
    assert (("problem_severity", "symptoms"), Omission.BEYOND_LIMIT) in question.omitted


def test_edges_are_read_with_either_arrow() -> None:
    assert parse_edges("a→b, b -> c,a→b") == (("a", "b"), ("b", "c"))
    for wrong in ("a", "a→", "→b", "a→b→c", "", "a→b,"):
        with pytest.raises(InputError, match="must have the form A→B"):
            parse_edges(wrong)
    with pytest.raises(InputError, match="“a→a” leads to itself"):
        parse_edges("a→a")


def test_too_many_ends_are_refused() -> None:
    asked = [(NAMES[k], NAMES[k + 1]) for k in range(0, 9, 2)]
    with pytest.raises(InputError, match="have 10 different ends; a model has at most 8"):
        choose_constructs(asked, NAMES)
