"""Flow of persons through a trial, by arm (CONSORT)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArmFlow:
    """Persons of an arm: in the table, with a first rating, rated halfway or later, rated at the planned end.

    analysed: with any rating; the mixed model uses them all. no_end: analysed, but not rated at the planned end.
    """

    arm: str
    in_table: int
    first_rated: int
    rated_halfway: int
    rated_at_end: int
    analysed: int

    @property
    def no_end(self) -> int:
        return self.analysed - self.rated_at_end
