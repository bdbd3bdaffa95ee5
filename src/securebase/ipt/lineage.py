"""The lineage of IPT that a clinic works in: which problem areas, sick role or not, which formulation, which words.

Two lineages are known (ipt.md: Klerman and Weissman; Stuart and Robertson); a clinic may mix them. None of it was
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
BEGINNING = Lineage()


def lineage_from(stored: Mapping[str, Any]) -> Lineage:
    """What was stored as a lineage; what is missing or unknown in it is as in a new clinic."""
    known = {a.value for a in ProblemArea}
    areas = tuple(ProblemArea(a) for a in stored.get("areas", ()) if a in known) or BEGINNING.areas
    formulation, ending = stored.get("formulation"), stored.get("ending")
    return Lineage(
        areas=areas,
        sick_role=bool(stored.get("sick_role", BEGINNING.sick_role)),
        formulation=formulation if formulation in FORMULATIONS else BEGINNING.formulation,
        ending=ending if ending in ENDING_WORDS else BEGINNING.ending,
    )
