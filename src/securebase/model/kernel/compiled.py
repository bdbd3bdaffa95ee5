"""The compiled kernel, where there was a C compiler at installation; the same inputs and outputs as the readable one."""

from __future__ import annotations

import numpy as np

from securebase.model.kernel.readable import Inputs, Layout, Outputs, blank_outputs
from securebase.model.parameters import Array

try:
    from securebase.model.kernel import _compiled
except ImportError:
    AVAILABLE = False
else:
    AVAILABLE = True


def evaluate(layout: Layout, inputs: Inputs, *, gradient: bool = True) -> Outputs:
    """As readable.evaluate."""
    out = blank_outputs(layout, inputs)
    _compiled.evaluate(
        len(inputs.noise),
        gradient,
        layout.starts,
        layout.order,
        layout.gap_index,
        _plain(inputs.residual),
        _plain(inputs.transition),
        _plain(inputs.shocks),
        _plain(inputs.start_mean),
        _plain(inputs.start_covariance),
        _plain(inputs.noise),
        _plain(inputs.level_root),
        out.log_likelihood,
        out.residual,
        out.transition,
        out.shocks,
        out.start_mean,
        out.start_covariance,
        out.noise,
        out.level_covariance,
    )
    return out


def _plain(values: Array) -> Array:
    return np.ascontiguousarray(values, dtype=np.float64)
