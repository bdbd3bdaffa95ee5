"""Records of simulated clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from securebase.model.parameters import Array
from securebase.model.simulate.clients import SimulatedClients
from securebase.model.simulate.clinic import SimulatedClinic, phase_of, safety_alerts
from securebase.model.simulate.shocks import Shock, day_of, marked_shocks
from securebase.model.simulate.truth import PersonTruth
from securebase.records.episode import (
    AdministrationRecord,
    CorrectiveExperienceRecord,
    EpisodeRecord,
    RetellingRecord,
    RuptureRecord,
    StandardisedCovariate,
    TherapySessionRecord,
)


@dataclass(frozen=True, eq=False)
class RecordBuilder:
    """Builds the record of a client as a clinic would keep it."""

    clients: SimulatedClients
    clinic: SimulatedClinic

    def build_episode(self, i: int, truth: PersonTruth, shocks: Sequence[Shock]) -> EpisodeRecord:
        """Return the record of client i, from the truth about this client."""
        clients = self.clients
        treated, days = clients.people.arms[i].sessions, clients.days[i, : len(truth.values)]
        administrations: list[AdministrationRecord] = []
        for number, day in enumerate(days.tolist(), start=1):
            values = self._values(i, truth.values[number - 1])
            administrations += self.clinic.administer_session(i, number, day, values, held=treated)
        days_per_unit = clients.scenario.parameter_set.specification.days_per_unit
        follow_ups = [float(np.rint(w * days_per_unit)) for w in truth.after_weeks]
        for k, day in enumerate(follow_ups):
            administrations += self.clinic.administer_follow_up(i, k, day, self._values(i, truth.after[k]))
        held = tuple(
            TherapySessionRecord(number, day, phase_of(number, clients.plan.sessions))
            for number, day in enumerate(days.tolist() if treated else [], start=1)
        )
        marked = [
            RuptureRecord(float(days[r.session - 1]), r.session, r.kind, day_of(days, r.repaired))
            for r in truth.ruptures
            if r.marked
        ]
        return EpisodeRecord(
            person=truth.person,
            administrations=tuple(administrations),
            sessions=held,
            ruptures=tuple(sorted([*marked, *marked_shocks(shocks, days)], key=lambda r: r.at)),
            safety_alerts=tuple(safety_alerts(administrations)),
            phase=held[-1].phase if held else None,
            planned_sessions=clients.plan.sessions if treated else None,
            ended_at=float(days[-1]),
            simulated=True,
            arm=truth.arm if clients.shows_arms else "",
            problem_areas=(clients.people.problems[i],) if clients.people.problems else (),
            therapist=truth.therapist,
            brought=tuple(StandardisedCovariate(name, value) for name, value in truth.brought.items()),
            life_events=truth.life_events,
            tellings=tuple(
                RetellingRecord(float(days[t.session - 1]), t.session, t.rated_peak, t.rated_end)
                for t in truth.tellings
            ),
            corrective_experiences=tuple(
                CorrectiveExperienceRecord(float(days[s - 1]), s) for s in truth.corrective_experiences
            ),
            ending=truth.ending,
            follow_ups=tuple(follow_ups),
        )

    def _values(self, i: int, values: Array) -> dict[str, float]:
        """Return true values by construct and index, together with the client's covariates."""
        web = self.clients.web
        indices = {name: float(weights @ values) for name, weights in web.index_weights.items()}
        return self.clients.covariates(i) | indices | dict(zip(web.names, values.tolist(), strict=True))
