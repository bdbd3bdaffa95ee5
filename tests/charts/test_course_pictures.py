"""Pictures of a course: positions, labels that do not overlap, and user input that never becomes markup."""

from __future__ import annotations

import itertools
import random
import xml.etree.ElementTree as ElementTree
from datetime import date, timedelta

import pytest

from securebase.charts.balance import balance
from securebase.charts.session_lines import RatingLine, session_lines
from securebase.charts.timeline import TimelineFrame, _event_rows, draw_timeline, ticks
from securebase.ipt.area_progress import RatedEntry, RecordedRole
from securebase.ipt.timeline import Timeline, timeline
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord, TherapySessionRecord
from securebase.records.vocabulary import DisputeStage

BEGAN = date(2026, 9, 1)
SVG = "{http://www.w3.org/2000/svg}"


def timeline_of(*artefacts: ArtefactRecord, **more: object) -> Timeline:
    line = timeline(EpisodeRecord(person="x", began_on=BEGAN, artefacts=artefacts, **more), today=40)
    assert line
    return line


def event(n: int, day: str, title: str) -> ArtefactRecord:
    return ArtefactRecord(f"e{n}", "life_event", {"what": title, "happened_on": day}, n, n)


def test_user_input_never_becomes_markup() -> None:
    nasty = '<script>alert(1)</script>"&'
    role = ArtefactRecord("r", "life_role", {"role": nasty, "from_on": "2026-01-01"}, 0, 0)
    line = timeline_of(event(0, "2026-04-01", nasty), role)
    links = {("life_event", "e0"): '/x?a=1&b="2"'}
    svg = draw_timeline(line, links=links, whole_life=True, top=10)
    root = ElementTree.fromstring(svg)
    assert root.find(f".//{SVG}script") is None
    assert root.find(f".//{SVG}a").get("href") == '/x?a=1&b="2"'
    assert nasty in [t.text for t in root.iter(f"{SVG}text")]
    assert session_lines([RatingLine(nasty, ((1, 2),))], label=nasty).count("<script") == 0
    role = RecordedRole(nasty, (RatedEntry(nasty, 1),), (RatedEntry(nasty, None),))
    assert balance(role, role).count("<script") == 0


def test_events_on_a_phone_are_marks_without_names_and_links() -> None:
    line = timeline_of(event(0, "2026-04-01", "The works closed"))
    links = {("life_event", "e0"): "/x"}
    wide = ElementTree.fromstring(draw_timeline(line, links=links, whole_life=True, top=10))
    narrow = ElementTree.fromstring(draw_timeline(line, links=links, whole_life=True, top=10, words=False))
    for root, names, addresses in ((wide, 1, 1), (narrow, 0, 0)):
        assert len(root.findall(f".//{SVG}circle")) == 1
        assert sum(t.text == "The works closed" for t in root.iter(f"{SVG}text")) == names
        assert len(root.findall(f".//{SVG}a")) == addresses
        assert any((t.text or "").startswith("The works closed, ") for t in root.iter(f"{SVG}title"))


def test_every_day_links_to_adding_an_event_on_it() -> None:
    line = timeline_of(event(0, "2026-10-01", "The works closed"))
    first, last = line.span(whole_life=False)
    root = ElementTree.fromstring(draw_timeline(line, links={}, whole_life=False, top=10, add="/?a=1&on={day}"))
    days = root.findall(f"{SVG}a[@class='day']")
    assert len(days) == round(last - first) <= 180
    frame = TimelineFrame(first, last, 16.0, 1064.0, BEGAN)
    for link in days:
        box, day = link.find(f"{SVG}rect"), date.fromisoformat(link.get("href").removeprefix("/?a=1&on="))
        middle = float(box.get("x")) + float(box.get("width")) / 2
        assert abs(frame.x((day - BEGAN).days) - middle) <= float(box.get("width")) / 2 + 0.02
    assert draw_timeline(line, links={}, whole_life=False, top=10).count("<a ") == 0


def test_days_are_placed_proportionally_and_within_the_frame() -> None:
    frame = TimelineFrame(-100, 100, 10, 210, BEGAN)
    assert [frame.x(d) for d in (-100, 0, 100)] == [10, 110, 210]
    assert [frame.x(d) for d in (-500, 500)] == [10, 210]
    assert frame.day_of(30) == date(2026, 10, 1)
    assert frame.overlaps(None, -100)
    assert not frame.overlaps(101, None)


@pytest.mark.parametrize("width", [320, 1080])
@pytest.mark.parametrize("days", [20, 90, 400, 3000, 30000])
def test_axis_labels_lie_within_the_frame_and_apart(days: int, width: float) -> None:
    frame = TimelineFrame(0, days, 0, width, BEGAN)
    days_named = [d for d, _ in ticks(frame)]
    assert all(BEGAN <= d <= BEGAN + timedelta(days=days) for d in days_named)
    places = [frame.x(float((d - BEGAN).days)) for d in days_named]
    assert len(days_named) <= 15
    assert all(b - a > 30 for a, b in itertools.pairwise(places))


def test_labels_in_one_row_never_overlap() -> None:
    rng = random.Random(7)
    for _ in range(100):
        labels = sorted((rng.uniform(0, 1000), rng.uniform(20, 260)) for _ in range(rng.randint(1, 25)))
        places = _event_rows(labels, 1000.0)
        spans: dict[int, list[tuple[float, float]]] = {}
        for (x, width), (row, leftwards) in zip(labels, places, strict=True):
            spans.setdefault(row, []).append((x - width, x) if leftwards else (x, x + width))
        for row in spans.values():
            ordered = sorted(row)
            assert all(a[1] <= b[0] for a, b in itertools.pairwise(ordered))


def test_events_before_the_episode_are_drawn_only_with_the_whole_life() -> None:
    line = timeline_of(
        event(0, "2026-04-01", "Row"),
        event(1, "1990-01-01", "Birth"),
        ArtefactRecord("o", "onset", {"began_on": "2026-05-01"}, 0, 0),
        sessions=(TherapySessionRecord(1, 0.0), TherapySessionRecord(2, 7.0)),
    )
    near = draw_timeline(line, links={}, whole_life=False, top=10)
    whole_life = draw_timeline(line, links={}, whole_life=True, top=10)
    assert "Row" in near
    assert "Birth" not in near
    assert "Birth" in whole_life
    assert near.count("<title>Session") == 2
    assert "Onset 1 May 2026" in near


def test_an_empty_timeline_is_drawn() -> None:
    for whole_life in (False, True):
        for words in (False, True):
            ElementTree.fromstring(draw_timeline(timeline_of(), links={}, whole_life=whole_life, top=0, words=words))


def test_the_stages_of_a_dispute_are_described_in_words() -> None:
    stages = ((1.0, DisputeStage.IMPASSE), (2.0, DisputeStage.IMPASSE), (3.0, DisputeStage.RENEGOTIATION))
    svg = session_lines([RatingLine("gap", ((1, 9), (3, 4)))], label="The dispute", stages=stages)
    assert "The dispute. gap from 9 to 4; stage impasse, then renegotiation" in svg
    assert session_lines([], label="x") == ""
    assert session_lines([RatingLine("gap", ())], label="x") == ""
    assert "nan" not in session_lines([RatingLine("gap", ((4, 5),))], label="x")


def test_bars_of_losses_and_gains_show_importance_and_never_a_sum() -> None:
    loss, gain = RatedEntry("the pay", 10), RatedEntry("time", 5)
    few = widths_of_bars(RecordedRole("a", (loss,), (gain,)))
    assert few == [150, 75]
    many = widths_of_bars(RecordedRole("a", (loss,), (gain, gain, gain, RatedEntry("rest", None))))
    assert many == [150, 75, 75, 75]
    assert balance(RecordedRole("a", (), ()), RecordedRole("b", (), ())) == ""


def widths_of_bars(old: RecordedRole) -> list[float]:
    root = ElementTree.fromstring(balance(old, RecordedRole("b", (), ())))
    assert "the pay (10 of 10); good: time (5 of 10)" in root.get("aria-label")
    return [float(r.get("width")) for r in root.iter(f"{SVG}rect")]
