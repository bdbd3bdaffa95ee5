"""Type I errors of the power calculation: samples without an effect, fitted as a power analysis fits them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.page import Part, table
from securebase.study.power import PowerPlan, power
from securebase.study.power.summary import Proportion
from securebase.study.replications import on_cores

#: two-sided level of an interval that excludes zero
ALPHA = 0.05
#: designs: clients, weekly sessions
DESIGNS = ((150, 8), (60, 12))


@dataclass(frozen=True, slots=True)
class TypeOneErrors:
    """Counts over the replications of one design without an effect of the alliance on symptoms.

    below, above: converged fits whose interval lies below or above zero. covered: of the `intervals` of all fits, those
    that contain zero. bias: of the standardised effect, with its Monte Carlo standard error.
    """

    clients: int
    sessions: int
    replications: int
    converged: int
    below: int
    above: int
    intervals: int
    covered: int
    bias: float
    bias_se: float


def count_errors(replications: int = 1000, workers: int = 2) -> list[TypeOneErrors]:
    return [_count_errors_of(*design, replications, workers) for design in DESIGNS]


def _count_errors_of(clients: int, sessions: int, replications: int, workers: int) -> TypeOneErrors:
    plan = PowerPlan(clients=(clients,), sessions=(sessions,), effects=(0.0,), replications=replications, alpha=ALPHA)
    (cell,) = power(plan, run=on_cores(workers)).cells
    assert cell.bias is not None
    assert cell.bias_se is not None
    return TypeOneErrors(
        clients=clients,
        sessions=sessions,
        replications=cell.completed,
        converged=cell.outcomes.get("converged", 0),
        below=cell.below,
        above=cell.above,
        intervals=cell.n_intervals,
        covered=cell.coverage.count,
        bias=cell.bias,
        bias_se=cell.bias_se,
    )


def section(results: list[TypeOneErrors]) -> list[str]:
    return [
        "## Type I errors of the power calculation",
        "",
        "Samples from the literature’s values with the effect of the alliance on symptoms set to 0, two constructs, "
        f"fitted as `power` fits them. The level is {ALPHA:.0%}, {ALPHA / 2:.1%} on each side. In brackets the exact "
        "95% interval of a share. `tests/study/test_power.py` has a small version.",
        "",
        *table(
            [
                "clients",
                "sessions",
                "replications",
                "converged",
                "below 0",
                "above 0",
                "intervals with 0",
                "bias",
            ],
            [
                (
                    f"{row.clients:,}",
                    row.sessions,
                    f"{row.replications:,}",
                    f"{row.converged:,}",
                    _share(Proportion(row.below, row.replications)),
                    _share(Proportion(row.above, row.replications)),
                    _share(Proportion(row.covered, row.intervals)),
                    f"{row.bias:+.4f} (SE {row.bias_se:.4f})",
                )
                for row in results
            ],
        ),
        "",
    ]


def _share(share: Proportion) -> str:
    return f"{share.count / share.total:.1%} ({share.lower:.1%} to {share.upper:.1%})"


PART = Part("type_one", TypeOneErrors, count_errors, section)
