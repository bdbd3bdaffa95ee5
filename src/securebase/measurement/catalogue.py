"""Finds and checks the shelf: every TOML file in `instruments/` is one instrument, named by its file."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType

from securebase.errors import InstrumentError
from securebase.measurement.instrument import Instrument
from securebase.measurement.instrument_reader import read_instrument


@cache
def _shelf() -> MappingProxyType[str, Instrument]:
    found: dict[str, Instrument] = {}
    folder = resources.files("securebase.measurement") / "instruments"
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name):
        instrument = read_instrument(file.name, file.read_bytes())
        if f"{instrument.id}.toml" != file.name:
            raise InstrumentError(
                f"“{instrument.id}” is not the name of the file", where=f"{file.name}, id", advice="Make them the same."
            )
        found[instrument.id] = instrument
    return MappingProxyType(found)


def instruments() -> dict[str, Instrument]:
    """Every instrument on the shelf by id, read once. Raises InstrumentError where a file is not sound."""
    return dict(_shelf())


def instrument(name: str) -> Instrument:
    """The instrument with this id. Raises InstrumentError with the known ones, the nearest first."""
    shelf = _shelf()
    if name in shelf:
        return shelf[name]
    near = get_close_matches(name.lower().replace("-", "").replace("_", ""), shelf, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise InstrumentError(
        f"there is no instrument called “{name}”", advice=f"{hint}On the shelf are: {', '.join(shelf)}."
    )
