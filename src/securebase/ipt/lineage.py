"""The lineage of IPT that a clinic works in: its problem areas, sick role, kind of formulation and word for the end.

There are two lineages (Klerman and Weissman; Stuart and Robertson); a clinic may mix them. No supervisor of either
has checked these settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securebase.records.vocabulary import ProblemArea

FORMULATIONS = ("triad", "classic")
#: Words for the end of the acute treatment, on pages and paper.
ENDING_WORDS = ("ending", "termination", "conclusion of the acute treatment")


@dataclass(frozen=True, slots=True)
class Lineage:
    """A clinic's settings for its course of IPT.

    areas: the problem areas it works with. sick_role: clients are given the sick role. formulation: “triad” (stressor ×
    vulnerability × support) or “classic” (diagnosis, onset, problem area). ending: its word for the end.
    """

    areas: tuple[ProblemArea, ...] = tuple(ProblemArea)
    sick_role: bool = True
    formulation: str = "triad"
    ending: str = ENDING_WORDS[0]

    def uses(self, lineage: str) -> bool:
        """Return whether the clinic uses an element of one lineage (“sick_role”, “triad”, “classic”; empty: always)."""
        return not lineage or (self.sick_role if lineage == "sick_role" else lineage == self.formulation)


KLERMAN_WEISSMAN = Lineage(formulation="classic", ending="termination")
STUART_ROBERTSON = Lineage(
    areas=(ProblemArea.GRIEF, ProblemArea.ROLE_DISPUTE, ProblemArea.ROLE_TRANSITION),
    sick_role=False,
    ending="conclusion of the acute treatment",
)
#: Settings of a new clinic: all areas, sick role, triad.
DEFAULT_LINEAGE = Lineage()
#: Presets that a clinic can start from: name → (label, settings).
PRESETS: Mapping[str, tuple[str, Lineage]] = {
    "klerman": ("Klerman and Weissman", KLERMAN_WEISSMAN),
    "stuart": ("Stuart and Robertson", STUART_ROBERTSON),
    "wide": ("Both combined", DEFAULT_LINEAGE),
}


def describe_changes(old: Lineage, new: Lineage) -> tuple[str, ...]:
    """Return sentences about what the change alters on pages; empty if nothing changes."""
    sentences: list[str] = []
    removed, added = [a for a in old.areas if a not in new.areas], [a for a in new.areas if a not in old.areas]
    if removed:
        names = " and ".join(a.label for a in removed)
        sentences.append(f"{names} can no longer be chosen as a problem area. Courses that already use it keep it.")
    if added:
        sentences.append(f"{' and '.join(a.label for a in added)} can be chosen as a problem area.")
    if old.sick_role and not new.sick_role:
        sentences.append("The sick-role task and worksheet are no longer shown. Completed worksheets are kept.")
    if new.sick_role and not old.sick_role:
        sentences.append("The sick role becomes a task of the initial sessions, with a worksheet.")
    if old.formulation != new.formulation:
        parts = (
            "stressor, vulnerability, support and symptoms"
            if new.formulation == "triad"
            else "illness, onset and problem area"
        )
        sentences.append(f"The formulation asks for {parts}. Earlier formulations are kept.")
    if old.ending != new.ending:
        sentences.append(f"Pages say “{new.ending}” instead of “{old.ending}”.")
    return tuple(sentences)


def load_lineage(stored: Mapping[str, Any]) -> Lineage:
    """Return the stored settings; missing or unknown ones get the defaults of a new clinic."""
    area_ids = {a.value for a in ProblemArea}
    areas = tuple(ProblemArea(a) for a in stored.get("areas", ()) if a in area_ids) or DEFAULT_LINEAGE.areas
    formulation, ending = stored.get("formulation"), stored.get("ending")
    return Lineage(
        areas=areas,
        sick_role=bool(stored.get("sick_role", DEFAULT_LINEAGE.sick_role)),
        formulation=formulation if formulation in FORMULATIONS else DEFAULT_LINEAGE.formulation,
        ending=ending if ending in ENDING_WORDS else DEFAULT_LINEAGE.ending,
    )
