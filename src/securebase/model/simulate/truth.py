"""What was true of a simulated cohort, whether or not anybody noticed: for calibration and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array
from securebase.model.simulate.emotional_work import TrueTelling
from securebase.model.simulate.ruptures import TrueRupture
from securebase.records.episode import LifeEventRecord
from securebase.records.vocabulary import Ending


@dataclass(frozen=True, eq=False)
class PersonTruth:
    """One person in standard units. constructs in the order of `Truth.constructs`.

    level, change (p,): deviations from the mean level and the mean change. weeks (held,), values (held, p): at the
    sessions that took place. after_weeks, after (follow-ups, p): weeks since the first row, after the end. own_effects:
    standardised weekly effects that are this person's own. provided (held,): support that was the therapist's.
    sudden_gain: the session before which it came, or None.
    """

    person: str
    arm: str
    therapist: str
    level: Array
    change: Array
    weeks: Array
    values: Array
    after_weeks: Array
    after: Array
    own_effects: Mapping[tuple[str, str], float]
    brought: Mapping[str, float]
    provided: Array
    ruptures: tuple[TrueRupture, ...]
    life_events: tuple[LifeEventRecord, ...]
    sudden_gain: int | None
    corrective_experiences: tuple[int, ...]
    tellings: tuple[TrueTelling, ...]
    ending: Ending


def _plain(one: PersonTruth) -> dict[str, Any]:
    arrays = ("level", "change", "weeks", "values", "after_weeks", "after", "provided")
    return {
        "person": one.person,
        "arm": one.arm,
        "therapist": one.therapist,
        "ending": one.ending.value,
        **{name: np.round(getattr(one, name), 6).tolist() for name in arrays},
        "own_effects": [{"from": a, "to": b, "value": v} for (a, b), v in one.own_effects.items()],
        "brought": dict(one.brought),
        "ruptures": [asdict(r) for r in one.ruptures],
        "life_events": [asdict(e) for e in one.life_events],
        "sudden_gain": one.sudden_gain,
        "corrective_experiences": list(one.corrective_experiences),
        "tellings": [asdict(t) for t in one.tellings],
    }


@dataclass(frozen=True, eq=False)
class Truth:
    """Everyone, in the order of the cohort's episodes."""

    scenario: str
    constructs: tuple[str, ...]
    persons: tuple[PersonTruth, ...]

    def plain(self) -> dict[str, Any]:
        """As numbers, texts, lists and dictionaries, to be written as JSON."""
        return {
            "scenario": self.scenario,
            "units": "standard deviations of clients at the first session; weeks since the first row",
            "constructs": list(self.constructs),
            "persons": [_plain(one) for one in self.persons],
        }

    def values(self, construct: str, *, session: int) -> NDArray[np.float64]:
        """True values (persons,) at a session counted from 1; NaN for those who had left."""
        k = self.constructs.index(construct)
        return np.array([q.values[session - 1, k] if session <= len(q.values) else np.nan for q in self.persons])
