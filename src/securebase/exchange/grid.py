"""Reader of a CSV file into a header and rows of text, without interpretation. Every repair leaves a remark."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from securebase.errors import TableError
from securebase.exchange.formulas import unescape_formula

#: Limit of the file size in bytes. A table of therapy sessions is far smaller.
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

#: Invisible characters around cells.
_UNSEEN = "\ufeff\u200b\u200e\u200f\u2060"


@dataclass(frozen=True, slots=True)
class Grid:
    """Header and rows of a file. `numbers[i]` is the row number of `rows[i]` in the file (the first row is 1).

    Every row has as many cells as the header. `blank` holds the numbers of empty lines.
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
        """Return the cells of one column."""
        return [row[index] for row in self.rows]


def read_bytes(path: str | Path) -> bytes:
    """Return the bytes of a file. Raises TableError if it cannot be read."""
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise TableError("the file is larger than 512 MB", file=file.name, advice="Keep only the rows needed.")
        return file.read_bytes()
    except FileNotFoundError:
        raise TableError("file not found", file=str(path), advice="Check the name and the directory.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TableError(f"cannot read the file ({reason})", file=str(path)) from None


def read_grid(content: bytes, file: str) -> Grid:
    """Split a table into header and rows. Raises TableError naming the row that fails."""
    text, remarks = _decode_content(content, file)
    delimiter, text, skipped = _detect_delimiter(text, file)
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
            f"{pluralise(len(short), 'row')} shorter than the header ({format_row_numbers(short)}): "
            "absent cells were read as missing."
        )
    if header_row > 1:
        remarks.append(f"The header is in row {header_row}.")
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
    """Strip visible and invisible blanks around a cell."""
    cell = cell.strip()
    return cell if cell.isascii() else cell.strip(_UNSEEN).strip()


def column_name(cell: str) -> str:
    """Normalise a column name: line breaks and runs of blanks (common in spreadsheets) become one blank."""
    return unescape_formula(replace_unprintable(" ".join(clean(cell).split())))


def pluralise(count: int, noun: str) -> str:
    """Return “1 row” or “3 rows”."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def format_row_numbers(numbers: list[int], max_shown: int = 5) -> str:
    """Return “row 3” or “rows 3, 7, 9, …”."""
    text = ", ".join(str(n) for n in numbers[:max_shown])
    return f"row{'s' if len(numbers) > 1 else ''} {text}{', …' if len(numbers) > max_shown else ''}"


def _decode_content(content: bytes, file: str) -> tuple[str, list[str]]:
    for start, kind in _NOT_A_TABLE.items():
        if content.startswith(start):
            raise TableError(f"this is {kind}, not a CSV file", file=file, advice="Save it as “CSV UTF-8”.")
    if not content.strip():
        raise TableError("the file is empty", file=file, advice="It needs a header and one row per session.")
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode(content[len(mark) :], encoding, file), _encoding_remark(encoding)
    encoding = _guess_encoding(content)
    return _decode(content, encoding, file), _encoding_remark(encoding)


def _guess_encoding(content: bytes) -> str:
    """Guess the encoding: UTF-8 if valid, UTF-16 if many bytes are zero, else that of western Excel."""
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
        raise TableError("this is not a text file", file=file, advice="Save the table as “CSV UTF-8”.")
    return text


def _encoding_remark(encoding: str) -> list[str]:
    if encoding == "utf-8":
        return []
    if encoding == "windows-1252":
        return ["The file is not UTF-8; it was read as windows-1252, the encoding of western Excel files."]
    return [f"The file was read as {encoding[:6].upper()}."]


def _detect_delimiter(text: str, file: str) -> tuple[str, str, int]:
    """Return the delimiter, the text without Excel's “sep=” line, and the number of rows of that line."""
    hint = re.match(r"\s*sep=([,;\t|])[ \t]*(\r\n|\r|\n)", text)
    if hint:
        return hint.group(1), text[hint.end() :], text[: hint.end()].count("\n") or 1
    counts = dict.fromkeys(_DELIMITERS, 0)
    quoted = False
    for character in text.lstrip():
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "\r\n":
            break
        elif not quoted and character in counts:
            counts[character] += 1
    return max(counts, key=lambda d: counts[d]), text, 0


def _records(text: str, delimiter: str, skipped: int, file: str) -> Iterator[tuple[int, list[str]]]:
    # strict: otherwise an unclosed quote silently swallows the rest of the file
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
                f"cannot split the row into cells ({error})",
                file=file,
                row=number,
                advice="Look for an unclosed quotation mark, or one inside a cell.",
            ) from None


def _header(records: Iterator[tuple[int, list[str]]], file: str) -> tuple[int, tuple[str, ...]]:
    for number, record in records:
        names = [column_name(cell) for cell in record]
        if not any(names):
            continue
        while not names[-1]:
            names.pop()
        if all(re.fullmatch(r"[-+]?[\d.,]+", name) for name in names):
            raise TableError(
                "the first row holds numbers instead of column names",
                file=file,
                row=number,
                advice="Add a header with a name for every column.",
            )
        return number, tuple(names)
    raise TableError("the file has no header", file=file, advice="Add a header with a name for every column.")


def _check_length(
    record: list[str], header: tuple[str, ...], number: int, file: str, before: list[tuple[str, ...]]
) -> None:
    """Check that cells beyond the header are blank. Raises TableError otherwise."""
    if not any(clean(cell) for cell in record[len(header) :]):
        return
    advice = "Quote cells that contain the delimiter, or add the missing column names."
    if _looks_like_a_header(record) and not any(_looks_like_a_header(list(row)) for row in before):
        advice = f"The header seems to be in row {number}: delete the lines above it."
    raise TableError(f"the row has {len(record)} cells, the header {len(header)}", file=file, row=number, advice=advice)


def _looks_like_a_header(record: list[str]) -> bool:
    """Return True if the cells could be column names: at least two, none blank, numeric or repeated."""
    names = [column_name(cell) for cell in record]
    while names and not names[-1]:
        names.pop()
    numeric = any(re.fullmatch(r"[-+−]?[\d.,]+", name) for name in names)
    return len(names) > 1 and all(names) and not numeric and len(set(names)) == len(names)


def display_text(cell: str, max_length: int = 60) -> str:
    """Return a cell for use in a message: one line, shortened, without control characters."""
    text = replace_unprintable(cell)
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def replace_unprintable(text: str) -> str:
    """Replace every unprintable character by a dot."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "·" for c in text)
