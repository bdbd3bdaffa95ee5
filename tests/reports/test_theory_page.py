"""The page of the theory: sentences first, a link for every line, and a list that holds everything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from chromium import PHONE, WIDE, problems_at_both_widths
from edge_tables import edge, every_reading
from securebase.charts.tokens import CARD, TOKENS
from securebase.model.theory import Theory, theory
from securebase.reports.theory_page import theory_page, theory_svg
from securebase.study.edges.phrases import LEGEND, READINGS, multiplicity, what_to_expect
from whitespace import collapse_whitespace

#: with an edge whose sign is open, which the readings need
THEORY = Theory(theory().claims, (*theory().edges, edge("alliance", "hope", sign="?", by="lag")))
ESTIMATES = every_reading(THEORY.edges)


@pytest.fixture(scope="module")
def html() -> str:
    return theory_page(THEORY, estimates=ESTIMATES)


@pytest.fixture(scope="module")
def page(html: str) -> Any:
    return BeautifulSoup(collapse_whitespace(html), "html.parser")


@pytest.fixture(scope="module")
def address(html: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("page") / "theory.html"
    file.write_text(html, encoding="utf-8")
    return file.as_uri()


def rows_of(page: Any, position: int) -> list[tuple[str, str]]:
    """Return terms and texts of the note on an edge."""
    note = page.find(id=f"edge-{position + 1}")
    pairs = zip(note.find_all("dt"), note.find_all("dd"), strict=True)
    return [(term.get_text().strip(), text.get_text().strip()) for term, text in pairs]


def test_the_page_needs_no_network_and_no_script(html: str, page: Any) -> None:
    assert {*re.findall(r"https?://[^\s\"'<>]+", html)} == {"http://www.w3.org/2000/svg"}
    assert not page.find_all(["script", "link", "iframe", "img", "object"])
    assert all(a["href"].startswith("#") for a in page.find_all(href=True))
    assert not [t for t in page.find_all(True) if any(a.startswith("on") for a in t.attrs)]


def test_what_a_table_of_this_size_can_tell_comes_first(page: Any) -> None:
    words = page.find("main").get_text(" ")
    places = [words.index(text) for text in (what_to_expect(80), multiplicity(ESTIMATES), LEGEND, "as stated (")]
    assert places == sorted(places)
    picture: Any = BeautifulSoup(theory_svg(THEORY, estimates=ESTIMATES), "html.parser")
    lines = " ".join(text.get_text() for text in picture.find_all("text"))
    assert lines.startswith(what_to_expect(80))
    assert LEGEND in lines


def test_every_line_is_a_link_to_the_note_on_its_edge(page: Any) -> None:
    notes = {note["id"]: note.find("b").get_text() for note in page.select(".edge-note")}
    assert sorted(notes.values()) == sorted(f"{e.label} ({e.sign.replace('-', '−')})" for e in THEORY.edges)
    links = page.select(".panels .edges a")
    assert len(links) == len(THEORY.edges)
    for link in links:
        label, reading, _ = re.split(r"(?<=\)): |, |$", f"{link['aria-label']}, ", maxsplit=2)
        assert notes[link["href"][1:]] == label
        assert reading in READINGS
    # the content of an image cannot be focused
    assert {svg["role"] for svg in page.find_all("svg") if svg.find("a")} == {"group"}


def test_a_link_has_the_course_of_its_line(page: Any) -> None:
    def ends(path: str) -> tuple[float, ...]:
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", path)]
        return tuple(round(n) for n in (*numbers[:2], *numbers[-2:]))

    for drawing in page.select(".panels svg"):
        layer = drawing.find("g", class_="edges")
        assert layer["transform"] == layer.find_next_sibling("g")["transform"]
        drawn = {ends(path["d"]) for path in drawing.find_all("path", attrs={"stroke-width": True})}
        links = {ends(path["d"]) for path in layer.find_all("path")}
        assert links
        for link in links:
            assert any(max(abs(a - b) for a, b in zip(link, line, strict=True)) <= 1 for line in drawn), link


@pytest.mark.parametrize("by", ["pillar", "mechanism"])
def test_the_list_is_folded_by_panel_and_counts_readings(page: Any, by: Any) -> None:
    if by == "mechanism":
        page = BeautifulSoup(collapse_whitespace(theory_page(THEORY, by=by, estimates=ESTIMATES)), "html.parser")
    groups = page.select("#list details")
    headings = [text.get_text() for text in page.select(".panels figure svg > title")]
    assert [group.summary.b.get_text() for group in groups] == headings
    for group in groups:
        assert not group.has_attr("open")
        readings = [item.span.get_text().split(",")[0] for item in group.select("li")]
        assert readings == sorted(readings, key=list(READINGS).index)
        counts = ", ".join(f"{readings.count(r)} {r}" for r in READINGS if r in readings)
        assert group.summary.get_text().strip().endswith(f" {len(readings)} edges: {counts}")
    listed = {link["href"] for link in page.select("#list li a")}
    assert listed == {f"#edge-{n + 1}" for n in range(len(THEORY.edges))}


def test_notes_have_estimate_evidence_and_both_sides(page: Any) -> None:
    for result in ESTIMATES.results:
        rows = rows_of(page, THEORY.edges.index(result.edge))
        terms = dict(rows)
        assert terms["In this table"].startswith(result.reading.capitalize())
        assert ("95% interval" in terms["In this table"]) == (result.estimate is not None)
        assert result.reason in terms["In this table"]
        assert terms["Hypothesis"] == collapse_whitespace(result.edge.about)
        assert "Evidence" in terms
        for claim in (THEORY.claims[name] for name in result.edge.claims):
            assert claim.says[1:] in terms[f"Claim {claim.id}"]
            assert ("goes beyond the evidence" in terms[f"Claim {claim.id}"]) == claim.outruns_its_evidence
            if claim.uncertain:
                assert rows[rows.index((f"Claim {claim.id}", terms[f"Claim {claim.id}"])) + 1] == (
                    "Other side",
                    claim.uncertain,
                )


def test_the_page_without_a_table_has_no_result() -> None:
    page: Any = BeautifulSoup(collapse_whitespace(theory_page(THEORY, by="mechanism")), "html.parser")
    assert "In this table" not in page.get_text()
    assert len(page.select(".edge-note")) == len(THEORY.edges)
    # an edge of two mechanisms has a line in both panels, an entry in both lists, and one note
    assert len(page.select(".panels .edges a")) == len(page.select("#list li a")) > len(THEORY.edges)


def shown_note(tab: Any) -> str:
    """Return the heading of the note at the bottom of the window, or nothing."""
    return " + ".join(tab.locator(".edge-note:visible b").all_inner_texts())


def test_focus_or_pointer_shows_the_note_and_enter_keeps_it_open(chromium: Any, address: str) -> None:
    tab = chromium.new_page(viewport=WIDE)
    tab.goto(address)
    assert shown_note(tab) == ""
    links = tab.locator(".panels .edges a")
    links.nth(4).focus()
    tab.keyboard.press("Tab")
    note = shown_note(tab)
    assert note
    assert links.nth(5).get_attribute("aria-label").startswith(note)
    line, box = links.nth(5).bounding_box(), tab.locator(".edge-note:visible").bounding_box()
    assert line["y"] + line["height"] <= box["y"]  # the note does not cover the line that has the focus
    assert not tab.get_by_role("link", name="Close", exact=True).count()
    place = tab.evaluate("scrollY")
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == links.nth(5).get_attribute("href")
    tab.mouse.move(2, 2)
    tab.keyboard.press("Tab")
    assert shown_note(tab) == note
    assert tab.evaluate("document.activeElement.textContent") == "Close"
    tab.keyboard.press("Enter")
    assert shown_note(tab) == ""
    assert tab.evaluate("scrollY") == place
    tab.close()


def test_a_tap_in_the_list_opens_a_note_and_a_tap_on_another_replaces_it(chromium: Any, address: str) -> None:
    context = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    tab = context.new_page()
    tab.goto(address)
    tab.locator("#list summary").first.tap()
    for n in (0, 1):
        link = tab.locator("#list li a").nth(n)
        link.tap()
        assert shown_note(tab) == link.inner_text()
    tab.get_by_role("link", name="Close", exact=True).tap()
    assert shown_note(tab) == ""
    context.close()


def test_the_pointer_shows_the_note_of_the_line_below_it(chromium: Any, address: str) -> None:
    tab = chromium.new_page(viewport=WIDE)
    tab.goto(address)
    links = tab.locator(".panels .edges a")
    link = links.nth(2)
    link.scroll_into_view_if_needed()
    # the end of a line, where no other line crosses it
    x, y = link.locator("path").evaluate("""path => {
        const point = path.getPointAtLength(path.getTotalLength() - 1).matrixTransform(path.getScreenCTM())
        return [point.x, point.y]
    }""")
    tab.mouse.move(x, y)
    note = shown_note(tab)
    assert note
    assert link.get_attribute("aria-label").startswith(note)
    tab.mouse.move(2, 2)
    assert shown_note(tab) == ""
    tab.close()


def test_the_page_has_no_problems_at_both_widths_in_the_light_and_in_the_dark(chromium: Any, address: str) -> None:
    tab = chromium.new_page(viewport=WIDE)
    tab.goto(address)
    assert problems_at_both_widths(tab, dark=True) == []
    tab.close()


def test_a_phone_shows_one_column_with_letters_of_readable_size(chromium: Any, address: str) -> None:
    tab = chromium.new_page(viewport=PHONE)
    tab.goto(address)
    assert tab.locator("figure svg:visible").count() == 2 + 4
    lefts = tab.locator(".panels svg").evaluate_all("svgs => svgs.map(svg => svg.getBoundingClientRect().left)")
    assert len({*lefts}) == 1
    scale = tab.locator(".panels svg").first.evaluate("svg => svg.getScreenCTM().a")
    assert scale * 11.5 >= 9.5
    tab.close()


def test_the_page_is_light_or_dark_as_the_reader_asks_and_light_on_paper(chromium: Any, address: str) -> None:
    tab = chromium.new_page(viewport=WIDE, color_scheme="dark")
    tab.goto(address)

    def ground() -> str:
        return str(tab.locator(".card").first.evaluate("card => getComputedStyle(card).backgroundColor"))

    def rgb(colour: str) -> str:
        return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"

    assert ground() == rgb(TOKENS.dark["card"])
    tab.emulate_media(media="print")
    assert ground() == rgb(CARD)
    tab.close()
