"""Tables that cannot be analysed, and tables that are unusual but can: name, rows, options and the expected words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: a row of a table: person, session, outcome y, process x, and further columns
Row = list[object]
OPTIONS = ("--person", "who", "--time", "session", "--outcome", "y", "--process", "x")
WIDE = ("--layout", "wide", "--person", "who", "--outcome", "y", "--process", "x")
HEADER = "who,session,y,x"


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its rows, the options of `study` and `fit`, and words of the error with its exit code.

    words: of the error; empty where the table is accepted. fit_words: of the error of `fit`, where it differs.
    """

    name: str
    rows: Callable[[], list[Row]]
    words: str = ""
    options: tuple[str, ...] = OPTIONS
    header: str = HEADER
    fit_words: str = ""

    @property
    def file_name(self) -> str:
        return f"{self.name.replace(' ', '_')}.csv"

    def write(self, folder: Path) -> Path:
        """Write the table as a CSV file."""
        path = folder / self.file_name
        lines = [",".join(map(str, row)) for row in self.rows()]
        path.write_text(
            "\n".join([self.header, *lines] if self.header else lines) + "\n" * bool(self.header), encoding="utf-8"
        )
        return path


def people(n: int = 24, sessions: int = 8, seed: int = 1) -> list[Row]:
    """Return ordinary rows: y and x fluctuate around a level of each person."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for person in range(n):
        level, y, x = rng.normal(10, 2), 0.0, 0.0
        for session in range(1, sessions + 1):
            x = 0.4 * x + rng.normal()
            y = 0.4 * y - 0.3 * x + rng.normal()
            values = (level + y + 0.5 * rng.normal(), 5 + x + 0.5 * rng.normal())
            rows.append([f"p{person:02d}", session, *(round(float(v), 3) for v in values)])
    return rows


def number(row: Row, column: int) -> float:
    """Return a value of a row."""
    return float(str(row[column]))


def changed(change: Callable[[int, Row], Row], n: int = 24, sessions: int = 8) -> Callable[[], list[Row]]:
    """Return a maker of ordinary rows, each changed by (position, row) → row."""
    return lambda: [change(i, row) for i, row in enumerate(people(n, sessions))]


def with_x(x: Callable[[int, Row], object]) -> Callable[[], list[Row]]:
    """Return a maker of ordinary rows with another x."""
    return changed(lambda i, row: [*row[:3], x(i, row)])


def wide(rows: list[Row]) -> list[Row]:
    """Return one row per person: y1 to y8, x1 to x8."""
    persons = dict.fromkeys(row[0] for row in rows)
    return [[p, *(row[c] for c in (2, 3) for row in rows if row[0] == p)] for p in persons]


WIDE_HEADER = ",".join(["who", *(f"{name}{i}" for name in "yx" for i in range(1, 9))])
THREE = "Persons with three values or more of “y”"
FIT_THREE = "at least 4 such persons are needed"

BAD_TABLES = (
    Table("two rows", lambda: people()[:2], THREE, fit_words=FIT_THREE),
    Table("one person", lambda: people(1), THREE, fit_words=FIT_THREE),
    Table("two occasions a person", lambda: people(sessions=2), THREE, fit_words=FIT_THREE),
    Table("a constant process", with_x(lambda _, row: 5), "Every score of “x” is the same. Leave it out"),
    Table("a constant outcome", changed(lambda _, row: [*row[:2], 7, row[3]]), "Every score of “y” is the same"),
    Table("a copy of the outcome", with_x(lambda _, row: row[2]), "“x” is a copy or a linear function of “y”"),
    Table("the outcome reversed", with_x(lambda _, row: 20 - number(row, 2)), "linear function of “y”"),
    Table("the outcome on another scale", with_x(lambda _, row: 3 * number(row, 2) - 2), "linear function of “y”"),
    Table("the outcome plus a constant of each person", with_x(lambda i, row: number(row, 2) + i // 8), "of “y”"),
    Table("the number of the session", with_x(lambda _, row: row[1]), "“x” is a straight line over time in every"),
    Table("a common course", with_x(lambda i, row: [3, 5, 4, 8, 6, 7, 2, 9][i % 8]), "“x” takes the same course in"),
    Table(
        "the same values in everybody", lambda: [[f"p{i // 8}", *people(1)[i % 8][1:]] for i in range(160)], "“y” takes"
    ),
    Table("no change within persons", with_x(lambda i, _: i // 8), "“x” changes within none of the 24 persons"),
    Table(
        "a switch in three persons",
        with_x(lambda i, row: int(i < 24 and number(row, 1) > 4)),
        "“x” changes within 3 of the 24 persons",
    ),
    Table("one value", with_x(lambda i, row: row[3] if i == 4 else ""), "only one score for “x”"),
    Table(
        "a process without values", with_x(lambda _, row: ""), "column “x”: the column has no number in the usable rows"
    ),
    Table("all values missing", changed(lambda _, row: [*row[:2], "", ""]), "column “y”: the column has no number"),
    Table("a column of text", with_x(lambda _, row: "good"), "row 2, column “x”: not a number (got “good”)"),
    Table("an infinite value", with_x(lambda i, row: "inf" if i == 9 else row[3]), "row 11, column “x”: not a number"),
    Table(
        "a huge number", with_x(lambda i, row: "1e300" if i == 9 else row[3]), "row 11, column “x”: the number is too"
    ),
    Table("no rows", lambda: [], "no usable row. The table has no rows below the header"),
    Table("an empty file", lambda: [], "the file is empty", header=""),
    Table("a person for every row", changed(lambda i, row: [f"q{i}", *row[1:]]), THREE, fit_words=FIT_THREE),
    Table(
        "one time for all rows",
        changed(lambda _, row: [row[0], 1, *row[2:]]),
        "168 of 192 rows repeat a person and time",
    ),
    Table(
        "times out of order",
        lambda: [people()[i] for i in np.random.default_rng(1).permutation(192)],
        "column “session”: times are out of order",
    ),
    Table(
        "dates in two formats",
        changed(
            lambda _, row: [row[0], f"2024-01-0{row[1]}" if number(row, 1) < 5 else f"2{row[1]}.01.2024", *row[2:]]
        ),
        "row 6, column “session”: the column has dates in two formats",
    ),
    Table(
        "a person twice in a wide table",
        lambda: [*wide(people()), wide(people())[3]],
        "row 26, column “who”: this person already has a row (row 5)",
        WIDE,
        WIDE_HEADER,
    ),
    Table("a long table read as wide", people, "unknown column “y1, y2, …”", WIDE),
    Table("an unknown process", people, "unknown column “alliance”", (*OPTIONS[:-1], "alliance")),
    Table(
        "the outcome among the processes", people, "column “y”: the column is used twice", (*OPTIONS, "--process", "y")
    ),
    Table("a process named twice", people, "column “x”: the column is used twice", (*OPTIONS, "--process", "x")),
    Table("the person among the processes", people, "two roles, “person” and “who”", (*OPTIONS, "--process", "who")),
    Table("the time as outcome", people, "two roles, “time” and “session”", (*OPTIONS[:4], "--outcome", "session")),
)

EXTRA = (*OPTIONS, "--process", "z")
SUM = (*EXTRA, "--process", "s")
#: `study` leaves the column out of its models and goes on; one model of all columns cannot
LEFT_OUT = (
    Table(
        "a copied process",
        changed(lambda _, row: [*row, row[3]]),
        "“z” is a copy or a linear function of “x”",
        EXTRA,
        f"{HEADER},z",
    ),
    Table(
        "a reversed process",
        changed(lambda _, row: [*row, 10 - number(row, 3)]),
        "linear function of “x”",
        EXTRA,
        f"{HEADER},z",
    ),
    Table(
        "a sum of two processes",
        changed(lambda i, row: [*row, (i * i) % 11, number(row, 3) + (i * i) % 11]),
        "“s” is a copy or a linear function of “x” and “z”",
        SUM,
        f"{HEADER},z,s",
    ),
    Table(
        "a constant among others",
        changed(lambda _, row: [*row, 4]),
        "Every score of “z” is the same",
        EXTRA,
        f"{HEADER},z",
    ),
)

UNUSUAL = (
    Table("newest rows first", lambda: people()[::-1]),
    Table("every row twice", lambda: people() * 2),
    Table("a late entry", lambda: [*people()[:3], *people()[4:8], people()[3], *people()[8:]]),
    Table("a process of 0 and 1", with_x(lambda _, row: int(number(row, 3) > 5))),
    Table(
        "very large and very small units",
        changed(lambda _, row: [*row[:2], number(row, 2) * 1e-6, number(row, 3) * 1e9]),
    ),
    Table("half of the values missing", with_x(lambda i, row: row[3] if (i * 7) % 5 < 3 else "")),
    Table("a wide table", lambda: wide(people()), options=WIDE, header=WIDE_HEADER),
)
