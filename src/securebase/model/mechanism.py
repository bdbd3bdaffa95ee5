"""Mechanism: the claim that one construct affects another, with a prior for the size of the effect.

The shelf is `mechanisms/`, one file each. A mechanism is a hypothesis: its prior is wide enough to be refuted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from securebase.schema import Number, Positive, ShelfStruct, Text

#: origin of a mechanism that starts from therapy itself (an input of the model), not from a construct
THERAPY = "therapy"


class EffectLevel(StrEnum):
    """Level of analysis of an effect.

    within_person: movement around a person's own level. between_person: differences between persons. cross_level: a
    person characteristic moderates a within-person effect. dyad: client and therapist together. developmental: before
    therapy, over years. Mechanisms of the fitted model are within persons.
    """

    WITHIN_PERSON = "within_person"
    BETWEEN_PERSON = "between_person"
    CROSS_LEVEL = "cross_level"
    DYAD = "dyad"
    DEVELOPMENTAL = "developmental"


class Lag(StrEnum):
    """Time scale of an effect and of its prior.

    session: within one session, or from it to the next. week: state one week later per unit of the state now, both in
    standard deviations of the state. slow: over many weeks, largely through the construct's own autoregression.
    course: by the planned end against no therapy, through all paths, in standard deviations of clients at the start.
    life: from early life on. none: a correlation between persons, without a lag. Mechanisms of the fitted model are
    over a week or over the course.
    """

    SESSION = "session"
    WEEK = "week"
    SLOW = "slow"
    COURSE = "course"
    LIFE = "life"
    NONE = "none"


class Grade(StrEnum):
    """Evidence grade of an edge. The number of a prior is always a judgement; its `basis` says how it was derived.

    verified: a published figure (or direction, where the basis says so) that was seen in its source.
    computed: computed from public data.
    unverified: expected by the theory, or a figure that has not been checked.
    """

    VERIFIED = "verified"
    COMPUTED = "computed"
    UNVERIFIED = "unverified"


class Pillar(StrEnum):
    """Theory behind the edge: one of the three behind IPT (claim S70), or the factors common to all therapies (S6)."""

    ATTACHMENT = "attachment"
    COMMUNICATION = "communication"
    SOCIAL = "social"
    COMMON_FACTORS = "common_factors"


class Prior(ShelfStruct, frozen=True):
    """Normal prior of a standardised effect; `basis` states the origin of the number."""

    mean: Number
    sd: Positive
    basis: Text


class SizeScale(StrEnum):
    """Unit of the size of an edge in the simulator.

    week: SDs of movement of the end one week after a deviation of one SD of the origin, by the direct path alone.
    session: the same within the session. path: standardised path between levels of persons. marginal_r: published
    correlation, which the levels reproduce in SDs of true scores. course: SDs at the first session by the planned
    end, through all paths. jump: change in SDs at the first session that an event adds and that then
    decays. forever: permanent change in SDs after an event. log_rate: log of the rate of an event per SD. log_odds:
    steepness s of the factor 2 / (1 + exp(−s z)) of its probability in a session.
    """

    WEEK = "week"
    SESSION = "session"
    PATH = "path"
    MARGINAL_R = "marginal_r"
    COURSE = "course"
    JUMP = "jump"
    FOREVER = "forever"
    LOG_RATE = "log_rate"
    LOG_ODDS = "log_odds"


class Size(ShelfStruct, frozen=True):
    """Standardised size of an edge, with its spread and origin.

    sd: half-width of the published interval / 1.96, or a judgement. measured: what the source compared: persons
    (`between`), occasions of the same person (`within`), arms of a trial, or nothing (`judgement`).
    """

    value: Number
    sd: Positive
    scale: SizeScale
    basis: Text
    measured: Literal["between", "within", "trial", "judgement"] = "judgement"


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A claim that one construct affects another. `from_construct` is a construct, or THERAPY.

    `claims`: ids of the claims that it represents. `calibration`: ids of the targets that a simulated cohort must meet.
    `exchangeable_with`: name of a group with one common prior but for the sign, so that no member is favoured.
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
        """Pair (from, to)."""
        return self.from_construct, self.to_construct
