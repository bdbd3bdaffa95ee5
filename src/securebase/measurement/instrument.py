"""What an instrument is: a numeric skeleton with its scoring facts, licence and provenance.

The shelf (`instruments/*.toml`, one file each) is read by `catalogue`. Official wording is not shipped; only the
product's own session sets carry texts, in our own words, and those are marked as not validated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from securebase.measurement.constructs import Direction


class Method(StrEnum):
    """How a scale's score is made of its items, after reversal."""

    SUM = "sum"
    MEAN = "mean"


class MissingRule(StrEnum):
    """What the instrument's own manual says of unanswered items."""

    INCOMPLETE = "incomplete"  # any missing item: no score
    PRORATE = "prorate"  # mean of answered items times their number, while at most `max_missing` are missing
    MEAN_OF_ANSWERED = "mean_of_answered"  # mean of answered items, while at most `max_missing` are missing


@dataclass(frozen=True, slots=True)
class ResponseOption:
    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `label` is a very short one of our own; `text` is only set where the wording is our own."""

    number: int
    label: str
    minimum: float
    maximum: float
    step: float = 1.0
    text: str = ""
    low_label: str = ""
    high_label: str = ""
    options: tuple[ResponseOption, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """Severity band: scores from `low` to `high`, both included."""

    low: float
    high: float
    label: str


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """The smallest difference larger than measurement error, in points, with what it rests on.

    `sd` and `reliability` are set where the points were computed from them (Jacobson & Truax 1991) rather than tabled.
    """

    points: float
    basis: str
    verified: bool
    sd: float | None = None
    reliability: float | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """A score that an instrument gives, for one construct."""

    id: str
    label: str
    construct: str
    items: tuple[int, ...]
    method: Method
    missing: MissingRule
    minimum: float
    maximum: float
    direction: Direction
    max_missing: int = 0
    reversed_items: tuple[int, ...] = ()
    #: the scale is only scored where all of these items were left out (WSAS without the work item)
    only_without: tuple[int, ...] = ()
    #: claims of the theory that the scale speaks to
    claims: tuple[str, ...] = ()
    multiplier: float = 1.0
    bands: tuple[Band, ...] = ()
    reliable_change: ReliableChange | None = None
    remission_below: float | None = None
    #: first score of the clinical range where higher is worse; first of the healthy range where higher is better
    caseness_from: float | None = None
    response_fraction: float | None = None
    #: normative values for clinical significance, with their source; None where none was verified
    clinical_mean: float | None = None
    clinical_sd: float | None = None
    normal_mean: float | None = None
    normal_sd: float | None = None


@dataclass(frozen=True, slots=True)
class SafetyRule:
    """A response that must raise an alert at once."""

    item: int
    at_least: float
    concern: str


class CourseStage(StrEnum):
    """Where in a course something is asked that is not asked every time."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True)
class AdministrationSchedule:
    """The rhythm in which an instrument is asked at check-ins, beside the session sets.

    Either `at` stages of the course, or `every` that many sessions, from session `first` on. areas: only where one of
    these problem areas was chosen; empty means everybody. order: who goes first where two are due alike.
    """

    at: tuple[CourseStage, ...] = ()
    every: int = 0
    first: int = 1
    areas: tuple[str, ...] = ()
    order: int = 1

    @property
    def weekly(self) -> bool:
        """Asked at every check-in, as against seldom."""
        return self.every == 1


@dataclass(frozen=True, slots=True)
class Licence:
    status: str
    holder: str = ""
    may_ship_text: bool = False


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact in the file comes from. What is not verified is marked on screen."""

    fact: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """Responses and the scores (None: no score) and safety items that must come out. Run as tests."""

    responses: Mapping[int, float | None]
    scores: Mapping[str, float | None]
    safety_items: tuple[int, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A named questionnaire or rating."""

    id: str
    name: str
    about: str
    respondent: str
    moment: str
    window: str
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    licence: Licence
    version: str = "1"
    safety_rules: tuple[SafetyRule, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    examples: tuple[WorkedExample, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    own_wording: bool = False
    validated: bool = True
    #: None: not asked by the workbench itself, or, for the session sets, at every check-in
    asked: AdministrationSchedule | None = None

    def item(self, number: int) -> Item:
        return {i.number: i for i in self.items}[number]

    def scale(self, scale_id: str) -> Scale:
        return {s.id: s for s in self.scales}[scale_id]

    @property
    def unverified(self) -> tuple[Provenance, ...]:
        return tuple(p for p in self.provenance if not p.verified)
