"""The compiled kernel, where there was a C compiler at installation; inputs and outputs as the readable one's.

Large panels are walked over by several threads, each with its own persons: as many as there are processors, or as
OMP_NUM_THREADS allows.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from functools import cache
from importlib import import_module
from types import ModuleType

import numpy as np

from securebase.errors import ModelError
from securebase.model.kernel.readable import GroupShift, Inputs, Layout, Outputs, empty_outputs
from securebase.model.parameters import Array

_compiled: ModuleType | None
try:
    _compiled = import_module("securebase.model.kernel._compiled")
except ImportError:
    _compiled = None

AVAILABLE = _compiled is not None

_NONE = np.zeros(0)
#: rows times cubed constructs from which a second thread is worth its start (about a millisecond of work)
_WORTH_A_THREAD = 1_000_000
#: what every thread fills only for its own persons
_BY_PERSON = ("log_likelihood", "residual", "input_increment", "slope_basis", "shift_score", "shift_information")


def evaluate(layout: Layout, inputs: Inputs, *, gradient: bool = True, shift: GroupShift | None = None) -> Outputs:
    """As readable.evaluate."""
    if _compiled is None:
        raise ModelError("no compiled kernel was built here", advice="Use the readable kernel.")
    out = empty_outputs(layout, inputs, shifted=shift is not None)
    work = len(inputs.residual) * len(inputs.start_mean) ** 3
    threads = min(allowed_threads(), work // _WORTH_A_THREAD, len(layout.order))
    if threads < 2:
        _walk(layout, inputs, out, gradient=gradient, shift=shift)
        return out
    # every so-many-th person to each, so that long and short courses are shared out evenly
    shares = [replace(layout, order=np.ascontiguousarray(layout.order[k::threads])) for k in range(threads)]
    parts = [_own(out) for _ in shares]
    jobs = [
        _pool(threads).submit(_walk, share, inputs, part, gradient=gradient, shift=shift)
        for share, part in zip(shares, parts, strict=True)
    ]
    for job in jobs:
        job.result()
    _add_up(out, parts)
    return out


def allowed_threads() -> int:
    """Processors that this process may use, or as few as OMP_NUM_THREADS says."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return min(here, int(asked)) if asked.isdigit() and int(asked) > 0 else here


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="securebase-kernel")


# a forked child has none of the parent's threads, so it makes a pool of its own
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _own(out: Outputs) -> Outputs:
    """Outputs for one thread: sums of its own, and a share in what is filled person by person."""
    sums = {f.name: np.zeros_like(getattr(out, f.name)) for f in fields(out) if f.name not in _BY_PERSON}
    return replace(out, **sums)


def _add_up(out: Outputs, parts: Sequence[Outputs]) -> None:
    for field in fields(out):
        if field.name not in _BY_PERSON:
            total = getattr(out, field.name)
            for part in parts:
                total += getattr(part, field.name)


def _walk(layout: Layout, inputs: Inputs, out: Outputs, *, gradient: bool, shift: GroupShift | None) -> None:
    arrays = (
        layout.starts,
        layout.order,
        layout.gap_index,
        layout.construct,
        _plain(inputs.residual),
        _plain(inputs.input_increment),
        _plain(inputs.slope_basis),
        _plain(inputs.transition),
        _plain(inputs.shock_covariance),
        _plain(inputs.start_mean),
        _plain(inputs.start_covariance),
        _plain(inputs.loading),
        _plain(inputs.noise),
        _plain(inputs.level_root),
        layout.weights,
        _NONE if shift is None else _plain(shift.mean),
        _NONE if shift is None else _plain(shift.covariance),
        out.log_likelihood,
        out.residual,
        out.input_increment,
        out.slope_basis,
        out.transition,
        out.shock_covariance,
        out.start_mean,
        out.start_covariance,
        out.loading,
        out.noise,
        out.level_covariance,
        out.shift_score,
        out.shift_information,
    )
    assert _compiled is not None
    _compiled.evaluate(len(inputs.start_mean), len(inputs.level_root), gradient, arrays)


def _plain(values: Array) -> Array:
    return np.ascontiguousarray(values, dtype=np.float64)
