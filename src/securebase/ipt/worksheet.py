"""What a worksheet is: one tool of IPT as fields to fill in. The shelf is `worksheets/`, one TOML file each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from securebase.records.vocabulary import Phase, ProblemArea, Respondent


class FieldKind(StrEnum):
    """What a field holds."""

    LINE = "line"
    TEXT = "text"
    #: whole steps on a line between two named ends; open until somebody answers
    SCALE = "scale"
    NUMBER = "number"
    #: how far something was done: 0 not at all to 3 a great deal
    EXTENT = "extent"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    DATE = "date"
    #: somebody of the interpersonal inventory
    PERSON = "person"
    #: a list of rows with columns of the other kinds
    ROWS = "rows"


class WorksheetGroup(StrEnum):
    """Where a tool stands among the others."""

    BEGINNING = "beginning"
    PEOPLE = "people"
    FOCUS = "focus"
    AREA = "area"
    SESSION = "session"
    EMOTION = "emotion"
    RELATIONSHIP = "relationship"
    ENDING = "ending"
    FIDELITY = "fidelity"

    @property
    def label(self) -> str:
        return {
            "beginning": "Beginning",
            "people": "People",
            "focus": "Focus and formulation",
            "area": "Work in the problem area",
            "session": "In the session",
            "emotion": "Emotional work",
            "relationship": "Client and therapist",
            "ending": "Ending and after",
            "fidelity": "Own practice",
        }[self.value]


class Audience(StrEnum):
    """Where a field may appear outside the therapist's own pages."""

    CLIENT = "client"
    REFERRER = "referrer"
    SUPERVISOR = "supervisor"


#: Most words a line, a text and a list may hold: enough for an hour's notes, and an end to mistakes.
LINE_LENGTH, TEXT_LENGTH, MAX_ROWS = 300, 10_000, 40
#: What the extents 0 to 3 say.
EXTENTS = ("not at all", "a little", "a good deal", "very much")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: what is stored, and what is shown."""

    value: str
    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. Nothing has to be; `needed` fields are those without which the tool has not done its work.

    section: a heading that stands above it. only: the lineage of formulation (“triad”, “classic”) that asks for it.
    quote: the client's own words are wanted. note: narrative that stays with the therapist unless chosen.
    begins_with: source of its default value: “last” (the last worksheet of its kind),
    “course.planned_sessions”, “course.days_between”, or “worksheet.field”.
    """

    id: str
    label: str
    kind: FieldKind
    help: str = ""
    section: str = ""
    minimum: float = 0.0
    maximum: float = 10.0
    step: float = 1.0
    low_label: str = ""
    high_label: str = ""
    unit: str = ""
    options: tuple[Option, ...] = ()
    #: the closed vocabulary its options are, by name; empty where they are its own
    vocabulary: str = ""
    columns: tuple[Field, ...] = ()
    needed: bool = False
    quote: bool = False
    note: bool = False
    only: str = ""
    begins_with: str = ""
    reports: tuple[Audience, ...] = ()

    def option(self, value: str) -> Option | None:
        return next((o for o in self.options if o.value == value), None)

    @property
    def steps(self) -> tuple[int, ...]:
        """The whole steps of a scale or an extent."""
        return tuple(range(int(self.minimum), int(self.maximum) + 1))


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One tool of IPT.

    tasks, claims: what it serves. many: it is filled in again and again, not once a course. in_session: it belongs to a
    session. about_person: it may speak of one person of the inventory, who is asked for as about_label. filled_by: who
    fills it in. for_client: it may be shown to the client; client_fills: the client may fill it in on their own page.
    agreement: the client says yes or no to it. lineage: the setting of the clinic it needs. title: the field whose text
    names it in a list. teaches: what an empty one is for. reviewed: whether a supervisor of IPT has read its content.
    """

    id: str
    name: str
    about: str
    group: WorksheetGroup
    fields: tuple[Field, ...]
    teaches: str = ""
    tasks: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    areas: tuple[ProblemArea, ...] = ()
    many: bool = True
    in_session: bool = False
    about_person: bool = False
    about_label: str = "About"
    filled_by: Respondent = Respondent.THERAPIST
    for_client: bool = False
    client_fills: bool = False
    agreement: bool = False
    lineage: str = ""
    title: str = ""
    order: int = 50
    reviewed: bool = False
    sources: tuple[str, ...] = ()

    def field(self, name: str) -> Field | None:
        """The field with this id, or None."""
        return next((f for f in self.fields if f.id == name), None)

    def fields_for(self, formulation: str) -> tuple[Field, ...]:
        """The fields that a clinic of this lineage of formulation fills in."""
        return tuple(f for f in self.fields if f.only in {"", formulation})
