"""The compiled kernel, built at installation if a C compiler was available; inputs and outputs as `readable`.

Large panels are shared out over several threads: as many as there are processors, or as OMP_NUM_THREADS allows.
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
#: rows · p³ per thread above which a thread pays for its start, about a millisecond of work (decision 0009)
_WORK_PER_THREAD = 1_000_000
#: outputs by person or row: threads write disjoint parts of the same array; all others are sums
_BY_PERSON = ("log_likelihood", "residual", "input_increment", "slope_basis", "shift_score", "shift_information")


def evaluate(layout: Layout, inputs: Inputs, *, gradient: bool = True, shift: GroupShift | None = None) -> Outputs:
    """Run the kernel; see `readable.evaluate`."""
    if _compiled is None:
        raise ModelError("the compiled kernel is not built here", advice="Use the readable kernel.")
    out = empty_outputs(layout, inputs, shifted=shift is not None)
    work = len(inputs.residual) * len(inputs.start_mean) ** 3
    threads = min(allowed_threads(), work // _WORK_PER_THREAD, len(layout.order))
    if threads < 2:
        _run(layout, inputs, out, gradient=gradient, shift=shift)
        return out
    # persons are sorted by length: every k-th person to thread k gives all threads about the same number of rows
    shares = [replace(layout, order=np.ascontiguousarray(layout.order[k::threads])) for k in range(threads)]
    parts = [_thread_outputs(out) for _ in shares]
    jobs = [
        _pool(threads).submit(_run, share, inputs, part, gradient=gradient, shift=shift)
        for share, part in zip(shares, parts, strict=True)
    ]
    for job in jobs:
        job.result()
    _add_up(out, parts)
    return out


def allowed_threads() -> int:
    """Return the number of threads allowed: processors of this process, or fewer by OMP_NUM_THREADS."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    requested = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return min(available, int(requested)) if requested.isdigit() and int(requested) > 0 else available


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="securebase-kernel")


# a forked child has none of the parent's threads and must create its own pool
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _thread_outputs(out: Outputs) -> Outputs:
    """Return outputs of one thread: its own sums, and the shared arrays by person or row."""
    sums = {f.name: np.zeros_like(getattr(out, f.name)) for f in fields(out) if f.name not in _BY_PERSON}
    return replace(out, **sums)


def _add_up(out: Outputs, parts: Sequence[Outputs]) -> None:
    for field in fields(out):
        if field.name not in _BY_PERSON:
            total = getattr(out, field.name)
            for part in parts:
                total += getattr(part, field.name)


def _run(layout: Layout, inputs: Inputs, out: Outputs, *, gradient: bool, shift: GroupShift | None) -> None:
    arrays = (
        layout.starts,
        layout.order,
        layout.gap_index,
        layout.construct,
        _contiguous(inputs.residual),
        _contiguous(inputs.input_increment),
        _contiguous(inputs.slope_basis),
        _contiguous(inputs.transition),
        _contiguous(inputs.shock_covariance),
        _contiguous(inputs.start_mean),
        _contiguous(inputs.start_covariance),
        _contiguous(inputs.loading),
        _contiguous(inputs.noise),
        _contiguous(inputs.level_root),
        layout.weights,
        _NONE if shift is None else _contiguous(shift.mean),
        _NONE if shift is None else _contiguous(shift.covariance),
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


def _contiguous(values: Array) -> Array:
    return np.ascontiguousarray(values, dtype=np.float64)
