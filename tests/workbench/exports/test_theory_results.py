"""The theory by what the research table says: one run at a time, what is kept of it, and what the page shows."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as django_settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from markupsafe import Markup

from chromium import WIDE, problems_at_both_widths
from edge_tables import every_reading
from securebase.model.theory import theory
from securebase.records.vocabulary import Moment
from securebase.reports.theory_view import theory_view, view_sheet
from securebase.study.edges.minima import MINIMA
from securebase.study.edges.phrases import LEGEND, what_to_expect
from securebase.workbench.audit.models import Entry
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.clients.actions import create_client
from securebase.workbench.exports import theory_pages, theory_runs
from securebase.workbench.exports.clinic_table import build_table, consents
from securebase.workbench.exports.models import TheoryRun
from securebase.workbench.exports.theory_runs import estimate_theory, start_run, theory_state
from securebase.workbench.therapy_sessions.actions import create_session
from workbench.browser import Browser
from workbench.cast import BEGAN, NOON, Cast, answers, make_cast
from workbench.exports.test_research_table import agree

PAGE = "theory-results"
N_ESTIMABLE = sum(bool(edge.study_method) for edge in theory().edges)


class FakeProcess:
    """A process that runs until the test ends it."""

    code: int | None = None

    def poll(self) -> int | None:
        return self.code


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[FakeProcess]:
    """Let runs start no process; return those that would have been started."""
    started: list[FakeProcess] = []

    def launch(run: TheoryRun) -> FakeProcess:
        started.append(FakeProcess())
        return started[-1]

    monkeypatch.setattr(theory_runs, "launch", launch)
    monkeypatch.setattr(theory_runs, "_PROCESSES", {})
    return started


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no graph, which takes seconds."""
    monkeypatch.setattr(theory_runs, "theory_view", lambda *_, by, **__: Markup(f"<p>Graph by {by}</p>"))


def fill(cast: Cast, clients: int = 5) -> None:
    """Let so many clients, with Carla, answer a check-in before a session and consent to research."""
    for n in range(clients):
        client = cast.carla if n == 0 else create_client(therapist=cast.alma, name_shown=f"Eve {n}", began_on=BEGAN)
        episode = client.episode
        assert episode is not None
        at = NOON + timedelta(days=1)
        session = create_session(episode=episode, by=cast.alma, number=2, held_at=at + timedelta(hours=1))
        mode = CheckInMode.LINK
        invited = invite_check_in(session=session, by=cast.alma, moment=Moment.BEFORE, mode=mode, at=at, extras=())
        record_check_in(
            check_in=invited.check_in, responses=answers("session_before", 2.0 + n), submission=f"s{n}", at=at
        )
        agree(client, cast.alma, ["research"])


@pytest.fixture
def five(cast: Cast) -> Cast:
    fill(cast)
    return cast


@pytest.fixture
def rosa(five: Cast, browser: Browser) -> Browser:
    browser.force_login(five.rosa)
    return browser


def soup(browser: Browser, **query: str) -> Any:
    response = browser.get(reverse(PAGE), query)
    assert response.status_code == 200
    html = response.content.decode()
    assert " style=" not in html
    return BeautifulSoup(html, "html.parser")


def buttons(page: Any) -> list[str]:
    return [button.get_text().strip() for button in page.select("main button")]


def begin(cast: Cast) -> TheoryRun:
    """Start a run and return its row."""
    clinic, now = cast.alma.clinic, timezone.now()
    start_run(clinic=clinic, clients=consents(clinic, now), by=cast.rosa, at=now)
    return TheoryRun.objects.latest("started_at")


# ---- what the page says without estimates ----------------------------------------------------------------------------
def test_without_enough_clients_there_is_nothing_to_start(cast: Cast, browser: Browser, processes: list[Any]) -> None:
    browser.force_login(cast.rosa)
    page = soup(browser)
    assert "fewer than 5 clients share. No client has consented to research yet." in page.text
    assert buttons(page) == []
    browser.post(reverse("theory-estimate"))
    assert processes == []
    agree(cast.carla, cast.alma, ["research"])
    assert "So far, 1 client with a session consents to research" in soup(browser).text


def test_a_small_clinic_reads_at_once_what_it_cannot_tell(rosa: Browser, processes: list[Any]) -> None:
    page = soup(rosa)
    assert page.select_one("main h1").find_next_sibling().get_text().strip() == what_to_expect(5)
    assert "so almost no edge has an estimate" in page.text
    assert buttons(page) == ["Show what is asked"]
    minima = {row.th.text.lower(): row.td.text for row in page.select("details[open] tbody tr")}
    assert minima == MINIMA
    assert processes == []


def test_a_larger_clinic_is_offered_the_estimates(rosa: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theory_pages, "MIN_CLIENTS", 5)
    page = soup(rosa)
    assert buttons(page) == ["Estimate now"]
    assert not page.select("details[open]")


def test_simulated_clients_are_marked(five: Cast, rosa: Browser) -> None:
    assert "simulated client" not in soup(rosa).text
    type(five.carla).objects.unscoped(reason="all clients of the test").update(simulated=True)
    page = soup(rosa)
    assert page.select_one(".sub .tag").text == "simulated"
    assert what_to_expect(5, simulated=True) in page.text


# ---- one run at a time -----------------------------------------------------------------------------------------------
def test_two_tabs_start_one_run_and_both_see_its_progress(rosa: Browser, processes: list[FakeProcess]) -> None:
    for _ in range(2):
        assert rosa.post(reverse("theory-estimate")).headers["Location"] == reverse(PAGE)
    assert len(processes) == TheoryRun.objects.count() == 1
    assert "Building the research table" in soup(rosa).text
    TheoryRun.objects.update(done=43, total=178)
    page = soup(rosa)
    assert "43 of 178 edges estimated" in page.text
    assert page.progress["value"] == "0.242"
    assert buttons(page) == []
    progress = rosa.get(reverse("theory-progress")).json()
    assert progress == {"running": True, "words": "43 of 178 edges estimated", "share": 43 / 178}
    TheoryRun.objects.update(done=178)
    assert "Drawing the graph" in soup(rosa).text


def test_a_run_that_died_can_be_tried_again(rosa: Browser, processes: list[FakeProcess]) -> None:
    rosa.post(reverse("theory-estimate"))
    processes[0].code = -9
    page = soup(rosa)
    assert "interrupted before the first edge" in page.text
    assert buttons(page) == ["Try again"]
    assert rosa.get(reverse("theory-progress")).json() == {"running": False}
    rosa.post(reverse("theory-estimate"))
    assert len(processes) == 2
    assert TheoryRun.objects.count() == 1
    assert "Building the research table" in soup(rosa).text


def test_a_restarted_server_shows_its_unfinished_run_as_interrupted(
    five: Cast, rosa: Browser, processes: list[FakeProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(five)
    TheoryRun.objects.update(done=43, total=178)
    monkeypatch.setattr(theory_runs, "_PROCESSES", {})
    assert "interrupted after 43 of 178 edges" in soup(rosa).text


# ---- the estimates ---------------------------------------------------------------------------------------------------
def test_the_result_is_stored_audited_and_shown_by_pillar_or_mechanism(
    five: Cast, rosa: Browser, processes: list[FakeProcess], undrawn: None
) -> None:
    run = begin(five)
    estimate_theory(run)
    processes[0].code = 0
    page = soup(rosa)
    assert "Graph by pillar" in page.text
    assert f"Estimated on {timezone.localdate():%-d %B %Y} from 5 clients." in page.text
    assert f"Edges examined: {N_ESTIMABLE}. None has an estimate." in page.text
    assert LEGEND in page.text
    assert buttons(page) == []
    assert page.select_one(".switch [aria-current]").text == "By pillar"
    assert "Graph by mechanism" in soup(rosa, by="mechanism").text
    assert "Graph by pillar" in soup(rosa, by="<b>").text
    entry = Entry.objects.get(action="theory.estimated")
    table = build_table(consents(five.alma.clinic, run.started_at), run.started_at)
    fingerprint = table.dictionary.fingerprint
    assert (entry.actor, entry.detail) == (str(five.rosa.id), {"clients": 5, "rows": 6, "fingerprint": fingerprint})


def test_only_consenting_clients_count_and_who_withdraws_is_named(
    five: Cast, rosa: Browser, processes: list[FakeProcess], undrawn: None
) -> None:
    fill_one_more = create_client(therapist=five.alma, name_shown="Flo", began_on=BEGAN)
    create_session(episode=fill_one_more.episode, by=five.alma, number=1, held_at=NOON)  # type: ignore[arg-type]
    run = begin(five)
    assert len(run.clients) == 5
    assert str(fill_one_more.id) not in run.clients
    estimate_theory(run)
    agree(fill_one_more, five.alma, ["research"])
    page = soup(rosa)
    assert "before the latest changes to the records." in page.text
    assert "no longer" not in page.text
    assert buttons(page) == ["Estimate again"]
    assert "Graph by pillar" in page.text
    agree(five.carla, five.alma, [], week=1)
    assert "1 client in it no longer consents." in soup(rosa).text


def test_a_result_stays_until_a_newer_one_is_stored(
    five: Cast, rosa: Browser, processes: list[FakeProcess], undrawn: None
) -> None:
    first = begin(five)
    estimate_theory(first)
    processes[0].code = 0
    second = begin(five)
    page = soup(rosa)
    assert page.progress
    assert "from 5 clients." in page.select_one(".graph-head .sub").text
    assert "Graph by pillar" in page.text
    estimate_theory(second)
    assert [run.id for run in TheoryRun.objects.all()] == [second.id]


def test_a_replaced_run_stores_nothing(five: Cast, processes: list[FakeProcess], undrawn: None) -> None:
    first = begin(five)
    processes[0].code = 1
    second = begin(five)
    estimate_theory(first)
    assert [(run.id, run.finished_at) for run in TheoryRun.objects.all()] == [(second.id, None)]


def test_a_problem_with_the_data_is_shown(
    five: Cast, rosa: Browser, processes: list[FakeProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(five)
    monkeypatch.setattr(theory_runs, "consents", lambda *_: [])
    estimate_theory(run)
    page = soup(rosa)
    assert "The estimation failed: the table would be empty" in page.text
    assert buttons(page) == ["Try again"]
    assert theory_state(five.alma.clinic).result is None


def test_the_pages_around_it_lead_to_it_for_those_who_may_open_it(five: Cast, browser: Browser) -> None:
    browser.force_login(five.adam)
    for name in ("clinic", "research-table", "theory"):
        assert f'href="{reverse(PAGE)}"' in browser.get(reverse(name)).content.decode(), name
    browser.force_login(five.dario)
    assert reverse(PAGE) not in browser.get(reverse("theory")).content.decode()


def test_the_style_sheet_is_that_of_the_report() -> None:
    stored = Path(theory_pages.__file__).parent / "static" / "exports" / "theory.css"
    assert stored.read_text(encoding="utf-8").endswith(view_sheet(len(theory().edges))), (
        "run python tools/write_theory_sheet.py"
    )


# ---- a real process, and a real browser ------------------------------------------------------------------------------
@pytest.fixture
def committed(transactional_db: None) -> Cast:
    cast = make_cast()
    fill(cast)
    return cast


@pytest.fixture
def clinic_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide a data directory whose database is that of the tests, for processes that the test starts."""
    data_dir = Path(os.environ["SECUREBASE_DATA_DIR"])
    for key in data_dir.glob("*.key"):
        shutil.copy(key, tmp_path)
    (tmp_path / "securebase.db").symlink_to(connection.settings_dict["NAME"])
    monkeypatch.setenv("SECUREBASE_DATA_DIR", str(tmp_path))
    return tmp_path


def test_a_process_estimates_beside_the_server(
    committed: Cast, clinic_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Take the whole way once: a process of its own reads the database, and its graphs are on the page."""
    monkeypatch.setattr(theory_runs, "_PROCESSES", {})
    run = begin(committed)
    assert theory_state(committed.alma.clinic).running == run
    assert theory_runs._PROCESSES[run.id].wait() == 0
    run.refresh_from_db()
    assert (run.done, run.total, run.problem) == (N_ESTIMABLE, N_ESTIMABLE, "")
    browser = Browser()
    browser.force_login(committed.rosa)
    page = soup(browser, by="mechanism")
    assert len(page.select(".edge-note")) == len(theory().edges)
    readings = {link["aria-label"].rpartition(": ")[2] for link in page.select(".edges a")}
    assert readings == {"no estimate", "not asked"}
    assert "Carla" not in page.select_one("#notes").text


def test_the_page_follows_a_run_to_its_graph(
    committed: Cast, chromium: Any, live_server: Any, processes: list[FakeProcess]
) -> None:
    browser = Browser()
    browser.force_login(committed.rosa)
    context = chromium.new_context(viewport=WIDE)
    cookie = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": cookie, "value": browser.cookies[cookie].value, "url": live_server.url}])
    tab, errors = context.new_page(), []
    tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    tab.goto(live_server.url + reverse(PAGE))
    tab.get_by_role("button", name="Show what is asked").click()
    tab.get_by_text("Building the research table").wait_for()
    TheoryRun.objects.update(done=43, total=178)
    tab.get_by_text("43 of 178 edges estimated").wait_for()
    edges = theory().edges[:20]  # every reading, and a page that is checked quickly
    graphs = {"pillar": theory_view(theory(), edges, estimates=every_reading(edges))}
    TheoryRun.objects.update(finished_at=timezone.now(), graphs=graphs)
    processes[0].code = 0
    tab.locator(".panels").wait_for()
    links = tab.locator(".panels .edges a")
    links.nth(4).focus()
    tab.keyboard.press("Tab")
    note = tab.locator(".edge-note:visible")
    assert links.nth(5).get_attribute("aria-label").startswith(note.locator("b").inner_text())
    assert "Hypothesis" in note.inner_text()
    tab.mouse.move(2, 2)
    tab.evaluate("document.activeElement.blur()")
    assert note.count() == 0
    assert problems_at_both_widths(tab, dark=True) == []
    assert errors == []
    context.close()
