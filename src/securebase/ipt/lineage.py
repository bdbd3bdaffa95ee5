"""The lineage of IPT that a clinic works in: which problem areas, sick role or not, which formulation, which words.

Two lineages are known (Klerman and Weissman; Stuart and Robertson); a clinic may mix them. None of it was
checked with a supervisor of either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securebase.records.vocabulary import ProblemArea

FORMULATIONS = ("triad", "classic")
#: What the end of the acute treatment is called on pages and paper.
ENDING_WORDS = ("ending", "termination", "conclusion of the acute treatment")


@dataclass(frozen=True, slots=True)
class Lineage:
    """The settings of a clinic that decide what its course of IPT looks like.

    areas: the problem areas it works with. sick_role: whether a client is given it. formulation: “triad” (stressor ×
    vulnerability × support) or “classic” (diagnosis, onset, problem area). ending: its word for the end.
    """

    areas: tuple[ProblemArea, ...] = tuple(ProblemArea)
    sick_role: bool = True
    formulation: str = "triad"
    ending: str = ENDING_WORDS[0]

    def asks_for(self, lineage: str) -> bool:
        """Whether something that only one lineage uses (“sick_role”, “triad”, “classic”) is used here."""
        return not lineage or (self.sick_role if lineage == "sick_role" else lineage == self.formulation)

    def plain(self) -> dict[str, Any]:
        """As plain values that can be stored."""
        return {
            "areas": [a.value for a in self.areas],
            "sick_role": self.sick_role,
            "formulation": self.formulation,
            "ending": self.ending,
        }


KLERMAN_WEISSMAN = Lineage(formulation="classic", ending="termination")
STUART_ROBERTSON = Lineage(
    areas=(ProblemArea.GRIEF, ProblemArea.ROLE_DISPUTE, ProblemArea.ROLE_TRANSITION),
    sick_role=False,
    ending="conclusion of the acute treatment",
)
#: What a new clinic begins with: all areas, sick role, triad.
DEFAULT_LINEAGE = Lineage()
#: Lineages that a clinic can begin from: name → (what to call it, the settings).
PRESETS: Mapping[str, tuple[str, Lineage]] = {
    "klerman": ("After Klerman and Weissman", KLERMAN_WEISSMAN),
    "stuart": ("After Stuart and Robertson", STUART_ROBERTSON),
    "wide": ("All of both", DEFAULT_LINEAGE),
}


def describe_changes(old: Lineage, new: Lineage) -> tuple[str, ...]:
    """What will be another on pages after the change, in sentences; empty where nothing will."""
    said: list[str] = []
    gone, come = [a for a in old.areas if a not in new.areas], [a for a in new.areas if a not in old.areas]
    if gone:
        names = " and ".join(a.label for a in gone)
        said.append(f"{names} can no longer be chosen as a problem area; where it is chosen already, it stays.")
    if come:
        said.append(f"{' and '.join(a.label for a in come)} can be chosen as a problem area.")
    if old.sick_role and not new.sick_role:
        said.append("The task and the tool of the sick role are no longer shown; what was filled in is kept.")
    if new.sick_role and not old.sick_role:
        said.append("The sick role becomes a task of the first sessions, and has a tool.")
    if old.formulation != new.formulation:
        asks = (
            "stressor, vulnerability, support and symptoms"
            if new.formulation == "triad"
            else "illness, onset and problem area"
        )
        said.append(f"A formulation asks for {asks}; what was written in the other form is kept.")
    if old.ending != new.ending:
        said.append(f"Pages say “{new.ending}” where they said “{old.ending}”.")
    return tuple(said)


def load_lineage(stored: Mapping[str, Any]) -> Lineage:
    """What was stored as a lineage; what is missing or unknown in it is as in a new clinic."""
    known = {a.value for a in ProblemArea}
    areas = tuple(ProblemArea(a) for a in stored.get("areas", ()) if a in known) or DEFAULT_LINEAGE.areas
    formulation, ending = stored.get("formulation"), stored.get("ending")
    return Lineage(
        areas=areas,
        sick_role=bool(stored.get("sick_role", DEFAULT_LINEAGE.sick_role)),
        formulation=formulation if formulation in FORMULATIONS else DEFAULT_LINEAGE.formulation,
        ending=ending if ending in ENDING_WORDS else DEFAULT_LINEAGE.ending,
    )
