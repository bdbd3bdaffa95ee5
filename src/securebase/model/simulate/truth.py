"""The truth behind a simulated cohort, recorded or not: for calibration and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.arguments import check_whole_number
from securebase.model.parameters import Array
from securebase.model.simulate.emotional_work import TrueRetelling
from securebase.model.simulate.ruptures import TrueRupture
from securebase.records.episode import LifeEventRecord
from securebase.records.vocabulary import Ending
from securebase.schema import plain_fields


@dataclass(frozen=True, eq=False)
class PersonTruth:
    """One simulated client in standard units, with constructs in the order of `Truth.constructs`.

    level (K,), change (m,): deviations from the mean level and, of the m constructs that move, the mean change. weeks
    (held,), values (held, K): at the sessions that took place. after_weeks (follow-ups,), after (follow-ups, K): weeks
    since the first row and true values at follow-up. person_effects: this client's standardised weekly lagged effects,
    by (from, to). brought: time-invariant covariates by name. provided (held,): support that the therapist provided.
    sudden_gain: the session that followed it, or None.
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
    person_effects: Mapping[tuple[str, str], float]
    brought: Mapping[str, float]
    provided: Array
    ruptures: tuple[TrueRupture, ...]
    life_events: tuple[LifeEventRecord, ...]
    sudden_gain: int | None
    corrective_experiences: tuple[int, ...]
    tellings: tuple[TrueRetelling, ...]
    ending: Ending


def _person_to_json(person: PersonTruth) -> dict[str, Any]:
    arrays = ("level", "change", "weeks", "values", "after_weeks", "after", "provided")
    return {
        **plain_fields(person, "person", "arm", "therapist", "ending"),
        **{name: np.round(getattr(person, name), 6).tolist() for name in arrays},
        "own_effects": [{"from": a, "to": b, "value": v} for (a, b), v in person.person_effects.items()],
        **plain_fields(person, "brought", "ruptures", "life_events"),
        **plain_fields(person, "sudden_gain", "corrective_experiences", "tellings"),
    }


@dataclass(frozen=True, eq=False)
class Truth:
    """True values and events of every simulated client, in the order of the cohort's episodes.

    Parameters
    ----------
    scenario : str
        Id of the scenario.
    constructs : tuple of str
        Constructs, K of them, in the order of every array: the tracked ones, all others that move, then traits.
    persons : tuple of PersonTruth
        One entry per client. Values are in standard deviations of clients at the first session, times in weeks since
        the first row.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> rng = np.random.default_rng(1)
    >>> _, truth = securebase.simulate_with_truth("default", n_clients=3, rng=rng, sessions=8, dropout=0.0)
    >>> truth.values("symptoms", session=1).shape
    (3,)
    """

    scenario: str
    constructs: tuple[str, ...]
    persons: tuple[PersonTruth, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the truth as numbers, strings, lists and dictionaries, ready to be written as JSON."""
        return {
            "scenario": self.scenario,
            "units": "standard deviations of clients at the first session; weeks since the first row",
            "constructs": list(self.constructs),
            "persons": [_person_to_json(person) for person in self.persons],
        }

    def values(self, construct: str, *, session: int) -> NDArray[np.float64]:
        """Return true values (persons,) at a session counted from 1, NaN for clients who had left.

        Raises ModelError for an unknown construct, or a session before the first.
        """
        if construct not in self.constructs:
            raise ModelError(f"unknown construct “{construct}”", advice=f"The truth has {', '.join(self.constructs)}.")
        check_whole_number(session, "session", minimum=1)
        k = self.constructs.index(construct)
        return np.array(
            [person.values[session - 1, k] if session <= len(person.values) else np.nan for person in self.persons]
        )
