"""The parts of a client picture: plain frozen values in the units of the questionnaires.

Times are days since the episode began; every interval is given by its two ends. Field names are stored as JSON keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from securebase.measurement.catalogue import measure_subject


class GateLevel(IntEnum):
    """Level of detail that the number of paired sessions permits (see `gates`)."""

    REPORTED = 0  # reported scores and the expected course
    COHORT = 1  # the cohort's model with this client's usual levels and trend, and a forecast
    CONTRIBUTIONS = 2  # partially pooled contributions of the mechanisms
    EXPLORATION = 3  # exploration of this client's own lagged effects
    RANKING = 4  # ranking of the mechanisms for this client


@dataclass(frozen=True, slots=True)
class EvidenceGate:
    """The gate level reached, with the counts of paired sessions and of reports between sessions behind it.

    `says` describes what the picture shows, `waits` what is still closed.
    """

    level: GateLevel
    paired: int
    between: int
    says: str
    waits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of the product, the parameter set and the specification behind the numbers."""

    product: str
    parameter_set: str
    parameter_set_version: str
    specification: str


@dataclass(frozen=True, slots=True)
class Header:
    """Stage of the course of therapy: sessions, phase, problem areas and dates."""

    sessions_held: int
    sessions_planned: int | None
    phase: str | None
    problem_areas: tuple[str, ...] = ()
    began_on: str | None = None
    ended_at: float | None = None
    last_session_at: float | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session on the time axis; `held` is False for a future one, placed at the usual spacing."""

    number: int
    at: float
    held: bool


@dataclass(frozen=True, slots=True)
class ReportedScore:
    """A score as reported."""

    at: float
    value: float
    session: int | None


@dataclass(frozen=True, slots=True)
class IntervalEstimate:
    """A value with an interval."""

    at: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ScoreForecast:
    """Forecast of a score: its median with 50% and 90% intervals."""

    at: float
    session: int | None
    value: float
    low50: float
    high50: float
    low90: float
    high90: float


@dataclass(frozen=True, slots=True)
class SymptomChange:
    """Change since the first report, in points and percent, against the measurement error.

    `threshold` is the smallest difference beyond measurement error, and `basis` its derivation. `running` counts the
    latest consecutive reports with the same verdict; `before` is the verdict of the last report but one.
    """

    first: float
    last: float
    points: float
    percent: float | None
    threshold: float | None
    verdict: str
    basis: str
    verified: bool
    remission: bool | None
    response: bool | None
    clinically_significant: bool | None
    running: int = 1
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Symptoms:
    """Symptoms on the episode's symptom measure; parts that the gate closes are empty tuples.

    `label` names the scores in a sentence; `measure` is the instrument's name. `notes` list what the scores lack.
    """

    instrument: str
    scale: str
    label: str
    measure: str
    minimum: float
    maximum: float
    worse_is_higher: bool
    validated: bool
    reported: tuple[ReportedScore, ...] = ()
    estimated: tuple[IntervalEstimate, ...] = ()
    forecast: tuple[ScoreForecast, ...] = ()
    expected: tuple[IntervalEstimate, ...] = ()
    remission_below: float | None = None
    remission_chance: float | None = None
    severity: str | None = None
    change: SymptomChange | None = None
    notes: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """Name of what the measure is about: “Symptoms”, or “Anxiety” where the course follows a scale of anxiety."""
        return measure_subject(self.instrument, self.scale)


@dataclass(frozen=True, slots=True)
class AllianceDeviation:
    """The state-like part of one session's alliance: the estimate less the usual level."""

    at: float
    session: int | None
    reported: float
    usual: float
    state: float
    low: bool


class Repair(StrEnum):
    """Status of a rupture."""

    OPEN = "open"
    RECORDED = "repair recorded"
    RETURNED = "ratings returned"


@dataclass(frozen=True, slots=True)
class RuptureMark:
    """A rupture of the alliance, marked by a person or detected in the ratings.

    `value` is its first rating, `lowest` the lowest until it closed. `expected` is the predicted first rating, and
    `limit` the value below which that rating counts as a rupture.
    """

    at: float
    session: int | None
    marked: str | None
    value: float | None
    expected: float | None
    limit: float | None
    repair: Repair
    lowest: float | None = None
    lowest_at: float | None = None
    lowest_session: int | None = None
    repaired_at: float | None = None
    repaired_session: int | None = None


@dataclass(frozen=True, slots=True)
class Alliance:
    """Alliance split into the client's usual level (trait-like) and deviations from it (state-like).

    `left_out` counts ratings during ruptures that the usual level excludes. `counted_in` counts those that it includes
    because they are half of all ratings or more.
    """

    measure: str
    minimum: float
    maximum: float
    validated: bool
    reported: tuple[ReportedScore, ...] = ()
    usual: IntervalEstimate | None = None
    usual_line: tuple[IntervalEstimate, ...] = ()
    bars: tuple[AllianceDeviation, ...] = ()
    ruptures: tuple[RuptureMark, ...] = ()
    left_out: int = 0
    counted_in: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MechanismSeries:
    """Reported scores of one of the four mechanisms, with the usual level once the gate is open."""

    construct: str
    label: str
    minimum: float
    maximum: float
    better_is_higher: bool
    reported: tuple[ReportedScore, ...] = ()
    usual: IntervalEstimate | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 90% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """Contribution of one construct, or of several that cannot be distinguished, to the change in symptoms so far.

    carried, apart: points of the change in the two readings of the trend; effect, effect_apart: this client's
    standardised weekly effect behind them; direction, direction_apart: probability that its sign is right.
    largest: probability that it is the largest in absolute size, the lower of both readings; chance: the same by
    guessing. share: data share of this client, the lower of both readings; borrowed: share is below the limit.
    rests_on_trend: the readings disagree in sign or by more than half. reverse: effect of symptoms on the construct.
    hidden: correlation with both sides that an unmeasured variable needs to explain all of it (0 to 1). future: z of
    the later construct with earlier symptoms, over future_pairs (negative control). decoys: number of the decoys_made
    simulated series with an effect at least as large.
    """

    constructs: tuple[str, ...]
    label: str
    carried: Interval
    apart: Interval
    effect: Interval
    effect_apart: Interval
    direction: float
    direction_apart: float
    largest: float
    chance: float
    share: float
    borrowed: bool
    rests_on_trend: bool
    reverse: Interval
    reverse_direction: float
    hidden: float
    future: float
    future_pairs: int
    future_fails: bool
    decoys: int
    decoys_made: int
    decoy_fails: bool


@dataclass(frozen=True, slots=True)
class ForecastErrors:
    """Root mean squared errors of one-step-ahead predictions of the symptom score, in points.

    Over `reports` reports, for the model, the last value, the mean of this client's earlier reports, and the expected
    course.
    """

    reports: int
    model: float
    last: float
    own_mean: float
    expected: float


class RankingVerdict(StrEnum):
    """Verdict on the construct with the largest contribution."""

    LARGEST = "largest"
    NOT_YET = "cannot tell yet"
    NOT_HERE = "not within this course"


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Working hypotheses about the change in symptoms between two sessions.

    change: smoothed, in points. less_pooling: the prior of own effects is twice as wide. verdict, about:
    whether one construct is the largest, and its label. sessions_left: until the planned end. order: labels by size
    where the gate permits a ranking. left_out: labels of constructs with too few reports.
    """

    first_session: int | None
    last_session: int | None
    first_at: float
    last_at: float
    change: float
    rows: tuple[Hypothesis, ...]
    less_pooling: bool
    verdict: RankingVerdict
    about: str
    sessions_left: int
    foretelling: ForecastErrors | None = None
    order: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class SignalKind(StrEnum):
    """Subject of a signal, in order of urgency."""

    SAFETY = "safety"
    RUPTURE_OPEN = "rupture_open"
    DETERIORATION = "deterioration"
    NOT_ON_TRACK = "not_on_track"
    SUDDEN_LOSS = "sudden_loss"
    MISSING_SYMPTOMS = "missing_symptoms"
    MISSING_CHECK_IN = "missing_check_in"
    LITTLE_CHANGE = "little_change"
    MISSING_FOCUS = "missing_focus"
    HAND_OVER = "hand_over"
    ENDING_NOT_NAMED = "ending_not_named"
    SIGNIFICANT_CHANGE = "significant_change"
    RELIABLE_IMPROVEMENT = "reliable_improvement"
    SUDDEN_GAIN = "sudden_gain"
    RUPTURE_REPAIRED = "rupture_repaired"


class SignalTone(StrEnum):
    """Urgency of a signal, always shown as a word as well as a colour (WCAG 1.4.1)."""

    ALERT = "alert"
    WARN = "warn"
    NOTE = "note"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A number on which a signal rests."""

    label: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing to know before the next session.

    `brief` fits a row of the caseload; the client page shows `title` and `sentence`; `question` is for the session;
    `criterion` names the rule that raised it.
    """

    kind: SignalKind
    tone: SignalTone
    brief: str
    title: str
    sentence: str
    question: str
    criterion: str
    evidence: tuple[Evidence, ...] = ()
    at: float | None = None
    session: int | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """A number from the product or the instrument, with its source and verification status."""

    what: str
    value: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class PictureProblem:
    """A result that could not be computed, with advice; the record itself is unaffected."""

    what: str
    advice: str
