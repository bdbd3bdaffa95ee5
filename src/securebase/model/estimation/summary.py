"""Plain-text summary of a fit: data, outcome, log-likelihood, and every estimate with its standard error and unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from securebase.model.estimation.names import block_of, diagonal_column

if TYPE_CHECKING:
    from securebase.model.estimation.result import FitResult

#: block of a continuous-time model → unit of its estimates; `{time}` is the time unit
_UNITS = {
    "drift": "points per point per {time}",
    "diffusion": "points² per {time}",
    "slope": "points per {time}",
    "rate": "per {time}",
    "therapy_effect": "points per {time}",
    "input_effect": "points per unit per {time}",
    "covariate_effect": "points per unit",
    "level_mean": "points",
    "change": "points",
    "start_mean": "points",
    "intercept": "points",
    "loading": "points per point",
    "measurement_noise": "points²",
    "lags": "points per point",
    "mean": "points",
}


def unit_of(name: str, time_unit: str, *, slopes_per_time: bool = False) -> str:
    """Return the unit of an estimate by its name, such as `drift[y,x]`.

    slopes_per_time: random slopes are changes per time unit (trend none or linear), not changes by the planned end.
    """
    block = block_of(name)
    if block == "drift" and diagonal_column(name) is not None:
        return f"per {time_unit}"
    if slopes_per_time and block == "change_covariance":
        return f"points² per {time_unit}²"
    if slopes_per_time and block == "level_change_covariance":
        return f"points² per {time_unit}"
    return _UNITS.get(block, "points²").format(time=time_unit)


def summarise(title: str, fitted: FitResult, unit: Callable[[str], str]) -> str:
    """Return the summary; `unit` gives the unit of an estimate by its name.

    Unstable dynamics come first. A fit that did not end regularly has no estimates to interpret, so none are printed.
    """
    lines = [
        *([fitted.instability] if fitted.instability else []),
        title,
        f"{fitted.n_persons} persons, {fitted.n_observations} scores, {fitted.n_parameters} parameters",
        f"Outcome: {fitted.outcome.kind}. {fitted.outcome.sentence}",
    ]
    if not fitted.ended_regularly:
        return "\n".join([*lines, *([fitted.outcome.what_to_do] if fitted.outcome.what_to_do else [])])
    if fitted.log_likelihood is not None:
        criteria = "" if fitted.aic is None or fitted.bic is None else f", AIC {fitted.aic:.1f}, BIC {fitted.bic:.1f}"
        lines.append(f"Log-likelihood {fitted.log_likelihood:.2f}{criteria}")
    width = max(len("Estimate"), *(len(name) for name in fitted.estimates))
    lines += ["", f"{'Estimate':<{width}}  {'Value':>10}  {'SE':>10}  Unit"]
    for name, estimate in fitted.estimates.items():
        error = "–" if estimate.standard_error is None else f"{estimate.standard_error:.4g}"
        lines.append(f"{name:<{width}}  {estimate.value:>10.4g}  {error:>10}  {unit(name)}")
    if all(estimate.standard_error is None for estimate in fitted.estimates.values()):
        return "\n".join(lines)
    return "\n".join([*lines, "", f"Standard errors: {fitted.standard_error_method}."])
