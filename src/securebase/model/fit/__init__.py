"""Maximum-likelihood estimation of the continuous-time model: `fit(panel, specification)` returns a `Fit`."""

from securebase.model.fit.comparison import Comparison, compare
from securebase.model.fit.fitting import Fit, fit
from securebase.model.fit.priors import ShrinkagePrior, in_panel_units, prior_from_set
from securebase.model.fit.result import Estimate, FitResult
from securebase.model.fit.sandwich import with_robust_errors

__all__ = [
    "Comparison",
    "Estimate",
    "Fit",
    "FitResult",
    "ShrinkagePrior",
    "compare",
    "fit",
    "in_panel_units",
    "prior_from_set",
    "with_robust_errors",
]
