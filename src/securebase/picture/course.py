"""One prepared record through the model: the tracked course with its times in days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.errors import SecurebaseError
from securebase.model.observations import episode_panel
from securebase.model.panel import Panel
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Parameters
from securebase.model.specification import Specification
from securebase.model.track import TrackedCourse, track
from securebase.picture import phrases
from securebase.picture.parts import IntervalEstimate, PictureProblem, ReportedScore
from securebase.picture.series import HALF_90, PreparedRecord, Series


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

    def reports(self, series: Series) -> tuple[tuple[int, ReportedScore], ...]:
        """Return the scores that the model used, each with its row and its session, where one is known."""
        column, at = self.tracked.observed[:, self.index(series.construct)], self.at
        sessions = {round(r.at, 6): r.session for r in series.reported}
        return tuple(
            (j, ReportedScore(float(at[j]), float(column[j]), sessions.get(round(float(at[j]), 6))))
            for j in self.rows(series.construct)
        )

    def usual_level(self, series: Series, tracked: TrackedCourse | None = None) -> IntervalEstimate:
        """Return the usual level at the end of the course, mean trend included, with its 90% interval.

        `tracked` is the result of `track_without`, where scores were left out.
        """
        tracked, k = tracked or self.tracked, self.index(series.construct)
        value = tracked.usual_level[k] + tracked.trend[-1, k]
        return series.interval(self.at[-1], value, HALF_90 * tracked.usual_level_sd[k])

    def track_without(self, construct: str, rows: Sequence[int]) -> TrackedCourse:
        """Track the course again with the construct's scores at these rows set to missing."""
        scores = self.panel.scores.copy()
        scores[list(rows), self.index(construct)] = np.nan
        return track(replace(self.panel, scores=scores), self.specification, self.parameters)


def track_record(prepared: PreparedRecord, parameter_set: ParameterSet) -> DatedCourse | PictureProblem | None:
    """Track the course, or return the problem that prevents it; no record makes this raise.

    None: all scores are on a measure without units in the parameter set, as a note of the picture says.
    """
    if not prepared.trackable and prepared.series["symptoms"].reported:
        return None
    if not prepared.trackable:
        return PictureProblem("There are no scores to track yet.", "Send the first check-in.")
    try:
        specification = parameter_set.specification
        measures = prepared.measures
        if not prepared.models_symptoms:
            # without units the scores cannot be placed on the model's scale: its symptoms stay missing
            del measures["symptoms"]
        panel = episode_panel(prepared.record, specification.constructs, measures, specification.days_per_unit)
        # a session whose check-in was completed beforehand has its score already and needs no forecast
        scored = {r.session for r in prepared.series["symptoms"].reported}
        forecast_days = [s.at for s in prepared.axis if not s.held and s.number not in scored]
        forecast_times = np.array(forecast_days, dtype=np.float64) / specification.days_per_unit
        last_time = float(panel.times[-1])
        forecast_times = forecast_times[forecast_times > last_time]
        parameters = parameter_set.in_score_units(measures)
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
