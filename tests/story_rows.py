"""Rows of simulated stories, and parameters to compute with."""

from __future__ import annotations

import numpy as np

from securebase.model.retellings import RetellingParameters, RetellingRow
from truths.stories import Stories

PARAMETERS = RetellingParameters(
    peak=80.0, spread=10.0, error=4.0, within=0.35, returns=0.6, within_sd=0.4, returns_sd=0.4, learned=0.8
)


def rows_of(truth: Stories, stories: int, seed: int) -> list[RetellingRow]:
    return [
        RetellingRow("told", f"c{i}", day, peak, end)
        for i, story in enumerate(truth.draw(stories, np.random.default_rng(seed)))
        for day, peak, end in zip(*story, strict=True)
    ]
