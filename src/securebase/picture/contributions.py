"""Working hypotheses about change: contributions of alliance and mechanisms to one client's change in symptoms.

A picture shows two models of the trend. *Carried*: therapy moves the mechanisms, which move symptoms. *Apart*: every
construct has its own trend, and only deviations from it count. In both, this client's weekly effects are shrunk towards
those of other clients; `model.person_effects` estimates the effects and sums their contributions over the course.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from securebase.errors import SecurebaseError
from securebase.measurement.constructs import MECHANISM_CONSTRUCTS, Direction, construct
from securebase.model.decomposition import decompose
from securebase.model.panel import Panel
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Array, Parameters
from securebase.model.person_effects import Contributions, PersonEffects, checks, contributions, estimate_person_effects
from securebase.model.person_effects.one_client import DEFAULT_BETWEEN_SD, probability_largest
from securebase.model.simulate import simulate_panel
from securebase.model.smoothing import Smoothed, smooth
from securebase.model.specification import Specification, Trend
from securebase.model.standardised import Edge
from securebase.picture import hypothesis_phrases as words
from securebase.picture.course import DatedCourse
from securebase.picture.parts import (
    ForecastErrors,
    GateLevel,
    Hypotheses,
    Hypothesis,
    Interval,
    PictureProblem,
    RankingVerdict,
)
from securebase.picture.series import PreparedRecord

SYMPTOMS = "symptoms"
#: A construct with fewer reports than this is omitted: its estimate would be almost only the prior.
MIN_REPORTS = 6
#: Below this data share a contribution counts as borrowed from other clients.
MIN_OWN_SHARE = 0.30
#: Effects whose estimates correlate more strongly than this cannot be distinguished.
MAX_CORRELATION = 0.8
#: Probability from which a construct is called the largest, and the smallest probability of reaching it by the planned
#: end for which the verdict stays open.
MIN_LARGEST_PROBABILITY, MIN_RESOLUTION_PROBABILITY = 0.80, 0.10
#: Factor by which the prior SD is widened once the exploration gate is open.
EXPLORATION_PRIOR_FACTOR = 2.0
DECOYS, _DRAWS = 19, 4000
#: Two-sided 5% point of the negative control; more than one decoy of nineteen exceeds 5%.
_Z_LIMIT, _MAX_DECOYS = 1.96, 1
_HALF_90 = NormalDist().inv_cdf(0.95)
#: Fixed seed: equal records give equal pictures.
_SEED = 20


@dataclass(frozen=True, eq=False)
class _Reading:
    """One client under one model of the trend: person-specific effects and contributions."""

    specification: Specification
    mean: Parameters
    own: PersonEffects
    contributions: Contributions
    largest: Array

    def effect(self, edges: Sequence[Edge], weights: Array) -> tuple[Interval, float]:
        """Return the weighted sum w'b of effects with its interval, and the probability that its sign is right."""
        at = self.own.index(edges)
        value = float(weights @ self.own.mean[at])
        sd = float(np.sqrt(weights @ self.own.covariance[np.ix_(at, at)] @ weights))
        return _interval(value, sd), NormalDist().cdf(abs(value) / sd)


def hypotheses(
    prepared: PreparedRecord, course: DatedCourse, parameter_set: ParameterSet
) -> Hypotheses | PictureProblem | None:
    """Return the hypotheses, None below their gate or with too few reports, or the problem that prevented them."""
    rows, level = course.rows(SYMPTOMS), prepared.gate.level
    sources = [c for c in ("alliance", *MECHANISM_CONSTRUCTS) if len(course.rows(c)) >= MIN_REPORTS]
    if level < GateLevel.CONTRIBUTIONS or len(rows) < MIN_REPORTS or not sources:
        return None
    try:
        measures = prepared.measures
        sets = [parameter_set.with_trend(trend) for trend in (Trend.CARRIED, Trend.APART)]
        factor = EXPLORATION_PRIOR_FACTOR if level >= GateLevel.EXPLORATION else 1.0
        prior = _prior_sd(parameter_set, sources) * factor
        models = [(s.specification, s.in_score_units(measures)) for s in sets]
        readings = [_estimate_reading(course.panel, model, sources, prior, (rows[0], rows[-1])) for model in models]
        return _build_hypotheses(prepared, course, readings, sources)
    except (SecurebaseError, ArithmeticError, np.linalg.LinAlgError) as error:
        return PictureProblem(f"{words.FAILED}: {error}", words.REST_UNAFFECTED)


def _edges_to_symptoms(sources: Sequence[str]) -> list[Edge]:
    return [(c, SYMPTOMS) for c in sources]


def _edges_from_symptoms(sources: Sequence[str]) -> list[Edge]:
    return [(SYMPTOMS, c) for c in sources]


def _prior_sd(parameter_set: ParameterSet, sources: Sequence[str]) -> Array:
    """Return the prior SD of each effect, √(τ² + s²): τ between clients, s the uncertainty of the mean effect."""
    mean_sd = {(e.from_construct, e.to_construct): e.prior_sd for e in parameter_set.edges}
    edges = [*_edges_to_symptoms(sources), *_edges_from_symptoms(sources)]
    return np.array([np.hypot(DEFAULT_BETWEEN_SD, mean_sd.get(edge, 0.0)) for edge in edges])


def _estimate_reading(
    panel: Panel,
    model: tuple[Specification, Parameters],
    sources: Sequence[str],
    prior: Array,
    rows: tuple[int, int],
) -> _Reading:
    specification, mean = model
    effects = estimate_person_effects(
        panel, specification, mean, [*_edges_to_symptoms(sources), *_edges_from_symptoms(sources)], prior
    )
    parts = contributions(
        specification, mean, effects, panel.times, panel.scores, construct=SYMPTOMS, first=rows[0], last=rows[1]
    )
    draws = effects.draws(np.random.default_rng(_SEED), _DRAWS)[:, : len(sources)]
    return _Reading(specification, mean, effects, parts, probability_largest(draws))


def _build_hypotheses(
    prepared: PreparedRecord, course: DatedCourse, readings: list[_Reading], sources: list[str]
) -> Hypotheses:
    carried, level = readings[0], prepared.gate.level
    panel, rows = course.panel, course.rows(SYMPTOMS)
    smoothed = smooth(carried.specification, carried.own.parameters, panel.times, panel.scores)
    first, last = rows[0], rows[-1]
    decoys = _decoys(panel, carried, sources)
    results = [_hypothesis(group, readings, sources, smoothed, decoys) for group in _groups(readings, sources)]
    n_planned = sum(not s.held for s in prepared.axis)
    verdict, leader = _verdict(results, readings, sources, n_planned / max(prepared.gate.paired, 1))
    sessions = [int(w) if w >= 0 else None for w in (panel.wave[first], panel.wave[last])]
    order = sorted(results, key=lambda h: -h.largest)
    return Hypotheses(
        first_session=sessions[0],
        last_session=sessions[1],
        first_at=float(course.at[first]),
        last_at=float(course.at[last]),
        change=decompose(smoothed, SYMPTOMS, first, last).change,
        rows=tuple(results),
        less_pooling=level >= GateLevel.EXPLORATION,
        verdict=verdict,
        about=leader,
        sessions_left=n_planned,
        foretelling=_forecast_errors(course, rows),
        order=tuple(h.label for h in order) if level >= GateLevel.RANKING else (),
        left_out=tuple(construct(c).label for c in ("alliance", *MECHANISM_CONSTRUCTS) if c not in sources),
    )


def _groups(readings: list[_Reading], sources: list[str]) -> list[list[str]]:
    """Group constructs whose estimates correlate beyond the limit in either reading, in their order."""
    n = len(sources)
    correlated = np.eye(n, dtype=bool)
    for reading in readings:
        correlated |= np.abs(reading.own.correlation[:n, :n]) > MAX_CORRELATION
    groups: list[list[str]] = []
    assigned: set[int] = set()
    for i in range(n):
        if i in assigned:
            continue
        group, waiting = set[int](), [i]
        while waiting:
            at = waiting.pop()
            if at not in group:
                group.add(at)
                waiting += [int(j) for j in np.flatnonzero(correlated[at])]
        assigned |= group
        groups.append([sources[j] for j in sorted(group)])
    return groups


def _hypothesis(
    group: list[str], readings: list[_Reading], sources: list[str], smoothed: Smoothed, decoys: Array
) -> Hypothesis:
    carried = readings[0]
    at = [sources.index(c) for c in group]
    signs = _signs(group)
    (effect, direction), (effect_apart, direction_apart) = (
        reading.effect(_edges_to_symptoms(group), signs) for reading in readings
    )
    reverse, reverse_direction = carried.effect(_edges_from_symptoms(group), signs)
    parts = [_interval(*reading.contributions.total(tuple(group))) for reading in readings]
    share = min(float(reading.own.data_share[at].mean()) for reading in readings)
    futures = [checks.negative_control(smoothed, SYMPTOMS, c) for c in group]
    future, pairs = max(futures, key=lambda control: abs(control[0]))
    effect_of_client, decoy_effects = decoys[0, at] @ signs, decoys[1:, at] @ signs
    extreme = int(checks.count_extreme_decoys(np.array([effect_of_client]), decoy_effects[:, None])[0])
    return Hypothesis(
        constructs=tuple(group),
        label=words.joint_label([construct(c).label for c in group]),
        carried=parts[0],
        apart=parts[1],
        effect=effect,
        effect_apart=effect_apart,
        direction=direction,
        direction_apart=direction_apart,
        largest=min(float(reading.largest[at].sum()) for reading in readings),
        chance=len(group) / len(sources),
        share=share,
        borrowed=share < MIN_OWN_SHARE,
        rests_on_trend=rests_on_trend(parts[0].value, parts[1].value),
        reverse=reverse,
        reverse_direction=reverse_direction,
        hidden=max(
            checks.required_confounding(carried.specification, carried.own.parameters, edge)
            for edge in _edges_to_symptoms(group)
        ),
        future=future,
        future_pairs=pairs,
        future_fails=abs(future) > _Z_LIMIT,
        decoys=extreme,
        decoys_made=len(decoy_effects),
        decoy_fails=extreme > _MAX_DECOYS,
    )


def rests_on_trend(carried: float, apart: float) -> bool:
    """Return True if the two readings disagree in sign, or by more than half of the larger one."""
    return carried * apart <= 0 or abs(carried - apart) > 0.5 * max(abs(carried), abs(apart))


def _signs(group: list[str]) -> Array:
    """Return the sign of each construct relative to the first: −1 if better is the other end of its scale, else 1."""
    directions = [construct(c).direction for c in group]
    first = directions[0]
    return np.array([1.0 if d is first or Direction.UNKNOWN in {d, first} else -1.0 for d in directions])


def _decoys(panel: Panel, carried: _Reading, sources: list[str]) -> Array:
    """Return effects (1 + decoys, k) by one Newton step: this client's, then those with simulated construct scores.

    The simulated scores share this client's times, gaps and the mean trend, and nothing else.
    """
    simulated = simulate_panel(
        carried.specification, carried.mean, [panel.times] * DECOYS, np.random.default_rng(_SEED)
    )
    decoy_panels = [
        checks.replace_scores(panel, simulated.scores[simulated.rows_of(i)], sources) for i in range(DECOYS)
    ]
    return checks.one_step_effects([panel, *decoy_panels], carried.specification, carried.mean, carried.own)


def _verdict(
    results: list[Hypothesis], readings: list[_Reading], sources: list[str], remaining: float
) -> tuple[RankingVerdict, str]:
    """Return the verdict on the largest construct in both readings, and its label.

    Without one, the verdict says whether the remaining sessions, `remaining` times the present ones, could show it.
    """
    top = max(results, key=lambda h: h.largest)
    if top.largest >= MIN_LARGEST_PROBABILITY:
        return RankingVerdict.LARGEST, top.label
    if remaining <= 0:
        return RankingVerdict.NOT_HERE, ""
    rng = np.random.default_rng(_SEED)
    resolution = min(
        checks.probability_of_resolution(
            reading.own, _edges_to_symptoms(sources), remaining, MIN_LARGEST_PROBABILITY, rng
        )
        for reading in readings
    )
    return (RankingVerdict.NOT_YET if resolution >= MIN_RESOLUTION_PROBABILITY else RankingVerdict.NOT_HERE), ""


def _forecast_errors(course: DatedCourse, rows: list[int]) -> ForecastErrors | None:
    """Return one-step-ahead errors of the model and three simple rules.

    The model uses the mean effects of other clients, so no person-specific effect was fitted to the scores it predicts.
    """
    k = course.index(SYMPTOMS)
    observed = course.tracked.observed[rows, k]
    if len(observed) < MIN_REPORTS:
        return None
    later = observed[1:]
    expected = np.interp(
        course.tracked.times[rows], course.tracked.expected_course_times, course.tracked.expected_course
    )
    means = np.cumsum(observed)[:-1] / np.arange(1, len(observed))

    def rmse(prediction: Array) -> float:
        return float(np.sqrt(np.mean((later - prediction) ** 2)))

    return ForecastErrors(
        len(later),
        rmse(course.tracked.predicted[rows[1:], k]),
        rmse(observed[:-1]),
        rmse(means),
        rmse(expected[1:]),
    )


def _interval(value: float, sd: float) -> Interval:
    return Interval(value, value - _HALF_90 * sd, value + _HALF_90 * sd)
