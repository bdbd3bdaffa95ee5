"""`ParameterSet`: named estimates with their provenance. The shelf is `parameter_sets/*.toml`, one file each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np

from securebase.errors import ParameterSetError
from securebase.measurement.toml_fields import Fields
from securebase.model.mechanism import THERAPY, Grade, Mechanism
from securebase.model.mechanisms import MECHANISMS
from securebase.model.parameters import Array, Parameters, Specification, Trend
from securebase.model.standardised import Edge, Standardised, apart_reading, assemble

#: the set that tracking starts from
DEFAULT = "literature"


@dataclass(frozen=True, slots=True)
class ScaleUnit:
    """Mean and SD of a scale's scores among clients at the first session, and the reliability of one score.

    `verified` only where all three numbers were seen in, or computed from, a source.
    """

    construct: str
    mean: float
    sd: float
    reliability: float
    verified: bool
    source: str

    @property
    def points(self) -> float:
        """Points of this scale that one standard unit of the construct is worth."""
        return float(self.sd * np.sqrt(self.reliability))

    @property
    def noise(self) -> float:
        """Variance of a score's error, in squared points."""
        return self.sd**2 * (1.0 - self.reliability)


@dataclass(frozen=True, slots=True)
class EdgeNote:
    """One link of the set beside its prior. Standardised; over which time is told by `mechanism.Lag`."""

    from_construct: str
    to_construct: str
    value: float
    prior_mean: float
    prior_sd: float
    claims: tuple[str, ...]
    grade: Grade
    source: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A number that went into the set, with where it comes from. What is not verified is marked on screen."""

    quantity: str
    about: str
    value: float
    source: str
    verified: bool


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """Parameters in standard units (`standardised.Standardised`) with the scales that they can be turned into.

    `limits`: published figures that a cohort drawn from it does not reproduce, in sentences.
    """

    id: str
    name: str
    version: str
    about: str
    specification: Specification
    parameters: Parameters
    scales: Mapping[tuple[str, str], ScaleUnit]
    edges: tuple[EdgeNote, ...]
    statements: tuple[Statement, ...]
    limits: tuple[str, ...]
    standardised: Standardised
    #: scales that only simulated people answer; nobody is followed by what is known of them
    simulated_scales: Mapping[tuple[str, str], ScaleUnit] = field(default_factory=dict)

    def simulation_scale(self, instrument: str, scale: str) -> ScaleUnit | None:
        """Where scores of a scale lie when they are simulated, or None where nothing is stated."""
        return self.scales.get((instrument, scale)) or self.simulated_scales.get((instrument, scale))

    def unit(self, instrument: str, scale: str) -> ScaleUnit:
        """What this set knows of a scale. Raises ParameterSetError with the known ones where it knows nothing."""
        try:
            return self.scales[instrument, scale]
        except KeyError:
            known = ", ".join(f"{i}/{s}" for i, s in self.scales)
            raise ParameterSetError(
                f"the parameter set “{self.id}” does not know the scale {instrument}/{scale}",
                advice=f"It knows {known}.",
            ) from None

    def measures(self, chosen: Mapping[str, tuple[str, str]] | None = None) -> dict[str, tuple[str, str]]:
        """construct → (instrument, scale): as chosen, else the scale it is usually followed with."""
        usual = {unit.construct: key for key, unit in reversed(list(self.scales.items()))}
        return {c: (chosen or {}).get(c, usual[c]) for c in self.specification.constructs}

    def in_score_units(self, measures: Mapping[str, tuple[str, str]] | None = None) -> Parameters:
        """The same model in points of the scales chosen; other constructs in points of their usual scale.

        Raises ParameterSetError for a scale the set does not know, or one that measures another construct.
        """
        units = []
        for construct, (instrument, scale) in self.measures(measures).items():
            unit = self.unit(instrument, scale)
            if unit.construct != construct:
                raise ParameterSetError(f"{instrument}/{scale} measures “{unit.construct}”, not “{construct}”")
            units.append(unit)
        c = np.array([u.points for u in units])
        own = self.parameters

        def stretched(vector: Array | None) -> Array | None:
            return None if vector is None else c * vector

        return replace(
            own,
            drift=own.drift * c[:, None] / c[None, :],
            diffusion=own.diffusion * np.outer(c, c),
            level_mean=np.array([u.mean for u in units]) + c * own.level_mean,
            level_covariance=own.level_covariance * np.outer(c, c),
            measurement_noise=np.array([u.noise for u in units]),
            start_covariance=None if own.start_covariance is None else own.start_covariance * np.outer(c, c),
            slope=stretched(own.slope),
            change=stretched(own.change),
            start_mean=stretched(own.start_mean),
            therapy_effect=stretched(own.therapy_effect),
            change_covariance=None if own.change_covariance is None else own.change_covariance * np.outer(c, c),
            level_change_covariance=(
                None if own.level_change_covariance is None else own.level_change_covariance * np.outer(c, c)
            ),
        )

    def with_trend(self, trend: Trend) -> ParameterSet:
        """The same movements under the other reading of the trend: carried (as stated) or apart.

        Raises ParameterSetError for any other trend.
        """
        if trend is self.specification.trend:
            return self
        carried = assemble(self.standardised, random_slopes=self.specification.random_slopes)
        if trend is Trend.CARRIED:
            parameters = carried
        elif trend is Trend.APART:
            parameters = apart_reading(carried, self.standardised.planned_end)
        else:
            raise ParameterSetError(f"“{self.id}” has no reading of the trend as “{trend.value}”")
        return replace(self, specification=replace(self.specification, trend=trend), parameters=parameters)

    def with_random_slopes(self) -> ParameterSet:
        """The same set in which people differ in how they change, as it states; itself where it states nothing of it.

        Cohorts are simulated with it and pictures of one client rest on it; the set as it stands keeps people changing
        alike, as in other programs' comparisons.
        """
        if self.specification.random_slopes or not any(self.standardised.random_slope_sd.values()):
            return self
        specification = replace(self.specification, random_slopes=True)
        own = replace(self, specification=specification, parameters=assemble(self.standardised, random_slopes=True))
        return (
            own
            if self.specification.trend is Trend.CARRIED
            else replace(own, specification=replace(specification, trend=Trend.CARRIED)).with_trend(
                self.specification.trend
            )
        )

    @property
    def unverified(self) -> tuple[Statement, ...]:
        """What nobody has verified, of what these numbers rest on: of own change only where the set has it."""
        used = [
            s for s in self.statements if self.specification.random_slopes or not s.quantity.startswith("random_slope")
        ]
        return tuple(s for s in used if not s.verified)


@cache
def parameter_sets() -> Mapping[str, ParameterSet]:
    """Every set on the shelf by id, read once. Raises ParameterSetError where a file is not sound."""
    folder = resources.files("securebase.model") / "parameter_sets"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    read = [read_parameter_set(f.name, f.read_text("utf-8")) for f in files]
    return MappingProxyType({one.id: one for one in read})


def parameter_set(name: str = DEFAULT) -> ParameterSet:
    """The parameter set with this id. Raises ParameterSetError with the known ones."""
    shelf = parameter_sets()
    if name not in shelf:
        raise ParameterSetError(f"there is no parameter set called “{name}”", advice=f"Known are {', '.join(shelf)}.")
    return shelf[name]


def read_parameter_set(file: str, text: str) -> ParameterSet:
    """Read one file of the shelf. Raises ParameterSetError naming file and field."""
    try:
        fields = Fields(file, tomllib.loads(text), error=ParameterSetError)
    except tomllib.TOMLDecodeError as problem:
        raise ParameterSetError(f"is not TOML: {problem}", where=file) from None
    quantities = (
        "persistence",
        "level_share",
        "natural_change",
        "level_correlation",
        "state_correlation",
        "random_slope_sd",
        "random_slope_level_correlation",
        "random_slope_correlation",
        "random_slope_rate",
    )
    head = (
        "id",
        "name",
        "version",
        "about",
        "constructs",
        "time_unit",
        "days_per_unit",
        "planned_end",
        "effects",
        "limits",
    )
    fields.only(*head, *quantities, "scale", "simulated_scale")
    constructs = fields.texts("constructs")
    if fields.text("effects") != "mechanisms":
        fields.fail("must be “mechanisms”", "effects", "The effects are the prior means on the shelf of mechanisms.")
    links = [m for m in MECHANISMS if m.to_construct in constructs and m.from_construct in (*constructs, THERAPY)]
    statements: list[Statement] = []
    scales = _scales(fields, constructs)
    stated = Standardised(
        constructs=constructs,
        persistence=_by_construct(fields, "persistence", constructs, statements),
        level_share=_by_construct(fields, "level_share", constructs, statements),
        natural_change=_by_construct(fields, "natural_change", constructs, statements),
        level_correlation=_by_pair(fields, "level_correlation", constructs, statements),
        state_correlation=_by_pair(fields, "state_correlation", constructs, statements),
        effects={m.edge: m.prior.mean for m in links if m.from_construct != THERAPY},
        therapy_change=_therapy_change(fields, links, constructs),
        reliability=_usual_reliability(fields, scales, constructs),
        planned_end=fields.number("planned_end"),
        random_slope_sd=_by_construct(fields, "random_slope_sd", constructs, statements, all_of_them=False),
        random_slope_level_correlation=_by_pair(
            fields, "random_slope_level_correlation", constructs, statements, ordered=True
        ),
        random_slope_correlation=_by_pair(fields, "random_slope_correlation", constructs, statements),
        random_slope_rate=_rate(fields, statements),
    )
    return ParameterSet(
        id=fields.text("id"),
        name=fields.text("name"),
        version=fields.text("version"),
        about=fields.text("about"),
        specification=Specification(
            constructs,
            trend=Trend.CARRIED,
            time_unit=fields.text("time_unit"),
            days_per_unit=fields.number("days_per_unit"),
            planned_end=stated.planned_end,
        ),
        parameters=_located(fields, stated),
        scales=MappingProxyType(scales),
        edges=tuple(_note(m) for m in links),
        statements=tuple(statements),
        limits=fields.texts("limits"),
        standardised=stated,
        simulated_scales=MappingProxyType(_scales(fields, constructs, "simulated_scale")),
    )


def _located(fields: Fields, stated: Standardised) -> Parameters:
    """Parameters without own change; that its statements can hold as well is tried here, where the file is named."""
    try:
        assemble(stated, random_slopes=True)
        return assemble(stated)
    except ParameterSetError as problem:
        raise ParameterSetError(problem.what, where=fields.file, advice=problem.advice) from None


def _note(m: Mechanism) -> EdgeNote:
    return EdgeNote(*m.edge, m.prior.mean, m.prior.mean, m.prior.sd, m.claims, m.grade, m.prior.basis)


def _rate(fields: Fields, out: list[Statement]) -> float | None:
    if "random_slope_rate" not in fields.values:
        return None
    block = fields.table("random_slope_rate")
    block.only("source", "verified", "value")
    value = block.number("value")
    if value <= 0:
        block.fail("must be above 0", "value")
    out.append(Statement("random_slope_rate", "all", value, block.text("source"), block.flag("verified")))
    return value


def _by_construct(
    fields: Fields, quantity: str, constructs: tuple[str, ...], out: list[Statement], *, all_of_them: bool = True
) -> dict[str, float]:
    found: dict[str, float] = {}
    for block in fields.tables(quantity):
        block.only("source", "verified", "values")
        values = block.table("values")
        for construct in values.values:
            if construct not in constructs or construct in found:
                values.fail("is no construct of this set, or stands twice", construct)
            found[construct] = values.number(construct)
            out.append(Statement(quantity, construct, found[construct], block.text("source"), block.flag("verified")))
    missing = [c for c in constructs if c not in found]
    if missing and all_of_them:
        fields.fail(f"has no value for {', '.join(missing)}", quantity)
    return found


def _by_pair(
    fields: Fields, quantity: str, constructs: tuple[str, ...], out: list[Statement], *, ordered: bool = False
) -> dict[Edge, float]:
    """Correlations of pairs. `ordered`: the first is a level, the second a change, and may be of one construct."""
    found: dict[Edge, float] = {}
    for block in fields.tables(quantity):
        block.only("source", "verified", "pairs")
        pairs = block.values.get("pairs")
        if not isinstance(pairs, list) or not pairs:
            block.fail("must be a list of [construct, construct, correlation]", "pairs")
        for entry in pairs:
            if not (isinstance(entry, list) and len(entry) == 3 and (ordered or entry[0] != entry[1])):
                block.fail(f"must be [construct, construct, correlation], found {entry!r}", "pairs")
            if (
                any(c not in constructs for c in entry[:2])
                or tuple(entry[:2]) in found
                or (not ordered and (entry[1], entry[0]) in found)
            ):
                block.fail(f"names no pair of this set, or one twice: {entry[:2]}", "pairs")
            value = block.as_number(entry[2], "pairs")
            found[entry[0], entry[1]] = value
            out.append(
                Statement(quantity, f"{entry[0]}, {entry[1]}", value, block.text("source"), block.flag("verified"))
            )
    return found


def _scales(fields: Fields, constructs: tuple[str, ...], quantity: str = "scale") -> dict[tuple[str, str], ScaleUnit]:
    scales: dict[tuple[str, str], ScaleUnit] = {}
    for block in fields.tables(quantity):
        block.only("instrument", "scale", "construct", "mean", "sd", "reliability", "verified", "source")
        unit = ScaleUnit(
            construct=block.text("construct"),
            mean=block.number("mean"),
            sd=block.number("sd"),
            reliability=block.number("reliability"),
            verified=block.flag("verified"),
            source=block.text("source"),
        )
        if unit.construct not in constructs:
            block.fail("is no construct of this set", "construct")
        if unit.sd <= 0:
            block.fail("must be above 0", "sd")
        if not 0 < unit.reliability < 1:
            block.fail("must lie between 0 and 1", "reliability")
        scales[block.text("instrument"), block.text("scale")] = unit
    return scales


def _usual_reliability(
    fields: Fields, scales: Mapping[tuple[str, str], ScaleUnit], constructs: tuple[str, ...]
) -> dict[str, float]:
    usual: dict[str, float] = {}
    for unit in scales.values():
        usual.setdefault(unit.construct, unit.reliability)
    missing = [c for c in constructs if c not in usual]
    if missing:
        fields.fail(f"has no scale for {', '.join(missing)}", "scale")
    return usual


def _therapy_change(fields: Fields, links: list[Mechanism], constructs: tuple[str, ...]) -> dict[str, float]:
    change = {m.to_construct: m.prior.mean for m in links if m.from_construct == THERAPY}
    missing = [c for c in constructs if c not in change]
    if missing:
        fields.fail(f"has no mechanism from therapy to {', '.join(missing)}", "effects")
    return change
