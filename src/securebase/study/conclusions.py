"""Conclusions of a study: one verdict for each ordered pair of a process and the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from types import MappingProxyType
from typing import Any

import numpy as np

from securebase.study.estimator import MIN_PERSONS, LagStep, shortest_link
from securebase.study.table import SessionTable
from securebase.study.verdict import (
    Design,
    DetrendedAssociation,
    Occasion,
    RemainingEffect,
    RowAssociation,
    StepEffect,
    TherapistTests,
    TimeReversal,
    Verdict,
    VerdictReadings,
    WouldSettle,
)
from securebase.study.verdicts.across_therapists import (
    across_therapists,
    conclude_across_therapists,
    corrected_across_therapists,
)
from securebase.study.verdicts.attenuation import Attenuation, attenuation
from securebase.study.verdicts.course import Array, Indices, Pair, adjust_for_common_course, own_line_residuals
from securebase.study.verdicts.follow_up import PairFollowUp, conclude_follow_ups, follow_up
from securebase.study.verdicts.hidden_cause import hidden_cause
from securebase.study.verdicts.identifying import Association, Refusal, association, movement
from securebase.study.verdicts.mixed_cause import BesideMixedCause
from securebase.study.verdicts.readings import read_pair
from securebase.study.verdicts.reversal import Reversal
from securebase.study.verdicts.rule import PairVerdict, Rung, conclude
from securebase.study.verdicts.straight_line import BesideBends
from securebase.study.verdicts.within import LagDirection, LagTest, fit_within

#: rungs of a direction
_LEADING = (Rung.LEADS, Rung.LEADS_ADJUSTED)
_NO_INPUTS: Mapping[str, Array] = MappingProxyType({})
#: a gap between two rows of a person counts as at most this many usual gaps
_MAX_GAP = 1000


def build_pairs(table: SessionTable, outcome: str, processes: Sequence[str]) -> dict[str, Pair]:
    """Return the pair of each process (x) with the outcome (y)."""
    times = _without_long_gaps(table)
    return {
        process: Pair.of_rows(table.values[outcome], table.values[process], table.person, times)
        for process in processes
    }


def _without_long_gaps(table: SessionTable) -> Array:
    """Return the times (rows,) with no gap longer than `_MAX_GAP` usual ones.

    Nothing carries over such a gap, and a mistyped year would make a common course of as many moments.
    """
    gaps = np.diff(table.times)
    same_person = np.diff(table.person) == 0
    longest = _MAX_GAP * float(np.median(gaps[same_person])) if same_person.any() else 0.0
    if not (gaps[same_person] > longest).any():
        return table.times
    since = np.concatenate([[0.0], np.cumsum(np.where(same_person, np.minimum(gaps, longest), 0.0))])
    first = np.searchsorted(table.person, table.person)
    return np.asarray(table.times[first] + since - since[first])


def verdicts(
    table: SessionTable,
    outcome: str,
    processes: Sequence[str],
    *,
    inputs: Mapping[str, Array] = _NO_INPUTS,
    therapist: Indices | None = None,
) -> tuple[Verdict, ...]:
    """Return, for each process in turn, the verdicts of process → outcome and outcome → process.

    inputs: name → (rows,), rivals without error of a pair that leads, beside the other processes. therapist: (persons,)
    number of each person's therapist; a pair that leads must then do so across therapists.
    """
    pairs = build_pairs(table, outcome, processes)
    times = _without_long_gaps(table)
    known = {name: Pair.of_rows(table.values[outcome], v, table.person, times).x for name, v in inputs.items()}
    concluded = conclude({process: read_pair(pair) for process, pair in pairs.items()})
    rivals = {process: _rivals(pairs, concluded, process) for process in pairs}
    follow_ups = {
        process: follow_up(pairs[process], verdict.direction, rivals[process], known)
        for process, verdict in concluded.items()
        if verdict.direction is not None
    }
    tests = {
        process: across_therapists(pairs[process], verdict.direction, therapist)
        for process, verdict in concluded.items()
        if verdict.direction is not None and therapist is not None
    }
    corrected = corrected_across_therapists(concluded, tests)
    final = conclude_across_therapists(conclude_follow_ups(concluded, follow_ups), corrected)
    clustered = {
        process: TherapistTests(test.n_therapists, test.reversal.p, test.effect.p, corrected.get(process))
        for process, test in tests.items()
    }
    return tuple(
        row
        for process, pair in pairs.items()
        for row in _pair_verdicts(
            table,
            (process, outcome),
            pair,
            final[process],
            follow_ups.get(process),
            clustered=clustered.get(process),
            others={**rivals[process], **known},
        )
    )


def _rivals(pairs: Mapping[str, Pair], concluded: Mapping[str, PairVerdict], process: str) -> dict[str, Array]:
    """Return the other processes, which all have the cells of the same rows; a copy of the outcome rivals nothing."""
    return {
        name: pair.x for name, pair in pairs.items() if name != process and concluded[name].refusal is not Refusal.COPY
    }


def _pair_verdicts(
    table: SessionTable,
    names: tuple[str, str],
    pair: Pair,
    concluded: PairVerdict,
    followed: PairFollowUp | None,
    *,
    clustered: TherapistTests | None,
    others: Mapping[str, Array],
) -> list[Verdict]:
    """Return the rows of process → outcome and outcome → process. others: in the cells of the pair."""
    process, outcome = names
    adjusted = adjust_for_common_course(pair)
    attenuations = _attenuations(concluded, pair, adjusted)
    readings = {
        direction: replace(
            _readings(concluded, direction, pair, adjusted, attenuations[direction]),
            **_followed(concluded, direction, pair, followed),
            across_therapists=clustered if _credits(concluded, direction) else None,
        )
        for direction in LagDirection
    }
    candidates = (*readings[LagDirection.X_TO_Y].association, readings[LagDirection.Y_TO_X].association[1])
    strongest = min(candidates, key=lambda a: a.p)
    cause = None
    if concluded.rung is Rung.TOGETHER:
        # the order is not known, so that a cause of both at once suffices
        oriented = pair.reversed if strongest is candidates[2] else pair
        cause = hidden_cause(oriented, others, lag=int(strongest.occasion == "next"), lead=0.0)
    rows = []
    for direction, reading in readings.items():
        earlier, later = (process, outcome) if direction is LagDirection.X_TO_Y else (outcome, process)
        other_leads = concluded.rung in _LEADING and concluded.direction is not direction
        rung = Rung.INCONCLUSIVE if other_leads else concluded.rung
        associated = rung is Rung.TOGETHER
        credited = _credits(concluded, direction)
        rests_on = strongest if associated else reading.association[1]
        effect = reading.within_person_likelihood
        rows.append(
            Verdict(
                earlier=earlier,
                later=later,
                occasion="same" if shortest_link(table, earlier, later).step is LagStep.SAME_SESSION else "next",
                rung=rung,
                reason=concluded.refusal,
                other_leads=other_leads,
                estimate=strongest.estimate if associated else effect.estimate if effect is not None else None,
                interval=strongest.interval if associated else effect.interval if effect is not None else None,
                p=concluded.p if associated or credited else None,
                p_adjusted=concluded.p_adjusted if associated or credited else None,
                n_persons=rests_on.n_persons,
                n_identifying=rests_on.n_identifying,
                persistence=None if (t3 := attenuations[direction]) is None else t3.persistence,
                readings=reading,
                hidden_cause=followed.hidden_cause if followed is not None and rung in _LEADING else cause,
                would_settle=_would_settle(rung, concluded, tested=associated or credited),
            )
        )
    return rows


def _credits(concluded: PairVerdict, direction: LagDirection) -> bool:
    """Return whether a direction is the one that was left to credit before follow-ups."""
    return concluded.readings is not None and concluded.readings.direction is direction


def _would_settle(rung: Rung, concluded: PairVerdict, *, tested: bool) -> WouldSettle:
    """Return what would decide; a design settles the order only of columns that can serve as processes."""
    designs = () if rung is Rung.REFUSED else (Design.BEFORE_AND_AFTER, Design.RANDOM_ASSIGNMENT)
    return WouldSettle(concluded.would_decide if tested else None, designs)


def _attenuations(concluded: PairVerdict, pair: Pair, adjusted: Pair) -> Mapping[LagDirection, Attenuation | None]:
    """Return the test of attenuation of both directions; of refused pairs only where a column hardly varies.

    There it tells what few persons show; a copy, a column that moves one way and short courses have no detrended rest.
    """
    if concluded.readings is not None:
        return concluded.readings.attenuations
    few = min(association(pair, 1).n_identifying, association(pair.reversed, 1).n_identifying)
    if concluded.refusal is not Refusal.HARDLY_VARIES or few < MIN_PERSONS:
        return dict.fromkeys(LagDirection)
    within = fit_within(adjusted)
    return {
        LagDirection.X_TO_Y: attenuation(pair, adjusted, within),
        LagDirection.Y_TO_X: attenuation(pair.reversed, adjusted.reversed, within.exchanged),
    }


def _readings(
    concluded: PairVerdict, direction: LagDirection, pair: Pair, adjusted: Pair, t3: Attenuation | None
) -> VerdictReadings:
    """Return the readings of one direction, standardised by SD(earlier) / SD(later) of the detrended columns."""
    forward = direction is LagDirection.X_TO_Y
    oriented = pair if forward else pair.reversed
    scale, read = standardiser(oriented), concluded.readings
    # the common course of a refused pair is not removed: that would make every value move
    values = pair if read is None else adjusted
    values = values if forward else values.reversed
    private = None if read is None or read.direction is not direction else read.private
    return VerdictReadings(
        time_reversal=None if read is None else _time_reversal(read.reversal, forward=forward),
        time_reversal_on_common_scale=None if read is None else _time_reversal(read.on_common_scale, forward=forward),
        within_person_likelihood=None if read is None else _step_effect(read.effects[direction], scale),
        private_parts=None if private is None else _step_effect(private, scale),
        association=(
            _row_association(association(values, 0), "same", scale),
            _row_association(association(values, 1), "next", scale),
        ),
        attenuation=None if t3 is None else _detrended(t3, scale),
        movement_from=movement(oriented.x),
        movement_to=movement(oriented.y),
    )


def _followed(
    concluded: PairVerdict, direction: LagDirection, pair: Pair, followed: PairFollowUp | None
) -> dict[str, Any]:
    """Return the readings of the follow-up of a direction; nothing for the other one and for pairs without."""
    if followed is None or not _credits(concluded, direction):
        return {}
    scale = standardiser(pair if direction is LagDirection.X_TO_Y else pair.reversed)
    rivals = {
        name: StepEffect(test.estimate * scale, None, test.z, test.p) if test.regular else None
        for name, test in followed.adjusted.tests.items()
    }
    return {"rivals": rivals, "bends": _remaining(followed.bends), "mixed_cause": _remaining(followed.mixed_cause)}


def _remaining(test: BesideBends | BesideMixedCause) -> RemainingEffect | None:
    """Return a test beside something else, None where its fits did not end regularly."""
    return RemainingEffect(test.z, test.p, test.holds) if test.regular else None


def standardiser(pair: Pair) -> float:
    """Return SD(x) / SD(y) of the detrended columns, NaN where y does not vary."""
    sds = []
    for values in (pair.x, pair.y):
        residuals = own_line_residuals(values, pair.times)
        known = residuals[np.isfinite(residuals)]
        sds.append(float(np.sqrt((known**2).mean())) if len(known) else 0.0)
    return sds[0] / sds[1] if sds[1] > 0 else float("nan")


def _time_reversal(reversal: Reversal, *, forward: bool) -> TimeReversal:
    # the engine's statistic is above 0 where y raises the next x
    statistic = -reversal.statistic if forward else reversal.statistic
    return TimeReversal(statistic if isfinite(statistic) else None, reversal.p, reversal.n_persons)


def _step_effect(test: LagTest, scale: float) -> StepEffect | None:
    """Return the test of an effect, None where its fits did not end regularly: those have no numbers."""
    if not test.regular:
        return None
    error = None if test.standard_error is None else test.standard_error * scale
    return StepEffect(test.estimate * scale, error, test.z, test.p)


def _row_association(a: Association, occasion: Occasion, scale: float) -> RowAssociation:
    lower, upper = a.interval
    return RowAssociation(
        occasion, a.estimate * scale, (lower * scale, upper * scale), a.p, a.n_persons, a.n_rows, a.n_identifying
    )


def _detrended(t3: Attenuation, scale: float) -> DetrendedAssociation:
    return DetrendedAssociation(
        centred=t3.centred.estimate * scale,
        centred_standard_error=t3.centred.standard_error * scale,
        detrended=t3.detrended.estimate * scale,
        detrended_standard_error=t3.detrended.standard_error * scale,
        expected_difference=t3.expected_difference * scale,
        statistic=t3.statistic,
        p=t3.p,
        weaker=t3.weaker,
        n_persons=t3.n_persons,
    )
