"""`python -m securebase.workbench.exports.estimating RUN`: the process of one run, at low priority."""

from __future__ import annotations

import os
import sys

import django


def main(run: str) -> None:
    """Estimate the theory for the run with this id."""
    if hasattr(os, "nice"):
        os.nice(10)  # pages come first
    django.setup()
    from securebase.workbench.exports.models import TheoryRun
    from securebase.workbench.exports.theory_runs import estimate_theory

    estimate_theory(TheoryRun.objects.get(id=run))


if __name__ == "__main__":
    main(sys.argv[1])
