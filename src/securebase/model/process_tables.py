"""Reader of the processes in a scenario's file: one table per process, rejected with its place if invalid.

Each table is converted to its description in `processes`, so a new field needs no change here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from math import isfinite
from typing import Any, TypeVar

from securebase.errors import ParameterSetError
from securebase.measurement.catalogue import instruments
from securebase.model.processes import SINGLE, AdditionalMeasure, PersonEffect, Processes, SimulatedCovariate
from securebase.schema import Place, convert

T = TypeVar("T")

#: names of the tables read here; the last three may be repeated
TABLES = (*SINGLE, "own_effect", "brings", "given")


def read_processes(values: Mapping[str, Any], constructs: tuple[str, ...], place: Place) -> Processes:
    """Read every process of a scenario's file; processes that the file does not name are off."""
    default = Processes()
    single = {
        name: read_table(values[name], type(getattr(default, name)), constructs, place.at(name))
        for name in SINGLE
        if name in values
    }
    person_effects = [_person_effect(table, constructs, at) for table, at in _tables(values, "own_effect", place)]
    brings = [read_table(table, SimulatedCovariate, constructs, at) for table, at in _tables(values, "brings", place)]
    given = [_additional_measure(table, constructs, at) for table, at in _tables(values, "given", place)]
    return replace(default, person_effects=tuple(person_effects), brings=tuple(brings), given=tuple(given), **single)


def _tables(values: Mapping[str, Any], name: str, place: Place) -> list[tuple[dict[str, Any], Place]]:
    tables = convert(values.get(name, []), list[dict[str, Any]], place.at(name))
    return [(table, place.at(name, n)) for n, table in enumerate(tables, start=1)]


def read_table(values: Any, kind: type[T], constructs: tuple[str, ...], place: Place) -> T:
    """Return the description with the fields of the table; an invalid value fails at its place in the file."""
    names = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    allow_only(convert(values, dict[str, Any], place), names, place)
    try:
        process = convert(values, kind, place)
    except ParameterSetError as problem:
        if problem.where:
            raise
        place.fail(problem.what)
    for name in names:
        value = getattr(process, name)
        if isinstance(value, Mapping) and name != "follows":
            allow_only(value, constructs, place.at(name))
        if isinstance(value, float) and not isfinite(value):
            place.fail(f"must be a number (got {value})", name)
    return process


def allow_only(table: Mapping[str, Any], known: list[str] | tuple[str, ...], place: Place) -> None:
    """Check that a table has no other keys: an unknown key is most likely a typo."""
    for key in table:
        if key not in known:
            place.fail("unknown field", key, f"Known fields: {', '.join(sorted(known))}.")


def _person_effect(table: dict[str, Any], constructs: tuple[str, ...], place: Place) -> PersonEffect:
    names = {"from": "begin", "to": "end"}
    effect = read_table({names.get(key, key): value for key, value in table.items()}, PersonEffect, constructs, place)
    if effect.begin not in constructs or effect.end not in constructs or effect.begin == effect.end:
        place.fail("must go from one construct of the parameter set to another", "from")
    return effect


def _additional_measure(table: dict[str, Any], constructs: tuple[str, ...], place: Place) -> AdditionalMeasure:
    result = read_table(table, AdditionalMeasure, constructs, place)
    shelf = instruments()
    if result.instrument not in shelf:
        place.fail(
            f"unknown instrument “{result.instrument}”", "instrument", f"The instruments are {', '.join(shelf)}."
        )
    for field, value, known in (
        ("moment", result.moment, ("before", "after", "between")),
        ("respondent", result.respondent, ("client", "therapist", "observer")),
    ):
        if value not in known:
            place.fail(f"must be one of {', '.join(known)} (got “{value}”)", field)
    return result
