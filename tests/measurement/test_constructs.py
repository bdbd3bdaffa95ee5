"""The constructs of the theory, and those a table brings."""

import pytest

from securebase.errors import InputError
from securebase.measurement import catalogue
from securebase.measurement.constructs import (
    CONSTRUCTS,
    TRACKED_CONSTRUCTS,
    UNMEASURED_CONSTRUCTS,
    Direction,
    construct,
    own_construct,
)


def test_names_and_labels_are_unique_and_every_construct_rests_on_a_claim() -> None:
    assert all(name == c.name for name, c in CONSTRUCTS.items())
    assert len({c.label for c in CONSTRUCTS.values()}) == len(CONSTRUCTS)
    for c in CONSTRUCTS.values():
        assert c.claims
        assert c.about
        assert c.asked in ("before", "after")
    # emotion that is roused is neither good nor bad by itself
    assert [c.name for c in CONSTRUCTS.values() if c.direction is Direction.UNKNOWN] == ["emotional_arousal"]


def test_every_construct_is_measured_by_something_on_the_shelf_or_listed_as_unmeasured() -> None:
    measured = {scale.construct for i in catalogue.instruments().values() for scale in i.scales}
    assert measured.isdisjoint(UNMEASURED_CONSTRUCTS)
    assert measured | set(UNMEASURED_CONSTRUCTS) == set(CONSTRUCTS)
    assert set(TRACKED_CONSTRUCTS) <= measured


def test_an_unknown_construct_is_met_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"there is no construct called “mood”\. Known are: alliance, "):
        construct("mood")


def test_a_construct_of_ones_own_claims_nothing() -> None:
    own = own_construct("DPICS_Positive", asked="after")
    assert (own.label, own.direction, own.claims, own.asked) == ("DPICS_Positive", Direction.UNKNOWN, (), "after")
