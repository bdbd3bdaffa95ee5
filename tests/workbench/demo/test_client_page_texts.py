"""Texts of the demo clinic's pages: short client pages, no honest limit lost, no constant statement about a record.

The sign-in page explains how to sign in, and every page says that its client is simulated.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import override_settings
from django.urls import resolve, reverse
from django.utils import timezone

import securebase
from securebase.ipt.lineage import DEFAULT_LINEAGE
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.course.entries import course_entries
from securebase.workbench.course.queries import record_of
from securebase.workbench.demo.actions import PASSWORD, USER_NAME, build_clinic
from securebase.workbench.demo.others import CODE, LINK, OPEN_CLIENT, SUPERVISOR_USER_NAME
from securebase.workbench.supervision.models import Share
from workbench.browser import Browser

#: Most words of a client page, its tables and closed parts included. The longest had 1,943 before they were shortened.
MAX_WORDS = 1_250

WORD = re.compile(r"[^\W\d_][\w’'-]*")
_RECORDED = r"\b(?:not|no|nothing|never|has|have|been|is|are|also) (?:\w+ ){0,5}(?:recorded|entered|noted|on record)\b"
#: A sentence about what is or is not in the record; a condition such as “until a repair is recorded” is none.
ABOUT_THE_RECORD = re.compile(rf"{_RECORDED}|\bin the record\b|\bthe record says\b", re.IGNORECASE)
UNCONDITIONAL = re.compile(rf"^(?:(?!\b(?:once|until)\b).)*?{_RECORDED}", re.IGNORECASE)

STATUS_NOTE = re.compile(r"\bnot (?:yet )?(?:been )?(?:validated|reviewed)(?: yet)?\b|\bunvalidated\b", re.IGNORECASE)

#: What a page with estimates of what symptoms move with must say (docs/explanation/what-may-be-said.md).
HONEST_ESTIMATES = (
    "What may be moving with symptoms",
    "complete sessions so far",
    "90% intervals",
    r"P\(direction\)",
    r"P\(largest\), chance level",
    "From this client",
    "comes? from other clients|from this one",
    "With trend, points",
    "Detrended, points",
    "Symptoms first",
    "unmeasured factor would explain an association away if it correlated with both sides at",
    "Control: future before past",
    "Control: simulated clients",
    "next-session predictions were off by .*“same as last time” by .*the expected path by",
    "(?:We cannot tell|Symptoms move most with)",
    "did your mood change before, after, or not at all",
    "much remains unexplained",
)
#: What every client page with answers must say.
HONEST_LIMITS = (
    "Ranking the mechanisms takes 100 complete sessions",
    "The expected path is .* a base rate, not a target",
    "assume that the model is right",
    "Two scores that both improve look related even when neither affects the other",
    "is itself a hypothesis",
    "helps a little on average",
    "not a medical device",
    "Unverified numbers",
    "not validated yet",
    "parameters “literature”",
)


@pytest.fixture(scope="module")
def built(module_db: None) -> Account:
    """Build the clinic once, because that takes seconds, and as of today, because pages show the present."""
    with override_settings(DEMO=True):
        return build_clinic(now=timezone.now())


@pytest.fixture
def therapist(built: Account, db: None, settings: object) -> Account:
    settings.DEMO = True  # type: ignore[attr-defined]
    return built


@pytest.fixture
def signed_in(therapist: Account, browser: Browser) -> Browser:
    browser.force_login(therapist)
    return browser


def parse(html: bytes) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def main_text(page: BeautifulSoup) -> BeautifulSoup:
    """Return the page's main part, and remove from it what nobody reads as text."""
    main = page.select_one("main") or page
    for element in main.select("script, style, svg, nav, template"):
        element.decompose()
    return main  # type: ignore[return-value]


def plain(main: BeautifulSoup) -> str:
    return " ".join(main.get_text(" ").split())


def sentences_about_the_record(main: BeautifulSoup) -> set[str]:
    blocks = (" ".join(e.get_text(" ").split()) for e in main.select("p, li, dd, td, figcaption, summary"))
    sentences = {s.strip() for block in blocks for s in re.split(r"(?<=[.!?;:])\s+", block)}
    return {s for s in sentences if ABOUT_THE_RECORD.search(s)}


def test_client_pages_are_short_and_keep_every_honest_limit(therapist: Account, signed_in: Browser) -> None:
    """Check everything on one build, because building takes seconds."""
    pages = {
        c.name_shown: main_text(parse(signed_in.get(reverse("client", args=[c.id])).content))
        for c in Client.objects.visible_to(therapist)
    }
    texts = {name: plain(page) for name, page in pages.items()}
    words = {name: len(WORD.findall(text)) for name, text in texts.items()}
    assert {name: n for name, n in words.items() if n > MAX_WORDS} == {}

    with_answers = [name for name, text in texts.items() if "What this can and cannot tell you" in text]
    with_estimates = [name for name, page in pages.items() if page.select_one("#hypotheses-title")]
    assert len(with_answers) >= 20
    assert len(with_estimates) >= 3
    required = [(name, HONEST_LIMITS) for name in with_answers] + [(name, HONEST_ESTIMATES) for name in with_estimates]
    for name, patterns in required:
        assert [p for p in patterns if not re.search(p, texts[name])] == [], name

    # safety comes first, and a rupture that ratings show names its rate of false alarms
    ash = pages["Ash K."]
    assert "safety alert needs your attention" in ash.select("section")[0].get_text()
    assert "one in twenty ordinary sessions is a false alarm" in texts["Ash K."]
    for page in pages.values():
        gates = [plain(gate) for gate in page.select(".gates li")]  # type: ignore[arg-type]
        assert len(gates) in {0, 4}

    # one client with a full record, one without: no sentence about it may be the same on both pages
    episodes = {e.client.name_shown: e for e in Episode.objects.visible_to(therapist).select_related("client")}
    full, bare = (record_of(episodes[name], timezone.now()) for name in ("Tomasz W.", "Nadia Z."))
    assert {"medication", "life_event", "formulation"} <= {a.worksheet for a in full.artefacts}
    assert full.relationships
    assert full.ruptures
    assert {a.worksheet for a in bare.artefacts} == {"contract"}
    assert not bare.relationships
    assert not bare.ruptures
    course_pages = (entry.url_name for entry in course_entries(DEFAULT_LINEAGE))
    routes = ("client", "course", *course_pages, "attachment", "client-measures")
    record_claims = {
        name: {
            (route, sentence)
            for route in routes
            for sentence in sentences_about_the_record(
                main_text(parse(signed_in.get(reverse(route, args=[episodes[name].client_id])).content))
            )
        }
        for name in ("Tomasz W.", "Nadia Z.")
    }
    assert record_claims["Tomasz W."] & record_claims["Nadia Z."] == set()
    assert record_claims["Nadia Z."]
    planted = parse(b"<main><p>Fine. Medication and life events are not recorded here.</p></main>")
    assert len(sentences_about_the_record(planted)) == 1


def test_pages_of_a_filled_course_show_what_was_recorded(therapist: Account, signed_in: Browser) -> None:
    client = Client.objects.visible_to(therapist).get(name_shown="Tomasz W.")
    course_pages = [entry.url_name for entry in course_entries(DEFAULT_LINEAGE)]
    routes = ("client", "course", "client-measures", "attachment", *course_pages)
    html = {r: signed_in.get(reverse(r, args=[client.id])).content for r in routes}
    texts = {route: plain(main_text(parse(content))) for route, content in html.items()}
    rivals = "Besides therapy: Sertraline since before the course; 7 life events, 2 during the course"
    assert rivals in texts["client"]
    for line in (
        "Outcomes Wellbeing within error; others not known yet.",
        "% from you (session 1: ",
        "Formulation High strain and low support in the weeks before sessions ",
        "Retelling “The last day at the works”, 5 times: peak distress 90 the first time, 25 the last.",
        "Common factors Last ratings minus own means: hope ",
    ):
        assert line in texts["client"]
    assert "High strain and low support in the weeks before sessions" in texts["formulation"]
    assert re.search(
        r"Symptoms after such weeks are shown from 24 complete sessions \(\d+ so far\)", texts["formulation"]
    )
    axis = parse(html["course"]).select_one("svg.course-axis")
    assert axis
    lanes = "life events: 2; medication: 1; emotional work: 6; ruptures: 1."
    assert lanes in str(axis["aria-label"])
    for event in ("Sertraline, 50 mg", "The old works are demolished", "Corrective experience: He said he had liked"):
        assert event in texts["course"]
    assert all(event in texts["timeline"] for event in ("Sertraline", "Father’s death", "Closure of the print works"))
    assert "He would tell me I’m not good enough." in texts["emotional-work"]
    assert "The last day at the works 5 retellings" in texts["emotional-work"]
    assert re.search(r"Functioning \d.* not known yet", texts["client-measures"])
    assert re.search(
        r"Hope \d, [\d.]+ (above|below) own mean of [\d.]+ \(SD [\d.]+, n = 14\)", texts["client-measures"]
    )
    assert "Agreement over these sessions: " in texts["client-measures"]
    assert "(PHQ-9): reliable improvement, threshold 6 points" in texts["client-measures"]
    for route in ("attachment", "ending"):
        assert re.search(r"Therapist \d+%, own network \d+%\. In session 1 it was [4-9]\d% and \d+%", texts[route])
        assert "In sessions 7 to 13 you carried" in texts[route]


def test_no_constant_of_the_picture_says_what_is_recorded() -> None:
    folder = Path(securebase.__file__).parent / "picture"
    planted = 'NOTE = "Medication is not recorded here."'
    assert constants_about_the_record(planted) == ["Medication is not recorded here."]
    constants = {file.name: constants_about_the_record(file.read_text()) for file in folder.glob("*.py")}
    assert len(constants) > 20
    assert {name: texts for name, texts in constants.items() if texts} == {}


def constants_about_the_record(source: str) -> list[str]:
    """Return the texts of a module's constants that say what is or is not recorded."""
    assigned = [n for n in ast.parse(source).body if isinstance(n, ast.Assign | ast.AnnAssign)]
    texts = [n.value for a in assigned for n in ast.walk(a) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [text for text in texts if UNCONDITIONAL.search(text)]


def crawl(browser: Browser, *, each: int = 1) -> Iterator[tuple[str, BeautifulSoup]]:
    """Yield the pages that links lead to from the caseload, `each` per route and per worksheet or instrument."""
    waiting, seen = ["/"], set[str]()
    visits: Counter[tuple[str, str]] = Counter()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        match = resolve(path)
        names = [v for v in match.kwargs.values() if isinstance(v, str)]
        key = (str(match.url_name), " ".join(sorted(names)))
        if visits[key] >= each:
            continue
        visits[key] += 1
        response = browser.get(path)
        if response.status_code != 200 or "text/html" not in response.headers["Content-Type"]:
            continue
        page = parse(response.content)
        waiting += list(_links(page))
        yield path, main_text(page)


def _links(page: BeautifulSoup) -> Iterable[str]:
    for link in page.select("a[href]"):
        url = urlsplit(str(link["href"]))
        if not url.scheme and not url.netloc and url.path.startswith("/") and not url.path.startswith("/static/"):
            yield url.path


def test_status_notes_come_at_most_once_a_page(signed_in: Browser) -> None:
    pages = dict(crawl(signed_in))
    assert len(pages) > 100
    notes = {path: STATUS_NOTE.findall(plain(page)) for path, page in pages.items()}
    assert sum(bool(n) for n in notes.values()) > 10
    assert {path: n for path, n in notes.items() if len(n) > 1} == {}


@pytest.mark.usefixtures("therapist")
def test_demo_explains_signing_in_and_that_all_is_simulated(browser: Browser) -> None:
    page = browser.get("/sign-in/").content.decode()
    assert f"<code>{USER_NAME}</code>" in page
    assert f"<code>{PASSWORD}</code>" in page
    assert browser.post("/sign-in/", {"user_name": USER_NAME, "password": PASSWORD}).status_code == 302
    home = browser.get("/")
    assert home.status_code == 200
    assert "every client here is simulated" in home.content.decode()
    client = Client.objects.unscoped(reason="looking at the demo clinic").get(name_shown="Noor B.")
    assert "simulated client, not a real person" in browser.get(f"/clients/{client.id}/report/").content.decode()

    # the supervisor sees the shared course with its comments
    assert f"<code>{SUPERVISOR_USER_NAME}</code>" in page
    browser.post("/sign-out/")
    response = browser.post("/sign-in/", {"user_name": SUPERVISOR_USER_NAME, "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == "/supervision/"
    share = Share.objects.unscoped(reason="looking at the demo clinic").get()
    course = browser.get(f"/supervision/{share.id}/").content.decode()
    assert share.label in course
    assert "We both kept avoiding it" in course
    assert OPEN_CLIENT not in course

    # a client's own page opens with its link and code only
    browser.post("/sign-out/")
    assert f'href="/p/{LINK}/"' in page
    assert f"<code>{CODE}</code>" in page
    assert browser.post(f"/p/{LINK}/", {"code": "000000"}).status_code == 400
    assert browser.post(f"/p/{LINK}/", {"code": CODE}).status_code == 302
    assert "My plan for staying well" in browser.get("/own/").content.decode()
