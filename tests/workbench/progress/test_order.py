"""Order of the caseload."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from episodes import alert, episode, session_day
from securebase.picture.client import client_picture
from securebase.workbench.progress.queries import _sort_key
from securebase.workbench.progress.rows import summarise


def sort_key_of_client(name: str, answer: float | None, next_at: datetime | None) -> Any:
    record = episode(3, symptoms=[6.0] * 3, alliance=[7.0] * 3)
    if answer is not None:
        record = replace(record, safety_alerts=(replace(alert(2), value=answer),))
    picture = client_picture(record, as_of=session_day(3) + 1)
    return _sort_key(SimpleNamespace(name_shown=name), SimpleNamespace(ended_on=None), summarise(picture), next_at)  # type: ignore[arg-type]


def test_highest_safety_answer_comes_first_even_without_a_next_session() -> None:
    soon = datetime(2026, 1, 5, tzinfo=UTC)
    rows = [
        sort_key_of_client("Mild", 1.0, soon),
        sort_key_of_client("Grave", 3.0, None),
        sort_key_of_client("Quiet", None, soon),
    ]
    assert [row[-1] for row in sorted(rows)] == ["Grave", "Mild", "Quiet"]
