"""`PowerResult`: all that came out of a plan, as plain values, as a table and in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securebase.study.power.phrases import limits, methods
from securebase.study.power.plan import PowerPlan, Setting
from securebase.study.power.search import Needed
from securebase.study.power.summary import Cell, Proportion
from securebase.study.result import plain

#: raised by one whenever a field of the JSON or a column of the table changes its name or meaning
POWER_VERSION = 1
#: how fits can end, in the order of the table's columns
OUTCOMES = ("converged", "boundary", "not_separable", "indefinite", "not_converged", "not_enough_data", "failed")


@dataclass(frozen=True, eq=False)
class PowerResult:
    """A plan with its cells. `needed`: an answer for each setting and number of sessions, where a power was wanted.
    `interrupted`: stopped before every replication was done; each cell says how many it has."""

    plan: PowerPlan
    cells: tuple[Cell, ...]
    wanted: float | None
    needed: tuple[Needed, ...]
    interrupted: bool
    kernel: str
    versions: Mapping[str, str]

    @property
    def methods(self) -> str:
        """The paragraph for a methods section."""
        return methods(self.plan, self.cells, self.wanted, self.needed, self.versions)

    @property
    def limits(self) -> tuple[str, ...]:
        """What this cannot show."""
        return limits(self.plan, self.cells)

    def of(self, setting: Setting, sessions: int) -> tuple[Cell, ...]:
        """Cells of one setting and number of sessions, by number of clients."""
        return tuple(c for c in self.cells if c.design.setting == setting and c.design.sessions == sessions)

    def rows(self) -> list[dict[str, Any]]:
        """The table: one row a design; what does not apply or cannot be computed is None."""
        return [_row(c) for c in self.cells]

    def to_csv(self) -> str:
        """The table as text, with a point for decimals and nothing where there is no number."""
        out, rows = io.StringIO(), self.rows()
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()

    def to_json(self) -> dict[str, Any]:
        """Plain values under string keys; what is not a finite number is null."""
        plan, truth = self.plan, self.plan.truth
        found: dict[str, Any] = plain(
            {
                "power_version": POWER_VERSION,
                "plan": {
                    "truth": truth.name,
                    "constructs": truth.specification.constructs,
                    "trend": truth.specification.trend,
                    "start": truth.specification.start,
                    "earlier": plan.earlier,
                    "later": plan.later,
                    "effects": plan.effects,
                    "effect_in_the_truth": truth.effect(plan.earlier, plan.later),
                    "clients": plan.clients,
                    "sessions": plan.sessions,
                    "missing": plan.missing,
                    "dropout": plan.dropout,
                    "days_between": plan.days_between,
                    "replications": plan.replications,
                    "alpha": plan.alpha,
                    "seed": plan.seed,
                },
                "parameters": {
                    f"{effect:g}": truth.with_effect(plan.earlier, plan.later, effect).parameters.named(
                        truth.specification
                    )
                    for effect in plan.effects
                },
                "unverified": [f"{s.quantity}, {s.about}: {s.value:g}" for s in truth.unverified],
                "interrupted": self.interrupted,
                "designs": self.rows(),
                "wanted": self.wanted,
                "needed": self.needed,
                "methods": self.methods,
                "limits": self.limits,
                "kernel": self.kernel,
                "versions": self.versions,
            }
        )
        return found


def _row(c: Cell) -> dict[str, Any]:
    own = c.design.setting
    row: dict[str, Any] = {
        "effect": own.effect,
        "missing": own.missing,
        "dropout": own.dropout,
        "sessions": c.design.sessions,
        "clients": c.design.clients,
        "replications_asked": c.asked,
        "replications": c.done,
        **_share("power", c.power),
        **_share("wrong_sign", c.wrong_sign),
        **_share("false_alarms", c.false_alarms),
        "power_with_boundary": None if c.power_with_boundary is None else c.power_with_boundary.value,
        "intervals": c.intervals,
        "bias": c.bias,
        "bias_error": c.bias_error,
        "empirical_se": c.empirical_se,
        "mean_se": c.mean_se,
        "median_se": c.median_se,
        "mean_width": c.mean_width,
        **_share("coverage", c.covered),
    }
    return row | {f"ended_{kind}": c.outcomes.get(kind, 0) for kind in OUTCOMES}


def _share(name: str, share: Proportion | None) -> dict[str, float | None]:
    there = share is not None and share.of > 0
    return {
        name: share.value if there and share else None,
        f"{name}_lower": share.lower if there and share else None,
        f"{name}_upper": share.upper if there and share else None,
    }
