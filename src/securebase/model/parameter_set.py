"""Parameter sets: named estimates with provenance. The shelf is `parameter_sets/*.toml`, one file each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np

from securebase.errors import ParameterSetError
from securebase.model.arguments import check_scale
from securebase.model.mechanism import THERAPY, Grade, Mechanism
from securebase.model.mechanisms import MECHANISMS
from securebase.model.parameter_set_file import (
    ParameterSetFile,
    StatedPairs,
    StatedRate,
    StatedScale,
    StatedValues,
    upgrade_keys,
    values_by_construct,
    values_by_pair,
)
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Trend
from securebase.model.standardised import Standardised, apart_reading, assemble
from securebase.schema import Place, convert, parse_toml, toml_files

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
        specification = replace(self.specification, random_slopes=True, trend=Trend.CARRIED)
        carried = replace(self, specification=specification, parameters=assemble(self.standardised, random_slopes=True))
        return carried.with_trend(self.specification.trend)

    @property
    def unverified(self) -> tuple[Statement, ...]:
        """Unverified statements that the parameters rest on; those on random slopes only if the set has them."""
        used = [
            s for s in self.statements if self.specification.random_slopes or not s.quantity.startswith("random_slope")
        ]
        return tuple(s for s in used if not s.verified)


@cache
def parameter_sets() -> Mapping[str, ParameterSet]:
    """Return every set on the shelf by id, read once. Raises ParameterSetError if a file is invalid."""
    folder = resources.files("securebase.model") / "parameter_sets"
    read = [read_parameter_set(file, content) for file, content in toml_files(folder)]
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


def read_parameter_set(file: str, content: bytes | str) -> ParameterSet:
    """Read one file of the shelf, upgrading earlier keys. Raises ParameterSetError naming file and field."""
    place = Place(file, ParameterSetError)
    stored = convert(upgrade_keys(parse_toml(content, place)), ParameterSetFile, place)
    constructs = stored.constructs
    if stored.effects != "mechanisms":
        place.fail("must be “mechanisms”", "effects", "The effects are the prior means on the shelf of mechanisms.")
    links = [m for m in MECHANISMS if m.to_construct in constructs and m.from_construct in (*constructs, THERAPY)]
    scales = _scales(stored.scale, constructs, place, "scale")
    stated = Standardised(
        constructs=constructs,
        persistence=values_by_construct(stored, "persistence", place),
        level_share=values_by_construct(stored, "level_share", place),
        natural_change=values_by_construct(stored, "natural_change", place),
        level_correlation=values_by_pair(stored, "level_correlation", place),
        state_correlation=values_by_pair(stored, "state_correlation", place),
        effects={m.edge: m.prior.mean for m in links if m.from_construct != THERAPY},
        therapy_change=_therapy_change(links, constructs, place),
        reliability=_usual_reliability(scales, constructs, place),
        planned_end=stored.planned_end,
        random_slope_sd=values_by_construct(stored, "random_slope_sd", place, complete=False),
        random_slope_level_correlation=values_by_pair(stored, "random_slope_level_correlation", place, ordered=True),
        random_slope_correlation=values_by_pair(stored, "random_slope_correlation", place),
        random_slope_rate=None if stored.random_slope_rate is None else stored.random_slope_rate.value,
    )
    return ParameterSet(
        id=stored.id,
        name=stored.name,
        version=stored.version,
        about=stored.about,
        specification=Specification(
            constructs,
            trend=Trend.CARRIED,
            time_unit=stored.time_unit,
            days_per_unit=stored.days_per_unit,
            planned_end=stated.planned_end,
        ),
        parameters=_assemble_parameters(place, stated),
        scales=MappingProxyType(scales),
        edges=tuple(_edge_note(m) for m in links),
        statements=tuple(_statements(stored)),
        limits=stored.limits,
        standardised=stated,
        simulated_scales=MappingProxyType(_scales(stored.simulated_scale, constructs, place, "simulated_scale")),
    )


def _assemble_parameters(place: Place, stated: Standardised) -> Parameters:
    """Assemble the parameters; contradictions, also in the random slopes, are reported with the file."""
    try:
        assemble(stated, random_slopes=True)
        return assemble(stated)
    except ParameterSetError as problem:
        place.fail(problem.what, advice=problem.advice)


def _edge_note(m: Mechanism) -> EdgeNote:
    return EdgeNote(*m.edge, m.prior.mean, m.prior.mean, m.prior.sd, m.claims, m.grade, m.prior.basis)


def _statements(stored: ParameterSetFile) -> Iterator[Statement]:
    """Yield every number of the file with its source, in the order of the quantities."""
    for quantity in ParameterSetFile.__struct_fields__:
        blocks = getattr(stored, quantity)
        for block in blocks if isinstance(blocks, tuple) else (blocks,):
            if isinstance(block, StatedValues):
                numbers = dict(block.values)
            elif isinstance(block, StatedPairs):
                numbers = {f"{a}, {b}": value for a, b, value in block.pairs}
            elif isinstance(block, StatedRate):
                numbers = {"all": block.value}
            else:
                continue
            for about, value in numbers.items():
                yield Statement(quantity, about, value, block.source, block.verified)


def _scales(
    blocks: tuple[StatedScale, ...], constructs: tuple[str, ...], place: Place, quantity: str
) -> dict[tuple[str, str], ScaleUnit]:
    scales: dict[tuple[str, str], ScaleUnit] = {}
    for n, block in enumerate(blocks, start=1):
        if block.construct not in constructs:
            place.at(quantity, n).fail("is not a construct of this set", "construct")
        if not 0 < block.reliability < 1:
            place.at(quantity, n).fail("must lie between 0 and 1", "reliability")
        scales[block.instrument, block.scale] = ScaleUnit(
            block.construct, block.mean, block.sd, block.reliability, block.verified, block.source
        )
    return scales


def _usual_reliability(
    scales: Mapping[tuple[str, str], ScaleUnit], constructs: tuple[str, ...], place: Place
) -> dict[str, float]:
    usual: dict[str, float] = {}
    for unit in scales.values():
        usual.setdefault(unit.construct, unit.reliability)
    missing = [c for c in constructs if c not in usual]
    if missing:
        place.fail(f"has no scale for {', '.join(missing)}", "scale")
    return usual


def _therapy_change(links: list[Mechanism], constructs: tuple[str, ...], place: Place) -> dict[str, float]:
    change = {m.to_construct: m.prior.mean for m in links if m.from_construct == THERAPY}
    missing = [c for c in constructs if c not in change]
    if missing:
        place.fail(f"has no mechanism from therapy to {', '.join(missing)}", "effects")
    return change
