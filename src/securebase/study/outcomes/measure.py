"""The scale of a table's column: named, stored with its scores, or recognised by its name; else thresholds by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from statistics import stdev

from securebase.errors import InputError
from securebase.measurement.catalogue import find_scale, instruments, parse_scale
from securebase.measurement.change import ChangeRules, change_rules
from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Instrument, Scale, reliable_change_points
from securebase.records.cohort import Cohort


@dataclass(frozen=True, slots=True)
class OutcomeMeasure:
    """The thresholds of a column. name: of the instrument and scale, empty where none is known."""

    name: str
    rules: ChangeRules


def find_measure(
    cohort: Cohort, column: str, values: Sequence[float], instrument: str = ""
) -> tuple[Instrument, Scale] | None:
    """Return the scale of a column; None where nothing names it.

    `instrument` is its ID or ID:SCALE. Without it, the scores' own scale counts, then one whose name the column bears,
    if all values lie in its range. Raises InputError if values lie outside the range of the `instrument` that was
    named, or that does not exist.
    """
    if instrument:
        chosen = parse_scale(instrument)
        outside = [value for value in values if not _in_range(value, chosen[1])]
        if outside:
            scale = chosen[1]
            raise InputError(
                f"“{column}” holds {outside[0]:g}, but {_name(*chosen)} goes from {scale.minimum:g} to "
                f"{scale.maximum:g}",
                advice="Name the instrument that the column holds, or give --reliability and --cutoff.",
            )
        return chosen
    stored = {
        (s.instrument, s.scale)
        for episode in cohort.episodes
        for a in episode.administrations
        for s in a.scores
        if s.construct == column
    }
    own = next(((i, s) for i, s in sorted(stored) if find_scale(i, s) is not None), None)
    if own is not None:
        return parse_scale(":".join(own))
    names = {column, *(scale for _, scale in stored)}
    return next(
        (
            (candidate, scale)
            for candidate in instruments().values()
            for scale in candidate.scales
            if any(_matches(name, candidate, scale) for name in names) and all(_in_range(v, scale) for v in values)
        ),
        None,
    )


def outcome_measure(
    scale: tuple[Instrument, Scale] | None,
    *,
    direction: Direction,
    first_values: Sequence[float],
    reliability: float | None = None,
    cutoff: float | None = None,
) -> OutcomeMeasure:
    """Return the thresholds of a scale; `reliability` and `cutoff` replace its reliable change and cut-off.

    Reliable change is then 1.96 √2 SD √(1 − reliability) with the SD of first ratings (Jacobson & Truax 1991). Raises
    InputError if the reliability is not between 0 and 1, the cut-off is not finite, or first ratings do not differ.
    """
    rules = ChangeRules(direction) if scale is None else change_rules(scale[1])
    if reliability is not None:
        rules = _with_reliability(rules, first_values, reliability)
    if cutoff is not None and not isfinite(cutoff):
        raise InputError(f"the cut-off must be a number (got {cutoff:g})", advice="Give it in points of the outcome.")
    if cutoff is not None:
        rules = replace(rules, cutoff=float(cutoff), cutoff_disputed=False)
    return OutcomeMeasure("" if scale is None else _name(*scale), rules)


def _with_reliability(rules: ChangeRules, first_values: Sequence[float], reliability: float) -> ChangeRules:
    """Return the rules with the reliable change of Jacobson & Truax from the SD of first ratings."""
    if not 0 <= reliability < 1:
        raise InputError(
            f"reliability must be at least 0 and below 1 (got {reliability:g})", advice="Write, for example, .85."
        )
    sd = stdev(first_values) if len(first_values) > 1 else 0.0
    if sd == 0:
        raise InputError(
            "first ratings do not differ, so their SD gives no reliable change", advice="Omit reliability."
        )
    basis = f"1.96 √2 SD √(1 − reliability), SD of first ratings {sd:.2f}, reliability {reliability:g}"
    return replace(rules, reliable_change=reliable_change_points(sd, reliability), basis=basis, verified=False)


def _in_range(value: float, scale: Scale) -> bool:
    return scale.minimum <= value <= scale.maximum


def _name(instrument: Instrument, scale: Scale) -> str:
    return instrument.name if len(instrument.scales) == 1 else f"{scale.label} ({instrument.name})"


def _matches(column: str, instrument: Instrument, scale: Scale) -> bool:
    """Return whether a column is named after an instrument (if it has one scale) or after instrument and scale."""
    names = {_letters(name + scale.id) for name in (instrument.id, instrument.name)}
    if len(instrument.scales) == 1:
        names |= {_letters(instrument.id), _letters(instrument.name)}
    return _letters(column) in names


def _letters(text: str) -> str:
    """Return the letters and digits of a text, with “BDI-II” as “bdi2”."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"ii$", "2", text.lower()))
