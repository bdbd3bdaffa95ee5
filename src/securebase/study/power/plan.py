"""What is planned: the truth, the effect asked for, and the grid of designs that are tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from securebase.errors import InputError
from securebase.study.power.truth import AssumedTruth, truth_from_set

#: at least so many replications a design, or nothing can be said of a share
FEWEST = 10
#: no more clients than this are tried in a search
MOST_CLIENTS = 20_000


@dataclass(frozen=True, slots=True)
class Setting:
    """All of a design but the number of clients and of sessions."""

    effect: float
    missing: float = 0.0
    dropout: float = 0.0


@dataclass(frozen=True, slots=True)
class PowerDesign:
    """One planned study. effect: standardised, after one week. missing: chance that a single score is missing.
    dropout: chance of leaving before the planned end, evenly over sessions. Both are at random."""

    clients: int
    sessions: int
    setting: Setting

    @property
    def key(self) -> tuple[int, ...]:
        """Whole numbers that name the design, so that its random numbers do not depend on what else is planned."""
        own = self.setting
        millionths = [round(abs(share) * 1e6) for share in (own.effect, own.missing, own.dropout)]
        return self.clients, self.sessions, int(own.effect < 0), *millionths


@dataclass(frozen=True, eq=False)
class PowerPlan:
    """A study that is planned, over every combination of clients, sessions, missing, dropout and effects.

    effects: standardised within-person effects of `earlier` on `later` after one week; empty: the truth's own.
    replications: samples drawn for each design. alpha: two-sided; intervals are of 1 − alpha. days_between: days from
    one session to the next. Raises InputError where a number makes no sense.
    """

    truth: AssumedTruth = field(default_factory=truth_from_set)
    earlier: str = "alliance"
    later: str = "symptoms"
    clients: Sequence[int] = (50, 100, 200, 400)
    sessions: Sequence[int] = (8, 16)
    missing: Sequence[float] = (0.0,)
    dropout: Sequence[float] = (0.0,)
    effects: Sequence[float] = ()
    replications: int = 500
    seed: int = 1
    alpha: float = 0.05
    days_between: float = 7.0

    def __post_init__(self) -> None:
        for name in ("clients", "sessions", "missing", "dropout", "effects"):
            object.__setattr__(self, name, _sorted(getattr(self, name)))
        own = self.truth.effect(self.earlier, self.later)
        if not self.effects:
            object.__setattr__(self, "effects", (round(own, 6),))
        _whole("clients", self.clients, 2, MOST_CLIENTS)
        _whole("sessions", self.sessions, 2, 500)
        _whole("replications", (self.replications,), FEWEST, 1_000_000)
        _whole("seed", (self.seed,), 0, 2**63)
        for name in ("missing", "dropout"):
            if not getattr(self, name) or not all(0.0 <= share < 1.0 for share in getattr(self, name)):
                raise InputError(f"“{name}” must be shares of at least 0 and below 1")
        if not 0.0 < self.alpha < 0.5 or not self.days_between > 0:
            raise InputError("alpha lies between 0 and .5, and sessions are more than 0 days apart")
        for effect in self.effects:
            self.truth.with_effect(self.earlier, self.later, effect)

    @property
    def settings(self) -> tuple[Setting, ...]:
        return tuple(Setting(*values) for values in product(self.effects, self.missing, self.dropout))

    @property
    def designs(self) -> tuple[PowerDesign, ...]:
        return tuple(PowerDesign(n, t, s) for s, t, n in product(self.settings, self.sessions, self.clients))


def _sorted(values: Any) -> tuple[Any, ...]:
    """Each once, ascending; a single number counts as a list of one."""
    return tuple(sorted(set(values if isinstance(values, Sequence) else [values])))


def _whole(name: str, values: Sequence[int], least: int, most: int) -> None:
    if not values or not all(isinstance(v, int) and least <= v <= most for v in values):
        raise InputError(f"“{name}” must be whole numbers from {least:,} to {most:,}")
