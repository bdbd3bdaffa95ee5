"""`CohortSample`: one simulated cohort, or one arm of a trial, as arrays: what the statistics of a calibration read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from securebase.records.vocabulary import Moment
from securebase.study.table import SessionTable

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: what is asked after a session; everything else is asked before it
_AFTER = frozenset({"alliance", "emotional_processing"})


def _first_rows(columns: Mapping[str, Array], n: int) -> dict[str, Array]:
    return {name: values[:n] for name, values in columns.items()}


@dataclass(frozen=True, eq=False)
class CohortSample:
    """n clients, at most T sessions. Scores are in standard deviations of clients at the first session.

    weeks (n, T): since the first session. held (n, T): sessions that took place. left (n,): stayed away before the
    planned end, other than because it was enough. scores: construct → (n, T), NaN where nothing was answered.
    planned: sessions planned. zero: construct → how many of those standard deviations the mean at the first session
    lies above the scale's lowest score.

    inventory: "start", "end", "after 0", … → (n,) PHQ-9 totals from item responses, where they were asked. brought:
    what clients bring along → (n,). therapist (n,) or None. events: "dependent", "independent" → (n, T) weight of life
    events before a session. ruptures: "open", "marked", "repaired" → (n, T) sessions. followed_at: weeks after the end
    of "after 0", …
    """

    weeks: Array
    held: Flags
    left: Flags
    scores: Mapping[str, Array]
    planned: int
    zero: Mapping[str, float]
    inventory: Mapping[str, Array] = field(default_factory=dict)
    brought: Mapping[str, Array] = field(default_factory=dict)
    therapist: NDArray[np.int64] | None = None
    events: Mapping[str, Array] = field(default_factory=dict)
    ruptures: Mapping[str, Flags] = field(default_factory=dict)
    followed_at: tuple[float, ...] = ()

    @property
    def n(self) -> int:
        return len(self.weeks)

    def first(self, n: int) -> CohortSample:
        """The first n clients."""
        return replace(
            self,
            weeks=self.weeks[:n],
            held=self.held[:n],
            left=self.left[:n],
            scores=_first_rows(self.scores, n),
            inventory=_first_rows(self.inventory, n),
            brought=_first_rows(self.brought, n),
            therapist=None if self.therapist is None else self.therapist[:n],
            events=_first_rows(self.events, n),
            ruptures={name: flags[:n] for name, flags in self.ruptures.items()},
        )

    def mean(self, construct: str, first: int, last: int | None = None) -> Array:
        """(n,) each client's mean over sessions `first` to `last` (from 1, both counted), NaN without any answer."""
        values = self.scores[construct][:, first - 1 : last or first]
        there = np.isfinite(values)
        count = there.sum(axis=1)
        with np.errstate(invalid="ignore"):
            means: Array = np.where(there, values, 0.0).sum(axis=1) / np.where(count, count, np.nan)
        return means

    def last(self, construct: str, after: int = 1) -> Array:
        """(n,) the last score of each client later than session `after`; NaN where there is none."""
        values = self.scores[construct][:, after:]
        there = np.isfinite(values)
        place = values.shape[1] - 1 - np.argmax(there[:, ::-1], axis=1)
        found: Array = np.where(there.any(axis=1), values[np.arange(self.n), place], np.nan)
        return found

    def table(self, constructs: Sequence[str], first: int = 1, last: int | None = None) -> SessionTable:
        """Sessions `first` to `last` that took place as rows, as the estimators of a study read them."""
        kept = self.held.copy()
        kept[:, : first - 1] = False
        if last is not None:
            kept[:, last:] = False
        person, session = np.nonzero(kept)
        return SessionTable(
            n_persons=self.n,
            person=person,
            times=self.weeks[person, session],
            values={name: self.scores[name][person, session] for name in constructs},
            moments={name: Moment.AFTER if name in _AFTER else Moment.BEFORE for name in constructs},
            time_unit="week",
        )
