"""Probe of statements: `securebase theory --claim` and the page of the theory's results say what is not known."""

from __future__ import annotations

from collections.abc import Collection

from securebase.model.theory import theory
from securebase.register.commands import run_command
from securebase.register.places import routes
from securebase.reports.theory_edges import OTHER_SIDE, edge_notes

#: Page that shows the notes on edges with the results of a clinic.
_PAGE = "theory-results"


def statement_of(claim: str, pages: Collection[str] | None = None) -> list[str]:
    """Return the statement of a claim, and where it is shown: the command line, and the notes on its edges.

    Empty without a statement, or if the command line does not print it.
    """
    uncertain = theory().claims[claim].uncertain
    printed = " ".join(run_command("theory", "--claim", claim).split())
    if not uncertain or uncertain not in printed:
        return []
    places = [f"`securebase theory --claim {claim}`"]
    notes = edge_notes(theory(), theory().select(claim=claim)).values()
    if notes and all((OTHER_SIDE, uncertain) in note.rows for note in notes):
        places += [f"page `{_PAGE}`"] * (_PAGE in (routes() if pages is None else pages))
    return [f"“{uncertain}” ({', '.join(places)})"]
