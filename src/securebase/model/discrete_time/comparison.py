"""The likelihood-ratio test for models of waves: equal or free over waves, with or without usual levels."""

from __future__ import annotations

from securebase.errors import ModelError
from securebase.model.discrete_time.fitting import DiscreteTimeFit
from securebase.model.discrete_time.specification import WaveConstraint
from securebase.model.fit.comparison import NOT_NESTED, Comparison, likelihood_ratio_test
from securebase.model.parameters import Start


def compare_discrete_time(smaller: DiscreteTimeFit, larger: DiscreteTimeFit) -> Comparison:
    """Likelihood-ratio test of the smaller model within the larger one; without usual levels their variances are zero,
    the edge of what they can be.

    Raises ModelError where the fits are of other data, where one model is no special case of the other, or where a fit
    is not regular.
    """
    one, two = smaller.specification, larger.specification
    if (one.constructs, one.waves, one.first_wave) != (two.constructs, two.waves, two.first_wave):
        raise ModelError("the models are not nested: they differ in constructs or waves", advice=NOT_NESTED)
    freer = {
        "lags": (one.lags == WaveConstraint.FREE, two.lags == WaveConstraint.FREE),
        "residuals": (one.residuals == WaveConstraint.FREE, two.residuals == WaveConstraint.FREE),
        "means": (one.means == WaveConstraint.FREE, two.means == WaveConstraint.FREE),
        "start": (one.start == Start.FREE, two.start == Start.FREE),
        "usual levels": (one.levels, two.levels),
    }
    for name, (has, may) in freer.items():
        if has and not may:
            raise ModelError(f"the models are not nested: the smaller one has more in “{name}”", advice=NOT_NESTED)
    gained = two.levels and not one.levels
    at_zero = tuple(f"level_covariance[{c},{c}]" for c in two.constructs) if gained else ()
    return likelihood_ratio_test(smaller, larger, at_zero)
