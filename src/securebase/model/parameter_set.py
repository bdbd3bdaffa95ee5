"""Parameter sets: named estimates with provenance. The shelf is `parameter_sets/*.toml`, one file each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np

from securebase.errors import ParameterSetError
from securebase.measurement.toml_fields import Fields
from securebase.model.arguments import check_scale
from securebase.model.mechanism import THERAPY, Grade, Mechanism
from securebase.model.mechanisms import MECHANISMS
from securebase.model.parameters import Array, Parameters, Specification, Trend
from securebase.model.standardised import Edge, Standardised, apart_reading, assemble

#: id of the set that tracking starts from
DEFAULT = "literature"


@dataclass(frozen=True, slots=True)
class ScaleUnit:
    """Mean and SD of a scale's scores among clients at the first session, and the reliability of one score.

    `verified` only if all three numbers were seen in, or computed from, a source.
    """

    construct: str
    mean: float
    sd: float
    reliability: float
    verified: bool
    source: str

    @property
    def points(self) -> float:
        """Points of this scale per standard unit of the construct: sd · √reliability."""
        return float(self.sd * np.sqrt(self.reliability))

    @property
    def noise(self) -> float:
        """Error variance of a score, in squared points: sd² (1 − reliability)."""
        return self.sd**2 * (1.0 - self.reliability)


@dataclass(frozen=True, slots=True)
class EdgeNote:
    """One edge of the set with its prior, standardised; its time scale is that of the mechanism (`mechanism.Lag`)."""

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
    """A number that the set rests on, with its source. Pages mark unverified numbers."""

    quantity: str
    about: str
    value: float
    source: str
    verified: bool


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """Named parameters in standard units, with the scales that convert them to score points.

    Standard units: a construct's true values among clients at the first session have mean 0 and variance 1.

    Attributes
    ----------
    id, name, version, about : str
        Identity and origin.
    specification : Specification
        The model, with p constructs.
    parameters : Parameters
        Its parameters, in standard units and per time unit of the specification.
    scales : mapping of (str, str) to ScaleUnit
        (instrument, scale) → mean, SD and reliability. The first scale of a construct is its usual one.
    edges : tuple of EdgeNote
        Edges between constructs with prior, claims and evidence grade.
    statements : tuple of Statement
        Numbers that the set rests on, with their sources.
    limits : tuple of str
        Published figures that a cohort simulated from the set does not reproduce, as sentences.
    standardised : Standardised
        Statements from which `parameters` are assembled.
    simulated_scales : mapping of (str, str) to ScaleUnit
        Scales for simulated persons only; tracking never uses them.
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
    simulated_scales: Mapping[tuple[str, str], ScaleUnit] = field(default_factory=dict)

    def simulation_scale(self, instrument: str, scale: str) -> ScaleUnit | None:
        """Return the scale unit for simulated scores, or None if nothing is stated."""
        return self.scales.get((instrument, scale)) or self.simulated_scales.get((instrument, scale))

    def unit(self, instrument: str, scale: str) -> ScaleUnit:
        """Return the unit of a scale. Raises ParameterSetError with the known scales if it is unknown."""
        try:
            return self.scales[instrument, scale]
        except KeyError:
            known = ", ".join(f"{i}/{s}" for i, s in self.scales)
            raise ParameterSetError(
                f"the parameter set “{self.id}” has no scale {instrument}/{scale}",
                advice=f"Its scales are {known}.",
            ) from None

    def measures(self, chosen: Mapping[str, tuple[str, str]] | None = None) -> dict[str, tuple[str, str]]:
        """Return construct → (instrument, scale): as chosen, else the usual scale of the construct."""
        usual = {unit.construct: key for key, unit in reversed(list(self.scales.items()))}
        return {c: (chosen or {}).get(c, usual[c]) for c in self.specification.constructs}

    def in_score_units(self, measures: Mapping[str, tuple[str, str]] | None = None) -> Parameters:
        """Return the parameters in points of the chosen scales, and of the usual scale for other constructs.

        With c the points per standard unit: A_kl c_k / c_l, covariances times c_k c_l, vectors times c_k; level_mean is
        mean + c · level_mean, and error variances are those of the scales.

        Parameters
        ----------
        measures : mapping of str to (str, str), optional
            Construct → (instrument, scale).

        Returns
        -------
        parameters : Parameters
            In points of the scales, per time unit of the specification.

        Raises
        ------
        ParameterSetError
            If the set has no such scale, or the scale measures another construct.
        """
        units = []
        for construct, measure in self.measures(measures).items():
            check_scale(construct, measure)
            instrument, scale = measure
            unit = self.unit(instrument, scale)
            if unit.construct != construct:
                raise ParameterSetError(f"{instrument}/{scale} measures “{unit.construct}”, not “{construct}”")
            units.append(unit)
        c = np.array([u.points for u in units])
        own = self.parameters

        def scaled(vector: Array | None) -> Array | None:
            return None if vector is None else c * vector

        return replace(
            own,
            drift=own.drift * c[:, None] / c[None, :],
            diffusion=own.diffusion * np.outer(c, c),
            level_mean=np.array([u.mean for u in units]) + c * own.level_mean,
            level_covariance=own.level_covariance * np.outer(c, c),
            measurement_noise=np.array([u.noise for u in units]),
            start_covariance=None if own.start_covariance is None else own.start_covariance * np.outer(c, c),
            slope=scaled(own.slope),
            change=scaled(own.change),
            start_mean=scaled(own.start_mean),
            therapy_effect=scaled(own.therapy_effect),
            change_covariance=None if own.change_covariance is None else own.change_covariance * np.outer(c, c),
            level_change_covariance=(
                None if own.level_change_covariance is None else own.level_change_covariance * np.outer(c, c)
            ),
        )

    def with_trend(self, trend: Trend) -> ParameterSet:
        """Return the set with the same dynamics and the other trend: carried (as stated) or apart.

        Raises ParameterSetError for any other trend.
        """
        trend = Trend(trend)
        if trend is self.specification.trend:
            return self
        carried = assemble(self.standardised, random_slopes=self.specification.random_slopes)
        if trend is Trend.CARRIED:
            parameters = carried
        elif trend is Trend.APART:
            parameters = apart_reading(carried, self.standardised.planned_end)
        else:
            raise ParameterSetError(
                f"the parameter set “{self.id}” cannot take the trend “{trend.value}”", advice="Use carried or apart."
            )
        return replace(self, specification=replace(self.specification, trend=trend), parameters=parameters)

    def with_random_slopes(self) -> ParameterSet:
        """Return the set with its stated random slopes; the set itself if it has them already or states none.

        Simulated cohorts and pictures of one client use random slopes (decision 0008). The set on the shelf has none,
        so that it stays comparable with other programs.
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
        """Unverified statements that the parameters rest on; those on random slopes only if the set has them."""
        used = [
            s for s in self.statements if self.specification.random_slopes or not s.quantity.startswith("random_slope")
        ]
        return tuple(s for s in used if not s.verified)


#: key of an earlier version of the format → key now
_EARLIER_KEYS = {
    "own_change": "random_slope_sd",
    "own_change_with_level": "random_slope_level_correlation",
    "own_change_correlation": "random_slope_correlation",
    "own_change_rate": "random_slope_rate",
}


def upgrade_keys(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the top-level table of a parameter set's or scenario's file with the keys of the current format."""
    return {_EARLIER_KEYS.get(key, key): value for key, value in table.items()}


@cache
def parameter_sets() -> Mapping[str, ParameterSet]:
    """Return every set on the shelf by id, read once. Raises ParameterSetError if a file is invalid."""
    folder = resources.files("securebase.model") / "parameter_sets"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    read = [read_parameter_set(f.name, f.read_text("utf-8")) for f in files]
    return MappingProxyType({item.id: item for item in read})


def parameter_set(name: str = DEFAULT) -> ParameterSet:
    """Return a parameter set of the shelf by its id.

    Parameters
    ----------
    name : str
        Id of the set. Default: "literature", from which tracking starts before a clinic has data of its own.

    Returns
    -------
    parameter_set : ParameterSet
        In standard units; `ParameterSet.in_score_units` converts to points of scales.

    Raises
    ------
    ParameterSetError
        If there is no such set; the message lists the known ones.

    Examples
    --------
    >>> import securebase
    >>> known = securebase.parameter_set()
    >>> known.id, known.specification.trend.value, known.parameters.drift.shape
    ('literature', 'carried', (6, 6))
    >>> known.measures()["symptoms"]
    ('session_before', 'symptoms')
    """
    shelf = parameter_sets()
    if name not in shelf:
        raise ParameterSetError(f"unknown parameter set “{name}”", advice=f"Use one of {', '.join(shelf)}.")
    return shelf[name]


def read_parameter_set(file: str, text: str) -> ParameterSet:
    """Read one file of the shelf, upgrading earlier keys. Raises ParameterSetError naming file and field."""
    try:
        fields = Fields(file, upgrade_keys(tomllib.loads(text)), error=ParameterSetError)
    except tomllib.TOMLDecodeError as problem:
        raise ParameterSetError(f"invalid TOML: {problem}", where=file) from None
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
    fields.allow_only(*head, *quantities, "scale", "simulated_scale")
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
        random_slope_sd=_by_construct(fields, "random_slope_sd", constructs, statements, complete=False),
        random_slope_level_correlation=_by_pair(
            fields, "random_slope_level_correlation", constructs, statements, ordered=True
        ),
        random_slope_correlation=_by_pair(fields, "random_slope_correlation", constructs, statements),
        random_slope_rate=_read_rate(fields, statements),
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
        parameters=_assemble_parameters(fields, stated),
        scales=MappingProxyType(scales),
        edges=tuple(_edge_note(m) for m in links),
        statements=tuple(statements),
        limits=fields.texts("limits"),
        standardised=stated,
        simulated_scales=MappingProxyType(_scales(fields, constructs, "simulated_scale")),
    )


def _assemble_parameters(fields: Fields, stated: Standardised) -> Parameters:
    """Assemble the parameters; contradictions, also in the random slopes, are reported with the file."""
    try:
        assemble(stated, random_slopes=True)
        return assemble(stated)
    except ParameterSetError as problem:
        raise ParameterSetError(problem.what, where=fields.file, advice=problem.advice) from None


def _edge_note(m: Mechanism) -> EdgeNote:
    return EdgeNote(*m.edge, m.prior.mean, m.prior.mean, m.prior.sd, m.claims, m.grade, m.prior.basis)


def _read_rate(fields: Fields, out: list[Statement]) -> float | None:
    if "random_slope_rate" not in fields.values:
        return None
    block = fields.table("random_slope_rate")
    block.allow_only("source", "verified", "value")
    value = block.number("value")
    if value <= 0:
        block.fail("must be above 0", "value")
    out.append(Statement("random_slope_rate", "all", value, block.text("source"), block.flag("verified")))
    return value


def _by_construct(
    fields: Fields, quantity: str, constructs: tuple[str, ...], out: list[Statement], *, complete: bool = True
) -> dict[str, float]:
    stated: dict[str, float] = {}
    for block in fields.tables(quantity):
        block.allow_only("source", "verified", "values")
        values = block.table("values")
        for construct in values.values:
            if construct not in constructs or construct in stated:
                values.fail("is not a construct of this set, or is stated twice", construct)
            stated[construct] = values.number(construct)
            out.append(Statement(quantity, construct, stated[construct], block.text("source"), block.flag("verified")))
    missing = [c for c in constructs if c not in stated]
    if missing and complete:
        fields.fail(f"has no value for {', '.join(missing)}", quantity)
    return stated


def _by_pair(
    fields: Fields, quantity: str, constructs: tuple[str, ...], out: list[Statement], *, ordered: bool = False
) -> dict[Edge, float]:
    """Read correlations of pairs; `ordered` pairs are (level, random slope) and may be of one construct."""
    stated: dict[Edge, float] = {}
    for block in fields.tables(quantity):
        block.allow_only("source", "verified", "pairs")
        pairs = block.values.get("pairs")
        if not isinstance(pairs, list) or not pairs:
            block.fail("must be a list of [construct, construct, correlation]", "pairs")
        for entry in pairs:
            if not (isinstance(entry, list) and len(entry) == 3 and (ordered or entry[0] != entry[1])):
                block.fail(f"must be [construct, construct, correlation], got {entry!r}", "pairs")
            if (
                any(c not in constructs for c in entry[:2])
                or tuple(entry[:2]) in stated
                or (not ordered and (entry[1], entry[0]) in stated)
            ):
                block.fail(f"names no pair of this set, or one twice: {entry[:2]}", "pairs")
            value = block.as_number(entry[2], "pairs")
            stated[entry[0], entry[1]] = value
            out.append(
                Statement(quantity, f"{entry[0]}, {entry[1]}", value, block.text("source"), block.flag("verified"))
            )
    return stated


def _scales(fields: Fields, constructs: tuple[str, ...], quantity: str = "scale") -> dict[tuple[str, str], ScaleUnit]:
    scales: dict[tuple[str, str], ScaleUnit] = {}
    for block in fields.tables(quantity):
        block.allow_only("instrument", "scale", "construct", "mean", "sd", "reliability", "verified", "source")
        unit = ScaleUnit(
            construct=block.text("construct"),
            mean=block.number("mean"),
            sd=block.number("sd"),
            reliability=block.number("reliability"),
            verified=block.flag("verified"),
            source=block.text("source"),
        )
        if unit.construct not in constructs:
            block.fail("is not a construct of this set", "construct")
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
