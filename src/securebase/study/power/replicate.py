"""One replication: draw a sample from the truth, delete missing values, fit it, and read the effect."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from securebase.errors import ModelError
from securebase.model.fit import Fit, fit
from securebase.model.panel import Panel
from securebase.model.simulate import simulate_panel
from securebase.study.models import effects, specification_for
from securebase.study.power.plan import PowerDesign, PowerPlan
from securebase.study.power.truth import AssumedTruth
from securebase.study.replications import stream

#: outcome of a fit that raised an error
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Replication:
    """Outcome of the fit of one sample, and its effect; no standard error where the fit gives no interval."""

    outcome: str
    estimate: float | None
    standard_error: float | None


@dataclass(frozen=True, eq=False)
class Batch:
    """Replications `first` to `last` − 1 of a design: a task for one worker. `truth` contains the design's effect."""

    truth: AssumedTruth
    earlier: str
    later: str
    design: PowerDesign
    days_between: float
    seed: int
    first: int
    last: int


def batches(plan: PowerPlan, designs: tuple[PowerDesign, ...], size: int) -> list[Batch]:
    """Return all replications of these designs in batches of `size`, alternating between designs.

    A simulation stopped early then has about as many replications of each design.
    """
    truths = {d.setting.effect: plan.truth.with_effect(plan.earlier, plan.later, d.setting.effect) for d in designs}
    return [
        Batch(
            truths[design.setting.effect],
            plan.earlier,
            plan.later,
            design,
            plan.days_between,
            plan.seed,
            first,
            min(first + size, plan.replications),
        )
        for first in range(0, plan.replications, size)
        for design in designs
    ]


def replicate(batch: Batch) -> list[Replication]:
    """Compute the replications of a batch, in order."""
    return [_replicate_once(batch, number) for number in range(batch.first, batch.last)]


def draw_sample(batch: Batch, number: int) -> Panel:
    """Draw the rows of replication `number`: dropouts have no further rows, a missing score leaves its row empty."""
    design, truth = batch.design, batch.truth
    setting = design.setting
    rng = stream(batch.seed, *design.key, number)
    times = np.arange(float(design.sessions)) * (batch.days_between / truth.specification.days_per_unit)
    drops_out = rng.random(design.clients) < setting.dropout
    n_sessions = np.where(drops_out, rng.integers(1, design.sessions, size=design.clients), design.sessions)
    panel = simulate_panel(truth.specification, truth.parameters, [times[:n] for n in n_sessions.tolist()], rng)
    missing = rng.random(panel.scores.shape) < setting.missing
    return replace(panel, scores=np.where(missing, np.nan, panel.scores))


def _replicate_once(batch: Batch, number: int) -> Replication:
    panel, specification = draw_sample(batch, number), batch.truth.specification
    try:
        return read_effect(fit(panel, specification_for(panel, specification.trend, specification.start)), batch)
    except (ModelError, np.linalg.LinAlgError):
        return Replication(FAILED, None, None)


def read_effect(fitted: Fit, batch: Batch) -> Replication:
    """Read the standardised effect of a fit over one week, with its standard error by the delta method."""
    if fitted.parameters is None:
        return Replication(fitted.outcome.kind, None, None)
    try:
        row = next(e for e in effects(fitted, batch.truth.step) if (e.earlier, e.later) == (batch.earlier, batch.later))
    except ModelError:  # with a free start the drift may be unstable: there is no stationary SD to standardise with
        return Replication(fitted.outcome.kind, None, None)
    return Replication(fitted.outcome.kind, row.estimate, row.standard_error)
