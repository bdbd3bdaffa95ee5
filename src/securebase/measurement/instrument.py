"""Instruments: item numbers and labels with scoring rules, licence and provenance.

`catalogue` reads the shelf (`instruments/*.toml`, one file each). Official item wording is not shipped. Only the
session sets and the additional questionnaires of this product carry item texts; they are marked as not validated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from securebase.measurement.constructs import Direction


class Method(StrEnum):
    """Scoring method of a scale, applied after reversal."""

    SUM = "sum"
    MEAN = "mean"


class MissingRule(StrEnum):
    """Rule of the instrument's manual for unanswered items."""

    INCOMPLETE = "incomplete"  # no score if any item is missing
    PRORATE = "prorate"  # mean of the answered items times the number of items; at most `max_missing` missing
    MEAN_OF_ANSWERED = "mean_of_answered"  # mean of the answered items; at most `max_missing` missing


@dataclass(frozen=True, slots=True)
class ResponseOption:
    """One option of a multiple-choice item."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `label` is a short label of our own; `text` is set only where the wording is our own."""

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
    """A severity band: scores from `low` to `high`, both included."""

    low: float
    high: float
    label: str


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """The smallest difference that exceeds measurement error, in points, with its source.

    `sd` and `reliability` are set where the points were computed from them (Jacobson & Truax 1991), not published.
    """

    points: float
    basis: str
    verified: bool
    sd: float | None = None
    reliability: float | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """A score of an instrument, with its scoring rule, range and cut-offs."""

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
    #: scored only if all of these items are unanswered (WSAS without the work item)
    only_without: tuple[int, ...] = ()
    #: claims of the theory that the scale bears on
    claims: tuple[str, ...] = ()
    multiplier: float = 1.0
    bands: tuple[Band, ...] = ()
    reliable_change: ReliableChange | None = None
    remission_below: float | None = None
    #: first score of the clinical range where higher is worse; first of the healthy range where higher is better
    caseness_from: float | None = None
    response_fraction: float | None = None
    #: norms for clinical significance, with their source; None if none was verified
    clinical_mean: float | None = None
    clinical_sd: float | None = None
    normal_mean: float | None = None
    normal_sd: float | None = None


@dataclass(frozen=True, slots=True)
class SafetyRule:
    """A threshold at which a response raises a safety alert."""

    item: int
    at_least: float
    concern: str


class CourseStage(StrEnum):
    """A stage of the course at which an additional questionnaire is due."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True)
class AdministrationSchedule:
    """The schedule of an additional questionnaire: when check-ins include it.

    It is due either `at` stages of the course, or `every` so many sessions from session `first` on. `areas` restricts
    it to courses with one of these problem areas; empty means all courses. The lower `order` goes first where several
    are due at once.
    """

    at: tuple[CourseStage, ...] = ()
    every: int = 0
    first: int = 1
    areas: tuple[str, ...] = ()
    order: int = 1

    @property
    def weekly(self) -> bool:
        """True if every check-in includes it."""
        return self.every == 1


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of use of an instrument. Texts are only shipped where `may_ship_text` is true."""

    status: str
    holder: str = ""
    may_ship_text: bool = False


@dataclass(frozen=True, slots=True)
class Provenance:
    """Source of a fact in the file. Pages mark facts that are not verified."""

    fact: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """Responses with the expected scores (None: no score) and safety items. The tests run them."""

    responses: Mapping[int, float | None]
    scores: Mapping[str, float | None]
    safety_items: tuple[int, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A questionnaire or rating scale: items, scales, scoring rules, licence and provenance.

    Get one with `securebase.instrument`, score it with `securebase.score`.

    Parameters
    ----------
    id : str
        Id and file name on the shelf, such as ``"phq9"``.
    name : str
        Official name.
    about : str
        One sentence about the instrument.
    respondent : {"client", "therapist", "observer"}
        The person who answers it.
    moment : {"before", "after", "between"}
        When it is answered, relative to a session.
    window : str
        Period that the items ask about, such as ``"two weeks"``.
    items : tuple of Item
        Items, numbered from 1.
    scales : tuple of Scale
        Scores that it yields, each with range, direction (higher is worse or better), rule for missing items and,
        where known, severity bands, reliable change and cut-offs, all in score points.
    licence : Licence
        Terms of use.
    version : str, default "1"
        Version of the file.
    safety_rules : tuple of SafetyRule
        Item thresholds that raise a safety alert.
    provenance : tuple of Provenance
        Source of every fact, and whether it was verified there.
    examples : tuple of WorkedExample
        Worked examples; the tests run them.
    codes : mapping of str to str
        Codes of terminologies such as LOINC.
    notes : tuple of str
        Remarks for readers.
    own_wording : bool, default False
        True where the item texts are our own.
    validated : bool, default True
        False for our own session sets and questionnaires.
    schedule : AdministrationSchedule, optional
        When check-ins include it as an additional questionnaire. None for session sets and for instruments that the
        workbench never schedules.

    Examples
    --------
    >>> import securebase
    >>> gad7 = securebase.instrument("gad7")
    >>> gad7.item(1).minimum, gad7.item(1).maximum
    (0.0, 3.0)
    >>> [(band.low, band.high) for band in gad7.scale("total").bands][:2]
    [(0.0, 4.0), (5.0, 9.0)]
    """

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
    schedule: AdministrationSchedule | None = None

    def item(self, number: int) -> Item:
        """Return the item with this number, or raise KeyError."""
        return {i.number: i for i in self.items}[number]

    def scale(self, scale_id: str) -> Scale:
        """Return the scale with this id, or raise KeyError."""
        return {s.id: s for s in self.scales}[scale_id]

    @property
    def unverified(self) -> tuple[Provenance, ...]:
        """Facts that have not been checked at their source."""
        return tuple(p for p in self.provenance if not p.verified)
