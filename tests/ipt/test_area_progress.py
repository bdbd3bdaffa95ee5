"""Work in a problem area: entries in time, summed weights, anniversaries."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from securebase.ipt.area_progress import place_in_time
from securebase.ipt.worksheets.grief_work.behaviour import upcoming_anniversaries
from securebase.ipt.worksheets.role_dispute.behaviour import dispute_courses
from securebase.ipt.worksheets.role_transition.behaviour import roles
from securebase.records.artefact import ArtefactRecord, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import DisputeStage


def entry(n: int, name: str, session: int | None = None, about: str = "", **values: object) -> ArtefactRecord:
    return ArtefactRecord(f"a{n}", name, values, float(n), float(n), session=session, about=about)


def test_disputes_with_two_people_are_two_courses() -> None:
    record = EpisodeRecord(
        person="x",
        relationships=(RelationshipRecord("b", "Ben"),),
        artefacts=(
            entry(1, "role_dispute", 4, "b", issue="Flat", stage="impasse", hostility=7.0),
            entry(2, "role_dispute", 5, person="b", stage="renegotiation", hostility=4.0),
            entry(3, "role_dispute", 5, issue="Rota", stage="impasse"),
        ),
    )
    first, second = dispute_courses(record, record.artefacts)
    assert (first.with_whom, first.issue, first.in_sessions) == ("Ben", "Flat", True)
    assert first.stages == ((4.0, DisputeStage.IMPASSE), (5.0, DisputeStage.RENEGOTIATION))
    assert first.ratings[0].points == ((4.0, 7.0), (5.0, 4.0))
    assert first.ratings[1].points == ()
    assert (second.with_whom, second.issue) == ("", "Rota")


def test_one_entry_outside_a_session_makes_the_axis_days() -> None:
    timed, in_sessions = place_in_time([entry(3, "role_dispute", 4), entry(9, "role_dispute")])
    assert not in_sessions
    assert [p for p, _ in timed] == [3.0, 9.0]
    assert place_in_time([]) == ([], False)


def test_the_later_of_two_entries_in_a_session_counts() -> None:
    timed, _ = place_in_time([entry(8, "role_dispute", 4, stage="b"), entry(3, "role_dispute", 4, stage="a")])
    assert [a.text("stage") for _, a in timed] == ["b"]


def test_gains_and_losses_are_listed_by_importance_and_not_added_up() -> None:
    rows = ({"what": "Name"}, {"what": "Team", "weight": 8.0}, {"weight": None}, {"what": "Pay", "weight": 0.0})
    old, new = roles(entry(0, "role_transition", old_role="A", new_role="B", old_gains=rows, new_losses=()))
    assert [(e.words, e.importance) for e in old.gains] == [("Team", 8.0), ("Pay", 0.0), ("Name", None)]
    assert (old.name, old.losses, new.gains, new.losses) == ("A", (), (), ())


def slow_next(day: date, today: date) -> date:
    """Return the next occurrence the slow way, day by day from today."""
    candidate = today
    while not (candidate >= day and (candidate.month, candidate.day) == (day.month, day.day)):
        candidate += timedelta(days=1)
    return candidate


@pytest.mark.parametrize("day", ["2026-12-24", "2020-01-05", "2026-11-25", "2019-11-24", "2027-06-01"])
def test_an_anniversary_recurs(day: str) -> None:
    today = date(2026, 11, 25)
    (hard_day,) = upcoming_anniversaries([entry(0, "grief_work", anniversaries=({"day": day, "plan": "p"},))], today)
    assert hard_day.day == slow_next(date.fromisoformat(day), today)


def test_a_leap_day_falls_on_the_28th_and_invalid_days_are_ignored() -> None:
    rows = ({"day": "2024-02-29"}, {"day": "spring"}, {"plan": "x"})
    entries = [entry(0, "grief_work", anniversaries=rows)]
    assert [d.day for d in upcoming_anniversaries(entries, date(2026, 11, 25))] == [date(2027, 2, 28)]
