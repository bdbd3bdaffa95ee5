"""`CohortSample`: one simulated cohort, or one arm of a trial, as arrays for the statistics of a calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from securebase.records.vocabulary import Moment
from securebase.study.table import SessionTable

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: constructs that clients rate after a session; they rate all others before it
_RATED_AFTER = frozenset({"alliance", "emotional_processing"})


def _first_rows(columns: Mapping[str, Array], n: int) -> dict[str, Array]:
    return {name: values[:n] for name, values in columns.items()}


@dataclass(frozen=True, eq=False)
class CohortSample:
    """n clients with at most T sessions. Scores are in standard deviations of clients at the first session.

    weeks: (n, T), since the first session. attended: (n, T), sessions that took place. dropped_out: (n,), ended before
    the planned end for another reason than sufficient improvement. scores: construct → (n, T), NaN where missing.
    planned: number of planned sessions. mean_above_minimum: construct → distance from the scale's lowest score to the
    mean at the first session, in the same standard deviations.

    inventory: "start", "end", "after 0", … → (n,) PHQ-9 totals from item responses, if the design includes them.
    covariates: time-invariant characteristic → (n,). therapist: (n,) or None. events: "dependent", "independent" →
    (n, T) weight of life events before a session. ruptures: "open", "marked", "repaired" → (n, T) sessions.
    follow_up_weeks: weeks between the end and "after 0", …
    """

    weeks: Array
    attended: Flags
    dropped_out: Flags
    scores: Mapping[str, Array]
    planned: int
    mean_above_minimum: Mapping[str, float]
    inventory: Mapping[str, Array] = field(default_factory=dict)
    covariates: Mapping[str, Array] = field(default_factory=dict)
    therapist: NDArray[np.int64] | None = None
    events: Mapping[str, Array] = field(default_factory=dict)
    ruptures: Mapping[str, Flags] = field(default_factory=dict)
    follow_up_weeks: tuple[float, ...] = ()

    @property
    def n(self) -> int:
        return len(self.weeks)

    def first_clients(self, n: int) -> CohortSample:
        """Return a sample of the first n clients."""
        return replace(
            self,
            weeks=self.weeks[:n],
            attended=self.attended[:n],
            dropped_out=self.dropped_out[:n],
            scores=_first_rows(self.scores, n),
            inventory=_first_rows(self.inventory, n),
            covariates=_first_rows(self.covariates, n),
            therapist=None if self.therapist is None else self.therapist[:n],
            events=_first_rows(self.events, n),
            ruptures={name: flags[:n] for name, flags in self.ruptures.items()},
        )

    def mean(self, construct: str, first: int, last: int | None = None) -> Array:
        """Return each client's mean over sessions `first` to `last` (from 1, inclusive), (n,), NaN without a score."""
        values = self.scores[construct][:, first - 1 : last or first]
        observed = np.isfinite(values)
        count = observed.sum(axis=1)
        with np.errstate(invalid="ignore"):
            means: Array = np.where(observed, values, 0.0).sum(axis=1) / np.where(count, count, np.nan)
        return means

    def last(self, construct: str, after: int = 1) -> Array:
        """Return each client's last score after session `after`, (n,), NaN without one."""
        values = self.scores[construct][:, after:]
        observed = np.isfinite(values)
        last = values.shape[1] - 1 - np.argmax(observed[:, ::-1], axis=1)
        scores: Array = np.where(observed.any(axis=1), values[np.arange(self.n), last], np.nan)
        return scores

    def table(self, constructs: Sequence[str], first: int = 1, last: int | None = None) -> SessionTable:
        """Return the sessions `first` to `last` that took place as a table for the estimators of a study."""
        included = self.attended.copy()
        included[:, : first - 1] = False
        if last is not None:
            included[:, last:] = False
        person, session = np.nonzero(included)
        return SessionTable(
            n_persons=self.n,
            person=person,
            times=self.weeks[person, session],
            values={name: self.scores[name][person, session] for name in constructs},
            moments={name: Moment.AFTER if name in _RATED_AFTER else Moment.BEFORE for name in constructs},
            time_unit="week",
        )


#: one replication: arm → its sample
Arms = Mapping[str, CohortSample]
