"""Simulation: draws from the fitted model, and from scenarios with more processes than any fit has."""

from securebase.model.scenario import Scenario, scenarios
from securebase.model.simulate.clients import SimulatedClients, draw_clients
from securebase.model.simulate.clinic import phase_of
from securebase.model.simulate.cohort import simulate, simulate_with_truth
from securebase.model.simulate.draws import Persons, draw_persons, draw_true_values, simulate_panel
from securebase.model.simulate.shocks import Shock
from securebase.model.simulate.table import SimulatedTable, simulate_table, tabulate
from securebase.model.simulate.truth import PersonTruth, Truth

__all__ = [
    "PersonTruth",
    "Persons",
    "Scenario",
    "Shock",
    "SimulatedClients",
    "SimulatedTable",
    "Truth",
    "draw_clients",
    "draw_persons",
    "draw_true_values",
    "phase_of",
    "scenarios",
    "simulate",
    "simulate_panel",
    "simulate_table",
    "simulate_with_truth",
    "tabulate",
]
