"""Tables for tests of mediation: drawn from known paths, or from scenarios with edges switched off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mediated_trials import ARMS, draw_trial
from securebase.measurement.constructs import construct
from securebase.model.scenario import scenario
from securebase.model.simulate import simulate_table
from securebase.model.theory import theory
from securebase.records.cohort import Cohort
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Moment
from securebase.study.mediation.answer import MediationAnswer, TrialMediation
from securebase.study.mediation.question import Mediation, MediationKind
from securebase.study.questions.question import QuestionData
from securebase.study.table import SessionTable

NO_COHORT = Cohort((), (), "y", ())


def table_of(values: Mapping[str, np.ndarray], moments: Mapping[str, Moment] | None = None) -> SessionTable:
    """Return a table from (persons, sessions) arrays."""
    n, sessions = next(iter(values.values())).shape
    person, session = np.indices((n, sessions)).reshape(2, -1)
    columns = {name: np.asarray(v, dtype=float).ravel() for name, v in values.items()}
    before = dict.fromkeys(values, Moment.BEFORE)
    return SessionTable(n, person, session.astype(float), columns, before | dict(moments or {}), "session")


def ask(
    table: SessionTable,
    cause: str,
    mediators: Sequence[str],
    outcome: str = "y",
    kind: MediationKind = MediationKind.WITHIN,
    *,
    serial: bool = False,
    processes: Sequence[str] = (),
) -> MediationAnswer:
    """Answer the question of mediation in a table."""
    data = QuestionData(NO_COHORT, (), table, None, outcome, tuple(processes), {})  # type: ignore[arg-type]
    return Mediation(cause, tuple(mediators), kind, serial).answer(data)


def ask_trial(
    table: SessionTable,
    arms: Sequence[str],
    mediators: Sequence[str],
    outcome: str = "symptoms",
    *,
    serial: bool = False,
    reference: str = "",
) -> TrialMediation:
    """Answer the question of mediation in a trial with one arm for each person."""
    names = tuple(map(str, range(table.n_persons)))
    episodes = tuple(EpisodeRecord(name, arm=arm) for name, arm in zip(names, arms, strict=True))
    cohort = Cohort(episodes, (), outcome, ())
    data = QuestionData(cohort, names, table, None, outcome, (), {})  # type: ignore[arg-type]
    answer = Mediation("", tuple(mediators), MediationKind.TRIAL, serial, reference).answer(data)
    assert isinstance(answer, TrialMediation)
    return answer


def simulated_trial(name: str, mediators: Sequence[str], *, n: int, seed: int) -> TrialMediation:
    """Answer the question in a simulated trial of interpersonal psychotherapy against a waiting list."""
    table, arm = draw_trial(name, ("symptoms", *mediators), n=n, rng=np.random.default_rng(seed))
    return ask_trial(table, [ARMS[0] if therapy else ARMS[1] for therapy in arm], mediators, reference=ARMS[1])


def simulated(name: str, columns: Sequence[str], *, n: int, seed: int, without: Sequence[str] = ()) -> SessionTable:
    """Return columns of a scenario, without some edges of the web."""
    drawn = scenario(name)
    drawn = replace(drawn, web=replace(drawn.web, without=tuple(without)))
    values = simulate_table(drawn, n_clients=n, rng=np.random.default_rng(seed)).columns
    person = np.unique(values["person"], return_inverse=True)[1].astype(np.int64)
    moments = {c: Moment(construct(c).moment) for c in columns}
    rows = {c: np.asarray(values[c], dtype=float) for c in columns}
    return SessionTable(n, person, np.asarray(values["session"], dtype=float), rows, moments, "session")


def edges_into(*names: str) -> tuple[str, ...]:
    """Return the ids of the edges of the web that lead to these constructs."""
    return tuple(e.id for e in theory().edges if e.to_construct in names and e.place.value == "study")
