"""The timeline of a record: days from dates, the window before the onset, and undated entries."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from securebase.ipt.timeline import WINDOW_DAYS, timeline, undated_entries
from securebase.ipt.timeline_marks import EventDependence
from securebase.records.artefact import ArtefactRecord, RelationshipRecord
from securebase.records.episode import EpisodeRecord

BEGAN = date(2026, 9, 1)


def artefact(n: int, worksheet: str, **values: object) -> ArtefactRecord:
    return ArtefactRecord(id=f"a{n}", worksheet=worksheet, values=values, at=float(n), begun_at=float(n))


def record(*artefacts: ArtefactRecord, **fields: object) -> EpisodeRecord:
    return EpisodeRecord(person="x", began_on=BEGAN, artefacts=artefacts, **fields)


def test_events_come_in_order_with_their_details() -> None:
    line = timeline(
        record(
            artefact(0, "life_event", what="Later", happened_on="2026-10-01"),
            artefact(
                1, "life_event", what="Row", happened_on="2026-04-01", dependent="dependent", weight=7.0, side="hard"
            ),
            artefact(2, "life_event", what="No day"),
            artefact(3, "life_event", what="Not a day", happened_on="in spring"),
        ),
        today=30,
    )
    assert line
    assert [e.words for e in line.events] == ["Row", "Later"]
    assert (line.events[0].dependent, line.events[0].weight, line.events[0].side) == (
        EventDependence.DEPENDENT,
        7.0,
        "hard",
    )
    assert line.events[1].dependent is EventDependence.UNCLEAR


def test_undated_entries_are_listed_separately() -> None:
    course = record(
        artefact(0, "life_event", what="No day"), artefact(1, "life_role", role="Nurse", to_on="2026-01-01")
    )
    assert [a.id for a in undated_entries(course)] == ["a0"]


@pytest.mark.parametrize(
    ("days_before", "inside"), [(0, True), (1, True), (183, True), (184, False), (-1, False), (4000, False)]
)
def test_the_window_is_the_half_year_before_the_onset(days_before: int, inside: bool) -> None:
    onset = date(2026, 5, 10)
    happened = onset - timedelta(days=days_before)
    line = timeline(
        record(
            artefact(0, "onset", began_on=onset.isoformat()),
            artefact(1, "life_event", what="x", happened_on=happened.isoformat()),
        ),
        today=0,
    )
    assert line
    assert line.window == (line.onset - WINDOW_DAYS, line.onset)
    assert line.events[0].in_window is inside


def test_a_death_in_grief_work_is_an_event() -> None:
    line = timeline(
        record(
            artefact(0, "grief_work", person="p", death_on="2026-01-02"),
            artefact(1, "grief_work", good="x"),
            relationships=(RelationshipRecord("p", "Ada"),),
        ),
        today=0,
    )
    assert line
    assert [(e.words, e.worksheet) for e in line.events] == [("Death of Ada", "grief_work")]


def test_bars_may_be_open_on_either_side() -> None:
    line = timeline(
        record(
            artefact(0, "life_role", role="Nurse", from_on="2020-01-01"),
            artefact(1, "medication", name="Sertraline", to_on="2026-09-05", dose="50 mg"),
            artefact(2, "life_role", role="Never"),
            artefact(3, "history", earlier_episodes=({"from": "2009-01-01", "to": "2009-06-01"}, {"treatment": "x"})),
        ),
        today=0,
    )
    assert line
    assert [(b.kind, b.start is None, b.end is None) for b in line.bars] == [
        ("earlier", False, False),
        ("role", False, True),
        ("medication", True, False),
    ]


def test_an_earlier_episode_with_one_known_day_is_a_mark_on_that_day() -> None:
    rows = ({"from": "2014-03-01"}, {"to": "2016-07-01"})
    line = timeline(record(artefact(0, "history", earlier_episodes=rows)), today=0)
    assert line
    assert all(b.start is not None and b.start == b.end for b in line.bars)
    assert len({b.start for b in line.bars}) == 2


def test_the_whole_life_spans_more_than_this_episode() -> None:
    line = timeline(
        record(
            artefact(0, "onset", began_on="2026-05-01"), artefact(1, "life_event", what="x", happened_on="1990-01-01")
        ),
        today=50,
    )
    assert line
    episode, life = line.span(whole_life=False), line.span(whole_life=True)
    assert episode[0] <= line.window[0]
    assert life[0] < line.events[0].at < episode[0]
    assert episode[1] >= 50


def test_an_empty_record_gives_a_short_empty_timeline_and_one_without_a_date_none() -> None:
    line = timeline(record(), today=0)
    assert line
    assert line.is_empty
    first, last = line.span(whole_life=True)
    assert last - first >= 60
    assert timeline(EpisodeRecord(person="x"), today=0) is None
