"""The client report: one self-contained file that says what the picture says, and nothing more."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from bs4 import BeautifulSoup

import pictures
from episodes import alert, episode, session_day
from securebase.ipt.lineage import DEFAULT_LINEAGE
from securebase.picture import phrases, sentences
from securebase.picture.client import ClientPicture, client_picture
from securebase.picture.parts import PictureProblem
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.reports.client_report import client_report
from securebase.reports.course_rows import course_rows

MADE_ON = date(2025, 5, 1)


def page(picture: ClientPicture, name: str = "A. B.") -> BeautifulSoup:
    return BeautifulSoup(client_report(picture, name=name, therapist="Alma", made_on=MADE_ON), "html.parser")


@pytest.fixture(scope="module")
def full_page() -> BeautifulSoup:
    return page(pictures.full())


@pytest.fixture(scope="module")
def early_page() -> BeautifulSoup:
    return page(pictures.early())


@pytest.mark.parametrize("picture", [pictures.full(), pictures.early(), pictures.empty()])
def test_the_report_is_self_contained(picture: ClientPicture) -> None:
    text = client_report(picture, name="A. B.")
    result = BeautifulSoup(text, "html.parser")
    assert not result.find_all(["script", "link", "img", "iframe"])
    assert not re.search(r"url\((?!#)|@import", text)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert result.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    ids = [e["id"] for e in result.select("[id]")]
    assert len(ids) == len(set(ids))


def test_the_report_names_versions_date_and_simulation(full_page: BeautifulSoup) -> None:
    text = full_page.text
    for words in ("0123456789abcdef", "literature", "0.1.0", "1 May 2025", "simulated client, not a real person"):
        assert words in text


def test_hypotheses_come_with_their_cautions_or_the_reason_for_their_absence(
    full_page: BeautifulSoup, early_page: BeautifulSoup
) -> None:
    complete = pictures.full()
    result = full_page.text
    words = [*sentences.hypothesis_sentences(complete), sentences.hypothesis_question(complete)]
    words += [text for pair in sentences.hypothesis_cautions(complete) for text in pair]
    words += [cell for row in sentences.hypothesis_table(complete).rows for cell in row]
    assert len(words) > 60
    for item in words:
        assert item in result, item
    assert "cannot tell yet" in result
    early = early_page.text
    assert "After 12 complete sessions" in early
    assert "For the session" not in early
    failed = replace(
        complete, hypotheses=None, hypotheses_problem=PictureProblem("It could not be computed.", "All else stands.")
    )
    assert "It could not be computed. All else stands." in page(failed).text


def test_the_report_agrees_with_the_picture(full_page: BeautifulSoup) -> None:
    result = full_page.text
    assert "7 points lower (37%) than at the first report" in result
    assert "Estimated chance of remission by session 16: 6%" in result
    assert "The rupture of session 6 is repaired" in result
    assert all(sentence in result for sentence in pictures.full().limits)


def test_the_report_has_no_forecast_below_the_required_sessions(early_page: BeautifulSoup) -> None:
    assert "forecast, 50% and 90%" not in early_page.text
    assert "usual level (trait-like)" not in early_page.text
    assert "We need 3 more complete sessions" in early_page.text


def test_safety_comes_first() -> None:
    record = replace(episode(7), safety_alerts=(alert(7),))
    result = page(client_picture(record, as_of=session_day(7) + 1))
    first = result.select_one("main section")
    assert first is not None
    assert "safety alert" in first.text.lower()


def test_a_name_is_escaped() -> None:
    result = page(pictures.full(), name="<script>alert(1)</script>")
    assert not result.find("script")
    assert result.find("h1", string="<script>alert(1)</script>")


def test_no_forbidden_word(full_page: BeautifulSoup) -> None:
    text = f" {full_page.text.lower()} "
    assert not [word for word in phrases.FORBIDDEN if word in text]


def test_no_all_clear_under_an_open_safety_alert() -> None:
    record = replace(episode(1), safety_alerts=(alert(1),))
    result = page(client_picture(record, as_of=session_day(1) + 1))
    assert "Nothing needs your attention" not in result.text
    calm = page(client_picture(episode(1), as_of=session_day(1) + 1))
    assert "Nothing needs your attention" in calm.text


def test_the_report_names_its_reader(full_page: BeautifulSoup) -> None:
    text = full_page.text
    assert "For the therapist" in text
    assert text.index("For the therapist") < text.index("Before the session")


def test_the_constants_are_readable_on_a_phone(full_page: BeautifulSoup) -> None:
    """Check that every cell carries the name of its column, for a stacked table on narrow screens."""
    cells = full_page.select("table.words tbody td")
    assert cells
    assert {c["data-label"] for c in cells} == {"Value", "Checked", "Source"}


def test_the_course_is_listed_by_task() -> None:
    text = ArtefactRecord("1", "incident", {"what_happened": "She hung up"}, at=9.0, begun_at=9.0, session=2)
    record = EpisodeRecord("Carla", planned_sessions=16, artefacts=(text,))
    rows = {row.task: row for row in course_rows(record, DEFAULT_LINEAGE)}
    assert len(rows) >= 20
    incident_row = rows["Elicit an interpersonal incident"]
    assert incident_row.standing == "Done"
    assert incident_row.outputs == ("Interpersonal incident: She hung up (session 2)",)
    assert rows["Choose the problem area"].missing == ("problem area",)
    incidents = tuple(
        ArtefactRecord(str(n), "incident", {"what_happened": "x"}, at=9.0, begun_at=9.0 + n) for n in range(9)
    )
    rows = {row.task: row for row in course_rows(replace(record, artefacts=incidents), DEFAULT_LINEAGE)}
    assert rows["Elicit an interpersonal incident"].outputs[-1] == "and 3 more"
