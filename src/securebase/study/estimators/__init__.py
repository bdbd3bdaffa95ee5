"""The shelf: ways of estimating a lagged association. The first is what the report leads with, the others test it."""

from securebase.study.estimator import LagEstimator
from securebase.study.estimators import (
    half_panel,
    long_courses,
    neighbours,
    other_processes,
    recorded,
    successive,
    within_pairs,
)

PRIMARY: LagEstimator = successive.ESTIMATOR

ALTERNATIVES: tuple[LagEstimator, ...] = (
    neighbours.ESTIMATOR,
    recorded.ESTIMATOR,
    long_courses.ESTIMATOR,
    within_pairs.ESTIMATOR,
    half_panel.ESTIMATOR,
    other_processes.ESTIMATOR,
)
