"""Goals and how they stand: one row a goal, from the contract through every review."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from securebase.ipt.worksheet import FieldKind
from securebase.picture import phrases
from securebase.records.artefact import ArtefactRecord, Row
from securebase.reports.document import Block, Table
from securebase.reports.selection import Chosen

#: The worksheets that hold goals in their field `goals`, with columns `goal` and `now` (and `wished` in the contract).
FIRST, REVIEWS, FIELD = "contract", ("goal_review", "midpoint_review"), "goals"
#: Reviews beside each other on A4; of more, the last ones.
MOST_REVIEWS = 5


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal as it is worded first. at: column → where it stood, 0 to 10 in words."""

    words: str
    at: Mapping[str, str]
    wished: str = ""


def holds_goals(chosen: Sequence[Chosen]) -> bool:
    """Whether any of these holds a goal that may be shown."""
    return any(
        rows_of(sheet, a) for sheet in chosen for a in sheet.artefacts if sheet.worksheet.id in (FIRST, *REVIEWS)
    )


def goals(chosen: Sequence[Chosen], when: Callable[[ArtefactRecord], str]) -> tuple[Block, ...]:
    """A table of goals; nothing where there is none. `when`: what a review's column is called."""
    reviews = [
        (a, sheet) for sheet in chosen if sheet.worksheet.id in REVIEWS for a in sheet.artefacts if rows_of(sheet, a)
    ]
    reviews.sort(key=lambda pair: pair[0].at)
    columns = [
        ("At the start", a, sheet) for sheet in chosen if sheet.worksheet.id == FIRST for a in sheet.artefacts[-1:]
    ]
    columns += [(when(a), a, sheet) for a, sheet in reviews[-MOST_REVIEWS:]]
    followed = gathered([(name, rows_of(sheet, a)) for name, a, sheet in columns])
    if not followed:
        return ()
    used = [name for name in dict.fromkeys(name for name, _, _ in columns) if any(g.at.get(name) for g in followed)]
    hoped = ["Wished for"] if any(g.wished for g in followed) else []
    head = ("Goal", *used, *hoped)
    rows = tuple((g.words, *(g.at.get(n) or "–" for n in used), *(g.wished or "–" for _ in hoped)) for g in followed)
    numbers = tuple(range(1, len(head)))
    caption = "How near each goal is: 0 far off, 10 reached" if numbers else ""
    return (Table(caption, head, rows, numbers),)


def gathered(columns: Sequence[tuple[str, Sequence[Row]]]) -> tuple[Goal, ...]:
    """Rows of several sheets → goals. Goals of the same words, whatever their case and spaces, are one."""
    words: dict[str, str] = {}
    at: dict[str, dict[str, str]] = {}
    wished: dict[str, str] = {}
    for name, rows in columns:
        for row in rows:
            wording = " ".join(str(row.get("goal") or "").split())
            if not wording:
                continue
            key = wording.casefold()
            words.setdefault(key, wording)
            if isinstance(now := row.get("now"), int | float):
                at.setdefault(key, {})[name] = phrases.number(now)
            if isinstance(hope := row.get("wished"), int | float):
                wished[key] = phrases.number(hope)
    return tuple(Goal(wording, at.get(key, {}), wished.get(key, "")) for key, wording in words.items())


def rows_of(sheet: Chosen, artefact: ArtefactRecord) -> tuple[Row, ...]:
    """The goals of one sheet, where the report may show them."""
    field = sheet.worksheet.field(FIELD)
    return artefact.rows(FIELD) if field is not None and field.kind is FieldKind.ROWS else ()
