"""What a fitted model does not reproduce: its residuals, the persons it does not fit, and tables simulated from it.

Simulated tables have the same persons, times and missing scores; their parameters are drawn as the fit leaves them
uncertain. Where a figure of the data lies outside 95 of 100 of theirs, the model does not reproduce it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from securebase.errors import ModelError
from securebase.model.fit import Fit
from securebase.model.fit.uncertainty import draw_parameters
from securebase.model.panel import Panel
from securebase.model.simulate import simulate_panel
from securebase.study.one_step import one_step
from securebase.study.table_features import Features, Key

Array = NDArray[np.float64]

#: largest |z| of the moments of residuals that chance explains
_CHANCE = 2.58


@dataclass(frozen=True, slots=True)
class ResidualCheck:
    """Standardised one-step residuals of one column: mean 0, SD 1, no autocorrelation, skewness and excess kurtosis 0
    where the model holds. `beyond`: share further out than 3. sentence: empty where nothing stands out."""

    score: str
    n: int
    mean: float
    sd: float
    autocorrelation: float | None
    skewness: float
    kurtosis: float
    beyond: float
    sentence: str


@dataclass(frozen=True, slots=True)
class Reproduced:
    """A figure of the data beside the middle and the 95% band of simulated tables. p: how often a simulated table is as
    far out, both sides together."""

    what: str
    observed: float
    middle: float
    lower: float
    upper: float
    p: float
    is_reproduced: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class PersonFit:
    """One person the model does not fit: distance of all their scores from what was expected, its degrees of freedom,
    and p, below 5% divided by the number of persons."""

    person: str
    distance: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class Checks:
    """summary: what the model does not reproduce, in sentences, or that nothing was found."""

    residuals: tuple[ResidualCheck, ...]
    reproduced: tuple[Reproduced, ...]
    persons: tuple[PersonFit, ...]
    replicates: int
    summary: tuple[str, ...]


def checks(
    fitted: Fit,
    panel: Panel,
    rng: np.random.Generator,
    *,
    replicates: int = 100,
    labels: Mapping[str, str] | None = None,
) -> Checks:
    """Check a fit against the panel it was made of; labels of columns are used in the words.

    Raises ModelError where the fit did not end well enough to draw its parameters (`draw_parameters`).
    """
    if fitted.parameters is None:
        raise ModelError(f"there is no fit to check: {fitted.outcome.sentence}", advice=fitted.outcome.what_to_do)
    step = one_step(panel, fitted.specification, fitted.parameters)
    names = tuple((labels or {}).get(name, name) for name in fitted.specification.scores)
    person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))
    residuals = tuple(_residual_check(name, step.z[:, k], person) for k, name in enumerate(names))
    found = _reproduced(fitted, panel, Features.of(panel, names), rng, replicates=replicates)
    p = np.asarray(chi2.sf(step.distance, np.maximum(step.count, 1)))
    far = [int(i) for i in np.argsort(p) if step.count[i] > 0 and p[i] < 0.05 / panel.n_persons]
    persons = tuple(PersonFit(panel.persons[i], float(step.distance[i]), int(step.count[i]), float(p[i])) for i in far)
    return Checks(residuals, found, persons, replicates, _summary(residuals, found, persons, panel.n_persons))


def _residual_check(name: str, z: Array, person: NDArray[np.intp]) -> ResidualCheck:
    there = np.isfinite(z)
    own, who = z[there], person[there]
    n = len(own)
    same = who[1:] == who[:-1]
    pairs = own[:-1][same], own[1:][same]
    moves = len(pairs[0]) > 2 and min(float(np.ptp(one)) for one in pairs) > 0
    auto = float(np.corrcoef(*pairs)[0, 1]) if moves else None
    mean, sd = float(own.mean()), float(own.std(ddof=1)) if n > 1 else np.nan
    centred = (own - mean) / own.std() if n > 1 and np.ptp(own) > 0 else np.zeros(n)
    skewness, kurtosis = float((centred**3).mean()), float((centred**4).mean() - 3.0)
    said = []
    if auto is not None and abs(auto) * np.sqrt(len(pairs[0])) > _CHANCE:
        said.append(
            f"what is left of a score {'goes with' if auto > 0 else 'is turned round in'} what is left of the next "
            f"({auto:.2f}): one row foretells the next otherwise than the model says"
        )
    if abs(skewness) > _CHANCE * np.sqrt(6.0 / n):
        side = "high" if skewness > 0 else "low"
        said.append(f"scores that are unexpectedly {side} lie further out than others (skewness {skewness:.2f})")
    if abs(kurtosis) > _CHANCE * np.sqrt(24.0 / n):
        said.append(
            f"{'more' if kurtosis > 0 else 'fewer'} scores lie far out than a normal distribution has (excess kurtosis "
            f"{kurtosis:.2f}); robust standard errors do not rest on this"
        )
    sentence = f"{name}: {'; '.join(said)}." if said else ""
    return ResidualCheck(name, n, mean, sd, auto, skewness, kurtosis, float((np.abs(own) > 3.0).mean()), sentence)


def _reproduced(
    fitted: Fit, panel: Panel, features: Features, rng: np.random.Generator, *, replicates: int
) -> tuple[Reproduced, ...]:
    observed = features(panel.scores)
    missing = np.isnan(panel.scores)
    times = [panel.times[panel.rows_of(i)] for i in range(panel.n_persons)]
    drawn: dict[Key, list[float]] = {key: [] for key in observed}
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
        scores = np.where(missing, np.nan, table.scores)
        for key, value in features(scores).items():
            drawn[key].append(value)
    return tuple(_one(key, observed[key], np.array(drawn[key])) for key in observed if np.isfinite(observed[key]))


def _one(key: Key, observed: float, drawn: Array) -> Reproduced:
    lower, middle, upper = (float(v) for v in np.quantile(drawn, (0.025, 0.5, 0.975)))
    tail = min((drawn <= observed).sum(), (drawn >= observed).sum())
    p = min(1.0, 2.0 * (float(tail) + 1.0) / (len(drawn) + 1.0))
    inside = lower <= observed <= upper
    shown, low, high = (f"{v:.1%}" if key.is_share else f"{v:.3g}" for v in (observed, lower, upper))
    sentence = (
        f"{key.words}: {shown} in the data, {low} to {high} in 95 of 100 simulated tables"
        f"{'' if inside else '; the model does not reproduce it'}."
    )
    return Reproduced(key.words, observed, middle, lower, upper, p, inside, sentence)


def _summary(
    residuals: tuple[ResidualCheck, ...],
    found: tuple[Reproduced, ...],
    persons: tuple[PersonFit, ...],
    n_persons: int,
) -> tuple[str, ...]:
    outside = [r for r in found if not r.is_reproduced]
    said = [r.sentence for r in residuals if r.sentence]
    count = (
        f"Of {len(found)} figures of the data, {len(outside)} {'lies' if len(outside) == 1 else 'lie'} outside what "
        f"tables simulated from the model show; by chance about {0.05 * len(found):.1g} would."
    )
    said += [count, *(r.sentence for r in outside)]
    if persons:
        names = ", ".join(f"“{p.person}”" for p in persons[:5])
        more = f" and {len(persons) - 5} more" if len(persons) > 5 else ""
        far = "lie further from the model than chance would put any"
        said.append(f"{len(persons)} of {n_persons} persons {far}: {names}{more}.")
    return tuple(said)
