"""Fit a cohort: `fit(panel, specification)` gives a `Fit`."""

from securebase.model.fit.comparison import Comparison, compare
from securebase.model.fit.fitting import Fit, fit
from securebase.model.fit.priors import Towards, in_units_of, towards_set
from securebase.model.fit.result import Estimate, Fitted
from securebase.model.fit.sandwich import robust

__all__ = [
    "Comparison",
    "Estimate",
    "Fit",
    "Fitted",
    "Towards",
    "compare",
    "fit",
    "in_units_of",
    "robust",
    "towards_set",
]
