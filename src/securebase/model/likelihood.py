"""The exact likelihood of a panel and its gradient on the natural scale, and the choice of the kernel.

A panel is laid out once (times quantised, gaps tabulated); each evaluation makes the tables, runs a kernel over all
persons, and carries the kernel's gradient back to the parameters.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.equations import Steps, given, reverse_stationary, share_of_change, stationary_covariance, steps
from securebase.model.kernel import compiled, readable
from securebase.model.kernel.readable import Inputs, Layout, Outputs
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend

#: gaps nearer to each other than this many time units are one gap (the first of them stands for all)
_QUANTUM = 1e-9

Kernel = Callable[..., Outputs]


def kernel_choice() -> tuple[str, str]:
    """(which kernel runs, why): the variable SECUREBASE_KERNEL decides; else the compiled one where it was built.

    Raises ModelError where the variable asks for something that is not there.
    """
    asked = os.environ.get("SECUREBASE_KERNEL", "")
    if asked not in ("", "readable", "compiled"):
        raise ModelError(
            f"there is no kernel called “{asked}”", where="SECUREBASE_KERNEL", advice="Use compiled or readable."
        )
    if asked == "compiled" and not compiled.AVAILABLE:
        raise ModelError(
            "the compiled kernel was asked for but is not built here",
            where="SECUREBASE_KERNEL",
            advice="Install with a C compiler at hand, or unset the variable.",
        )
    if asked:
        return asked, "asked for by SECUREBASE_KERNEL"
    if compiled.AVAILABLE:
        return "compiled", "built at installation"
    return "readable", "no compiled kernel was built at installation (there was no C compiler)"


def kernel_name() -> str:
    """“compiled” or “readable”: the kernel that the next evaluation uses."""
    return kernel_choice()[0]


def log_likelihood(panel: Panel, specification: Specification, parameters: Parameters) -> float:
    """Exact log-likelihood of every score in the panel, with all constants.

    Raises ModelError where the parameters are no valid model (unstable drift with a stationary start, a covariance
    that is not one, a missing part).
    """
    return Likelihood(panel, specification).value(parameters)


def log_likelihood_and_gradient(
    panel: Panel, specification: Specification, parameters: Parameters
) -> tuple[float, Parameters]:
    """The log-likelihood and its gradient, shaped like the parameters, on the natural scale.

    Gradients along covariances are full symmetric matrices: the change of the log-likelihood is the sum over all p²
    entries of gradient times change, so the derivative by an off-diagonal covariance is twice its entry.
    """
    return Likelihood(panel, specification).value_and_gradient(parameters)


class Likelihood:
    """The likelihood of one panel under one specification, laid out once and evaluated many times."""

    def __init__(self, panel: Panel, specification: Specification) -> None:
        if panel.constructs != specification.constructs:
            raise ModelError(
                f"the panel has {', '.join(panel.constructs)}; the model is for {', '.join(specification.constructs)}"
            )
        self.panel, self.specification = panel, specification
        self.layout, self.gaps = _lay_out(panel)
        self._kernel: Kernel = compiled.evaluate if kernel_name() == "compiled" else readable.evaluate

    def value(self, parameters: Parameters) -> float:
        return float(self.per_person(parameters).sum())

    def per_person(self, parameters: Parameters) -> Array:
        """Log-likelihood of each person (N,)."""
        with np.errstate(all="ignore"):
            out = self._kernel(self.layout, self._inputs(parameters)[0], gradient=False)
        return _finite(out.log_likelihood)

    def value_and_gradient(self, parameters: Parameters) -> tuple[float, Parameters]:
        with np.errstate(all="ignore"):
            inputs, tables = self._inputs(parameters)
            out = self._kernel(self.layout, inputs, gradient=True)
            value = float(_finite(out.log_likelihood).sum())
            return value, self._gradient(parameters, inputs, tables, out)

    def _inputs(self, parameters: Parameters) -> tuple[Inputs, Steps]:
        _check(self.specification, parameters)
        tables = steps(parameters.drift, parameters.diffusion, self.gaps)
        mean, start_mean = _mean(self.specification, parameters, self.panel.times)
        start = parameters.start_covariance
        if start is None:
            start = stationary_covariance(parameters.drift, parameters.diffusion)
        inputs = Inputs(
            residual=self.panel.scores - mean,
            transition=tables.transition,
            shocks=tables.shocks,
            start_mean=start_mean,
            start_covariance=start,
            noise=parameters.measurement_noise,
            level_root=_root(parameters.level_covariance),
        )
        return inputs, tables

    def _gradient(self, parameters: Parameters, inputs: Inputs, tables: Steps, out: Outputs) -> Parameters:
        drift, diffusion = tables.reverse(out.transition, out.shocks)
        if parameters.start_covariance is None:
            more = reverse_stationary(parameters.drift, inputs.start_covariance, out.start_covariance)
            drift, diffusion = drift + more[0], diffusion + more[1]
        mean = -out.residual
        result = Parameters(
            drift=drift,
            diffusion=diffusion,
            level_mean=mean.sum(axis=0),
            level_covariance=out.level_covariance,
            measurement_noise=out.noise,
            start_covariance=None if parameters.start_covariance is None else out.start_covariance,
        )
        return _reverse_mean(
            self.specification, parameters, self.panel.times, mean=mean, start_mean=out.start_mean, so_far=result
        )


def _mean(specification: Specification, parameters: Parameters, times: Array) -> tuple[Array, Array]:
    """Mean of the scores, (rows, p) or (p,), and of the state-like part at a person's first row (p,).

    carried: the mean course relaxes from start_mean to m∞ = −A⁻¹ B as the states do, so it is carried by the filter
    itself: scores lie around level_mean + m∞ and the state starts at start_mean − m∞.
    """
    zero, level = np.zeros(specification.p), parameters.level_mean
    match specification.trend:
        case Trend.LINEAR:
            return level + np.multiply.outer(times, given(parameters.slope, "slope")), zero
        case Trend.APART:
            share = share_of_change(given(parameters.rate, "rate"), times, specification.planned_end)
            return level + np.multiply.outer(share, given(parameters.change, "change")), zero
        case Trend.CARRIED:
            end = _carried_end(parameters)
            return level + end, given(parameters.start_mean, "start_mean") - end
        case Trend.NONE:
            return level, zero


def _carried_end(parameters: Parameters) -> Array:
    """m∞ = −A⁻¹ B: where therapy would lead in the end."""
    effect = given(parameters.therapy_effect, "therapy_effect")
    return -np.asarray(np.linalg.solve(parameters.drift, effect), dtype=np.float64)


def _reverse_mean(
    specification: Specification,
    parameters: Parameters,
    times: Array,
    *,
    mean: Array,
    start_mean: Array,
    so_far: Parameters,
) -> Parameters:
    """The gradient with the trend's part: from ∂mean (rows, p) of the scores and ∂start_mean (p,) of the state."""
    match specification.trend:
        case Trend.LINEAR:
            return replace(so_far, slope=times @ mean)
        case Trend.APART:
            rate, end = given(parameters.rate, "rate"), specification.planned_end
            share = share_of_change(rate, times, end)
            bent = (times * np.exp(-rate * times) - share * end * np.exp(-rate * end)) / -np.expm1(-rate * end)
            return replace(so_far, change=share @ mean, rate=float(bent @ mean @ given(parameters.change, "change")))
        case Trend.CARRIED:
            x = np.asarray(np.linalg.solve(parameters.drift.T, so_far.level_mean - start_mean), dtype=np.float64)
            drift = so_far.drift - np.multiply.outer(x, _carried_end(parameters))
            return replace(so_far, drift=drift, therapy_effect=-x, start_mean=start_mean)
        case Trend.NONE:
            return so_far


def _lay_out(panel: Panel) -> tuple[Layout, Array]:
    """The layout of a panel and its unique gaps (g,)."""
    rows = len(panel.times)
    inside = np.ones(rows, dtype=bool)
    inside[panel.starts[:-1][np.diff(panel.starts) > 0]] = False
    where = np.flatnonzero(inside)
    gaps = panel.times[where] - panel.times[where - 1]
    _, first, index = np.unique(np.round(gaps / _QUANTUM), return_index=True, return_inverse=True)
    gap_index: NDArray[np.int64] = np.full(rows, -1, dtype=np.int64)
    gap_index[where] = index.ravel()
    order = np.argsort(-np.diff(panel.starts), kind="stable").astype(np.int64)
    return Layout(np.ascontiguousarray(panel.starts, dtype=np.int64), order, gap_index), gaps[first]


def _root(covariance: Array) -> Array:
    """R with R R' = covariance, which may be singular. Raises ModelError where it is no covariance."""
    try:
        root = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        if values[0] < -1e-10 * max(values[-1], 0.0):
            raise ModelError("the level covariance is not positive semidefinite") from None
        root = vectors * np.sqrt(np.maximum(values, 0.0))
    return root


def _finite(values: Array) -> Array:
    if not np.isfinite(values).all():
        raise ModelError("the likelihood has no finite value for these parameters")
    return values


_NEEDED = {
    Trend.NONE: (),
    Trend.LINEAR: ("slope",),
    Trend.APART: ("change", "rate"),
    Trend.CARRIED: ("start_mean", "therapy_effect"),
}


def _check(specification: Specification, parameters: Parameters) -> None:
    """Shapes and parts as the specification wants them, or ModelError."""
    needed = list(_NEEDED[specification.trend])
    if specification.start == Start.FREE:
        needed.append("start_covariance")
    elif parameters.start_covariance is not None:
        raise ModelError("a stationary start has no start covariance of its own", advice="Choose a free start.")
    for name in needed:
        if getattr(parameters, name) is None:
            raise ModelError(f"the parameters have no “{name}”, which this model needs")
    if parameters.drift.shape != (specification.p, specification.p):
        raise ModelError(f"the drift is {parameters.drift.shape}, the model has {specification.p} constructs")
    if not (np.isfinite(parameters.drift).all() and (parameters.measurement_noise >= 0).all()):
        raise ModelError("a measurement noise is negative, or the drift is not finite")
