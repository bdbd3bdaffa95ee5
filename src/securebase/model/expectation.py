"""Expected findings of a study of a scenario, as values that a benchmark can score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from securebase.measurement.toml_fields import Fields

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

    effects: Mapping[Edge, Sign] = field(default_factory=dict)
    alliance_gates_technique: bool = False
    carried_by: tuple[str, ...] = ()
    relapse_after_the_end: bool = False
    between_alliance_symptoms: Sign = Sign.NEGATIVE

    def effect(self, begin: str, end: str) -> Sign | None:
        """Return the expected sign, or None if the scenario makes no claim about this edge."""
        return self.effects.get((begin, end))


def read_expectation(table: Fields, constructs: tuple[str, ...]) -> Expectation:
    """Read the table `expects` of a scenario's file. Raises the file's error with the place of an unknown name."""
    defaults = Expectation()
    table.allow_only(
        "alliance_gates_technique", "carried_by", "relapse_after_the_end", "between_alliance_symptoms", "effects"
    )
    effects: dict[Edge, Sign] = {}
    for block in table.tables("effects"):
        block.allow_only("from", "to", "sign")
        begin, end = block.text("from"), block.text("to")
        if begin not in constructs or end not in constructs or begin == end or (begin, end) in effects:
            block.fail(f"“{begin}” to “{end}” is not an edge of the parameter set, or is given twice")
        effects[begin, end] = _sign(block, "sign")
    carried_by = table.texts("carried_by")
    if any(c not in constructs for c in carried_by):
        table.fail("names a construct that the parameter set does not have", "carried_by")
    between = defaults.between_alliance_symptoms
    return Expectation(
        effects=effects,
        alliance_gates_technique=table.flag("alliance_gates_technique", False),
        carried_by=carried_by,
        relapse_after_the_end=table.flag("relapse_after_the_end", False),
        between_alliance_symptoms=_sign(table, "between_alliance_symptoms", between),
    )


def _sign(block: Fields, field: str, default: Sign | None = None) -> Sign:
    text = block.text(field, None if default is None else default.value)
    if text not in list(Sign):
        block.fail(f"must be one of {', '.join(Sign)} (got “{text}”)", field)
    return Sign(text)
