"""A simulated client goes through a whole course of IPT in a real browser.

The therapist completes every task through the pages. The record, the client's report and the export must then contain
the result of each task.
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
from securebase.ipt.lineage import DEFAULT_LINEAGE as INITIAL_LINEAGE
from securebase.ipt.shelf import worksheet
from securebase.ipt.task import tasks
from securebase.ipt.worksheet import Field, FieldKind
from securebase.records.episode import EpisodeRecord
from securebase.reports.course_rows import course_rows
from securebase.workbench.clients.models import Client
from securebase.workbench.course.queries import record_of
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "Ivo M."
SESSIONS = 8
PEOPLE = (("Vera", "partner"), ("Pim", "brother"), ("Olga", "friend"))
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A worksheet to fill in, with its values and its session."""

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
    """Alma in the browser, with a method for each page that she uses."""

    def __init__(self, page: Any, home: str) -> None:
        self.page, self.home, self.client = page, home, ""

    def go(self, name: str, *args: object, query: str = "") -> None:
        self.page.goto(self.home + reverse(name, args=args) + query)

    def create_client(self, began_at: datetime) -> None:
        self.go("client-new")
        self.page.get_by_label("Display name").fill(NAME)
        self.page.get_by_label("Therapy began on").fill(f"{began_at:%Y-%m-%d}")
        self.page.get_by_text("Customise sessions and spacing").click()
        self.page.get_by_label("Planned sessions").fill(str(SESSIONS))
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
        """Type in the paper form that the client completed before the session."""
        self.go("check-in-type-in", self.client, session, "before")
        self.page.get_by_label("Completed on").fill(f"{on:%Y-%m-%d}")
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
        """Type in a new version of the circle, with everybody moved some rings towards the client."""
        self.go("relationships", self.client)
        self.page.get_by_text("Enter positions instead of dragging").click()
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
            spec_field = spec.field(name)
            assert spec_field is not None, name
            self._field(spec_field, name, value)
        self.page.get_by_role("button", name="Save", exact=True).click()
        self.page.get_by_text(f"{spec.name}: saved.").wait_for()
        if step.agreed:
            self.page.get_by_role("radio", name="agreed", exact=True).check()
            self.page.get_by_role("button", name="Save the response").click()
            self.page.get_by_text("Response saved: agreed").wait_for()

    def share(self, row: Artefact) -> None:
        self.go("worksheet", self.client, row.worksheet, row.id)
        self.page.get_by_label("The client, on their own page").check()
        self.page.get_by_role("button", name="Save sharing").click()
        self.page.get_by_text("Sharing saved").wait_for()

    def _row_number(self, name: str, n: int) -> str:
        """Return the number in the names of the n-th row on the page; a script numbers rows as it adds them."""
        names = self.page.locator(f'[name^="{name}."]').evaluate_all("fields => fields.map(f => f.name)")
        numbers: list[str] = list(dict.fromkeys(field.split(".")[1] for field in names))
        return numbers[n]

    def _field(self, spec_field: Field, name: str, value: Any) -> None:
        if spec_field.kind is FieldKind.ROWS:
            for n, row in enumerate(value):
                for column in spec_field.columns:
                    if column.id in row:
                        self._field(column, f"{name}.{self._row_number(name, n)}.{column.id}", row[column.id])
        elif spec_field.kind in {FieldKind.LINE, FieldKind.TEXT, FieldKind.NUMBER, FieldKind.DATE}:
            self.page.locator(f'[name="{name}"]').fill(str(value))
        elif spec_field.kind is FieldKind.PERSON:
            self.page.locator(f'[name="{name}"]').select_option(label=value)
        else:
            for item in value if isinstance(value, list) else [value]:
                choice = spec_field.options[item].value if spec_field.options and isinstance(item, int) else str(item)
                self.page.locator(f'[name="{name}"][value="{choice}"]').check()


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


@pytest.fixture
def therapist(chromium: Any, live_server: Any, cast: Cast) -> Iterator[Therapist]:
    context = chromium.new_context(accept_downloads=True)
    signed_in = HttpClient()
    signed_in.force_login(cast.alma)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": signed_in.cookies[name].value, "url": live_server.url}])
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield Therapist(context.new_page(), live_server.url)
    context.close()
    assert errors == []


def test_whole_course_reaches_record_report_and_export(therapist: Therapist, cast: Cast, tmp_path: Path) -> None:
    began_at = timezone.localtime() - timedelta(days=7 * SESSIONS + 1)
    therapist.create_client(began_at)
    client = Client.objects.visible_to(cast.alma).get(name_shown=NAME)
    therapist.client = str(client.id)
    sessions = hold_sessions(therapist, client, began_at)

    therapist.add_people()
    people = {r.name_shown: str(r.id) for r in client.episode.relationships.all()}
    rating = {"contact": 0, "gives": ["emotional"], "support_felt": 6, "strain": 2}
    therapist.fill_in(Step("relationship", rating, about="Vera"), sessions, people)
    for step in BEGINNING:
        therapist.fill_in(step, sessions, people)
    therapist.draw_circle(steps=0, on=began_at + timedelta(days=7))
    for number in (4, 5):
        note = {"event": f"Rang Pim, week {number}", "mood": 5, "role_play": 2, "experiment_next": "Ring Olga"}
        therapist.fill_in(Step("session_note", note, number), sessions, people)
    for step in MIDDLE:
        therapist.fill_in(step, sessions, people)
    therapist.draw_circle(steps=1, on=began_at + timedelta(days=28))
    for step in ENDING:
        therapist.fill_in(step, sessions, people)
    therapist.draw_circle(steps=2, on=began_at + timedelta(days=49))

    for name in ("relapse_plan", "contract"):
        therapist.share(client.episode.artefacts.get(worksheet=name))

    record = record_of(client.episode, timezone.now())
    assert_every_task_is_done(record)
    assert_report_lists_every_task(read_report(therapist), record)
    assert_export_matches_record(download_export(therapist, tmp_path), record)
    assert_client_report_is_a_tagged_pdf(therapist)
    therapist.go("course", therapist.client)
    assert therapist.page.locator(".task.overdue, .task.due").count() == 0


def hold_sessions(therapist: Therapist, client: Client, began_at: datetime) -> dict[int, str]:
    """Hold eight weekly sessions, each with a check-in; symptoms stay at 8 until they fall to 7 in the last one."""
    for number in range(1, SESSIONS + 1):
        at = began_at + timedelta(days=7 * (number - 1))
        therapist.hold_session(number, at)
        row = client.episode.therapy_sessions.get(number=number)
        therapist.type_in_check_in(str(row.id), 8 if number < SESSIONS else 7, at)
    return {s.number: str(s.id) for s in client.episode.therapy_sessions.all()}


def assert_every_task_is_done(record: EpisodeRecord) -> None:
    task_standings = {s.task.id: s for s in course_tasks(record)}
    assert set(task_standings) == {t.id for t in tasks()}, "the course includes every task, conditional ones too"
    assert {
        i: [p.words for p in s.pieces if not p.present]
        for i, s in task_standings.items()
        if s.standing is not TaskState.DONE
    } == {}


def read_report(therapist: Therapist) -> str:
    therapist.go("client-report", therapist.client)
    return " ".join(therapist.page.locator("main").inner_text().split())


def download_export(therapist: Therapist, folder: Path) -> EpisodeRecord:
    """Download the record with free text as the therapist, and read it as a researcher would."""
    therapist.go("client-downloads", therapist.client)
    form = therapist.page.locator(f"form[action$='{reverse('client-record', args=[therapist.client])}']")
    form.get_by_role("checkbox").check()
    with therapist.page.expect_download() as download:
        form.get_by_role("button").click()
    download.value.save_as(folder / "record.json")
    return read_record(folder / "record.json")


def assert_report_lists_every_task(report: str, record: EpisodeRecord) -> None:
    rows = course_rows(record, INITIAL_LINEAGE)
    texts = [row.task for row in rows] + [words for row in rows for words in row.outputs]
    assert len(texts) > 2 * len(tasks())
    assert [words for words in texts if words not in report] == []


def assert_export_matches_record(export: EpisodeRecord, record: EpisodeRecord) -> None:
    def outline(record: EpisodeRecord) -> list[tuple[object, ...]]:
        return sorted(
            (a.worksheet, a.session or 0, a.version, a.agreement.value, bool(a.values)) for a in record.artefacts
        )

    assert outline(export) == outline(record)
    assert all(a.values for a in export.artefacts)
    assert len(export.symptom_scores) == SESSIONS
    assert [len(c.placements) for c in export.circles] == [3, 3, 3]
    # the export calls people by their relation to the client, never by name, and omits notes
    assert {r.name for r in export.relationships}.isdisjoint(n for n, _ in PEOPLE)
    assert "Vera" not in str(export.artefacts)
    assert export.artefacts_of("incident")[0].number("mood_after") == 2


def assert_client_report_is_a_tagged_pdf(therapist: Therapist) -> None:
    """Download the client's report with goals and plan, and check that it is a tagged PDF."""
    therapist.go("client-report-choose", therapist.client, "client")
    with therapist.page.expect_download() as download:
        therapist.page.get_by_role("button", name="Download").last.click()
    pdf = download.value.path().read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"/StructTreeRoot" in pdf
