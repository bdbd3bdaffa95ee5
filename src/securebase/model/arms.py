"""Treatment arms of a simulated trial: how another treatment, or none, changes the effect of therapy.

Every number is a judgement, chosen so that simulated trials come near published contrasts (calibration targets C14 to
C16). None was fitted, and none is a finding about a therapy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from securebase.errors import ParameterSetError
from securebase.records.vocabulary import ProblemArea


@dataclass(frozen=True, slots=True)
class Arm:
    """Treatment arm. adds: share of therapy's effect by the planned end, by construct; `otherwise` for all others.

    sessions: False on a waiting list, where clients only answer questionnaires. gated: whether techniques depend on the
    alliance, in scenarios with such a gate. direct: the shares are of the direct effects of therapy, and indirect
    effects follow from the edges; otherwise they are of the whole effect through all paths. suits: problem area → share
    of the size of the edge of treatment by problem.
    """

    id: str
    name: str
    about: str
    otherwise: float = 1.0
    adds: Mapping[str, float] = field(default_factory=dict)
    sessions: bool = True
    gated: bool = True
    direct: bool = False
    suits: Mapping[str, float] = field(default_factory=dict)

    def share(self, construct: str) -> float:
        """Return the share of therapy's effect on a construct."""
        return self.adds.get(construct, self.otherwise)


#: which of two therapies suits which problem, where treatments differ by problem: an arbitrary choice, not a finding
_SUITS = {ProblemArea.GRIEF.value: 0.5, ProblemArea.ROLE_TRANSITION.value: -0.5}


_SHELF = (
    Arm("ipt", "Interpersonal psychotherapy", "The effect of therapy as stated in the scenario.", suits=_SUITS),
    Arm(
        "other_therapy",
        "Another bona fide therapy",
        "The same effect on symptoms and alliance by the planned end, less on the four mechanisms of IPT.",
        adds={
            "social_support": 0.7,
            "interpersonal_stress": 0.7,
            "emotional_processing": 0.7,
            "interpersonal_skills": 0.7,
        },
        suits={area: -share for area, share in _SUITS.items()},
    ),
    Arm(
        "supportive",
        "Supportive therapy",
        (
            "The relationship without techniques: the full effect on the alliance, half of all other "
            "effects, and none that depends on the alliance."
        ),
        otherwise=0.5,
        adds={"alliance": 1.0},
        gated=False,
    ),
    Arm("usual_care", "Usual care", "Occasional contact: a quarter of the effect of therapy.", 0.25, gated=False),
    Arm(
        "placebo",
        "Placebo",
        "Sessions whose only direct effect is on hope; effects of hope on other constructs follow.",
        0.0,
        adds={"hope": 1.0},
        gated=False,
        direct=True,
    ),
    Arm("waiting_list", "Waiting list", "Natural course and questionnaires only.", 0.0, sessions=False),
)

ARMS: Mapping[str, Arm] = MappingProxyType({arm.id: arm for arm in _SHELF})


def arm(name: str) -> Arm:
    """Return the arm with this id. Raises ParameterSetError with the known ones."""
    if name not in ARMS:
        raise ParameterSetError(f"unknown arm “{name}”", advice=f"Use one of {', '.join(ARMS)}.")
    return ARMS[name]
