"""Statistics of the calibration targets, found by their names.

A statistic is a public function whose first parameter is `arms`, the samples of one replication, and which returns a
number. A target's file names it and gives its other arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import isfunction
from types import MappingProxyType, ModuleType
from typing import Any, get_type_hints

from securebase.errors import InputError
from securebase.schema import FieldError, Place, convert
from securebase.study.calibration.statistics import alliance, attachment, change, events, processes

Statistic = Callable[..., float]


def _find_statistics(module: ModuleType) -> Iterator[tuple[str, Statistic]]:
    for name, value in vars(module).items():
        if isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"):
            hints = get_type_hints(value)
            if next(iter(hints)) == "arms" and hints["return"] is float:
                yield name, value


STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        name: function
        for module in (alliance, attachment, change, events, processes)
        for name, function in _find_statistics(module)
    }
)


def convert_arguments(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a statistic besides the arms, as its parameters need them. Raises FieldError."""
    if name not in STATISTICS:
        raise FieldError(f"unknown statistic “{name}”", "statistic", f"Known: {', '.join(sorted(STATISTICS))}.")
    kinds = {key: kind for key, kind in get_type_hints(STATISTICS[name]).items() if key not in ("arms", "return")}
    if kinds.keys() != arguments.keys():
        problem = f"{name} takes {', '.join(kinds) or 'none'} (got {', '.join(arguments) or 'none'})"
        raise FieldError(problem, "arguments")
    try:
        return {key: convert(arguments[key], kind, Place(key, InputError)) for key, kind in kinds.items()}
    except InputError as error:
        raise FieldError(f"{error.where} {error.what}", "arguments") from None
