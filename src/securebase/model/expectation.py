"""Expected findings of a study of a scenario, as values that a benchmark can score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum

from msgspec import field

from securebase.schema import Place, ShelfStruct, Text

Edge = tuple[str, str]


class Sign(StrEnum):
    """Sign of an effect from one week to the next, conditional on all other constructs."""

    NONE = "none"
    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expected findings. effects[(from, to)]: sign of the within-person effect.

    alliance_gates_technique: whether the effect of therapy is larger where the alliance is better (moderation).
    carried_by: constructs that mediate the whole effect of therapy on symptoms; empty if the scenario claims none.
    relapse_after_the_end: whether mean symptoms rise again after therapy. between_alliance_symptoms: sign of the
    correlation of usual levels.
    """

    effects: Mapping[Edge, Sign] = dataclass_field(default_factory=dict)
    alliance_gates_technique: bool = False
    carried_by: tuple[str, ...] = ()
    relapse_after_the_end: bool = False
    between_alliance_symptoms: Sign = Sign.NEGATIVE

    def effect(self, begin: str, end: str) -> Sign | None:
        """Return the expected sign, or None if the scenario makes no claim about this edge."""
        return self.effects.get((begin, end))


class ExpectedEffect(ShelfStruct, frozen=True):
    """The sign of one effect, in a scenario's file."""

    begin: Text = field(name="from")
    end: Text = field(name="to")
    sign: Sign


class ExpectationTable(ShelfStruct, frozen=True):
    """The table `expects` of a scenario's file."""

    effects: tuple[ExpectedEffect, ...] = ()
    alliance_gates_technique: bool = False
    carried_by: tuple[str, ...] = ()
    relapse_after_the_end: bool = False
    between_alliance_symptoms: Sign = Sign.NEGATIVE


def check_expectation(table: ExpectationTable, constructs: tuple[str, ...], place: Place) -> Expectation:
    """Return the expectation of a scenario's file. Raises the file's error with the place of an unknown name."""
    effects: dict[Edge, Sign] = {}
    for n, effect in enumerate(table.effects, start=1):
        edge = (effect.begin, effect.end)
        if not set(edge) <= set(constructs) or effect.begin == effect.end or edge in effects:
            place.at("effects", n).fail(
                f"“{effect.begin}” to “{effect.end}” is not an edge of the parameter set, or is given twice"
            )
        effects[edge] = effect.sign
    if any(c not in constructs for c in table.carried_by):
        place.fail("names a construct that the parameter set does not have", "carried_by")
    return Expectation(
        effects,
        table.alliance_gates_technique,
        table.carried_by,
        table.relapse_after_the_end,
        table.between_alliance_symptoms,
    )
