"""Readings of the verdict engine about cohorts with irregular weeks, as plain values."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.readings import read_pair
from truths.irregular import DAY
from truths.truth import Columns, Truth


def read_cohort(columns: Columns, truth: Truth) -> dict[str, Any]:
    """Read every process with the outcome over days."""
    day = columns[DAY]
    person = np.repeat(np.arange(len(day)), day.shape[1])
    outcome = columns[truth.outcome].ravel()
    return {
        name: msgspec.to_builtins(
            read_pair(Pair.of_rows(outcome, columns[name].ravel(), person, day.ravel())), str_keys=True
        )
        for name in truth.processes
    }
