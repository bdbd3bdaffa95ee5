"""Little data, drawn towards a named parameter set: a normal prior on the internal scale, and how much the data say.

The prior's spreads are ours, not from a source: wide enough that a set which is half or double what is true of a
construct's variance lies within one of them. They are stated here, once, and told beside every estimate by its share
from the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from securebase.errors import Advice, InputError, ModelError
from securebase.model.equations import require, share_of_change, stationary_covariance
from securebase.model.fit.transforms import CovarianceBlock, ParameterBlock, Transform
from securebase.model.panel import Panel
from securebase.model.parameter_set import ParameterSet, ScaleUnit
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend
from securebase.model.standardised import Edge, Standardised, add_random_slopes, apart_reading, assemble

#: spread of the prior by block, at strength 1. Standardised scores, time in median gaps: a push of a whole SD a gap is
#: 1. Diagonal roots of a covariance and noise are logarithms (.35: half to double the variance within two spreads).
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
#: fewest first scores that say where people start; spread of own change, in standard units, where a set states none
_MIN_FIRST_SCORES, _CHANGE_SD = 10, 0.3


@dataclass(frozen=True, eq=False)
class ShrinkagePrior:
    """Parameters in the panel's own points and time unit, the name of where they are from, and how strongly they pull:
    strength 4 counts like four times the evidence (half the spread)."""

    name: str
    parameters: Parameters
    strength: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.strength) and self.strength > 0):
            raise InputError(f"a strength of {self.strength:g} pulls nowhere", advice="Give a number above 0.")


def prior_moments(scale: Transform, towards: ShrinkagePrior) -> tuple[Array, Array]:
    """(centre, precision) of the prior on every internal number."""
    try:
        centre = scale.standardised(towards.parameters)
    except (TypeError, ValueError, np.linalg.LinAlgError):
        raise ModelError(
            f"“{towards.name}” does not hold what this model has, or a covariance in it is singular",
            advice="Give parameters of the same specification.",
        ) from None
    spreads = np.concatenate([_spread(block) for block in scale.blocks])
    return centre, towards.strength / spreads**2


def _spread(block: ParameterBlock) -> Array:
    if isinstance(block, CovarianceBlock):
        return np.where(block.on_diagonal, _LOG_ROOT, _BELOW)
    return np.full(block.size, SPREADS[block.name]) if block.size else np.empty(0)


def data_shares(jacobian: Array, covariance: Array, prior_precision: Array) -> Array:
    """Share of each natural estimate that comes from the data (entries,): 1 − variance given the data / variance
    before, both to first order around the estimate. 1 where nothing was known before; NaN where nothing moves."""
    with np.errstate(divide="ignore", invalid="ignore"):
        before = (jacobian**2 / prior_precision).sum(axis=1, where=jacobian != 0)
        share: Array = 1.0 - np.diag(covariance) / before
    return np.where(np.isinf(before), 1.0, np.clip(share, 0.0, 1.0))


def regularisation_advice(
    towards: ShrinkagePrior, n_persons: int, n_parameters: int, shares: Mapping[str, float]
) -> Advice:
    """How a regularised fit is told; shares: of each estimate, from the data."""
    least = min(shares, key=lambda name: shares[name])
    return Advice(
        "regularised",
        f"{n_parameters} parameters from {n_persons} persons were drawn towards “{towards.name}” (strength "
        f"{towards.strength:g}). Of the middle estimate {float(np.median(list(shares.values()))):.0%} comes from these "
        f"data, of {least} {shares[least]:.0%}.",
        "Read this as that set, moved as far as these data move it, and no estimate as a finding of these data alone: "
        "test nothing with it. Beside each estimate stands its share from the data.",
    )


def prior_from_set(
    panel: Panel, specification: Specification, of: ParameterSet, strength: float = 1.0
) -> ShrinkagePrior:
    """A parameter set as what a fit of this panel may be drawn towards."""
    return ShrinkagePrior(of.id, in_panel_units(panel, specification, of), strength)


def in_panel_units(panel: Panel, specification: Specification, of: ParameterSet) -> Parameters:
    """A parameter set in the points and the time unit of a panel, for a specification that may have further parts.

    The set is in standard units: mean 0 and SD 1 of true values among clients at the first session. Its points are
    those of each person's first score here, with the reliability that the set states. What it does not state begins at
    nothing (covariates, inputs), a tenth of the level's spread (therapists), three tenths of a standard unit (change of
    one's own), or as one scale (indicators). Raises ModelError where the set does not know a construct.
    """
    names, unit = specification.constructs, specification.days_per_unit / of.specification.days_per_unit
    unknown = [c for c in names if c not in of.specification.constructs]
    if unknown:
        raise ModelError(
            f"the parameter set “{of.id}” says nothing of {' and '.join(f'“{c}”' for c in unknown)}",
            advice=f"It knows {', '.join(of.specification.constructs)}: read the columns under these names.",
        )
    stated = _restrict_to(of.standardised, names)
    mean, sd = _first_scores(panel)
    lead = [specification.construct_of.index(c) for c in range(specification.p)]
    scales = {
        ("here", c): ScaleUnit(c, float(mean[k]), float(sd[k]), stated.reliability[c], verified=False, source="here")
        for c, k in zip(names, lead, strict=True)
    }
    narrow = replace(
        of,
        specification=replace(of.specification, constructs=names),
        scales=scales,
        parameters=_in_standard_units(stated, specification, specification.planned_end * unit),
    )
    made = in_time_unit(narrow.in_score_units({c: ("here", c) for c in names}), specification, unit)
    return _with_unstated_parts(made, specification, mean, sd)


def _restrict_to(stated: Standardised, names: tuple[str, ...]) -> Standardised:
    """The same statements about some constructs alone. What the others did is not in it."""

    def kept(pairs: Mapping[Edge, float]) -> dict[Edge, float]:
        return {edge: value for edge, value in pairs.items() if set(edge) <= set(names)}

    return replace(
        stated,
        constructs=names,
        effects=kept(stated.effects),
        level_correlation=kept(stated.level_correlation),
        state_correlation=kept(stated.state_correlation),
        random_slope_level_correlation=kept(stated.random_slope_level_correlation),
        random_slope_correlation=kept(stated.random_slope_correlation),
    )


def _first_scores(panel: Panel) -> tuple[Array, Array]:
    """Mean and SD (q,) of each person's first score in every column; of all scores where fewer than ten have one."""
    first = np.full((panel.n_persons, panel.scores.shape[1]), np.nan)
    for i in range(panel.n_persons):
        own = panel.scores[panel.rows_of(i)]
        there = np.isfinite(own)
        has = there.any(axis=0)
        first[i, has] = own[there.argmax(axis=0)[has], np.flatnonzero(has)]
    count = np.isfinite(first).sum(axis=0)
    few = np.logical_or(count < _MIN_FIRST_SCORES, np.nanstd(first, axis=0) == 0)
    first = np.where(few, np.nan, first)
    whole = np.where(few, panel.scores, np.nan)
    both = np.concatenate([first, whole])
    return np.asarray(np.nanmean(both, axis=0)), np.asarray(np.nanstd(both, axis=0))


def _in_standard_units(stated: Standardised, of: Specification, planned_end: float) -> Parameters:
    """In the set's own time unit; `planned_end` is that of the specification, in the same unit."""
    carried = assemble(stated)
    made, p = apart_reading(carried, stated.planned_end), of.p
    rate = require(made.rate, "rate")
    # change by another planned end than the set's
    further = float(share_of_change(rate, np.array([planned_end]), stated.planned_end)[0])
    change = require(made.change, "change")
    if of.trend is Trend.CARRIED:
        m0, push = require(carried.start_mean, "start_mean"), require(carried.therapy_effect, "therapy_effect")
        if of.free_start_mean:
            made = carried
        else:
            # m − m(0) obeys the same equation with the push B + A m(0), and begins at 0
            made = replace(
                carried,
                level_mean=carried.level_mean + m0,
                start_mean=np.zeros(p),
                therapy_effect=push + carried.drift @ m0,
            )
    elif of.trend is Trend.APART:
        made = replace(made, change=further * change)
    else:
        slope = change / stated.planned_end if of.trend is Trend.LINEAR else None
        made = replace(made, change=None, rate=None, slope=slope)
    if of.free_start_mean and of.trend is not Trend.CARRIED:
        made = replace(made, start_mean=np.zeros(p))
    return _with_random_slopes(made, carried, stated, of, further) if of.random_slopes else made


def _with_random_slopes(
    made: Parameters, carried: Parameters, stated: Standardised, of: Specification, further: float
) -> Parameters:
    own = add_random_slopes(carried, stated)
    change = require(own.change_covariance, "change_covariance")
    unstated = np.array([not stated.random_slope_sd.get(c, 0.0) for c in of.constructs])
    change = change + np.diag(np.where(unstated, _CHANGE_SD**2, 0.0))
    per_time = of.trend in (Trend.NONE, Trend.LINEAR)
    by = 1.0 / stated.planned_end if per_time else further
    return replace(
        made,
        rate=None if per_time else (made.rate or own.rate),
        change_covariance=by**2 * change,
        level_change_covariance=by * require(own.level_change_covariance, "level_change_covariance"),
    )


def in_time_unit(made: Parameters, of: Specification, unit: float) -> Parameters:
    """The same in another time unit, `unit` of the old ones long."""

    def per(value: Array | None) -> Array | None:
        return None if value is None else unit * value

    if of.random_slopes and of.trend in (Trend.NONE, Trend.LINEAR):
        made = replace(
            made,
            change_covariance=per(per(made.change_covariance)),
            level_change_covariance=per(made.level_change_covariance),
        )
    return replace(
        made,
        drift=unit * made.drift,
        diffusion=unit * made.diffusion,
        slope=per(made.slope),
        rate=None if made.rate is None else unit * made.rate,
        therapy_effect=per(made.therapy_effect),
    )


def _with_unstated_parts(made: Parameters, of: Specification, mean: Array, sd: Array) -> Parameters:
    """With the parts of a model that no set states."""
    p, columns = of.p, np.array(of.construct_of)
    lead = np.array([of.construct_of.index(c) for c in range(p)])
    loading = sd / sd[lead[columns]]
    noise = made.measurement_noise[columns] * loading**2
    return replace(
        made,
        measurement_noise=noise,
        start_covariance=stationary_covariance(made.drift, made.diffusion) if of.start is Start.FREE else None,
        covariate_effect=np.zeros((p, len(of.covariates))) if of.covariates else None,
        input_effect=np.zeros((p, len(of.inputs))) if of.inputs else None,
        therapist_covariance=0.1 * np.diag(np.diag(made.level_covariance)) if of.therapists else None,
        loading=None if of.is_plain else loading,
        intercept=None if of.is_plain else mean - loading * mean[lead[columns]],
    )
