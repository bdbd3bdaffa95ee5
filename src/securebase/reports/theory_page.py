"""The graph of the theory as a file: one SVG, or one HTML page for wide and narrow screens."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from securebase.charts import style, tokens
from securebase.charts.render import svg
from securebase.charts.theory_graph import By, theory_graph
from securebase.model.theory import Theory, TheoryEdge
from securebase.reports.render import render

#: pixels of the two drawings of a page: the width of its column, and of a phone
_PAGE, _PHONE = style.FULL_WIDTH - 260, style.PHONE_WIDTH + 20


def theory_svg(
    theory: Theory, edges: Sequence[TheoryEdge] | None = None, *, by: By = "pillar", width: int = style.FULL_WIDTH
) -> str:
    """Return the graph as a standalone SVG file with font and background, `width` pixels wide."""
    drawing = svg(theory_graph(theory, edges, by=by, width=width))
    head = f'<svg font-family="sans-serif" style="background: {tokens.CARD}" '
    return drawing.replace("<svg ", head, 1).replace('width="100%"', f'width="{width}"', 1) + "\n"


def theory_page(theory: Theory, edges: Sequence[TheoryEdge] | None = None, *, by: By = "pillar") -> str:
    """Return the graph as an HTML page without network or script: one drawing each for wide and narrow screens."""
    drawings = [svg(theory_graph(theory, edges, by=by, width=width)) for width in (_PAGE, _PHONE)]
    # safe: drawn by our own renderer from numbers and escaped words
    wide, narrow = (Markup(drawing) for drawing in drawings)  # noqa: S704
    return render("theory.html", wide=wide, narrow=narrow, n_edges=len(theory.edges if edges is None else edges), by=by)
