"""The data dictionary beside a table: one JSON file that says what each column is, and which name person and time.

`NAME.json` describes `NAME.csv`. Commands that read the table take person, time, unit and moments from it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from securebase.errors import InputError
from securebase.exchange.grid import read_bytes
from securebase.measurement.rotation import ITEM_COLUMN
from securebase.records.vocabulary import Moment, Respondent
from securebase.schema import Number, Place, ShelfStruct, Text, from_plain, to_json

FORMAT = "securebase-data-dictionary"

Count = Annotated[int, Meta(ge=0)]
Block = Literal[
    "course",
    "questionnaires",
    "therapist",
    "emotional work",
    "skills",
    "focus",
    "people",
    "context",
    "ending",
    "background",
]


class TableColumn(ShelfStruct, frozen=True):
    """One column of a table.

    kind: what a cell holds; a category is a text, yes_no is 1 or 0. construct: of the theory, empty if none. versions:
    of the instrument. moment: when it was measured relative to the session of its row; None for what does not depend
    on a session. respondent: None if unknown or several. clients, values: clients with a value, and cells with one.
    blanked: cells emptied because fewer than `smallest_cell` clients have that category.
    """

    name: Text
    label: Text
    block: Block
    kind: Literal["number", "yes_no", "category", "identifier"] = "number"
    construct: str = ""
    instrument: str = ""
    scale: str = ""
    versions: tuple[str, ...] = ()
    unit: str = ""
    minimum: Number | None = None
    maximum: Number | None = None
    moment: Moment | None = None
    respondent: Respondent | None = None
    claims: tuple[str, ...] = ()
    clients: Count = 0
    values: Count = 0
    blanked: Count = 0


def item_column(column: TableColumn) -> TableColumn:
    """Return the column beside one of a construct whose items are asked in turn: which item was asked, from 1."""
    return TableColumn(
        f"{column.name}{ITEM_COLUMN}",
        f"{column.label}: which of its questions was asked",
        column.block,
        instrument=column.instrument,
        minimum=1.0,
        moment=column.moment,
        respondent=column.respondent,
    )


class OmittedColumn(ShelfStruct, frozen=True):
    """A column left out because fewer than `smallest_cell` clients have a value other than 0 in it."""

    name: Text
    label: Text
    block: Block


class DataDictionary(ShelfStruct, frozen=True):
    """The data dictionary of a table.

    person, time: names of these columns. time_unit: unit of the time column. made_on: date of the table. fingerprint:
    SHA-256 of the table's bytes. smallest_cell: smallest number of clients that a category may have.
    """

    format: Literal["securebase-data-dictionary"]
    version: Literal[1]
    person: Text
    time: Text
    time_unit: Literal["session", "day", "week", "file"]
    therapist: str
    made_on: Text
    software: Text
    fingerprint: Text
    simulated: bool
    clients: Count
    rows: Count
    smallest_cell: Count
    columns: tuple[TableColumn, ...]
    omitted: tuple[OmittedColumn, ...] = ()
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> TableColumn | None:
        """Return the column with this name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def moment(self, name: str) -> Moment | None:
        """Return when a column was measured; None if the dictionary does not say."""
        column = self.column(name)
        return column.moment if column else None


def format_dictionary(dictionary: DataDictionary) -> str:
    """Return a data dictionary as JSON."""
    return to_json(dictionary, Place("the data dictionary", InputError), indent=1) + "\n"


def read_dictionary(path: Path) -> DataDictionary:
    """Read a data dictionary. Raises InputError if the file is none, naming the invalid field."""
    values = _json_values(path)
    if values is None:
        raise InputError("not a data dictionary", where=path.name)
    return parse_dictionary(values, path.name)


def parse_dictionary(values: object, file: str) -> DataDictionary:
    """Return the data dictionary in plain values. Raises InputError naming `file` and the invalid field."""
    return from_plain(values, DataDictionary, Place(file, InputError))


def dictionary_path(table: Path) -> Path:
    """Return where the data dictionary of a table lies: the same name, ending in .json."""
    return table.with_suffix(".json")


def dictionary_beside(table: Path) -> DataDictionary | None:
    """Return the data dictionary beside a table, None without one; another JSON file of that name is none.

    Raises InputError if it is a data dictionary with an invalid field.
    """
    path = dictionary_path(table)
    return read_dictionary(path) if path.is_file() and path != table and _json_values(path) is not None else None


def _json_values(path: Path) -> object:
    """Return the values of a JSON file with the format of a data dictionary, else None."""
    try:
        values = json.loads(read_bytes(path))
    except ValueError:
        return None
    return values if isinstance(values, dict) and values.get("format") == FORMAT else None
