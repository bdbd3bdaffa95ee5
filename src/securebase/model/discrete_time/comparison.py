"""The likelihood-ratio test for models of waves: equal or free over waves, with or without usual levels."""

from __future__ import annotations

from securebase.errors import ModelError
from securebase.model.discrete_time.fitting import WaveFit
from securebase.model.discrete_time.specification import Over
from securebase.model.fit.comparison import NOT_NESTED, Comparison, ratio
from securebase.model.parameters import Start


def compare_waves(smaller: WaveFit, larger: WaveFit) -> Comparison:
    """Likelihood-ratio test of the smaller model within the larger one; without usual levels their variances are zero,
    the edge of what they can be.

    Raises ModelError where the fits are of other data, where one model is no special case of the other, or where a fit
    is not regular.
    """
    one, two = smaller.specification, larger.specification
    if (one.constructs, one.waves, one.first_wave) != (two.constructs, two.waves, two.first_wave):
        raise ModelError("the models are not nested: they differ in constructs or waves", advice=NOT_NESTED)
    freer = {
        "lags": (one.lags == Over.FREE, two.lags == Over.FREE),
        "residuals": (one.residuals == Over.FREE, two.residuals == Over.FREE),
        "means": (one.means == Over.FREE, two.means == Over.FREE),
        "start": (one.start == Start.FREE, two.start == Start.FREE),
        "usual levels": (one.levels, two.levels),
    }
    for name, (has, may) in freer.items():
        if has and not may:
            raise ModelError(f"the models are not nested: the smaller one has more in “{name}”", advice=NOT_NESTED)
    gained = two.levels and not one.levels
    at_zero = tuple(f"level_covariance[{c},{c}]" for c in two.constructs) if gained else ()
    return ratio(smaller, larger, at_zero)
