"""Readings of the verdict engine about pairs that lead: what remains beside bends and the other processes."""

from __future__ import annotations

from typing import Any

import msgspec

from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.follow_up import follow_up
from securebase.study.verdicts.readings import LEVEL, Readings, read_pair
from truths.truth import Columns, Truth


def read_cohort(columns: Columns, truth: Truth) -> dict[str, Any]:
    """Read every process whose direction passes without correction: process → follow-up, as plain values."""
    result = {}
    for name in truth.processes:
        pair = Pair.of_sessions(columns[truth.outcome], columns[name])
        readings = read_pair(pair)
        if isinstance(readings, Readings) and readings.direction is not None and readings.p < LEVEL:
            rivals = {other: columns[other] for other in truth.processes if other != name}
            result[name] = msgspec.to_builtins(follow_up(pair, readings.direction, rivals, {}), str_keys=True)
    return result
