"""Retellings of stories as exposure: fall within a retelling, return between two, and learning, pooled over stories."""

from securebase.model.retellings.fitting import fit_retellings
from securebase.model.retellings.parameters import RetellingParameters
from securebase.model.retellings.posterior import StoryCourse, StoryPosterior, story_posterior
from securebase.model.retellings.records import retelling_rows, rows_of_series
from securebase.model.retellings.result import RetellingEstimate, RetellingFit
from securebase.model.retellings.table import RetellingRow

__all__ = [
    "RetellingEstimate",
    "RetellingFit",
    "RetellingParameters",
    "RetellingRow",
    "StoryCourse",
    "StoryPosterior",
    "fit_retellings",
    "retelling_rows",
    "rows_of_series",
    "story_posterior",
]
