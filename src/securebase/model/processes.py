"""What can happen to simulated people beyond the fitted model: one small description for each process, all off.

A description is a hypothesis with numbers; nothing here was estimated. Sizes are in standard units (a construct's SD
among clients at the first session), times in weeks, chances for each session unless said otherwise.
`docs/explanation/simulation.md` says what each stands for; `simulate/` holds what they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from securebase.errors import ParameterSetError

Sizes = Mapping[str, float]


def _chances(of: object, *names: str) -> None:
    for name in names:
        if not 0.0 <= getattr(of, name) <= 1.0:
            raise ParameterSetError(f"“{name}” must be a chance between 0 and 1, found {getattr(of, name)}")


def _not_negative(of: object, *names: str) -> None:
    for name in names:
        if getattr(of, name) < 0.0:
            raise ParameterSetError(f"“{name}” must be at least 0, found {getattr(of, name)}")


@dataclass(frozen=True, slots=True)
class Ruptures:
    """Strain in the alliance (claims S58, S61). Off while `chance` is 0.

    chance: at the mean alliance of the first session; with_low_alliance: log-odds added for each unit of alliance below
    it. drop: of the alliance at once. withdrawal: share of ruptures that show as withdrawal, the others as
    confrontation. repaired: share mended, within `within` sessions; a repair takes the rest of the drop back and leaves
    `gain` for good; one that is never mended leaves `loss`. marked: chance that somebody marks it in the records.
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
        _chances(self, "chance", "withdrawal", "repaired", "marked")
        _not_negative(self, "drop", "gain", "loss")
        if self.within < 1:
            raise ParameterSetError("a repair needs at least one session to come in")


@dataclass(frozen=True, slots=True)
class LifeEvents:
    """Things that happen between sessions (claims S65, S74, S88, S89). Off while both rates are 0.

    independent: of the client, events a week. dependent: brought about in part by the client, events a week at the mean
    of the first session, exp(with_symptoms · symptoms + with_stress · stress) times as many elsewhere (stress
    generation). moves: what an event of mean weight does at once; weights are gamma with shape 4, so they vary by half.
    """

    independent: float = 0.0
    dependent: float = 0.0
    with_symptoms: float = 0.3
    with_stress: float = 0.2
    moves: Sizes = field(default_factory=lambda: {"interpersonal_stress": 0.8, "symptoms": 0.3})

    def __post_init__(self) -> None:
        _not_negative(self, "independent", "dependent")


@dataclass(frozen=True, slots=True)
class SuddenGains:
    """A large fall of symptoms between two sessions that comes from nowhere the model knows. Off while `chance` is 0.

    size: of the fall; stays: share of it that stays for good. first, last: sessions before which it may come; once a
    person at most.
    """

    chance: float = 0.0
    size: float = 1.3
    stays: float = 0.5
    first: int = 3
    last: int = 12

    def __post_init__(self) -> None:
        _chances(self, "chance", "stays")


@dataclass(frozen=True, slots=True)
class CorrectiveExperiences:
    """An old conflict met again with another ending (claims S39 to S41, S59). Off while `chance` is 0.

    chance: for each session where the alliance is far above what it needs; it is chance / (1 + exp(−steepness ·
    (alliance − needs))). moves: what it changes for good.
    """

    chance: float = 0.0
    needs: float = 0.5
    steepness: float = 3.0
    moves: Sizes = field(
        default_factory=lambda: {"interpersonal_stress": -0.15, "emotional_processing": 0.15, "symptoms": -0.1}
    )

    def __post_init__(self) -> None:
        _chances(self, "chance")


@dataclass(frozen=True, slots=True)
class Retellings:
    """Something hard is told again and again: habituation, learning, return of fear (S43 to S47).

    Off while `chance` is 0.

    chance: that a session from `first` on holds a telling. peak, spread: distress at the height of the first telling
    (0 to 100) and its SD between persons. within: share of the peak that is gone at a telling's end. returns: share of
    that fall which has come back after a long pause, all but exp(−weeks / `pause`) of it; each telling leaves `learned`
    of the return to come. error: SD of a distress rating. Each telling moves `moves` for good, times the share of its
    peak that fell within it.
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
    moves: Sizes = field(default_factory=lambda: {"emotional_processing": 0.2})

    def __post_init__(self) -> None:
        _chances(self, "chance", "within", "returns", "learned")
        _not_negative(self, "spread", "error")
        if self.pause <= 0:
            raise ParameterSetError("the pause over which fear returns must be longer than 0 weeks")


@dataclass(frozen=True, slots=True)
class Therapists:
    """Clients of one therapist are alike in where they are and how they change (C21). Off while `number` is 0.

    number: of therapists; the clients of each arm go to them in turn. on_level, on_change: SD between therapists of
    what is added to
    the usual level, and to the change by the planned end.
    """

    number: int = 0
    on_level: Sizes = field(default_factory=lambda: {"alliance": 0.25})
    on_change: Sizes = field(default_factory=lambda: {"symptoms": 0.25})

    def __post_init__(self) -> None:
        _not_negative(self, "number")


@dataclass(frozen=True, slots=True)
class Support:
    """Support that the therapist supplies until the client's own network does (S85, S86). Off while `size` is 0.

    size: added to social support while it is supplied, all of it after `ramp` weeks. handed_over: share of it that the
    own network has taken over by the planned end, evenly over the weeks; the rest is withdrawn at the last session.
    """

    size: float = 0.0
    ramp: float = 3.0
    handed_over: float = 0.7

    def __post_init__(self) -> None:
        _chances(self, "handed_over")
        _not_negative(self, "ramp")


@dataclass(frozen=True, slots=True)
class AllianceGate:
    """Technique needs alliance (S13): what therapy pushes, other than the alliance, is multiplied by
    1 + slope · (alliance at the last session − centre), held between `least` and `most`. Off while `slope` is 0."""

    slope: float = 0.0
    centre: float = 0.3
    least: float = 0.0
    most: float = 2.5

    def __post_init__(self) -> None:
        if not self.least <= 1.0 <= self.most:
            raise ParameterSetError("a gate must let the usual push through: least at most 1, most at least 1")


@dataclass(frozen=True, slots=True)
class AfterTheEnd:
    """What becomes of the push of therapy when it has ended. kept: share that goes on for good (1: gains hold; 0: they
    are lost as fast as the drift lets them). follow_ups: weeks after the last session at which people are asked again.
    """

    kept: float = 1.0
    follow_ups: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _chances(self, "kept")
        if any(b <= a for a, b in zip((0.0, *self.follow_ups), self.follow_ups, strict=False)):
            raise ParameterSetError("weeks of follow-up must ascend from above 0")


@dataclass(frozen=True, slots=True)
class SelectiveDropout:
    """Who leaves early, beside those who leave by chance (`Course.dropout`). Off while both chances are 0.

    good_enough: chance to end well after a session at which symptoms lie at least `improved` below the person's first
    (responsive ending), from session `earliest` on. unhappy: chance to drop out after a session at the mean alliance of
    the first, with `with_low_alliance` log-odds for each unit below it and `with_symptoms` for each unit of symptoms
    above.
    """

    good_enough: float = 0.0
    improved: float = 1.5
    earliest: int = 6
    unhappy: float = 0.0
    with_low_alliance: float = 0.6
    with_symptoms: float = 0.0

    def __post_init__(self) -> None:
        _chances(self, "good_enough", "unhappy")


@dataclass(frozen=True, slots=True)
class SelectiveMissingness:
    """Check-ins are missed more often (log-odds a unit) with symptoms above, and alliance below, the mean of the first
    session. `Course.missed` is the chance at both means. Off while both are 0."""

    with_symptoms: float = 0.0
    with_low_alliance: float = 0.0


@dataclass(frozen=True, slots=True)
class PersonEffect:
    """Between-person SD of one standardised weekly effect: each person has one of their own around the mean (C9)."""

    begin: str
    end: str
    sd: float

    def __post_init__(self) -> None:
        _not_negative(self, "sd")


@dataclass(frozen=True, slots=True)
class SimulatedCovariate:
    """What people bring along: a standard normal value with what one SD of it adds to levels and to own change."""

    name: str
    on_level: Sizes = field(default_factory=dict)
    on_change: Sizes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdditionalMeasure:
    """An instrument that is given beside the sets of every session: at the sessions named, or every so many from the
    first, and, if `follow_up`, after the end. respondent: client, therapist or observer. shift, extra_noise: how far
    (in SDs of the scale) another than the client rates otherwise, and the SD of their own error beside the scale's."""

    instrument: str
    moment: str = "before"
    every: int = 0
    sessions: tuple[int, ...] = ()
    follow_up: bool = False
    respondent: str = "client"
    shift: float = 0.0
    extra_noise: float = 0.0

    def __post_init__(self) -> None:
        _not_negative(self, "every", "extra_noise")

    def at(self, session: int) -> bool:
        return session in self.sessions or bool(self.every and (session - 1) % self.every == 0)


@dataclass(frozen=True, slots=True)
class Processes:
    """All that may happen; every one is off unless a scenario says otherwise."""

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
    def on(self) -> tuple[str, ...]:
        """Names of the processes that a scenario says something about."""
        usual = Processes()
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != getattr(usual, f.name))


#: tables of a scenario's file that describe one process each, by name
SINGLE = {f.name: f for f in fields(Processes) if f.name not in ("person_effects", "brings", "given")}
