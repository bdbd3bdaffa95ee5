"""Probes of simulation features: a statistic of a small simulated cohort has the sign that the claim names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

import numpy as np
from msgspec import field

from securebase.errors import ModelError
from securebase.model.scenario import Scenario, scenario
from securebase.model.theory import SIMULATORS, TheoryEdge
from securebase.register.simulated import FEATURES
from securebase.schema import Number, Place, ShelfStruct, Text, read_toml, to_plain
from securebase.study.calibration.samples import CohortSample
from securebase.study.calibration.sampling import draw_arms
from securebase.study.calibration.statistics import STATISTICS, convert_arguments

_SEED, _CLIENTS = 1, 400


class SimulatedFeature(ShelfStruct, frozen=True):
    """Statistic that shows a feature of the simulator.

    statistic: one of the calibration, or of `simulated.py`. sign: of its value, which must be beyond `size`, or within
    it where the sign is 0. arms: treatments to compare.
    """

    shows: Text
    scenario: Text
    statistic: Text
    sign: Literal["+", "-", "0"]
    size: Number
    arguments: Mapping[str, Any] = {}
    arms: tuple[str, ...] = ("ipt",)


class ClaimSimulation(SimulatedFeature, frozen=True, kw_only=True):
    """A feature that a claim needs."""

    claim: Text


class EdgeSimulation(SimulatedFeature, frozen=True, kw_only=True):
    """The feature that simulates an edge of the theory."""

    begin: Text = field(name="from")
    end: Text = field(name="to")
    moderator: str = ""


class SimulationsFile(ShelfStruct, frozen=True):
    """The file of the features that claims and edges rest on."""

    claim: tuple[ClaimSimulation, ...] = ()
    edge: tuple[EdgeSimulation, ...] = ()


@cache
def simulations() -> SimulationsFile:
    """Return the shelf of simulation features. Raises ModelError if the file is invalid."""
    content = (resources.files("securebase.register") / "simulations.toml").read_bytes()
    return read_toml(content, SimulationsFile, Place("simulations.toml", ModelError))


def simulations_of(claim: str) -> list[str]:
    """Return the features of a claim whose statistic has its sign, in words."""
    return [in_words(f) for f in simulations().claim if f.claim == claim and has_sign(f)]


def simulated_edge(edge: TheoryEdge) -> str:
    """Return how an edge is simulated, in words; empty if no feature shows it or the sign is another one."""
    feature = next(
        (
            f
            for f in simulations().edge
            # two edges may have the same ends
            if (f.begin, f.moderator, f.end) == (edge.from_construct, edge.moderator, edge.to_construct)
            and f.arguments.get("edge", edge.id) == edge.id
        ),
        None,
    )
    if feature is None or feature.sign != edge.sign or not has_sign(feature):
        return ""
    process = SIMULATORS[edge.by].label if edge.by in SIMULATORS else "scenarios of the whole web"
    return f"{edge.label}: simulated, {process}; {in_words(feature)}"


def has_sign(feature: SimulatedFeature) -> bool:
    """Return whether the statistic of a simulated cohort has the sign of the feature."""
    value = value_of(feature)
    size = feature.size
    return {"+": value > size, "-": value < -size, "0": abs(value) <= size}[feature.sign]


def value_of(feature: SimulatedFeature) -> float:
    """Return the statistic of a feature in a cohort of 400 clients an arm, or of fewer records; the seed is fixed."""
    return _value(feature.scenario, feature.statistic, json.dumps(to_plain(feature.arguments)), feature.arms)


@cache
def _value(name: str, statistic: str, arguments: str, arms: tuple[str, ...]) -> float:
    """Return the statistic of a scenario; arguments as JSON. Claims and edges share many of them."""
    truth, values = scenario(name), json.loads(arguments)
    if statistic in FEATURES:
        return FEATURES[statistic](truth, **values)
    return STATISTICS[statistic](_samples(truth, arms), **convert_arguments(statistic, values))


@lru_cache(maxsize=6)
def _samples(truth: Scenario, arms: tuple[str, ...]) -> Mapping[str, CohortSample]:
    return draw_arms(truth, arms, _CLIENTS, np.random.default_rng(_SEED))


def in_words(feature: SimulatedFeature) -> str:
    return f"{feature.shows} (`{feature.scenario}`, `{feature.statistic}`)"
