"""Columns of the clinic's table: the sessions of a specimen course in which each is filled."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from securebase.exchange.data_dictionary import TableColumn
from securebase.register.specimen import SESSIONS, specimen_table
from securebase.study.edges.columns import columns_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A column, and the sessions of a specimen course in which it has a value (of the area with most)."""

    column: TableColumn
    sessions: tuple[int, ...]

    @property
    def repeats(self) -> bool:
        """Return whether the table repeats the last rating in every row until there is another one."""
        return self.column.block in {"people", "background"}

    @property
    def in_words(self) -> str:
        n = len(self.sessions)
        if self.repeats:
            return "as often as recorded, repeated until the next time"
        return "every session" if n == SESSIONS else f"{n} of {SESSIONS} sessions"


@cache
def asked_columns() -> Mapping[str, Asked]:
    """Return the columns of the clinic's table by name."""
    table = specimen_table()
    rows = list(csv.DictReader(io.StringIO(table.csv.decode())))
    filled: dict[str, Asked] = {}
    for column in table.dictionary.columns:
        by_client: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            if row[column.name] and row["session"]:
                by_client[row["client"]].append(int(row["session"]))
        sessions: list[int] = max(by_client.values(), key=len, default=[])
        filled[column.name] = Asked(column, tuple(sessions))
    return filled


def asked_for(construct: str) -> Asked | None:
    """Return the column of a construct that is filled most often; None if the table has none."""
    columns = asked_columns()
    names = columns_of(specimen_table().dictionary, construct)
    return max((columns[n] for n in names if n in columns), key=lambda asked: len(asked.sessions), default=None)
