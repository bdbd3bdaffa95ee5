"""What was filled in as one table: a row for each field of each version, lists with a row for each of their cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from securebase.exchange.formulas import neutralised
from securebase.records.artefact import ArtefactRecord, Value

HEAD = (
    "person",
    "artefact",
    "worksheet",
    "version",
    "day",
    "session",
    "about",
    "respondent",
    "agreement",
    "field",
    "row",
    "column",
    "value",
)


def work_table(person: str, versions: Sequence[ArtefactRecord]) -> str:
    """CSV text. `versions`: one artefact for each version that is to be told, in any order. Cells that a spreadsheet
    would run as a formula are disarmed; several choices stand in one cell, parted by “; ”."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(HEAD)
    for one in sorted(versions, key=lambda a: (a.begun_at, a.id, a.version)):
        fixed = (
            person,
            one.id,
            one.worksheet,
            str(one.version),
            f"{one.at:.3f}",
            "" if one.session is None else str(one.session),
            one.about,
            one.respondent.value,
            one.agreement.value,
        )
        for field, row, column, value in _cells(one.values):
            table.writerow([neutralised(cell) for cell in (*fixed, field, row, column, value)])
    return text.getvalue()


def _cells(values: Mapping[str, Value]) -> Iterator[tuple[str, str, str, str]]:
    for field, value in values.items():
        if isinstance(value, tuple) and any(isinstance(v, Mapping) for v in value):
            for n, row in enumerate((v for v in value if isinstance(v, Mapping)), 1):
                for column, cell in row.items():
                    yield field, str(n), column, _text(cell)
        else:
            yield field, "", "", _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(str(v) for v in value)
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else str(value)
