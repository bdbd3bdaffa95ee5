"""Recorded rivals of an association: what is said of medication and life events, and that it follows the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from episodes import episode, session_day
from securebase.picture.client import client_picture
from securebase.picture.fingerprints import picture_fingerprint
from securebase.picture.rivals import rivals, rivals_sentence
from securebase.records.artefact import ArtefactRecord, Value
from securebase.records.episode import EpisodeRecord, LifeEventRecord

BEGAN = date(2026, 8, 20)
DAY = session_day(6) + 1


def entry(worksheet: str, at: float = 7.0, **values: Value) -> ArtefactRecord:
    return ArtefactRecord(f"{worksheet} {values}", worksheet, values, at=at, begun_at=at)


def event(happened_on: str) -> ArtefactRecord:
    return entry("life_event", what="something", happened_on=happened_on)


def record(*entries: ArtefactRecord) -> EpisodeRecord:
    return replace(episode(6), began_on=BEGAN, artefacts=entries)


def sentence(*entries: ArtefactRecord, as_of: float = DAY) -> str:
    return rivals_sentence(rivals(record(*entries), as_of), as_of)


def test_medication_is_named_with_the_weeks_in_which_it_was_taken() -> None:
    text = sentence(
        entry("medication", name="Sertraline", from_on="2026-09-04"),
        entry("medication", name="Zopiclone", from_on="2026-07-01", to_on="2026-09-18"),
        entry("medication", name="Ended", from_on="2025-07-01", to_on="2026-08-19"),
        entry("medication", name="Without days"),
    )
    # 4 September is day 15, in week 3; 18 September is day 29, in week 5
    assert "Besides therapy: Sertraline since week 3 and Zopiclone since before the course, until week 5; " in text
    assert "Ended" not in text
    assert "Without days" not in text
    assert text.endswith("No estimate is adjusted for them.")


def test_life_events_are_counted_in_all_during_the_course_and_lately() -> None:
    # day 36 of the course is 25 September; four weeks before it is 28 August
    text = sentence(*map(event, ("2019-01-01", "2026-08-19", "2026-08-20", "2026-08-27", "2026-08-30")))
    assert "no medication recorded; 5 life events, 3 during the course, 1 in the last four weeks." in text
    assert "1 life event, 0 during the course, 0 in the last four weeks" in sentence(event("2020-01-01"))


def test_a_record_without_rivals_says_so_and_nothing_else() -> None:
    assert sentence() == "Besides therapy: no medication or life event recorded."


def test_typed_events_count_where_no_worksheet_does() -> None:
    simulated = replace(episode(6), life_events=(LifeEventRecord(10.0, False, 1.0), LifeEventRecord(99.0, True, 1.0)))
    assert rivals(simulated, DAY).events == (10.0,)


def test_the_picture_holds_what_was_known_on_its_day() -> None:
    full = record(entry("medication", name="Sertraline", from_on="2026-08-20"), event("2026-09-20"))
    assert client_picture(full, as_of=DAY, whole=False).rivals == rivals(full, DAY)
    assert client_picture(full, as_of=6.0, whole=False).rivals == rivals(record(), 6.0)


def test_rivals_make_a_stored_picture_out_of_date() -> None:
    with_event = record(event("2026-09-20"))
    assert picture_fingerprint(with_event, as_of=DAY) != picture_fingerprint(record(), as_of=DAY)
