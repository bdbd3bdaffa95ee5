"""Recorded courses of the demo clinic: realistic content, every worksheet used somewhere, one empty course."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources

import pytest

from securebase.errors import ShelfError
from securebase.measurement.catalogue import instruments
from securebase.workbench.demo import actions, client_rows
from securebase.workbench.demo.courses import load_course_files, parse_course_file
from securebase.workbench.demo.roster import ROSTER

NOW = datetime(2026, 3, 4, 8, 20, tzinfo=UTC)
#: Typical openings of questionnaire items, which must not appear in the recorded courses.
OPENINGS = ("over the last", "how often have you", "bothered by", "in the past week", "please tick", "please circle")


def test_recorded_courses_belong_to_the_roster() -> None:
    assert set(load_course_files()) <= {p.name for p in ROSTER}
    for person in ROSTER:
        if course := load_course_files().get(person.name):
            assert max(session for w in course.worksheets for session, _ in w.versions) <= person.sessions_held


def test_recorded_courses_quote_no_questionnaire() -> None:
    item_texts = {item.text.lower() for i in instruments().values() for item in i.items if item.text}
    assert item_texts
    for file in (resources.files("securebase.workbench.demo") / "recorded_courses").iterdir():
        if not file.name.endswith(".toml"):
            continue
        text = file.read_text(encoding="utf-8").lower()
        assert not [o for o in (*OPENINGS, *item_texts) if o in text], file.name


@pytest.mark.parametrize(
    ("work", "message"),
    [
        ('[[work]]\nworksheet = "no_such"\nsession = 1\n', "unknown worksheet “no_such”"),
        ('[[work]]\nworksheet = "incident"\nsession = 1\nabout = "her"\n', "unknown people: her"),
        ('[[circles]]\nsession = 2\nplaces = { him = ["near"] }\n', "a place must be distance, angle"),
        ("[[work]]\nsession = 1\n", "is missing"),
    ],
)
def test_invalid_file_is_refused(work: str, message: str) -> None:
    with pytest.raises(ShelfError, match=message):
        parse_course_file("x.toml", f'client = "X."\n{work}'.encode())


@pytest.mark.parametrize(
    ("session", "line", "message"),
    [
        (1, "mooood = 3", "unknown fields of the worksheet: mooood"),
        (1, "mood = 30", "unreadable values"),
        (1, 'agenda = [{ subject = "x" }]', "unknown columns: subject"),
        (2, "mood = 3", "session 2 was not held"),
    ],
)
@pytest.mark.django_db
def test_entries_that_do_not_fit_the_course_are_refused(
    session: int, line: str, message: str, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    [farah] = [p for p in ROSTER if p.name == "Farah M."]
    monkeypatch.setattr(actions, "ROSTER", (farah,))
    file = f'client = "Farah M."\n[[work]]\nworksheet = "session_note"\nsession = {session}\nevent = "x"\n{line}\n'
    monkeypatch.setattr(
        client_rows, "load_course_files", lambda: {"Farah M.": parse_course_file("farah.toml", file.encode())}
    )
    with pytest.raises(ShelfError, match=message):
        actions.build_clinic(now=NOW)
