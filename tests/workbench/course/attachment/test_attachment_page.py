"""The page of attachment and support: empty state, sentences before drawings, corrective experiences."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from securebase.ipt.hand_over import looks_of
from securebase.picture.attachment_phrases import NOTE
from securebase.records.episode import EpisodeRecord
from securebase.workbench.course import support_view
from securebase.workbench.course.attachment import pages
from slow_course import attachment, joined, turns
from support_course import course as supported
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.course.course_cast import create_sessions, save_worksheet, text


def read(browser: Browser, cast: Cast) -> BeautifulSoup:
    return BeautifulSoup(text(browser, cast, "attachment"), "html.parser")


def card(soup: BeautifulSoup, title: str) -> str:
    section = soup.find("section", {"aria-labelledby": title})
    assert section is not None
    return " ".join(section.get_text(" ").split())


def test_an_empty_course_says_when_each_part_will_be_asked(alma: Browser, cast: Cast) -> None:
    soup = read(alma, cast)
    assert "Not asked yet. Check-ins ask about closeness at the start" in card(soup, "attachment-title")
    assert "Check-ins ask after sessions 1 and 2" in card(soup, "support-title")
    assert "in the last third of the course after every session" in card(soup, "support-title")
    assert "Not known yet. Check-ins ask in turn" in card(soup, "slow-title")
    assert "None recorded yet" in card(soup, "experiences-title")
    assert soup.find("svg", {"class": ["plane", "slow-line", "shares"]}) is None


def test_a_question_that_was_asked_once_is_not_called_unasked(
    alma: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "record_of", lambda *_: joined(turns((5, 6), {3: 2})))
    assert "Not asked yet" not in card(read(alma, cast), "slow-title")


def test_client_without_a_course_has_a_page(alma: Browser, cast: Cast) -> None:
    cast.episode.therapy_sessions.all().delete()
    cast.episode.delete()
    assert "No course of therapy yet" in text(alma, cast, "attachment")


def test_words_come_before_drawings(alma: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    record = joined(
        [attachment(2, 8, 7), attachment(15, 3, 2)],
        turns((5, 6), {3: 2, 7: 4, 11: 8, 14: 9}),
        turns((7, 8), {4: 2, 8: 4}),
    )
    monkeypatch.setattr(pages, "record_of", lambda *_: record)
    soup = read(alma, cast)
    assert "More at ease with closeness and less afraid of losing people than at the start." in card(
        soup, "attachment-title"
    )
    slow = card(soup, "slow-title")
    assert "Emotion regulation 3 → 8.5" in slow
    assert "Larger than error and fluctuation." in slow
    assert "Not known yet: 2 more answers needed." in slow
    assert "Not known yet: 4 more answers needed." in slow
    assert NOTE in soup.get_text()
    for section in soup.find_all("section", class_="card"):
        drawing = section.find("svg")
        assert drawing is None or drawing.find_previous("p").find_parent("section") is section
        assert drawing is None or drawing["aria-label"]


def test_the_hand_over_is_in_the_card_of_the_support(
    alma: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_worksheet(cast, "support_ledger", cast.session, therapist_share="60")
    soup = read(alma, cast)
    assert "you carried" not in card(soup, "support-title")
    record: EpisodeRecord = supported({1: 20.0, 8: 50.0, 10: 50.0, 11: 50.0}, support=8.0)
    monkeypatch.setattr(support_view, "looks_of", lambda _: looks_of(record))
    shown = card(read(alma, cast), "support-title")
    assert "Therapist 60%, own network 40%." in shown
    assert "In sessions 7 to 15 you carried 3.2 of 10 points" in shown


def test_the_latest_corrective_experiences_are_listed_with_expectation_and_day(alma: Browser, cast: Cast) -> None:
    sessions = create_sessions(cast, 4)
    for session in sessions:
        save_worksheet(
            cast,
            "corrective_experience",
            session,
            feared=f"Fear {session.number}",
            happened=f"He stayed {session.number}",
        )
    section = read(alma, cast).find("section", {"aria-labelledby": "experiences-title"})
    assert section is not None
    items = [" ".join(item.get_text(" ").split()) for item in section.find_all("li")]
    assert items == [
        "He stayed 4 Expected: Fear 4 22 Sep",
        "He stayed 3 Expected: Fear 3 15 Sep",
        "He stayed 2 Expected: Fear 2 8 Sep",
    ]


def test_both_pages_of_the_tab_lead_to_each_other(alma: Browser, cast: Cast) -> None:
    for name, label in (("relationships", "Circle and ties"), ("attachment", "Attachment and support")):
        parts = BeautifulSoup(text(alma, cast, name), "html.parser").find("nav", {"aria-label": "Relationships"})
        assert parts is not None
        assert [" ".join(a.get_text().split()) for a in parts.find_all("a")] == [
            "Circle and ties",
            "Attachment and support",
        ]
        assert parts.find("a", {"aria-current": "page"}).get_text().strip() == label
        assert reverse("attachment", args=[cast.carla.id]) in str(parts)


def test_clients_of_others_are_refused(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.dario)
    assert browser.get(reverse("attachment", args=[cast.carla.id])).status_code == 404
