"""One simulated client walked through a whole course of IPT in a real browser.

Every task leaves what it has to, through the pages a therapist uses; then the record, the client's report and the
export are asked for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone

from securebase.exchange.record_json import read_record
from securebase.ipt.due import TaskState, course_tasks
from securebase.ipt.lineage import DEFAULT_LINEAGE as BEGINNING_LINEAGE
from securebase.ipt.shelf import worksheet
from securebase.ipt.task import tasks
from securebase.ipt.worksheet import Field, FieldKind
from securebase.records.episode import EpisodeRecord
from securebase.reports.course_rows import course_rows
from securebase.workbench.clients.models import Client
from securebase.workbench.course.queries import record_of
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import Cast, make_cast

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(p).exists()), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
    pytest.mark.django_db(transaction=True),
]

NAME = "Ivo M."
SESSIONS = 8
PEOPLE = (("Vera", "partner"), ("Pim", "brother"), ("Olga", "friend"))
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A worksheet filled in: in which session, with what."""

    worksheet: str
    values: Values
    session: int | None = None
    about: str = ""
    agreed: bool = False


BEGINNING = (
    Step("diagnosis", {"name": "Depressive episode", "told_as_illness": "yes"}),
    Step("risk_review", {"thoughts": "none", "decision": 0, "plan": "Vera calls at night"}, 1),
    Step("psychoeducation", {"topics": [0, 1], "client_understood": "It is an illness, not laziness"}),
    Step("sick_role", {"explained_on": "2026-01-05", "duties": "Come, and try one thing a week"}),
    Step("history", {"vulnerability": [0], "strengths": "He builds boats"}),
    Step("life_event", {"what": "The yard closed", "happened_on": "2025-11-03", "weight": 8, "dependent": 0}),
    Step("problem_area", {"chosen": ["role_transition"], "onset_link": "It began when the yard closed"}),
    Step(
        "formulation",
        {
            "stressor": "The yard closed",
            "vulnerability": "My father never worked again",
            "support": "Everybody I knew worked there",
            "narrative": "When the yard closed I lost the people too",
        },
        agreed=True,
    ),
    Step(
        "contract",
        {"goals": [{"goal": "Ring one old mate a week", "now": 1, "wished": 7}], "sessions": SESSIONS},
        agreed=True,
    ),
)
MIDDLE = (
    Step("incident", {"what_happened": "I told Vera it was fine and it was not", "mood_before": 5, "mood_after": 2}, 4),
    Step(
        "communication_analysis",
        {"about_what": "It was fine", "lines": [{"said": "It is fine.", "meant": "Ask me again", "speaker": "client"}]},
        4,
    ),
    Step("role_transition", {"old_role": "Shipwright", "new_role": "Looking for work", "mastery": 4}, 4),
    Step("experiment", {"what": "Ring Pim on Sunday"}, 5, about="Pim"),
    Step("telling", {"story": "The last day at the yard", "peak": 80, "end_distress": 60}, 5),
    Step("midpoint_review", {"measures_looked_at": "yes", "responding": 2, "decision": 0, "raised_openly": "yes"}, 5),
)
ENDING = (
    Step("ending_talk", {"named": "yes", "feelings": [0], "words": "I will miss this hour"}, 6),
    Step("gains", {"gains": [{"gain": "I ask for help", "made_by_client": "He rang Pim himself"}]}),
    Step(
        "relapse_plan",
        {
            "signs": [{"sign": "I stop answering the phone"}],
            "whom_to_tell": [{"who": "Vera", "how": "at breakfast"}],
            "first_steps": "Get up at seven and ring Pim",
        },
    ),
    Step("disposition", {"decision": "maintenance", "reasons": "Winter is hard"}),
    Step(
        "maintenance_contract",
        {"sessions": 6, "days_between": 30, "aims": [{"aim": "Keep ringing people"}]},
        agreed=True,
    ),
)


class Therapist:
    """What Alma does in the browser, page by page."""

    def __init__(self, page: Any, home: str) -> None:
        self.page, self.home, self.client = page, home, ""

    def go(self, name: str, *args: object, query: str = "") -> None:
        self.page.goto(self.home + reverse(name, args=args) + query)

    def take_on(self, began: datetime) -> None:
        self.go("client-new")
        self.page.get_by_label("Name shown").fill(NAME)
        self.page.get_by_label("Therapy began on").fill(f"{began:%Y-%m-%d}")
        self.page.get_by_text("Other numbers than the form’s").click()
        self.page.get_by_label("Sessions planned").fill(str(SESSIONS))
        self.page.locator("form button.solid, form .button").last.click()
        self.page.wait_for_url("**/sessions/")

    def hold_session(self, number: int, at: datetime) -> None:
        self.go("session-new", self.client)
        self.page.get_by_label("Number").fill(str(number))
        self.page.get_by_label("Date").fill(f"{at:%Y-%m-%d}")
        self.page.get_by_label("Time").fill("10:00")
        self.page.locator("main form button.button").first.click()
        self.page.wait_for_url("**/sessions/*-*/**")

    def type_in_check_in(self, session: str, level: int, on: datetime) -> None:
        """The sheet that the client filled in before the session."""
        self.go("check-in-type-in", self.client, session, "before")
        self.page.get_by_label("Filled in on").fill(f"{on:%Y-%m-%d}")
        for item in range(1, 6):
            self.page.locator(f"[name=item_{item}]").fill(str(level))
        self.page.locator("main form button.button").last.click()
        self.page.wait_for_load_state()

    def add_people(self) -> None:
        for name, relation in PEOPLE:
            self.go("relationship-new", self.client)
            self.page.get_by_label("Name", exact=False).first.fill(name)
            self.page.locator("[name=relation]").fill(relation)
            self.page.get_by_role("button", name="Add", exact=True).click()
            self.page.wait_for_url("**/relationships/**")

    def draw_circle(self, *, steps: int, on: datetime) -> None:
        """On paper, typed in: everybody moves some steps towards the client, as a version of its own."""
        self.go("relationships", self.client)
        self.page.get_by_text("Type the places in instead of dragging").click()
        rings = ["closest", "close", "wider"]
        for n, select in enumerate(self.page.locator("select[name^=ring_]").all()):
            select.select_option(rings[min(max(n + 2 - steps, 0), 2)])
        self.page.get_by_label("Drawn on").fill(f"{on:%Y-%m-%d}")
        self.page.locator("[name=new_version]").check()
        self.page.get_by_role("button", name="Save the circle").click()
        self.page.wait_for_load_state()

    def fill_in(self, step: Step, sessions: Mapping[int, str], people: Mapping[str, str]) -> None:
        query = f"?session={sessions[step.session]}" if step.session else ""
        if step.about:
            query += f"{'&' if query else '?'}about={people[step.about]}"
        self.go("worksheet-begin", self.client, step.worksheet, query=query)
        spec = worksheet(step.worksheet)
        for name, value in step.values.items():
            of = spec.field(name)
            assert of is not None, name
            self._field(of, name, value)
        self.page.get_by_role("button", name="Save", exact=True).click()
        self.page.get_by_text(f"{spec.name}: saved.").wait_for()
        if step.agreed:
            self.page.get_by_role("radio", name="agreed", exact=True).check()
            self.page.get_by_role("button", name="Write down").click()
            self.page.get_by_text("Written down: agreed").wait_for()

    def share(self, row: Artefact) -> None:
        self.go("worksheet", self.client, row.worksheet, row.id)
        self.page.get_by_label("the client, on their own page").check()
        self.page.get_by_role("button", name="Save who sees it").click()
        self.page.get_by_text("Saved who may see this").wait_for()

    def _field(self, of: Field, name: str, value: Any) -> None:
        if of.kind is FieldKind.ROWS:
            for n, row in enumerate(value):
                for column in of.columns:
                    if column.id in row:
                        self._field(column, f"{name}.{n}.{column.id}", row[column.id])
        elif of.kind in {FieldKind.LINE, FieldKind.TEXT, FieldKind.NUMBER, FieldKind.DATE}:
            self.page.locator(f'[name="{name}"]').fill(str(value))
        elif of.kind is FieldKind.PERSON:
            self.page.locator(f'[name="{name}"]').select_option(label=value)
        else:
            for one in value if isinstance(value, list) else [value]:
                chosen = of.options[one].value if of.options and isinstance(one, int) else str(one)
                self.page.locator(f'[name="{name}"][value="{chosen}"]').check()


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


@pytest.fixture
def therapist(live_server: Any, cast: Cast) -> Iterator[Therapist]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(accept_downloads=True)
        signed_in = HttpClient()
        signed_in.force_login(cast.alma)
        name = django_settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": signed_in.cookies[name].value, "url": live_server.url}])
        errors: list[str] = []
        context.on("weberror", lambda error: errors.append(str(error.error)))
        yield Therapist(context.new_page(), live_server.url)
        browser.close()
    assert errors == []


def test_a_whole_course(therapist: Therapist, cast: Cast, tmp_path: Path) -> None:
    began = timezone.localtime() - timedelta(days=7 * SESSIONS + 1)
    therapist.take_on(began)
    ivo = Client.objects.visible_to(cast.alma).get(name_shown=NAME)
    therapist.client = str(ivo.id)
    sessions = hold_sessions(therapist, ivo, began)

    therapist.add_people()
    people = {r.name_shown: str(r.id) for r in ivo.episode.relationships.all()}
    rating = {"contact": 0, "gives": ["emotional"], "support_felt": 6, "strain": 2}
    therapist.fill_in(Step("relationship", rating, about="Vera"), sessions, people)
    for step in BEGINNING:
        therapist.fill_in(step, sessions, people)
    therapist.draw_circle(steps=0, on=began + timedelta(days=7))
    for number in (4, 5):
        note = {"event": f"Rang Pim, week {number}", "mood": 5, "role_play": 2, "experiment_next": "Ring Olga"}
        therapist.fill_in(Step("session_note", note, number), sessions, people)
    for step in MIDDLE:
        therapist.fill_in(step, sessions, people)
    therapist.draw_circle(steps=1, on=began + timedelta(days=28))
    for step in ENDING:
        therapist.fill_in(step, sessions, people)
    therapist.draw_circle(steps=2, on=began + timedelta(days=49))

    for name in ("relapse_plan", "contract"):
        therapist.share(ivo.episode.artefacts.get(worksheet=name))

    record = record_of(ivo.episode, timezone.now())
    assert_every_task_left_its_artefact(record)
    assert_the_report_tells_it(report_of(therapist), record)
    assert_the_export_holds_it(export_of(therapist, tmp_path), record)
    assert_the_client_can_take_it_home(therapist)
    therapist.go("course", therapist.client)
    assert therapist.page.locator(".task.overdue, .task.due").count() == 0


def hold_sessions(therapist: Therapist, ivo: Client, began: datetime) -> dict[int, str]:
    """Eight sessions a week apart; symptoms barely move to the middle, then fall."""
    for number in range(1, SESSIONS + 1):
        at = began + timedelta(days=7 * (number - 1))
        therapist.hold_session(number, at)
        row = ivo.episode.therapy_sessions.get(number=number)
        therapist.type_in_check_in(str(row.id), 8 if number < SESSIONS else 7, at)
    return {s.number: str(s.id) for s in ivo.episode.therapy_sessions.all()}


def assert_every_task_left_its_artefact(record: EpisodeRecord) -> None:
    standings = {s.task.id: s for s in course_tasks(record)}
    assert set(standings) == {t.id for t in tasks()}, "every task was asked for, those on conditions too"
    assert {
        i: [p.words for p in s.pieces if not p.present]
        for i, s in standings.items()
        if s.standing is not TaskState.DONE
    } == {}


def report_of(therapist: Therapist) -> str:
    therapist.go("client-report", therapist.client)
    return " ".join(therapist.page.locator("main").inner_text().split())


def export_of(therapist: Therapist, folder: Path) -> EpisodeRecord:
    """The whole record, free text taken in, as the therapist downloads it and a researcher reads it."""
    therapist.go("client-downloads", therapist.client)
    form = therapist.page.locator(f"form[action$='{reverse('client-record', args=[therapist.client])}']")
    form.get_by_role("checkbox").check()
    with therapist.page.expect_download() as download:
        form.get_by_role("button").click()
    download.value.save_as(folder / "record.json")
    return read_record(folder / "record.json")


def assert_the_report_tells_it(report: str, record: EpisodeRecord) -> None:
    rows = course_rows(record, BEGINNING_LINEAGE)
    told = [row.task for row in rows] + [words for row in rows for words in row.outputs]
    assert len(told) > 2 * len(tasks())
    assert [words for words in told if words not in report] == []


def assert_the_export_holds_it(export: EpisodeRecord, record: EpisodeRecord) -> None:
    def outline(of: EpisodeRecord) -> list[tuple[object, ...]]:
        return sorted((a.worksheet, a.session or 0, a.version, a.agreement.value, bool(a.values)) for a in of.artefacts)

    assert outline(export) == outline(record)
    assert all(a.values for a in export.artefacts)
    assert len(export.symptom_scores) == SESSIONS
    assert [len(c.placements) for c in export.circles] == [3, 3, 3]
    # people by what they are to the client, never by name; notes stay behind
    assert {r.name for r in export.relationships}.isdisjoint(n for n, _ in PEOPLE)
    assert "Vera" not in str(export.artefacts)
    assert export.artefacts_of("incident")[0].number("mood_after") == 2


def assert_the_client_can_take_it_home(therapist: Therapist) -> None:
    """The report for the client: their goals and plan, as a PDF."""
    therapist.go("client-report-choose", therapist.client, "client")
    with therapist.page.expect_download() as download:
        therapist.page.get_by_role("button", name="Download").last.click()
    made = download.value.path().read_bytes()
    assert made.startswith(b"%PDF")
    assert b"/StructTreeRoot" in made
