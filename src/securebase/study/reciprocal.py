"""Both directions of lag for each process: does it stay when each person's own line is taken out?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import stats

from securebase.study.estimator import Estimated, LagEstimate, LagEstimator, Link, link
from securebase.study.estimators import ALTERNATIVES, GUARD, PRIMARY
from securebase.study.forms import Form
from securebase.study.table import SessionTable

#: an association that loses more than this share of its size rests on a shared trend
SHARE_THAT_FADES = 0.5


class Verdict(StrEnum):
    """What taking out each person's own line does to a lagged association."""

    STAYS = "stays"
    FADES = "fades"
    APPEARS = "appears"
    CANNOT_TELL = "cannot_tell"

    @property
    def label(self) -> str:
        return {"stays": "stays", "fades": "fades", "appears": "appears", "cannot_tell": "cannot tell"}[self.value]


RULE = (
    "Stays: told from zero (p below .05) with the own mean taken out and with the own line taken out, same sign, "
    "losing at most half of its size; and likewise once more when the common course of all persons is taken out too. "
    "Fades: told from zero with the own mean taken out, and changing its sign or losing more than half of its size at "
    "one of these two steps. "
    "Appears: told from zero only with the own line taken out. "
    "Cannot tell: everything else. "
    "Sizes are compared in points, because standard deviations differ between the two forms."
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Detrended less centred, in points of `later` per point of `earlier`; both are estimated on the same persons."""

    raw: float
    standard_error: float
    p_value: float


@dataclass(frozen=True, slots=True)
class LagPair:
    """One estimator in both forms. `lost` is the share of its size that the centred estimate loses (above 1: the sign
    changes); None where a form could not be estimated, with the reason in `note`."""

    estimator: str
    label: str
    centred: LagEstimate | None
    detrended: LagEstimate | None
    difference: Difference | None
    lost: float | None
    verdict: Verdict
    note: str = ""

    @property
    def persons_lost(self) -> int:
        """Persons with too few values for a line of their own."""
        if self.centred is None:
            return 0
        return self.centred.n_persons - (self.detrended.n_persons if self.detrended else 0)


@dataclass(frozen=True, slots=True)
class LagFinding:
    """One direction of one process: the leading estimate, the same with the common course of all persons taken out too
    (`guard`), and the same question asked in other ways. `verdict` counts the first two."""

    link: Link
    toward_outcome: bool
    main: LagPair
    guard: LagPair
    others: tuple[LagPair, ...]
    verdict: Verdict

    @property
    def estimable_others(self) -> tuple[LagPair, ...]:
        return tuple(o for o in self.others if o.centred is not None and o.detrended is not None)

    @property
    def agreeing_others(self) -> int:
        return sum(o.verdict is self.main.verdict for o in self.estimable_others)


def findings(table: SessionTable, outcome: str, processes: tuple[str, ...]) -> tuple[LagFinding, ...]:
    """For each process in turn: process to outcome, then outcome to process."""
    found = []
    for process in processes:
        for earlier, later in ((process, outcome), (outcome, process)):
            wanted = link(table, earlier, later)
            main, guard = (lag_pair(table, wanted, estimator) for estimator in (PRIMARY, GUARD))
            others = tuple(lag_pair(table, wanted, e) for e in ALTERNATIVES if e.applies(table, wanted))
            found.append(LagFinding(wanted, later == outcome, main, guard, others, guarded(main, guard)))
    return tuple(found)


def guarded(main: LagPair, guard: LagPair) -> Verdict:
    """The verdict of `main`, unless what stays there does not stand when the common course is taken out too.

    Own lines take out straight courses only. Where all persons' courses bend together, two columns that have nothing
    to do with each other keep a lag; taking out the common course, whatever its shape, leaves none.
    """
    if main.verdict is not Verdict.STAYS or main.detrended is None or guard.detrended is None:
        return main.verdict
    if guard.detrended.raw / main.detrended.raw < 1.0 - SHARE_THAT_FADES:
        return Verdict.FADES
    return Verdict.STAYS if guard.detrended.told_from_zero else Verdict.CANNOT_TELL


def lag_pair(table: SessionTable, wanted: Link, estimator: LagEstimator) -> LagPair:
    """One estimator in both forms with their comparison."""
    centred, detrended = (estimator.estimate(table, wanted, form) for form in (Form.CENTRED, Form.DETRENDED))
    if centred is None or detrended is None:
        which = "either form" if centred is None and detrended is None else "one of the two forms"
        note = f"too few pairs of sessions, or nothing that varies, in {which}"
        return LagPair(
            estimator.name,
            estimator.label,
            centred.lag if centred else None,
            detrended.lag if detrended else None,
            None,
            None,
            Verdict.CANNOT_TELL,
            note,
        )
    lost = 1.0 - detrended.lag.raw / centred.lag.raw if centred.lag.raw else None
    verdict = judge(centred.lag, detrended.lag)
    between = difference(centred, detrended)
    return LagPair(estimator.name, estimator.label, centred.lag, detrended.lag, between, lost, verdict)


def judge(centred: LagEstimate, detrended: LagEstimate) -> Verdict:
    """The first step of the rule in `RULE`."""
    if centred.told_from_zero:
        keeps = detrended.raw / centred.raw
        if keeps < 1.0 - SHARE_THAT_FADES:
            return Verdict.FADES
        return Verdict.STAYS if detrended.told_from_zero else Verdict.CANNOT_TELL
    return Verdict.APPEARS if detrended.told_from_zero else Verdict.CANNOT_TELL


def difference(centred: Estimated, detrended: Estimated) -> Difference:
    """Tested with the joint influence of each person on both estimates."""
    raw = detrended.lag.raw - centred.lag.raw
    se = float(np.linalg.norm(detrended.influence - centred.influence))
    freedom = centred.lag.n_persons - 1
    return Difference(raw, se, float(2 * stats.t.sf(abs(raw) / se, freedom)) if se > 0 else 1.0)
