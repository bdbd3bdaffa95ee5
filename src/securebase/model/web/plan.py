"""Use of the web by a scenario: whether edges act on the tracked constructs, and which links differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from msgspec.structs import replace

from securebase.errors import ModelError
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.model.parameter_set import ParameterSet
from securebase.model.states import states
from securebase.model.theory import theory
from securebase.model.web.build import build_web
from securebase.model.web.network import Web, switch_off
from securebase.model.web.terms import collect_terms

#: attachment style → centre of anxiety and avoidance, in SDs of clients; judgements
STYLES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"secure": (-1.0, -1.0), "anxious": (1.2, -0.3), "avoidant": (-0.3, 1.2), "disorganised": (1.2, 1.2)}
)
#: SD of both dimensions among people of one style, a judgement
STYLE_SPREAD = 0.5


@dataclass(frozen=True, slots=True)
class WebPlan:
    """Use of the web by a scenario.

    enters_core: whether edges into the tracked constructs act. If not, these are simulated by the fitted model alone,
    and all other constructs follow them. sizes: other sizes by the id of an edge. without: ids of edges that the
    scenario does not have; variances and means remain as stated. off: ids of links that an intervention switches off,
    without solving anything else again. own_change: other SDs of person-specific change by the planned end, by
    construct.
    """

    enters_core: bool = False
    sizes: Mapping[str, float] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    own_change: Mapping[str, float] = field(default_factory=dict)

    def build(self, parameter_set: ParameterSet) -> Web:
        """Return the web of a parameter set; one fitted to a table has its own constructs only."""
        own_change = tuple(sorted(self.own_change.items()))
        web = _build(
            parameter_set, self.enters_core, tuple(sorted(self.sizes.items())), tuple(sorted(self.without)), own_change
        )
        return switch_off(web, self.off) if self.off else web


@lru_cache(maxsize=16)
def _build(
    parameter_set: ParameterSet,
    enters_core: bool,
    sizes: tuple[tuple[str, float], ...],
    without: tuple[str, ...],
    own_change: tuple[tuple[str, float], ...],
) -> Web:
    core = parameter_set.specification.constructs
    if set(core) != set(TRACKED_CONSTRUCTS):
        return tracked_web(parameter_set)
    shelf = dict(states())
    for name, sd in own_change:
        if name not in shelf:
            raise ModelError(f"own_change: “{name}” is not a construct of this web outside the tracked ones")
        shelf[name] = replace(shelf[name], own_change=sd)
    terms = collect_terms(core, shelf, theory().edges, enters_core=enters_core, sizes=dict(sizes), without=without)
    return build_web(parameter_set, shelf, terms)


def tracked_web(parameter_set: ParameterSet) -> Web:
    """Return the web of the tracked constructs alone: their model, without any other edge."""
    core = parameter_set.specification.constructs
    return build_web(parameter_set, {}, collect_terms(core, {}, (), enters_core=False))


def style_centre(style: str) -> tuple[float, float]:
    """Return the centre of an attachment style. Raises ModelError with the known ones."""
    if style not in STYLES:
        raise ModelError(f"unknown attachment style “{style}”", advice=f"Use one of {', '.join(STYLES)}.")
    return STYLES[style]
