"""Instruments: item numbers and labels with scoring rules, licence and provenance.

`catalogue` reads the shelf (`instruments/*.toml`, one file each). Official item wording is not shipped. Only the
session sets and the additional questionnaires of this product carry item texts; they are marked as not validated.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from math import isfinite, sqrt
from typing import Annotated, Literal

from msgspec import Meta, field
from msgspec.structs import force_setattr

from securebase.measurement.constructs import Direction
from securebase.schema import FieldError, Number, ShelfStruct, Text

ItemNumber = Annotated[int, Meta(title="item")]


class Method(StrEnum):
    """Scoring method of a scale, applied after reversal."""

    SUM = "sum"
    MEAN = "mean"


class MissingRule(StrEnum):
    """Rule of the instrument's manual for unanswered items."""

    INCOMPLETE = "incomplete"  # no score if any item is missing
    PRORATE = "prorate"  # mean of the answered items times the number of items; at most `max_missing` missing
    MEAN_OF_ANSWERED = "mean_of_answered"  # mean of the answered items; at most `max_missing` missing


class ResponseOption(ShelfStruct, frozen=True):
    """One answer to an item. One that counts as `missing` (“does not apply”) is kept but has no part in any score."""

    value: Number
    label: Text
    missing: bool = False


class Item(ShelfStruct, frozen=True):
    """One item. `label` is a short label of our own; `text` is set only where the wording is our own.

    The answer is one of the scored `options`, or without these a value of the range. Options that count as missing lie
    outside the range and are accepted too.
    """

    number: int
    label: Text
    minimum: Number
    maximum: Number
    step: Number = 1.0
    text: str = ""
    low_label: str = ""
    high_label: str = ""
    options: tuple[ResponseOption, ...] = ()
    required: bool = False

    @property
    def choices(self) -> tuple[ResponseOption, ...]:
        """Options that have a score; empty where the answer is a value of the range."""
        return tuple(option for option in self.options if not option.missing)

    @property
    def missing_options(self) -> tuple[ResponseOption, ...]:
        """Answers that count as missing, such as “does not apply”."""
        return tuple(option for option in self.options if option.missing)

    def option(self, value: float | None) -> ResponseOption | None:
        """Return the option with this value, or None."""
        return next((option for option in self.options if option.value == value), None)

    def scored(self, response: float | None) -> float | None:
        """Return the response as scores see it: None if it counts as missing."""
        option = self.option(response)
        return None if option is not None and option.missing else response


class Band(ShelfStruct, frozen=True):
    """A severity band: scores from `low` to `high`, both included."""

    low: Number
    high: Number
    label: Text


def reliable_change_points(sd: float, reliability: float) -> float:
    """Return the reliable change in points: 1.96 √2 SD √(1 − r), Jacobson & Truax (1991).

    Measurement error alone exceeds it in 5 of 100 cases. `sd` > 0 in points, 0 ≤ `reliability` ≤ 1.
    """
    if not (isfinite(sd) and sd > 0 and 0 <= reliability <= 1):
        raise ValueError(f"sd must be above 0 and reliability between 0 and 1 (got {sd:g} and {reliability:g})")
    return 1.96 * sqrt(2.0) * sd * sqrt(1.0 - reliability)


class ReliableChange(ShelfStruct, frozen=True):
    """The smallest difference that exceeds measurement error, in points, with its source.

    `sd` and `reliability` are set where the points were computed from them (Jacobson & Truax 1991), not published.
    `level` is the confidence in percent, where the source states it: computed points have 95.
    """

    basis: Text
    verified: bool
    points: Annotated[float, Meta(gt=0, lt=1e9)] = 0.0
    sd: Number | None = None
    reliability: Number | None = None
    level: Literal[90, 95] | None = None

    def __post_init__(self) -> None:
        """Compute the points from SD and reliability unless they are given."""
        computed = self._computed_points()
        if not self.points and computed is None:
            raise FieldError("needs “points”, or “sd” and “reliability”")
        if computed is not None and self.points not in (0.0, computed):
            raise FieldError("needs either “points”, or “sd” and “reliability”, not both", "points")
        if computed is not None and self.level == 90:
            raise FieldError("must be 95 where points are computed (got 90)", "level")
        force_setattr(self, "points", self.points or computed)
        force_setattr(self, "level", self.level if computed is None else 95)

    def _computed_points(self) -> float | None:
        sd, reliability = self.sd, self.reliability
        if sd is None or reliability is None:
            return None
        if not (sd > 0 and 0 <= reliability < 1):
            raise FieldError(
                f"sd must be > 0 and reliability in [0, 1) (got {sd:g} and {reliability:g})", "reliability"
            )
        return reliable_change_points(sd, reliability)


class Scale(ShelfStruct, frozen=True):
    """A score of an instrument, with its scoring rule, range and cut-offs."""

    id: Text
    label: Text
    construct: Text
    items: tuple[int, ...]
    method: Method
    missing: MissingRule
    minimum: Number
    maximum: Number
    direction: Direction
    max_missing: int = 0
    reversed_items: tuple[int, ...] = ()
    #: scored only if all of these items are unanswered (WSAS without the work item)
    only_without: tuple[int, ...] = ()
    #: claims of the theory that the scale bears on
    claims: tuple[str, ...] = ()
    #: those of them that need a measure and have it in this scale
    measures: tuple[str, ...] = ()
    multiplier: Number = 1.0
    bands: tuple[Band, ...] = ()
    #: whose bands they are, where that limits them (“a rough grouping, not norms”)
    bands_basis: str = ""
    reliable_change: ReliableChange | None = None
    remission_below: Number | None = None
    #: first score of the clinical range where higher is worse; first of the healthy range where higher is better
    caseness_from: Number | None = None
    #: whose cut it is, where that limits it (“a convention in surveys, no clinical cut”)
    caseness_basis: str = ""
    #: True if sources disagree on a score of exactly `caseness_from`: no verdict rests on such a score
    caseness_disputed: bool = False
    response_fraction: Number | None = None
    #: norms for clinical significance, with their source; None if none was verified
    clinical_mean: Number | None = None
    clinical_sd: Number | None = None
    normal_mean: Number | None = None
    normal_sd: Number | None = None


class SafetyRule(ShelfStruct, frozen=True):
    """A threshold at which a response raises a safety alert."""

    item: int
    at_least: Number
    concern: Text


class CourseStage(StrEnum):
    """A stage of the course at which an additional questionnaire is due."""

    START = "start"
    END = "end"


class AdministrationSchedule(ShelfStruct, frozen=True):
    """The schedule of an additional questionnaire: when check-ins include it.

    It is asked whole `at` stages of the course, the start being session `first`; or one question of it at a time, in
    turn with the others about these problem `areas`. `items` are those that a check-in asks; empty means all. The lower
    `order` goes first where several are due at once.
    """

    at: tuple[CourseStage, ...] = ()
    first: int = 1
    areas: tuple[str, ...] = ()
    items: tuple[int, ...] = ()
    order: int = 1

    @property
    def weekly(self) -> bool:
        """True if it takes turns before each session."""
        return bool(self.areas)


class Licence(ShelfStruct, frozen=True):
    """Terms of use of an instrument. Texts are only shipped where `may_ship_text` is true."""

    status: Text
    holder: str = ""
    may_ship_text: bool = False


class Provenance(ShelfStruct, frozen=True):
    """Source of a fact in the file. Pages mark facts that are not verified.

    Verified means seen in the source named; “secondary” in the source tells that it reports the original.
    `conflict` names a source that says otherwise, and what it says.
    """

    fact: Text
    source: Text
    verified: bool
    conflict: str = ""


class WorkedExample(ShelfStruct, frozen=True):
    """Responses with the expected scores (None: no score) and safety items. The tests run them."""

    responses: Mapping[ItemNumber, Number | Literal["missing"] | None]
    scores: Mapping[str, Number | Literal["none"] | None]
    safety_items: tuple[int, ...] = ()
    about: str = ""

    def __post_init__(self) -> None:
        """Replace the words for a missing value, which TOML needs, by None."""
        force_setattr(self, "responses", {n: None if v == "missing" else v for n, v in self.responses.items()})
        force_setattr(self, "scores", {n: None if v == "none" else v for n, v in self.scores.items()})


class Instrument(ShelfStruct, frozen=True):
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

    id: Text
    name: Text
    about: Text
    respondent: Literal["client", "therapist", "observer"]
    moment: Literal["before", "after", "between"]
    window: Text
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    licence: Licence
    version: str = "1"
    safety_rules: tuple[SafetyRule, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    examples: tuple[WorkedExample, ...] = ()
    codes: Mapping[str, Text] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    own_wording: bool = False
    validated: bool = True
    schedule: AdministrationSchedule | None = field(default=None, name="asked")
    #: lines before the first item, of a wording that a clinic has loaded
    introduction: str = ""

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
