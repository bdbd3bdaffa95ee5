"""Fit a cohort: `fit(panel, specification)` gives a `Fit`."""

from securebase.model.fit.fitting import Fit, fit
from securebase.model.fit.result import Estimate, Fitted

__all__ = ["Estimate", "Fit", "Fitted", "fit"]
