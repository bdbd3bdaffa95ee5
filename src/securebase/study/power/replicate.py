"""One replication: draw a sample from the truth, take values away, fit it, read the effect."""

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

#: how a fit is said to have ended that raised an error in the middle
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Replication:
    """How the fit of one sample ended, and its effect. No standard error where the fit gives no interval."""

    outcome: str
    estimate: float | None
    standard_error: float | None


@dataclass(frozen=True, eq=False)
class Batch:
    """Replications `first` to `last` − 1 of a design: a task for one worker. `truth` has the design's effect in it."""

    truth: AssumedTruth
    earlier: str
    later: str
    design: PowerDesign
    days_between: float
    seed: int
    first: int
    last: int


def batches(plan: PowerPlan, designs: tuple[PowerDesign, ...], size: int) -> list[Batch]:
    """All replications of these designs in batches of `size`, design by design in turn: whoever stops early has about
    as many of each."""
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
    """The replications of a batch, in order."""
    return [_one(batch, number) for number in range(batch.first, batch.last)]


def sample(batch: Batch, number: int) -> Panel:
    """The rows of replication `number`. Who leaves early has no more rows; a missing score leaves its row empty."""
    design, truth = batch.design, batch.truth
    own = design.setting
    rng = stream(batch.seed, *design.key, number)
    times = np.arange(float(design.sessions)) * (batch.days_between / truth.specification.days_per_unit)
    leaves = rng.random(design.clients) < own.dropout
    last = np.where(leaves, rng.integers(1, design.sessions, size=design.clients), design.sessions)
    drawn = simulate_panel(truth.specification, truth.parameters, [times[:kept] for kept in last.tolist()], rng)
    gone = rng.random(drawn.scores.shape) < own.missing
    return replace(drawn, scores=np.where(gone, np.nan, drawn.scores))


def _one(batch: Batch, number: int) -> Replication:
    panel, own = sample(batch, number), batch.truth.specification
    try:
        return read(fit(panel, specification_for(panel, own.trend, own.start)), batch)
    except (ModelError, np.linalg.LinAlgError):
        return Replication(FAILED, None, None)


def read(fitted: Fit, batch: Batch) -> Replication:
    """The effect of a fit over one week, with its standard error by the delta method."""
    if fitted.parameters is None:
        return Replication(fitted.outcome.kind, None, None)
    try:
        found = next(
            e for e in effects(fitted, batch.truth.step) if (e.earlier, e.later) == (batch.earlier, batch.later)
        )
    except ModelError:  # a free start lets a drift be that has no lasting spread to standardise with
        return Replication(fitted.outcome.kind, None, None)
    return Replication(fitted.outcome.kind, found.estimate, found.standard_error)
