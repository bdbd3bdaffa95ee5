"""Verdicts of processes that are rated, like the outcome, both before and after each session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from securebase.study.conclusions import standardiser
from securebase.study.design_verdict import DesignVerdict, SessionReadings, SettlingDesign
from securebase.study.table import SessionTable
from securebase.study.verdicts.before_and_after import WithinSession, read_sessions
from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.rule import Rung, holm, persons_needed
from securebase.study.verdicts.within import LagDirection


def session_verdicts(
    table: SessionTable, outcome: str, processes: Sequence[str], before_and_after: Mapping[str, tuple[str, str]]
) -> tuple[DesignVerdict, ...]:
    """Return, for each process rated twice in turn, the verdicts of process → outcome and outcome → process.

    table: with both ratings of each construct as columns. before_and_after: construct → its columns before and after
    the session. There are no verdicts unless the outcome is rated twice too: the change of one column alone also
    follows from a hidden state that the session relieves.
    """
    if outcome not in before_and_after:
        return ()
    pairs = {
        process: tuple(
            Pair.of_rows(table.values[y], table.values[x], table.person, table.times)
            for y, x in zip(before_and_after[outcome], before_and_after[process], strict=True)
        )
        for process in processes
        if process in before_and_after
    }
    read = {name: read_sessions(before.y, before.x, after.y, after.x) for name, (before, after) in pairs.items()}
    judged = [name for name, result in read.items() if result.rung is not Rung.REFUSED]
    leading = dict(zip(judged, holm([read[name].p for name in judged]), strict=True))
    joint = dict(zip(judged, holm([read[name].p_together for name in judged]), strict=True))
    rows = []
    for name, result in read.items():
        concluded = _conclude(result, leading.get(name, 1.0), joint.get(name, 1.0), len(judged))
        before = pairs[name][0]
        for direction in LagDirection:
            columns = (name, outcome) if direction is LagDirection.X_TO_Y else (outcome, name)
            rows.append(_row(columns, direction, concluded, before))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Concluded:
    """Result of a pair with its rung after correction. p, p_adjusted: of the test that the rung rests on."""

    result: WithinSession
    rung: Rung
    p: float
    p_adjusted: float
    would_settle: int | None


def _conclude(result: WithinSession, p: float, p_together: float, pairs: int) -> _Concluded:
    """Apply the corrected p values; a direction that is lost leaves what the others still show."""
    rung = result.rung
    if rung is Rung.LEADS and p >= LEVEL:
        rung = Rung.TOGETHER if result.p_together < LEVEL else Rung.INCONCLUSIVE
    if rung is Rung.TOGETHER and p_together >= LEVEL:
        rung = Rung.INCONCLUSIVE
    needed = None
    if result.candidate is not None and rung not in (Rung.LEADS, Rung.REFUSED):
        needed = persons_needed(result.paired.n_persons, result.statistics, pairs=pairs)
    if rung is Rung.TOGETHER:
        return _Concluded(result, rung, result.p_together, p_together, needed)
    return _Concluded(result, rung, result.p, p, needed)


def _row(columns: tuple[str, str], direction: LagDirection, concluded: _Concluded, before: Pair) -> DesignVerdict:
    result, rung = concluded.result, concluded.rung
    is_candidate = direction is result.candidate
    other_leads = rung is Rung.LEADS and not is_candidate
    slope, contrast, gain = result.slopes[direction], result.single[direction], result.beside_gain[direction]
    scale = standardiser(before if direction is LagDirection.X_TO_Y else before.reversed)
    lower, upper = slope.interval
    correlation = result.association.estimate * standardiser(before)
    is_known = rung is not Rung.REFUSED and isfinite(slope.estimate * scale)
    is_tested = rung is Rung.TOGETHER or (is_candidate and rung is not Rung.REFUSED)
    return DesignVerdict(
        design=SettlingDesign.BEFORE_AND_AFTER,
        earlier=columns[0],
        later=columns[1],
        occasion="same",
        rung=Rung.INCONCLUSIVE if other_leads else rung,
        reason=result.refusal,
        other_leads=other_leads,
        estimate=slope.estimate * scale if is_known else None,
        interval=(lower * scale, upper * scale) if is_known else None,
        unit="standardised",
        p=concluded.p if is_tested else None,
        p_adjusted=concluded.p_adjusted if is_tested else None,
        n_persons=result.paired.n_persons,
        n_identifying=slope.n_identifying,
        readings=SessionReadings(
            contrast,
            result.paired,
            gain.rescaled,
            gain.earlier,
            result.doubt if is_candidate else None,
            association=correlation if isfinite(correlation) else None,
        ),
        would_settle=concluded.would_settle if is_candidate else None,
    )
