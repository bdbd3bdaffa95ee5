"""Parameter sets fitted to a cohort: estimates with provenance, stored as TOML, and used for tracking.

Where data are few the fit uses another set as prior (`fit/priors.py`, decision 0010): each number is then the mean of
the data's and the prior's, weighted by precision on the internal scale, and its share from the data is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import numpy as np
from scipy.linalg import expm

from securebase.errors import ParameterSetError
from securebase.model.equations import require, stationary_covariance
from securebase.model.fit import Fit
from securebase.model.fit.priors import in_time_unit
from securebase.model.mechanism import THERAPY
from securebase.model.parameter_set import EdgeNote, ParameterSet, ScaleUnit, Statement
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Start, Trend
from securebase.model.standardised import Edge, Standardised, assemble, standardised_effects
from securebase.schema import Number, Place, ShelfStruct, Text, convert, parse_toml

Measures = Mapping[str, tuple[str, str]]
_GOOD = ("converged", "regularised")
#: id of every fitted set
FITTED_ID = "own"
#: the key that sets written before December 2026 hold in place of `prior`
_EARLIER_PRIOR = "towards"


class FitProvenance(ShelfStruct, frozen=True):
    """Provenance of a fitted set. fingerprint: of the scores. made_on: date of the fit, as text.

    prior: id of the set used as prior, empty without one. strength: weight of that prior.
    """

    fingerprint: Text
    n_persons: int
    n_observations: int
    outcome: Text
    sentence: Text
    made_on: Text
    software: Text
    simulated: bool
    prior: str = ""
    strength: Number = 0.0


class FittedEstimate(ShelfStruct, frozen=True):
    """One estimate of a fitted set's file."""

    name: Text
    value: Number
    standard_error: Number | None = None
    from_data: Number | None = None


class FittedMeasure(ShelfStruct, frozen=True):
    """The scale that measured a construct, in a fitted set's file."""

    construct: Text
    instrument: Text
    scale: Text


class FittedSetFile(ShelfStruct, frozen=True):
    """The file of a fitted set."""

    kind: Literal["fitted"]
    id: Text
    name: Text
    version: int
    constructs: tuple[Text, ...]
    time_unit: Text
    days_per_unit: Number
    planned_end: Number
    provenance: FitProvenance
    measure: tuple[FittedMeasure, ...] = ()
    estimate: tuple[FittedEstimate, ...] = ()


@dataclass(frozen=True, eq=False)
class FittedSet:
    """Estimates in points of the fitted scales, per time unit of the specification (trend carried).

    standard_errors, from_data: by estimate, as in `Fit`. measures: construct → (instrument, scale).
    """

    id: str
    name: str
    version: int
    specification: Specification
    parameters: Parameters
    standard_errors: Mapping[str, float | None]
    from_data: Mapping[str, float]
    measures: Measures
    provenance: FitProvenance

    @property
    def about(self) -> str:
        """Return one sentence on the origin of the set."""
        origin = self.provenance
        prior = f", shrunk towards “{origin.prior}” (strength {origin.strength:g})" if origin.prior else ""
        persons = "simulated persons" if origin.simulated else "persons"
        return (
            f"Fitted on {origin.made_on} to {origin.n_observations:,} scores of {origin.n_persons:,} {persons}{prior}."
        )


def fitted_set(
    fitted: Fit,
    *,
    name: str,
    version: int,
    measures: Measures,
    made_on: str,
    software: str,
    simulated: bool,
    prior: str = "",
    strength: float = 0.0,
) -> FittedSet:
    """Build a fitted set from a fit. measures: the scale that measured each construct.

    Raises ParameterSetError if the fit did not converge, or its model is not the plain one that tracking uses (trend
    carried, stationary start).
    """
    specification = fitted.specification
    if fitted.parameters is None or fitted.outcome.kind not in _GOOD:
        raise ParameterSetError(
            f"this fit cannot become a parameter set: {fitted.outcome.sentence}",
            advice=f"Fit it with a parameter set as prior. {fitted.outcome.what_to_do}".strip(),
        )
    if replace(specification, planned_end=1.0, time_unit="", days_per_unit=1.0) != Specification(
        specification.constructs, Trend.CARRIED, Start.STATIONARY, time_unit="", days_per_unit=1.0, planned_end=1.0
    ):
        raise ParameterSetError(
            "tracking uses the plain model only (trend carried, stationary start, no further parts)",
            advice="Fit that model.",
        )
    missing = [c for c in specification.constructs if c not in measures]
    if missing:
        raise ParameterSetError(f"measures has no scale for {', '.join(missing)}")
    return FittedSet(
        id=FITTED_ID,
        name=name,
        version=version,
        specification=specification,
        parameters=fitted.parameters,
        standard_errors=MappingProxyType({n: e.standard_error for n, e in fitted.estimates.items()}),
        from_data=MappingProxyType(dict(fitted.data_share)),
        measures=MappingProxyType({c: measures[c] for c in specification.constructs}),
        provenance=FitProvenance(
            fingerprint=fitted.fingerprints["scores"],
            n_persons=fitted.n_persons,
            n_observations=fitted.n_observations,
            outcome=fitted.outcome.kind,
            sentence=fitted.outcome.sentence,
            made_on=made_on,
            software=software,
            simulated=simulated,
            prior=prior,
            strength=strength,
        ),
    )


def convert_to_parameter_set(fitted: FittedSet, base: ParameterSet) -> ParameterSet:
    """Convert a fitted set to a parameter set for tracking, in standard units.

    Points of the fitted scales come from the fit: sd² = P_kk + Σ_B,kk + r_k and reliability = (P_kk + Σ_B,kk) / sd².
    Other scales of the same constructs keep the points stated in `base`.

    Raises ParameterSetError if the fitted dynamics have no form in standardised weekly effects.
    """
    names = fitted.specification.constructs
    weekly = in_time_unit(fitted.parameters, fitted.specification, base.specification.days_per_unit / _days(fitted))
    planned_end = fitted.specification.planned_end * _days(fitted) / base.specification.days_per_unit
    P = stationary_covariance(weekly.drift, weekly.diffusion)
    true = np.diag(P) + np.diag(weekly.level_covariance)
    whole = true + weekly.measurement_noise
    stated = _standardised_statements(weekly, names, planned_end, P)
    scales = {key: unit for key, unit in base.scales.items() if unit.construct in names}
    for k, construct in enumerate(names):
        scales[fitted.measures[construct]] = ScaleUnit(
            construct,
            mean=float(weekly.level_mean[k]),
            sd=float(np.sqrt(whole[k])),
            reliability=float(true[k] / whole[k]),
            verified=True,
            source=fitted.about,
        )
    # the first scale of a construct is its usual one: the fitted scale
    order = [*fitted.measures.values(), *(key for key in scales if key not in fitted.measures.values())]
    notes = {(e.from_construct, e.to_construct): e for e in base.edges}
    return ParameterSet(
        id=fitted.id,
        name=fitted.name,
        version=f"{fitted.version} ({fitted.provenance.made_on}, {fitted.provenance.fingerprint[:8]})",
        about=fitted.about,
        specification=replace(base.specification, constructs=names, planned_end=planned_end),
        parameters=assemble(stated),
        scales=MappingProxyType({key: scales[key] for key in order}),
        edges=tuple(_edge(note, stated, fitted) for edge, note in notes.items() if set(edge) <= {*names, THERAPY}),
        statements=tuple(
            Statement("fitted", name, value, fitted.about, verified=True)
            for name, value in fitted.parameters.named(fitted.specification).items()
        ),
        limits=_limits(fitted),
        standardised=stated,
        simulated_scales=base.simulated_scales,
    )


def _days(fitted: FittedSet) -> float:
    return fitted.specification.days_per_unit


def _standardised_statements(weekly: Parameters, names: tuple[str, ...], planned_end: float, P: Array) -> Standardised:
    """Return the standardised statements from which `assemble` rebuilds these parameters, in standard units.

    The change by therapy is J B over the planned end, J = ∫_0^T exp(A v) dv, read off a block exponential.
    """
    level = weekly.level_covariance
    true = np.diag(P) + np.diag(level)
    effects = standardised_effects(weekly.drift, P)
    p = len(names)
    block = np.zeros((p + 1, p + 1))
    block[:p, :p], block[:p, p] = weekly.drift, require(weekly.therapy_effect, "therapy_effect")
    change = np.asarray(expm(block * planned_end))[:p, p] / np.sqrt(true)
    share = np.diag(level) / true
    noise = weekly.measurement_noise
    pairs = [(i, j) for i in range(p) for j in range(i)]

    def correlations(covariance: Array) -> dict[Edge, float]:
        sd = np.sqrt(np.diag(covariance))
        return {(names[i], names[j]): float(covariance[i, j] / (sd[i] * sd[j])) for i, j in pairs}

    def by_name(values: Array) -> dict[str, float]:
        return {c: float(v) for c, v in zip(names, values, strict=True)}

    return Standardised(
        constructs=names,
        persistence=by_name(np.diag(effects)),
        effects={(names[j], names[i]): float(effects[i, j]) for i in range(p) for j in range(p) if i != j},
        level_share=by_name(share),
        level_correlation=correlations(level),
        state_correlation=correlations(P),
        natural_change=by_name(np.zeros(p)),
        therapy_change=by_name(change),
        reliability=by_name(true / (true + noise)),
        planned_end=planned_end,
    )


def _edge(note: EdgeNote, stated: Standardised, fitted: FittedSet) -> EdgeNote:
    if note.from_construct == THERAPY:
        return replace(note, value=stated.therapy_change[note.to_construct], source=fitted.about)
    return replace(note, value=stated.effects[note.from_construct, note.to_construct], source=fitted.about)


def _limits(fitted: FittedSet) -> tuple[str, ...]:
    limits = [fitted.provenance.sentence]
    if fitted.from_data:
        thin = sum(share < 0.5 for share in fitted.from_data.values())
        limits.append(
            f"Of {len(fitted.from_data)} numbers, {thin} depend on “{fitted.provenance.prior}” more than on the data."
        )
    limits.append("The data contain no course without therapy, so all mean change counts as its effect.")
    return tuple(limits)


def write_fitted_set(fitted: FittedSet) -> str:
    """Return the set as TOML that `read_fitted_set` reads back to the bit."""

    def line(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value, ensure_ascii=False)}"

    spec, origin = fitted.specification, fitted.provenance
    head = {
        "kind": "fitted",
        "id": fitted.id,
        "name": fitted.name,
        "version": fitted.version,
        "constructs": list(spec.constructs),
        "time_unit": spec.time_unit,
        "days_per_unit": float(spec.days_per_unit),
        "planned_end": float(spec.planned_end),
    }
    lines = [f"# {fitted.about}", *(line(k, v) for k, v in head.items()), "", "[provenance]"]
    lines += [line(name, getattr(origin, name)) for name in FitProvenance.__struct_fields__]
    for construct, (instrument, scale) in fitted.measures.items():
        measure = {"construct": construct, "instrument": instrument, "scale": scale}
        lines += ["", "[[measure]]", *(line(k, v) for k, v in measure.items())]
    for name, value in fitted.parameters.named(spec).items():
        lines += ["", "[[estimate]]", line("name", name), f"value = {float(value)!r}"]
        error = fitted.standard_errors.get(name)
        lines += [] if error is None else [f"standard_error = {float(error)!r}"]
        lines += [f"from_data = {float(fitted.from_data[name])!r}"] if name in fitted.from_data else []
    return "\n".join(lines) + "\n"


def read_fitted_set(file: str, content: bytes | str) -> FittedSet:
    """Read a file of `write_fitted_set`. Raises ParameterSetError naming file and field."""
    place = Place(file, ParameterSetError)
    values = parse_toml(content, place)
    if values.get("kind") != "fitted":
        place.fail("is not a fitted set", "kind", "Sets of the shelf are loaded by id.")
    if isinstance(origin := values.get("provenance"), dict) and _EARLIER_PRIOR in origin:
        origin.setdefault("prior", origin.pop(_EARLIER_PRIOR))
    stored = convert(values, FittedSetFile, place)
    spec = Specification(
        stored.constructs,
        Trend.CARRIED,
        time_unit=stored.time_unit,
        days_per_unit=stored.days_per_unit,
        planned_end=stored.planned_end,
    )
    return FittedSet(
        id=stored.id,
        name=stored.name,
        version=stored.version,
        specification=spec,
        parameters=_parameters(place, spec, {e.name: e.value for e in stored.estimate}),
        standard_errors=MappingProxyType({e.name: e.standard_error for e in stored.estimate}),
        from_data=MappingProxyType({e.name: e.from_data for e in stored.estimate if e.from_data is not None}),
        measures=MappingProxyType({m.construct: (m.instrument, m.scale) for m in stored.measure}),
        provenance=stored.provenance,
    )


def _parameters(place: Place, spec: Specification, values: Mapping[str, float]) -> Parameters:
    names, p = spec.constructs, spec.p

    def entry(name: str) -> float:
        if name not in values:
            place.fail(f"has no “{name}”", "estimate")
        return values[name]

    def vector(block: str) -> Array:
        return np.array([entry(f"{block}[{c}]") for c in names])

    def symmetric(block: str) -> Array:
        matrix = np.zeros((p, p))
        for i in range(p):
            for j in range(i + 1):
                matrix[i, j] = matrix[j, i] = entry(f"{block}[{names[i]},{names[j]}]")
        if np.linalg.eigvalsh(matrix)[0] <= 0:
            place.fail(f"“{block}” is not positive definite", "estimate")
        return matrix

    return Parameters(
        drift=np.array([[entry(f"drift[{r},{c}]") for c in names] for r in names]),
        diffusion=symmetric("diffusion"),
        level_mean=vector("level_mean"),
        level_covariance=symmetric("level_covariance"),
        measurement_noise=vector("measurement_noise"),
        start_mean=vector("start_mean"),
        therapy_effect=vector("therapy_effect"),
    )
