r"""Effect of a column that was assigned by chance on the rating of an outcome.

**Within persons** (micro-randomised), with a_it assigned to person i at occasion t, y⁻ the last rating before it, and
ȳ the mean of the person's ratings so far:

    y⁺_it = stratum(it) + β a_it + γ₁ y⁻_it + γ₂ ȳ_it + e,    y⁺ the next rating.

Strata are occasions, apart for each previously assigned value, so that a is compared with its expectation given both
(Boruvka et al. 2018: a centred at its probability, which may be known, keeps β right whatever the other terms are).

**Between persons** (arms): analysis of covariance of a person's last rating on the arm and the first rating.

Standard errors leave out one person at a time (CR3), with n − 1 degrees of freedom, n the identifying number of persons
(Kish). What came before must not tell the assignment, and the assignment must not tell whose ratings are missing, nor
after which ratings (`selective`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from securebase.model.distributions import t_quantile, t_tail
from securebase.study.verdicts.course import Array, Indices
from securebase.study.verdicts.identifying import MIN_IDENTIFYING
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.rule import Rung
from securebase.study.verdicts.selective import selective_p, selective_p_of_arms
from securebase.study.verdicts.strata import (
    Strata,
    StratifiedFit,
    chance_p,
    identifying_number,
    regress_within_strata,
    strata_of,
)

#: smallest number of persons
MIN_PERSONS = 20
#: p below which a column was not assigned by chance, or ratings are missing by assignment
NOT_CHANCE = 0.001
#: difference between two arms, in SDs of first ratings, below which they count as equivalent. A judgement: the largest
#: true difference between bona fide therapies is about as large (Wampold et al. 1997; calibration target C16)
EQUIVALENT = 0.2


class AssignmentRefusal(StrEnum):
    """Reason why the effect of a column is not read as that of an assignment by chance.

    told_by_the_past: earlier ratings tell it. told_by_missing: it tells whose later ratings are missing.
    selective_missing: it tells after which ratings the next one is missing. no_first_rating: the outcome was first
    rated after the first session, so arms have no rating before treatment. by_therapist: all clients of a therapist
    have one arm.
    """

    FEW_PERSONS = "few_persons"
    HARDLY_VARIES = "hardly_varies"
    TOLD_BY_THE_PAST = "told_by_the_past"
    TOLD_BY_MISSING = "told_by_missing"
    SELECTIVE_MISSING = "selective_missing"
    NO_FIRST_RATING = "no_first_rating"
    BY_THERAPIST = "by_therapist"


@dataclass(frozen=True, slots=True)
class ChanceTests:
    """p values of the hypothesis that a column was assigned by chance and ratings are missing alike whatever it is.

    past: earlier ratings tell it. missing: it tells whose ratings are missing. selective: after which ratings.
    """

    past: float = 1.0
    missing: float = 1.0
    selective: float = 1.0

    @property
    def refusal(self) -> AssignmentRefusal | None:
        """Return the first hypothesis that is as good as disproved."""
        reasons = (
            (self.past, AssignmentRefusal.TOLD_BY_THE_PAST),
            (self.missing, AssignmentRefusal.TOLD_BY_MISSING),
            (self.selective, AssignmentRefusal.SELECTIVE_MISSING),
        )
        return next((reason for p, reason in reasons if p < NOT_CHANCE), None)

    @property
    def withheld(self) -> bool:
        """Return whether an effect is not concluded, because ratings seem to be missing selectively.

        At the level of the effect: this biases it, and weak selection already does.
        """
        return self.selective < LEVEL


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Differences between arms that two one-sided tests (TOST) exclude at the level of 5%.

    margin: in points, those beyond it in either direction: the larger end of the 90% interval. sd: of first ratings
    between persons. p: of the hypothesis that the difference is at least `EQUIVALENT` SDs in one direction.
    """

    margin: float
    sd: float
    p: float


@dataclass(frozen=True, slots=True)
class AssignedEffect:
    """Effect of one unit of the assigned column, in points of the outcome. equivalence: of arms only.

    rung: `randomised` where the effect is significant and not withheld by the tests, otherwise `inconclusive`, or
    `refused`, then without numbers (NaN, p 1). within_persons: whether the column varies within persons; otherwise it
    is an arm.
    """

    rung: Rung
    within_persons: bool
    estimate: float
    interval: tuple[float, float]
    p: float
    n_persons: int
    n_identifying: float
    tests: ChanceTests
    refusal: AssignmentRefusal | None = None
    equivalence: Equivalence | None = None

    @property
    def direction(self) -> int:
        """Return the sign of the effect, 0 unless it is concluded."""
        return int(np.sign(self.estimate)) if self.rung is Rung.RANDOMISED else 0


def read_assignment(
    rated: Array, assigned: Array, *, same_session: bool, probability: Array | float = 0.0
) -> AssignedEffect:
    """Return the effect of an assigned column on the outcome, both (persons, sessions), NaN where missing.

    same_session: the outcome is rated after the assignment of its session; otherwise before it, and the next session
    has the next rating. probability: known probability or expectation of the assigned value, (persons, sessions) or one
    number; it matters only where it varies.
    """
    if varies_within_persons(assigned):
        return _within_persons(rated, assigned, assigned - probability, same_session=same_session)
    return _arms(rated, assigned, same_session=same_session)


def assigned_by_therapist(assigned: Array, therapist: Indices) -> bool:
    """Return whether arms (persons, sessions) are the same for all clients of each therapist, beyond chance.

    With equal arms, m further clients share the arm of their therapist's first client with a chance of 2⁻ᵐ.
    """
    known = np.isfinite(assigned).any(axis=1)
    arms, therapists = np.nanmax(assigned[known], axis=1), therapist[known]
    n_groups, n_cells = len(np.unique(therapists)), len(np.unique(np.column_stack([therapists, arms]), axis=0))
    return n_cells == n_groups and 0.5 ** (len(arms) - n_groups) < NOT_CHANCE


def varies_within_persons(assigned: Array) -> bool:
    """Return whether a column (persons, sessions) changes in anybody."""
    known = np.isfinite(assigned)
    highest, lowest = np.where(known, assigned, -np.inf).max(axis=1), np.where(known, assigned, np.inf).min(axis=1)
    return bool((highest > lowest).any())


def _within_persons(rated: Array, assigned: Array, centred: Array, *, same_session: bool) -> AssignedEffect:
    before, after = _shifted(rated, 1 if same_session else 0), _shifted(rated, 0 if same_session else -1)
    previous = _shifted(assigned, 1)
    occasion = np.cumsum(np.isfinite(assigned).cumsum(axis=1) > 0, axis=1) - 1
    previous = np.where(occasion == 0, 0.0, previous)
    known = np.isfinite(rated)
    total = np.cumsum(np.where(known, rated, 0.0), axis=1) / np.maximum(known.cumsum(axis=1), 1)
    mean = _shifted(total, 1 if same_session else 0)
    first = np.broadcast_to(_first(rated)[:, None], rated.shape)
    usable = np.isfinite(centred) & np.isfinite(previous) & np.isfinite(before)
    used = usable & np.isfinite(after)
    n_persons = int(used.any(axis=1).sum())
    person, strata = np.nonzero(used)[0], strata_of(occasion[used], previous[used])
    others = np.column_stack([before[used], mean[used], strata.terms])
    n = identifying_number(centred[used], others, strata, person)
    refusal = _too_little(n_persons, n)
    if refusal is not None:
        return _refused(refusal, n_persons, n, within_persons=True)
    fit = regress_within_strata(after[used], np.column_stack([centred[used], others]), strata, person)
    chance, last, missing = centred[usable], before[usable], np.isnan(after[usable])
    person, strata = np.nonzero(usable)[0], strata_of(occasion[usable], previous[usable])
    tests = ChanceTests(
        past=chance_p(chance, np.column_stack([last, first[usable]]), strata, person),
        missing=chance_p(chance, missing[:, None].astype(float), strata, person),
        selective=selective_p(chance, last, missing, strata, person),
    )
    return _conclude(fit, n, n_persons, tests, within_persons=True)


def _arms(rated: Array, assigned: Array, *, same_session: bool) -> AssignedEffect:
    known = np.isfinite(rated)
    arm, first = _first(assigned), _first(rated)
    begins = (known | np.isfinite(assigned)).argmax(axis=1)
    last_at = rated.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    # a first rating that is missing cannot be replaced by one after treatment has begun
    randomised = np.isfinite(arm) & np.isfinite(rated[np.arange(len(rated)), begins])
    used = randomised & (known.sum(axis=1) > 1)
    n_persons = int(used.sum())
    person, everybody = np.arange(n_persons), np.arange(int(randomised.sum()))
    strata, all_strata = Strata.single(n_persons), Strata.single(len(everybody))
    n = identifying_number(arm[used], strata.terms, strata, person)
    refusal = AssignmentRefusal.NO_FIRST_RATING if same_session else _too_little(n_persons, n)
    if refusal is not None:
        return _refused(refusal, n_persons, n, within_persons=False)
    last = rated[used, last_at[used]]
    fit = regress_within_strata(last, np.column_stack([arm[used], first[used]]), strata, person)
    length = (last_at - begins)[randomised, None].astype(float)
    tests = ChanceTests(
        past=chance_p(arm[randomised], first[randomised, None], all_strata, everybody),
        missing=chance_p(arm[randomised], length, all_strata, everybody),
        selective=selective_p_of_arms(arm[randomised], rated[randomised]),
    )
    n = min(n, n_persons - 2.0)
    effect = _conclude(fit, n, n_persons, tests, within_persons=False)
    if effect.rung is Rung.REFUSED:
        return effect
    error = float(np.sqrt(fit.covariance[0, 0]))
    return replace(effect, equivalence=_equivalence(effect.estimate, error, n, float(first[used].std(ddof=1))))


def _equivalence(estimate: float, error: float, n: float, sd: float) -> Equivalence:
    df = max(n - 1.0, 1.0)
    margin = abs(estimate) + t_quantile(0.95, df) * error
    p = t_tail((EQUIVALENT * sd - abs(estimate)) / error, df)
    return Equivalence(float(margin), sd, float(p))


def _too_little(n_persons: int, n_identifying: float) -> AssignmentRefusal | None:
    if n_persons < MIN_PERSONS:
        return AssignmentRefusal.FEW_PERSONS
    # tolerance: two arms of ten identify exactly 20 persons
    return AssignmentRefusal.HARDLY_VARIES if n_identifying < MIN_IDENTIFYING - 1e-6 else None


def _refused(
    reason: AssignmentRefusal, n_persons: int, n: float, *, within_persons: bool, tests: ChanceTests | None = None
) -> AssignedEffect:
    nan = float("nan")
    return AssignedEffect(
        Rung.REFUSED, within_persons, nan, (nan, nan), 1.0, n_persons, n, tests or ChanceTests(), refusal=reason
    )


def _conclude(
    fit: StratifiedFit, n: float, n_persons: int, tests: ChanceTests, *, within_persons: bool
) -> AssignedEffect:
    if tests.refusal is not None:
        return _refused(tests.refusal, n_persons, n, within_persons=within_persons, tests=tests)
    p, estimate = fit.p(n), float(fit.coefficients[0])
    half = float(t_quantile(0.975, max(n - 1.0, 1.0)) * np.sqrt(fit.covariance[0, 0]))
    rung = Rung.RANDOMISED if p < LEVEL and not tests.withheld else Rung.INCONCLUSIVE
    return AssignedEffect(rung, within_persons, estimate, (estimate - half, estimate + half), p, n_persons, n, tests)


def _shifted(values: Array, steps: int) -> Array:
    """Return values moved to later sessions by `steps`, NaN where there is none."""
    moved = np.full_like(values, np.nan)
    if steps > 0:
        moved[:, steps:] = values[:, :-steps]
    elif steps < 0:
        moved[:, :steps] = values[:, -steps:]
    else:
        moved[:] = values
    return moved


def _first(values: Array) -> Array:
    """Return each person's first known value (persons,), NaN if there is none."""
    known = np.isfinite(values)
    return np.where(known.any(axis=1), values[np.arange(len(values)), known.argmax(axis=1)], np.nan)
