"""Person-specific lagged effects and their variation in a cohort, by the Laplace approximation."""

from securebase.model.person_effects.cohort import fit_person_effects
from securebase.model.person_effects.cohort_effects import CohortEffects
from securebase.model.person_effects.contributions import Contributions, contributions
from securebase.model.person_effects.deviation import DeviatingEffects
from securebase.model.person_effects.one_client import PersonEffects, estimate_person_effects

__all__ = [
    "CohortEffects",
    "Contributions",
    "DeviatingEffects",
    "PersonEffects",
    "contributions",
    "estimate_person_effects",
    "fit_person_effects",
]
