"""Discrete-time panel models (RI-CLPM, CLPM, multilevel VAR), fitted by `fit_discrete_time`."""

from securebase.model.discrete_time.comparison import compare_discrete_time
from securebase.model.discrete_time.fitting import fit_discrete_time
from securebase.model.discrete_time.likelihood import DiscreteTimeLikelihood
from securebase.model.discrete_time.result import DiscreteTimeFit
from securebase.model.discrete_time.specification import (
    DiscreteTimeModel,
    DiscreteTimeParameters,
    DiscreteTimeSpecification,
    WaveConstraint,
    discrete_time_specification,
)

__all__ = [
    "DiscreteTimeFit",
    "DiscreteTimeLikelihood",
    "DiscreteTimeModel",
    "DiscreteTimeParameters",
    "DiscreteTimeSpecification",
    "WaveConstraint",
    "compare_discrete_time",
    "discrete_time_specification",
    "fit_discrete_time",
]
