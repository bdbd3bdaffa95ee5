"""The columns of a table by the construct that they measure, as its data dictionary says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from securebase.exchange.data_dictionary import DataDictionary, TableColumn
from securebase.measurement.catalogue import instruments
from securebase.model.theory import label_of
from securebase.records.vocabulary import Respondent
from securebase.study.detrending import Array
from securebase.study.edges.result import NotAskedError, NotEstimableError
from securebase.study.estimator import MIN_PAIRS, Indices
from securebase.study.moderation import varies_within_persons
from securebase.study.phrases import number
from securebase.study.table import SessionTable
from securebase.study.verdicts.identifying import MAX_CORRELATION

#: constructs that happen at moments; a column of them may say 1 at each and nothing elsewhere
EVENTS = frozenset({"corrective_experience", "rupture_repair", "life_events"})
#: constructs that no questionnaire names → columns that hold them
_OTHER_COLUMNS = {"life_events": ("life_events_weight",)}


def columns_of(dictionary: DataDictionary, construct: str) -> tuple[str, ...]:
    """Return the columns that measure a construct in each session: the client's own first, then by clients and values.

    First values of questionnaires, which the background repeats in every row, are left out.
    """
    named = _OTHER_COLUMNS.get(construct, ())
    columns = [
        c
        for c in dictionary.columns
        if (c.construct == construct or c.name in named)
        and c.kind in {"number", "yes_no"}
        and c.values
        and (c.block != "background" or not c.instrument)
    ]
    return tuple(c.name for c in sorted(columns, key=_preference))


def _preference(column: TableColumn) -> tuple[bool, int, int]:
    return column.respondent not in {Respondent.CLIENT, None}, -column.clients, -column.values


@dataclass(frozen=True, eq=False)
class EdgeTable:
    """A table of sessions with its data dictionary.

    rows: columns of the table by name. days_per_unit: of its times. changed: since the data dictionary was written.
    """

    rows: SessionTable
    dictionary: DataDictionary
    days_per_unit: float = 7.0
    changed: bool = False

    def column(self, construct: str) -> str:
        """Return the name of the best column of a construct. Raises NotAskedError if there is none."""
        return self.candidates(construct)[0]

    def candidates(self, construct: str) -> tuple[str, ...]:
        """Return the columns of a construct that vary, the best first.

        Raises NotAskedError if the table has none, NotEstimableError if none varies.
        """
        names = tuple(name for name in columns_of(self.dictionary, construct) if name in self.rows.values)
        if not names:
            raise NotAskedError(f"The table has no column for {label_of(construct)}.{_asked_by(construct)}")
        varying = tuple(
            name for name in names if construct in EVENTS or np.nanmin(self.values(name)) < np.nanmax(self.values(name))
        )
        if not varying:
            raise NotEstimableError(f"“{names[0]}” has the same value in every session.")
        return varying

    def values(self, column: str) -> Array:
        return self.rows.values[column]

    def counts(self, column: str) -> Indices:
        """Return the number of values of each client (persons,)."""
        observed = np.isfinite(self.values(column))
        return np.bincount(self.rows.person[observed], minlength=self.rows.n_persons).astype(np.int64)


def require_clients(data: EdgeTable, columns: Sequence[str], ratings: int, clients: int) -> None:
    """Raise NotEstimableError unless so many clients have so many ratings of each column."""
    counts = {name: data.counts(name) for name in columns}
    enough = int((np.array(list(counts.values())) >= ratings).all(axis=0).sum())
    if enough >= clients:
        return
    # the column that fewest clients have often enough
    name = min(columns, key=lambda column: int((counts[column] >= ratings).sum()))
    rated = counts[name][counts[name] > 0]
    frequency = f"{rated.mean():.1f} values per client in {len(rated)} clients" if len(rated) else "no values"
    times = "one value" if ratings == 1 else f"{ratings} values"
    raise NotEstimableError(
        f"“{name}” has {frequency}: {enough} clients have {times} of every column; {clients} are needed "
        f"({clients - enough} more)."
    )


def require_change(rows: SessionTable, columns: Sequence[str]) -> None:
    """Raise NotEstimableError if one of these columns never changes within a client."""
    constant = [name for name in columns if not varies_within_persons(rows, name)]
    if constant:
        raise NotEstimableError(f"“{constant[0]}” never changes within a client.")


def require_no_copy(columns: tuple[str, str], x: Array, y: Array) -> None:
    """Raise NotEstimableError if x and y (n,), of these columns, correlate as a column does with its copy."""
    comparable = len(x) >= MIN_PAIRS and np.ptp(x) > 0 and np.ptp(y) > 0
    r = float(np.corrcoef(x, y)[0, 1]) if comparable else 0.0
    if abs(r) > MAX_CORRELATION:
        raise NotEstimableError(
            f"“{columns[0]}” and “{columns[1]}” correlate beyond ±{number(MAX_CORRELATION)}: one is a copy of the "
            "other."
        )


def _asked_by(construct: str) -> str:
    """Return which instruments measure a construct, as a sentence; empty if none does."""
    names = [f"“{i.name}”" for i in instruments().values() if any(s.construct == construct for s in i.scales)]
    return f" Measured by {', '.join(names[:3])}{' and others' if len(names) > 3 else ''}." if names else ""
