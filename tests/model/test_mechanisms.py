"""Consistency of all mechanisms on the shelf."""

import ast
import re
from collections import defaultdict
from importlib import resources

from each import each
from securebase.measurement.constructs import MECHANISM_CONSTRUCTS, TRACKED_CONSTRUCTS, Direction, construct
from securebase.model.mechanism import THERAPY, Grade, Lag, Mechanism
from securebase.model.mechanisms import MECHANISMS

each_mechanism = each(MECHANISMS, lambda mechanism: " to ".join(mechanism.edge))


def _sign(name: str) -> int:
    """Return +1 if a higher value is better for the client, otherwise −1; therapy counts as +1."""
    return -1 if name != THERAPY and construct(name).direction is Direction.HIGHER_IS_WORSE else 1


@each_mechanism
def test_claims_exist(mechanism: Mechanism) -> None:
    assert mechanism.claims
    assert len(set(mechanism.claims)) == len(mechanism.claims)
    for claim in mechanism.claims:
        assert re.fullmatch(r"S([1-9]|[1-8][0-9]|9[0-8])", claim), claim


@each_mechanism
def test_mechanisms_connect_tracked_constructs(mechanism: Mechanism) -> None:
    assert mechanism.from_construct in (*TRACKED_CONSTRUCTS, THERAPY)
    assert mechanism.to_construct in TRACKED_CONSTRUCTS
    assert mechanism.from_construct != mechanism.to_construct
    assert (mechanism.lag is Lag.COURSE) == (mechanism.from_construct == THERAPY)


@each_mechanism
def test_the_prior_mean_has_the_sign_of_the_theory_and_the_opposite_stays_possible(mechanism: Mechanism) -> None:
    theory_sign = _sign(mechanism.from_construct) * _sign(mechanism.to_construct)
    assert mechanism.prior.mean * theory_sign > 0
    # the opposite sign must keep enough prior probability for data to overturn it: 2.5 SDs for weeks, 3.5 for a course
    assert abs(mechanism.prior.mean) < (3.5 if mechanism.lag is Lag.COURSE else 2.5) * mechanism.prior.sd
    assert mechanism.prior.basis.endswith(".")
    assert mechanism.about.endswith(".")


def test_edges_are_unique() -> None:
    assert len({m.edge for m in MECHANISMS}) == len(MECHANISMS)


def test_exchangeable_mechanisms_have_the_same_prior() -> None:
    groups = defaultdict(list)
    for m in MECHANISMS:
        if m.exchangeable_with:
            theory_sign = _sign(m.from_construct) * _sign(m.to_construct)
            groups[m.exchangeable_with].append((m.prior.mean * theory_sign, m.prior.sd, m.lag, m.level))
    assert {name: len(members) for name, members in groups.items()} == {
        "mechanism_to_symptoms": 4,
        "alliance_to_mechanism": 4,
        "between_mechanisms": 5,
        "therapy_to_mechanism": 4,
    }
    for name, members in groups.items():
        assert len(set(members)) == 1, name
    to_symptoms = [m for m in MECHANISMS if m.exchangeable_with == "mechanism_to_symptoms"]
    assert tuple(m.from_construct for m in to_symptoms) == MECHANISM_CONSTRUCTS


def test_the_basis_of_a_verified_prior_contains_a_number() -> None:
    for m in MECHANISMS:
        if m.grade is not Grade.UNVERIFIED:
            assert re.search(r"\.\d|\d", m.prior.basis), m.edge


def test_every_mechanism_file_is_listed_and_imports_only_the_mechanism_class() -> None:
    folder = resources.files("securebase.model") / "mechanisms"
    files = {f.name.removesuffix(".py"): f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".py")}
    files.pop("__init__")
    assert len(files) == len(MECHANISMS)
    for name, text in files.items():
        imported = {n.module for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom)}
        assert imported == {"securebase.model.mechanism"}, name
