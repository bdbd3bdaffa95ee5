"""Read a table with its data dictionary for the edges of the theory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from securebase.errors import InputError
from securebase.exchange.csv_tables import read_cohort
from securebase.exchange.data_dictionary import DataDictionary, dictionary_beside, dictionary_path
from securebase.exchange.grid import clean, column_name, read_bytes, read_grid
from securebase.measurement.rotation import ITEM_COLUMN
from securebase.model.observations import panel
from securebase.model.theory import TheoryEdge
from securebase.records.vocabulary import Moment
from securebase.study.edges.change import ARM
from securebase.study.edges.columns import EdgeTable, columns_of
from securebase.study.edges.stories import END, STORY
from securebase.study.table import SessionTable, session_table


def read_edge_table(path: Path, edges: Iterable[TheoryEdge]) -> EdgeTable:
    """Return the columns of a file that these edges need, as `parse_edge_table` does.

    Raises InputError without a data dictionary beside the table.
    """
    dictionary = dictionary_beside(path)
    if dictionary is None:
        raise InputError(
            f"no data dictionary beside the table ({dictionary_path(path).name})",
            where=path.name,
            advice="Write the table with securebase cohort, which writes both, and keep them in one folder.",
        )
    return parse_edge_table(read_bytes(path), dictionary, edges, path.name)


def parse_edge_table(
    content: bytes, dictionary: DataDictionary, edges: Iterable[TheoryEdge], file: str = "table.csv"
) -> EdgeTable:
    """Return the columns of a table that these edges need. Person, time and moments come from the data dictionary.

    Columns of the dictionary that the table lacks or that are empty, as in a selection of its clients, are left out.
    Raises InputError, naming `file`, if no column measures any end of an edge.
    """
    grid = read_grid(content, file)
    filled = {column_name(name) for i, name in enumerate(grid.header) if any(clean(cell) for cell in grid.column(i))}
    wanted = tuple(name for name in _wanted(dictionary, edges) if name in filled)
    if not wanted:
        raise InputError("no column measures a construct of these edges", where=file, advice="Choose other edges.")
    outcome, *others = wanted
    cohort = read_cohort(
        content,
        person=dictionary.person,
        time=dictionary.time,
        outcome=outcome,
        processes=others,
        time_unit=dictionary.time_unit,
        outcome_moment=_moment(dictionary, outcome),
        process_moments={name: _moment(dictionary, name) for name in others},
        file=file,
    )
    rows = center_items(session_table(cohort, panel(cohort, (outcome, *others))))
    return EdgeTable(rows, dictionary, cohort.days_per_unit, changed=grid.fingerprint != dictionary.fingerprint)


def _wanted(dictionary: DataDictionary, edges: Iterable[TheoryEdge]) -> tuple[str, ...]:
    """Return the columns that measure an end of an edge, and those that an estimator names itself."""
    ends = dict.fromkeys(end for edge in edges for end in edge.ends)
    columns = [column for end in ends for column in columns_of(dictionary, end)]
    others = [STORY, END, ARM, *(f"{name}{ITEM_COLUMN}" for name in columns)]
    named = [name for name in others if (c := dictionary.column(name)) and c.values]
    return tuple(dict.fromkeys([*columns, *named] if columns else []))


def center_items(rows: SessionTable) -> SessionTable:
    """Return the table without the differences between the means of items that a column holds in turn.

    Otherwise a client who gets the easier question would seem to have moved. The mean of a column remains; columns
    that say which item was asked (NAME_item) are removed. Values without an item, such as means of both, count as one
    item more.
    """
    values = {name: column for name, column in rows.values.items() if not _says_which_item(rows, name)}
    for name, column in values.items():
        asked = rows.values.get(f"{name}{ITEM_COLUMN}")
        if asked is None:
            continue
        item = np.nan_to_num(asked)
        centered = column.copy()
        for one in np.unique(item[np.isfinite(column)]):
            here = np.isfinite(column) & (item == one)
            centered[here] += np.nanmean(column) - column[here].mean()
        values[name] = centered
    return replace(rows, values=values, moments={name: rows.moments[name] for name in values})


def _says_which_item(rows: SessionTable, name: str) -> bool:
    return name.endswith(ITEM_COLUMN) and name.removesuffix(ITEM_COLUMN) in rows.values


def _moment(dictionary: DataDictionary, column: str) -> Moment:
    """Return when a column was measured; what was rated between sessions belongs to the session after it."""
    moment = dictionary.moment(column)
    return Moment.AFTER if moment is Moment.AFTER else Moment.BEFORE
