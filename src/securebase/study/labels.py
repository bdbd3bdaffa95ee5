"""What the parts of the model and their estimates are called on screen and in a report."""

from __future__ import annotations

from collections.abc import Mapping

from securebase.model.fit import Fit, FitResult
from securebase.model.parameters import Specification, Trend

#: block of parameters → what its numbers are; {unit} is the unit of time
MEANINGS: Mapping[str, str] = {
    "drift": "Drift: what one point more of the second pushes the first, per {unit} (of itself: how fast it returns)",
    "diffusion": "Diffusion: variance and covariance of the shocks, per {unit}",
    "start_covariance": "Spread of movements at the first row",
    "level_covariance": "Usual levels between persons: variance and covariance",
    "change_covariance": "Change of one's own between persons: variance and covariance, {bend}",
    "level_change_covariance": "Covariance of usual levels (first) with change of one's own (second)",
    "therapist_covariance": "Usual levels between therapists: variance and covariance, beside those between persons",
    "level_mean": "Mean usual level{origin}",
    "covariate_effect": "Covariates: how much higher the usual level is for one unit more",
    "slope": "Slope: mean change per {unit}",
    "change": "Change: mean change by the planned end",
    "rate": "Rate: how soon change comes about, per {unit}",
    "start_mean": "Start: mean distance from the usual level at the first row",
    "therapy_effect": "Course: what pushes each construct while therapy is on, natural change included, per {unit}",
    "input_effect": "Inputs: what one unit of the second pushes the first, per {unit} while it is done",
    "loading": "Loadings: points of a column for one point of its construct's first column",
    "intercept": "Intercepts: a column where its construct's first column is 0",
    "measurement_noise": "Measurement noise: variance of the error of a score",
}


def by_part(fitted: FitResult) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the numbers of a part are, and the names of its estimates; parts in the order of the estimates. A model of
    waves is one part without words."""
    if not isinstance(fitted, Fit):
        return (("", tuple(fitted.estimates)),)
    of = fitted.specification
    unit = of.time_unit if of.time_unit != "file" else "unit of time"
    words = {
        "unit": unit,
        "bend": f"per {unit}" if of.trend in (Trend.NONE, Trend.LINEAR) else "by the planned end",
        "origin": " at time 0" * (of.trend is not Trend.NONE) + " where every covariate is 0" * bool(of.covariates),
    }
    parts: dict[str, list[str]] = {}
    for name in fitted.estimates:
        parts.setdefault(name.partition("[")[0], []).append(name)
    return tuple((MEANINGS[part].format(**words), tuple(names)) for part, names in parts.items())


def in_words(of: Specification) -> str:
    """The specification as a line: trend carried, start stationary, own change, inputs technique."""
    further = (
        "own change" * of.random_slopes,
        "start deviation" * of.free_start_mean,
        "therapists" * of.therapists,
        f"covariates {', '.join(of.covariates)}" * bool(of.covariates),
        f"inputs {', '.join(of.inputs)}" * bool(of.inputs),
        "; ".join(
            f"{construct} from {', '.join(name for name, its in of.indicators if its == construct)}"
            for construct in of.constructs
            if sum(its == construct for _, its in of.indicators) > 1
        ),
    )
    return ", ".join([f"trend {of.trend.value}", f"start {of.start.value}", *(part for part in further if part)])
