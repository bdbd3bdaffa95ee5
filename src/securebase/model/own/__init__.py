"""Lagged effects of one client's own, and how they differ between the clients of a cohort (Laplace's approximation)."""

from securebase.model.own.cohort import CohortEffects, fit_own_effects
from securebase.model.own.contributions import Contributions, contributions
from securebase.model.own.deviation import DeviatingEffects
from securebase.model.own.one_client import OwnEffects, own_effects

__all__ = [
    "CohortEffects",
    "Contributions",
    "DeviatingEffects",
    "OwnEffects",
    "contributions",
    "fit_own_effects",
    "own_effects",
]
