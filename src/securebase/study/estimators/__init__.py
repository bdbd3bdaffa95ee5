"""All estimators of a lagged association.

The report leads with PRIMARY; an association that persists must also persist under TIME_ADJUSTED; ALTERNATIVES are
sensitivity analyses of the same association.
"""

from importlib import import_module

from securebase.study.estimator import LagEstimator
from securebase.study.estimators import common_time_course, successive_sessions

PRIMARY: LagEstimator = successive_sessions.ESTIMATOR
TIME_ADJUSTED: LagEstimator = common_time_course.ESTIMATOR

#: names of the files of sensitivity analyses, in the order of reports
_SENSITIVITY = (
    "adjacent_sessions",
    "next_session",
    "skip_empty_sessions",
    "min_observations",
    "person_fixed_effects",
    "half_panel_jackknife",
    "other_processes_adjusted",
)
ALTERNATIVES: tuple[LagEstimator, ...] = tuple(import_module(f"{__name__}.{name}").ESTIMATOR for name in _SENSITIVITY)
