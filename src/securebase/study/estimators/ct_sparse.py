"""A lag between two columns, at least one rated rarely: the continuous-time model with priors on nuisances.

A plain fit of such columns often ends at a boundary, with estimates that vary much. Here persistence, spreads (of
levels, states and random slopes) and measurement error have a normal prior around `BORROWED`; effects, covariances
between the columns and mean courses have none (decision 0028). The fit is repeated with a lower and a higher prior mean
of persistence, because the share of an effect that comes from the data is 1 under a flat prior and cannot show what the
estimate owes to it. A column that is hardly rated can take the place of a slow cause that the other column has and the
model lacks; its effect would then seem to differ from zero. So an estimate that does is tested again by a robust score
test, and its standard error widened to agree with that (`_widened`). The estimator is a model in place of a detrending,
so it is on none of the lists of `study`; `securebase theory --data` uses it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from securebase.errors import ModelError
from securebase.model.distributions import normal_tail
from securebase.model.fit import Fit, effect_score, fit
from securebase.model.fit.priors import ShrinkagePrior
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.specification import Specification, Trend
from securebase.study.estimator import Link
from securebase.study.models import effects as effects_after
from securebase.study.models import specification_for
from securebase.study.table import SessionTable

#: share of a client's sessions from which on a column counts as asked often
OFTEN = 0.5
#: clients with enough ratings of both columns; if both are rare, also pairs of ratings within `PAIR_WEEKS`
MIN_CLIENTS, MIN_PAIRS, PAIR_WEEKS = 100, 90, 2.0
#: ratings per client of a column that is asked often, and of a rare one
MIN_RATINGS, MIN_RATINGS_RARE = 4, 2
#: change of the prior mean of persistence in the sensitivity analysis, and the largest shift that it may make, in SEs
PERSISTENCE_SHIFT, MAX_SHIFT = 0.07, 0.5
#: p value below which an estimate is tested again
_SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Nuisances:
    """Values of one construct that a sparse column cannot give: per week, and as shares of variance.

    level_share: of the true variance at the first session that is the person's own level. reliability: of one score.
    change_sd: SD between persons of their change by the end, in SDs of true values at the first session.
    """

    persistence: float
    level_share: float
    reliability: float
    change_sd: float


#: The one set of prior means. Unverified: judgements without a source. Keys: how often a column is asked.
BORROWED: Mapping[str, Nuisances] = MappingProxyType(
    {
        "often": Nuisances(persistence=0.60, level_share=0.55, reliability=0.75, change_sd=0.4),
        "rare": Nuisances(persistence=0.85, level_share=0.55, reliability=0.70, change_sd=0.4),
    }
)


@dataclass(frozen=True, slots=True)
class SparseEstimate:
    """A standardised effect after one week, in SDs of the states, with a 95% interval.

    shift: largest change of the estimate, in standard errors, when the prior mean of persistence is lower or higher by
    `PERSISTENCE_SHIFT`; None for a fit without a prior.
    """

    estimate: float
    standard_error: float
    shift: float | None
    n_persons: int
    n_values: int

    @property
    def rests_on_prior(self) -> bool:
        """Return whether the estimate depends on the prior so much that it should not be read as a number."""
        return self.shift is not None and self.shift > MAX_SHIFT

    @property
    def interval(self) -> tuple[float, float]:
        return self.estimate - 1.96 * self.standard_error, self.estimate + 1.96 * self.standard_error

    @property
    def p_value(self) -> float:
        return float(2 * normal_tail(abs(self.estimate) / self.standard_error))


def missing_data(table: SessionTable, link: Link, days_per_unit: float = 7.0) -> str:
    """Return what the table lacks for this estimator, as a sentence; empty if it has enough."""
    columns = link.earlier, link.later
    rare = [name for name in columns if not asked_often(table, name)]
    least = [MIN_RATINGS_RARE if name in rare else MIN_RATINGS for name in columns]
    observed = np.isfinite([table.values[name] for name in columns])
    counts = np.array([np.bincount(table.person[seen], minlength=table.n_persons) for seen in observed])
    enough = int((counts >= np.array(least)[:, None]).all(axis=0).sum())
    if enough < MIN_CLIENTS:
        frequency = " and ".join(
            f"“{name}” is rated {count.sum() / max((count > 0).sum(), 1):.1f} times per client"
            for name, count in zip(columns, counts, strict=True)
            if name in (rare or columns)
        )
        ratings = (
            f"{least[0]} ratings of both columns"
            if least[0] == least[1]
            else " and ".join(f"{n} ratings of “{name}”" for name, n in zip(columns, least, strict=True))
        )
        return f"{frequency}: {enough} clients have {ratings}; {MIN_CLIENTS} are needed ({MIN_CLIENTS - enough} more)."
    if len(rare) == len(columns) and (pairs := count_pairs(table, link, days_per_unit)) < MIN_PAIRS:
        return (
            f"{pairs} ratings of “{link.later}” follow one of “{link.earlier}” within {PAIR_WEEKS:g} weeks; "
            f"{MIN_PAIRS} are needed ({MIN_PAIRS - pairs} more)."
        )
    return ""


def asked_often(table: SessionTable, name: str) -> bool:
    """Return whether a column has a value in at least every second session of those who have any."""
    observed = np.isfinite(table.values[name])
    asked = np.isin(table.person, table.person[observed])
    return bool(observed.sum() >= OFTEN * max(asked.sum(), 1))


def count_pairs(table: SessionTable, link: Link, days_per_unit: float = 7.0) -> int:
    """Count the ratings of `later` that follow one of `earlier` of the same person within `PAIR_WEEKS`."""
    rows = [np.flatnonzero(np.isfinite(table.values[name])) for name in (link.earlier, link.later)]
    same = table.person[rows[0]][:, None] == table.person[rows[1]]
    weeks = (table.times[rows[1]] - table.times[rows[0]][:, None]) * days_per_unit / 7.0
    return int((same & (weeks > 0) & (weeks <= PAIR_WEEKS)).sum())


def estimate_plain(table: SessionTable, link: Link, days_per_unit: float = 7.0) -> SparseEstimate | None:
    """Estimate from these data alone, with random slopes; None where the fit does not end regularly."""
    return fit_plain(pair_panel(table, link, days_per_unit)).effects.get((link.earlier, link.later))


def estimate_sparse(table: SessionTable, link: Link, days_per_unit: float = 7.0) -> SparseEstimate | None:
    """Estimate with priors on nuisances, and its sensitivity to that on persistence; None where no fit ends.

    `missing_data` says whether there are enough data; here they are taken as they are.
    """
    panel = pair_panel(table, link, days_per_unit)
    kinds = ["often" if asked_often(table, name) else "rare" for name in panel.constructs]
    pair = (link.earlier, link.later)
    return fit_sparse(panel, kinds, asked=[pair]).effects.get(pair)


@dataclass(frozen=True, eq=False)
class LagFit:
    """A fit, and the effect after one week of each ordered pair; none where the fit did not end regularly."""

    fit: Fit
    effects: Mapping[tuple[str, str], SparseEstimate]


def fit_plain(panel: Panel, effects: Sequence[tuple[str, str]] | None = None) -> LagFit:
    """Fit the columns of a panel, with random slopes. effects: (from, to) of those estimated; default: all."""
    fitted = fit(panel, _specification(panel, effects))
    return LagFit(fitted, _weekly_effects(fitted))


def fit_sparse(
    panel: Panel,
    kinds: Sequence[str],
    effects: Sequence[tuple[str, str]] | None = None,
    *,
    asked: Collection[tuple[str, str]],
) -> LagFit:
    """Fit the same with priors on nuisances, and again with the prior mean of persistence lower and higher.

    asked: effects that are reported. Where one of them differs from zero, its standard error is widened.
    """
    main, *shifted = (
        fit(panel, _specification(panel, effects), prior=borrowed_prior(panel, kinds, change))
        for change in (0.0, -PERSISTENCE_SHIFT, PERSISTENCE_SHIFT)
    )
    others = [_weekly_effects(fitted) for fitted in shifted]

    def shift(pair: tuple[str, str], estimate: SparseEstimate) -> float:
        # a fit that fails with another persistence shows that the estimate rests on it
        moved = [
            abs(other[pair].estimate - estimate.estimate) / estimate.standard_error if pair in other else np.inf
            for other in others
        ]
        return float(max(moved))

    estimates = {pair: replace(e, shift=shift(pair, e)) for pair, e in _weekly_effects(main).items()}
    widened = {
        pair: _widened(estimates[pair], panel, kinds, effects, pair)
        for pair in asked
        if pair in estimates and estimates[pair].p_value < _SIGNIFICANT
    }
    return LagFit(main, {**estimates, **widened})


def _widened(
    estimate: SparseEstimate,
    panel: Panel,
    kinds: Sequence[str],
    effects: Sequence[tuple[str, str]] | None,
    pair: tuple[str, str],
) -> SparseEstimate:
    """Return the estimate with the error |estimate| / z of its score statistic z, if that is larger.

    Infinite where the test does not agree in sign, or the fit without the effect fails.
    """
    pairs = effects if effects is not None else [(a, b) for a in panel.constructs for b in panel.constructs if a != b]
    if pair not in pairs:  # an effect through other constructs only
        return estimate
    prior = borrowed_prior(panel, kinds)
    without = fit(panel, _specification(panel, [other for other in pairs if other != pair]), prior=prior)
    z = effect_score(without, panel, _specification(panel, effects), prior, pair) * np.sign(estimate.estimate)
    error = abs(estimate.estimate) / z if z > 0 else np.inf
    return replace(estimate, standard_error=max(estimate.standard_error, float(error)))


def pair_panel(table: SessionTable, link: Link, days_per_unit: float = 7.0) -> Panel:
    """Return the sessions with a value of either column as a panel."""
    return session_panel(table, {name: name for name in (link.earlier, link.later)}, days_per_unit)


def session_panel(table: SessionTable, columns: Mapping[str, str], days_per_unit: float = 7.0) -> Panel:
    """Return the sessions with a value of any of these columns as a panel; the values of a session share its time.

    columns: construct → column.
    """
    scores = np.column_stack([table.values[name] for name in columns.values()])
    rows = np.flatnonzero(np.isfinite(scores).any(axis=1))
    persons, first = np.unique(table.person[rows], return_index=True)
    return Panel(
        persons=tuple(str(i) for i in persons),
        constructs=tuple(columns),
        starts=np.append(first, len(rows)).astype(np.int64),
        times=table.times[rows],
        scores=scores[rows],
        wave=np.full(len(rows), -1, dtype=np.int64),
        days_per_unit=days_per_unit,
    )


def borrowed_prior(panel: Panel, kinds: Sequence[str], persistence_change: float = 0.0) -> ShrinkagePrior:
    """Return the prior of the nuisances, in the panel's points; effects, covariances and means are flat.

    kinds: key of `BORROWED` for each construct. persistence_change: added to every borrowed persistence.
    """
    borrowed = [BORROWED[kind] for kind in kinds]
    share, reliability, change_sd = (
        np.array([getattr(n, name) for n in borrowed]) for name in ("level_share", "reliability", "change_sd")
    )
    persistence = np.array([n.persistence + persistence_change for n in borrowed])
    variance = np.nanvar(panel.scores, axis=0)
    true, rate = reliability * variance, np.log(persistence) * panel.days_per_unit / 7.0
    zero = np.zeros((len(kinds), len(kinds)))
    centre = Parameters(
        drift=np.diag(rate),
        # a state with variance P and drift a has shocks of −2 a P
        diffusion=np.diag(-2 * rate * (1 - share) * true),
        level_mean=np.nanmean(panel.scores, axis=0),
        level_covariance=np.diag(share * true),
        measurement_noise=(1 - reliability) * variance,
        change=np.zeros(len(kinds)),
        rate=1.0 / _specification(panel).planned_end,
        change_covariance=np.diag(change_sd**2 * true),
        level_change_covariance=zero,
    )
    return ShrinkagePrior("borrowed nuisances", centre, flat=("effects", "covariances", "means"))


def _specification(panel: Panel, effects: Sequence[tuple[str, str]] | None = None) -> Specification:
    specification = specification_for(panel, Trend.APART, random_slopes=True)
    return replace(specification, effects=None if effects is None else tuple(effects))


def _weekly_effects(fitted: Fit) -> dict[tuple[str, str], SparseEstimate]:
    """Return the effects over one week; none if the fit did not end regularly.

    An effect that is held at zero, directly and through every other construct, has no standard error and is left out.
    """
    if fitted.parameters is None or not fitted.ended_regularly or fitted.instability:
        return {}
    try:
        rows = effects_after(fitted, 7.0 / fitted.specification.days_per_unit)
    except ModelError:
        return {}
    return {
        (r.earlier, r.later): SparseEstimate(
            r.estimate, r.standard_error, None, fitted.n_persons, fitted.n_observations
        )
        for r in rows
        if r.standard_error and r.earlier != r.later
    }
