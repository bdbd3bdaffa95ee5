"""What a mechanism is: a claim that one construct moves another, with what is believed of it before any data.

The shelf is `mechanisms/`, one file each. A mechanism is a hypothesis: its prior is wide enough to be found false.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: where a mechanism begins that is no construct but the therapy itself (the input of the model)
THERAPY = "therapy"


class EffectLevel(StrEnum):
    """The level at which an effect lives.

    within_person: movement around a person's own level. between_person: differences between persons. cross_level: what
    a person is like bends what happens within that person. dyad: client and therapist together. developmental: before
    therapy, over years. Mechanisms of the fitted model are within persons.
    """

    WITHIN_PERSON = "within_person"
    BETWEEN_PERSON = "between_person"
    CROSS_LEVEL = "cross_level"
    DYAD = "dyad"
    DEVELOPMENTAL = "developmental"


class Lag(StrEnum):
    """Over which time an effect, and its prior's number, is meant.

    session: within one session, or from it to the next. week: state-like movement now, one week later, both in
    standard deviations of the construct's own movement. slow: over many weeks, most of which the construct carries
    over from itself. course: by the planned end, against no therapy, through all paths, in standard deviations of
    clients at the start. life: from early life on. none: differences between persons have no lag; a number is a
    correlation. Mechanisms of the fitted model are over a week or over the course.
    """

    SESSION = "session"
    WEEK = "week"
    SLOW = "slow"
    COURSE = "course"
    LIFE = "life"
    NONE = "none"


class Grade(StrEnum):
    """What the link rests on. The prior's number itself is always a judgement; its `basis` says how it was made.

    verified: a published figure, or a direction where the basis says so, that was seen in its source.
    computed: computed from public data.
    unverified: expected by the theory, or a figure nobody has looked up.
    """

    VERIFIED = "verified"
    COMPUTED = "computed"
    UNVERIFIED = "unverified"


class Pillar(StrEnum):
    """Which of the three theories behind IPT the link is drawn from (claim S70), or what all therapies share (S6)."""

    ATTACHMENT = "attachment"
    COMMUNICATION = "communication"
    SOCIAL = "social"
    COMMON_FACTORS = "common_factors"


@dataclass(frozen=True, slots=True)
class Prior:
    """Normal prior of a standardised effect; `basis` says where the number comes from."""

    mean: float
    sd: float
    basis: str


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A claim that one state moves another. `from_construct` is a construct, or THERAPY.

    `claims`: ids of the claims it stands for. `calibration`: ids of the targets that a simulated cohort must meet.
    `exchangeable_with`: name of a group whose members have one prior but for the sign, so that none is favoured.
    """

    from_construct: str
    to_construct: str
    claims: tuple[str, ...]
    prior: Prior
    grade: Grade
    pillar: Pillar
    about: str
    calibration: tuple[str, ...] = ()
    exchangeable_with: str = ""
    level: EffectLevel = EffectLevel.WITHIN_PERSON
    lag: Lag = Lag.WEEK

    @property
    def edge(self) -> tuple[str, str]:
        return self.from_construct, self.to_construct
