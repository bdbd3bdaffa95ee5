"""Small cells: what few clients have in common could give one of them away, so it leaves the clinic only in numbers.

Columns of the course and of questionnaires stay. Any other column in which fewer than `SMALLEST_CELL` clients have a
value but 0 is left out, and a category of fewer clients is blanked (decision 29).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, MutableMapping, Sequence

from msgspec.structs import replace

from securebase.exchange.clinic_table.course_rows import Cell
from securebase.exchange.data_dictionary import OmittedColumn, TableColumn

#: Smallest number of clients that share a category: a judgement, see decision 29.
SMALLEST_CELL = 5


def suppress_small_cells(
    columns: Mapping[str, TableColumn],
    cells: Mapping[str, MutableMapping[tuple[int, int], Cell]],
    clients: Sequence[str],
    smallest: int,
) -> tuple[tuple[TableColumn, ...], tuple[OmittedColumn, ...]]:
    """Blank rare categories in `cells`, and return the columns that stay and those that are left out.

    clients: pseudonym of each course.
    """
    shown: list[TableColumn] = []
    omitted: list[OmittedColumn] = []
    for name, column in columns.items():
        blanked = 0 if _is_open(column) else _blank_rare(column, cells[name], clients, smallest)
        if _is_open(column) or _sharing(cells[name], clients) >= smallest:
            shown.append(replace(column, blanked=blanked))
        else:
            omitted.append(OmittedColumn(name, column.label, column.block))
    return tuple(shown), tuple(omitted)


def _is_open(column: TableColumn) -> bool:
    """Return whether a column stays however few clients have a value in it."""
    return column.block == "course" or bool(column.instrument)


def _sharing(cells: Mapping[tuple[int, int], Cell], clients: Sequence[str]) -> int:
    """Return the number of clients with a value but 0."""
    return len({clients[c] for (c, _), value in cells.items() if value not in (0, "")})


def _blank_rare(
    column: TableColumn, cells: MutableMapping[tuple[int, int], Cell], clients: Sequence[str], smallest: int
) -> int:
    """Remove the categories of fewer than `smallest` clients, and return the number of cells removed."""
    if column.kind != "category":
        return 0
    holders: dict[Cell, set[str]] = defaultdict(set)
    for (c, _), value in cells.items():
        holders[value].add(clients[c])
    places = [place for place, value in cells.items() if len(holders[value]) < smallest]
    for place in places:
        del cells[place]
    return len(places)
