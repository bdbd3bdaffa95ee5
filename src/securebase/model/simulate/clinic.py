"""The clinic's records of true courses: check-ins asked, missed and answered, and safety alerts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.catalogue import instrument
from securebase.measurement.instrument import Instrument
from securebase.measurement.scoring import raised_rules, score
from securebase.model.parameter_set import ParameterSet
from securebase.model.processes import AdditionalMeasure, SelectiveMissingness
from securebase.model.responses import responses_for
from securebase.model.scenario import CoursePlan
from securebase.model.simulate.probabilities import shift_log_odds
from securebase.records.episode import AdministrationRecord, SafetyAlertRecord, ScoreRecord
from securebase.records.vocabulary import Moment, Phase, Respondent

#: the check-ins around every session, and the inventory given at intervals
SESSION_SETS = (
    AdditionalMeasure("session_before", "before", every=1),
    AdditionalMeasure("session_after", "after", every=1),
)
INVENTORY = "phq9"
#: SD of a score without a scale unit among clients at the first session, as a share of its range
_SD_OF_RANGE = 0.2
#: reliability of a rating of a covariate that is no construct of the web, a judgement
_COVARIATE_RELIABILITY = 0.7
#: added to a follow-up's number in the seed, so that its draws never coincide with a session's
_FOLLOW_UP_OFFSET = 10_000


@dataclass(frozen=True, eq=False)
class SimulatedClinic:
    """A clinic that administers check-ins.

    alerts: (person, session) with an alerting answer. seeds (n,): by person. reliabilities: of a rating, by construct.
    Every check-in draws from its own stream, so that a change to one person or session leaves all other draws alone.
    """

    parameter_set: ParameterSet
    plan: CoursePlan
    missing: SelectiveMissingness
    given: tuple[AdditionalMeasure, ...]
    alerts: frozenset[tuple[int, int]]
    seeds: NDArray[np.int64]
    reliabilities: Mapping[str, float]

    def administer_session(
        self, person: int, number: int, day: float, true: Mapping[str, float], *, held: bool
    ) -> Iterator[AdministrationRecord]:
        """Yield the check-ins around one session.

        true: true values by construct, in standard units. held: False on a waiting list, where nothing can be asked
        after a session.
        """
        measures = [*SESSION_SETS]
        if self.plan.inventory_every and (number - 1) % self.plan.inventory_every == 0:
            measures.append(AdditionalMeasure(INVENTORY))
        measures += [measure for measure in self.given if measure.is_given_at(number)]
        for position, measure in enumerate(measures):
            if not held and measure.moment == Moment.AFTER:
                continue
            # streams 0 to 2 belong to the sets and the inventory, whether or not it is given
            is_usual = position < len(SESSION_SETS) or measure.instrument == INVENTORY
            rng = self._stream(person, number, position if is_usual else 3 + self.given.index(measure))
            forced = (person, number) in self.alerts and measure.instrument != INVENTORY
            administration = self._check_in(measure, day, true, rng, session=number if held else None, forced=forced)
            if administration is not None:
                yield administration

    def administer_follow_up(
        self, person: int, k: int, day: float, true: Mapping[str, float]
    ) -> Iterator[AdministrationRecord]:
        """Yield the follow-up check-ins: the set before a session, the inventory, and measures with a follow-up."""
        measures = [SESSION_SETS[0], *([AdditionalMeasure(INVENTORY)] if self.plan.inventory_every else [])]
        measures += [measure for measure in self.given if measure.follow_up]
        for position, measure in enumerate(measures):
            rng = self._stream(person, _FOLLOW_UP_OFFSET + k, position)
            administration = self._check_in(measure, day, true, rng, session=None)
            if administration is not None:
                yield administration

    def _check_in(
        self,
        measure: AdditionalMeasure,
        day: float,
        true: Mapping[str, float],
        rng: np.random.Generator,
        *,
        session: int | None,
        forced: bool = False,
    ) -> AdministrationRecord | None:
        questionnaire = instrument(measure.instrument)
        missed, alerting = rng.random(2) < (self._missing_probability(true), self.plan.safety)
        forced = forced and bool(questionnaire.safety_rules)
        if missed and not forced:
            return None
        scores = self._draw_scores(questionnaire, true, rng, measure)
        responses = responses_for(questionnaire, scores, rng, alarm=bool(alerting) or forced)
        moment = Moment(measure.moment) if session is not None else Moment.BETWEEN
        return _build_administration(questionnaire, responses, day, (moment, session, Respondent(measure.respondent)))

    def _stream(self, person: int, number: int, position: int) -> np.random.Generator:
        return np.random.default_rng((int(self.seeds[person]), number, position))

    def _missing_probability(self, true: Mapping[str, float]) -> float:
        # missing at random given the true values: log-odds linear in symptoms and alliance
        shift = self.missing.with_symptoms * true.get("symptoms", 0.0)
        shift -= self.missing.with_low_alliance * true.get("alliance", 0.0)
        return float(shift_log_odds(self.plan.missed, np.array(shift))) if shift else self.plan.missed

    def _draw_scores(
        self, questionnaire: Instrument, true: Mapping[str, float], rng: np.random.Generator, measure: AdditionalMeasure
    ) -> dict[str, float]:
        """Draw a score for every scale whose construct is simulated."""
        scores = {}
        selected = widest_scales(questionnaire)
        for scale in questionnaire.scales:
            z = float(rng.standard_normal())
            if scale.id not in selected:
                continue
            unit = self.parameter_set.simulation_scale(questionnaire.id, scale.id)
            # another rater's bias and extra error, in SDs of the scale
            rater = 0.0
            if measure.respondent != "client":
                rater = measure.shift + measure.extra_noise * float(rng.standard_normal())
            if unit is not None and unit.construct in true:
                value = unit.mean + unit.points * true[unit.construct] + np.sqrt(unit.noise) * z + unit.sd * rater
                scores[scale.id] = float(value)
            elif scale.construct in true:
                # no unit is stated: the range of the scale and the reliability of the construct
                middle, sd = (scale.minimum + scale.maximum) / 2, _SD_OF_RANGE * (scale.maximum - scale.minimum)
                reliability = self.reliabilities.get(scale.construct, _COVARIATE_RELIABILITY)
                observed = np.sqrt(reliability) * true[scale.construct] + np.sqrt(1.0 - reliability) * z
                scores[scale.id] = float(middle + sd * (observed + rater))
        return scores


def answerable_scales(questionnaire: Instrument, simulated: Collection[str]) -> tuple[str, ...]:
    """Return the scales of an instrument that a scenario with these constructs can answer."""
    return tuple(s.id for s in questionnaire.scales if s.construct in simulated)


def widest_scales(questionnaire: Instrument) -> tuple[str, ...]:
    """Return the scales that are not part of a wider one; their responses determine the others."""
    items = {s.id: set(s.items) for s in questionnaire.scales}
    return tuple(a for a in items if not any(items[a] < items[b] for b in items))


def phase_of(number: int, sessions: int) -> Phase:
    """Return the usual phase of a session: initial in the first quarter of the course, ending in the last fifth."""
    if number > sessions - max(1, round(sessions / 5)):
        return Phase.ENDING
    return Phase.INITIAL if number <= max(1, round(sessions / 4)) else Phase.MIDDLE


def safety_alerts(administrations: Sequence[AdministrationRecord]) -> Iterator[SafetyAlertRecord]:
    """Yield an alert for every response that reaches the threshold of a safety rule."""
    for a in administrations:
        for rule, value in raised_rules(instrument(a.instrument), a.responses):
            yield SafetyAlertRecord(a.at, a.instrument, rule.item, value)


def _build_administration(
    questionnaire: Instrument,
    responses: Mapping[int, float | None],
    day: float,
    context: tuple[Moment, int | None, Respondent],
) -> AdministrationRecord:
    scored = score(questionnaire, responses)
    moment, number, respondent = context
    return AdministrationRecord(
        instrument=questionnaire.id,
        at=day,
        moment=moment,
        session=number,
        respondent=respondent,
        responses=scored.responses,
        scores=tuple(
            ScoreRecord(s.construct, s.value, day, moment, number, questionnaire.id, s.scale, respondent)
            for s in scored.scores.values()
            if s.value is not None
        ),
        instrument_version=questionnaire.version,
    )
