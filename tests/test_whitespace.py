"""The collapsing of whitespace shows what a browser shows: neither a word more nor a space less."""

from __future__ import annotations

from typing import Any

import pytest

from whitespace import collapse_whitespace

CASES = {
    "<p>\n  one\n  two\n</p>\n<p>three</p>": "<p>one two</p><p>three</p>",
    "<p>\n  see <a href='x'>\n  here</a> and <b>\n there</b>\n</p>": "<p>see <a href='x'>here</a> and <b>there</b></p>",
    "<p>no<b>gap</b>here, <b>but</b> <i>here</i></p>": "<p>no<b>gap</b>here, <b>but</b> <i>here</i></p>",
    "<textarea>\n  kept\n</textarea>": "<textarea>\n  kept\n</textarea>",
    "<pre>a\n  b</pre>\n<p> c </p>": "<pre>a\n  b</pre><p>c</p>",
    "<button>\n  Save\n</button>": "<button>Save</button>",
    '<div title="a  >  b">\n x\n</div>': '<div title="a > b">x</div>',
}


@pytest.mark.parametrize("html", CASES)
def test_whitespace_that_no_browser_shows_goes(html: str) -> None:
    assert collapse_whitespace(html) == CASES[html]
    assert collapse_whitespace(CASES[html]) == CASES[html]


def test_chromium_shows_the_same_text_before_and_after(chromium: Any) -> None:
    page = chromium.new_page()
    for html in CASES:
        shown = []
        for body in (html, collapse_whitespace(html)):
            page.set_content(f"<!doctype html><body>{body}</body>")
            shown.append(page.inner_text("body"))
        assert shown[0] == shown[1]
    page.close()
