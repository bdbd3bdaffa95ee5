"""Simulated additional questions and therapist ratings of the demo clinic.

Answers follow the true values of the simulated web. A scale whose construct has no state in the web is answered near
the client's symptom level of that day (reversed where higher is better).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Instrument, Item
from securebase.measurement.schedule import AskedPart, CourseContext, PastCheckIn, due_parts
from securebase.measurement.scoring import ScoringResult, score
from securebase.model.simulate.truth import Truth
from securebase.model.states import states
from securebase.records.episode import AdministrationRecord
from securebase.workbench.measures.actions import THERAPIST_SET

#: Standard deviation of answers around the course, and mean difference of therapists' from clients' ratings, in points.
_SCATTER, _THERAPIST_OFFSET = 1.4, 0.5
#: Proportion of sessions that the therapist rates.
_SHARE_RATED = 0.8
#: Mean and SD of an answer from 0 to 10, and how far the items of one scale lie apart: judgements.
_MEAN, _SD, _APART = 5.0, 2.0, 0.6
#: Share of support that clients name the therapist for when little comes from therapy, with the error of an answer;
#: points of the support rating per SD of provided support (docs/hand-over.md).
_BASE_SHARE, _SHARE_ERROR, _POINTS = 0.15, 0.08, 2.2
#: A scenario without support from the therapist gets some at first, which fades over so many sessions.
_FIRST_SHARE, _FADES_OVER = 0.4, 4.0

Responses = Mapping[int, float | None]


@dataclass(frozen=True, slots=True)
class TrueCourse:
    """True values behind the answers of one client: by session, construct → SDs of clients at the first session.

    provided: support that the therapist provided, by session.
    """

    values: Sequence[Mapping[str, float]] = field(default_factory=tuple)
    provided: Sequence[float] = field(default_factory=tuple)

    @classmethod
    def of(cls, truth: Truth, position: int) -> TrueCourse:
        """Return the course of the client at this position of the simulated cohort."""
        person = truth.persons[position]
        values = [dict(zip(truth.constructs, row, strict=True)) for row in person.values.tolist()]
        return cls(values, person.provided.tolist())

    def at(self, session: int) -> Mapping[str, float]:
        return self.values[session - 1] if session <= len(self.values) else {}


def score_additional_measures(
    administration: AdministrationRecord,
    *,
    course: CourseContext,
    history: list[PastCheckIn],
    true: TrueCourse,
    severity: float,
    rng: np.random.Generator,
) -> list[tuple[AskedPart, ScoringResult]]:
    """Return what this check-in asks in addition to its session set, with scored answers.

    `severity` is the client's symptom level, 0 to 10. The check-in is added to `history`.
    """
    session, moment = administration.session or 0, administration.moment.value
    parts = due_parts(session=session, moment=moment, course=course, history=history)
    history.append(PastCheckIn(session, moment, parts))
    values = true.at(session)
    results = []
    for part in parts:
        spec = get_instrument(part.instrument)
        answers = {n: _draw_answer(spec, spec.item(n), values, severity, rng) for n in part.items}
        if part.instrument == "support_share":
            answers = {1: _draw_share(true, session, values, rng)}
        results.append((part, score(spec, answers, asked=part.items)))
    return results


def therapist_rating(administration: AdministrationRecord, rng: np.random.Generator) -> ScoringResult | None:
    """Return the therapist's rating of the session that the client rated, or None if the therapist did not rate it."""
    if rng.random() > _SHARE_RATED:
        return None
    client_values = [value for item in (1, 2, 3, 4) if (value := administration.responses.get(item)) is not None]
    level = float(np.mean(client_values)) + _THERAPIST_OFFSET if client_values else 6.0
    ratings = {item: _draw_near(level, rng) for item in (1, 2, 3, 4)}
    return score(get_instrument(THERAPIST_SET), ratings | {5: _draw_near(9.0 - level, rng)})


def symptom_level(administrations: Sequence[AdministrationRecord], session: int, default: float) -> float:
    """Return the mean of the five symptom items before this session, or `default` if none was answered."""
    for administration in administrations:
        if administration.instrument == "session_before" and administration.session == session:
            values = [value for item in range(1, 6) if (value := administration.responses.get(item)) is not None]
            return float(np.mean(values)) if values else default
    return default


def _draw_answer(
    spec: Instrument, item: Item, values: Mapping[str, float], severity: float, rng: np.random.Generator
) -> float:
    """Return the answer to one item, from the true value of its construct where the web has one."""
    scale = next(s for s in spec.scales if item.number in s.items)
    is_reversed = item.number in scale.reversed_items
    if scale.construct not in values:
        # an item of a favourable scale falls with severity unless the scale reverses it, and the other way round
        falls = (scale.direction is Direction.HIGHER_IS_BETTER) != is_reversed
        return _draw_near(10.0 - severity if falls else severity, rng)
    # the reliability of a state is that of the mean of two items
    both = states()[scale.construct].reliability
    single = both / (2.0 - both)
    observed = np.sqrt(single) * values[scale.construct] + np.sqrt(1.0 - single) * rng.standard_normal()
    shift = _APART * (scale.items.index(item.number) - (len(scale.items) - 1) / 2.0)
    answer = float(np.clip(np.round(_MEAN + shift + _SD * observed), 0.0, 10.0))
    return 10.0 - answer if is_reversed else answer


def _draw_share(true: TrueCourse, session: int, values: Mapping[str, float], rng: np.random.Generator) -> float:
    """Return how much of all support came from the therapist, 0 to 10."""
    provided = true.provided[session - 1] if session <= len(true.provided) else 0.0
    support = max(_MEAN + _POINTS * values.get("social_support", 0.0), 1.0)
    from_therapy = min(_POINTS * provided / support, 1.0)
    if not any(true.provided):
        from_therapy = _FIRST_SHARE * float(np.exp(-(session - 1) / _FADES_OVER))
    share = _BASE_SHARE + (1.0 - _BASE_SHARE) * from_therapy + rng.normal(0.0, _SHARE_ERROR)
    return float(np.clip(np.round(10.0 * share), 0.0, 10.0))


def _draw_near(level: float, rng: np.random.Generator) -> float:
    return float(np.clip(np.round(rng.normal(level, _SCATTER)), 0.0, 10.0))
