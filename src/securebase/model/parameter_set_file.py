"""The file of a parameter set: its structs, and the values that it states by construct and by pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

from securebase.model.standardised import Edge
from securebase.schema import Number, Place, Positive, ShelfStruct, Text

#: key of an earlier version of the format → key now
_EARLIER_KEYS = {
    "own_change": "random_slope_sd",
    "own_change_with_level": "random_slope_level_correlation",
    "own_change_correlation": "random_slope_correlation",
    "own_change_rate": "random_slope_rate",
}


def upgrade_keys(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the top-level table of a parameter set's or scenario's file with the keys of the current format."""
    return {_EARLIER_KEYS.get(key, key): value for key, value in table.items()}


class StatedValues(ShelfStruct, frozen=True):
    """Values by construct from one source."""

    source: Text
    verified: bool
    values: Mapping[str, Number]


Pair = Annotated[tuple[Text, Text, Number], Meta(description="[construct, construct, correlation]")]


class StatedPairs(ShelfStruct, frozen=True):
    """Correlations of pairs from one source."""

    source: Text
    verified: bool
    pairs: Annotated[tuple[Pair, ...], Meta(min_length=1)]


class StatedRate(ShelfStruct, frozen=True):
    """One value for all constructs."""

    source: Text
    verified: bool
    value: Positive


class StatedScale(ShelfStruct, frozen=True):
    """The unit of a scale."""

    instrument: Text
    scale: Text
    construct: Text
    mean: Number
    sd: Positive
    reliability: Number
    verified: bool
    source: Text


class ParameterSetFile(ShelfStruct, frozen=True):
    """The file of a parameter set; each quantity may have several blocks, one for each source."""

    id: Text
    name: Text
    version: Text
    about: Text
    constructs: tuple[Text, ...]
    time_unit: Text
    days_per_unit: Number
    planned_end: Number
    effects: Text
    limits: tuple[str, ...] = ()
    persistence: tuple[StatedValues, ...] = ()
    level_share: tuple[StatedValues, ...] = ()
    natural_change: tuple[StatedValues, ...] = ()
    level_correlation: tuple[StatedPairs, ...] = ()
    state_correlation: tuple[StatedPairs, ...] = ()
    random_slope_sd: tuple[StatedValues, ...] = ()
    random_slope_level_correlation: tuple[StatedPairs, ...] = ()
    random_slope_correlation: tuple[StatedPairs, ...] = ()
    random_slope_rate: StatedRate | None = None
    scale: tuple[StatedScale, ...] = ()
    simulated_scale: tuple[StatedScale, ...] = ()


def values_by_construct(
    stored: ParameterSetFile, quantity: str, place: Place, *, complete: bool = True
) -> dict[str, float]:
    """Return the values of a quantity by construct; a complete one has a value for each."""
    stated: dict[str, float] = {}
    blocks: tuple[StatedValues, ...] = getattr(stored, quantity)
    for n, block in enumerate(blocks, start=1):
        for construct, value in block.values.items():
            if construct not in stored.constructs or construct in stated:
                problem = "is not a construct of this set, or is stated twice"
                place.at(quantity, n).at("values").fail(problem, construct)
            stated[construct] = value
    missing = [c for c in stored.constructs if c not in stated]
    if missing and complete:
        place.fail(f"has no value for {', '.join(missing)}", quantity)
    return stated


def values_by_pair(
    stored: ParameterSetFile, quantity: str, place: Place, *, ordered: bool = False
) -> dict[Edge, float]:
    """Return correlations of pairs; `ordered` pairs are (level, random slope) and may be of one construct."""
    stated: dict[Edge, float] = {}
    blocks: tuple[StatedPairs, ...] = getattr(stored, quantity)
    for n, block in enumerate(blocks, start=1):
        for a, b, value in block.pairs:
            if (
                any(c not in stored.constructs for c in (a, b))
                or (a == b and not ordered)
                or (a, b) in stated
                or (not ordered and (b, a) in stated)
            ):
                place.at(quantity, n).fail(f"names no pair of this set, or one twice: {[a, b]}", "pairs")
            stated[a, b] = value
    return stated
