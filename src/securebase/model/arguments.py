"""Checks of arguments that the public functions of the model share: a clear error in place of a raw exception."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError

_GENERATOR_ADVICE = "Pass numpy.random.default_rng(seed)."
PARAMETERS_ADVICE = "Pass ParameterSet.in_score_units(), or Fit.parameters of a fit that was not refused."
PANEL_ADVICE = "Build it with securebase.panel(cohort)."


def check_instance(value: object, kind: type, name: str, *, advice: str = "") -> None:
    """Raise ModelError unless an argument is of this class."""
    if not isinstance(value, kind):
        actual = "None" if value is None else type(value).__name__
        raise ModelError(f"{name} must be of class {kind.__name__} (got {actual})", advice=advice)


def check_generator(rng: object) -> None:
    """Raise ModelError unless `rng` is a numpy.random.Generator."""
    if not isinstance(rng, np.random.Generator):
        raise ModelError(f"rng must be a numpy.random.Generator (got {rng!r})", advice=_GENERATOR_ADVICE)


def check_number(value: object, name: str) -> None:
    """Raise ModelError unless an argument is a real number; NaN and infinity are left to the caller."""
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        raise ModelError(f"{name} must be a number (got {value!r})")


def check_numbers(values: object, name: str) -> NDArray[np.float64]:
    """Return numbers as an array of float64. Raises ModelError for anything else, such as text."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        first = np.asarray(values, dtype=object).ravel()[0]
        raise ModelError(f"{name} must be numbers (the first value is {first!r})") from None


def check_whole_number(value: object, name: str, *, minimum: int) -> None:
    """Raise ModelError unless an argument is a whole number of at least `minimum`."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < minimum:
        raise ModelError(f"{name} must be a whole number of at least {minimum} (got {value!r})")


def check_scale(construct: str, scale: object) -> None:
    """Raise ModelError unless the scale of a construct is a pair (instrument, scale)."""
    if isinstance(scale, str) or not isinstance(scale, Sequence) or len(scale) != 2:
        raise ModelError(
            f"the scale of “{construct}” must be a pair (instrument, scale) (got {scale!r})",
            advice='Write {"symptoms": ("phq9", "total")}, for indicators {"symptoms": [("phq9", "total"), …]}.',
        )


def check_pairs(values: object, kind: str, *, advice: str) -> tuple[tuple[Any, Any], ...]:
    """Return pairs as a tuple. Raises ModelError for anything else; `kind` reads “edges must be pairs (from, to)”."""
    pairs = tuple(values) if isinstance(values, Iterable) and not isinstance(values, str) else (None,)
    if not all(isinstance(pair, Sequence) and not isinstance(pair, str) and len(pair) == 2 for pair in pairs):
        raise ModelError(f"{kind} (got {values!r})", advice=advice)
    return tuple((pair[0], pair[1]) for pair in pairs)


def check_names(names: Iterable[object], kind: str, *, unique: bool = True) -> tuple[str, ...]:
    """Return names as a tuple. Raises ModelError for a single text, an element that is not text, or a duplicate."""
    if isinstance(names, str):
        raise ModelError(
            f"{kind} must be a sequence of names (got the text “{names}”)",
            advice=f'Write ("{names}",) for a single name.',
        )
    try:
        listed = tuple(names)
    except TypeError:
        raise ModelError(f"{kind} must be a sequence of names (got {names!r})") from None
    for name in listed:
        if not isinstance(name, str):
            raise ModelError(f"{kind} must be a sequence of names (one of them is {name!r})")
        if unique and listed.count(name) > 1:
            raise ModelError(f"{kind} must be unique (got “{name}” {listed.count(name)} times)")
    return tuple(str(name) for name in listed)
