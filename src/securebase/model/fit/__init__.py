"""Fit a cohort: `fit(panel, specification)` gives a `Fit`."""

from securebase.model.fit.fitting import Estimate, Fit, fit

__all__ = ["Estimate", "Fit", "fit"]
