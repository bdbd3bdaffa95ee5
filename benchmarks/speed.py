"""Time of one likelihood evaluation with gradient, relative to the minimum time for its operations.

Processor seconds, minimum of several runs, which excludes interference from other work.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.cohorts import panel, specification, truth
from benchmarks.page import Part, PerformanceTarget, table
from benchmarks.timing import count_operations, minimum_seconds, peak_rate
from securebase.model.kernel import compiled
from securebase.model.likelihood import Likelihood

#: maximum multiple of the floor, and the minimum number of rows at which it is checked
MAX_FLOOR_RATIO, FROM_ROWS = 3.0, 10_000
_HEAD = (
    *("constructs", "rows", "persons", "gaps", "missing"),
    *("compiled kernel, ms", "readable kernel, ms", "readable / compiled", "floor, ms", "compiled / floor"),
)
#: milliseconds allowed for a call with almost nothing to compute
MAX_OVERHEAD_MS = 0.1


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Milliseconds of one call for log-likelihood and gradient; None without a compiled kernel.

    `compressed`: persons with the same pattern are processed together, so the floor does not apply. `gigaflops` is the
    rate of one core.
    """

    constructs: int
    rows: int
    persons: int
    gaps: str
    missing: float
    compressed: bool
    compiled_ms: float | None
    readable_ms: float | None
    gigaflops: float
    how: str

    @property
    def floor_ms(self) -> float:
        return count_operations(self.constructs) * self.rows * self.persons / self.gigaflops / 1e6


def evaluations() -> list[Evaluation]:
    return [
        _evaluation(2, 2, 1, irregular=False),
        _evaluation(2, 12, 200, irregular=True),
        _evaluation(2, 16, 1000, irregular=True),
        _evaluation(2, 16, 1000, irregular=False, missing=0.15),
        _evaluation(2, 16, 1000, irregular=False),
        _evaluation(6, 16, 100, irregular=False),
        _evaluation(6, 12, 200, irregular=True),
        _evaluation(6, 16, 1000, irregular=True),
        _evaluation(6, 16, 1000, irregular=False, missing=0.15),
        _evaluation(6, 16, 1000, irregular=False),
        _evaluation(6, 16, 10_000, irregular=True, readable=False),
        _evaluation(6, 16, 10_000, irregular=False, readable=False),
    ]


def _evaluation(
    p: int, rows: int, persons: int, *, irregular: bool, missing: float = 0.0, readable: bool = True
) -> Evaluation:
    data, parameters = panel(p, persons, rows, irregular=irregular, missing=missing, seed=1), truth(p)
    milliseconds: dict[str, float | None] = {"compiled": None, "readable": None}
    for kernel in (*(["readable"] if readable else []), *(["compiled"] if compiled.AVAILABLE else [])):
        with _forced_kernel(kernel):
            prepared = Likelihood(data, specification(p))
            times = 200 if rows * persons < 100 else 9
            milliseconds[kernel] = 1000 * minimum_seconds(
                lambda likelihood=prepared: likelihood.value_and_gradient(parameters), times
            )
    return Evaluation(
        constructs=p,
        rows=rows,
        persons=persons,
        gaps="irregular" if irregular else "weekly",
        missing=missing,
        compressed=not irregular and not missing,
        compiled_ms=milliseconds["compiled"],
        readable_ms=milliseconds["readable"],
        gigaflops=peak_rate()[0] / 1e9,
        how=peak_rate()[1],
    )


def section(results: list[Evaluation]) -> list[str]:
    rows = []
    for e in results:
        fast, slow = e.compiled_ms, e.readable_ms
        ratio = "" if fast is None or e.compressed else f"{fast / e.floor_ms:.1f}"
        rows.append(
            (
                e.constructs,
                e.rows,
                f"{e.persons:,}",
                e.gaps,
                f"{e.missing:.0%}",
                "–" if fast is None else f"{fast:.3g}",
                "–" if slow is None else f"{slow:.3g}",
                "–" if fast is None or slow is None else f"{slow / fast:.0f}",
                f"{e.floor_ms:.2g}",
                ratio,
            )
        )
    return [
        "## One log-likelihood with its gradient",
        "",
        "Whole call, processor time on one core, minimum of nine runs. The floor is the time for the operations that "
        f"every row requires at the peak rate of this core in the same run, {results[0].gigaflops:.0f} GFLOP/s in "
        f"{results[0].how}: {count_operations(2)} operations per row for two constructs, {count_operations(6):,} for "
        "six. Persons with the same times and the same missing scores are processed together; "
        "the floor does not apply to them.",
        "",
        *table(
            _HEAD,
            rows,
            "rrrlrrrrrr",
        ),
        "",
    ]


def performance_targets(results: list[Evaluation]) -> list[PerformanceTarget]:
    large = [e for e in results if e.rows * e.persons >= FROM_ROWS and not e.compressed and e.compiled_ms]
    small = next(e for e in results if e.persons == 1)
    targets = []
    for p in sorted({e.constructs for e in large}):
        evaluations_of_size = [e for e in large if e.constructs == p]
        ratios = [(e.compiled_ms or 0.0) / e.floor_ms for e in evaluations_of_size]
        targets.append(
            PerformanceTarget(
                f"log-likelihood and gradient, {p} constructs, from {FROM_ROWS:,} rows",
                f"at most {MAX_FLOOR_RATIO:.0f} times the floor",
                f"{min(ratios):.1f} to {max(ratios):.1f} times",
                max(ratios) / MAX_FLOOR_RATIO,
                timed=False,
            )
        )
    fast = small.compiled_ms or small.readable_ms or 0.0
    return [
        *targets,
        PerformanceTarget(
            "the same for one person with two rows: overhead of a call",
            f"at most {MAX_OVERHEAD_MS:g} ms",
            f"{fast:.3f} ms",
            fast / MAX_OVERHEAD_MS,
        ),
    ]


@contextmanager
def _forced_kernel(kernel: str) -> Iterator[None]:
    before = os.environ.get("SECUREBASE_KERNEL")
    os.environ["SECUREBASE_KERNEL"] = kernel
    try:
        yield
    finally:
        del os.environ["SECUREBASE_KERNEL"]
        if before is not None:
            os.environ["SECUREBASE_KERNEL"] = before


PART = Part("speed", Evaluation, evaluations, section, performance_targets)
