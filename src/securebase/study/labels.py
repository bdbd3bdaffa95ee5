"""Labels of the parts of a model and of its estimates, on screen and in reports."""

from __future__ import annotations

import re
from collections.abc import Mapping

from securebase.measurement.constructs import CONSTRUCTS
from securebase.model.fit import Fit, FitResult
from securebase.model.specification import Specification, Trend

#: block of parameters → meaning of its numbers; {unit} is the unit of time
MEANINGS: Mapping[str, str] = {
    "drift": "Drift: change of the first per point of the second, per {unit} (on the diagonal: rate of return)",
    "diffusion": "Diffusion: variance and covariance of the shocks, per {unit}",
    "start_covariance": "Initial states: variance and covariance of deviations at the first row",
    "level_covariance": "Long-run means between persons: variance and covariance",
    "change_covariance": "Random slopes between persons: variance and covariance, {slope_unit}",
    "level_change_covariance": "Covariance of long-run means (first) with random slopes (second)",
    "therapist_covariance": "Long-run means between therapists: variance and covariance, in addition to persons",
    "level_mean": "Average long-run mean{origin}",
    "covariate_effect": "Covariates: difference in long-run mean per unit",
    "slope": "Slope: mean change per {unit}",
    "change": "Change: mean change by the planned end",
    "rate": "Rate: speed of change, per {unit}",
    "start_mean": "Initial-state mean: mean deviation from the long-run mean at the first row",
    "therapy_effect": "Therapy effect: input to each construct during therapy, natural change included, per {unit}",
    "input_effect": "Input effects: change of the first per unit of the second, per {unit} of exposure",
    "loading": "Loadings: points of a column per point of its construct's first column",
    "intercept": "Intercepts: expected column where its construct's first column is 0",
    "measurement_noise": "Measurement noise: variance of the error of a score",
}


def group_by_part(fitted: FitResult) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the meaning and the names of the estimates of each part, in the order of the estimates.

    A discrete-time panel model is one part without a label.
    """
    if not isinstance(fitted, Fit):
        return (("", tuple(fitted.estimates)),)
    spec = fitted.specification
    unit = spec.time_unit if spec.time_unit != "file" else "unit of time"
    words = {
        "unit": unit,
        "slope_unit": f"per {unit}" if spec.slopes_per_time else "by the planned end",
        "origin": " at time 0" * (spec.trend is not Trend.NONE) + " where every covariate is 0" * bool(spec.covariates),
    }
    parts: dict[str, list[str]] = {}
    for name in fitted.estimates:
        parts.setdefault(name.partition("[")[0], []).append(name)
    return tuple((MEANINGS[part].format(**words), tuple(names)) for part, names in parts.items())


#: block of parameters → heading of its rows in a table of estimates; {unit} is the unit of time
_HEADINGS: Mapping[str, str] = {
    "drift": "Drift, per {unit}",
    "diffusion": "Diffusion: covariance of the shocks, per {unit}",
    "start_covariance": "Covariance of initial deviations",
    "level_covariance": "Covariance of long-run means between persons",
    "change_covariance": "Covariance of random slopes between persons",
    "level_change_covariance": "Covariance of long-run means with random slopes",
    "therapist_covariance": "Covariance of long-run means between therapists",
    "level_mean": "Average long-run mean",
    "covariate_effect": "Covariates: difference in long-run mean per unit",
    "slope": "Mean slope, per {unit}",
    "change": "Mean change by the planned end",
    "rate": "Speed of change, per {unit}",
    "start_mean": "Mean initial deviation",
    "therapy_effect": "Input during therapy (natural change included), per {unit}",
    "input_effect": "Inputs, per unit and {unit} of exposure",
    "loading": "Loadings",
    "intercept": "Intercepts",
    "measurement_noise": "Measurement error variance",
}
#: parts whose parameters have two columns
_PAIRS = frozenset(part for part in _HEADINGS if part.endswith("covariance")) | {
    "drift",
    "diffusion",
    "covariate_effect",
    "input_effect",
}


def describe_parameter(name: str, labels: Mapping[str, str], unit: str) -> tuple[str, str]:
    """Return heading and row label of a parameter: drift[y,x] → (“Drift, per session”, “effect of x on y”)."""
    part, _, arguments = name.removesuffix("]").partition("[")
    heading = _HEADINGS[part].format(unit=unit)
    if part not in _PAIRS:
        return heading, labels.get(arguments, arguments) if arguments else "all columns"
    first, second = (labels.get(column, column) for column in _split(arguments, labels))
    match part:
        case "drift":
            effect = f"effect of {second} on {first}"
            return heading, f"{first} on itself (rate of return)" if first == second else effect
        case "covariate_effect" | "input_effect":
            return heading, f"effect of {second} on {first}"
        case "level_change_covariance":
            return heading, f"level of {first}, slope of {second}"
    return heading, f"{first}, variance" if first == second else f"{first} with {second}"


def _split(arguments: str, labels: Mapping[str, str]) -> tuple[str, str]:
    """Return the two columns of a parameter; names of columns may contain commas themselves."""
    parts = arguments.split(",")
    splits = [(",".join(parts[:i]), ",".join(parts[i:])) for i in range(1, len(parts))]
    return next((pair for pair in splits if pair[0] in labels and pair[1] in labels), splits[0])


def describe_trend(trend: str) -> str:
    """Return “trend carried”, or “random slopes” for the model with a linear trend of each person."""
    return trend if trend == "random slopes" else f"trend {trend}"


def describe_specification(spec: Specification) -> str:
    """Return the specification as a line: trend carried, start stationary, random slopes, inputs technique."""
    optional = (
        "random slopes" * spec.random_slopes,
        "free start mean" * spec.free_start_mean,
        "therapists" * spec.therapists,
        f"{len(spec.effects or ())} effects between constructs" * (spec.effects is not None),
        f"covariates {', '.join(spec.covariates)}" * bool(spec.covariates),
        f"inputs {', '.join(spec.inputs)}" * bool(spec.inputs),
        "; ".join(
            f"{construct} from {', '.join(name for name, target in spec.indicators if target == construct)}"
            for construct in spec.constructs
            if sum(target == construct for _, target in spec.indicators) > 1
        ),
    )
    return ", ".join([f"trend {spec.trend.value}", f"start {spec.start.value}", *(part for part in optional if part)])


_CONSTRUCT_LABELS = frozenset(construct.label for construct in CONSTRUCTS.values())


def lower_labels(text: str, labels: Mapping[str, str]) -> str:
    """Return sentences with the labels of constructs in lower case, except where a sentence begins.

    Names of other columns stay as they are in the table.
    """
    own = sorted(_CONSTRUCT_LABELS.intersection(labels.values()), key=len, reverse=True)
    if not own:
        return text
    pattern = rf"(?<!^)(?<![.!?] )\b(?:{'|'.join(map(re.escape, own))})\b"
    return re.sub(pattern, lambda match: match[0].lower(), text)
