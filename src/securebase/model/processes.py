"""Processes of simulated clients beyond the fitted model: one small description each, all off by default.

A description is a hypothesis with numbers; none was estimated. Sizes are in standard units (a construct's SD among
clients at the first session), times in weeks, probabilities per session unless stated otherwise.
`docs/explanation/simulation.md` explains each process; `simulate/` implements them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields

from securebase.errors import ModelError, ParameterSetError

Sizes = Mapping[str, float]


def _check_probabilities(process: object, *names: str) -> None:
    for name in names:
        if not 0.0 <= getattr(process, name) <= 1.0:
            raise ParameterSetError(f"{name} must be a probability between 0 and 1 (got {getattr(process, name)})")


def _check_not_negative(process: object, *names: str) -> None:
    for name in names:
        if getattr(process, name) < 0.0:
            raise ParameterSetError(f"{name} must be at least 0 (got {getattr(process, name)})")


@dataclass(frozen=True, slots=True)
class Ruptures:
    """Alliance ruptures and repairs (claims S58, S61). Off while `chance` is 0.

    chance: probability at the mean alliance of the first session; with_low_alliance: log-odds per unit of alliance
    below it. drop: immediate fall of the alliance. withdrawal: share of withdrawal ruptures; the others are
    confrontations. repaired: share that is repaired, within `within` sessions. A repair returns the drop and leaves
    `gain` for good; a rupture without repair leaves `loss`. marked: probability that the rupture is recorded.
    """

    chance: float = 0.0
    with_low_alliance: float = 0.5
    drop: float = 1.0
    withdrawal: float = 0.6
    repaired: float = 0.6
    within: int = 3
    gain: float = 0.15
    loss: float = 0.15
    marked: float = 0.6

    def __post_init__(self) -> None:
        _check_probabilities(self, "chance", "withdrawal", "repaired", "marked")
        _check_not_negative(self, "drop", "gain", "loss")
        if self.within < 1:
            raise ParameterSetError(f"within must be at least 1 session (got {self.within})")


@dataclass(frozen=True, slots=True)
class LifeEvents:
    """Life events between sessions (claims S65, S74, S88, S89). Off while both rates are 0.

    independent: rate per week of events independent of the client. dependent: rate per week, at the mean of the first
    session, of events partly brought about by the client; multiplied by exp(with_symptoms · symptoms + with_stress ·
    stress) elsewhere (stress generation). moves: immediate effect of an event of mean weight; weights are gamma with
    shape 4 (coefficient of variation 1/2).
    """

    independent: float = 0.0
    dependent: float = 0.0
    with_symptoms: float = 0.3
    with_stress: float = 0.2
    moves: Sizes = field(default_factory=lambda: {"interpersonal_stress": 0.8, "symptoms": 0.3})

    def __post_init__(self) -> None:
        _check_not_negative(self, "independent", "dependent")


@dataclass(frozen=True, slots=True)
class SuddenGains:
    """Sudden gain: a large fall of symptoms between two sessions, unexplained by the model. Off while `chance` is 0.

    size: of the fall; stays: share that is permanent. first, last: sessions before which it may occur, at most once per
    person.
    """

    chance: float = 0.0
    size: float = 1.3
    stays: float = 0.5
    first: int = 3
    last: int = 12

    def __post_init__(self) -> None:
        _check_probabilities(self, "chance", "stays")


@dataclass(frozen=True, slots=True)
class CorrectiveExperiences:
    """Corrective emotional experiences (claims S39 to S41, S59). Off while `chance` is 0.

    Probability per session: chance / (1 + exp(−steepness · (alliance − needs))), a logistic function of the alliance.
    moves: permanent effects.
    """

    chance: float = 0.0
    needs: float = 0.5
    steepness: float = 3.0
    moves: Sizes = field(
        default_factory=lambda: {"interpersonal_stress": -0.15, "emotional_processing": 0.15, "symptoms": -0.1}
    )

    def __post_init__(self) -> None:
        _check_probabilities(self, "chance")


@dataclass(frozen=True, slots=True)
class Retellings:
    """Retellings in imaginal exposure: habituation, learning, return of fear (S43 to S47).

    Off while `chance` is 0.

    chance: probability that a session from `first` on contains a retelling. peak, spread: highest distress of the first
    retelling (0 to 100) and its SD between persons. within: share of the peak lost within a retelling. returns: share
    of that fall that comes back after a long pause, as returns · (1 − exp(−weeks / pause)); each retelling multiplies
    later return by `learned`. error: SD of a distress rating. Each retelling moves `moves` permanently, times the share
    of its peak lost within it.

    expectation: how sure people are at first that something bad will happen (0 to 100); while 0, expectations are off
    and every retelling teaches the same. happens: probability that it does happen; otherwise the expectation falls by
    `disproof` of itself, and the retelling teaches in proportion to how much it surprised. renewal: probability that a
    retelling takes place in a new setting, where the whole last fall comes back.
    """

    chance: float = 0.0
    first: int = 4
    peak: float = 80.0
    spread: float = 10.0
    within: float = 0.35
    returns: float = 0.6
    pause: float = 1.0
    learned: float = 0.8
    error: float = 4.0
    expectation: float = 0.0
    happens: float = 0.05
    disproof: float = 0.5
    renewal: float = 0.0
    moves: Sizes = field(default_factory=lambda: {"emotional_processing": 0.2})

    def __post_init__(self) -> None:
        _check_probabilities(self, "chance", "within", "returns", "learned", "happens", "disproof", "renewal")
        _check_not_negative(self, "spread", "error")
        if not 0.0 <= self.expectation <= 100.0:
            raise ParameterSetError(f"expectation must be between 0 and 100 (got {self.expectation:g})")
        if self.pause <= 0:
            raise ParameterSetError(f"pause must be greater than 0 weeks (got {self.pause:g})")


@dataclass(frozen=True, slots=True)
class Therapists:
    """Therapist effects on levels and change (C21). Off while `number` is 0.

    number: of therapists; clients of each arm are assigned in turn. on_level, on_change: SD between therapists of the
    deviation of the usual level, and of the change by the planned end.
    """

    number: int = 0
    on_level: Sizes = field(default_factory=lambda: {"alliance": 0.25})
    on_change: Sizes = field(default_factory=lambda: {"symptoms": 0.25})

    def __post_init__(self) -> None:
        _check_not_negative(self, "number")


@dataclass(frozen=True, slots=True)
class Support:
    """Support by the therapist until the client's own network provides it (S85, S86). Off while `size` is 0.

    size: added to social support, in full after `ramp` weeks. handed_over: share taken over by the own network by the
    planned end, linearly over the weeks; the rest is withdrawn at the last session.
    """

    size: float = 0.0
    ramp: float = 3.0
    handed_over: float = 0.7

    def __post_init__(self) -> None:
        _check_probabilities(self, "handed_over")
        _check_not_negative(self, "ramp")


@dataclass(frozen=True, slots=True)
class AllianceGate:
    """Moderation of technique by alliance (S13). Off while `slope` is 0.

    The effect of therapy on every construct but the alliance is multiplied by 1 + slope · (alliance at the last session
    − centre), bounded by `least` and `most`.
    """

    slope: float = 0.0
    centre: float = 0.3
    least: float = 0.0
    most: float = 2.5

    def __post_init__(self) -> None:
        if not self.least <= 1.0 <= self.most:
            raise ParameterSetError(
                f"least must be at most 1 and most at least 1 (got {self.least:g} and {self.most:g})"
            )


@dataclass(frozen=True, slots=True)
class AfterTheEnd:
    """Effect of therapy after its end. kept: share that continues (1: gains hold; 0: they decay with the drift).

    follow_ups: weeks after the last session at which questionnaires are given again.
    """

    kept: float = 1.0
    follow_ups: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_probabilities(self, "kept")
        if any(b <= a for a, b in zip((0.0, *self.follow_ups), self.follow_ups, strict=False)):
            raise ParameterSetError(f"follow_ups must ascend from above 0 (got {self.follow_ups})")


@dataclass(frozen=True, slots=True)
class SelectiveDropout:
    """Selective dropout, beside random dropout (`CoursePlan.dropout`). Off while both probabilities are 0.

    good_enough: probability to end well after a session at which symptoms lie at least `improved` below the person's
    first (responsive ending), from session `earliest` on. unhappy: probability to drop out after a session, at the mean
    alliance of the first session; with_low_alliance and with_symptoms: log-odds per unit of alliance below and of
    symptoms above that mean.
    """

    good_enough: float = 0.0
    improved: float = 1.5
    earliest: int = 6
    unhappy: float = 0.0
    with_low_alliance: float = 0.6
    with_symptoms: float = 0.0

    def __post_init__(self) -> None:
        _check_probabilities(self, "good_enough", "unhappy")


@dataclass(frozen=True, slots=True)
class SelectiveMissingness:
    """Selective missingness of check-ins. Off while both are 0.

    Log-odds per unit of symptoms above, and of alliance below, the mean of the first session; `CoursePlan.missed` is
    the probability at both means.
    """

    with_symptoms: float = 0.0
    with_low_alliance: float = 0.0


@dataclass(frozen=True, slots=True)
class PersonEffect:
    """Person-specific standardised weekly effect: its SD between persons around the mean effect (C9)."""

    begin: str
    end: str
    sd: float

    def __post_init__(self) -> None:
        _check_not_negative(self, "sd")


@dataclass(frozen=True, slots=True)
class SimulatedCovariate:
    """Time-invariant covariate, standard normal; on_level and on_change are effects of one SD on level and change.

    follows: covariates listed before it → effect of one SD of each on it (early care on attachment, S53 and S54).
    """

    name: str
    on_level: Sizes = field(default_factory=dict)
    on_change: Sizes = field(default_factory=dict)
    follows: Sizes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdditionalMeasure:
    """Additional scheduled questionnaire: at the named sessions, or every so many from the first, and after the end.

    follow_up: whether it is given after the end. respondent: client, therapist or observer. shift, extra_noise: mean
    difference (in SDs of the scale) of another respondent's ratings, and the SD of their additional error.
    """

    instrument: str
    moment: str = "before"
    every: int = 0
    sessions: tuple[int, ...] = ()
    follow_up: bool = False
    respondent: str = "client"
    shift: float = 0.0
    extra_noise: float = 0.0

    def __post_init__(self) -> None:
        _check_not_negative(self, "every", "extra_noise")

    def is_given_at(self, session: int) -> bool:
        """Return True if the questionnaire is given at the session."""
        return session in self.sessions or bool(self.every and (session - 1) % self.every == 0)


@dataclass(frozen=True, slots=True)
class Processes:
    """All processes; each is off unless a scenario switches it on."""

    ruptures: Ruptures = field(default_factory=Ruptures)
    life_events: LifeEvents = field(default_factory=LifeEvents)
    sudden_gains: SuddenGains = field(default_factory=SuddenGains)
    corrective_experiences: CorrectiveExperiences = field(default_factory=CorrectiveExperiences)
    tellings: Retellings = field(default_factory=Retellings)
    therapists: Therapists = field(default_factory=Therapists)
    support: Support = field(default_factory=Support)
    gate: AllianceGate = field(default_factory=AllianceGate)
    after_the_end: AfterTheEnd = field(default_factory=AfterTheEnd)
    leaving: SelectiveDropout = field(default_factory=SelectiveDropout)
    missing: SelectiveMissingness = field(default_factory=SelectiveMissingness)
    person_effects: tuple[PersonEffect, ...] = ()
    brings: tuple[SimulatedCovariate, ...] = ()
    given: tuple[AdditionalMeasure, ...] = ()

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the processes that a scenario changes."""
        defaults = Processes()
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != getattr(defaults, f.name))


#: tables of a scenario's file that describe a single process each, by name
SINGLE = {f.name: f for f in fields(Processes) if f.name not in ("person_effects", "brings", "given")}


def check_requirements(processes: Processes, constructs: Collection[str]) -> None:
    """Raise ModelError where a process needs a construct that the scenario does not simulate."""
    alliance = bool(
        processes.ruptures.chance
        or processes.corrective_experiences.chance
        or processes.tellings.chance
        or processes.gate.slope
        or processes.leaving.good_enough
        or processes.leaving.unhappy
    )
    events = bool(processes.life_events.independent or processes.life_events.dependent or processes.sudden_gains.chance)
    for name, needed in (
        ("alliance", alliance),
        ("symptoms", events or bool(processes.leaving.good_enough or processes.leaving.unhappy)),
        ("social_support", bool(processes.support.size)),
    ):
        if needed and name not in constructs:
            raise ModelError(
                f"a process of this scenario needs “{name}”, which it does not simulate",
                advice=f"It simulates {', '.join(constructs)}.",
            )
