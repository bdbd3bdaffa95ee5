"""The closed vocabularies of a course of therapy: one enum each. Form choices and codes derive from these."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Where a course of IPT is."""

    INITIAL = "initial"
    MIDDLE = "middle"
    ENDING = "ending"
    MAINTENANCE = "maintenance"

    @property
    def label(self) -> str:
        return {"initial": "Initial", "middle": "Middle", "ending": "Ending", "maintenance": "Maintenance"}[self.value]


class ProblemArea(StrEnum):
    """What the work is about. The fourth area is not used by every lineage of IPT."""

    GRIEF = "grief"
    ROLE_DISPUTE = "role_dispute"
    ROLE_TRANSITION = "role_transition"
    INTERPERSONAL_DEFICITS = "interpersonal_deficits"

    @property
    def label(self) -> str:
        return {
            "grief": "Grief",
            "role_dispute": "Role dispute",
            "role_transition": "Role transition",
            "interpersonal_deficits": "Interpersonal deficits",
        }[self.value]


class RuptureKind(StrEnum):
    """How strain in the alliance shows."""

    WITHDRAWAL = "withdrawal"
    CONFRONTATION = "confrontation"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Respondent(StrEnum):
    """Who filled an instrument in."""

    CLIENT = "client"
    THERAPIST = "therapist"
    OBSERVER = "observer"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Moment(StrEnum):
    """When, relative to a session, a score was given. It decides what may count as earlier."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"

    @property
    def label(self) -> str:
        return {"before": "Before the session", "after": "After the session", "between": "Between sessions"}[self.value]


class Ending(StrEnum):
    """How a course ended: as planned, early because it was enough, or by staying away."""

    PLANNED = "planned"
    ENOUGH = "enough"
    LEFT = "left"

    @property
    def label(self) -> str:
        return {"planned": "As planned", "enough": "Enough was reached", "left": "Left early"}[self.value]


class SupportKind(StrEnum):
    """What one person gives another."""

    EMOTIONAL = "emotional"
    PRACTICAL = "practical"
    INFORMATION = "information"
    COMPANIONSHIP = "companionship"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Ring(StrEnum):
    """How close somebody stands to the client in the closeness circle, from the middle outwards."""

    CLOSEST = "closest"
    CLOSE = "close"
    WIDER = "wider"
    OUTSIDE = "outside"

    @property
    def label(self) -> str:
        return {"closest": "Closest", "close": "Close", "wider": "Wider circle", "outside": "Outside"}[self.value]


class CircleKind(StrEnum):
    """What a closeness circle shows: how it is, or how the client would wish it to be."""

    PRESENT = "present"
    WISHED = "wished"

    @property
    def label(self) -> str:
        return {"present": "As it is", "wished": "As wished for"}[self.value]


class DisputeStage(StrEnum):
    """Where a role dispute stands."""

    RENEGOTIATION = "renegotiation"
    IMPASSE = "impasse"
    DISSOLUTION = "dissolution"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Agreement(StrEnum):
    """What the client said to something that was put to them (a formulation, a contract)."""

    OPEN = "open"
    AGREED = "agreed"
    EDITED = "edited"
    DECLINED = "declined"

    @property
    def label(self) -> str:
        return {
            "open": "Not yet talked over",
            "agreed": "Agreed",
            "edited": "Agreed after changes",
            "declined": "Declined",
        }[self.value]


class Technique(StrEnum):
    """What a therapist does in a session of IPT, as the technique log names it."""

    NON_DIRECTIVE_EXPLORATION = "non_directive_exploration"
    DIRECTIVE_EXPLORATION = "directive_exploration"
    CLARIFICATION = "clarification"
    ENCOURAGEMENT_OF_AFFECT = "encouragement_of_affect"
    COMMUNICATION_ANALYSIS = "communication_analysis"
    DECISION_ANALYSIS = "decision_analysis"
    ROLE_PLAY = "role_play"
    PROBLEM_SOLVING = "problem_solving"
    THERAPEUTIC_RELATIONSHIP = "therapeutic_relationship"
    PSYCHOEDUCATION = "psychoeducation"

    @property
    def label(self) -> str:
        return {
            "non_directive_exploration": "Exploration, non-directive",
            "directive_exploration": "Exploration, directive",
            "therapeutic_relationship": "Use of the therapeutic relationship",
            "psychoeducation": "Psycho-education",
        }.get(self.value, self.value.replace("_", " ").capitalize())
