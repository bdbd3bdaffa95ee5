"""Both directions of lag for each process: does it stay when each person's own line is taken out?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from scipy import stats

from securebase.study.detrending import Detrending
from securebase.study.estimator import Indices, InfluenceEstimate, LagEstimate, LagEstimator, Link, link
from securebase.study.estimators import ALTERNATIVES, GUARD, PRIMARY
from securebase.study.table import SessionTable
from securebase.study.therapists import ByTherapist, by_therapist

#: an association that loses more than this share of its size rests on a shared trend
SHARE_THAT_FADES = 0.5


class AssociationVerdict(StrEnum):
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
class LeavingOne:
    """What one person can do: the whole computed again without each person in turn.

    `lowest`, `highest` and `largest_p` are those of the standardised lag with the own line taken out. `deciding` is how
    many of the `n_persons` persons alter the verdict by being left out, `otherwise` which verdicts then come out, most
    frequent first. For the common course, the course of all is kept when a person is left out.
    """

    lowest: float
    highest: float
    largest_p: float
    n_persons: int
    deciding: int
    otherwise: tuple[tuple[AssociationVerdict, int], ...]


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
    verdict: AssociationVerdict
    note: str = ""
    without_one: LeavingOne | None = None

    @property
    def persons_lost(self) -> int:
        """Persons with too few values for a line of their own."""
        if self.centred is None:
            return 0
        return self.centred.n_persons - (self.detrended.n_persons if self.detrended else 0)


@dataclass(frozen=True, slots=True)
class LagFinding:
    """One direction of one process: the leading estimate, the same with the common course of all persons taken out too
    (`guard`), and the same question asked in other ways. `verdict` counts the first two, and so does `without_one`."""

    link: Link
    toward_outcome: bool
    main: LagPair
    guard: LagPair
    others: tuple[LagPair, ...]
    verdict: AssociationVerdict
    without_one: LeavingOne | None = None
    by_therapist: ByTherapist | None = None

    @property
    def estimable_others(self) -> tuple[LagPair, ...]:
        return tuple(o for o in self.others if o.centred is not None and o.detrended is not None)

    @property
    def agreeing_others(self) -> int:
        return sum(o.verdict is self.main.verdict for o in self.estimable_others)


def findings(
    table: SessionTable, outcome: str, processes: tuple[str, ...], therapist: Indices | None = None
) -> tuple[LagFinding, ...]:
    """For each process in turn: process to outcome, then outcome to process. therapist (persons,): who treats whom."""
    found = []
    for process in processes:
        for earlier, later in ((process, outcome), (outcome, process)):
            wanted = link(table, earlier, later)
            first, second = both_forms(table, wanted, PRIMARY), both_forms(table, wanted, GUARD)
            main, guard = pair_of(PRIMARY, *first), pair_of(GUARD, *second)
            others = tuple(lag_pair(table, wanted, e) for e in ALTERNATIVES if e.applies(table, wanted))
            verdict = guarded(main, guard)
            alone = _leaving_one(*first, verdict, second[1])
            shared = by_therapist(first[1], therapist) if therapist is not None and first[1] is not None else None
            found.append(LagFinding(wanted, later == outcome, main, guard, others, verdict, alone, shared))
    return tuple(found)


def guarded(main: LagPair, guard: LagPair) -> AssociationVerdict:
    """The verdict of `main`, unless what stays there does not stand when the common course is taken out too.

    Own lines take out straight courses only. Where all persons' courses bend together, two columns that have nothing
    to do with each other keep a lag; taking out the common course, whatever its shape, leaves none.
    """
    if main.detrended is None:
        return main.verdict
    return guarded_verdict(main.verdict, main.detrended, guard.detrended)


def lag_pair(table: SessionTable, wanted: Link, estimator: LagEstimator) -> LagPair:
    """One estimator in both forms with their comparison."""
    return pair_of(estimator, *both_forms(table, wanted, estimator))


def both_forms(
    table: SessionTable, wanted: Link, estimator: LagEstimator
) -> tuple[InfluenceEstimate | None, InfluenceEstimate | None]:
    """The own mean taken out, the own line taken out."""
    return estimator.estimate(table, wanted, Detrending.CENTRED), estimator.estimate(
        table, wanted, Detrending.DETRENDED
    )


def pair_of(estimator: LagEstimator, centred: InfluenceEstimate | None, detrended: InfluenceEstimate | None) -> LagPair:
    """Two estimates with their comparison, and with what one person can do to both."""
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
            AssociationVerdict.CANNOT_TELL,
            note,
        )
    lost = 1.0 - detrended.lag.raw / centred.lag.raw if centred.lag.raw else None
    verdict = judge(centred.lag, detrended.lag)
    between = difference(centred, detrended)
    alone = _leaving_one(centred, detrended, verdict)
    return LagPair(
        estimator.name, estimator.label, centred.lag, detrended.lag, between, lost, verdict, without_one=alone
    )


class Judged(Protocol):
    """All that the rule looks at."""

    @property
    def raw(self) -> float: ...

    @property
    def told_from_zero(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Left:
    """A lag without one person; not a number where nothing can be estimated without that person."""

    raw: float
    told_from_zero: bool


def judge(centred: Judged, detrended: Judged) -> AssociationVerdict:
    """The first step of the rule in `RULE`."""
    if centred.told_from_zero:
        keeps = detrended.raw / centred.raw
        if keeps < 1.0 - SHARE_THAT_FADES:
            return AssociationVerdict.FADES
        return AssociationVerdict.STAYS if detrended.told_from_zero else AssociationVerdict.CANNOT_TELL
    return AssociationVerdict.APPEARS if detrended.told_from_zero else AssociationVerdict.CANNOT_TELL


def guarded_verdict(verdict: AssociationVerdict, detrended: Judged, guard: Judged | None) -> AssociationVerdict:
    """The second step of the rule in `RULE`: what stays must stand before the guard too."""
    if verdict is not AssociationVerdict.STAYS or guard is None:
        return verdict
    if guard.raw / detrended.raw < 1.0 - SHARE_THAT_FADES:
        return AssociationVerdict.FADES
    return AssociationVerdict.STAYS if guard.told_from_zero else AssociationVerdict.CANNOT_TELL


def _leaving_one(
    centred: InfluenceEstimate | None,
    detrended: InfluenceEstimate | None,
    verdict: AssociationVerdict,
    guard: InfluenceEstimate | None = None,
) -> LeavingOne | None:
    """The verdict again without each person; None where an estimator is more than one regression."""
    if centred is None or detrended is None or centred.without_one is None or detrended.without_one is None:
        return None
    present, line = centred.without_one.present, detrended.without_one
    without = [_without(found) for found in (centred, detrended, *([guard] if guard else []))]
    changed: Counter[AssociationVerdict] = Counter()
    for person in np.flatnonzero(present | line.present):
        one, two, *more = (found(int(person)) for found in without)
        again = guarded_verdict(judge(one, two), two, more[0] if more else None)
        changed[again] += again is not verdict
    known = line.present & np.isfinite(line.p_value)
    if not known.any():
        return None
    estimates, p = line.estimate[known], line.p_value[known]
    return LeavingOne(
        lowest=float(estimates.min()),
        highest=float(estimates.max()),
        largest_p=float(p.max()),
        n_persons=int((present | line.present).sum()),
        deciding=changed.total(),
        otherwise=tuple((other, count) for other, count in changed.most_common() if count),
    )


def _without(found: InfluenceEstimate) -> Callable[[int], Judged]:
    """person → the lag without that person: the lag itself where it has no rows of that person."""
    left = found.without_one
    if left is None:
        return lambda _: found.lag
    return lambda i: _Left(float(left.raw[i]), bool(left.p_value[i] < 0.05)) if left.present[i] else found.lag


def difference(centred: InfluenceEstimate, detrended: InfluenceEstimate) -> Difference:
    """Tested with the joint influence of each person on both estimates."""
    raw = detrended.lag.raw - centred.lag.raw
    se = float(np.linalg.norm(detrended.influence - centred.influence))
    freedom = centred.lag.n_persons - 1
    return Difference(raw, se, float(2 * stats.t.sf(abs(raw) / se, freedom)) if se > 0 else 1.0)
