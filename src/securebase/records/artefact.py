"""What the work of a course leaves behind: filled-in worksheets, the people in the client's life, closeness circles.

Frozen values without a database. Times are days since the episode began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from securebase.records.vocabulary import Agreement, CircleKind, Respondent, Ring

#: One cell of a list of rows.
Cell: TypeAlias = str | float | bool | None
Row: TypeAlias = Mapping[str, Cell | tuple[str, ...]]
#: What a field of a worksheet may hold: a text, a number, yes or no, choices, or rows.
Value: TypeAlias = Cell | tuple[str, ...] | tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ArtefactRecord:
    """One worksheet as it was filled in by the time of the record: its last version.

    `about` is the id of the relationship it speaks of, where it speaks of one. `session` is the session it belongs to.
    `begun_at`, `at`: days at which its first and its last version were saved.
    """

    id: str
    worksheet: str
    values: Mapping[str, Value]
    at: float
    begun_at: float
    version: int = 1
    session: int | None = None
    about: str = ""
    respondent: Respondent = Respondent.THERAPIST
    agreement: Agreement = Agreement.OPEN
    for_client: bool = False

    def text(self, name: str) -> str:
        """A field as text; empty where it is open or holds something else."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """A field as a number; None where it is open or holds something else."""
        value = self.values.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def choices(self, name: str) -> tuple[str, ...]:
        """The choices of a field; empty where none was made."""
        value = self.values.get(name)
        if isinstance(value, str):
            return (value,) if value else ()
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple) else ()

    def rows(self, name: str) -> tuple[Row, ...]:
        """The rows of a field; empty where there are none."""
        value = self.values.get(name)
        return tuple(v for v in value if isinstance(v, Mapping)) if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class RelationshipRecord:
    """One person in the client's life. What is said of the tie, and its ratings over time, are artefacts about it."""

    id: str
    name: str
    relation: str = ""
    deceased: bool = False
    online: bool = False
    professional: bool = False
    #: part of what the work is about
    is_focus: bool = False
    at: float = 0.0
    #: the day on which the person left the inventory (entered by mistake, or no part of the client's life any more)
    left_at: float | None = None


#: Outer edge of each ring, as a share of the radius of the widest one.
RING_EDGES: Mapping[Ring, float] = {Ring.CLOSEST: 1 / 3, Ring.CLOSE: 2 / 3, Ring.WIDER: 1.0}
#: Nobody is placed further out than this.
MAX_RADIUS = 1.3


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one person stands: `radius` 0 at the client, 1 at the edge of the wider circle; `angle` in degrees
    clockwise from the top. gives, receives: support goes to the client, or from the client. tension: strain in the tie.
    """

    relationship: str
    radius: float
    angle: float
    gives: bool = False
    receives: bool = False
    tension: bool = False

    @property
    def ring(self) -> Ring:
        """The ring that the radius falls into; an edge belongs to the ring inside it."""
        return next((ring for ring, edge in RING_EDGES.items() if self.radius <= edge), Ring.OUTSIDE)


@dataclass(frozen=True, slots=True)
class ClosenessCircle:
    """One version of the circle, as somebody drew it on one day."""

    id: str
    at: float
    kind: CircleKind = CircleKind.PRESENT
    respondent: Respondent = Respondent.CLIENT
    session: int | None = None
    placements: tuple[Placement, ...] = field(default=())

    def placement(self, relationship: str) -> Placement | None:
        """Where this person stands, or None where the circle does not show them."""
        return next((p for p in self.placements if p.relationship == relationship), None)
