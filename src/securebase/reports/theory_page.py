"""The graph of the theory as a file: one SVG, or one HTML page with a link from every line to its edge in a list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from securebase.charts import style, tokens
from securebase.charts.render import svg
from securebase.charts.theory_graph import By, TheoryPicture, TheoryPictures, theory_graph
from securebase.model.theory import Theory, TheoryEdge
from securebase.reports.render import render
from securebase.reports.theory_edges import ListedEdge, edge_notes
from securebase.study.edges.phrases import LEGEND, multiplicity, what_to_expect
from securebase.study.edges.result import TheoryEstimates

#: pixels of the drawings of a page: the width of its column, and of a phone
_PAGE, _PHONE = style.FULL_WIDTH - 260, style.PHONE_WIDTH + 20


def theory_svg(
    theory: Theory,
    edges: Sequence[TheoryEdge] | None = None,
    *,
    by: By = "pillar",
    width: int = style.FULL_WIDTH,
    estimates: TheoryEstimates | None = None,
) -> str:
    """Return the graph as a standalone SVG file with font and background, `width` pixels wide.

    With `estimates`, the file begins with what a table of this size can tell, because a figure travels alone.
    """
    notes = () if estimates is None else (what_to_expect(estimates.n_clients, simulated=estimates.simulated), LEGEND)
    drawing = svg(theory_graph(theory, edges, by=by, width=width, estimates=estimates, notes=notes))
    head = f'<svg font-family="sans-serif" style="background: {tokens.CARD}" '
    return drawing.replace("<svg ", head, 1).replace('width="100%"', f'width="{width}"', 1) + "\n"


def theory_page(
    theory: Theory,
    edges: Sequence[TheoryEdge] | None = None,
    *,
    by: By = "pillar",
    estimates: TheoryEstimates | None = None,
) -> str:
    """Return the graph as an HTML page without network or script, above a list of its edges.

    Every line is a link to its edge in the list, which is shown at the bottom of the window while the line has the
    pointer or the focus.
    """
    pictures = TheoryPictures(theory, edges, by=by, estimates=estimates)
    groups = edge_notes(theory, pictures.edges, estimates)
    notes = {note.edge: note for group in groups.values() for note in group}
    return render(
        "theory.html",
        # safe: read from tokens.toml
        page_tokens=Markup(tokens.page_sheet()),  # noqa: S704
        by=by,
        n_edges=len(pictures.edges),
        expectation=what_to_expect(estimates.n_clients, simulated=estimates.simulated) if estimates else "",
        reservation=LEGEND,
        summary=multiplicity(estimates) if estimates else "",
        keys=[_draw(pictures.key(width), {}) for width in (_PAGE, _PHONE)],
        rings=[_draw(ring, notes) for width in (_PAGE, _PHONE) if (ring := pictures.ring(width))],
        panels=[_draw(panel, notes) for panel in pictures.panels(_PHONE)],
        groups=groups,
        anchors=[note.anchor for note in notes.values()],
    )


def _draw(picture: TheoryPicture, notes: Mapping[TheoryEdge, ListedEdge]) -> Markup:
    """Return a picture as SVG, with a wide link below the line of every edge that has a note."""
    drawing = svg(picture.chart)
    links = "".join(
        f'<a href="#{notes[edge].anchor}" aria-label="{escape(notes[edge].short)}">'
        f'<path d="M{"L".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/></a>'
        for edge, points in picture.edges
        if edge in notes
    )
    if links:
        origin = re.search(r' transform="translate[^"]*"', drawing)
        layer = f'</desc><g class="edges" fill="none"{origin[0] if origin else ""}>{links}</g>'
        # the content of an image cannot be focused
        drawing = drawing.replace("</desc>", layer, 1).replace('role="img"', 'role="group"', 1)
    # safe: drawn by our own renderer from numbers and escaped words
    return Markup(drawing)  # noqa: S704
