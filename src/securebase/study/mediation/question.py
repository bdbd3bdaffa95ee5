"""The question of mediation: through which columns a process or a treatment arm may act on the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from securebase.errors import InputError
from securebase.model.panel import Panel
from securebase.study.detrending import Detrending
from securebase.study.estimator import Array
from securebase.study.mediation.answer import (
    ChangeMediation,
    LevelMediation,
    MediationAnswer,
    TrialMediation,
    WithinMediation,
)
from securebase.study.mediation.between import ARM, estimate_change, estimate_levels, estimate_trial, part_means
from securebase.study.mediation.joint import estimate_joint
from securebase.study.mediation.paths import PathEstimate, Stages
from securebase.study.mediation.within import estimate_within, stage_offsets
from securebase.study.questions.question import QuestionData
from securebase.study.table import SessionTable

#: persons whose rows enter the regressions, and persons of each arm, below which nothing is estimated: the
#: cluster-robust errors of a regression with up to ten columns are too small with fewer
MIN_PERSONS, MIN_IN_ARM = 20, 20


class MediationKind(StrEnum):
    """within: persons, over successive occasions. change, levels: between persons. trial: effect of the arm."""

    WITHIN = "within"
    CHANGE = "change"
    LEVELS = "levels"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Mediation:
    """Ask whether the effect of a cause on the outcome passes through mediators.

    cause: a column; the arm of the cohort if the kind is trial. serial: whether the mediators follow each other in this
    order; otherwise they act side by side. reference: arm that the other one is compared with, by default the first by
    alphabet.
    """

    cause: str
    mediators: tuple[str, ...]
    kind: MediationKind = MediationKind.WITHIN
    serial: bool = False
    reference: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.mediators if self.kind is MediationKind.TRIAL else (self.cause, *self.mediators)

    def answer(self, data: QuestionData) -> MediationAnswer:
        """Estimate the paths. Raises InputError for a design in which they are not identified."""
        self._check_names(data)
        cause = ARM if self.kind is MediationKind.TRIAL else self.cause
        between = tuple((name,) for name in self.mediators) if self.serial else (self.mediators,)
        stages: Stages = ((cause,), *between, (data.outcome,))
        table = _select(data.table, (*self.columns, data.outcome, *data.processes))
        _check_columns(table, (*self.columns, data.outcome))
        match self.kind:
            case MediationKind.WITHIN:
                return self._within(table, stages)
            case MediationKind.CHANGE:
                return ChangeMediation(*self._named(stages), estimate=_checked(estimate_change(table, stages), stages))
            case MediationKind.LEVELS:
                end = course_end(table)
                _check_parts(table, stages, end)
                return LevelMediation(
                    *self._named(stages), estimate=_checked(estimate_levels(table, stages, end), stages)
                )
            case MediationKind.TRIAL:
                return self._trial(data, table, stages)

    def _named(self, stages: Stages) -> tuple[str, Stages]:
        return "mediation", stages

    def _within(self, table: SessionTable, stages: Stages) -> WithinMediation:
        offsets = stage_offsets(table, stages)
        most = int(np.bincount(table.person, minlength=table.n_persons).max(initial=0))
        if most <= offsets[-1]:
            raise InputError(
                f"this chain needs {offsets[-1] + 1} successive rows of a person (got at most {most})",
                advice="Name fewer mediators, or gather more rows of each person.",
            )
        centred, detrended = (
            _checked(estimate_within(table, stages, method), stages)
            for method in (Detrending.CENTRED, Detrending.DETRENDED)
        )
        return WithinMediation(*self._named(stages), offsets=offsets, centred=centred, detrended=detrended)

    def _trial(self, data: QuestionData, table: SessionTable, stages: Stages) -> TrialMediation:
        arms = {episode.person: episode.arm for episode in data.cohort.episodes}
        named = [arms[person] for person in data.persons]
        treated, reference = _two_arms(sorted({name for name in named if name}), self.reference)
        arm = np.array([{treated: 1.0, reference: 0.0}.get(name, np.nan) for name in named])
        end = course_end(table)
        _check_parts(table, stages, end)
        _check_arms(table, stages, arm, (treated, reference), end)
        estimate = _checked(estimate_trial(table, stages, arm, end), stages)
        joint = given_outcome = None
        if self.serial:
            given_outcome = estimate_trial(table, stages, arm, end, given_outcome=True)
        else:
            rows = _panel(data, table, (data.outcome, *self.mediators))
            used = np.flatnonzero(np.isfinite(arm))
            joint = estimate_joint(rows.select_persons(used), arm[used], end)
        return TrialMediation(
            *self._named(stages),
            treated=treated,
            reference=reference,
            estimate=estimate,
            joint=joint,
            given_outcome=given_outcome,
        )

    def _check_names(self, data: QuestionData) -> None:
        if not self.mediators:
            raise InputError("mediation needs at least one mediator (got none)", advice="Add --mediator COL.")
        others = {data.outcome: "the outcome"}
        if self.kind is not MediationKind.TRIAL:
            others[self.cause] = "the process"
        for name in self.mediators:
            if name in others:
                raise InputError(f"the mediator “{name}” is {others[name]}", advice="Name another column.")
            others[name] = "named twice"


def course_end(table: SessionTable) -> float:
    """Return the usual end of the course: the time that half of the persons reach.

    Raises InputError if all times are the same.
    """
    last = np.full(table.n_persons, -np.inf)
    np.maximum.at(last, table.person, table.times)
    end = float(np.median(last[np.isfinite(last)]))
    if not end > 0:
        raise InputError("the course has only one time", advice="Mediation needs successive occasions.")
    return end


def _panel(data: QuestionData, table: SessionTable, names: tuple[str, ...]) -> Panel:
    """Return the sessions as rows of a model: the arm was assigned, so that covariates need not be adjusted for."""
    starts = np.searchsorted(table.person, np.arange(table.n_persons + 1)).astype(np.int64)
    scores = np.column_stack([table.values[name] for name in names])
    wave = np.full(table.n_rows, -1, dtype=np.int64)
    days = data.cohort.days_per_unit
    return Panel(data.persons, names, starts, table.times, scores, wave, table.time_unit, days)


def _select(table: SessionTable, names: Sequence[str]) -> SessionTable:
    """Return the table with these columns, each once."""
    return replace(table, values={name: table.values[name] for name in dict.fromkeys(names)})


def _two_arms(arms: Sequence[str], reference: str) -> tuple[str, str]:
    """Return the arm and the reference. Raises InputError unless there are two."""
    if reference and reference not in arms:
        raise InputError(f"there is no arm “{reference}”", advice=f"The arms are {', '.join(arms)}.")
    if len(arms) != 2:
        raise InputError(
            f"mediation compares two arms (got {len(arms)}: {', '.join(arms) or 'none'})",
            advice="Keep the rows of two arms, and name their column with --arm.",
        )
    reference = reference or arms[0]
    return next(name for name in arms if name != reference), reference


def _check_columns(table: SessionTable, names: Sequence[str]) -> None:
    """Raise InputError for a column that never varies."""
    for name in names:
        values = table.values[name][np.isfinite(table.values[name])]
        if not len(values) or np.ptp(values) == 0:
            content = f"always {values[0]:g}" if len(values) else "no values"
            raise InputError(f"“{name}” does not vary (got {content})", advice="Name a column that does.")


def _check_parts(table: SessionTable, stages: Stages, end: float) -> None:
    """Raise InputError for a chain longer than the occasions, or a variable that is measured after the next one."""
    occasions = int(np.bincount(table.person, minlength=table.n_persons).max(initial=0))
    if occasions < len(stages):
        raise InputError(
            f"these paths need {len(stages)} occasions (got at most {occasions} of a person)",
            advice="Name fewer mediators, or measure more often.",
        )
    for k, names in enumerate(stages):
        for name in names:
            if name not in table.values or np.isfinite(part_means(table, name, len(stages), end)[:, k]).any():
                continue
            part = f"part {k + 1} of {len(stages)} of the course"
            raise InputError(
                f"“{name}” has no ratings in {part}, where the paths need it",
                advice="A mediator must be rated after its cause and before what it acts on.",
            )


def _check_arms(table: SessionTable, stages: Stages, arm: Array, names: tuple[str, str], end: float) -> None:
    """Raise InputError for an arm with too few persons rated in every part where the paths need them."""
    for name, value in zip(names, (1.0, 0.0), strict=True):
        rated = arm == value
        for k, stage in enumerate(stages):
            for column in stage:
                if column in table.values:
                    parts = part_means(table, column, len(stages), end)
                    rated &= np.isfinite(parts[:, 0]) & np.isfinite(parts[:, k])
        if (n := int(rated.sum())) < MIN_IN_ARM:
            raise InputError(
                f"arm “{name}” has {n} persons with all ratings that the paths need; {MIN_IN_ARM} are needed",
                advice="Add persons, or name a mediator that is rated in both arms.",
            )


def _checked(estimate: PathEstimate | None, stages: Stages) -> PathEstimate:
    """Return the estimate. Raises InputError if there is none, or too few persons are behind it."""
    n = 0 if estimate is None else estimate.n_persons
    if estimate is None or n < MIN_PERSONS:
        names = ", ".join(f"“{name}”" for stage in stages for name in stage if name != ARM)
        if estimate is None:
            raise InputError(
                f"the paths between {names} are not identified: too few rows, or one column follows from the others",
                advice="Leave out copies and columns that hardly vary.",
            )
        raise InputError(
            f"{n} persons have all ratings that the paths between {names} need; {MIN_PERSONS} are needed",
            advice="Add persons, or name fewer mediators.",
        )
    return estimate
