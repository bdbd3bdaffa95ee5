"""The graph of the theory as a part of a page: pictures with a link from every line to its note, list and notes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from securebase.charts import style
from securebase.charts.render import svg
from securebase.charts.theory_graph import By, TheoryPicture, TheoryPictures
from securebase.model.theory import Theory, TheoryEdge
from securebase.reports.render import environment, render
from securebase.reports.theory_edges import TheoryNote, edge_notes, group_notes
from securebase.study.edges.result import TheoryEstimates

#: pixels of the drawings: the width of their column, and of a phone
_PAGE, _PHONE = style.FULL_WIDTH - 260, style.PHONE_WIDTH + 20


def theory_view(
    theory: Theory,
    edges: Sequence[TheoryEdge] | None = None,
    *,
    by: By = "pillar",
    estimates: TheoryEstimates | None = None,
) -> Markup:
    """Return the graph above a folded list of its edges, for the `main` of a page that has the rules of `view_sheet`.

    Every line is a link to the note on its edge, which the page shows at the bottom of the window while the line has
    the pointer or the focus, and after the link was followed until it is closed. This needs no script.
    """
    pictures = TheoryPictures(theory, edges, by=by, estimates=estimates)
    notes = edge_notes(theory, pictures.edges, estimates)
    html = render(
        "theory_view.html",
        keys=[_draw(pictures.key(width), {}) for width in (_PAGE, _PHONE)],
        rings=[_draw(ring, notes) for width in (_PAGE, _PHONE) if (ring := pictures.ring(width))],
        panels=[_draw(panel, notes) for panel in pictures.panels(_PHONE)],
        groups=[group_notes(name, [notes[edge] for edge in group]) for name, group in pictures.groups.items()],
        notes=notes.values(),
    )
    # safe: the template escapes what it is given
    return Markup(html)  # noqa: S704


def view_sheet(n_edges: int) -> str:
    """Return the style sheet of the graph of so many edges, with a rule that shows the note on each."""
    template = environment().get_template("theory.css")
    links = (f'[href="#edge-{n}"]:is(:hover, :focus-visible)' for n in range(1, n_edges + 1))
    shown = ",\n".join(f"  main:has({link}) #edge-{n}" for n, link in enumerate(links, start=1))
    return f"{template.render()}\n@media screen {{\n{shown} {{\n    display: block;\n  }}\n}}\n"


def _draw(picture: TheoryPicture, notes: Mapping[TheoryEdge, TheoryNote]) -> Markup:
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
