"""Reading what may happen from a scenario's file: one table a process, refused with its place where it is not sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from securebase.errors import ParameterSetError
from securebase.measurement.catalogue import instruments
from securebase.measurement.toml_fields import Fields
from securebase.model.processes import SINGLE, AdditionalMeasure, PersonEffect, Processes, SimulatedCovariate

#: names of the tables that this module reads
TABLES = (*SINGLE, "own_effect", "brings", "given")


def read_processes(read: Fields, constructs: tuple[str, ...]) -> Processes:
    """Every process of a scenario's file; what the file does not name is off."""
    usual = Processes()
    found: dict[str, Any] = {}
    for name in SINGLE:
        if name in read.values:
            found[name] = _one(read.table(name), getattr(usual, name), constructs)
    own = tuple(_own_effect(block, constructs) for block in read.tables("own_effect"))
    brings = tuple(_one(block, SimulatedCovariate(""), constructs) for block in read.tables("brings"))
    given = tuple(_given(block, constructs) for block in read.tables("given"))
    return replace(usual, person_effects=own, brings=brings, given=given, **found)


def _one(table: Fields, usual: Any, constructs: tuple[str, ...]) -> Any:
    """The description with what the table says, each field read as what it is by default."""
    names = [f.name for f in fields(usual)]
    table.only(*names)
    changed: dict[str, Any] = {}
    for name in table.values:
        value = getattr(usual, name)
        if isinstance(value, Mapping):
            inner = table.table(name)
            inner.only(*constructs)
            changed[name] = {construct: inner.number(construct) for construct in inner.values}
        elif isinstance(value, bool):
            changed[name] = table.flag(name)
        elif isinstance(value, str):
            changed[name] = table.text(name)
        elif isinstance(value, int):
            changed[name] = table.whole(name)
        elif isinstance(value, tuple):
            listed = table.values[name]
            if not isinstance(listed, list):
                table.fail("must be a list of numbers", name)
            numbers = tuple(table.as_number(entry, name) for entry in listed)
            changed[name] = tuple(int(v) for v in numbers) if name == "sessions" else numbers
        else:
            changed[name] = table.number(name)
    return _made(table, usual, changed)


def _made(table: Fields, usual: Any, changed: Mapping[str, Any]) -> Any:
    try:
        return replace(usual, **changed)
    except ParameterSetError as problem:
        table.fail(problem.what)


def _own_effect(block: Fields, constructs: tuple[str, ...]) -> PersonEffect:
    block.only("from", "to", "sd")
    begin, end = block.text("from"), block.text("to")
    if begin not in constructs or end not in constructs or begin == end:
        block.fail("must go from one construct of the parameter set to another", "from")
    made: PersonEffect = _made(block, PersonEffect(begin, end, 0.0), {"sd": block.number("sd")})
    return made


def _given(block: Fields, constructs: tuple[str, ...]) -> AdditionalMeasure:
    made: AdditionalMeasure = _one(block, AdditionalMeasure(""), constructs)
    shelf = instruments()
    if made.instrument not in shelf:
        block.fail(f"there is no instrument “{made.instrument}”", "instrument", f"Known are {', '.join(shelf)}.")
    for field, value, known in (
        ("moment", made.moment, ("before", "after", "between")),
        ("respondent", made.respondent, ("client", "therapist", "observer")),
    ):
        if value not in known:
            block.fail(f"must be one of {', '.join(known)}, found “{value}”", field)
    return made
