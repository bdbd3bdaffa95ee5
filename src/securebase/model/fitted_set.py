"""A cohort's own fit as a parameter set: its numbers, what they rest on, and how clients come to be followed with it.

Where data are few the fit is drawn towards another set (`fit/towards.py`): every number is then the mean of the data's
and that set's, each weighted by its precision on the internal scale, and its share from the data is kept beside it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from scipy.linalg import expm

from securebase.errors import ParameterSetError
from securebase.measurement.toml_fields import Fields
from securebase.model.equations import require, stationary_covariance
from securebase.model.fit import Fit
from securebase.model.fit.priors import in_time
from securebase.model.mechanism import THERAPY
from securebase.model.parameter_set import EdgeNote, ParameterSet, ScaleUnit, Statement
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend
from securebase.model.standardised import Edge, Standardised, assemble, standardised_effects

Measures = Mapping[str, tuple[str, str]]
_GOOD = ("converged", "regularised")
#: id of every set that was fitted here
FITTED_ID = "own"
#: the key that sets written before December 2026 hold in place of `prior`
_EARLIER_PRIOR = "towards"


@dataclass(frozen=True, slots=True)
class FitProvenance:
    """What a fitted set rests on. fingerprint: of the scores. made_on: a date in words of whoever fitted. towards: the
    set it was drawn towards, empty where it was fitted to the data alone; strength: of that pull."""

    fingerprint: str
    n_persons: int
    n_observations: int
    outcome: str
    sentence: str
    made_on: str
    software: str
    simulated: bool
    prior: str = ""
    strength: float = 0.0


@dataclass(frozen=True, eq=False)
class FittedSet:
    """Estimates in points of the scales that were fitted, per time unit of the specification (trend carried).

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
        """One sentence on where it comes from."""
        of = self.provenance
        drawn = f", drawn towards “{of.prior}” (strength {of.strength:g})" if of.prior else ""
        made = "simulated persons" if of.simulated else "persons"
        return f"Fitted on {of.made_on} to {of.n_observations:,} scores of {of.n_persons:,} {made}{drawn}."


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
    """A fit with its provenance. measures: which scale each construct was measured with.

    Raises ParameterSetError where the fit did not end well, or is of a model that nobody is followed with (only the
    plain one: trend carried, stationary start).
    """
    of = fitted.specification
    if fitted.parameters is None or fitted.outcome.kind not in _GOOD:
        raise ParameterSetError(
            f"this fit cannot become a parameter set: {fitted.outcome.sentence}",
            advice=f"Draw it towards a parameter set. {fitted.outcome.what_to_do}".strip(),
        )
    if replace(of, planned_end=1.0, time_unit="", days_per_unit=1.0) != Specification(
        of.constructs, Trend.CARRIED, Start.STATIONARY, time_unit="", days_per_unit=1.0, planned_end=1.0
    ):
        raise ParameterSetError(
            "clients are followed with the plain model only (trend carried, stationary start, nothing further)",
            advice="Fit that model.",
        )
    missing = [c for c in of.constructs if c not in measures]
    if missing:
        raise ParameterSetError(f"nothing says with which scale {', '.join(missing)} was measured")
    return FittedSet(
        id=FITTED_ID,
        name=name,
        version=version,
        specification=of,
        parameters=fitted.parameters,
        standard_errors=MappingProxyType({n: e.standard_error for n, e in fitted.estimates.items()}),
        from_data=MappingProxyType(dict(fitted.from_data)),
        measures=MappingProxyType({c: measures[c] for c in of.constructs}),
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
    """As what clients can be followed with. Points of the fitted scales are the fit's own; other scales of the same
    constructs keep what `base` states of them, as their points were not looked at.

    Raises ParameterSetError where the movements fitted have no form in standardised weekly effects.
    """
    names = fitted.specification.constructs
    weekly = in_time(fitted.parameters, fitted.specification, base.specification.days_per_unit / _days(fitted))
    planned_end = fitted.specification.planned_end * _days(fitted) / base.specification.days_per_unit
    P = stationary_covariance(weekly.drift, weekly.diffusion)
    true = np.diag(P) + np.diag(weekly.level_covariance)
    whole = true + weekly.measurement_noise
    stated = _stated(weekly, names, planned_end, P)
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
    # the scale that was fitted is the one a construct is usually followed with
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


def _stated(weekly: Parameters, names: tuple[str, ...], planned_end: float, P: Array) -> Standardised:
    """The statements from which `assemble` makes these parameters again, in standard units."""
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

    def correlations(of: Array) -> dict[Edge, float]:
        sd = np.sqrt(np.diag(of))
        return {(names[i], names[j]): float(of[i, j] / (sd[i] * sd[j])) for i, j in pairs}

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
    said = [fitted.provenance.sentence]
    if fitted.from_data:
        thin = sum(share < 0.5 for share in fitted.from_data.values())
        said.append(
            f"Of {len(fitted.from_data)} numbers, {thin} rest on “{fitted.provenance.prior}” more than on data."
        )
    said.append(
        "The course without therapy was not seen: therapy was on in every row, so all mean change counts as its own."
    )
    return tuple(said)


def write_fitted_set(of: FittedSet) -> str:
    """As TOML that `read_fitted_set` reads back to the bit."""

    def line(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value, ensure_ascii=False)}"

    spec, origin = of.specification, of.provenance
    head = {
        "kind": "fitted",
        "id": of.id,
        "name": of.name,
        "version": of.version,
        "constructs": list(spec.constructs),
        "time_unit": spec.time_unit,
        "days_per_unit": float(spec.days_per_unit),
        "planned_end": float(spec.planned_end),
    }
    lines = [f"# {of.about}", *(line(k, v) for k, v in head.items()), "", "[provenance]"]
    lines += [line(name, getattr(origin, name)) for name in FitProvenance.__dataclass_fields__]
    for construct, (instrument, scale) in of.measures.items():
        found = {"construct": construct, "instrument": instrument, "scale": scale}
        lines += ["", "[[measure]]", *(line(k, v) for k, v in found.items())]
    for name, value in of.parameters.named(spec).items():
        lines += ["", "[[estimate]]", line("name", name), f"value = {float(value)!r}"]
        error = of.standard_errors.get(name)
        lines += [] if error is None else [f"standard_error = {float(error)!r}"]
        lines += [f"from_data = {float(of.from_data[name])!r}"] if name in of.from_data else []
    return "\n".join(lines) + "\n"


def read_fitted_set(file: str, text: str) -> FittedSet:
    """What `write_fitted_set` wrote. Raises ParameterSetError naming file and field."""
    try:
        fields = Fields(file, tomllib.loads(text), error=ParameterSetError)
    except tomllib.TOMLDecodeError as problem:
        raise ParameterSetError(f"invalid TOML: {problem}", where=file) from None
    if fields.text("kind", "") != "fitted":
        fields.fail("is no fitted set", "kind", "Sets that state the literature are read by their name.")
    spec = Specification(
        fields.texts("constructs"),
        Trend.CARRIED,
        time_unit=fields.text("time_unit"),
        days_per_unit=fields.number("days_per_unit"),
        planned_end=fields.number("planned_end"),
    )
    origin = fields.table("provenance")
    origin.only(*FitProvenance.__dataclass_fields__, _EARLIER_PRIOR)
    estimates = {block.text("name"): block for block in fields.tables("estimate")}
    values = {name: block.number("value") for name, block in estimates.items()}
    errors = {name: block.maybe_number("standard_error") for name, block in estimates.items()}
    shares = {name: block.maybe_number("from_data") for name, block in estimates.items()}
    return FittedSet(
        id=fields.text("id"),
        name=fields.text("name"),
        version=fields.whole("version"),
        specification=spec,
        parameters=_parameters(fields, spec, values),
        standard_errors=MappingProxyType(errors),
        from_data=MappingProxyType({n: s for n, s in shares.items() if s is not None}),
        measures=MappingProxyType(
            {b.text("construct"): (b.text("instrument"), b.text("scale")) for b in fields.tables("measure")}
        ),
        provenance=FitProvenance(
            fingerprint=origin.text("fingerprint"),
            n_persons=origin.whole("n_persons"),
            n_observations=origin.whole("n_observations"),
            outcome=origin.text("outcome"),
            sentence=origin.text("sentence"),
            made_on=origin.text("made_on"),
            software=origin.text("software"),
            simulated=origin.flag("simulated"),
            prior=origin.text("prior", origin.text(_EARLIER_PRIOR, "")),
            strength=origin.number("strength"),
        ),
    )


def _parameters(fields: Fields, spec: Specification, values: Mapping[str, float]) -> Parameters:
    names, p = spec.constructs, spec.p

    def entry(name: str) -> float:
        if name not in values:
            fields.fail(f"has no “{name}”", "estimate")
        return values[name]

    def vector(block: str) -> Array:
        return np.array([entry(f"{block}[{c}]") for c in names])

    def symmetric(block: str) -> Array:
        found = np.zeros((p, p))
        for i in range(p):
            for j in range(i + 1):
                found[i, j] = found[j, i] = entry(f"{block}[{names[i]},{names[j]}]")
        if np.linalg.eigvalsh(found)[0] <= 0:
            fields.fail(f"its “{block}” is no covariance", "estimate")
        return found

    return Parameters(
        drift=np.array([[entry(f"drift[{r},{c}]") for c in names] for r in names]),
        diffusion=symmetric("diffusion"),
        level_mean=vector("level_mean"),
        level_covariance=symmetric("level_covariance"),
        measurement_noise=vector("measurement_noise"),
        start_mean=vector("start_mean"),
        therapy_effect=vector("therapy_effect"),
    )
