"""The worksheets of a course as one table: one row per field and version, list fields with one row per cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from securebase.exchange.formulas import escape_formula
from securebase.records.artefact import ArtefactRecord, Value

HEADER = (
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
    """Return CSV text with one artefact per version, in any order.

    Formulas are escaped. Multiple choices share one cell, separated by “; ”.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(HEADER)
    for artefact in sorted(versions, key=lambda a: (a.begun_at, a.id, a.version)):
        prefix = (
            person,
            artefact.id,
            artefact.worksheet,
            str(artefact.version),
            f"{artefact.at:.3f}",
            "" if artefact.session is None else str(artefact.session),
            artefact.about,
            artefact.respondent.value,
            artefact.agreement.value,
        )
        for field, row, column, value in _cells(artefact.values):
            table.writerow([escape_formula(cell) for cell in (*prefix, field, row, column, value)])
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
