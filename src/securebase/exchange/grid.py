"""Bytes of a file → a header and rows of text. Nothing is interpreted here, and nothing is lost without a remark."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from securebase.errors import TableError
from securebase.exchange.formulas import restored

#: a table of therapy sessions is small; a file beyond this is a mistake (bytes)
MAX_BYTES = 512 * 1024 * 1024

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_NOT_A_TABLE = {
    b"PK\x03\x04": "an Excel workbook or another zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"$FL": "an SPSS file",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"<?xml": "an XML file",
    b"<!DOC": "a web page",
    b"<html": "a web page",
}

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)

#: blanks that a look at the file does not show
_UNSEEN = "\ufeff\u200b\u200e\u200f\u2060"


@dataclass(frozen=True, slots=True)
class Grid:
    """A file's header and rows. `numbers[i]` is the row of the file in which `rows[i]` stands (first row: 1).

    Every row has as many cells as the header. `blank` are the numbers of lines with nothing on them.
    """

    file: str
    fingerprint: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    blank: tuple[int, ...]
    delimiter: str
    remarks: tuple[str, ...]

    def column(self, index: int) -> list[str]:
        return [row[index] for row in self.rows]


def load(path: str | Path) -> bytes:
    """The file's bytes. Raises TableError where it cannot be read."""
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise TableError("the file is larger than 512 MB", file=file.name, advice="Keep only the rows needed.")
        return file.read_bytes()
    except FileNotFoundError:
        raise TableError("there is no such file", file=str(path), advice="Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TableError(f"the file cannot be read ({reason})", file=str(path)) from None


def read_grid(content: bytes, file: str) -> Grid:
    """Header and rows of a table with one header row. Raises TableError naming the row where it cannot be split."""
    text, remarks = _decoded(content, file)
    delimiter, text, skipped = _delimiter(text, file)
    if delimiter != ",":
        remarks.append(f"Cells are separated by {_DELIMITERS[delimiter]}.")
    records = _records(text, delimiter, skipped, file)
    header_row, header = _header(records, file)
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    blank: list[int] = []
    short: list[int] = []
    for number, record in records:
        if len(record) <= 1 < len(header) and not "".join(record).strip():
            blank.append(number)
            continue
        if len(record) < len(header):
            short.append(number)
        _check_length(record, header, number, file, rows)
        rows.append(tuple(record[: len(header)]) + ("",) * (len(header) - len(record)))
        numbers.append(number)
    if short:
        remarks.append(
            f"{plural(len(short), 'row')} shorter than the header ({listed(short)}): the cells that are not there "
            "were read as missing."
        )
    if header_row > 1:
        remarks.append(f"The header stands in row {header_row}.")
    return Grid(
        file=file,
        fingerprint=hashlib.sha256(content).hexdigest(),
        header=header,
        rows=tuple(rows),
        numbers=tuple(numbers),
        blank=tuple(blank),
        delimiter=delimiter,
        remarks=tuple(remarks),
    )


def clean(cell: str) -> str:
    """A cell without the blanks around it, seen or unseen."""
    cell = cell.strip()
    return cell if cell.isascii() else cell.strip(_UNSEEN).strip()


def name_of(cell: str) -> str:
    """A column's name on one line: inner blanks and line breaks (common in spreadsheets) are one blank each."""
    return restored(printable(" ".join(clean(cell).split())))


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(numbers: list[int], most: int = 5) -> str:
    """“row 3” or “rows 3, 7, 9, …”."""
    shown = ", ".join(str(n) for n in numbers[:most])
    return f"row{'s' if len(numbers) > 1 else ''} {shown}{', …' if len(numbers) > most else ''}"


def _decoded(content: bytes, file: str) -> tuple[str, list[str]]:
    for start, kind in _NOT_A_TABLE.items():
        if content.startswith(start):
            raise TableError(f"this is {kind}, not a CSV file", file=file, advice="Open it and save it as “CSV UTF-8”.")
    if not content.strip():
        raise TableError(
            "the file is empty", file=file, advice="It should hold a header and below it one row for each session."
        )
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode(content[len(mark) :], encoding, file), _encoding_remark(encoding)
    encoding = _guessed(content)
    return _decode(content, encoding, file), _encoding_remark(encoding)


def _guessed(content: bytes) -> str:
    """UTF-8 where it fits; UTF-16 where every other byte is nothing; else what Excel writes in western Europe."""
    start = content[:4096]
    if start.count(0) > len(start) // 4:
        return "utf-16-le" if start[1::2].count(0) >= start[::2].count(0) else "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _decode(content: bytes, encoding: str, file: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise TableError(
            f"the text cannot be decoded as {encoding} (byte {error.start + 1})",
            file=file,
            advice="Save the table as “CSV UTF-8”.",
        ) from None
    if "\x00" in text:
        raise TableError("this is no text file", file=file, advice="Save the table as “CSV UTF-8”.")
    return text


def _encoding_remark(encoding: str) -> list[str]:
    if encoding == "utf-8":
        return []
    if encoding == "windows-1252":
        return ["The file is not UTF-8; it was read as windows-1252, the encoding of western Excel files."]
    return [f"The file was read as {encoding[:6].upper()}."]


def _delimiter(text: str, file: str) -> tuple[str, str, int]:
    """The sign between cells, the text without Excel's own hint of it, and how many rows that hint took."""
    hint = re.match(r"\s*sep=([,;\t|])[ \t]*(\r\n|\r|\n)", text)
    if hint:
        return hint.group(1), text[hint.end() :], text[: hint.end()].count("\n") or 1
    counts = dict.fromkeys(_DELIMITERS, 0)
    quoted = False
    for sign in text.lstrip():
        if sign == '"':
            quoted = not quoted
        elif not quoted and sign in "\r\n":
            break
        elif not quoted and sign in counts:
            counts[sign] += 1
    return max(counts, key=lambda d: counts[d]), text, 0


def _records(text: str, delimiter: str, skipped: int, file: str) -> Iterator[tuple[int, list[str]]]:
    # strict: an unclosed quote would otherwise swallow the rest of the file in silence
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    number = skipped
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(
                f"the row cannot be split into cells ({error})",
                file=file,
                row=number,
                advice="Look for a quotation mark that is not closed, or stands inside a cell.",
            ) from None


def _header(records: Iterator[tuple[int, list[str]]], file: str) -> tuple[int, tuple[str, ...]]:
    for number, record in records:
        names = [name_of(cell) for cell in record]
        if not any(names):
            continue
        while not names[-1]:
            names.pop()
        if all(re.fullmatch(r"[-+]?[\d.,]+", name) for name in names):
            raise TableError(
                "the first row holds numbers, not the names of columns",
                file=file,
                row=number,
                advice="Add a first row with a name for every column.",
            )
        return number, tuple(names)
    raise TableError("the file holds no header", file=file)


def _check_length(
    record: list[str], header: tuple[str, ...], number: int, file: str, before: list[tuple[str, ...]]
) -> None:
    """Cells beyond the header may only be blank. Raises TableError otherwise."""
    if not any(clean(cell) for cell in record[len(header) :]):
        return
    advice = "Put cells that contain the separating sign in quotation marks, or name the further columns."
    if _looks_like_a_header(record) and not any(_looks_like_a_header(list(row)) for row in before):
        advice = f"The header seems to stand in row {number}: delete the lines above it."
    raise TableError(f"the row has {len(record)} cells, the header {len(header)}", file=file, row=number, advice=advice)


def _looks_like_a_header(record: list[str]) -> bool:
    """Whether every cell could name a column: at least two, none blank, none a number, none twice."""
    names = [name_of(cell) for cell in record]
    while names and not names[-1]:
        names.pop()
    numeric = any(re.fullmatch(r"[-+−]?[\d.,]+", name) for name in names)
    return len(names) > 1 and all(names) and not numeric and len(set(names)) == len(names)


def shown(cell: str, most: int = 60) -> str:
    """A cell as it may stand in a message: one line, not too long, no control signs."""
    text = printable(cell)
    return text if len(text) <= most else text[: most - 1] + "…"


def printable(text: str) -> str:
    """The text with a dot for every sign that cannot be printed."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "·" for sign in text)
