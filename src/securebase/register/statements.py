"""Probe of statements: `securebase theory --claim` prints what is not known about a claim."""

from __future__ import annotations

from securebase.model.theory import theory
from securebase.register.commands import run_command


def statement_of(claim: str) -> list[str]:
    """Return the statement of a claim as the command line and the page of the theory show it; empty without one."""
    uncertain = theory().claims[claim].uncertain
    printed = " ".join(run_command("theory", "--claim", claim).split())
    return [f"“{uncertain}” (`securebase theory --claim {claim}`)"] if uncertain and uncertain in printed else []
