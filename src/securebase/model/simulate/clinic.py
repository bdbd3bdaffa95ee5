"""What a clinic writes down of true courses: whoever asks, misses, answers and marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.catalogue import instrument
from securebase.measurement.instrument import Instrument, Scale
from securebase.measurement.scoring import score
from securebase.model.parameter_set import ParameterSet
from securebase.model.processes import AdditionalMeasure, SelectiveMissingness
from securebase.model.responses import responses_for
from securebase.model.scenario import CoursePlan
from securebase.model.simulate.probabilities import at_odds
from securebase.records.episode import AdministrationRecord, SafetyAlertRecord, ScoreRecord
from securebase.records.vocabulary import Moment, Phase, Respondent

#: what is filled in around every session, and the inventory given now and then
SESSION_SETS = (
    AdditionalMeasure("session_before", "before", every=1),
    AdditionalMeasure("session_after", "after", every=1),
)
INVENTORY = "phq9"
#: what the model does not carry follows what it does: construct → (what it follows, sign). Judgements.
COMPANIONS: Mapping[str, tuple[str, float]] = {
    "loneliness": ("social_support", -1.0),
    "hope": ("symptoms", -1.0),
    "felt_understood": ("alliance", 1.0),
    "openness": ("alliance", 1.0),
    "alliance_bond": ("alliance", 1.0),
    "alliance_task": ("alliance", 1.0),
    "alliance_goal": ("alliance", 1.0),
    "anxiety": ("symptoms", 1.0),
    "distress": ("symptoms", 1.0),
    "functioning_impairment": ("symptoms", 1.0),
    "wellbeing": ("symptoms", -1.0),
    "perceived_support": ("social_support", 1.0),
    "support_significant_other": ("social_support", 1.0),
    "support_family": ("social_support", 1.0),
    "support_friends": ("social_support", 1.0),
    "interpersonal_problems": ("interpersonal_skills", -1.0),
    **dict.fromkeys(("positive_regard", "goal_consensus", "felt_safety", "felt_security"), ("alliance", 1.0)),
    **dict.fromkeys(("therapist_sensitivity", "feedback", "credibility"), ("alliance", 1.0)),
    **dict.fromkeys(
        ("alliance_strain", "therapist_attachment_worry", "therapist_attachment_distance"), ("alliance", -1.0)
    ),
    **dict.fromkeys(("coping", "resilience", "healthy_habits", "role_adjustment"), ("symptoms", -1.0)),
    "grief_intensity": ("symptoms", 1.0),
    **dict.fromkeys(("dispute", "problem_severity"), ("interpersonal_stress", 1.0)),
    **dict.fromkeys(("social_activity", "intimacy"), ("social_support", 1.0)),
    **dict.fromkeys(("support_seeking", "exploration"), ("interpersonal_skills", 1.0)),
    **dict.fromkeys(("emotional_competence", "emotional_expression"), ("emotional_processing", 1.0)),
    **dict.fromkeys(("emotion_regulation", "insight"), ("emotional_processing", 1.0)),
    "attachment_disorganisation": ("attachment_anxiety", 1.0),
}
#: share of a companion's spread that it has in common with what it follows, and the rest
_SHARED, _OWN = 0.7, 0.7
#: where a follow-up stands among the numbers of sessions, so that its draws meet no session's
_FOLLOW_UP = 10_000


@dataclass(frozen=True, eq=False)
class SimulatedClinic:
    """Every check-in draws from a stream of its own (`seeds` has one number a person), so that what happens to one
    person or session changes what it touches and nothing else."""

    parameter_set: ParameterSet
    plan: CoursePlan
    missing: SelectiveMissingness
    given: tuple[AdditionalMeasure, ...]
    alarms: frozenset[tuple[int, int]]
    seeds: NDArray[np.int64]

    def at_session(
        self, person: int, number: int, day: float, true: Mapping[str, float], *, held: bool
    ) -> Iterator[AdministrationRecord]:
        """Check-ins around one session. `true`: by construct, standard units. held: False on a waiting list, where what
        is asked after a session cannot be."""
        asked = [*SESSION_SETS]
        if self.plan.inventory_every and (number - 1) % self.plan.inventory_every == 0:
            asked.append(AdditionalMeasure(INVENTORY))
        asked += [one for one in self.given if one.at(number)]
        for place, one in enumerate(asked):
            if not held and one.moment == Moment.AFTER:
                continue
            # places 0 to 2 are those of the sets and the inventory, whether or not it is given
            own = place if place < len(SESSION_SETS) or one.instrument == INVENTORY else 3 + self.given.index(one)
            rng = self._stream(person, number, own)
            forced = (person, number) in self.alarms and one.instrument != INVENTORY
            made = self._check_in(one, day, true, rng, session=number if held else None, forced=forced)
            if made is not None:
                yield made

    def at_follow_up(
        self, person: int, k: int, day: float, true: Mapping[str, float]
    ) -> Iterator[AdministrationRecord]:
        """What is asked after the end: the set before a session, the inventory where there is one, and what says so."""
        asked = [SESSION_SETS[0], *([AdditionalMeasure(INVENTORY)] if self.plan.inventory_every else [])]
        asked += [one for one in self.given if one.follow_up]
        for place, one in enumerate(asked):
            made = self._check_in(one, day, true, self._stream(person, _FOLLOW_UP + k, place), session=None)
            if made is not None:
                yield made

    def _check_in(
        self,
        one: AdditionalMeasure,
        day: float,
        true: Mapping[str, float],
        rng: np.random.Generator,
        *,
        session: int | None,
        forced: bool = False,
    ) -> AdministrationRecord | None:
        shelf = instrument(one.instrument)
        missed, alarming = rng.random(2) < (self._chance_missed(true), self.plan.safety)
        forced = forced and bool(shelf.safety_rules)
        if missed and not forced:
            return None
        scores = self._scores(shelf, true, rng, one)
        answers = responses_for(shelf, scores, rng, alarm=bool(alarming) or forced)
        moment = Moment(one.moment) if session is not None else Moment.BETWEEN
        return _administration(shelf, answers, day, (moment, session, Respondent(one.respondent)))

    def _stream(self, person: int, number: int, place: int) -> np.random.Generator:
        return np.random.default_rng((int(self.seeds[person]), number, place))

    def _chance_missed(self, true: Mapping[str, float]) -> float:
        more = self.missing.with_symptoms * true.get("symptoms", 0.0)
        more -= self.missing.with_low_alliance * true.get("alliance", 0.0)
        return float(at_odds(self.plan.missed, np.array(more))) if more else self.plan.missed

    def _scores(
        self, shelf: Instrument, true: Mapping[str, float], rng: np.random.Generator, one: AdditionalMeasure
    ) -> dict[str, float]:
        """One drawn score for each scale that measures what is simulated, or follows it."""
        drawn = {}
        whole = widest(shelf)
        for scale in shelf.scales:
            z = float(rng.standard_normal())
            if scale.id not in whole:
                continue
            unit = self.parameter_set.simulation_scale(shelf.id, scale.id)
            other = one.shift + one.extra_noise * float(rng.standard_normal()) if one.respondent != "client" else 0.0
            if unit is not None and unit.construct in true:
                value = unit.mean + unit.points * true[unit.construct] + np.sqrt(unit.noise) * z + unit.sd * other
                drawn[scale.id] = float(value)
            elif (followed := _followed(scale, true)) is not None:
                middle, reach = (scale.minimum + scale.maximum) / 2, (scale.maximum - scale.minimum) / 5
                drawn[scale.id] = middle + reach * (_SHARED * followed + _OWN * z + other)
        return drawn


def measured_by(shelf: Instrument, simulated: Sequence[str]) -> tuple[str, ...]:
    """Scales of an instrument that a scenario with these constructs can answer."""
    names = dict.fromkeys(simulated, 0.0)
    return tuple(s.id for s in shelf.scales if s.construct in names or _followed(s, names) is not None)


def widest(shelf: Instrument) -> tuple[str, ...]:
    """Scales that are no part of a wider one: these are drawn, and the answers give the others."""
    items = {s.id: set(s.items) for s in shelf.scales}
    return tuple(a for a in items if not any(items[a] < items[b] for b in items))


def _followed(scale: Scale, true: Mapping[str, float]) -> float | None:
    if scale.construct in true:
        return true[scale.construct]
    name, sign = COMPANIONS.get(scale.construct, ("", 0.0))
    return sign * true[name] if name in true else None


def phase_of(number: int, sessions: int) -> Phase:
    """The usual phase of a session in a course of so many: the first quarter opens, the last fifth ends."""
    if number > sessions - max(1, round(sessions / 5)):
        return Phase.ENDING
    return Phase.INITIAL if number <= max(1, round(sessions / 4)) else Phase.MIDDLE


def alerts(administrations: Sequence[AdministrationRecord]) -> Iterator[SafetyAlertRecord]:
    """Every response that asks for attention."""
    for a in administrations:
        for rule in instrument(a.instrument).safety_rules:
            value = a.responses[rule.item]
            if value is not None and value >= rule.at_least:
                yield SafetyAlertRecord(a.at, a.instrument, rule.item, value)


def _administration(
    shelf: Instrument,
    answers: Mapping[int, float | None],
    day: float,
    how: tuple[Moment, int | None, Respondent],
) -> AdministrationRecord:
    scored = score(shelf, answers)
    moment, number, respondent = how
    return AdministrationRecord(
        instrument=shelf.id,
        at=day,
        moment=moment,
        session=number,
        respondent=respondent,
        responses=scored.responses,
        scores=tuple(
            ScoreRecord(s.construct, s.value, day, moment, number, shelf.id, s.scale, respondent)
            for s in scored.scores.values()
            if s.value is not None
        ),
    )
