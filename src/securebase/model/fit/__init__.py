"""Maximum-likelihood estimation of the continuous-time model: `fit(panel, specification)` returns a `Fit`."""

from securebase.model.estimation.comparison import Comparison
from securebase.model.estimation.result import Estimate, FitResult
from securebase.model.fit.comparison import compare
from securebase.model.fit.fitting import draw_parameters, effect_score, fit, with_robust_errors
from securebase.model.fit.priors import ShrinkagePrior, in_panel_units, prior_from_set
from securebase.model.fit.result import Fit

__all__ = [
    "Comparison",
    "Estimate",
    "Fit",
    "FitResult",
    "ShrinkagePrior",
    "compare",
    "draw_parameters",
    "effect_score",
    "fit",
    "in_panel_units",
    "prior_from_set",
    "with_robust_errors",
]
