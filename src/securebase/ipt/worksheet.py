"""The worksheet: one tool of IPT as fields to fill in. The shelf is `worksheets/`, one TOML file each."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec.structs import force_setattr

from securebase.records.vocabulary import (
    Agreement,
    DisputeStage,
    Phase,
    ProblemArea,
    Respondent,
    RuptureKind,
    SupportKind,
    Technique,
)
from securebase.schema import Id, Number, ShelfStruct, Text

#: Closed vocabularies that a field can name instead of listing options.
VOCABULARIES: dict[str, type[StrEnum]] = {
    "problem_area": ProblemArea,
    "support_kind": SupportKind,
    "dispute_stage": DisputeStage,
    "rupture_kind": RuptureKind,
    "technique": Technique,
    "phase": Phase,
    "agreement": Agreement,
}
VocabularyName = Literal[
    "", "problem_area", "support_kind", "dispute_stage", "rupture_kind", "technique", "phase", "agreement"
]


class FieldKind(StrEnum):
    """Kinds of values that a field can hold."""

    LINE = "line"
    TEXT = "text"
    #: whole steps between two labelled ends; open until somebody answers
    SCALE = "scale"
    NUMBER = "number"
    #: extent to which something was done, from 0 to 3 (see `EXTENTS`)
    EXTENT = "extent"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    DATE = "date"
    #: a person of the interpersonal inventory
    PERSON = "person"
    #: a list of rows with columns of the other kinds
    ROWS = "rows"


class WorksheetGroup(StrEnum):
    """Groups in which the worksheets are listed."""

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
            "area": "Problem area work",
            "session": "In the session",
            "emotion": "Emotional work",
            "relationship": "Client and therapist",
            "ending": "Ending and after",
            "fidelity": "Own practice",
        }[self.value]


class Audience(StrEnum):
    """Readers, besides the therapist, that a field may be shown to."""

    CLIENT = "client"
    REFERRER = "referrer"
    SUPERVISOR = "supervisor"


#: Maximum characters of a line and of a text, maximum rows of a list: room for an hour's notes.
LINE_LENGTH, TEXT_LENGTH, MAX_ROWS = 300, 10_000, 40
#: Words for the extents 0 to 3.
EXTENTS = ("not at all", "a little", "a good deal", "very much")


class Option(ShelfStruct, frozen=True):
    """One choice: the stored value and the label shown."""

    value: Text
    label: Text
    help: str = ""


class Field(ShelfStruct, frozen=True):
    """One thing to fill in. No field is mandatory; a worksheet is complete once its `needed` fields are filled in.

    section: heading above the field. only: the formulation (“triad”, “classic”) that has this field. quote: asks for
    the client's own words. note: narrative that only the therapist sees unless they share it. begins_with: source of
    the default value: “last” (the last worksheet of its kind), “course.planned_sessions”, “course.days_between”, or
    “worksheet.field”. measures, tools: claims that this field measures, or is a tool for.
    """

    id: Id
    label: Text
    kind: FieldKind
    help: str = ""
    section: str = ""
    minimum: Number = 0.0
    maximum: Number = 10.0
    step: Number = 1.0
    low_label: str = ""
    high_label: str = ""
    unit: str = ""
    options: tuple[Option, ...] = ()
    #: name of the closed vocabulary that supplies the options; empty if the field lists its own
    vocabulary: VocabularyName = ""
    columns: tuple[Field, ...] = ()
    measures: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    needed: bool = False
    quote: bool = False
    note: bool = False
    only: Literal["", "triad", "classic"] = ""
    begins_with: str = ""
    reports: tuple[Audience, ...] = ()

    def __post_init__(self) -> None:
        """Supply the options of a vocabulary and the range of an extent."""
        if self.vocabulary and not self.options:
            values = VOCABULARIES[self.vocabulary]
            force_setattr(self, "options", tuple(Option(v.value, getattr(v, "label", v.value)) for v in values))
        if self.kind is FieldKind.EXTENT:
            force_setattr(self, "minimum", 0.0)
            force_setattr(self, "maximum", float(len(EXTENTS) - 1))

    def option(self, value: str) -> Option | None:
        return next((o for o in self.options if o.value == value), None)

    @property
    def steps(self) -> tuple[int, ...]:
        """Whole steps of a scale or an extent."""
        return tuple(range(int(self.minimum), int(self.maximum) + 1))


class Worksheet(ShelfStruct, frozen=True):
    """One tool of IPT.

    tasks, claims: those that it serves. measures, tools: claims that it measures, or is a tool for, as a whole. many:
    filled in repeatedly, not once a course. in_session: belongs to a session. about_person: may concern one person of
    the inventory, asked for under `about_label`. filled_by: the person who fills it in. for_client: may be shown to the
    client; client_fills: the client may fill it in on their own page. agreement: the client agrees or disagrees with
    it. lineage: the clinic setting that it requires. title: the field that names it in a list. teaches: explanation
    shown while it is empty. reviewed: an IPT supervisor has read it.
    """

    id: Id
    name: Text
    about: Text
    group: WorksheetGroup
    fields: tuple[Field, ...]
    teaches: str = ""
    tasks: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
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
    lineage: Literal["", "sick_role", "triad", "classic"] = ""
    title: str = ""
    order: int = 50
    reviewed: bool = False
    sources: tuple[str, ...] = ()

    def field(self, name: str) -> Field | None:
        """Return the field with this id, or None."""
        return next((f for f in self.fields if f.id == name), None)

    def fields_for(self, formulation: str) -> tuple[Field, ...]:
        """Return the fields of this kind of formulation (“triad” or “classic”)."""
        return tuple(f for f in self.fields if f.only in {"", formulation})
