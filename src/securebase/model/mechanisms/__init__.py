"""Shelf of mechanisms in the order of listings: one file each, and no file imports another."""

from importlib import import_module

from securebase.model.mechanism import Mechanism

#: names of the files
_SHELF = (
    "alliance_to_symptoms",
    "symptoms_to_alliance",
    "support_to_symptoms",
    "stress_to_symptoms",
    "processing_to_symptoms",
    "skills_to_symptoms",
    "alliance_to_support",
    "alliance_to_stress",
    "alliance_to_processing",
    "alliance_to_skills",
    "stress_to_support",
    "processing_to_support",
    "processing_to_stress",
    "skills_to_stress",
    "skills_to_support",
    "symptoms_to_stress",
    "therapy_to_symptoms",
    "therapy_to_alliance",
    "therapy_to_support",
    "therapy_to_stress",
    "therapy_to_processing",
    "therapy_to_skills",
)

MECHANISMS: tuple[Mechanism, ...] = tuple(import_module(f"{__name__}.{name}").MECHANISM for name in _SHELF)
