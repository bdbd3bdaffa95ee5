"""Simulated courses under a choice as a file: one SVG, or one HTML page with the sentences."""

from __future__ import annotations

from markupsafe import Markup

from securebase.charts import style, tokens
from securebase.charts.play import play_charts
from securebase.charts.render import svg
from securebase.model.simulate.play import Play
from securebase.model.theory import label_of
from securebase.picture import play_phrases as words
from securebase.reports.render import render


def play_svg(courses: Play) -> str:
    """Return the drawing as a standalone SVG file with font and background, below what was chosen."""
    notes = (f"{words.MARK} {words.choice_words(courses.choice, courses.n)}.", f"{words.UNITS} {words.BANDS}")
    drawing = svg(play_charts(courses, words.SHOWN, columns=3, notes=notes))
    head = f'<svg font-family="sans-serif" style="background: {tokens.CARD}" '
    return drawing.replace("<svg ", head, 1).replace('width="100%"', f'width="{style.FULL_WIDTH}"', 1) + "\n"


def play_page(courses: Play) -> str:
    """Return an HTML page without network or script: one drawing each for wide and narrow screens, and sentences."""
    drawings = [svg(play_charts(courses, words.SHOWN, columns=columns)) for columns in (3, 1)]
    # safe: drawn by our own renderer from numbers and escaped words
    wide, narrow = (Markup(drawing) for drawing in drawings)  # noqa: S704
    sentences = [(label_of(name), words.difference_sentence(courses, name)) for name in words.SHOWN]
    choice = words.choice_words(courses.choice, courses.n)
    # safe: read from tokens.toml
    page_tokens = Markup(tokens.page_sheet())  # noqa: S704
    return render(
        "play.html",
        page_tokens=page_tokens,
        wide=wide,
        narrow=narrow,
        sentences=sentences,
        choice=choice,
        closing=words.closing(courses.choice),
        says=words,
    )
