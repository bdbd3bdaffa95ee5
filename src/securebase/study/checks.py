"""Checks of a fitted model: residuals, outlying persons, and posterior predictive checks.

Replicated tables have the same persons, times and missing scores; their parameters are drawn from the large-sample
distribution of the estimates. The model does not reproduce a statistic that lies outside the central 95% of
replicated tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from securebase.errors import ModelError
from securebase.model.fit import Fit, draw_parameters
from securebase.model.panel import Panel
from securebase.model.simulate import simulate_panel
from securebase.study.prediction_errors import prediction_errors
from securebase.study.table_features import FeatureKey, Features

Array = NDArray[np.float64]

#: consequence of skewed residuals or heavy tails
NORMALITY = "Standard errors from the observed information assume normal residuals; robust standard errors do not."

#: moments of residuals beyond this |z| are reported: two-sided 1%
_MAX_Z = 2.58


@dataclass(frozen=True, slots=True)
class ResidualCheck:
    """Standardised one-step-ahead residuals of one column.

    Where the model holds: mean 0, SD 1, no autocorrelation (at lag 1), skewness and excess kurtosis 0. `beyond` is the
    share outside ±3. `sentence` names everything that exceeds chance, `shape` only skewness and kurtosis; both are
    empty where nothing does.
    """

    score: str
    n: int
    mean: float
    sd: float
    autocorrelation: float | None
    skewness: float
    kurtosis: float
    beyond: float
    sentence: str
    shape: str = ""


@dataclass(frozen=True, slots=True)
class PredictiveCheck:
    """One statistic of the data beside the median and the central 95% of replicated tables; p is two-sided.

    `measure` is the statistic without the names of its `columns`.
    """

    statistic: str
    observed: float
    median: float
    lower: float
    upper: float
    p: float
    is_reproduced: bool
    sentence: str
    measure: str
    columns: tuple[str, ...]
    is_share: bool


@dataclass(frozen=True, slots=True)
class PersonFit:
    """An outlying person: squared Mahalanobis distance of all scores, its degrees of freedom and p.

    p is below .05 after Bonferroni correction for the number of persons.
    """

    person: str
    distance: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class ModelChecks:
    """All checks of one fit; summary: sentences on what the model does not reproduce."""

    residuals: tuple[ResidualCheck, ...]
    predictive: tuple[PredictiveCheck, ...]
    persons: tuple[PersonFit, ...]
    replicates: int
    summary: tuple[str, ...]


def check_fit(
    fitted: Fit,
    panel: Panel,
    rng: np.random.Generator,
    *,
    replicates: int = 100,
    labels: Mapping[str, str] | None = None,
) -> ModelChecks:
    """Check a fit against its panel; labels: column → name in sentences.

    Raises ModelError if the fit did not end well enough to draw its parameters (`draw_parameters`).
    """
    if fitted.parameters is None:
        raise ModelError(f"there is no fit to check: {fitted.outcome.sentence}", advice=fitted.outcome.what_to_do)
    errors = prediction_errors(panel, fitted.specification, fitted.parameters)
    names = tuple((labels or {}).get(name, name) for name in fitted.specification.scores)
    person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))
    residuals = tuple(_residual_check(name, errors.z[:, k], person) for k, name in enumerate(names))
    predictive = _predictive_checks(fitted, panel, Features.from_panel(panel, names), rng, replicates=replicates)
    p = np.asarray(chi2.sf(errors.distance, np.maximum(errors.count, 1)))
    outlying = [int(i) for i in np.argsort(p) if errors.count[i] > 0 and p[i] < 0.05 / panel.n_persons]
    persons = tuple(
        PersonFit(panel.persons[i], float(errors.distance[i]), int(errors.count[i]), float(p[i])) for i in outlying
    )
    summary = _summary(residuals, predictive, persons, panel.n_persons)
    return ModelChecks(residuals, predictive, persons, replicates, summary)


def _residual_check(name: str, z: Array, person: NDArray[np.intp]) -> ResidualCheck:
    observed = np.isfinite(z)
    residuals, row_person = z[observed], person[observed]
    n = len(residuals)
    same_person = row_person[1:] == row_person[:-1]
    earlier, later = residuals[:-1][same_person], residuals[1:][same_person]
    varies = len(earlier) > 2 and min(float(np.ptp(earlier)), float(np.ptp(later))) > 0
    autocorrelation = float(np.corrcoef(earlier, later)[0, 1]) if varies else None
    mean, sd = float(residuals.mean()), float(residuals.std(ddof=1)) if n > 1 else np.nan
    standardised = (residuals - mean) / residuals.std() if n > 1 and np.ptp(residuals) > 0 else np.zeros(n)
    skewness, kurtosis = float((standardised**3).mean()), float((standardised**4).mean() - 3.0)
    problems, shape = [], []
    # under normality SE ≈ 1/√n (autocorrelation), √(6/n) (skewness), √(24/n) (kurtosis)
    if autocorrelation is not None and abs(autocorrelation) * np.sqrt(len(earlier)) > _MAX_Z:
        sign = "positive" if autocorrelation > 0 else "negative"
        problems.append(f"{sign} residual autocorrelation at lag 1 ({_signed_number(autocorrelation)})")
    if abs(skewness) > _MAX_Z * np.sqrt(6.0 / n):
        side = "right" if skewness > 0 else "left"
        shape.append(f"residuals skewed to the {side} (skewness {_signed_number(skewness)})")
    if abs(kurtosis) > _MAX_Z * np.sqrt(24.0 / n):
        shape.append(f"{'heavy' if kurtosis > 0 else 'light'} tails (excess kurtosis {_signed_number(kurtosis)})")
    beyond = float((np.abs(residuals) > 3.0).mean())
    sentences = (f"{name}: {'; '.join(parts)}." if parts else "" for parts in (problems + shape, shape))
    return ResidualCheck(name, n, mean, sd, autocorrelation, skewness, kurtosis, beyond, *sentences)


def _signed_number(x: float) -> str:
    """Format with two decimals and a proper minus sign."""
    return f"{x:.2f}".replace("-", "−")


def _predictive_checks(
    fitted: Fit, panel: Panel, features: Features, rng: np.random.Generator, *, replicates: int
) -> tuple[PredictiveCheck, ...]:
    observed = features(panel.scores)
    missing = np.isnan(panel.scores)
    times = [panel.times[panel.rows_of(i)] for i in range(panel.n_persons)]
    replicated: dict[FeatureKey, list[float]] = {key: [] for key in observed}
    for parameters in draw_parameters(fitted, panel, replicates, rng):
        table = simulate_panel(
            fitted.specification,
            parameters,
            times,
            rng,
            inputs=panel.inputs,
            covariates=panel.covariates,
            therapist=panel.therapist,
        )
        for key, value in features(np.where(missing, np.nan, table.scores)).items():
            replicated[key].append(value)
    return tuple(
        _predictive_check(key, value, np.array(replicated[key]))
        for key, value in observed.items()
        if np.isfinite(value)
    )


def _predictive_check(key: FeatureKey, observed: float, replicated: Array) -> PredictiveCheck:
    lower, median, upper = (float(v) for v in np.quantile(replicated, (0.025, 0.5, 0.975)))
    tail = min((replicated <= observed).sum(), (replicated >= observed).sum())
    # Monte Carlo p with the observed table counted among the replicates, both tails
    p = min(1.0, 2.0 * (float(tail) + 1.0) / (len(replicated) + 1.0))
    inside = lower <= observed <= upper
    value, low, high = (f"{v:.1%}" if key.is_share else f"{v:.3g}" for v in (observed, lower, upper))
    sentence = (
        f"{key.words}: {value} in the data, {low} to {high} in 95% of simulated tables"
        f"{'' if inside else '; the model does not reproduce it'}."
    )
    return PredictiveCheck(
        key.words, observed, median, lower, upper, p, inside, sentence, key.measure, key.columns, key.is_share
    )


def _summary(
    residuals: tuple[ResidualCheck, ...],
    predictive: tuple[PredictiveCheck, ...],
    persons: tuple[PersonFit, ...],
    n_persons: int,
) -> tuple[str, ...]:
    outside = [check for check in predictive if not check.is_reproduced]
    sentences = [check.sentence for check in residuals if check.sentence]
    if any(check.shape for check in residuals):
        sentences.append(NORMALITY)
    sentences.append(count_in_words(predictive))
    sentences += [check.sentence for check in outside]
    sentences += persons_in_words(persons, n_persons)
    return tuple(sentences)


def count_in_words(predictive: tuple[PredictiveCheck, ...]) -> str:
    """Return how many statistics the model does not reproduce, and how many chance would give."""
    n_outside = sum(not check.is_reproduced for check in predictive)
    return (
        f"Of {len(predictive)} statistics of the data, {n_outside} {'lies' if n_outside == 1 else 'lie'} outside the "
        f"central 95% of tables simulated from the model; about {0.05 * len(predictive):.1g} would by chance."
    )


def persons_in_words(persons: tuple[PersonFit, ...], n_persons: int) -> list[str]:
    """Return a sentence on outlying persons; nothing if there are none."""
    sentences = []
    if persons:
        names = ", ".join(f"“{person.person}”" for person in persons[:5])
        suffix = f" and {len(persons) - 5} more" if len(persons) > 5 else ""
        verb = "fits" if len(persons) == 1 else "fit"
        sentences.append(
            f"{len(persons)} of {n_persons} persons {verb} the model worse than chance would explain: {names}{suffix}."
        )
    return sentences
