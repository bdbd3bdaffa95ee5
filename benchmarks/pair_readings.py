"""Readings of the verdict engine about one cohort: the costly half of the rule, stored as plain values.

The rule itself, in `benchmarks.conclusions`, concludes from stored readings, so that a change of the rule needs no new
simulation.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from securebase.study.verdicts.course import Array, Pair
from securebase.study.verdicts.readings import read_pair
from truths.parts import States, drop_at_random, observe
from truths.truth import Columns, Truth

#: process → readings, or the reason of a refusal, as plain values
StoredReadings = dict[str, Any]
#: processes without any link that are added to a cohort so that a study has six columns
N_UNRELATED = 4


def read_cohort(columns: Columns, truth: Truth) -> StoredReadings:
    """Read every process with the outcome."""
    return read_processes(columns[truth.outcome], {name: columns[name] for name in truth.processes})


def read_unrelated(columns: Columns, truth: Truth) -> StoredReadings:
    """Read four more processes, rated like alliance and linked to nothing, with the outcome of the same cohort."""
    outcome = columns[truth.outcome]
    # a stream of its own for each cohort
    rng = np.random.default_rng(zlib.crc32(np.nan_to_num(outcome).tobytes()))
    processes = {}
    for k in range(N_UNRELATED):
        states, _ = States().draw(len(outcome), rng)
        processes[f"unrelated_{k + 1}"] = drop_at_random(observe(states, rng, sign=1), rng)
    return read_processes(outcome, processes)


def read_processes(outcome: Array, processes: Mapping[str, Array]) -> StoredReadings:
    """Read processes (persons, sessions) with an outcome of the same shape."""
    return {
        name: msgspec.to_builtins(read_pair(Pair.of_sessions(outcome, values)), str_keys=True)
        for name, values in processes.items()
    }
