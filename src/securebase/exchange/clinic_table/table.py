"""The table of a clinic and its data dictionary, built from the records of consenting clients.

Pure: records and pseudonyms in, CSV and dictionary out. Who is in the table is decided where consent is recorded.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from msgspec.structs import replace

from securebase import __version__
from securebase.errors import InputError
from securebase.exchange.clinic_table.context import context_entries
from securebase.exchange.clinic_table.course import CLIENT, SESSION, THERAPIST, area_entries, course_entries
from securebase.exchange.clinic_table.course_rows import Cell, CourseRows, TableEntry
from securebase.exchange.clinic_table.people import people_entries
from securebase.exchange.clinic_table.questionnaires import (
    count_unplaced,
    intake_entries,
    questionnaire_entries,
    security_entries,
)
from securebase.exchange.clinic_table.retellings import retelling_entries
from securebase.exchange.clinic_table.small_cells import SMALLEST_CELL, suppress_small_cells
from securebase.exchange.clinic_table.therapist import therapist_entries
from securebase.exchange.clinic_table.worksheet_entries import worksheet_entries
from securebase.exchange.data_dictionary import DataDictionary, TableColumn
from securebase.exchange.formulas import escape_formula

#: Readers of the records, in the order of their columns.
SOURCES: Sequence[Callable[[Sequence[CourseRows]], Iterator[TableEntry]]] = (
    course_entries,
    area_entries,
    questionnaire_entries,
    security_entries,
    therapist_entries,
    retelling_entries,
    people_entries,
    context_entries,
    worksheet_entries,
    intake_entries,
)
_NOTES = (
    "One row per session. Values before, after and between sessions are in the row of their session.",
    "Pseudonymous, not anonymous: people who know a client may recognise the events. Do not publish the rows.",
    "Missed sessions have no row; the next row counts them if the session note does.",
    "An empty cell means “not recorded”. A column “recorded for this session” is 0 where the worksheet has no complete "
    "entry.",
)

Place = tuple[int, int]
Cells = Mapping[Place, Cell]


@dataclass(frozen=True, slots=True)
class ClinicTable:
    """A table as CSV with its data dictionary."""

    csv: bytes
    dictionary: DataDictionary


def build_clinic_table(
    courses: Sequence[CourseRows], *, made_on: date, smallest_cell: int = SMALLEST_CELL
) -> ClinicTable:
    """Return the table of these courses. Raises InputError if no session was held in any of them."""
    rows = [(c, r) for c, course in enumerate(courses) for r in range(len(course.rows))]
    if not rows:
        raise InputError(
            "the table would be empty: no client who consents to research has had a session",
            advice="Record the consent to research in the client’s contract.",
        )
    cells: dict[str, dict[Place, Cell]] = defaultdict(dict)
    columns: dict[str, TableColumn] = {}
    for source in SOURCES:
        for entry in source(courses):
            columns.setdefault(entry.column.name, entry.column)
            cells[entry.column.name][entry.course, entry.row] = entry.value
    clients = [course.client for course in courses]
    shown, omitted = suppress_small_cells(columns, cells, clients, smallest_cell)
    counted = tuple(_count(column, cells[column.name], clients) for column in _in_blocks(shown))
    text = _csv(counted, cells, rows)
    unplaced = count_unplaced(courses)
    dictionary = DataDictionary(
        format="securebase-data-dictionary",
        version=1,
        person=CLIENT.name,
        time=SESSION.name,
        time_unit="session",
        therapist=THERAPIST.name,
        made_on=made_on.isoformat(),
        software=f"securebase {__version__}",
        fingerprint=hashlib.sha256(text).hexdigest(),
        simulated=all(course.record.simulated for course in courses),
        clients=len({courses[c].client for c, _ in rows}),
        rows=len(rows),
        smallest_cell=smallest_cell,
        columns=counted,
        omitted=omitted,
        notes=(*_NOTES, *_describe_unplaced(unplaced)),
    )
    return ClinicTable(text, dictionary)


def _describe_unplaced(count: int) -> Iterator[str]:
    if count:
        noun = "questionnaire belongs" if count == 1 else "questionnaires belong"
        yield f"{count} answered {noun} to no row yet, because the session has not been held."


def _in_blocks(columns: Sequence[TableColumn]) -> list[TableColumn]:
    """Return the columns block by block, in the order in which the blocks first appear."""
    blocks = list(dict.fromkeys(column.block for column in columns))
    return sorted(columns, key=lambda column: blocks.index(column.block))


def _count(column: TableColumn, cells: Cells, clients: Sequence[str]) -> TableColumn:
    return replace(column, clients=len({clients[c] for c, _ in cells}), values=len(cells))


def _csv(columns: Sequence[TableColumn], cells: Mapping[str, Cells], rows: Sequence[Place]) -> bytes:
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow([column.name for column in columns])
    table.writerows([_format(cells[column.name].get(place)) for column in columns] for place in rows)
    return text.getvalue().encode()


def _format(value: Cell | None) -> str:
    """Return a cell as text: numbers to ten digits, texts without formulas."""
    if value is None:
        return ""
    return escape_formula(value) if isinstance(value, str) else f"{value:.10g}"
