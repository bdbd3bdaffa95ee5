"""The truth of a planned study: a model with its parameters, in which one effect is set to a wanted size."""

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
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend
from securebase.model.standardised import Standardised, apart_reading, assemble, drift_from_effects
from securebase.study.models import standardised_effects

#: days in a unit of time of a table; a session counts as one nominal week, a unit of the file's own as one step
_DAYS = {"day": 1.0, "week": 7.0, "session": 7.0, "file": 7.0}


@dataclass(frozen=True, eq=False)
class AssumedTruth:
    """What is simulated. `name` says where it comes from; `statements` are the numbers that went into it, with what is
    known of their sources (none where it comes from a fit, whose estimates are not certain either)."""

    name: str
    about: str
    specification: Specification
    parameters: Parameters
    statements: tuple[Statement, ...] = ()

    @property
    def step(self) -> float:
        """One week in units of time: what an effect is counted over."""
        return 7.0 / self.specification.days_per_unit

    @property
    def unverified(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.statements if not s.verified)

    def effect(self, earlier: str, later: str) -> float:
        """Standardised effect after one week, in standard deviations of movement within persons."""
        k, j = self._positions(earlier, later)
        own = self.parameters
        return float(standardised_effects(own.drift, own.diffusion, self.step)[k, j])

    def with_effect(self, earlier: str, later: str, value: float) -> AssumedTruth:
        """The same truth with this one standardised weekly effect set to `value`.

        All other weekly effects, how much people move within themselves, and the mean change by the planned end stay
        as they are; the shocks follow. Raises ParameterSetError where no stable course has such effects.
        """
        k, j = self._positions(earlier, later)
        own, end = self.parameters, self.specification.planned_end
        P = stationary_covariance(own.drift, own.diffusion)
        effects = standardised_effects(own.drift, own.diffusion, self.step)
        effects[k, j] = value
        drift = drift_from_effects(effects, np.sqrt(np.diag(P))) / self.step
        diffusion = -(drift @ P + P @ drift.T)
        if np.linalg.eigvalsh(diffusion)[0] <= 0:
            raise ParameterSetError(
                f"an effect of {value:g} from “{earlier}” on “{later}” cannot be: some shocks would need a negative "
                "variance",
                advice="Take a smaller effect, or a parameter set with weaker correlations within persons.",
            )
        changed = replace(own, drift=drift, diffusion=diffusion)
        if own.therapy_effect is not None:
            start = own.start_mean if own.start_mean is not None else np.zeros(len(drift))
            ended = carried_mean(own.drift, own.therapy_effect, start, np.array([end]))[0]
            changed = replace(changed, therapy_effect=_push(drift, start, ended, end))
        return replace(self, parameters=changed)

    def _positions(self, earlier: str, later: str) -> tuple[int, int]:
        names = self.specification.constructs
        for name in (earlier, later):
            if name not in names:
                raise ParameterSetError(f"there is no “{name}” in this truth", advice=f"It has {', '.join(names)}.")
        if earlier == later:
            raise ParameterSetError(f"“{earlier}” on itself is no effect to plan for", advice="Name two constructs.")
        return names.index(later), names.index(earlier)


def truth_from_set(
    name: str | ParameterSet = DEFAULT,
    constructs: tuple[str, ...] = ("symptoms", "alliance"),
    trend: Trend | str = Trend.CARRIED,
) -> AssumedTruth:
    """Some constructs of a parameter set of the shelf, in standard units. What the others did is not in it.

    Raises ParameterSetError for an unknown set or construct, or a trend other than carried or apart.
    """
    whole, trend = (parameter_set(name) if isinstance(name, str) else name), Trend(trend)
    stated = _only(whole.standardised, constructs)
    parameters = assemble(stated)
    if trend is Trend.APART:
        parameters = apart_reading(parameters, stated.planned_end)
    elif trend is not Trend.CARRIED:
        raise ParameterSetError(f"“{whole.id}” has no reading of the trend as “{trend.value}”", advice="Take carried.")
    kept = tuple(
        s
        for s in whole.statements
        if set(s.about.split(", ")) <= set(constructs) and not s.quantity.startswith("random_slope")
    )
    return AssumedTruth(
        f"parameter set “{whole.id}”, version {whole.version}",
        whole.about,
        replace(whole.specification, constructs=constructs, trend=trend),
        parameters,
        kept,
    )


def _only(stated: Standardised, constructs: tuple[str, ...]) -> Standardised:
    unknown = [c for c in constructs if c not in stated.constructs]
    if unknown or len(set(constructs)) != len(constructs) or len(constructs) < 2:
        raise ParameterSetError(
            f"these constructs cannot be planned with: {', '.join(constructs)}",
            advice=f"Take two or more, each once, of {', '.join(stated.constructs)}.",
        )

    def kept(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {k: v for k, v in value.items() if set([k] if isinstance(k, str) else k) <= set(constructs)}

    found = {f.name: kept(getattr(stated, f.name)) for f in fields(stated)}
    return Standardised(**found | {"constructs": constructs})


def _push(drift: Array, start: Array, ended: Array, end: float) -> Array:
    """B with m(end) = e^{A·end} m(0) + J B = ended."""
    grown = expm(drift * end)
    J = np.linalg.solve(drift, grown - np.eye(len(drift)))
    push: Array = np.linalg.solve(J, ended - grown @ start)
    return push


def truth_from_fit(file: Path, trend: Trend | str | None = None) -> AssumedTruth:
    """The estimates of a fit that `securebase fit --out FILE` wrote. Trend: as fitted; what was carried can be read
    apart. Raises ParameterSetError naming the file where it is no such fit, was refused, or is more than the plain
    model."""
    try:
        read = json.loads(file.read_text("utf-8"))
        model, named = read["model"], {name: row["estimate"] for name, row in read["parameters"].items()}
        specification = Specification(
            tuple(model["constructs"]),
            trend=Trend(model["trend"]),
            start=Start(model["start"]),
            time_unit=model["time_unit"],
            days_per_unit=_DAYS[model["time_unit"]],
            planned_end=model["planned_end"],
        )
    except OSError as problem:
        raise ParameterSetError(f"cannot be read ({problem.strerror})", where=str(file)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ParameterSetError(
            "is not what a fit writes", where=str(file), advice="Write one with: securebase fit TABLE … --out FILE."
        ) from None
    ended = str(read.get("outcome_of_fit", ""))
    if ended not in ("converged", "boundary") or not named:
        raise ParameterSetError(
            f"this fit ended as “{ended.replace('_', ' ')}”, which is nothing to plan with",
            where=str(file),
            advice="Plan with a fit that converged, or with a parameter set.",
        )
    parameters = _from_names(named, specification, str(file))
    wanted = specification.trend if trend is None else Trend(trend)
    if wanted is Trend.APART and specification.trend is Trend.CARRIED:
        parameters = apart_reading(parameters, specification.planned_end)
        specification = replace(specification, trend=wanted)
    elif wanted is not specification.trend:
        raise ParameterSetError(
            f"this fit has the trend {specification.trend.value}, which cannot be read as {wanted.value}",
            where=str(file),
        )
    persons = read.get("n_persons")
    return AssumedTruth(
        f"a fit of {persons} persons ({file.name})",
        f"Estimates of a fit of {persons} persons, which are themselves uncertain.",
        specification,
        parameters,
    )


def _from_names(named: Mapping[str, float], specification: Specification, where: str) -> Parameters:
    """The reverse of `Parameters.named`."""
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
        raise ParameterSetError(f"has no {missing}", where=where) from None
    if set(named) - used:
        raise ParameterSetError(
            f"has more than the plain model: {', '.join(sorted(set(named) - used)[:3])}",
            where=where,
            advice="Plan with a fit of one column for each construct and nothing else.",
        )
    return Parameters(**values)


def _matrix(entries: list[float], p: int) -> Array:
    """All entries row by row, or those of the lower triangle of a symmetric matrix."""
    if len(entries) == p * p:
        return np.array(entries, dtype=np.float64).reshape(p, p)
    matrix = np.zeros((p, p))
    matrix[np.tril_indices(p)] = entries
    return matrix + np.tril(matrix, -1).T
