"""Properties of every page: headers, error pages in the product's look, and no other host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.urls import reverse

import securebase.workbench
from each import each
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.measures.actions import acknowledge_alert
from workbench.browser import Browser
from workbench.cast import NOON, PASSWORD, Cast, answers

PACKAGE = Path(securebase.workbench.__file__).parent
FILES = [f for kind in ("html", "css", "js", "svg") for f in PACKAGE.rglob(f"*.{kind}")]


def test_pages_load_only_own_files_and_are_not_cached(alma: Browser) -> None:
    response = alma.get(reverse("library"))
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["Cache-Control"] == "no-store, private"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    cookies = {c.key: c for c in alma.cookies.values()}
    assert cookies[settings.CSRF_COOKIE_NAME]["samesite"] == "Lax"
    assert cookies[settings.CSRF_COOKIE_NAME]["httponly"]


def test_session_cookie_is_protected_from_scripts_and_other_sites(cast: Cast, browser: Browser) -> None:
    browser.post(reverse("sign-in"), {"user_name": "alma", "password": PASSWORD})
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@each(FILES, lambda file: file.name)
def test_files_name_no_other_host_and_have_no_inline_code(file: Path) -> None:
    text = file.read_text()
    foreign_addresses = [
        a for a in re.findall(r"https?://[^\s\"'<)]+", text) if "www.w3.org" not in a and "your-address" not in a
    ]
    assert foreign_addresses == []
    if file.suffix == ".html":
        # without template tags, whose words would look like attributes
        soup = BeautifulSoup(re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", text, flags=re.DOTALL), "html.parser")
        assert [s for s in soup.find_all("script") if not s.get("src")] == []
        assert soup.find_all("style") == []
        assert [t.name for t in soup.find_all(style=True)] == []
        assert [t.name for t in soup.find_all(lambda t: any(a.startswith("on") for a in t.attrs))] == []


def test_error_pages_look_like_the_product(cast: Cast, alma: Browser) -> None:
    missing = alma.get("/nowhere/")
    assert missing.status_code == 404
    assert "Page not found" in missing.content.decode()
    bruno = Browser()
    bruno.force_login(cast.bruno)
    refused = bruno.get(reverse("clinic"))
    assert refused.status_code == 403
    assert "You do not have access" in refused.content.decode()
    assert "style.css" in refused.content.decode()


def test_server_error_page_says_the_fault_is_ours(alma: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("securebase.workbench.accounts.pages.queries.clinic_is_empty", fail)
    alma.raise_request_exception = False
    response = alma.get(reverse("healthy"))
    assert response.status_code == 500
    assert "The fault is ours" in response.content.decode()


def test_unknown_host_is_refused(db: None) -> None:
    response = Browser(HTTP_HOST="evil.example").get("/sign-in/")
    assert response.status_code == 400
    assert "could not read the request" in response.content.decode()


PAGES = ("client-sessions", "session-new", "client-measures", "client-edit")


def _alerts(browser: Browser, url: str) -> list[object]:
    return BeautifulSoup(browser.get(url).content, "html.parser").select("main .callout.alert")


@pytest.mark.parametrize("name", PAGES)
def test_open_safety_alert_is_on_every_client_page(cast: Cast, alma: Browser, name: str) -> None:
    check_in = cast.invite().check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 5.0, 2.0), submission="s", at=NOON)
    url = reverse(name, args=[cast.carla.id])
    assert _alerts(alma, url)
    alert = cast.episode.safety_alerts.get()
    acknowledge_alert(alert=alert, by=cast.alma, note="Called her.", at=NOON)
    assert not _alerts(alma, url)


@pytest.mark.parametrize("name", PAGES)
def test_fields_have_labels_and_pages_have_landmarks(cast: Cast, alma: Browser, name: str) -> None:
    soup = BeautifulSoup(alma.get(reverse(name, args=[cast.carla.id])).content, "html.parser")
    assert len(soup.find_all("main")) == 1
    assert len(soup.find_all("h1")) == 1
    assert soup.title
    assert cast.carla.name_shown in soup.title.text
    labelled = {label.get("for") for label in soup.find_all("label")}
    for field in soup.find_all(["input", "select", "textarea"]):
        if field.get("type") != "hidden":
            assert field.get("id") in labelled or field.find_parent("label"), field


def test_demo_pages_say_that_clients_are_simulated(alma: Browser, settings) -> None:
    assert "every client here is simulated" not in alma.get(reverse("library")).content.decode()
    settings.DEMO = True
    soup = BeautifulSoup(alma.get(reverse("library")).content, "html.parser")
    assert soup.find(class_="demo-ribbon").name == "aside"  # a landmark, so that screen readers can jump to it
    assert "every client here is simulated" in alma.get(reverse("library")).content.decode()


def test_every_setting_is_documented() -> None:
    source = (PACKAGE / "settings.py").read_text()
    settings_read = set(re.findall(r'"(SECUREBASE_[A-Z_]+)"', source))
    docs = Path(__file__).parents[2] / "docs" / "settings.md"
    documented = set(re.findall(r"`(SECUREBASE_[A-Z_]+)`", docs.read_text()))
    assert settings_read == documented


def test_static_files_are_not_shared_across_origins(browser: Browser, db: None) -> None:
    response = browser.get("/static/ui/style.css")
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers
