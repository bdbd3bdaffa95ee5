"""The compiled kernel, where there was a C compiler at installation; inputs and outputs as the readable one's."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import numpy as np

from securebase.errors import ModelError
from securebase.model.kernel.readable import Inputs, Layout, Outputs, Shift, blank_outputs
from securebase.model.parameters import Array

_compiled: ModuleType | None
try:
    _compiled = import_module("securebase.model.kernel._compiled")
except ImportError:
    _compiled = None

AVAILABLE = _compiled is not None

_NONE = np.zeros(0)


def evaluate(layout: Layout, inputs: Inputs, *, gradient: bool = True, shift: Shift | None = None) -> Outputs:
    """As readable.evaluate."""
    if _compiled is None:
        raise ModelError("no compiled kernel was built here", advice="Use the readable kernel.")
    out = blank_outputs(layout, inputs, shifted=shift is not None)
    arrays = (
        layout.starts,
        layout.order,
        layout.gap_index,
        layout.construct,
        _plain(inputs.residual),
        _plain(inputs.push),
        _plain(inputs.bend),
        _plain(inputs.transition),
        _plain(inputs.shocks),
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
        out.push,
        out.bend,
        out.transition,
        out.shocks,
        out.start_mean,
        out.start_covariance,
        out.loading,
        out.noise,
        out.level_covariance,
        out.pull,
        out.precision,
    )
    _compiled.evaluate(len(inputs.start_mean), len(inputs.level_root), gradient, arrays)
    return out


def _plain(values: Array) -> Array:
    return np.ascontiguousarray(values, dtype=np.float64)
