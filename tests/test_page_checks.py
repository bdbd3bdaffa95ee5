"""Checks of a page leave out only what changes no finding: texts of a style, and rules at a second width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chromium import colour_violations, problems_at_both_widths, run_axe
from text_styles import FEW, pick_texts

LEGIBLE = "<p>legible</p>" * 40 + "<label>Name <input value='legible'></label>" * 20
#: Pages on which one text is too pale, after many that are not or that the rule exempts.
PALE = {
    "its colour": "<p style='color: #aaa'>pale</p>",
    "what is behind it": "<div style='background: #555'><p>pale</p></div>",
    "its opacity": "<section style='opacity: .3'><p>pale</p></section>",
    "its size": "<p style='color: #888; font-size: 40px'>large</p>" * FEW + "<p style='color: #888'>pale</p>",
    "its place": "<div style='position: relative; height: 60px'><div style='background: #555; height: 60px'></div>"
    + "<p style='position: absolute; top: 0'>pale</p></div>",
    "a value": "<input value='pale' style='color: #aaa'>",
    "an enabled control": "<button disabled style='color: #aaa'>off</button>" * FEW
    + "<button style='color: #aaa'>pale</button>",
    "the label of an enabled control": "<label style='color: #aaa'>off <input disabled></label>" * FEW
    + "<label style='color: #aaa'>pale <input></label>",
    "a shown text": "<p style='color: #aaa; visibility: hidden'>hidden</p>" * FEW + "<p style='color: #aaa'>pale</p>",
}


@pytest.fixture(scope="module")
def page(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page()
    yield page
    page.close()


def show(page: Any, body: str) -> None:
    page.set_content(f"<!doctype html><html lang=en><title>t</title><body style='color: #000'><main>{body}</main>")


@pytest.mark.parametrize("body", PALE.values(), ids=list(PALE))
def test_a_pale_text_is_found_among_many(page: Any, body: str) -> None:
    show(page, LEGIBLE + body)
    _, of_all = run_axe(page, "color-contrast")
    assert len(of_all) == 1
    assert colour_violations(page) == of_all


def test_few_texts_of_a_style_are_measured(page: Any) -> None:
    show(page, LEGIBLE)
    assert colour_violations(page) == []
    assert pick_texts(page).evaluate("picked => picked.map(e => e.tagName)") == ["P"] * FEW + ["INPUT"] * FEW


NARROW, WIDE = "@media (max-width: 500px)", "@media (min-width: 500px)"
FIELD = "<label for=field>Name</label><input id=field>"
REGION = "<div><p>one</p><p>two</p></div>"
#: What names the one problem of a page, and the page's style and body.
UNFIT = {
    "only a narrow page hides the label": ("label", f"{NARROW} {{ label {{ display: none }} }}", FIELD),
    "only a wide page hides the label": ("label", f"{WIDE} {{ label {{ display: none }} }}", FIELD),
    "a part scrolls on a narrow page": (
        "scrollable-region-focusable",
        f"div {{ height: 200px; overflow: scroll }} {NARROW} {{ div {{ height: 40px }} }}",
        REGION,
    ),
    "too wide for a phone": ("wider than", "p { width: 600px }", ""),
    "pale in the dark": ("color-contrast", "@media (prefers-color-scheme: dark) { p { color: #ccc } }", ""),
}


@pytest.mark.parametrize(("problem", "style", "body"), UNFIT.values(), ids=list(UNFIT))
def test_a_problem_at_one_width_or_in_one_scheme_is_found(page: Any, problem: str, style: str, body: str) -> None:
    head = f"<!doctype html><html lang=en><title>t</title><style>{style}</style>"
    html = f"{head}<body><main><h1>t</h1><p>legible</p>{body}</main>"
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("http://page.example/")
    problems = problems_at_both_widths(page, dark=True)
    page.unroute("**/*")
    assert len(problems) == 1
    assert problem in problems[0]
