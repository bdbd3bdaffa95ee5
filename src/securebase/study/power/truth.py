"""The truth of a planned study: a model with its parameters, in which one effect is set to a given size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import expm

from securebase.errors import ParameterSetError
from securebase.model.equations import carried_mean, stationary_covariance
from securebase.model.parameter_set import DEFAULT, ParameterSet, Statement, parameter_set
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Start, Trend
from securebase.model.standardised import Standardised, apart_reading, assemble, drift_from_effects
from securebase.study.models import standardised_effects

#: days in a unit of time of a table; a session counts as one nominal week, a unit of the file's own as one step
_DAYS_PER_UNIT = {"day": 1.0, "week": 7.0, "session": 7.0, "file": 7.0}


@dataclass(frozen=True, eq=False)
class AssumedTruth:
    """Model and parameters to simulate from.

    name: its origin. statements: its numbers with their sources; none where it comes from a fit.
    """

    name: str
    about: str
    specification: Specification
    parameters: Parameters
    statements: tuple[Statement, ...] = ()

    @property
    def step(self) -> float:
        """One week in units of time, the lag of an effect."""
        return 7.0 / self.specification.days_per_unit

    @property
    def unverified(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.statements if not s.verified)

    def effect(self, earlier: str, later: str) -> float:
        """Return the standardised effect over one week, in within-person standard deviations."""
        k, j = self._positions(earlier, later)
        return float(standardised_effects(self.parameters.drift, self.parameters.diffusion, self.step)[k, j])

    def with_effect(self, earlier: str, later: str, value: float) -> AssumedTruth:
        """Return the same truth with this one standardised weekly effect set to `value`.

        All other weekly effects, the within-person covariance P and the mean change by the planned end stay the same;
        the diffusion follows from Q = −(A P + P A′). Raises ParameterSetError if no stable model has the effect.
        """
        k, j = self._positions(earlier, later)
        parameters, end = self.parameters, self.specification.planned_end
        P = stationary_covariance(parameters.drift, parameters.diffusion)
        effects = standardised_effects(parameters.drift, parameters.diffusion, self.step)
        effects[k, j] = value
        drift = drift_from_effects(effects, np.sqrt(np.diag(P))) / self.step
        diffusion = -(drift @ P + P @ drift.T)
        if np.linalg.eigvalsh(diffusion)[0] <= 0:
            raise ParameterSetError(
                f"an effect of {value:g} of “{earlier}” on “{later}” is impossible: the diffusion would have a "
                "negative variance",
                advice="Choose a smaller effect, or a parameter set with weaker correlations within persons.",
            )
        changed = replace(parameters, drift=drift, diffusion=diffusion)
        if parameters.therapy_effect is not None:
            start_mean = parameters.start_mean if parameters.start_mean is not None else np.zeros(len(drift))
            end_mean = carried_mean(parameters.drift, parameters.therapy_effect, start_mean, np.array([end]))[0]
            changed = replace(changed, therapy_effect=_therapy_effect(drift, start_mean, end_mean, end))
        return replace(self, parameters=changed)

    def _positions(self, earlier: str, later: str) -> tuple[int, int]:
        names = self.specification.constructs
        for name in (earlier, later):
            if name not in names:
                raise ParameterSetError(
                    f"unknown construct “{name}” in this truth", advice=f"Its constructs are {', '.join(names)}."
                )
        if earlier == later:
            raise ParameterSetError(
                f"an effect needs two different constructs (got “{earlier}” on itself)", advice="Name two constructs."
            )
        return names.index(later), names.index(earlier)


def truth_from_set(
    name: str | ParameterSet = DEFAULT,
    constructs: tuple[str, ...] = ("symptoms", "alliance"),
    trend: Trend | str = Trend.CARRIED,
) -> AssumedTruth:
    """Return some constructs of a shipped parameter set as the truth, in standard units, without the other constructs.

    Raises ParameterSetError for an unknown set or construct, or a trend other than carried or apart.
    """
    source, trend = (parameter_set(name) if isinstance(name, str) else name), Trend(trend)
    standardised = _select_constructs(source.standardised, constructs)
    parameters = assemble(standardised)
    if trend is Trend.APART:
        parameters = apart_reading(parameters, standardised.planned_end)
    elif trend is not Trend.CARRIED:
        raise ParameterSetError(f"“{source.id}” has no trend “{trend.value}”", advice="Choose “carried” or “apart”.")
    statements = tuple(
        s
        for s in source.statements
        if set(s.about.split(", ")) <= set(constructs) and not s.quantity.startswith("random_slope")
    )
    return AssumedTruth(
        f"parameter set “{source.id}”, version {source.version}",
        source.about,
        replace(source.specification, constructs=constructs, trend=trend),
        parameters,
        statements,
    )


def _select_constructs(standardised: Standardised, constructs: tuple[str, ...]) -> Standardised:
    unknown = [c for c in constructs if c not in standardised.constructs]
    if unknown or len(set(constructs)) != len(constructs) or len(constructs) < 2:
        raise ParameterSetError(
            f"unknown construct “{unknown[0]}”" if unknown else "a plan needs two or more different constructs",
            advice=f"Choose from {', '.join(standardised.constructs)}.",
        )

    def select(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {k: v for k, v in value.items() if set([k] if isinstance(k, str) else k) <= set(constructs)}

    values = {f.name: select(getattr(standardised, f.name)) for f in fields(standardised)}
    return Standardised(**values | {"constructs": constructs})


def _therapy_effect(drift: Array, start_mean: Array, end_mean: Array, end: float) -> Array:
    """Solve m(end) = e^{A·end} m(0) + J B for B, with J = A⁻¹ (e^{A·end} − I)."""
    transition = expm(drift * end)
    J = np.linalg.solve(drift, transition - np.eye(len(drift)))
    therapy_effect: Array = np.linalg.solve(J, end_mean - transition @ start_mean)
    return therapy_effect


def truth_from_fit(file: Path, trend: Trend | str | None = None) -> AssumedTruth:
    """Return the estimates of a fit written by `securebase fit --out FILE` as the truth.

    trend: as fitted by default; a carried trend can be converted to apart. Raises ParameterSetError naming the file
    where it is not such a fit, did not converge, or has more parts than the basic model.
    """
    try:
        read = json.loads(file.read_text("utf-8"))
        model, named = read["model"], {name: row["estimate"] for name, row in read["parameters"].items()}
        specification = Specification(
            tuple(model["constructs"]),
            trend=Trend(model["trend"]),
            start=Start(model["start"]),
            time_unit=model["time_unit"],
            days_per_unit=_DAYS_PER_UNIT[model["time_unit"]],
            planned_end=model["planned_end"],
        )
    except OSError as problem:
        raise ParameterSetError(f"cannot read the file ({problem.strerror})", where=str(file)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ParameterSetError(
            "not a saved fit", where=str(file), advice="Write one with: securebase fit TABLE … --out FILE."
        ) from None
    outcome = str(read.get("outcome_of_fit", ""))
    if outcome not in ("converged", "boundary") or not named:
        raise ParameterSetError(
            f"cannot plan with a fit that ended as “{outcome.replace('_', ' ')}”",
            where=str(file),
            advice="Use a fit that converged, or a parameter set.",
        )
    parameters = _parameters_from_names(named, specification, str(file))
    requested = specification.trend if trend is None else Trend(trend)
    if requested is Trend.APART and specification.trend is Trend.CARRIED:
        parameters = apart_reading(parameters, specification.planned_end)
        specification = replace(specification, trend=requested)
    elif requested is not specification.trend:
        raise ParameterSetError(
            f"cannot convert the trend {specification.trend.value} of this fit to {requested.value}",
            where=str(file),
        )
    persons = read.get("n_persons")
    return AssumedTruth(
        f"a fit of {persons} persons ({file.name})",
        f"Estimates of a fit of {persons} persons, with their sampling error.",
        specification,
        parameters,
    )


def _parameters_from_names(named: Mapping[str, float], specification: Specification, source: str) -> Parameters:
    """Return parameters from their names: the inverse of `Parameters.named`."""
    names, p = specification.constructs, specification.p
    trend = {Trend.LINEAR: ("slope",), Trend.APART: ("change",), Trend.CARRIED: ("start_mean", "therapy_effect")}
    vectors = ("level_mean", "measurement_noise", *trend.get(specification.trend, ()))
    start = ("start_covariance",) if specification.start is Start.FREE else ()
    lower = [(a, b) for i, a in enumerate(names) for b in names[: i + 1]]
    matrices = {"drift": [(a, b) for a in names for b in names]}
    matrices |= dict.fromkeys(("diffusion", "level_covariance", *start), lower)
    values: dict[str, Any] = {}
    used: set[str] = {"rate"} & set(named)
    try:
        for block in vectors:
            keys = [f"{block}[{c}]" for c in names]
            values[block] = np.array([named[key] for key in keys], dtype=np.float64)
            used.update(keys)
        for block, pairs in matrices.items():
            keys = [f"{block}[{a},{b}]" for a, b in pairs]
            values[block] = _matrix([named[key] for key in keys], p)
            used.update(keys)
        if specification.trend is Trend.APART:
            values["rate"] = float(named["rate"])
    except KeyError as missing:
        raise ParameterSetError(f"the fit has no {missing}", where=source) from None
    if set(named) - used:
        raise ParameterSetError(
            f"the fit has more parts than the basic model: {', '.join(sorted(set(named) - used)[:3])}",
            where=source,
            advice="Use a fit with one column for each construct and no further parts.",
        )
    return Parameters(**values)


def _matrix(entries: list[float], p: int) -> Array:
    """Fill a matrix row by row, or a symmetric one from its lower triangle."""
    if len(entries) == p * p:
        return np.array(entries, dtype=np.float64).reshape(p, p)
    matrix = np.zeros((p, p))
    matrix[np.tril_indices(p)] = entries
    return matrix + np.tril(matrix, -1).T
