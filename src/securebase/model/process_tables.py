"""Reader of the processes in a scenario's file: one table per process, rejected with its place if invalid.

Each field is read by the type of its default in `processes`, so a new field needs no change here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from securebase.errors import ParameterSetError
from securebase.measurement.catalogue import instruments
from securebase.measurement.toml_fields import Fields
from securebase.model.processes import SINGLE, AdditionalMeasure, PersonEffect, Processes, SimulatedCovariate

#: names of the tables read here; the last three may be repeated
TABLES = (*SINGLE, "own_effect", "brings", "given")


def read_processes(read: Fields, constructs: tuple[str, ...]) -> Processes:
    """Read every process of a scenario's file; processes that the file does not name are off."""
    default = Processes()
    single: dict[str, Any] = {}
    for name in SINGLE:
        if name in read.values:
            single[name] = _read_table(read.table(name), getattr(default, name), constructs)
    person_effects = tuple(_person_effect(block, constructs) for block in read.tables("own_effect"))
    brings = tuple(_read_table(block, SimulatedCovariate(""), constructs) for block in read.tables("brings"))
    given = tuple(_additional_measure(block, constructs) for block in read.tables("given"))
    return replace(default, person_effects=person_effects, brings=brings, given=given, **single)


def _read_table(table: Fields, default: Any, constructs: tuple[str, ...]) -> Any:
    """Return the default description with the fields of the table, each read by the type of its default."""
    names = [f.name for f in fields(default)]
    table.allow_only(*names)
    changed: dict[str, Any] = {}
    for name in table.values:
        value = getattr(default, name)
        if isinstance(value, Mapping):
            inner = table.table(name)
            inner.allow_only(*constructs)
            changed[name] = {construct: inner.number(construct) for construct in inner.values}
        elif isinstance(value, bool):
            changed[name] = table.flag(name)
        elif isinstance(value, str):
            changed[name] = table.text(name)
        elif isinstance(value, int):
            changed[name] = table.whole_number(name)
        elif isinstance(value, tuple):
            listed = table.values[name]
            if not isinstance(listed, list):
                table.fail("must be a list of numbers", name)
            numbers = tuple(table.as_number(entry, name) for entry in listed)
            changed[name] = tuple(int(v) for v in numbers) if name == "sessions" else numbers
        else:
            changed[name] = table.number(name)
    return _replace_fields(table, default, changed)


def _replace_fields(table: Fields, default: Any, changed: Mapping[str, Any]) -> Any:
    """Return the description with changed fields; an invalid value fails at its place in the file."""
    try:
        return replace(default, **changed)
    except ParameterSetError as problem:
        table.fail(problem.what)


def _person_effect(block: Fields, constructs: tuple[str, ...]) -> PersonEffect:
    block.allow_only("from", "to", "sd")
    begin, end = block.text("from"), block.text("to")
    if begin not in constructs or end not in constructs or begin == end:
        block.fail("must go from one construct of the parameter set to another", "from")
    result: PersonEffect = _replace_fields(block, PersonEffect(begin, end, 0.0), {"sd": block.number("sd")})
    return result


def _additional_measure(block: Fields, constructs: tuple[str, ...]) -> AdditionalMeasure:
    result: AdditionalMeasure = _read_table(block, AdditionalMeasure(""), constructs)
    shelf = instruments()
    if result.instrument not in shelf:
        block.fail(
            f"unknown instrument “{result.instrument}”", "instrument", f"The instruments are {', '.join(shelf)}."
        )
    for field, value, known in (
        ("moment", result.moment, ("before", "after", "between")),
        ("respondent", result.respondent, ("client", "therapist", "observer")),
    ):
        if value not in known:
            block.fail(f"must be one of {', '.join(known)} (got “{value}”)", field)
    return result
