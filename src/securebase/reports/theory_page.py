"""The graph of the theory as a file: one SVG, or one HTML page that fits a desk and a phone."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from securebase.charts import style
from securebase.charts.render import svg
from securebase.charts.theory_graph import By, theory_graph
from securebase.model.theory import Theory, TheoryEdge
from securebase.reports.render import render

#: pixels of the two drawings of a page: as wide as the page's column, and as a phone
_DESK, _PHONE = style.WHOLE - 260, style.PHONE + 20


def theory_svg(
    theory: Theory, edges: Sequence[TheoryEdge] | None = None, *, by: By = "pillar", width: int = style.WHOLE
) -> str:
    """The graph as an SVG file that stands alone: with a font and a background of its own, `width` pixels wide."""
    drawn = svg(theory_graph(theory, edges, by=by, width=width))
    head = f'<svg font-family="sans-serif" style="background: {style.PAPER}" '
    return drawn.replace("<svg ", head, 1).replace('width="100%"', f'width="{width}"', 1) + "\n"


def theory_page(theory: Theory, edges: Sequence[TheoryEdge] | None = None, *, by: By = "pillar") -> str:
    """The graph as an HTML page without network or script: one drawing for wide screens, one for narrow ones."""
    drawn = [svg(theory_graph(theory, edges, by=by, width=width)) for width in (_DESK, _PHONE)]
    # made by our own renderer from numbers and escaped words
    wide, narrow = (Markup(drawing) for drawing in drawn)  # noqa: S704
    return render("theory.html", wide=wide, narrow=narrow, n_edges=len(theory.edges if edges is None else edges), by=by)
