"""Shrinkage towards a named parameter set by a normal prior on the internal scale (decision 0010).

The prior SDs are chosen, not taken from a source: wide enough that a set with half or double a construct's true
variance lies within one of them. Every estimate is reported with its share from the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.errors import Advice, InputError, ModelError
from securebase.model.arguments import check_instance, check_number
from securebase.model.equations import require, share_of_change, stationary_covariance
from securebase.model.estimation.blocks import CovarianceBlock, ParameterBlock
from securebase.model.fit.transforms import Transform
from securebase.model.panel import Panel
from securebase.model.parameter_set import ParameterSet, ScaleUnit
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Start, Trend
from securebase.model.standardised import Edge, Standardised, add_random_slopes, apart_reading, assemble

#: prior SD by block at strength 1, for standardised scores and time in median gaps: an effect of one SD per gap is 1.
#: Noise and the diagonal of a Cholesky factor are logarithms (.35: half to double the variance within one SD).
SPREADS = {
    "drift": 0.15,
    "level_mean": 0.5,
    "covariate_effect": 0.3,
    "slope": 0.05,
    "change": 0.5,
    "rate": 1.5,
    "start_mean": 0.5,
    "therapy_effect": 0.15,
    "input_effect": 0.15,
    "loading": 0.3,
    "intercept": 0.3,
    "measurement_noise": 0.5,
}
_LOG_ROOT, _BELOW = 0.35, 0.2
#: parts that a prior can leave flat: effects between constructs, covariances (roots off the diagonal), mean courses
FLAT_PARTS = ("effects", "covariances", "means")
_MEANS = frozenset({"level_mean", "slope", "change", "start_mean", "therapy_effect"})
#: fewest first scores for their mean and SD; SD of random slopes, in standard units, where a set states none
_MIN_FIRST_SCORES, _CHANGE_SD = 10, 0.3


@dataclass(frozen=True, eq=False)
class ShrinkagePrior:
    """Normal prior of a fit, centred on given parameters; the estimates are shrunk towards them.

    On the internal scale each parameter has the prior N(centre, SD² / strength), with SDs fixed by block
    (`model/fit/priors.py`).

    Parameters
    ----------
    name : str
        Name of the source, reported with the fit.
    parameters : Parameters
        Centre of the prior, in the panel's points and time unit.
    strength : float
        Precision relative to the default, greater than 0; 4 counts as four times the evidence (half the SD).
    flat : tuple of str
        Parts without a prior, estimated from the data alone: "effects" between constructs, "covariances" between them,
        "means" (levels and mean courses). Default: none.

    Raises
    ------
    InputError
        If the strength is not greater than 0, or a flat part is unknown.

    See Also
    --------
    prior_from_set : build a prior from a parameter set.

    Examples
    --------
    >>> import securebase
    >>> parameters = securebase.parameter_set().in_score_units()
    >>> securebase.ShrinkagePrior("literature", parameters, strength=4.0).strength
    4.0
    """

    name: str
    parameters: Parameters
    strength: float = 1.0
    flat: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_instance(
            self.parameters,
            Parameters,
            "parameters",
            advice="Build the prior from a parameter set with prior_from_set.",
        )
        check_number(self.strength, "prior strength")
        if not (np.isfinite(self.strength) and self.strength > 0):
            raise InputError(
                f"prior strength must be greater than 0 (got {self.strength:g})", advice="Give a number above 0."
            )
        unknown = [part for part in self.flat if part not in FLAT_PARTS]
        if unknown:
            raise InputError(f"unknown flat part “{unknown[0]}”", advice=f"Known: {', '.join(FLAT_PARTS)}.")


def prior_moments(scale: Transform, prior: ShrinkagePrior) -> tuple[Array, Array]:
    """Return mean and precision of the prior on every internal number; 0 where it is flat."""
    try:
        centre = scale.standardised(prior.parameters)
    except (TypeError, ValueError, np.linalg.LinAlgError):
        raise ModelError(
            f"“{prior.name}” lacks a part of this model, or a covariance in it is singular",
            advice="Give parameters of the same specification.",
        ) from None
    sds = np.concatenate([_prior_sds(block) for block in scale.blocks])
    flat = np.concatenate([_is_flat(block, prior.flat) for block in scale.blocks])
    return centre, np.where(flat, 0.0, prior.strength / sds**2)


def _prior_sds(block: ParameterBlock) -> Array:
    if isinstance(block, CovarianceBlock):
        return np.where(block.on_diagonal, _LOG_ROOT, _BELOW)
    return np.full(block.size, SPREADS[block.name]) if block.size else np.empty(0)


def _is_flat(block: ParameterBlock, flat: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which internal numbers of a block (size,) have no prior."""
    if isinstance(block, CovarianceBlock):
        return ~block.on_diagonal & ("covariances" in flat)
    if block.name == "drift":
        is_effect: NDArray[np.bool_] = block.internal(np.eye(block.shape[0])) == 0
        return is_effect & ("effects" in flat)
    return np.full(block.size, block.name in _MEANS and "means" in flat)


def data_shares(jacobian: Array, covariance: Array, prior_precision: Array) -> Array:
    """Return the share of each natural estimate that comes from the data (entries,).

    1 − posterior variance / prior variance, both by the delta method at the estimate. 1 under a flat prior, NaN for a
    constant estimate.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        prior_variance = (jacobian**2 / prior_precision).sum(axis=1, where=jacobian != 0)
        share: Array = 1.0 - np.diag(covariance) / prior_variance
    return np.where(np.isinf(prior_variance), 1.0, np.clip(share, 0.0, 1.0))


def regularisation_advice(
    prior: ShrinkagePrior, n_persons: int, n_parameters: int, shares: Mapping[str, float]
) -> Advice:
    """Return the outcome of a regularised fit. shares: of each estimate, from the data."""
    least = min(shares, key=lambda name: shares[name])
    return Advice(
        "regularised",
        f"{n_parameters} parameters from {n_persons} persons were shrunk towards “{prior.name}” (strength "
        f"{prior.strength:g}). The median data share of estimates is {float(np.median(list(shares.values()))):.0%}, "
        f"the smallest {shares[least]:.0%} ({least}).",
        "Use this as an update of that set. Every estimate also depends on the prior, so do not test hypotheses with "
        "it. Each estimate is listed with its data share.",
    )


def prior_from_set(
    panel: Panel, specification: Specification, parameter_set: ParameterSet, strength: float = 1.0
) -> ShrinkagePrior:
    """Build the shrinkage prior of a fit from a parameter set, converted to the panel's units.

    Parameters
    ----------
    panel : Panel
        The data of the fit: mean and SD of each person's first scores define the points.
    specification : Specification
        The model of the fit, which may have parts that the set does not state.
    parameter_set : ParameterSet
        Centre of the prior, in standard units.
    strength : float
        Precision relative to the default, greater than 0.

    Returns
    -------
    ShrinkagePrior
        For ``fit(panel, specification, prior=…)``.

    Raises
    ------
    ModelError
        If the set does not have a construct of the specification.
    InputError
        If the strength is not greater than 0.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=12, rng=np.random.default_rng(1), sessions=6)
    >>> rows = securebase.panel(cohort, ("symptoms", "alliance"))
    >>> specification = securebase.Specification(("symptoms", "alliance"), trend="linear")
    >>> prior = securebase.prior_from_set(rows, specification, securebase.parameter_set())
    >>> securebase.fit(rows, specification, prior=prior).outcome.kind
    'regularised'
    """
    check_instance(parameter_set, ParameterSet, "parameter_set", advice="Load one with securebase.parameter_set().")
    return ShrinkagePrior(parameter_set.id, in_panel_units(panel, specification, parameter_set), strength)


def in_panel_units(panel: Panel, specification: Specification, parameter_set: ParameterSet) -> Parameters:
    """Convert a parameter set to the points and time unit of a panel.

    The set is in standard units: mean 0 and SD 1 of true values among clients at the first session. Mean and SD of each
    person's first score define the points, with the reliability that the set states. Parts that it does not state get
    0 (covariates, inputs), a tenth of the level variance (therapists), an SD of .3 standard units (random slopes), or
    one common scale (indicators). Raises ModelError where the set lacks a construct.
    """
    names, unit = specification.constructs, specification.days_per_unit / parameter_set.specification.days_per_unit
    unknown = [c for c in names if c not in parameter_set.specification.constructs]
    if unknown:
        raise ModelError(
            f"the parameter set “{parameter_set.id}” has no values for {' and '.join(f'“{c}”' for c in unknown)}",
            advice=f"It has {', '.join(parameter_set.specification.constructs)}: read the columns under these names.",
        )
    stated = _restrict_to(parameter_set.standardised, names)
    mean, sd = _first_scores(panel)
    lead = [specification.construct_of.index(c) for c in range(specification.p)]
    scales = {
        ("here", c): ScaleUnit(c, float(mean[k]), float(sd[k]), stated.reliability[c], verified=False, source="here")
        for c, k in zip(names, lead, strict=True)
    }
    narrow = replace(
        parameter_set,
        specification=replace(parameter_set.specification, constructs=names),
        scales=scales,
        parameters=_in_standard_units(stated, specification, specification.planned_end * unit),
    )
    parameters = in_time_unit(narrow.in_score_units({c: ("here", c) for c in names}), specification, unit)
    return _add_unstated_parts(parameters, specification, mean, sd)


def _restrict_to(stated: Standardised, names: tuple[str, ...]) -> Standardised:
    """Return the statements about some constructs alone, without the effects of the others."""

    def restrict(pairs: Mapping[Edge, float]) -> dict[Edge, float]:
        return {edge: value for edge, value in pairs.items() if set(edge) <= set(names)}

    return replace(
        stated,
        constructs=names,
        effects=restrict(stated.effects),
        level_correlation=restrict(stated.level_correlation),
        state_correlation=restrict(stated.state_correlation),
        random_slope_level_correlation=restrict(stated.random_slope_level_correlation),
        random_slope_correlation=restrict(stated.random_slope_correlation),
    )


def _first_scores(panel: Panel) -> tuple[Array, Array]:
    """Return mean and SD (q,) of persons' first scores in every column; of all scores where fewer than ten have one."""
    first = np.full((panel.n_persons, panel.scores.shape[1]), np.nan)
    for i in range(panel.n_persons):
        scores = panel.scores[panel.rows_of(i)]
        observed = np.isfinite(scores)
        any_score = observed.any(axis=0)
        first[i, any_score] = scores[observed.argmax(axis=0)[any_score], np.flatnonzero(any_score)]
    count = np.isfinite(first).sum(axis=0)
    few = np.logical_or(count < _MIN_FIRST_SCORES, np.nanstd(first, axis=0) == 0)
    first = np.where(few, np.nan, first)
    all_scores = np.where(few, panel.scores, np.nan)
    values = np.concatenate([first, all_scores])
    return np.asarray(np.nanmean(values, axis=0)), np.asarray(np.nanstd(values, axis=0))


def _in_standard_units(stated: Standardised, spec: Specification, planned_end: float) -> Parameters:
    """Return the statements as parameters of the specification, in standard units and the set's time unit.

    planned_end: of the specification, in that unit.
    """
    carried = assemble(stated)
    parameters, p = apart_reading(carried, stated.planned_end), spec.p
    rate = require(parameters.rate, "rate")
    # change by the specification's planned end over that by the set's
    change_factor = float(share_of_change(rate, np.array([planned_end]), stated.planned_end)[0])
    change = require(parameters.change, "change")
    if spec.trend is Trend.CARRIED:
        m0, effect = require(carried.start_mean, "start_mean"), require(carried.therapy_effect, "therapy_effect")
        if spec.free_start_mean:
            parameters = carried
        else:
            # m − m(0) obeys the same equation with the effect B + A m(0), and starts at 0
            parameters = replace(
                carried,
                level_mean=carried.level_mean + m0,
                start_mean=np.zeros(p),
                therapy_effect=effect + carried.drift @ m0,
            )
    elif spec.trend is Trend.APART:
        parameters = replace(parameters, change=change_factor * change)
    else:
        slope = change / stated.planned_end if spec.trend is Trend.LINEAR else None
        parameters = replace(parameters, change=None, rate=None, slope=slope)
    if spec.free_start_mean and spec.trend is not Trend.CARRIED:
        parameters = replace(parameters, start_mean=np.zeros(p))
    return _add_random_slopes(parameters, carried, stated, spec, change_factor) if spec.random_slopes else parameters


def _add_random_slopes(
    parameters: Parameters, carried: Parameters, stated: Standardised, spec: Specification, change_factor: float
) -> Parameters:
    with_slopes = add_random_slopes(carried, stated)
    change = require(with_slopes.change_covariance, "change_covariance")
    unstated = np.array([not stated.random_slope_sd.get(c, 0.0) for c in spec.constructs])
    change = change + np.diag(np.where(unstated, _CHANGE_SD**2, 0.0))
    per_time = spec.slopes_per_time
    factor = 1.0 / stated.planned_end if per_time else change_factor
    return replace(
        parameters,
        rate=None if per_time else (parameters.rate or with_slopes.rate),
        change_covariance=factor**2 * change,
        level_change_covariance=factor * require(with_slopes.level_change_covariance, "level_change_covariance"),
    )


def in_time_unit(parameters: Parameters, spec: Specification, unit: float) -> Parameters:
    """Convert parameters to a time unit that is `unit` of the old ones long."""

    def rescale(value: Array | None) -> Array | None:
        return None if value is None else unit * value

    if spec.random_slopes and spec.slopes_per_time:
        parameters = replace(
            parameters,
            change_covariance=rescale(rescale(parameters.change_covariance)),
            level_change_covariance=rescale(parameters.level_change_covariance),
        )
    return replace(
        parameters,
        drift=unit * parameters.drift,
        diffusion=unit * parameters.diffusion,
        slope=rescale(parameters.slope),
        rate=None if parameters.rate is None else unit * parameters.rate,
        therapy_effect=rescale(parameters.therapy_effect),
    )


def _add_unstated_parts(parameters: Parameters, spec: Specification, mean: Array, sd: Array) -> Parameters:
    """Add the parts of a model that no set states."""
    p, columns = spec.p, np.array(spec.construct_of)
    lead = np.array([spec.construct_of.index(c) for c in range(p)])
    loading = sd / sd[lead[columns]]
    noise = parameters.measurement_noise[columns] * loading**2
    return replace(
        parameters,
        measurement_noise=noise,
        start_covariance=stationary_covariance(parameters.drift, parameters.diffusion)
        if spec.start is Start.FREE
        else None,
        covariate_effect=np.zeros((p, len(spec.covariates))) if spec.covariates else None,
        input_effect=np.zeros((p, len(spec.inputs))) if spec.inputs else None,
        therapist_covariance=0.1 * np.diag(np.diag(parameters.level_covariance)) if spec.therapists else None,
        loading=None if spec.is_plain else loading,
        intercept=None if spec.is_plain else mean - loading * mean[lead[columns]],
    )
