"""Recorded courses of the demo clinic: realistic content, every worksheet used somewhere, one empty course."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from itertools import pairwise

import pytest

from securebase.errors import ShelfError
from securebase.ipt.due import TaskState, course_tasks
from securebase.ipt.hand_over import looks_of
from securebase.ipt.lineage import DEFAULT_LINEAGE
from securebase.ipt.parsing import is_complete
from securebase.ipt.shelf import entries_with, worksheets
from securebase.ipt.worksheet import WorksheetRole
from securebase.measurement.catalogue import instruments
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Agreement, CircleKind, DisputeStage, Technique
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.queries import verify_chain
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.queries import record_of
from securebase.workbench.demo import actions, client_rows
from securebase.workbench.demo.courses import load_course_files, parse_course_file
from securebase.workbench.demo.roster import ROSTER
from securebase.workbench.worksheets.models import Artefact

NOW = datetime(2026, 3, 4, 8, 20, tzinfo=UTC)
#: Typical openings of questionnaire items, which must not appear in the recorded courses.
OPENINGS = ("over the last", "how often have you", "bothered by", "in the past week", "please tick", "please circle")


@pytest.fixture
def therapist(db: None, settings: object, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Build the clinic without its pictures, which other tests cover and which take longest."""
    settings.DEMO = True  # type: ignore[attr-defined]
    monkeypatch.setattr(actions, "make_pictures", lambda **_: None)
    return actions.build_clinic(now=NOW)


def record_by_name(name: str, therapist: Account) -> EpisodeRecord:
    return record_of(Episode.objects.visible_to(therapist).get(client__name_shown=name), NOW)


def test_recorded_courses_are_realistic(therapist: Account) -> None:
    """Check everything on one build, because building takes seconds."""
    # a client near the end has done every task and more
    tomasz = record_by_name("Tomasz W.", therapist)
    standing = {s.task.id: s.standing for s in course_tasks(tomasz)}
    assert set(standing.values()) == {TaskState.DONE}
    assert {"I3S", "E4", "X1"} <= set(standing)
    notes = {a.session: a for a in tomasz.artefacts_of("session_note")}
    assert sorted(notes) == list(range(1, 15))
    assert all(any((a.number(t.value) or 0) > 0 for t in Technique) for a in notes.values())
    assert [(c.kind, c.session) for c in tomasz.circles if c.kind is CircleKind.PRESENT] == [
        (CircleKind.PRESENT, n) for n in (2, 8, 14)
    ]
    assert [c.session for c in tomasz.circles if c.kind is CircleKind.WISHED] == [2]
    ratings = entries_with(tomasz, WorksheetRole.TIE)
    marta = next(r.id for r in tomasz.relationships if r.name == "Marta")
    assert [a.number("strain") for a in ratings if a.about == marta] == [5, 3, 2]
    [formulation] = tomasz.artefacts_of("formulation")
    assert (formulation.version, formulation.agreement) == (2, Agreement.AGREED)
    shares = [a.number("therapist_share") or 0 for a in tomasz.artefacts_of("support_ledger")]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) >= 3
    # handed over by session 13 of 16: no signal
    assert [(look.session, look.is_signal) for look in looks_of(tomasz)] == [(13, False)]
    peaks = [a.number("peak") or 0 for a in tomasz.artefacts_of("telling")]
    assert sum(later > earlier for earlier, later in pairwise(peaks)) == 1
    assert peaks[-1] < peaks[0] / 2

    # a client in the middle phase still has open tasks
    ash = record_by_name("Ash K.", therapist)
    assert {TaskState.DONE, TaskState.PARTLY, TaskState.DUE, TaskState.OVERDUE, TaskState.AHEAD} == {
        s.standing for s in course_tasks(ash)
    }
    stages = [a.text("stage") for a in ash.artefacts_of("role_dispute")]
    assert stages == [DisputeStage.IMPASSE] * 3 + [DisputeStage.RENEGOTIATION]
    assert [r.name for r in ash.relationships if r.is_focus] == ["Dana"]
    [strain] = ash.artefacts_of("rupture_work")
    assert (strain.version, strain.values.get("explored"), strain.values.get("closed")) == (2, True, None)
    noor = record_by_name("Noor B.", therapist)
    dead = {r.id for r in noor.relationships if r.deceased}
    assert any(p.relationship in dead for c in noor.circles for p in c.placements)
    june = record_by_name("June P.", therapist)
    assert {s.standing for s in course_tasks(june) if s.task.id.startswith(("M", "E"))} == {TaskState.AHEAD}

    # every worksheet has an example, and one client has an empty page
    rows = Artefact.objects.visible_to(therapist)
    filled = {a.worksheet for a in rows if is_complete(a.kind, a.values)}
    assert filled == {w.id for w in worksheets().values() if DEFAULT_LINEAGE.uses(w.lineage)}
    goran = record_by_name("Goran T.", therapist)
    assert (goran.artefacts, goran.relationships, goran.circles) == ((), (), ())

    # everything is simulated, in the past, fully parsed and audited
    assert not rows.filter(simulated=False).exists()
    assert all(a.begun_at <= a.changed_at <= NOW and not a.unread for a in rows)
    assert verify_chain().intact


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
