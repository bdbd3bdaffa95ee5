"""The verb `simulate`: draws from the model, and from more than is ever fitted."""

from securebase.model.scenario import Scenario, scenarios
from securebase.model.simulate.cohort import Shock, phase_of, simulate
from securebase.model.simulate.draws import Persons, draw_persons, draw_true_values, simulate_panel

__all__ = [
    "Persons",
    "Scenario",
    "Shock",
    "draw_persons",
    "draw_true_values",
    "phase_of",
    "scenarios",
    "simulate",
    "simulate_panel",
]
