"""One record through the model: the scale used for each construct, the time axis and the tracked course."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from securebase.errors import SecurebaseError
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.model.observations import episode_panel
from securebase.model.panel import Panel
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Parameters, Specification
from securebase.model.track import TrackedCourse, track
from securebase.picture import phrases
from securebase.picture.parts import PictureProblem, Session
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Respondent

#: The product's own session set, used where a construct was not measured otherwise.
DEFAULT_MEASURES = {
    "symptoms": ("session_before", "symptoms"),
    "alliance": ("session_after", "alliance"),
    "social_support": ("session_before", "social_support"),
    "interpersonal_stress": ("session_before", "interpersonal_stress"),
    "interpersonal_skills": ("session_before", "interpersonal_skills"),
    "emotional_processing": ("session_after", "emotional_processing"),
}
#: Days between sessions where the record has fewer than two.
DEFAULT_GAP = 7.0
#: Future sessions on the axis where no number was planned.
DEFAULT_SESSIONS_AHEAD = 4


@dataclass(frozen=True, eq=False)
class DatedCourse:
    """A tracked course with its times in days: `at` (rows,), `forecast_at`, `expected_at`."""

    tracked: TrackedCourse
    panel: Panel
    specification: Specification
    parameters: Parameters

    @property
    def days_per_unit(self) -> float:
        return self.specification.days_per_unit

    @property
    def at(self) -> NDArray[np.float64]:
        return self.tracked.times * self.days_per_unit

    @property
    def forecast_at(self) -> NDArray[np.float64]:
        return self.tracked.forecast_times * self.days_per_unit

    @property
    def expected_at(self) -> NDArray[np.float64]:
        return self.tracked.expected_course_times * self.days_per_unit

    def index(self, construct: str) -> int:
        return self.tracked.constructs.index(construct)

    def rows(self, construct: str) -> list[int]:
        """Return the rows at which the construct was reported, in order."""
        return [int(j) for j in np.flatnonzero(np.isfinite(self.tracked.observed[:, self.index(construct)]))]

    def track_without(self, construct: str, rows: Sequence[int]) -> TrackedCourse:
        """Track the course again with the construct's scores at these rows set to missing."""
        scores = self.panel.scores.copy()
        scores[list(rows), self.index(construct)] = np.nan
        return track(replace(self.panel, scores=scores), self.specification, self.parameters)


def measures(record: EpisodeRecord, parameter_set: ParameterSet) -> dict[str, tuple[str, str]]:
    """Return construct → (instrument, scale).

    The episode names the symptom scale. Every other construct has the scale that the client completed most often, among
    those for which the parameter set has units.
    """
    result = {**DEFAULT_MEASURES, "symptoms": record.symptom_measure}
    for construct in TRACKED_CONSTRUCTS[1:]:
        counts = Counter(
            (s.instrument, s.scale)
            for s in record.scores(construct, respondent=Respondent.CLIENT)
            if (s.instrument, s.scale) in parameter_set.scales
        )
        if counts:
            result[construct] = max(counts, key=lambda key: (counts[key], key == DEFAULT_MEASURES[construct], key))
    return result


def time_axis(record: EpisodeRecord, as_of: float) -> tuple[Session, ...]:
    """Return the sessions held, then those still planned.

    Planned sessions follow at this client's median spacing, from the last session or from now, whichever is later.
    """
    sessions = [Session(s.number, s.at, True) for s in sorted(record.sessions, key=lambda s: s.at)]
    if record.ended_at is not None:
        return tuple(sessions)
    gaps = [b.at - a.at for a, b in pairwise(sessions)]
    gap = max(median(gaps), 1.0) if gaps else DEFAULT_GAP
    number, last_at = (sessions[-1].number, sessions[-1].at) if sessions else (0, -gap)
    n_planned = DEFAULT_SESSIONS_AHEAD if record.planned_sessions is None else record.planned_sessions - number
    start = max(last_at + gap, as_of)
    return tuple(sessions + [Session(number + k, start + (k - 1) * gap, False) for k in range(1, n_planned + 1)])


def track_record(
    record: EpisodeRecord,
    instrument_scales: dict[str, tuple[str, str]],
    axis: tuple[Session, ...],
    parameter_set: ParameterSet,
) -> DatedCourse | PictureProblem:
    """Track the course, or return the problem that prevents it; no record makes this raise."""
    if not record.symptom_scores and not record.scores("alliance"):
        return PictureProblem("There are no scores to track yet.", "Send the first check-in.")
    try:
        specification = parameter_set.specification
        panel = episode_panel(record, specification.constructs, instrument_scales, specification.days_per_unit)
        # a session whose check-in was completed beforehand has its score already and needs no forecast
        scored = {s.session for s in record.symptom_scores}
        forecast_days = [s.at for s in axis if not s.held and s.number not in scored]
        forecast_times = np.array(forecast_days, dtype=np.float64) / specification.days_per_unit
        last_time = float(panel.times[-1])
        forecast_times = forecast_times[forecast_times > last_time]
        parameters = parameter_set.in_score_units(instrument_scales)
        tracked = track(
            panel,
            specification,
            parameters,
            until=float(forecast_times[-1]) if len(forecast_times) else last_time,
            forecast_times=forecast_times,
        )
        if not (np.isfinite(tracked.smoothed).all() and np.isfinite(tracked.predicted_sd).all()):
            raise ArithmeticError("a result is not finite")
    except (SecurebaseError, ArithmeticError, np.linalg.LinAlgError) as error:
        return PictureProblem(f"{phrases.TRACKING_FAILED}: {error}", phrases.RECORD_IS_SAFE)
    return DatedCourse(tracked, panel, specification, parameters)
