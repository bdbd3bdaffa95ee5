"""The discrete-time special cases: models that count waves. `fit_waves(panel, specification)` gives a `WaveFit`."""

from securebase.model.discrete_time.comparison import compare_waves
from securebase.model.discrete_time.fitting import WaveFit, fit_waves
from securebase.model.discrete_time.likelihood import WaveLikelihood
from securebase.model.discrete_time.specification import (
    Over,
    WaveModel,
    WaveParameters,
    WaveSpecification,
    wave_specification,
)

__all__ = [
    "Over",
    "WaveFit",
    "WaveLikelihood",
    "WaveModel",
    "WaveParameters",
    "WaveSpecification",
    "compare_waves",
    "fit_waves",
    "wave_specification",
]
