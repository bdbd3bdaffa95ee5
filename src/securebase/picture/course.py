"""One record through the model: which scale is read for which construct, where sessions lie, and the tracked course."""

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

#: The product's own session set, read where a construct was measured with nothing else.
OWN_MEASURES = {
    "symptoms": ("session_before", "symptoms"),
    "alliance": ("session_after", "alliance"),
    "social_support": ("session_before", "social_support"),
    "interpersonal_stress": ("session_before", "interpersonal_stress"),
    "interpersonal_skills": ("session_before", "interpersonal_skills"),
    "emotional_processing": ("session_after", "emotional_processing"),
}
#: Days between sessions where the record does not tell.
USUAL_GAP = 7.0
#: Sessions that are looked ahead where no number was planned.
UNPLANNED_AHEAD = 4


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
        """Rows at which the construct was reported, in order."""
        return [int(j) for j in np.flatnonzero(np.isfinite(self.tracked.observed[:, self.index(construct)]))]

    def without(self, construct: str, rows: Sequence[int]) -> TrackedCourse:
        """The same course as the model sees it with these rows' scores of one construct left out."""
        scores = self.panel.scores.copy()
        scores[list(rows), self.index(construct)] = np.nan
        return track(replace(self.panel, scores=scores), self.specification, self.parameters)


def measures(record: EpisodeRecord, parameter_set: ParameterSet) -> dict[str, tuple[str, str]]:
    """Return construct → (instrument, scale).

    The episode names the scale of symptoms. Every other construct has the scale that was used most among those
    for which the parameter set has units.
    """
    chosen = {**OWN_MEASURES, "symptoms": record.symptom_measure}
    for construct in TRACKED_CONSTRUCTS[1:]:
        used = Counter(
            (s.instrument, s.scale)
            for s in record.scores(construct, respondent=Respondent.CLIENT)
            if (s.instrument, s.scale) in parameter_set.scales
        )
        if used:
            chosen[construct] = max(used, key=lambda key: (used[key], key == OWN_MEASURES[construct], key))
    return chosen


def time_axis(record: EpisodeRecord, as_of: float) -> tuple[Session, ...]:
    """Sessions held, then those still planned, placed at this client's usual spacing from the later of the last session
    and now.
    """
    held = [Session(s.number, s.at, True) for s in sorted(record.sessions, key=lambda s: s.at)]
    if record.ended_at is not None:
        return tuple(held)
    gaps = [b.at - a.at for a, b in pairwise(held)]
    gap = max(median(gaps), 1.0) if gaps else USUAL_GAP
    number, at = (held[-1].number, held[-1].at) if held else (0, -gap)
    left = UNPLANNED_AHEAD if record.planned_sessions is None else record.planned_sessions - number
    start = max(at + gap, as_of)
    return tuple(held + [Session(number + k, start + (k - 1) * gap, False) for k in range(1, left + 1)])


def follow(
    record: EpisodeRecord, chosen: dict[str, tuple[str, str]], axis: tuple[Session, ...], parameter_set: ParameterSet
) -> DatedCourse | PictureProblem:
    """The tracked course, or why there is none. Never raises for what was recorded: the record is safe either way."""
    if not record.symptom_scores and not record.scores("alliance"):
        return PictureProblem("There are no scores yet, so there is nothing to follow.", "Send the first check-in.")
    try:
        specification = parameter_set.specification
        panel = episode_panel(record, specification.constructs, chosen, specification.days_per_unit)
        # a session whose check-in has been answered beforehand is known, not foretold
        known = {s.session for s in record.symptom_scores}
        coming = [s.at for s in axis if not s.held and s.number not in known]
        ahead = np.array(coming, dtype=np.float64) / specification.days_per_unit
        last = float(panel.times[-1])
        ahead = ahead[ahead > last]
        parameters = parameter_set.in_score_units(chosen)
        tracked = track(
            panel,
            specification,
            parameters,
            until=float(ahead[-1]) if len(ahead) else last,
            forecast_times=ahead,
        )
        if not (np.isfinite(tracked.smoothed).all() and np.isfinite(tracked.predicted_sd).all()):
            raise ArithmeticError("a number that is not finite came out")
    except (SecurebaseError, ArithmeticError, np.linalg.LinAlgError) as error:
        return PictureProblem(f"{phrases.TRACKING_FAILED}: {error}", phrases.RECORD_IS_SAFE)
    return DatedCourse(tracked, panel, specification, parameters)
