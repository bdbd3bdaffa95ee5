"""`PowerResult`: the results of a plan as values, as a table and in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from securebase.schema import plain_fields, to_plain
from securebase.study.phrases import number
from securebase.study.power.phrases import effect_in_words, limits, methods, required_clients_in_words
from securebase.study.power.plan import PowerPlan, Setting
from securebase.study.power.search import RequiredClients
from securebase.study.power.summary import Cell, Proportion

#: increases by one whenever a field of the JSON or a column of the table changes its name or meaning
POWER_VERSION = 2
#: possible outcomes of a fit, in the order of the table's columns
OUTCOMES = ("converged", "boundary", "not_separable", "indefinite", "not_converged", "not_enough_data", "failed")


@dataclass(frozen=True, eq=False)
class PowerResult:
    """Results of a plan: the result of `power`.

    Attributes
    ----------
    plan : PowerPlan
        The plan.
    cells : tuple of Cell
        One cell per design: power or type I error with exact binomial 95% intervals, bias, precision, coverage of
        intervals, and the outcomes of the fits. A search adds cells with further numbers of clients.
    target_power : float or None
        Power for which the number of clients was searched.
    required_clients : tuple of RequiredClients
        Required number of clients with 95% interval, for each setting and number of sessions with a nonzero effect.
    interrupted : bool
        True if the simulation was stopped early; each cell gives its completed replications.
    kernel : str
        Kernel of the likelihood: compiled or readable.
    versions : mapping of str to str
        Versions of Securebase, Python and the numerical libraries.

    Examples
    --------
    >>> import securebase as sb
    >>> from securebase.study.replications import on_cores
    >>> plan = sb.PowerPlan(clients=(20,), sessions=(4,), effects=(-0.3,), replications=10, seed=1)
    >>> result = sb.power(plan, run=on_cores(1))
    >>> result.to_csv().splitlines()[0].split(",")[:5]
    ['effect', 'missing', 'dropout', 'sessions', 'clients']
    >>> result.methods[:38]
    'Power was estimated by simulation with'
    >>> print(str(result).splitlines()[0])
    Power for the effect of alliance on symptoms over one week, alpha 0.05
    """

    plan: PowerPlan
    cells: tuple[Cell, ...]
    target_power: float | None
    required_clients: tuple[RequiredClients, ...]
    interrupted: bool
    kernel: str
    versions: Mapping[str, str]

    def __str__(self) -> str:
        """Return a short summary: power or type I error of each design, and the required numbers of clients."""
        plan = self.plan
        head = f"Power for the effect of {plan.earlier} on {plan.later} over one week, alpha {plan.alpha:g}"
        lines = [head, *(f"  {_summary(cell, plan)}" for cell in self.cells)]
        lines += [f"  {required_clients_in_words(answer, plan)}" for answer in self.required_clients]
        return "\n".join(lines)

    @property
    def methods(self) -> str:
        """Paragraph for a methods section."""
        return methods(self.plan, self.cells, self.target_power, self.required_clients, self.versions)

    @property
    def limits(self) -> tuple[str, ...]:
        """Limits of the results, one sentence each."""
        return limits(self.plan, self.cells)

    def select(self, setting: Setting, sessions: int) -> tuple[Cell, ...]:
        """Return the cells of one setting and number of sessions, by number of clients."""
        return tuple(c for c in self.cells if c.design.setting == setting and c.design.sessions == sessions)

    def rows(self) -> list[dict[str, Any]]:
        """Return the table, one row per design; None if a value does not apply or cannot be computed."""
        return [_row(c) for c in self.cells]

    def to_csv(self) -> str:
        """Return the table as CSV, with decimal points and empty cells for None."""
        text, rows = io.StringIO(), self.rows()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def to_json(self) -> dict[str, Any]:
        """Return plain values under string keys; numbers that are not finite become null."""
        plan, truth = self.plan, self.plan.truth
        values: dict[str, Any] = to_plain(
            {
                "power_version": POWER_VERSION,
                "plan": {
                    "truth": truth.name,
                    **plain_fields(truth.specification, "constructs", "trend", "start"),
                    **plain_fields(plan, "earlier", "later", "effects"),
                    "effect_in_the_truth": truth.effect(plan.earlier, plan.later),
                    **plain_fields(plan, "clients", "sessions", "missing", "dropout", "days_between"),
                    **plain_fields(plan, "replications", "alpha", "seed"),
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
                **plain_fields(self, "target_power", "required_clients", "methods", "limits", "kernel", "versions"),
            }
        )
        return values


def _summary(cell: Cell, plan: PowerPlan) -> str:
    design = cell.design
    setting = ", ".join(
        [f"effect {effect_in_words(design.setting.effect)}"]
        + [f"{design.setting.missing:.0%} missing"] * bool(design.setting.missing)
        + [f"{design.setting.dropout:.0%} dropping out"] * bool(design.setting.dropout)
    )
    name, share = ("power", cell.power) if cell.power is not None else ("type I error", cell.false_positives)
    figures = "not simulated"
    if share is not None and share.value is not None:
        figures = f"{name} {number(share.value)} ({number(share.lower)} to {number(share.upper)})"
    return (
        f"{design.clients:,} clients, {design.sessions} sessions, {setting}: {figures}, {cell.completed} replications"
    )


def _row(cell: Cell) -> dict[str, Any]:
    setting = cell.design.setting
    boundary = cell.power_with_boundary
    row: dict[str, Any] = {
        **plain_fields(setting, "effect", "missing", "dropout"),
        **plain_fields(cell.design, "sessions", "clients"),
        "replications_planned": cell.planned,
        "replications": cell.completed,
        **_share("power", cell.power),
        **_share("wrong_sign", cell.wrong_sign),
        **_share("false_positives", cell.false_positives),
        "power_with_boundary": None if boundary is None else boundary.value,
        "intervals": cell.n_intervals,
        **plain_fields(cell, "bias", "bias_se", "empirical_se", "mean_se", "median_se", "mean_width"),
        **_share("coverage", cell.coverage),
    }
    return row | {f"ended_{kind}": cell.outcomes.get(kind, 0) for kind in OUTCOMES}


def _share(name: str, share: Proportion | None) -> dict[str, float | None]:
    if share is None or not share.total:
        return {name: None, f"{name}_lower": None, f"{name}_upper": None}
    return {name: share.value, f"{name}_lower": share.lower, f"{name}_upper": share.upper}
