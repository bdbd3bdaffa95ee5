"""Simulated additional questionnaires and therapist ratings of the demo clinic.

The simulator's model does not cover these scales. Each answer is drawn near the client's symptom level of that day
(reversed where higher is better), so that pages show plausible data and no picture changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import CourseContext, due_measures
from securebase.measurement.scoring import ScoringResult, score
from securebase.records.episode import AdministrationRecord
from securebase.workbench.measures.actions import THERAPIST_SET

#: Standard deviation of answers around the course, and mean difference of therapists' from clients' ratings, in points.
_SCATTER, _THERAPIST_OFFSET = 1.4, 0.5
#: Proportion of sessions that the therapist rates.
_SHARE_RATED = 0.8

Responses = Mapping[int, float | None]


def score_additional_measures(
    administration: AdministrationRecord,
    *,
    course: CourseContext,
    history: dict[str, set[int]],
    severity: float,
    rng: np.random.Generator,
) -> list[ScoringResult]:
    """Return scored answers to the additional questionnaires of this check-in.

    `severity` is the client's symptom level, 0 to 10. The sessions at which an instrument was asked are added to
    `history`.
    """
    session, moment = administration.session or 0, administration.moment.value
    results = []
    for instrument in due_measures(session=session, moment=moment, course=course, history=history):
        history.setdefault(instrument.id, set()).add(session)
        results.append(score(instrument, _draw_answers(instrument, severity, rng)))
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


def _draw_answers(instrument: Instrument, severity: float, rng: np.random.Generator) -> Responses:
    better = {n for s in instrument.scales if s.direction is Direction.HIGHER_IS_BETTER for n in s.items}
    reversed_items = {n for s in instrument.scales for n in s.reversed_items}
    # an item of a favourable scale falls with severity unless the scale reverses it, and the other way round
    falling = better ^ reversed_items
    return {i.number: _draw_near(10.0 - severity if i.number in falling else severity, rng) for i in instrument.items}


def _draw_near(level: float, rng: np.random.Generator) -> float:
    return float(np.clip(np.round(rng.normal(level, _SCATTER)), 0.0, 10.0))
