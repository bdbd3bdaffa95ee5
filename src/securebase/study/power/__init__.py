"""Power, precision and bias of a planned study, estimated by simulating and fitting it many times."""

from securebase.study.power.plan import PowerPlan
from securebase.study.power.power import power
from securebase.study.power.truth import AssumedTruth, truth_from_fit, truth_from_set

__all__ = ["AssumedTruth", "PowerPlan", "power", "truth_from_fit", "truth_from_set"]
