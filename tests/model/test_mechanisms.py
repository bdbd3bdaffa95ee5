"""The whole shelf of mechanisms at once."""

import ast
import re
from collections import defaultdict
from importlib import resources

import pytest

from securebase.measurement.constructs import MECHANISM_CONSTRUCTS, TRACKED_CONSTRUCTS, Direction, construct
from securebase.model.mechanism import THERAPY, Grade, Lag, Mechanism
from securebase.model.mechanisms import MECHANISMS

IDS = ["_to_".join(m.edge) for m in MECHANISMS]
each = pytest.mark.parametrize("mechanism", MECHANISMS, ids=IDS)


def _sign(name: str) -> int:
    """+1 where more is better for the client; therapy is meant to do good."""
    return -1 if name != THERAPY and construct(name).direction is Direction.HIGHER_IS_WORSE else 1


@each
def test_claims_exist(mechanism: Mechanism) -> None:
    assert mechanism.claims
    assert len(set(mechanism.claims)) == len(mechanism.claims)
    for claim in mechanism.claims:
        assert re.fullmatch(r"S([1-9]|[1-8][0-9]|9[0-8])", claim), claim
    for target in mechanism.calibration:
        assert re.fullmatch(r"C([1-9]|[12][0-9]|3[0-5])", target), target


@each
def test_it_joins_what_is_tracked(mechanism: Mechanism) -> None:
    assert mechanism.from_construct in (*TRACKED_CONSTRUCTS, THERAPY)
    assert mechanism.to_construct in TRACKED_CONSTRUCTS
    assert mechanism.from_construct != mechanism.to_construct
    assert (mechanism.lag is Lag.COURSE) == (mechanism.from_construct == THERAPY)


@each
def test_the_prior_leans_the_way_the_theory_says_and_can_be_found_false(mechanism: Mechanism) -> None:
    lean = _sign(mechanism.from_construct) * _sign(mechanism.to_construct)
    assert mechanism.prior.mean * lean > 0
    # the opposite sign keeps at least a chance that data can bring out (2.5 SDs for single weeks, 3.5 for a course)
    assert abs(mechanism.prior.mean) < (3.5 if mechanism.lag is Lag.COURSE else 2.5) * mechanism.prior.sd
    assert mechanism.prior.basis.endswith(".")
    assert mechanism.about.endswith(".")


def test_no_edge_stands_twice() -> None:
    assert len({m.edge for m in MECHANISMS}) == len(MECHANISMS)


def test_no_mechanism_is_favoured_within_a_group() -> None:
    groups = defaultdict(list)
    for m in MECHANISMS:
        if m.exchangeable_with:
            lean = _sign(m.from_construct) * _sign(m.to_construct)
            groups[m.exchangeable_with].append((m.prior.mean * lean, m.prior.sd, m.lag, m.level))
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


def test_verified_priors_name_their_figure() -> None:
    for m in MECHANISMS:
        if m.grade is not Grade.UNVERIFIED:
            assert re.search(r"\.\d|\d", m.prior.basis), m.edge


def test_every_file_of_the_shelf_is_listed_and_knows_no_other() -> None:
    folder = resources.files("securebase.model") / "mechanisms"
    files = {f.name.removesuffix(".py"): f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".py")}
    files.pop("__init__")
    assert len(files) == len(MECHANISMS)
    for name, text in files.items():
        imported = {n.module for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom)}
        assert imported == {"securebase.model.mechanism"}, name
