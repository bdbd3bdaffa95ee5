"""All estimators of a lagged association.

The report leads with PRIMARY; an association that persists must also persist under TIME_ADJUSTED; ALTERNATIVES are
sensitivity analyses of the same association.
"""

from securebase.study.estimator import LagEstimator
from securebase.study.estimators import (
    adjacent_sessions,
    common_time_course,
    half_panel_jackknife,
    min_observations,
    next_session,
    other_processes_adjusted,
    person_fixed_effects,
    skip_empty_sessions,
    successive_sessions,
)

PRIMARY: LagEstimator = successive_sessions.ESTIMATOR
TIME_ADJUSTED: LagEstimator = common_time_course.ESTIMATOR

ALTERNATIVES: tuple[LagEstimator, ...] = (
    adjacent_sessions.ESTIMATOR,
    next_session.ESTIMATOR,
    skip_empty_sessions.ESTIMATOR,
    min_observations.ESTIMATOR,
    person_fixed_effects.ESTIMATOR,
    half_panel_jackknife.ESTIMATOR,
    other_processes_adjusted.ESTIMATOR,
)
