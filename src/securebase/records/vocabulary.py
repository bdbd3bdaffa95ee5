"""Closed vocabularies of a course of therapy, one enum each. Form choices and codes derive from them."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Phase of a course of IPT."""

    INITIAL = "initial"
    MIDDLE = "middle"
    ENDING = "ending"
    MAINTENANCE = "maintenance"

    @property
    def label(self) -> str:
        return {"initial": "Initial", "middle": "Middle", "ending": "Ending", "maintenance": "Maintenance"}[self.value]


class ProblemArea(StrEnum):
    """Problem area in focus. Some IPT traditions omit the fourth."""

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
    """Kind of a rupture of the alliance."""

    WITHDRAWAL = "withdrawal"
    CONFRONTATION = "confrontation"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Respondent(StrEnum):
    """The person who answers an instrument."""

    CLIENT = "client"
    THERAPIST = "therapist"
    OBSERVER = "observer"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Moment(StrEnum):
    """Moment of measurement relative to a session. It decides what counts as earlier."""

    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"

    @property
    def label(self) -> str:
        return {"before": "Before the session", "after": "After the session", "between": "Between sessions"}[self.value]


class Ending(StrEnum):
    """End of a course: as planned, early by agreement because goals were reached, or by dropout."""

    PLANNED = "planned"
    ENOUGH = "enough"
    LEFT = "left"

    @property
    def label(self) -> str:
        return {"planned": "As planned", "enough": "Goals reached early", "left": "Left early"}[self.value]


class SupportKind(StrEnum):
    """Kind of social support."""

    EMOTIONAL = "emotional"
    PRACTICAL = "practical"
    INFORMATION = "information"
    COMPANIONSHIP = "companionship"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Ring(StrEnum):
    """Ring of the closeness circle, from the centre outwards."""

    CLOSEST = "closest"
    CLOSE = "close"
    WIDER = "wider"
    OUTSIDE = "outside"

    @property
    def label(self) -> str:
        return {"closest": "Closest", "close": "Close", "wider": "Wider circle", "outside": "Outside"}[self.value]


class CircleKind(StrEnum):
    """Kind of closeness circle: present, or wished for."""

    PRESENT = "present"
    WISHED = "wished"

    @property
    def label(self) -> str:
        return {"present": "As it is", "wished": "As wished for"}[self.value]


class DisputeStage(StrEnum):
    """Stage of a role dispute."""

    RENEGOTIATION = "renegotiation"
    IMPASSE = "impasse"
    DISSOLUTION = "dissolution"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Agreement(StrEnum):
    """The client's answer to a proposal, such as a formulation or a contract."""

    OPEN = "open"
    AGREED = "agreed"
    EDITED = "edited"
    DECLINED = "declined"

    @property
    def label(self) -> str:
        return {
            "open": "Not yet discussed",
            "agreed": "Agreed",
            "edited": "Agreed after changes",
            "declined": "Declined",
        }[self.value]


class Match(StrEnum):
    """Answer to the question whether a hypothesis matched what a person sees."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    NOT_DISCUSSED = "not_discussed"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Technique(StrEnum):
    """Technique of IPT, as in the technique log."""

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
            "non_directive_exploration": "Non-directive exploration",
            "directive_exploration": "Directive exploration",
            "therapeutic_relationship": "Use of the therapeutic relationship",
            "psychoeducation": "Psychoeducation",
        }.get(self.value, self.value.replace("_", " ").capitalize())
