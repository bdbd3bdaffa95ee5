"""Goals and their progress: one row for each goal, from the contract through every review."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from securebase.ipt.worksheet import FieldKind, WorksheetRole
from securebase.picture import phrases
from securebase.records.artefact import ArtefactRecord, Row
from securebase.reports.document import Block, Table
from securebase.reports.selection import SelectedArtefacts

#: The field of contract and reviews that holds goals, with columns `goal` and `now` (and `wished` in the contract).
GOALS_FIELD = "goals"
_CONTRACT, _REVIEW = WorksheetRole.CONTRACT, WorksheetRole.GOAL_REVIEW
#: reviews that fit side by side on A4; of more, the last ones
MAX_REVIEWS = 5


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal in its first wording. at: its standing (0 to 10, in words) by column."""

    words: str
    at: Mapping[str, str]
    wished: str = ""


def holds_goals(sheets: Sequence[SelectedArtefacts]) -> bool:
    """Return whether any of these worksheets holds a goal that may be shown."""
    goal_sheets = [sheet for sheet in sheets if sheet.worksheet.role in {_CONTRACT, _REVIEW}]
    return any(goal_rows(sheet, a) for sheet in goal_sheets for a in sheet.artefacts)


def goals(sheets: Sequence[SelectedArtefacts], time_label: Callable[[ArtefactRecord], str]) -> tuple[Block, ...]:
    """Return a table of goals, or nothing without goals. `time_label` names the column of a review."""
    review_sheets = [sheet for sheet in sheets if sheet.worksheet.role is _REVIEW]
    reviews = [(a, sheet) for sheet in review_sheets for a in sheet.artefacts if goal_rows(sheet, a)]
    reviews.sort(key=lambda pair: pair[0].at)
    contracts = [sheet for sheet in sheets if sheet.worksheet.role is _CONTRACT]
    columns = [("At the start", a, sheet) for sheet in contracts for a in sheet.artefacts[-1:]]
    columns += [(time_label(a), a, sheet) for a, sheet in reviews[-MAX_REVIEWS:]]
    collected = collect_goals([(name, goal_rows(sheet, a)) for name, a, sheet in columns])
    if not collected:
        return ()
    used = [name for name in dict.fromkeys(name for name, _, _ in columns) if any(g.at.get(name) for g in collected)]
    wishes = ["Target"] if any(g.wished for g in collected) else []
    head = ("Goal", *used, *wishes)
    rows = tuple((g.words, *(g.at.get(n) or "–" for n in used), *(g.wished or "–" for _ in wishes)) for g in collected)
    numbers = tuple(range(1, len(head)))
    caption = "Progress towards each goal (0 far off, 10 reached)" if numbers else ""
    return (Table(caption, head, rows, numbers),)


def collect_goals(columns: Sequence[tuple[str, Sequence[Row]]]) -> tuple[Goal, ...]:
    """Return the goals in the rows of several sheets. Wordings that differ only in case and spaces are one goal."""
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
            if isinstance(wish := row.get("wished"), int | float):
                wished[key] = phrases.number(wish)
    return tuple(Goal(wording, at.get(key, {}), wished.get(key, "")) for key, wording in words.items())


def goal_rows(sheet: SelectedArtefacts, artefact: ArtefactRecord) -> tuple[Row, ...]:
    """Return the goals of one sheet, empty if the report may not show them."""
    field = sheet.worksheet.field(GOALS_FIELD)
    return artefact.rows(GOALS_FIELD) if field is not None and field.kind is FieldKind.ROWS else ()
