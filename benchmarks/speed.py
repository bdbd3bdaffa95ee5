"""How long an evaluation of the likelihood with its gradient takes, and a whole fit with standard errors.

Processor seconds, the least of several runs: what the work needs when nothing else is in its way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.cohorts import panel, specification, truth
from securebase.model.fit import fit
from securebase.model.kernel import compiled
from securebase.model.likelihood import Likelihood
from securebase.model.parameters import Start


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Milliseconds for one log-likelihood with gradient, whole call. None: no compiled kernel here."""

    constructs: int
    rows: int
    persons: int
    irregular: bool
    compiled_ms: float | None
    readable_ms: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """Seconds for one fit with standard errors, from the default start."""

    constructs: int
    rows: int
    persons: int
    start: str
    missing: float
    parameters: int
    seconds: float
    outcome: str


def evaluations() -> list[Evaluation]:
    return [
        _evaluation(2, 12, 200, irregular=True),
        _evaluation(2, 16, 1000, irregular=False),
        _evaluation(6, 16, 100, irregular=False),
        _evaluation(6, 16, 1000, irregular=False),
        _evaluation(6, 12, 200, irregular=True),
    ]


def fits() -> list[Fitted]:
    return [
        _fitted(2, 12, 200, Start.FREE, missing=0.1),
        _fitted(2, 10, 200, Start.STATIONARY, missing=0.0),
        _fitted(6, 12, 200, Start.STATIONARY, missing=0.1),
        _fitted(6, 16, 1000, Start.STATIONARY, missing=0.1),
    ]


def _evaluation(p: int, rows: int, persons: int, *, irregular: bool) -> Evaluation:
    data, parameters = panel(p, persons, rows, irregular=irregular, missing=0.0, seed=1), truth(p)
    taken: dict[str, float | None] = {"compiled": None, "readable": None}
    for kernel in ("readable", *(["compiled"] if compiled.AVAILABLE else [])):
        with _forced(kernel):
            prepared = Likelihood(data, specification(p))
        taken[kernel] = 1000 * _least(lambda one=prepared: one.value_and_gradient(parameters), 9)
    readable = taken["readable"]
    assert readable is not None
    return Evaluation(p, rows, persons, irregular, taken["compiled"], readable)


def _fitted(p: int, rows: int, persons: int, start: Start, *, missing: float) -> Fitted:
    data, model = panel(p, persons, rows, irregular=True, missing=missing, seed=2), specification(p, start=start)
    found = fit(data, model)
    seconds = _least(lambda: fit(data, model), 3)
    return Fitted(p, rows, persons, start.value, missing, found.n_parameters, seconds, found.outcome.kind)


def _least(work: Callable[[], object], times: int) -> float:
    """Least processor seconds of several runs."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


@contextmanager
def _forced(kernel: str) -> Iterator[None]:
    before = os.environ.get("SECUREBASE_KERNEL")
    os.environ["SECUREBASE_KERNEL"] = kernel
    try:
        yield
    finally:
        del os.environ["SECUREBASE_KERNEL"]
        if before is not None:
            os.environ["SECUREBASE_KERNEL"] = before
