"""What a study of a scenario must find, as values that a benchmark can score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from securebase.measurement.toml_fields import Fields

Edge = tuple[str, str]


class Sign(StrEnum):
    """Of an effect from one week to the next, beside everything else."""

    NONE = "none"
    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class Expectation:
    """effects[(from, to)]: sign of the effect within persons. alliance_gates_technique: whether therapy pushes more
    where the alliance is better. carried_by: constructs through which all that therapy adds to symptoms comes; empty
    where nothing is claimed of it. relapse_after_the_end: whether symptoms come back on average once therapy has ended.
    between_alliance_symptoms: sign of the correlation of usual levels.
    """

    effects: Mapping[Edge, Sign] = field(default_factory=dict)
    alliance_gates_technique: bool = False
    carried_by: tuple[str, ...] = ()
    relapse_after_the_end: bool = False
    between_alliance_symptoms: Sign = Sign.NEGATIVE

    def effect(self, begin: str, end: str) -> Sign | None:
        """The sign expected, or None where the scenario says nothing of this link."""
        return self.effects.get((begin, end))


def read_expectation(table: Fields, constructs: tuple[str, ...]) -> Expectation:
    """The table `expects` of a scenario's file. Refused with its place where it names what there is not."""
    usual = Expectation()
    table.only(
        "alliance_gates_technique", "carried_by", "relapse_after_the_end", "between_alliance_symptoms", "effects"
    )
    effects: dict[Edge, Sign] = {}
    for block in table.tables("effects"):
        block.only("from", "to", "sign")
        begin, end = block.text("from"), block.text("to")
        if begin not in constructs or end not in constructs or begin == end or (begin, end) in effects:
            block.fail(f"“{begin}” to “{end}” is no link of the parameter set, or stands twice")
        effects[begin, end] = _sign(block, "sign")
    carried_by = table.texts("carried_by")
    if any(c not in constructs for c in carried_by):
        table.fail("names what is no construct of the parameter set", "carried_by")
    between = usual.between_alliance_symptoms
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
        block.fail(f"must be one of {', '.join(Sign)}, found “{text}”", field)
    return Sign(text)
