"""The demo clinic shows what its roster says, and its recorded courses are realistic."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.test import override_settings

from securebase.ipt.due import TaskState, course_tasks
from securebase.ipt.hand_over import looks_of
from securebase.ipt.lineage import DEFAULT_LINEAGE
from securebase.ipt.parsing import is_complete
from securebase.ipt.shelf import entries_with, worksheets
from securebase.ipt.worksheet import WorksheetRole
from securebase.measurement.catalogue import instrument
from securebase.measurement.schedule import MAX_QUESTIONS, count_questions
from securebase.measurement.scoring import score
from securebase.picture.client import ClientPicture
from securebase.picture.parts import GateLevel
from securebase.picture.parts import SignalKind as K
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Agreement, CircleKind, DisputeStage, Phase, ProblemArea, Technique
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.queries import verify_chain
from securebase.workbench.casefile import prefetch_picture_record
from securebase.workbench.check_ins.models import CheckIn, CheckInState
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.course.queries import record_of
from securebase.workbench.demo.actions import build_clinic
from securebase.workbench.demo.roster import ROSTER
from securebase.workbench.measures.models import Administration
from securebase.workbench.progress import queries
from securebase.workbench.progress.models import StoredPicture
from securebase.workbench.worksheets.models import Artefact

NOW = datetime(2026, 3, 4, 8, 20, tzinfo=UTC)
REASON = "looking at the demo clinic"

EXPECTED_SIGNALS = {
    "Ash K.": {K.SAFETY, K.RUPTURE_OPEN, K.NOT_ON_TRACK},
    "Noor B.": {K.SUDDEN_GAIN},
    "Carmen V.": {K.RUPTURE_REPAIRED},
    "Dmitri S.": {K.DETERIORATION},
    "Elif Y.": {K.RELIABLE_IMPROVEMENT},
    "Hana L.": {K.MISSING_CHECK_IN},
    "Ivo D.": {K.NOT_ON_TRACK},
    "Kofi N.": {K.SUDDEN_LOSS},
    "Mateo C.": {K.MISSING_FOCUS},
    "Nadia Z.": {K.ENDING_NOT_NAMED},
    "Oskar J.": {K.RUPTURE_OPEN},
    "Samir E.": {K.SIGNIFICANT_CHANGE},
}


@pytest.fixture(scope="module")
def built(module_db: None) -> Account:
    """Build the clinic once, because that takes seconds, and return its therapist."""
    with override_settings(DEMO=True):
        return build_clinic(now=NOW)


@pytest.fixture
def therapist(built: Account, db: None, settings: object) -> Account:
    settings.DEMO = True  # type: ignore[attr-defined]
    return built


def current_pictures(therapist: Account) -> dict[str, ClientPicture]:
    episodes = prefetch_picture_record(Episode.objects.visible_to(therapist))
    return {e.client.name_shown: queries.current_picture(episode=e, as_of=NOW) for e in episodes}


def test_clinic_shows_the_signals_of_its_roster(therapist: Account) -> None:
    pictures = current_pictures(therapist)
    assert set(pictures) == {p.name for p in ROSTER}
    assert len(pictures) == 24
    for name, kinds in EXPECTED_SIGNALS.items():
        assert kinds <= {s.kind for s in pictures[name].signals}, name
    assert all(p.simulated for p in pictures.values())
    levels = {p.gate.level for p in pictures.values()}
    assert levels == {GateLevel.REPORTED, GateLevel.COHORT, GateLevel.CONTRIBUTIONS}
    assert {p.header.phase for p in pictures.values()} == {phase.value for phase in Phase}
    assert {a for p in pictures.values() for a in p.header.problem_areas} == {a.label for a in ProblemArea}
    unsafe = [n for n, p in pictures.items() if any(s.kind is K.SAFETY for s in p.signals)]
    assert unsafe == ["Ash K."]

    # pictures are stored in advance, and clients who need attention come first
    assert StoredPicture.objects.visible_to(therapist).count() == 24
    caseload = queries.caseload(account=therapist, now=NOW)
    assert caseload.rows[0].client.name_shown == "Ash K."
    assert caseload.rows[-1].client.name_shown == "Lena F."
    assert 4 <= caseload.attention <= 9
    waiting = CheckIn.objects.visible_to(therapist).filter(state=CheckInState.WAITING)
    assert {c.therapy_session.episode.client.name_shown for c in waiting} == {p.name for p in ROSTER if p.waiting}
    assert all(c.therapy_session.held_at > NOW for c in waiting)

    # rows equal those that the workbench's own actions write
    for row in Administration.objects.visible_to(therapist).prefetch_related("responses", "scores")[::40]:
        responses = {r.item: r.value for r in row.responses.all()}
        result = score(instrument(row.instrument), responses, asked=responses.keys())
        assert {s.scale: s.value for s in row.scores.all()} == {s.scale: s.value for s in result.scores.values()}
    assert not Administration.objects.visible_to(therapist).filter(simulated=False).exists()
    assert not Client.objects.visible_to(therapist).filter(simulated=False).exists()
    assert all(a.at <= NOW for a in Administration.objects.visible_to(therapist))
    assert verify_chain().intact


def test_same_seed_gives_the_same_clinic(therapist: Account) -> None:
    pictures = current_pictures(therapist)
    assert [r.value for r in pictures["Ash K."].symptoms.reported] == [8.0, 7.8, 6.6, 6.6, 8.8, 8.0, 9.2]


def test_names_are_unique_and_end_in_an_initial() -> None:
    names = [p.name for p in ROSTER]
    assert len(set(names)) == len(names)
    assert all(n.split()[1].endswith(".") for n in names)


def test_additional_measures_follow_the_schedule(therapist: Account) -> None:
    administrations = Administration.objects.visible_to(therapist)
    check_ins = CheckIn.objects.visible_to(therapist).filter(state=CheckInState.ANSWERED)
    assert any(c.extras for c in check_ins)
    for check_in in check_ins.prefetch_related("administrations")[:40]:
        instruments = [a.instrument for a in check_in.extra_answers]
        assert instruments == [part.instrument for part in check_in.parts]
        assert count_questions(check_in.moment, check_in.parts) <= MAX_QUESTIONS
        asked = {part.instrument: set(part.items) for part in check_in.parts}
        assert all({r.item for r in a.responses.all()} == asked[a.instrument] for a in check_in.extra_answers)
    ratings = administrations.filter(respondent="therapist")
    assert ratings.exists()
    assert set(ratings.values_list("instrument", "check_in")) == {("therapist_after", None)}


def record_by_name(name: str, therapist: Account) -> EpisodeRecord:
    return record_of(Episode.objects.visible_to(therapist).get(client__name_shown=name), NOW)


def test_recorded_courses_are_realistic(therapist: Account) -> None:
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
    conditions = [(a.number("committed"), a.number("objective")) for a in ratings if a.about == marta]
    assert conditions == [(8, 4), (8, 6), (9, 7)]
    [formulation] = tomasz.artefacts_of("formulation")
    assert (formulation.version, formulation.agreement) == (2, Agreement.AGREED)
    shares = [a.number("therapist_share") or 0 for a in tomasz.artefacts_of("support_ledger")]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) >= 3
    # handed over by session 11 of 16: no signal
    assert [(look.session, look.is_signal) for look in looks_of(tomasz)] == [(11, False), (13, False)]
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
