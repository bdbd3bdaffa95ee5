"""A planned study: the truth, the effect of interest, and the grid of designs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np

from securebase.errors import InputError
from securebase.study.power.truth import AssumedTruth, truth_from_set

#: fewer replications of a design say nothing about a share
MIN_REPLICATIONS = 10
#: most clients that a search tries
MAX_CLIENTS = 20_000


@dataclass(frozen=True, slots=True)
class Setting:
    """All parts of a design except the numbers of clients and of sessions."""

    effect: float
    missing: float = 0.0
    dropout: float = 0.0


@dataclass(frozen=True, slots=True)
class PowerDesign:
    """One planned study.

    effect: standardised, over one week. missing: probability that a single score is missing. dropout: probability of
    leaving before the planned end, evenly over sessions. Both are completely at random.
    """

    clients: int
    sessions: int
    setting: Setting

    @property
    def key(self) -> tuple[int, ...]:
        """Integers that identify the design, so that its random numbers do not depend on the rest of the plan."""
        setting = self.setting
        millionths = [round(abs(share) * 1e6) for share in (setting.effect, setting.missing, setting.dropout)]
        return self.clients, self.sessions, int(setting.effect < 0), *millionths


@dataclass(frozen=True, eq=False)
class PowerPlan:
    """Plan of a study, over every combination of clients, sessions, missing, dropout and effects.

    Each of these five takes a sequence or a single number.

    The effect of interest is the standardised within-person effect of `earlier` on `later` over one week, the element
    (later, earlier) of

        D^−½ exp(A · 1 week) D^½,    A: drift, D: diagonal of the stationary covariance.

    Parameters
    ----------
    truth : AssumedTruth, optional
        Model and parameters to draw samples from; by default the parameter set “literature” with symptoms and
        alliance. `truth_from_set` and `truth_from_fit` in `securebase.study.power` give others.
    earlier, later : str
        Constructs of the effect.
    clients : sequence of int
        Numbers of clients, 2 to 20,000.
    sessions : sequence of int
        Numbers of sessions planned for every client, 2 to 500.
    missing : sequence of float
        Probabilities that a single score is missing, in [0, 1).
    dropout : sequence of float
        Probabilities of leaving before the planned end, in [0, 1).
    effects : sequence of float, optional
        Standardised effects, in within-person standard deviations; by default the truth's own.
    replications : int
        Samples drawn for each design, at least 10.
    seed : int
        Seed of all random numbers, at least 0.
    alpha : float
        Two-sided significance level in (0, .5); intervals are of 1 − alpha.
    days_between : float
        Days between sessions.

    Raises
    ------
    InputError
        If a value is not a number, or is out of range.
    ParameterSetError
        If a construct is unknown, or no stable model has the effect.

    Examples
    --------
    >>> from securebase import PowerPlan
    >>> plan = PowerPlan(clients=(50, 100), sessions=(8, 16), effects=(-0.15,))
    >>> len(plan.designs)
    4
    >>> plan.designs[0]
    PowerDesign(clients=50, sessions=8, setting=Setting(effect=-0.15, missing=0.0, dropout=0.0))
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
        if not isinstance(self.truth, AssumedTruth):
            raise InputError(
                f"truth must be an AssumedTruth (got {type(self.truth).__name__})",
                advice="Use truth_from_set or truth_from_fit of securebase.study.power.",
            )
        for name in ("clients", "sessions", "missing", "dropout", "effects"):
            object.__setattr__(self, name, _unique_sorted(name, getattr(self, name)))
        for name in ("alpha", "days_between"):
            check_number(name, getattr(self, name))
        own_effect = self.truth.effect(self.earlier, self.later)
        if not self.effects:
            object.__setattr__(self, "effects", (round(own_effect, 6),))
        _check_integers("clients", self.clients, 2, MAX_CLIENTS)
        _check_integers("sessions", self.sessions, 2, 500)
        _check_integers("replications", (self.replications,), MIN_REPLICATIONS, 1_000_000)
        _check_integers("seed", (self.seed,), 0, 2**63)
        for name in ("missing", "dropout"):
            values = getattr(self, name)
            if not values or not all(0.0 <= share < 1.0 for share in values):
                raise InputError(f"“{name}” must be probabilities of at least 0 and below 1 (got {_join(values)})")
        if not 0.0 < self.alpha < 0.5:
            raise InputError(f"“alpha” must be above 0 and below .5 (got {self.alpha:g})")
        if not self.days_between > 0:
            raise InputError(f"“days_between” must be greater than 0 (got {self.days_between:g})")
        for effect in self.effects:
            self.truth.with_effect(self.earlier, self.later, effect)

    @property
    def settings(self) -> tuple[Setting, ...]:
        return tuple(Setting(*values) for values in product(self.effects, self.missing, self.dropout))

    @property
    def designs(self) -> tuple[PowerDesign, ...]:
        return tuple(PowerDesign(n, t, s) for s, t, n in product(self.settings, self.sessions, self.clients))


def _unique_sorted(name: str, values: Any) -> tuple[Any, ...]:
    """Return unique numbers in ascending order; a single number counts as a list of one."""
    several = isinstance(values, Iterable) and not isinstance(values, str)
    numbers = [v.item() if isinstance(v, np.generic) else v for v in (values if several else [values])]
    for number in numbers:
        check_number(name, number)
    return tuple(sorted(set(numbers)))


def check_number(name: str, value: object) -> None:
    """Raise InputError for a value that is not a finite number, such as a text, None or NaN."""
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value):
        raise InputError(f"“{name}” must be a finite number (got {value!r})")


def _check_integers(name: str, values: Sequence[int], minimum: int, maximum: int) -> None:
    if not values or not all(isinstance(v, int) and minimum <= v <= maximum for v in values):
        kind = "a whole number" if len(values) == 1 else "whole numbers"
        raise InputError(f"“{name}” must be {kind} from {minimum:,} to {maximum:,} (got {_join(values)})")


def _join(values: Sequence[object]) -> str:
    return ", ".join(str(v) for v in values) or "none"
