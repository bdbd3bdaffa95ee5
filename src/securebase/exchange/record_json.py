"""Episode records as JSON: lossless writer and strict reader.

Tuples become lists, enums their values, dates ISO strings. Times are days since the episode began.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from securebase.errors import InputError
from securebase.exchange.grid import read_bytes
from securebase.records.episode import EpisodeRecord
from securebase.schema import Place, ShelfStruct, from_plain, to_json

FORMAT, VERSION = "securebase-record", 1


class RecordFile(ShelfStruct, frozen=True):
    """The file of a record. `notes` inform readers, for instance about omissions."""

    format: str
    version: int
    notes: Mapping[str, str]
    record: EpisodeRecord


def format_record(record: EpisodeRecord, notes: Mapping[str, str] | None = None) -> str:
    """Return the record as JSON. `notes` inform readers, for instance about omissions.

    Raises InputError for a number that is not finite.
    """
    file = RecordFile(FORMAT, VERSION, dict(notes or {}), record)
    return to_json(file, Place("the record", InputError), indent=1) + "\n"


def write_record(record: EpisodeRecord, path: str | Path, notes: Mapping[str, str] | None = None) -> None:
    """Write a record to a JSON file, see `format_record`."""
    Path(path).write_text(format_record(record, notes), encoding="utf-8")


def read_record(path: str | Path) -> EpisodeRecord:
    """Read the record of one course of therapy from a JSON file.

    Parameters
    ----------
    path : str or Path
        File that the workbench exported (UTF-8 JSON, format ``securebase-record``, version 1).

    Returns
    -------
    EpisodeRecord
        The record. Times are days since the episode began. Fields that an earlier version did not write have their
        defaults.

    Raises
    ------
    InputError
        If the file cannot be read, is not such a record, or holds a field that this version does not know. The
        message gives the path inside the file.

    See Also
    --------
    read_cohort : Read a table of many persons.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> import securebase
    >>> document = {
    ...     "format": "securebase-record",
    ...     "version": 1,
    ...     "record": {"person": "client-1", "planned_sessions": 16, "sessions": [{"number": 1, "at": 0.0}]},
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "record.json"
    ...     _ = path.write_text(json.dumps(document), encoding="utf-8")
    ...     record = securebase.read_record(path)
    >>> record.person, record.planned_sessions, len(record.sessions)
    ('client-1', 16, 1)
    """
    if not isinstance(path, str | Path):
        raise InputError(f"path must be a text or Path (got {path!r})", advice="Pass the path of an exported record.")
    file = Path(path)
    try:
        text = read_bytes(file).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text", where=file.name, advice="Export the record again.") from None
    return parse_record(text, where=file.name)


def parse_record(text: str, *, where: str = "the text") -> EpisodeRecord:
    """Return the record that `format_record` wrote.

    Unknown fields (of a later version) are refused; absent fields (of an earlier version) have their defaults. Raises
    InputError with the path inside the document.
    """
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"invalid JSON: {error}", where=where, advice="Export the record again.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError("this is not a Securebase record", where=where, advice=f"Its “format” must be “{FORMAT}”.")
    if document.get("version") != VERSION:
        version = document.get("version")
        raise InputError(f"version must be {VERSION} (got {version!r})", where=where)
    place = Place(where, InputError)
    record = from_plain({"notes": {}, **document}, RecordFile, place).record
    _check_lists(record, place.at("record"))
    return record


def _check_lists(record: EpisodeRecord, place: Place) -> None:
    """Check that a list of a worksheet holds either choices or rows."""
    for n, artefact in enumerate(record.artefacts, start=1):
        for name, value in artefact.values.items():
            if isinstance(value, tuple) and len({isinstance(item, str) for item in value}) > 1:
                place.at("artefacts", n).at("values").fail("must hold either choices or rows", name)
