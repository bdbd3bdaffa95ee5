"""The parts of a client picture: plain frozen values, in the units of the questionnaires. Times are days since the
episode began; every interval is given by its two ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class GateLevel(IntEnum):
    """How much may be said, by the number of paired sessions (design: gates)."""

    REPORTED = 0  # what was reported, and what people who began alike did
    COHORT = 1  # the cohort's model with this client's levels and trend; forecast
    CONTRIBUTIONS = 2  # partially pooled contributions of the mechanisms
    EXPLORATION = 3  # exploration of this person's own lags
    RANKING = 4  # ranking of mechanisms for this person


@dataclass(frozen=True, slots=True)
class EvidenceGate:
    """What may be said now, by the number of paired sessions (see `gates`) and of reports between sessions."""

    level: GateLevel
    paired: int
    between: int
    says: str
    waits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Versions:
    """What the numbers were made with."""

    product: str
    parameter_set: str
    parameter_set_version: str
    specification: str


@dataclass(frozen=True, slots=True)
class Header:
    """Where this course of therapy is."""

    sessions_held: int
    sessions_planned: int | None
    phase: str | None
    problem_areas: tuple[str, ...] = ()
    began_on: str | None = None
    ended_at: float | None = None
    last_session_at: float | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A meeting on the time axis. `held` is False for one that is still to come, placed at the usual spacing."""

    number: int
    at: float
    held: bool


@dataclass(frozen=True, slots=True)
class Reported:
    """A score as it was given."""

    at: float
    value: float
    session: int | None


@dataclass(frozen=True, slots=True)
class Ranged:
    """A value with an interval."""

    at: float
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ScoreForecast:
    """Where a score may be: the middle with its 50% and 90% intervals."""

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

    `threshold` is the smallest difference beyond measurement error, `basis` what it rests on. `running` is how many of
    the latest reports, counted back from the last, bear the verdict out; `before` is the verdict of the report before
    the last.
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
    """Symptoms on the measure that the episode is followed with. Empty tuples where nothing may be said yet.

    `label` names the scores in a sentence; `measure` is the instrument's name. `notes` say what was answered and is
    not in the scores.
    """

    instrument: str
    scale: str
    label: str
    measure: str
    minimum: float
    maximum: float
    worse_is_higher: bool
    validated: bool
    reported: tuple[Reported, ...] = ()
    estimated: tuple[Ranged, ...] = ()
    forecast: tuple[ScoreForecast, ...] = ()
    expected: tuple[Ranged, ...] = ()
    remission_below: float | None = None
    remission_chance: float | None = None
    severity: str | None = None
    change: SymptomChange | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllianceDeviation:
    """The state-like part of one session's alliance: from the usual level up or down to the estimate."""

    at: float
    session: int | None
    reported: float
    usual: float
    state: float
    low: bool


class Repair(StrEnum):
    """How a rupture stands."""

    OPEN = "open"
    RECORDED = "repair recorded"
    RETURNED = "ratings returned"


@dataclass(frozen=True, slots=True)
class RuptureMark:
    """A strain in the alliance: marked by a person, or seen in the ratings.

    `value` is the rating with which it began, `lowest` the lowest one until it closed; `expected` and `limit` are what
    was expected for this client then, and the value below which a rating is a rupture.
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
    """Alliance, apart: the client's usual level (trait-like) and the movements around it (state-like).

    `left_out` ratings of ruptures do not count towards the usual level; `counted_in` do, being half of all or more.
    """

    measure: str
    minimum: float
    maximum: float
    validated: bool
    reported: tuple[Reported, ...] = ()
    usual: Ranged | None = None
    usual_line: tuple[Ranged, ...] = ()
    bars: tuple[AllianceDeviation, ...] = ()
    ruptures: tuple[RuptureMark, ...] = ()
    left_out: int = 0
    counted_in: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MechanismSeries:
    """One of the four mechanisms, as it was reported, with the usual level where that may be said."""

    construct: str
    label: str
    minimum: float
    maximum: float
    better_is_higher: bool
    reported: tuple[Reported, ...] = ()
    usual: Ranged | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 90% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """How the change in symptoms so far moves with one construct (or with several that cannot be told apart).

    carried, apart: points of the change in the two readings of the trend; effect, effect_apart: this client's
    standardised weekly effect behind them; direction, direction_apart: chance that it has the sign of its estimate.
    largest: chance that it is the largest in absolute size, the lower of both readings; chance: what guessing gives.
    share: how much comes from this client, the lower of both readings; borrowed: below the limit. rests_on_trend: the
    readings disagree in sign or by more than half. reverse: from symptoms to the construct. hidden: how strongly
    something unmeasured must go with both to give all of it (0 to 1). future: z of the later construct with the earlier
    symptoms, over future_pairs. decoys of decoys_made made-up series got as far.
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
class Foretelling:
    """Root mean squared error of foretelling the next symptom score, over `reports` reports, in points: by the model,
    the last value, the mean of this client's earlier reports, and the expected course.
    """

    reports: int
    model: float
    last: float
    own_mean: float
    expected: float


class RankingVerdict(StrEnum):
    """What can be said of which is the largest."""

    LARGEST = "largest"
    NOT_YET = "cannot tell yet"
    NOT_HERE = "not within this course"


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Working hypotheses about change: what the change in symptoms between two sessions moves with.

    change: smoothed, in points. less_pooling: own estimates with a prior twice as wide. verdict, about: whether one
    construct is the largest, and which; sessions_left until the planned end. order: labels by size where a ranking may
    be shown. left_out: labels of constructs with too few reports.
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
    foretelling: Foretelling | None = None
    order: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class SignalKind(StrEnum):
    """What a signal is about, in order of urgency."""

    SAFETY = "safety"
    RUPTURE_OPEN = "rupture_open"
    DETERIORATION = "deterioration"
    NOT_ON_TRACK = "not_on_track"
    SUDDEN_LOSS = "sudden_loss"
    MISSING_SYMPTOMS = "missing_symptoms"
    MISSING_CHECK_IN = "missing_check_in"
    LITTLE_CHANGE = "little_change"
    MISSING_FOCUS = "missing_focus"
    ENDING_NOT_NAMED = "ending_not_named"
    SIGNIFICANT_CHANGE = "significant_change"
    RELIABLE_IMPROVEMENT = "reliable_improvement"
    SUDDEN_GAIN = "sudden_gain"
    RUPTURE_REPAIRED = "rupture_repaired"


class SignalTone(StrEnum):
    """How loud a signal is. The word is always there too: nothing is told by colour alone."""

    ALERT = "alert"
    WARN = "warn"
    NOTE = "note"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A number that a signal rests on."""

    label: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing to know before the next session.

    `brief` fits a row of the caseload; `title` and `sentence` stand on the client page; `question` is for the session;
    `criterion` names the rule by which it was raised.
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
    """A number that came with the product or the instrument, and whether anyone has checked it."""

    what: str
    value: str
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class PictureProblem:
    """Something that could not be computed. The record itself is safe."""

    what: str
    advice: str
