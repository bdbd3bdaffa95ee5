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
#: clients of a table of the whole web
_ROWS = 2000


@lru_cache(maxsize=4)
def _records(scenario: str) -> tuple[EpisodeRecord, ...]:
    return simulate(scenario, n_clients=_RECORDS, rng=np.random.default_rng(_SEED), dropout=0.0).episodes


def _clinic(truth: Scenario) -> CohortSample:
    return draw_arms(truth, (IPT,), _CLIENTS, np.random.default_rng(_SEED))[IPT]


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
    cause = SimulatedCovariate("hidden", on_level={"alliance": 0.3, "symptoms": -0.3})
    clinic = _clinic(replace(truth, happens=replace(truth.happens, brings=(cause,))))
    return correlation(clinic.covariates["hidden"], clinic.mean(of, 1, clinic.planned))


def early_care(truth: Scenario, of: str) -> float:
    """Return r of early care, which attachment follows, with a dimension, with security, or with mean symptoms."""
    dimensions = ("attachment_anxiety", "attachment_avoidance")
    follows = [SimulatedCovariate(name, {"symptoms": 0.3}, follows={"early_care": -0.4}) for name in dimensions]
    brings = (SimulatedCovariate("early_care"), *follows)
    clinic = _clinic(replace(truth, happens=replace(truth.happens, brings=brings)))
    covariates = dict(clinic.covariates)
    covariates["attachment_security"] = -np.mean([covariates[name] for name in dimensions], axis=0)
    other = covariates[of] if of in covariates else clinic.mean(of, 1, clinic.planned)
    return correlation(covariates["early_care"], other)


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
    truth: Scenario, *, off: Sequence[str] = (), arms: Sequence[str] = (), style: str = ""
) -> Mapping[str, Array]:
    """Return ratings (clients, sessions) by column, with links of the web switched off; the seed is fixed."""
    return _table(truth, tuple(off), tuple(arms), style)


@lru_cache(maxsize=6)
def _table(truth: Scenario, off: tuple[str, ...], arms: tuple[str, ...], style: str) -> Mapping[str, Array]:
    switched = replace(truth, web=replace(truth.web, off=(*truth.web.off, *off)))
    rng = np.random.default_rng(_SEED)
    table = simulate_table(switched, n_clients=_ROWS, rng=rng, missing=0.0, dropout=0.0, arms=arms, style=style)
    return {name: values.reshape(_ROWS, -1) for name, values in table.columns.items()}


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
    columns = _columns(truth)
    arm, problem, change = columns["arm"][:, 0], columns["problem_area"][:, 0], _change(columns, "symptoms")

    def difference(area: ProblemArea) -> float:
        first, second = (change[(arm == name) & (problem == area.value)].mean() for name in dict.fromkeys(arm))
        return float(first - second)

    return difference(ProblemArea.ROLE_TRANSITION) - difference(ProblemArea.GRIEF)


def placebo_effect(truth: Scenario) -> float:
    """Return the change of symptoms with a placebo minus that on a waiting list."""
    columns = _columns(truth, arms=("placebo", "waiting_list"))
    change, treated = _change(columns, "symptoms"), columns["therapy"][:, 0] == 1.0
    return float(change[treated].mean() - change[~treated].mean())


def gain_with_problems(truth: Scenario, edge: str) -> float:
    """Return r of interpersonal problems with the change of symptoms, minus the same without an edge."""
    both = [_columns(truth, off=off) for off in ((), (edge,))]
    on, off = (correlation(c["interpersonal_problems"][:, 0], _change(c, "symptoms")) for c in both)
    return on - off


def alliance_beside_support(truth: Scenario, than: str) -> float:
    """Return the lag of alliance less that of support, over three outcomes, minus the same in another scenario."""
    return _alliance_less_support(truth) - _alliance_less_support(scenario(than))


def _alliance_less_support(truth: Scenario) -> float:
    columns, outcomes = _columns(truth), ("symptoms", "insight", "interpersonal_skills")
    rivals = ("alliance", "social_support")
    directions = {name: CONSTRUCTS[name].direction for name in (*rivals, *outcomes)}
    estimate = estimate_rivals(
        _session_table(columns, (*rivals, *outcomes)), rivals, outcomes, directions, Detrending.CENTRED
    )
    return estimate.difference if estimate is not None else 0.0


def support_by_ties(truth: Scenario, of: str) -> float:
    """Return the change of the lag of support per SD of how committed friends are, detrended."""
    table = _session_table(_columns(truth), ("social_support", of, "tie_commitment"))
    question = ModerationQuestion(shortest_link(table, "social_support", of), "tie_commitment", between_persons=True)
    estimate = estimate_moderation(table, question, Detrending.DETRENDED)
    return estimate.estimate if estimate is not None else 0.0


def _session_table(columns: Mapping[str, Array], names: Sequence[str]) -> SessionTable:
    person, session = np.indices(columns[names[0]].shape).reshape(2, -1)
    values = {name: columns[name].ravel() for name in names}
    moments = {name: Moment(CONSTRUCTS[name].moment) for name in names}
    return SessionTable(_ROWS, person, session.astype(np.float64), values, moments, "session")


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
            gain_with_problems,
            alliance_beside_support,
            support_by_ties,
        )
    }
)
