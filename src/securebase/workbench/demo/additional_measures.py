"""What the demo's clients are asked besides the check-in, and how their therapist rates: invented around their course.

The model of the simulator knows nothing of these scales. Each answer lies near the client's own symptoms of that day
(turned round where more is better), so that the pages have something plausible to show and no picture changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from securebase.measurement.catalogue import instrument as instrument_called
from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import CourseContext, due_measures
from securebase.measurement.scoring import ScoringResult, score
from securebase.records.episode import AdministrationRecord
from securebase.workbench.therapy_sessions.actions import THERAPIST_SET

#: How far answers scatter around the course, and how far therapists rate above their clients, in points.
_SCATTER, _THERAPIST_ABOVE = 1.4, 0.5
#: Share of the sessions that the therapist rates.
_RATED = 0.8

Responses = Mapping[int, float | None]


def asked_besides(
    given: AdministrationRecord,
    *,
    course: CourseContext,
    history: dict[str, set[int]],
    low: float,
    rng: np.random.Generator,
) -> list[ScoringResult]:
    """Forms of the extras that this check-in asks; `low` is how low the client is, 0 to 10. history is carried on."""
    session, moment = given.session or 0, given.moment.value
    found = []
    for one in due_measures(session=session, moment=moment, course=course, history=history):
        history.setdefault(one.id, set()).add(session)
        found.append(score(one, _answers(one, low, rng)))
    return found


def own_rating(given: AdministrationRecord, rng: np.random.Generator) -> ScoringResult | None:
    """The therapist's rating of the session that the client rated here; None where there is none."""
    if rng.random() > _RATED:
        return None
    theirs = [value for item in (1, 2, 3, 4) if (value := given.responses.get(item)) is not None]
    level = float(np.mean(theirs)) + _THERAPIST_ABOVE if theirs else 6.0
    rated = {item: _near(level, rng) for item in (1, 2, 3, 4)}
    return score(instrument_called(THERAPIST_SET), rated | {5: _near(9.0 - level, rng)})


def how_low(given: Sequence[AdministrationRecord], session: int, otherwise: float) -> float:
    """The mean of the five symptom questions before this session; `otherwise` where there is none."""
    for one in given:
        if one.instrument == "session_before" and one.session == session:
            values = [value for item in range(1, 6) if (value := one.responses.get(item)) is not None]
            return float(np.mean(values)) if values else otherwise
    return otherwise


def _answers(one: Instrument, low: float, rng: np.random.Generator) -> Responses:
    better = {n for s in one.scales if s.direction is Direction.HIGHER_IS_BETTER for n in s.items}
    reversed_items = {n for s in one.scales for n in s.reversed_items}
    turned = better ^ reversed_items
    return {i.number: _near(10.0 - low if i.number in turned else low, rng) for i in one.items}


def _near(level: float, rng: np.random.Generator) -> float:
    return float(np.clip(np.round(rng.normal(level, _SCATTER)), 0.0, 10.0))
