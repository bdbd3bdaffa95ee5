"""Read a table with its data dictionary for the edges of the theory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from securebase.errors import InputError
from securebase.exchange.csv_tables import read_cohort
from securebase.exchange.data_dictionary import DataDictionary, dictionary_beside, dictionary_path
from securebase.exchange.grid import clean, column_name, read_bytes, read_grid
from securebase.model.observations import panel
from securebase.model.theory import TheoryEdge
from securebase.records.vocabulary import Moment
from securebase.study.edges.change import ARM
from securebase.study.edges.columns import EdgeTable, columns_of
from securebase.study.edges.stories import END, STORY
from securebase.study.table import session_table


def read_edge_table(path: Path, edges: Iterable[TheoryEdge]) -> EdgeTable:
    """Return the columns of a table that these edges need. Person, time and moments come from the data dictionary.

    Columns of the dictionary that the table lacks or that are empty, as in a selection of its clients, are left out.
    Raises InputError without a data dictionary beside the table, or if no column measures any end of an edge.
    """
    dictionary = dictionary_beside(path)
    if dictionary is None:
        raise InputError(
            f"no data dictionary beside the table ({dictionary_path(path).name})",
            where=path.name,
            advice="Write the table with securebase cohort, which writes both, and keep them in one folder.",
        )
    grid = read_grid(read_bytes(path), path.name)
    filled = {column_name(name) for i, name in enumerate(grid.header) if any(clean(cell) for cell in grid.column(i))}
    wanted = tuple(name for name in _wanted(dictionary, edges) if name in filled)
    if not wanted:
        raise InputError("no column measures a construct of these edges", where=path.name, advice="Choose other edges.")
    outcome, *others = wanted
    cohort = read_cohort(
        path,
        person=dictionary.person,
        time=dictionary.time,
        outcome=outcome,
        processes=others,
        time_unit=dictionary.time_unit,
        outcome_moment=_moment(dictionary, outcome),
        process_moments={name: _moment(dictionary, name) for name in others},
    )
    rows = session_table(cohort, panel(cohort, (outcome, *others)))
    return EdgeTable(rows, dictionary, cohort.days_per_unit, changed=grid.fingerprint != dictionary.fingerprint)


def _wanted(dictionary: DataDictionary, edges: Iterable[TheoryEdge]) -> tuple[str, ...]:
    """Return the columns that measure an end of an edge, and those that an estimator names itself."""
    ends = dict.fromkeys(end for edge in edges for end in edge.ends)
    columns = [column for end in ends for column in columns_of(dictionary, end)]
    named = [name for name in (STORY, END, ARM) if (c := dictionary.column(name)) and c.values]
    return tuple(dict.fromkeys([*columns, *named] if columns else []))


def _moment(dictionary: DataDictionary, column: str) -> Moment:
    """Return when a column was measured; what was rated between sessions belongs to the session after it."""
    moment = dictionary.moment(column)
    return Moment.AFTER if moment is Moment.AFTER else Moment.BEFORE
