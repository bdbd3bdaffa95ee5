"""The shelf: ways of estimating a lagged association.

The report leads with PRIMARY; what stays must also stand before GUARD; ALTERNATIVES ask the same question otherwise.
"""

from securebase.study.estimator import LagEstimator
from securebase.study.estimators import (
    a_session_later,
    common_course,
    half_panel,
    long_courses,
    neighbours,
    other_processes,
    recorded,
    successive,
    within_pairs,
)

PRIMARY: LagEstimator = successive.ESTIMATOR
GUARD: LagEstimator = common_course.ESTIMATOR

ALTERNATIVES: tuple[LagEstimator, ...] = (
    neighbours.ESTIMATOR,
    a_session_later.ESTIMATOR,
    recorded.ESTIMATOR,
    long_courses.ESTIMATOR,
    within_pairs.ESTIMATOR,
    half_panel.ESTIMATOR,
    other_processes.ESTIMATOR,
)
