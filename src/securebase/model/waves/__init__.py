"""The discrete-time special cases: models that count waves. `fit_waves(panel, specification)` gives a `WaveFit`."""

from securebase.model.waves.compare import compare_waves
from securebase.model.waves.fitting import WaveFit, fit_waves
from securebase.model.waves.likelihood import WaveLikelihood
from securebase.model.waves.specification import Over, WaveModel, WaveParameters, WaveSpecification, wave_specification

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
