"""The options of a decision, weighed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securebase.ipt.behaviour import Behaviour
from securebase.records.artefact import Value, as_number, cell_text


@dataclass(frozen=True, slots=True)
class WeighedOption:
    """One option of a decision. rating: 0 to 10, None if not rated. chosen: the option to try first."""

    option: str
    likely: str
    good: str
    hard: str
    rating: float | None
    chosen: bool


def weighed_options(values: Mapping[str, Value]) -> tuple[WeighedOption, ...]:
    """Return the options of a decision analysis in the order of the worksheet."""
    first_choice, rows = _key(values.get("chosen")), values.get("options")
    return tuple(
        WeighedOption(
            option=cell_text(row, "option"),
            likely=cell_text(row, "likely"),
            good=cell_text(row, "good"),
            hard=cell_text(row, "hard"),
            rating=as_number(row.get("rating")),
            chosen=bool(first_choice) and _key(row.get("option")) == first_choice,
        )
        for row in (rows if isinstance(rows, tuple) else ())
        if isinstance(row, Mapping)
    )


def _key(value: object) -> str:
    return " ".join(value.split()).casefold() if isinstance(value, str) else ""


def above(values: Mapping[str, Value]) -> dict[str, Any]:
    return {"weighed": weighed_options(values)}


BEHAVIOUR = Behaviour(above=above)
