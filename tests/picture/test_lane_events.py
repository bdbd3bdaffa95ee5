"""Events below the scores of one course, and their drawing: each kind once, in its lane, at its day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from episodes import episode, session_day
from securebase.charts.course_axis import PHONE, draw_course_axis, legend
from securebase.picture.fingerprints import default_parameter_set
from securebase.picture.lane_events import EventMark, Lane, lane_events
from securebase.picture.series import prepare
from securebase.records.artefact import ArtefactRecord, Value
from securebase.records.episode import EpisodeRecord, RuptureRecord
from securebase.records.vocabulary import RuptureKind

BEGAN = date(2026, 8, 20)
DAY = session_day(6) + 1


def entry(worksheet: str, session: int | None = None, **values: Value) -> ArtefactRecord:
    return ArtefactRecord(f"{worksheet} {values}", worksheet, values, at=7.0, begun_at=7.0, session=session)


def on(day: float) -> str:
    return (BEGAN + timedelta(days=day)).isoformat()


@pytest.fixture(scope="module")
def record() -> EpisodeRecord:
    """Return a course with every kind of event; nobody answered before or after session 5."""
    base = episode(6)
    return replace(
        base,
        began_on=BEGAN,
        administrations=tuple(a for a in base.administrations if a.session != 5),
        ruptures=(
            RuptureRecord(session_day(2), 2, RuptureKind.WITHDRAWAL, session_day(4)),
            RuptureRecord(session_day(6), 6, RuptureKind.CONFRONTATION),
        ),
        artefacts=(
            entry("life_event", what="A <b>move</b>", happened_on=on(10), side="hard"),
            entry("life_event", what="A prize", happened_on=on(20), side="good"),
            entry("life_event", what="Long ago", happened_on=on(-300)),
            entry("life_event", what="Still ahead", happened_on=on(90)),
            entry("medication", name="Sertraline", dose="50 mg", from_on=on(-45), to_on=on(14)),
            entry("medication", name="Sertraline", dose="100 mg", from_on=on(15)),
            entry("medication", name="Zopiclone", from_on=on(16)),
            entry("medication", name="Ended before", from_on=on(-90), to_on=on(-1)),
            entry("telling", 3, story="The fall", peak=80, end_distress=50),
            entry("corrective_experience", 3, happened="He listened"),
            entry("corrective_experience", 4, feared="That he would leave"),
        ),
    )


def test_every_kind_of_event_is_in_its_lane_at_its_day(record: EpisodeRecord) -> None:
    events = lane_events(record, DAY)
    assert [(e.lane, e.mark, e.at, e.words) for e in events] == [
        (Lane.LIFE, EventMark.OTHER, 10.0, "Life event: A <b>move</b> (hard)"),
        (Lane.LIFE, EventMark.GOOD, 20.0, "Life event: A prize (good)"),
        (Lane.MEDICATION, EventMark.SPAN, -45.0, "Medication: Sertraline, 50 mg"),
        (Lane.MEDICATION, EventMark.SPAN, 15.0, "Medication: Sertraline, 100 mg"),
        (Lane.MEDICATION, EventMark.SPAN, 16.0, "Medication: Zopiclone"),
        (Lane.EMOTION, EventMark.RETELLING, session_day(3), "Retelling of “The fall”, peak distress 80"),
        (Lane.EMOTION, EventMark.CORRECTIVE, session_day(3), "Corrective experience: He listened"),
        (Lane.EMOTION, EventMark.CORRECTIVE, session_day(4), "Corrective experience, still open"),
        (Lane.RUPTURE, EventMark.REPAIRED, session_day(2), "Rupture (withdrawal), repaired"),
        (Lane.RUPTURE, EventMark.OPEN, session_day(6), "Rupture (confrontation), open"),
        (Lane.CHECK_IN, EventMark.MISSING, session_day(5), "No check-in for session 5"),
    ]
    assert [e.until for e in events if e.lane is Lane.MEDICATION] == [14.0, None, None]
    assert lane_events(episode(6), DAY) == ()


def test_an_earlier_day_shows_what_was_known_then(record: EpisodeRecord) -> None:
    words = [e.words for e in lane_events(record, 12.0)]
    assert "Life event: A <b>move</b> (hard)" in words
    assert not any("prize" in w or "100 mg" in w or "open" in w for w in words)


def test_drawing_shows_scores_sessions_and_every_event(record: EpisodeRecord) -> None:
    prepared, events = prepare(record, DAY, default_parameter_set()), lane_events(record, DAY)
    for width in (1080.0, PHONE):
        drawing = draw_course_axis(prepared, events, width=width)
        root = ElementTree.fromstring(drawing)
        titles = [t.text for t in root.iter("{http://www.w3.org/2000/svg}title")]
        assert [t for t in titles if not re.match("(Symptoms|Alliance) ", t or "")] == [e.words for e in events]
        assert sum((t or "").startswith("Symptoms ") for t in titles) == 5  # session 5 has no check-in
        words = [t.text or "" for t in root.iter("{http://www.w3.org/2000/svg}text")]
        assert {"1", "2", "3", "4", "5", "6"} <= {*words}
        assert ("Sertraline, 100 mg" in words) is (width > PHONE)
        label = root.get("aria-label") or ""
        assert "6 sessions held" in label
        assert "life events: 2; medication: 3; emotional work: 3; ruptures: 2; no check-in: 1." in label
        xs = [float(x) for x in re.findall(r'<(?:circle cx|text x)="(-?[\d.]+)"', drawing)]
        assert min(xs) >= 0
        assert max(xs) <= width
    shapes = [EventMark.OTHER, EventMark.GOOD, *list(EventMark)[3:]]
    assert [words for _, _, words in legend(events)] == [mark.value for mark in shapes]


def test_overlapping_medication_takes_a_row_of_its_own(record: EpisodeRecord) -> None:
    prepared, events = prepare(record, DAY, default_parameter_set()), lane_events(record, DAY)
    names = re.compile(r'<text x="[\d.]+" y="([\d.]+)"[^>]*>(Sertraline[^<]*|Zopiclone)<')
    heights = {name: y for y, name in names.findall(draw_course_axis(prepared, events))}
    assert heights["Zopiclone"] != heights["Sertraline, 100 mg"]
