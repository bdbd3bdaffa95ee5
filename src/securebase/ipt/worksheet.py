"""The worksheet: one tool of IPT as fields to fill in. The shelf is `worksheets/`, one file or folder each."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta
from msgspec.structs import force_setattr

from securebase.records.vocabulary import (
    Agreement,
    DisputeStage,
    Phase,
    ProblemArea,
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


class WorksheetRole(StrEnum):
    """Parts that worksheets play on pages and in reports. Code asks for the role, never for the id of a worksheet."""

    NONE = ""
    #: the therapist's note of a session
    NOTE = "note"
    #: self-rated adherence to IPT
    ADHERENCE = "adherence"
    CASE_REPORT = "case_report"
    #: goals, number of sessions, and consent to sharing
    CONTRACT = "contract"
    #: sessions agreed for the maintenance course
    MAINTENANCE_CONTRACT = "maintenance_contract"
    #: later ratings of the goals in the contract
    GOAL_REVIEW = "goal_review"
    #: life events
    EVENT = "event"
    #: medication and its doses
    MEDICATION = "pharmacotherapy"
    #: onset of the symptoms
    ONSET = "onset"
    #: choice of the problem areas
    FOCUS = "focus"
    FORMULATION = "formulation"
    #: severity of the problem, week by week
    SEVERITY = "severity"
    #: work in the problem areas that `areas` names
    AREA_WORK = "area_work"
    #: ratings of one relationship
    TIE = "tie"
    #: share of support from therapist and network
    SUPPORT = "support"
    #: retelling of one event
    RETELLING = "retelling"
    STORY = "story"
    CORRECTIVE_EXPERIENCE = "corrective_experience"
    EMOTIONAL_RANGE = "emotional_range"
    EMOTION = "emotion"
    RUPTURE = "rupture"
    EXPERIMENT = "experiment"
    ENDING_TALK = "ending_talk"
    #: decision on what follows the acute course
    DISPOSITION = "disposition"


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
    “worksheet.field”. measures, tools: claims that this field measures, or is a tool for. client_label: label for the
    client's eyes. refusal: message about an answer that is not possible (“{value}”: the input); empty for the usual
    words. charted: a page draws it, so that the page's list of the last entry leaves it out. construct: the construct
    of the theory that it measures, after which the table of a clinic names its column.
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
    client_label: str = ""
    refusal: str = ""
    charted: bool = False
    construct: str = ""

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
    def steps(self) -> tuple[float, ...]:
        """Steps of a scale or an extent."""
        return tuple(self.minimum + n * self.step for n in range(round((self.maximum - self.minimum) / self.step) + 1))


class FollowUp(ShelfStruct, frozen=True):
    """An earlier worksheet that a new one continues.

    fields: field of the new worksheet → field of the earlier one that it copies. in_session: a new one begins with an
    earlier one of the same session.
    """

    worksheet: Id
    fields: dict[Id, Id]
    in_session: bool = False


class ListedAs(ShelfStruct, frozen=True):
    """Label and position of a worksheet in the list of a page."""

    label: Text
    order: int = 50


class Worksheet(ShelfStruct, frozen=True):
    """One tool of IPT.

    tasks, claims: those that it serves. measures, tools: claims that it measures, or is a tool for, as a whole. many:
    filled in repeatedly, not once a course. in_session: belongs to a session. about_person: may concern one person of
    the inventory, asked for under `about_label`. for_client: may be shown to the client; client_fills: the client may
    fill it in on their own page. agreement: the client agrees or disagrees with it. lineage: the clinic setting that it
    requires. title: the field that names it in a list. teaches: explanation shown while it is empty. reviewed: an IPT
    supervisor has read it.

    role: the part that it plays on pages and in reports. page: the page of the course that shows its entries, with the
    part of that page after “#”. add: the link there that adds an entry. overview: its line in the overview of the
    course. once_per_session: a session has at most one. continued: the last entry is continued, not followed by a new
    one. session_tool: its position among the tools of a session, 0 for none. follows: earlier worksheets that it
    continues. summary: the fields that summarise its state. repeated: the fields that a new entry on the page of its
    area copies from the last one. carried_over: a maintenance course copies the last entry. about_risk: a referrer gets
    it only if the therapist ticks it. expected_in: the reports that list it as missing while it is empty.
    report_heading: heading in the client's report. client_name, client_about: name and description for the client.
    construct: the construct of the theory that a complete entry stands for.
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
    for_client: bool = False
    client_fills: bool = False
    agreement: bool = False
    lineage: Literal["", "sick_role", "triad", "classic"] = ""
    title: str = ""
    order: int = 50
    reviewed: bool = False
    sources: tuple[str, ...] = ()
    role: WorksheetRole = WorksheetRole.NONE
    page: Annotated[str, Meta(pattern=r"^(|(formulation|timeline|area-work|ending)(#[a-z]+)?)$")] = ""
    add: ListedAs | None = None
    overview: ListedAs | None = None
    once_per_session: bool = False
    continued: bool = False
    session_tool: int = 0
    follows: tuple[FollowUp, ...] = ()
    summary: tuple[Id, ...] = ()
    repeated: tuple[Id, ...] = ()
    carried_over: bool = False
    about_risk: bool = False
    expected_in: tuple[Audience, ...] = ()
    report_heading: str = ""
    client_name: str = ""
    client_about: str = ""
    construct: str = ""

    @property
    def page_name(self) -> str:
        return self.page.partition("#")[0]

    @property
    def page_part(self) -> str:
        return self.page.partition("#")[2]

    def field(self, name: str) -> Field | None:
        """Return the field with this id, or None."""
        return next((f for f in self.fields if f.id == name), None)

    def fields_for(self, formulation: str) -> tuple[Field, ...]:
        """Return the fields of this kind of formulation (“triad” or “classic”)."""
        return tuple(f for f in self.fields if f.only in {"", formulation})
