"""The states of the simulated web: how every construct outside the fitted model changes on its own.

The shelf is `states/*.toml`, one file per layer and one block per construct. Influences on a construct are
edges of the theory; the statements on the constructs of the fitted model are in the parameter set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from securebase.errors import ModelError
from securebase.measurement.constructs import CONSTRUCTS
from securebase.schema import Number, Place, ShelfStruct, Text, read_toml, toml_files

Share = Annotated[float, Meta(ge=0, le=1)]
Persistence = Annotated[float, Meta(ge=0, lt=1)]


class Layer(StrEnum):
    """Time scale of a construct in the simulator; also the name of its file on the shelf.

    weekly: changes from week to week. slow: changes over many weeks. trait: differs between persons, does not change.
    event: occurs at moments; its block states how often. index: computed from other constructs, never a term.
    """

    WEEKLY = "weekly"
    SLOW = "slow"
    TRAIT = "trait"
    EVENT = "event"
    INDEX = "index"


class ConstructState(ShelfStruct, frozen=True):
    """A construct of the simulator.

    persistence: autoregression of its movement after a week. level_share: share of the variance at the first session
    that is the person's own level. natural_change, therapy_change: mean change by the planned end without therapy, and
    the change that therapy adds through all paths, in SDs at the first session; None where only edges change its mean.
    own_change: SD between persons of their change by the planned end. reliability: of its rating. chance: of an event
    in a session. weight: size of the event, −1 for a violation. parts: weights of an index.
    """

    construct: Text
    source: Text
    verified: bool = False
    persistence: Persistence = 0.0
    level_share: Share = 1.0
    natural_change: Number | None = None
    therapy_change: Number | None = None
    own_change: Annotated[float, Meta(ge=0)] = 0.0
    reliability: Annotated[float, Meta(gt=0, le=1)] = 0.7
    chance: Annotated[float, Meta(ge=0)] = 0.0
    weight: Number = 1.0
    parts: Mapping[str, Number] = {}
    layer: Layer = Layer.WEEKLY


class StatesFile(ShelfStruct, frozen=True):
    """The file of one layer."""

    state: tuple[ConstructState, ...] = ()


@cache
def states() -> Mapping[str, ConstructState]:
    """Return the states of all layers by construct. Raises ModelError naming file and field if a file is invalid."""
    result: dict[str, ConstructState] = {}
    for file, content in toml_files(resources.files("securebase.model") / "states"):
        for state in read_states(file, content):
            if state.construct in result:
                raise ModelError(f"“{state.construct}” has two blocks", where=file, advice="Remove one of them.")
            result[state.construct] = state
    return MappingProxyType(result)


def read_states(file: str, content: bytes | str) -> Iterator[ConstructState]:
    """Yield the states of one file, whose name is their layer. Raises ModelError naming the invalid field."""
    place = Place(file, ModelError)
    layer = file.removesuffix(".toml")
    if layer not in [member.value for member in Layer]:
        place.fail(f"must be named after a layer ({', '.join(member.value for member in Layer)})")
    for n, state in enumerate(read_toml(content, StatesFile, place).state, start=1):
        at = place.at("state", n)
        if state.construct not in CONSTRUCTS:
            at.fail(f"unknown construct “{state.construct}”", "construct")
        _check_layer(state, Layer(layer), at)
        yield replace(state, layer=Layer(layer))


def _check_layer(state: ConstructState, layer: Layer, at: Place) -> None:
    moves = layer in (Layer.WEEKLY, Layer.SLOW)
    if moves and not (state.persistence > 0 and 0 < state.level_share < 1):
        at.fail("a state that moves needs a persistence above 0 and a level_share between 0 and 1", "persistence")
    if (layer is Layer.EVENT) != bool(state.chance):
        at.fail("an event, and nothing else, states a chance above 0", "chance")
    if (layer is Layer.INDEX) != bool(state.parts):
        at.fail("an index, and nothing else, states the weights of its parts", "parts")
