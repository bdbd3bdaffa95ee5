"""Statistics of simulation features that calibration lacks: each takes a scenario and returns a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from statistics import fmean
from types import MappingProxyType

import numpy as np

from securebase.measurement.constructs import CONSTRUCTS
from securebase.model.parameters import Array
from securebase.model.processes import CorrectiveExperiences, SimulatedCovariate
from securebase.model.scenario import Scenario, scenario
from securebase.model.simulate import simulate, simulate_table
from securebase.records.episode import EpisodeRecord, RetellingRecord
from securebase.records.vocabulary import Moment, ProblemArea
from securebase.study.calibration.designs import IPT
from securebase.study.calibration.effect_sizes import correlation
from securebase.study.calibration.samples import CohortSample
from securebase.study.calibration.sampling import draw_arms
from securebase.study.detrending import Detrending
from securebase.study.estimator import shortest_link
from securebase.study.moderation import ModerationQuestion, estimate_moderation
from securebase.study.rivals import estimate_rivals
from securebase.study.table import SessionTable

_SEED, _CLIENTS, _RECORDS = 1, 400, 60
#: clients where the same ones are simulated with and without a process, so that few show its effect
_SAME_CLIENTS = 200
#: clients where a lag is estimated
_LAG_CLIENTS = 600
_DIMENSIONS = ("attachment_anxiety", "attachment_avoidance")


@lru_cache(maxsize=4)
def _records(scenario: str) -> tuple[EpisodeRecord, ...]:
    return simulate(scenario, n_clients=_RECORDS, rng=np.random.default_rng(_SEED), dropout=0.0).episodes


@lru_cache(maxsize=4)
def _clinic(truth: Scenario, clients: int = _SAME_CLIENTS) -> CohortSample:
    return draw_arms(truth, (IPT,), clients, np.random.default_rng(_SEED))[IPT]


def gate_by_alliance(truth: Scenario) -> float:
    """Return r of alliance and fall of symptoms between clients, minus the same with the gate off."""
    gate = replace(truth.happens.gate, slope=0.0)
    off = replace(truth, happens=replace(truth.happens, gate=gate))
    return _early_alliance_and_gain(truth) - _early_alliance_and_gain(off)


def _early_alliance_and_gain(truth: Scenario) -> float:
    clinic = _clinic(truth)
    return correlation(clinic.mean("alliance", 3, 8), clinic.mean("symptoms", 1) - clinic.last("symptoms", after=9))


def hidden_cause(truth: Scenario, of: str) -> float:
    """Return r of an unmeasured covariate, which raises alliance and lowers symptoms, with a construct's mean."""
    clinic = _with_hidden_cause(truth)
    return correlation(clinic.covariates["hidden"], clinic.mean(of, 1, clinic.planned))


@lru_cache(maxsize=1)
def _with_hidden_cause(truth: Scenario) -> CohortSample:
    cause = SimulatedCovariate("hidden", on_level={"alliance": 0.3, "symptoms": -0.3})
    return _clinic(replace(truth, happens=replace(truth.happens, brings=(cause,))), _CLIENTS)


def early_care(truth: Scenario, of: str) -> float:
    """Return r of early care, which attachment follows, with a dimension, with security, or with mean symptoms."""
    clinic = _with_early_care(truth)
    covariates = dict(clinic.covariates)
    covariates["attachment_security"] = -np.mean([covariates[name] for name in _DIMENSIONS], axis=0)
    other = covariates[of] if of in covariates else clinic.mean(of, 1, clinic.planned)
    return correlation(covariates["early_care"], other)


@lru_cache(maxsize=1)
def _with_early_care(truth: Scenario) -> CohortSample:
    follows = [SimulatedCovariate(name, {"symptoms": 0.3}, follows={"early_care": -0.4}) for name in _DIMENSIONS]
    brings = (SimulatedCovariate("early_care"), *follows)
    return _clinic(replace(truth, happens=replace(truth.happens, brings=brings)), _CLIENTS)


def symptoms_with_experiences(truth: Scenario) -> float:
    """Return mean last symptoms with corrective experiences minus without them, the same draws in both."""
    without = replace(truth, happens=replace(truth.happens, corrective_experiences=CorrectiveExperiences()))
    end, end_without = (float(np.nanmean(_clinic(t).last("symptoms"))) for t in (truth, without))
    return end - end_without


def experiences_and_alliance(truth: Scenario) -> float:
    """Return r between clients of mean alliance and number of corrective experiences."""
    cohort = [e for e in _records(truth.id) if e.scores("alliance", instrument="session_after")]
    means = [fmean(s.value for s in e.scores("alliance", instrument="session_after")) for e in cohort]
    return correlation(np.array(means), np.array([float(len(e.corrective_experiences)) for e in cohort]))


def change_within_retelling(truth: Scenario) -> float:
    """Return the mean change of distress from the peak to the end of a retelling."""
    return fmean(t.end - t.peak for e in _records(truth.id) for t in e.tellings)


def later_returns(truth: Scenario) -> float:
    """Return the mean share of a fall that comes back, from the third retelling on minus before."""
    returns = [list(_returns(e.tellings)) for e in _records(truth.id)]
    early, late = ([r for rs in returns for r in rs[part]] for part in (slice(0, 1), slice(2, None)))
    return fmean(late) - fmean(early)


def _returns(tellings: Sequence[RetellingRecord]) -> Iterator[float]:
    for one, other in pairwise(tellings):
        if one.peak - one.end > 5:
            yield (other.peak - one.end) / (one.peak - one.end)


def alliance_after_repair(truth: Scenario) -> float:
    """Return the mean change of alliance from a marked rupture to its repair, minus that without a repair.

    Without a repair, the change is that up to the second session after the rupture.
    """
    changes: dict[bool, list[float]] = {True: [], False: []}
    for e in _records(truth.id):
        scores = {s.session: s.value for s in e.scores("alliance", instrument="session_after")}
        for rupture in e.ruptures:
            repaired = rupture.repaired_at is not None
            end = next((s.number for s in e.sessions if repaired and s.at > (rupture.repaired_at or 0.0)), None)
            end = end if repaired else (rupture.session or 0) + 2
            if rupture.session in scores and end in scores:
                changes[repaired].append(scores[end] - scores[rupture.session])
    return fmean(changes[True]) - fmean(changes[False])


def stress_after_events(truth: Scenario) -> float:
    """Return the mean change of interpersonal stress from the last score before a life event to the next one."""
    changes = []
    for e in _records(truth.id):
        scores = e.scores("interpersonal_stress", instrument="session_before")
        for event in e.life_events:
            before, after = ([s.value for s in scores if (s.at < event.at) is earlier] for earlier in (True, False))
            changes += [after[0] - before[-1]] if before and after else []
    return fmean(changes)


def support_after_the_end(truth: Scenario) -> float:
    """Return the mean change of social support from the last session to the follow-ups."""
    changes = []
    for e in _records(truth.id):
        last = max(s.at for s in e.sessions)
        scores = e.scores("social_support", instrument="session_before")
        during, later = ([s.value for s in scores if (s.at <= last + 1) is before] for before in (True, False))
        changes += [fmean(later) - during[-1]] if during and later else []
    return fmean(changes)


def relapse(truth: Scenario, handed_over: float) -> float:
    """Return the rise of mean symptoms after the end as the scenario has it, minus that with more handed over."""
    support = replace(truth.happens.support, handed_over=handed_over)
    other = replace(truth, happens=replace(truth.happens, support=support))
    return _rise_after_the_end(truth) - _rise_after_the_end(other)


def _rise_after_the_end(truth: Scenario) -> float:
    inventory = _clinic(truth).inventory
    last = max(name for name in inventory if name.startswith("after"))
    return float(np.nanmean(inventory[last]) - np.nanmean(inventory["end"]))


def _columns(
    truth: Scenario, *, off: Sequence[str] = (), arm: str = "ipt", style: str = "", clients: int = _SAME_CLIENTS
) -> Mapping[str, Array]:
    """Return ratings (clients, sessions) by column, with links of the web switched off; the same clients each time."""
    return _table(truth, tuple(off), arm, style, clients)


@lru_cache(maxsize=8)
def _table(truth: Scenario, off: tuple[str, ...], arm: str, style: str, clients: int) -> Mapping[str, Array]:
    switched = replace(truth, web=replace(truth.web, off=(*truth.web.off, *off)))
    table = simulate_table(
        switched,
        n_clients=clients,
        rng=np.random.default_rng(_SEED),
        missing=0.0,
        dropout=0.0,
        arms=(arm,),
        style=style,
    )
    return {name: values.reshape(clients, -1) for name, values in table.columns.items()}


def _change(columns: Mapping[str, Array], name: str) -> Array:
    return np.asarray(columns[name][:, -1] - columns[name][:, 0])


def _insecure_less_secure(truth: Scenario, of: str, off: Sequence[str] = ()) -> float:
    insecure, secure = (_columns(truth, off=off, style=style)[of] for style in ("disorganised", "secure"))
    return float(insecure.mean() - secure.mean())


def style_difference(truth: Scenario, of: str) -> float:
    """Return the mean of a construct in clients insecure on both dimensions, minus that in secure ones."""
    return _insecure_less_secure(truth, of)


def style_difference_through(truth: Scenario, of: str, links: Sequence[str]) -> float:
    """Return the difference between insecure and secure clients, minus that with these links switched off."""
    return _insecure_less_secure(truth, of) - _insecure_less_secure(truth, of, links)


def treatment_by_problem(truth: Scenario) -> float:
    """Return the change of symptoms in the first arm minus the second in transitions, minus the same in grief."""
    first, second = (_columns(truth, arm=arm.id) for arm in truth.arms)
    difference, problem = _change(first, "symptoms") - _change(second, "symptoms"), first["problem_area"][:, 0]
    transition, grief = (
        difference[problem == area.value].mean() for area in (ProblemArea.ROLE_TRANSITION, ProblemArea.GRIEF)
    )
    return float(transition - grief)


def placebo_effect(truth: Scenario) -> float:
    """Return the mean change of symptoms with a placebo minus that of the same clients on a waiting list."""
    placebo, waiting = (_change(_columns(truth, arm=arm), "symptoms") for arm in ("placebo", "waiting_list"))
    return float(placebo.mean() - waiting.mean())


def learning_curve(truth: Scenario, of: str, edge: str) -> float:
    """Return how much an edge raises a construct in the first half of the course, minus the same in the second."""
    on, off = (_columns(truth, off=links)[of].mean(axis=0) for links in ((), (edge,)))
    raised = on - off
    middle = len(raised) // 2
    return float((raised[middle] - raised[0]) - (raised[-1] - raised[middle]))


def loss_at_an_event(truth: Scenario, event: str, of: str, edge: str) -> float:
    """Return the mean of a construct in sessions with an event if an edge is off, minus the mean if it acts."""
    acting, off = _columns(truth), _columns(truth, off=(edge,))
    happened = acting[event] > 0
    return float((off[of] - acting[of])[happened].mean())


def response_to(truth: Scenario, begin: str, of: str, edge: str) -> float:
    """Return r of a rating with what the edge adds to another construct a session later, apart from session means."""
    acting, off = _columns(truth), _columns(truth, off=(edge,))
    added, rating = (acting[of] - off[of])[:, 1:], acting[begin][:, :-1]
    return correlation((added - added.mean(axis=0)).ravel(), (rating - rating.mean(axis=0)).ravel())


def gain_with_problems(truth: Scenario, edge: str) -> float:
    """Return r of interpersonal problems with the change of symptoms, minus the same without an edge."""
    both = [_columns(truth, off=off) for off in ((), (edge,))]
    on, off = (correlation(c["interpersonal_problems"][:, 0], _change(c, "symptoms")) for c in both)
    return on - off


def alliance_beside_support(truth: Scenario, than: str) -> float:
    """Return the lag of alliance less that of support, over three outcomes, minus the same in another scenario."""
    return _alliance_less_support(truth) - _alliance_less_support(scenario(than))


def _alliance_less_support(truth: Scenario) -> float:
    columns, outcomes = _columns(truth, clients=_LAG_CLIENTS), ("symptoms", "insight", "interpersonal_skills")
    rivals = ("alliance", "social_support")
    directions = {name: CONSTRUCTS[name].direction for name in (*rivals, *outcomes)}
    estimate = estimate_rivals(
        _session_table(columns, (*rivals, *outcomes)), rivals, outcomes, directions, Detrending.CENTRED
    )
    return estimate.difference if estimate is not None else 0.0


def support_by_ties(truth: Scenario, of: str) -> float:
    """Return the change of the lag of support per SD of how committed friends are, detrended."""
    table = _session_table(_columns(truth, clients=_LAG_CLIENTS), ("social_support", of, "tie_commitment"))
    question = ModerationQuestion(shortest_link(table, "social_support", of), "tie_commitment", between_persons=True)
    estimate = estimate_moderation(table, question, Detrending.DETRENDED)
    return estimate.estimate if estimate is not None else 0.0


def _session_table(columns: Mapping[str, Array], names: Sequence[str]) -> SessionTable:
    shape = columns[names[0]].shape
    person, session = np.indices(shape).reshape(2, -1)
    values = {name: columns[name].ravel() for name in names}
    moments = {name: Moment(CONSTRUCTS[name].moment) for name in names}
    return SessionTable(shape[0], person, session.astype(np.float64), values, moments, "session")


FEATURES: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        f.__name__: f
        for f in (
            gate_by_alliance,
            hidden_cause,
            early_care,
            symptoms_with_experiences,
            experiences_and_alliance,
            change_within_retelling,
            later_returns,
            alliance_after_repair,
            stress_after_events,
            support_after_the_end,
            relapse,
            style_difference,
            style_difference_through,
            treatment_by_problem,
            placebo_effect,
            learning_curve,
            loss_at_an_event,
            response_to,
            gain_with_problems,
            alliance_beside_support,
            support_by_ties,
        )
    }
)
