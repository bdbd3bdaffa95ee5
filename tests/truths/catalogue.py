"""Collect all truths by name, and draw one cohort of a truth from a seed."""

from __future__ import annotations

import zlib

import numpy as np

from .columns import COLUMNS
from .crises import CRISES
from .pairs import PAIRS
from .sessions import SESSION_DESIGNS
from .truth import Columns, Truth

TRUTHS: dict[str, Truth] = {truth.name: truth for truth in (*PAIRS, *COLUMNS, *CRISES, *SESSION_DESIGNS)}


def draw_cohort(truth: Truth, persons: int, cohort: int) -> Columns:
    """Simulate one of many cohorts; each has a random stream of its own, whatever else is drawn."""
    return truth.draw(persons, np.random.default_rng([zlib.crc32(truth.name.encode()), persons, cohort]))
