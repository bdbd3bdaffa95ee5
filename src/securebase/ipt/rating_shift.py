"""A rating from 0 to 10 before and after something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from securebase.records.artefact import Value


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
    shift = RatingShift(_number(values.get(before)), _number(values.get(after)))
    return None if shift.before is None and shift.after is None else shift


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
