"""Working hypotheses about change: what one client's change in symptoms moves with, and all that must stand beside it.

Two readings of the trend, both shown. *Carried*: therapy moves the mechanisms and they move symptoms; *apart*: every
construct has a trend of its own, and only movements around it count. In both, this client's own weekly effects are
shrunk towards those of other clients (`model.own`), and the sums over the course come from `model.own.contributions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from securebase.errors import SecurebaseError
from securebase.measurement.constructs import MECHANISM_CONSTRUCTS, Direction, construct
from securebase.model.panel import Panel
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Array, Parameters, Specification, Trend
from securebase.model.person_effects import Contributions, PersonEffects, checks, contributions, estimate_person_effects
from securebase.model.person_effects.one_client import DEFAULT_BETWEEN_SD, probability_largest
from securebase.model.simulate import simulate_panel
from securebase.model.smoothing import Smoothed, decompose, smooth
from securebase.model.standardised import Edge
from securebase.picture import hypothesis_phrases as words
from securebase.picture.course import DatedCourse
from securebase.picture.parts import (
    Foretelling,
    GateLevel,
    Hypotheses,
    Hypothesis,
    Interval,
    PictureProblem,
    RankingVerdict,
    Session,
)

SYMPTOMS = "symptoms"
#: A construct with fewer reports than this is not looked at: its estimate would be another client's.
LEAST_REPORTS = 6
#: Below this share from this client's own data a contribution is borrowed from other clients.
BORROWED_BELOW = 0.30
#: Estimates that correlate beyond this cannot be told apart.
ALIKE_BEYOND = 0.8
#: Chance from which one is called the largest, and chance of getting there below which it is given up for this course.
LARGEST_FROM, HOPE = 0.80, 0.10
#: From the gate of exploration on the prior is this many times as wide.
LESS_POOLING = 2.0
DECOYS, _DRAWS = 19, 4000
#: 5% on both sides, for the future before the past; more than one decoy of nineteen is more than 5%.
_LIMIT, _MOST_DECOYS = 1.96, 1
_HALF = NormalDist().inv_cdf(0.95)
#: The same record gives the same picture.
_SEED = 20


@dataclass(frozen=True, eq=False)
class _Reading:
    """One reading of the trend for one client: its own effects and what was carried."""

    specification: Specification
    mean: Parameters
    own: PersonEffects
    carried: Contributions
    largest: Array

    def effect(self, edges: Sequence[Edge], weights: Array) -> tuple[Interval, float]:
        """Sum of effects with an interval, and the chance that it has the sign of its estimate."""
        at = self.own.index(edges)
        value = float(weights @ self.own.mean[at])
        sd = float(np.sqrt(weights @ self.own.covariance[np.ix_(at, at)] @ weights))
        return _interval(value, sd), NormalDist().cdf(abs(value) / sd)


def hypotheses(
    course: DatedCourse,
    chosen: dict[str, tuple[str, str]],
    axis: Sequence[Session],
    parameter_set: ParameterSet,
    *,
    level: GateLevel,
    paired: int,
) -> Hypotheses | PictureProblem | None:
    """The hypotheses, None below their gate or with too few reports, or why they could not be computed."""
    rows = course.rows(SYMPTOMS)
    sources = [c for c in ("alliance", *MECHANISM_CONSTRUCTS) if len(course.rows(c)) >= LEAST_REPORTS]
    if level < GateLevel.CONTRIBUTIONS or len(rows) < LEAST_REPORTS or not sources:
        return None
    try:
        sets = [parameter_set.with_trend(trend) for trend in (Trend.CARRIED, Trend.APART)]
        wide = LESS_POOLING if level >= GateLevel.EXPLORATION else 1.0
        prior = _prior_sd(parameter_set, sources) * wide
        readings = [
            _read(course.panel, (one.specification, one.in_score_units(chosen)), sources, prior, (rows[0], rows[-1]))
            for one in sets
        ]
        return _told(course, axis, readings, sources, level=level, paired=paired)
    except (SecurebaseError, ArithmeticError, np.linalg.LinAlgError) as error:
        return PictureProblem(f"{words.FAILED}: {error}", words.FAILED_SAFELY)


def _forward(sources: Sequence[str]) -> list[Edge]:
    return [(c, SYMPTOMS) for c in sources]


def _backward(sources: Sequence[str]) -> list[Edge]:
    return [(SYMPTOMS, c) for c in sources]


def _prior_sd(parameter_set: ParameterSet, sources: Sequence[str]) -> Array:
    """SD of this client's effect before the own data: clients differ, and the mean itself is not known exactly."""
    unsure = {(e.from_construct, e.to_construct): e.prior_sd for e in parameter_set.edges}
    edges = [*_forward(sources), *_backward(sources)]
    return np.array([np.hypot(DEFAULT_BETWEEN_SD, unsure.get(edge, 0.0)) for edge in edges])


def _read(
    panel: Panel,
    model: tuple[Specification, Parameters],
    sources: Sequence[str],
    prior: Array,
    rows: tuple[int, int],
) -> _Reading:
    specification, mean = model
    own = estimate_person_effects(panel, specification, mean, [*_forward(sources), *_backward(sources)], prior)
    carried = contributions(
        specification, mean, own, panel.times, panel.scores, construct=SYMPTOMS, first=rows[0], last=rows[1]
    )
    draws = own.draws(np.random.default_rng(_SEED), _DRAWS)[:, : len(sources)]
    return _Reading(specification, mean, own, carried, probability_largest(draws))


def _told(
    course: DatedCourse,
    axis: Sequence[Session],
    readings: list[_Reading],
    sources: list[str],
    *,
    level: GateLevel,
    paired: int,
) -> Hypotheses:
    carried = readings[0]
    panel, rows = course.panel, course.rows(SYMPTOMS)
    smoothed = smooth(carried.specification, carried.own.parameters, panel.times, panel.scores)
    first, last = rows[0], rows[-1]
    decoys = _decoys(panel, carried, sources)
    made = [_hypothesis(group, readings, sources, smoothed, decoys) for group in _groups(readings, sources)]
    left = sum(not s.held for s in axis)
    verdict, about = _verdict(made, readings, sources, left / max(paired, 1))
    sessions = [int(w) if w >= 0 else None for w in (panel.wave[first], panel.wave[last])]
    order = sorted(made, key=lambda h: -h.largest)
    return Hypotheses(
        first_session=sessions[0],
        last_session=sessions[1],
        first_at=float(course.at[first]),
        last_at=float(course.at[last]),
        change=decompose(smoothed, SYMPTOMS, first, last).change,
        rows=tuple(made),
        less_pooling=level >= GateLevel.EXPLORATION,
        verdict=verdict,
        about=about,
        sessions_left=left,
        foretelling=_foretelling(course, rows),
        order=tuple(h.label for h in order) if level >= GateLevel.RANKING else (),
        left_out=tuple(construct(c).label for c in ("alliance", *MECHANISM_CONSTRUCTS) if c not in sources),
    )


def _groups(readings: list[_Reading], sources: list[str]) -> list[list[str]]:
    """Constructs whose estimates correlate beyond the limit in either reading stand together; order is kept."""
    n = len(sources)
    alike = np.eye(n, dtype=bool)
    for reading in readings:
        alike |= np.abs(reading.own.correlation[:n, :n]) > ALIKE_BEYOND
    groups: list[list[str]] = []
    seen: set[int] = set()
    for i in range(n):
        if i in seen:
            continue
        group, waiting = set[int](), [i]
        while waiting:
            at = waiting.pop()
            if at not in group:
                group.add(at)
                waiting += [int(j) for j in np.flatnonzero(alike[at])]
        seen |= group
        groups.append([sources[j] for j in sorted(group)])
    return groups


def _hypothesis(
    group: list[str], readings: list[_Reading], sources: list[str], smoothed: Smoothed, decoys: Array
) -> Hypothesis:
    carried = readings[0]
    at = [sources.index(c) for c in group]
    signs = _signs(group)
    (effect, direction), (effect_apart, direction_apart) = (one.effect(_forward(group), signs) for one in readings)
    reverse, reverse_direction = carried.effect(_backward(group), signs)
    parts = [_interval(*one.carried.total(tuple(group))) for one in readings]
    share = min(float(one.own.data_share[at].mean()) for one in readings)
    futures = [checks.negative_control(smoothed, SYMPTOMS, c) for c in group]
    future, pairs = max(futures, key=lambda one: abs(one[0]))
    real, others = decoys[0, at] @ signs, decoys[1:, at] @ signs
    as_far = int(checks.count_extreme_decoys(np.array([real]), others[:, None])[0])
    return Hypothesis(
        constructs=tuple(group),
        label=words.together([construct(c).label for c in group]),
        carried=parts[0],
        apart=parts[1],
        effect=effect,
        effect_apart=effect_apart,
        direction=direction,
        direction_apart=direction_apart,
        largest=min(float(one.largest[at].sum()) for one in readings),
        chance=len(group) / len(sources),
        share=share,
        borrowed=share < BORROWED_BELOW,
        rests_on_trend=rests_on_trend(parts[0].value, parts[1].value),
        reverse=reverse,
        reverse_direction=reverse_direction,
        hidden=max(
            checks.required_confounding(carried.specification, carried.own.parameters, edge) for edge in _forward(group)
        ),
        future=future,
        future_pairs=pairs,
        future_fails=abs(future) > _LIMIT,
        decoys=as_far,
        decoys_made=len(others),
        decoy_fails=as_far > _MOST_DECOYS,
    )


def rests_on_trend(carried: float, apart: float) -> bool:
    """Whether the readings disagree in sign, or by more than half of the larger one."""
    return carried * apart <= 0 or abs(carried - apart) > 0.5 * max(abs(carried), abs(apart))


def _signs(group: list[str]) -> Array:
    """So that several constructs add up as better or worse: 1, or −1 for one that runs against the first."""
    ways = [construct(c).direction for c in group]
    return np.array([1.0 if way is ways[0] or Direction.UNKNOWN in {way, ways[0]} else -1.0 for way in ways])


def _decoys(panel: Panel, carried: _Reading, sources: list[str]) -> Array:
    """Return effects (1 + decoys, k) by one Newton step: this client's, then with simulated reports of the constructs.

    The simulated reports share this client's times, gaps and the common trend, and nothing else.
    """
    others = simulate_panel(carried.specification, carried.mean, [panel.times] * DECOYS, np.random.default_rng(_SEED))
    made = [checks.replace_scores(panel, others.scores[others.rows_of(i)], sources) for i in range(DECOYS)]
    return checks.one_step_effects([panel, *made], carried.specification, carried.mean, carried.own)


def _verdict(
    made: list[Hypothesis], readings: list[_Reading], sources: list[str], more: float
) -> tuple[RankingVerdict, str]:
    """Whether one is the largest in both readings; if not, whether the sessions that are left could show it."""
    top = max(made, key=lambda h: h.largest)
    if top.largest >= LARGEST_FROM:
        return RankingVerdict.LARGEST, top.label
    if more <= 0:
        return RankingVerdict.NOT_HERE, ""
    rng = np.random.default_rng(_SEED)
    hope = min(
        checks.probability_of_resolution(one.own, _forward(sources), more, LARGEST_FROM, rng) for one in readings
    )
    return (RankingVerdict.NOT_YET if hope >= HOPE else RankingVerdict.NOT_HERE), ""


def _foretelling(course: DatedCourse, rows: list[int]) -> Foretelling | None:
    """The model with other clients' effects and this one's levels, so that nothing was fitted to what is foretold."""
    k = course.index(SYMPTOMS)
    given = course.tracked.observed[rows, k]
    if len(given) < LEAST_REPORTS:
        return None
    later = given[1:]
    expected = np.interp(
        course.tracked.times[rows], course.tracked.expected_course_times, course.tracked.expected_course
    )
    means = np.cumsum(given)[:-1] / np.arange(1, len(given))

    def error(guess: Array) -> float:
        return float(np.sqrt(np.mean((later - guess) ** 2)))

    return Foretelling(
        len(later),
        error(course.tracked.predicted[rows[1:], k]),
        error(given[:-1]),
        error(means),
        error(expected[1:]),
    )


def _interval(value: float, sd: float) -> Interval:
    return Interval(value, value - _HALF * sd, value + _HALF * sd)
