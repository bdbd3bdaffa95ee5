"""The graph of the theory as a file: one SVG, or one HTML page with a note on every edge."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from securebase.charts import style, tokens
from securebase.charts.render import svg
from securebase.charts.theory_graph import By, theory_graph
from securebase.model.theory import Theory, TheoryEdge
from securebase.reports.render import render
from securebase.reports.theory_view import theory_view, view_sheet
from securebase.study.edges.phrases import LEGEND, multiplicity, what_to_expect
from securebase.study.edges.result import TheoryEstimates


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
    """Return the graph as an HTML page without network or script, above a list of its edges."""
    n_edges = len(theory.edges if edges is None else edges)
    return render(
        "theory.html",
        # safe: read from files of the package
        page_tokens=Markup(tokens.page_sheet()),  # noqa: S704
        sheet=Markup(view_sheet(n_edges)),  # noqa: S704
        by=by,
        n_edges=n_edges,
        expectation=what_to_expect(estimates.n_clients, simulated=estimates.simulated) if estimates else "",
        reservation=LEGEND,
        summary=multiplicity(estimates) if estimates else "",
        view=theory_view(theory, edges, by=by, estimates=estimates),
    )
