"""A rating from 0 to 10 before and after something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from securebase.records.artefact import Value, as_number


@dataclass(frozen=True, slots=True)
class RatingShift:
    """A rating before and after something; None if not rated."""

    before: float | None
    after: float | None

    @property
    def words(self) -> str:
        """Both ratings in a row, such as “3 → 7”."""
        return " → ".join("?" if v is None else f"{v:g}" for v in (self.before, self.after))


def rating_shift(values: Mapping[str, Value], before: str, after: str) -> RatingShift | None:
    """Return the ratings of two fields, or None if both are open."""
    shift = RatingShift(as_number(values.get(before)), as_number(values.get(after)))
    return None if shift.before is None and shift.after is None else shift
