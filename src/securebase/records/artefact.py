"""Artefacts of a course: worksheets, people in the client's life and closeness circles.

Times are days since the episode began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from securebase.records.vocabulary import Agreement, CircleKind, Respondent, Ring

#: A cell of a list of rows.
Cell: TypeAlias = str | int | float | bool | None
Row: TypeAlias = Mapping[str, Cell | tuple[str, ...]]
#: The value of a worksheet field: text, number, yes or no, choices, or rows.
Value: TypeAlias = Cell | tuple[str | Row, ...]


def as_number(value: object) -> float | None:
    """Return a value as a number; None if it is blank or of another kind."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def cell_text(row: Row, name: str) -> str:
    """Return a cell of a row as text without outer spaces; empty if it is blank or of another kind."""
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class ArtefactRecord:
    """A completed worksheet in its last version.

    `about` is the id of the relationship that it concerns, if any. `session` is the session it belongs to. `begun_at`
    and `at` are the days on which the first and the last version were saved.
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
        """Return a field as text; empty if it is blank or of another kind."""
        value = self.values.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """Return a field as a number; None if it is blank or of another kind."""
        return as_number(self.values.get(name))

    def choices(self, name: str) -> tuple[str, ...]:
        """Return the choices of a field; empty if none was made."""
        value = self.values.get(name)
        if isinstance(value, str):
            return (value,) if value else ()
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple) else ()

    def rows(self, name: str) -> tuple[Row, ...]:
        """Return the rows of a field; empty if there are none."""
        value = self.values.get(name)
        return tuple(v for v in value if isinstance(v, Mapping)) if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class RelationshipRecord:
    """A person in the client's life. Descriptions and ratings of the relationship are artefacts about it."""

    id: str
    name: str
    relation: str = ""
    deceased: bool = False
    online: bool = False
    professional: bool = False
    #: part of the focus of therapy
    is_focus: bool = False
    at: float = 0.0
    #: day on which the person was removed from the inventory
    left_at: float | None = None


#: Outer radius of each ring, relative to the widest ring.
RING_EDGES: Mapping[Ring, float] = {Ring.CLOSEST: 1 / 3, Ring.CLOSE: 2 / 3, Ring.WIDER: 1.0}
#: Largest radius at which a person can be placed.
MAX_RADIUS = 1.3


@dataclass(frozen=True, slots=True)
class Placement:
    """The position of a person in the circle, and the direction of support.

    `radius` is 0 at the client and 1 at the edge of the wider circle; `angle` is in degrees clockwise from the top.
    `gives`: the person supports the client. `receives`: the client supports the person. `tension`: strain between them.
    """

    relationship: str
    radius: float
    angle: float
    gives: bool = False
    receives: bool = False
    tension: bool = False

    @property
    def ring(self) -> Ring:
        """The ring of the radius. An edge belongs to the inner ring."""
        return next((ring for ring, edge in RING_EDGES.items() if self.radius <= edge), Ring.OUTSIDE)


@dataclass(frozen=True, slots=True)
class ClosenessCircle:
    """One dated version of the closeness circle."""

    id: str
    at: float
    kind: CircleKind = CircleKind.PRESENT
    respondent: Respondent = Respondent.CLIENT
    session: int | None = None
    placements: tuple[Placement, ...] = field(default=())

    def placement(self, relationship: str) -> Placement | None:
        """Return the placement of a person; None if the circle does not show them."""
        return next((p for p in self.placements if p.relationship == relationship), None)
