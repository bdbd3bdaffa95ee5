"""Likelihood-ratio tests of discrete-time panel models: equality over waves, and random intercepts."""

from __future__ import annotations

from securebase.errors import ModelError
from securebase.model.discrete_time.fitting import DiscreteTimeFit
from securebase.model.discrete_time.specification import WaveConstraint
from securebase.model.fit.comparison import NOT_NESTED, Comparison, likelihood_ratio_test
from securebase.model.parameters import Start


def compare_discrete_time(smaller: DiscreteTimeFit, larger: DiscreteTimeFit) -> Comparison:
    """Test the smaller model within the larger one by their likelihood ratio.

    A model without random intercepts puts their variances at zero, the boundary of the parameter space. Raises
    ModelError where the fits are of different data, the models are not nested, or a fit is not regular.
    """
    small, large = smaller.specification, larger.specification
    if (small.constructs, small.waves, small.first_wave) != (large.constructs, large.waves, large.first_wave):
        raise ModelError("the models are not nested: they differ in constructs or waves", advice=NOT_NESTED)
    freedom = {
        "lags": (small.lags == WaveConstraint.FREE, large.lags == WaveConstraint.FREE),
        "residuals": (small.residuals == WaveConstraint.FREE, large.residuals == WaveConstraint.FREE),
        "means": (small.means == WaveConstraint.FREE, large.means == WaveConstraint.FREE),
        "start": (small.start == Start.FREE, large.start == Start.FREE),
        "usual levels": (small.levels, large.levels),
    }
    for name, (in_smaller, in_larger) in freedom.items():
        if in_smaller and not in_larger:
            raise ModelError(f"the models are not nested: the smaller one has more in “{name}”", advice=NOT_NESTED)
    tests_levels = large.levels and not small.levels
    at_zero = tuple(f"level_covariance[{c},{c}]" for c in large.constructs) if tests_levels else ()
    return likelihood_ratio_test(smaller, larger, at_zero)
