"""Conclusions of analyses about one simulated cohort, in the form that `truths.judge` reads.

To add an analysis: a function from the cohort and its truth to conclusions about every pair that it was asked, and its
entry in `ANALYSES`. `SETS` adds those of the verdict engine, whose costly readings are stored (`READINGS`), so that a
change of the rule alone needs no new simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
import numpy as np

from benchmarks import follow_up_readings, irregular_readings, pair_readings, session_readings
from benchmarks.former_verdict import FormerVerdict, former_verdict
from benchmarks.pair_readings import StoredReadings
from securebase.records.vocabulary import Moment
from securebase.study.detrending import Detrending
from securebase.study.estimator import LagEstimate, LagEstimator, LagStep, Link, shortest_link
from securebase.study.estimators import ALTERNATIVES, PRIMARY, TIME_ADJUSTED
from securebase.study.table import SessionTable
from securebase.study.verdicts.attenuation import Persistence
from securebase.study.verdicts.before_and_after import WithinSession
from securebase.study.verdicts.course import Pair, adjust_for_common_course
from securebase.study.verdicts.follow_up import PairFollowUp, conclude_follow_ups
from securebase.study.verdicts.identifying import Refusal
from securebase.study.verdicts.readings import Readings
from securebase.study.verdicts.reversal import joint_residuals, time_reversal
from securebase.study.verdicts.rule import PairVerdict, Rung, conclude
from securebase.study.verdicts.within import LagDirection
from truths.judge import Conclusion
from truths.sessions import ALLIANCE_AFTER, SYMPTOMS_BEFORE
from truths.truth import ALLIANCE, SYMPTOMS, Columns, Occasion, Truth

LEVEL = 0.05
Analysis = Callable[[Columns, Truth], list[Conclusion]]


def rated_once(columns: Columns, truth: Truth) -> tuple[Columns, dict[str, Moment], str]:
    """Return columns, moments and outcome as studies have them today: one rating of each construct per session."""
    if SYMPTOMS_BEFORE in columns:
        once = {SYMPTOMS: columns[SYMPTOMS_BEFORE], ALLIANCE: columns[ALLIANCE_AFTER]}
        return once, {SYMPTOMS: Moment.BEFORE, ALLIANCE: Moment.AFTER}, SYMPTOMS
    return columns, {name: Moment(moment) for name, moment in truth.moments}, truth.outcome


def session_table(columns: Columns, moments: Mapping[str, Moment]) -> SessionTable:
    """Return a cohort as rows of sessions, one time unit apart."""
    persons, sessions = next(iter(columns.values())).shape
    return SessionTable(
        persons,
        np.repeat(np.arange(persons), sessions),
        np.tile(np.arange(sessions, dtype=float), persons),
        {name: values.ravel() for name, values in columns.items()},
        moments,
        "session",
    )


def ordered_pairs(columns: Iterable[str], outcome: str) -> list[tuple[str, str]]:
    """Return the links that a study asks for: each process to the outcome, and back."""
    processes = [name for name in columns if name != outcome]
    return [pair for process in processes for pair in ((process, outcome), (outcome, process))]


def by_verdict(columns: Columns, truth: Truth, estimator: LagEstimator, *, adjusted: bool) -> list[Conclusion]:
    """Conclude a link where the association persists under detrending, the former verdict of a study.

    adjusted: persists after adjustment for the common time course too, the second step of that rule.
    """
    once, moments, outcome = rated_once(columns, truth)
    table = session_table(once, moments)
    conclusions = []
    for source, target in ordered_pairs(once, outcome):
        link = shortest_link(table, source, target)
        if not estimator.applies(table, link):
            continue
        estimates = [estimator.estimate(table, link, method) for method in (Detrending.CENTRED, Detrending.DETRENDED)]
        if None in estimates:
            conclusions.append(Conclusion(source, target, "inconclusive"))
            continue
        centred, detrended = (estimate.lag for estimate in estimates if estimate is not None)
        course = TIME_ADJUSTED.estimate(table, link, Detrending.DETRENDED) if adjusted else None
        verdict = former_verdict(centred, detrended, None if course is None else course.lag)
        conclusions.append(_conclusion(link, verdict, detrended))
    return conclusions


def _conclusion(link: Link, verdict: FormerVerdict, detrended: LagEstimate) -> Conclusion:
    occasion: Occasion = "same" if link.step is LagStep.SAME_SESSION else "next"
    if verdict is FormerVerdict.PERSISTS:
        return Conclusion(link.earlier, link.later, "leads", 1 if detrended.raw > 0 else -1, occasion=occasion)
    attenuates = verdict is FormerVerdict.ATTENUATES
    return Conclusion(link.earlier, link.later, "inconclusive", attenuates=attenuates, occasion=occasion)


def by_time_reversal(columns: Columns, truth: Truth) -> list[Conclusion]:
    """Conclude the one direction whose sign agrees with the asymmetry in time and with the association as a whole."""
    once, _, outcome = rated_once(columns, truth)
    conclusions = []
    for process in (name for name in once if name != outcome):
        pair = adjust_for_common_course(Pair.of_sessions(once[outcome], once[process]))
        reversal = time_reversal(pair)
        y, x = (np.nan_to_num(values) for values in joint_residuals(pair))
        association = (y * x).sum() + (y[:, :-1] * x[:, 1:] + x[:, :-1] * y[:, 1:]).sum()
        sign = 1 if association > 0 else -1
        process_first = reversal.supports(sign, from_x=True)
        for source, target, first in ((process, outcome, process_first), (outcome, process, not process_first)):
            concluded = reversal.p < LEVEL and first
            conclusions.append(Conclusion(source, target, "leads" if concluded else "inconclusive", sign * concluded))
    return conclusions


def _verdict(estimator: LagEstimator, *, adjusted: bool = False) -> Analysis:
    return lambda columns, truth: by_verdict(columns, truth, estimator, adjusted=adjusted)


#: sensitivity analyses that differ from the verdict only by gaps, empty sessions or short courses, which are rare here
SAME_HERE = {"adjacent_sessions", "skip_empty_sessions", "min_observations"}
_DIFFERENT = tuple(estimator for estimator in ALTERNATIVES if estimator.name not in SAME_HERE)
#: name in the tables → analysis; the first is the former verdict of a study
ANALYSES: dict[str, Analysis] = {
    "persists": _verdict(PRIMARY, adjusted=True),
    **{estimator.label: _verdict(estimator) for estimator in _DIFFERENT},
    "time reversal": by_time_reversal,
}


WITHIN, RULE = "within-person likelihood", "rule of the engine"
SIX, SESSIONS = "rule, with four unrelated columns", "rule for ratings before and after"
FOLLOWED, ADJUSTED = "rule, with follow-up", "leads beside all rivals"
WITHIN_IRREGULAR, RULE_IRREGULAR = "within-person likelihood over days", "rule over days"
#: groups of truths, as the page calls them
PAIRS, COLUMNS = "Two columns", "Columns that are not simple ratings"
CRISES = "Crises and bounded scales"
SESSIONS_TWICE = "Both columns rated before and after each session"
RIVALS, IRREGULAR = "Beside a third column", "Irregular weeks"
PRODUCT, PRODUCT_SIX = "Scenarios of the package", "Scenarios of the package, six columns"


def by_rule(stored: StoredReadings, outcome: str) -> dict[str, list[Conclusion]]:
    """Conclude by the engine’s rule, corrected over the pairs of a study, and by its within-person likelihood alone."""
    readings = {process: as_readings(values) for process, values in stored.items()}
    result: dict[str, list[Conclusion]] = {WITHIN: [], RULE: []}
    for process, verdict in conclude(readings).items():
        for direction in LagDirection:
            link = (process, outcome) if direction is LagDirection.X_TO_Y else (outcome, process)
            result[WITHIN].append(_within_alone(link, direction, readings[process]))
            result[RULE].append(_by_verdict(link, direction, verdict))
    return result


def by_follow_up(stored: StoredReadings, follow_ups: Mapping[str, Any], truth: Truth) -> dict[str, list[Conclusion]]:
    """Conclude by the rule with the follow-up of pairs that lead; where there are rivals, by `leads_adjusted` alone."""
    verdicts = conclude({process: as_readings(values) for process, values in stored.items()})
    read = {
        process: msgspec.convert(follow_ups[process], PairFollowUp, str_keys=True)
        for process, verdict in verdicts.items()
        if verdict.rung is Rung.LEADS
    }
    result: dict[str, list[Conclusion]] = {FOLLOWED: [], ADJUSTED: []}
    for process, verdict in conclude_follow_ups(verdicts, read).items():
        for direction in LagDirection:
            link = (process, truth.outcome) if direction is LagDirection.X_TO_Y else (truth.outcome, process)
            conclusion = _by_verdict(link, direction, verdict)
            result[FOLLOWED].append(conclusion)
            if len(truth.processes) > 1:
                merely_leads = conclusion.rung == "leads"
                result[ADJUSTED].append(Conclusion(*link, "inconclusive") if merely_leads else conclusion)
    return result


def as_readings(values: Any) -> Readings | Refusal:
    """Return readings from plain values."""
    if isinstance(values, str):
        return Refusal(values)
    return msgspec.convert(values, Readings, str_keys=True)


def _within_alone(link: tuple[str, str], direction: LagDirection, readings: Readings | Refusal) -> Conclusion:
    if not isinstance(readings, Readings):
        return Conclusion(*link, "refused")
    test = readings.effects[direction]
    if not test.regular or test.p >= LEVEL:
        return Conclusion(*link, "inconclusive")
    return Conclusion(*link, "leads", 1 if test.estimate > 0 else -1)


def _by_verdict(link: tuple[str, str], direction: LagDirection, verdict: PairVerdict) -> Conclusion:
    """Return the verdict about one direction. Each verdict that leads comes with the warning of an earlier cause."""
    attenuation = None if verdict.readings is None else verdict.readings.attenuations[direction]
    attenuates = attenuation is not None and attenuation.persistence is Persistence.ATTENUATES
    leads = verdict.rung in (Rung.LEADS, Rung.LEADS_ADJUSTED)
    if leads and verdict.direction is direction and verdict.effect is not None:
        sign = 1 if verdict.effect.estimate > 0 else -1
        return Conclusion(*link, verdict.rung.value, sign, attenuates=attenuates, warned=True, occasion="next")
    # the pair leads the other way: nothing is said about this one
    rung = "inconclusive" if leads else verdict.rung.value
    return Conclusion(*link, rung, attenuates=attenuates, occasion="next")


def by_single_analyses(columns: Columns, truth: Truth) -> dict[str, list[Conclusion]]:
    """Conclude by each analysis of `ANALYSES`."""
    return {name: analysis(columns, truth) for name, analysis in ANALYSES.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """The costly half of an analysis. read: plain values about one cohort; modules: what they depend on."""

    read: Callable[[Columns, Truth], Any]
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnalysisSet:
    """Analyses that are computed together from stored readings of a cohort, on the truths of some groups."""

    analyses: tuple[str, ...]
    readings: tuple[str, ...]
    conclude: Callable[[Truth, Mapping[str, Any]], dict[str, list[Conclusion]]]
    groups: tuple[str, ...]


def _read_single(columns: Columns, truth: Truth) -> dict[str, Any]:
    return {name: [asdict(c) for c in concluded] for name, concluded in by_single_analyses(columns, truth).items()}


def _conclude_single(truth: Truth, stored: Mapping[str, Any]) -> dict[str, list[Conclusion]]:
    return {name: [Conclusion(**c) for c in concluded] for name, concluded in stored["single"].items()}


def _conclude_rule(truth: Truth, stored: Mapping[str, Any]) -> dict[str, list[Conclusion]]:
    return by_rule(stored["pairs"], truth.outcome)


def _conclude_six(truth: Truth, stored: Mapping[str, Any]) -> dict[str, list[Conclusion]]:
    concluded = by_rule({**stored["pairs"], **stored["unrelated"]}, truth.outcome)
    return {SIX: concluded[RULE]}


def _conclude_followed(truth: Truth, stored: Mapping[str, Any]) -> dict[str, list[Conclusion]]:
    return by_follow_up(stored["pairs"], stored["follow_ups"], truth)


def _conclude_irregular(truth: Truth, stored: Mapping[str, Any]) -> dict[str, list[Conclusion]]:
    concluded = by_rule(stored["irregular"], truth.outcome)
    return {WITHIN_IRREGULAR: concluded[WITHIN], RULE_IRREGULAR: concluded[RULE]}


def _conclude_sessions(truth: Truth, stored: Mapping[str, Any]) -> dict[str, list[Conclusion]]:
    verdict = msgspec.convert(stored["sessions"], WithinSession, str_keys=True)
    concluded = []
    for direction in LagDirection:
        link = (ALLIANCE, SYMPTOMS) if direction is LagDirection.X_TO_Y else (SYMPTOMS, ALLIANCE)
        if verdict.direction is direction:
            sign = 1 if verdict.slopes[direction].estimate > 0 else -1
            concluded.append(Conclusion(*link, "leads", sign, warned=True, occasion="same"))
        else:
            rung = "inconclusive" if verdict.rung is Rung.LEADS else verdict.rung.value
            concluded.append(Conclusion(*link, rung, occasion="same"))
    return {SESSIONS: concluded}


READINGS: dict[str, Reading] = {
    "single": Reading(_read_single, ("benchmarks.conclusions",)),
    "pairs": Reading(pair_readings.read_cohort, ("benchmarks.pair_readings",)),
    "unrelated": Reading(pair_readings.read_unrelated, ("benchmarks.pair_readings",)),
    "follow_ups": Reading(follow_up_readings.read_cohort, ("benchmarks.follow_up_readings",)),
    "irregular": Reading(irregular_readings.read_cohort, ("benchmarks.irregular_readings",)),
    "sessions": Reading(session_readings.read_cohort, ("benchmarks.session_readings",)),
}
SETS: dict[str, AnalysisSet] = {
    "single": AnalysisSet(tuple(ANALYSES), ("single",), _conclude_single, (PAIRS, COLUMNS, CRISES, SESSIONS_TWICE)),
    "rule": AnalysisSet((WITHIN, RULE), ("pairs",), _conclude_rule, (PAIRS, COLUMNS, CRISES, PRODUCT, PRODUCT_SIX)),
    "adjusted": AnalysisSet(
        (FOLLOWED, ADJUSTED),
        ("pairs", "follow_ups"),
        _conclude_followed,
        (PAIRS, COLUMNS, CRISES, RIVALS, PRODUCT, PRODUCT_SIX),
    ),
    "irregular": AnalysisSet((WITHIN_IRREGULAR, RULE_IRREGULAR), ("irregular",), _conclude_irregular, (IRREGULAR,)),
    "six": AnalysisSet((SIX,), ("pairs", "unrelated"), _conclude_six, (PAIRS,)),
    "sessions": AnalysisSet((SESSIONS,), ("sessions",), _conclude_sessions, (SESSIONS_TWICE,)),
}
