"""The constructs of the theory, and those that a table adds."""

import pytest

from securebase.errors import InputError
from securebase.measurement import catalogue
from securebase.measurement.constructs import (
    CONSTRUCTS,
    TRACKED_CONSTRUCTS,
    UNMEASURED_CONSTRUCTS,
    Direction,
    construct,
    custom_construct,
)


def test_names_and_labels_are_unique_and_every_construct_rests_on_a_claim() -> None:
    assert all(name == c.name for name, c in CONSTRUCTS.items())
    assert len({c.label for c in CONSTRUCTS.values()}) == len(CONSTRUCTS)
    for c in CONSTRUCTS.values():
        assert c.claims
        assert c.about
        assert c.moment in ("before", "after")
    # emotional arousal is neither good nor bad in itself
    assert [c.name for c in CONSTRUCTS.values() if c.direction is Direction.UNKNOWN] == ["emotional_arousal"]


def test_every_construct_has_an_instrument_or_is_listed_as_unmeasured() -> None:
    measured = {scale.construct for i in catalogue.instruments().values() for scale in i.scales}
    assert measured.isdisjoint(UNMEASURED_CONSTRUCTS)
    assert measured | set(UNMEASURED_CONSTRUCTS) == set(CONSTRUCTS)
    assert set(TRACKED_CONSTRUCTS) <= measured


def test_an_unknown_construct_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"unknown construct “mood”\. Known constructs: alliance, "):
        construct("mood")
    with pytest.raises(InputError, match=r"unknown construct “symptom”\. Did you mean symptoms\?"):
        construct("symptom")


def test_a_custom_construct_has_no_claims() -> None:
    custom = custom_construct("DPICS_Positive", moment="after")
    assert (custom.label, custom.direction, custom.claims, custom.moment) == (
        "DPICS_Positive",
        Direction.UNKNOWN,
        (),
        "after",
    )
