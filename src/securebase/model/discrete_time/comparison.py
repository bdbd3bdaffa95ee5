"""Likelihood-ratio tests of discrete-time panel models: equality over waves, and random intercepts."""

from __future__ import annotations

from securebase.errors import ModelError
from securebase.model.discrete_time.result import DiscreteTimeFit
from securebase.model.discrete_time.specification import WaveConstraint
from securebase.model.estimation.comparison import NOT_NESTED, Comparison, check_nested, likelihood_ratio_test
from securebase.model.specification import Start


def compare_discrete_time(smaller: DiscreteTimeFit, larger: DiscreteTimeFit) -> Comparison:
    """Test the smaller model within the larger one by their likelihood ratio.

    A model without random intercepts puts their variances at zero, the boundary of the parameter space. Raises
    ModelError where the fits are of different data, the models are not nested, or a fit is not regular.
    """
    small, large = smaller.specification, larger.specification
    if (small.constructs, small.waves, small.first_wave) != (large.constructs, large.waves, large.first_wave):
        raise ModelError("the models are not nested: they differ in constructs or waves", advice=NOT_NESTED)
    check_nested(
        {
            "lags": large.lags is WaveConstraint.FREE or small.lags is WaveConstraint.EQUAL,
            "residuals": large.residuals is WaveConstraint.FREE or small.residuals is WaveConstraint.EQUAL,
            "means": large.means is WaveConstraint.FREE or small.means is WaveConstraint.EQUAL,
            "start": large.start is Start.FREE or small.start is Start.STATIONARY,
            "usual levels": large.levels or not small.levels,
        }
    )
    tests_levels = large.levels and not small.levels
    at_zero = tuple(f"level_covariance[{c},{c}]" for c in large.constructs) if tests_levels else ()
    return likelihood_ratio_test(smaller, larger, at_zero)
