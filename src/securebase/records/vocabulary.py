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
