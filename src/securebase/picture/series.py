"""The scores of one client, selected once from the record; every section of a picture draws on these series."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import msgspec

from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import TRACKED_CONSTRUCTS, Direction
from securebase.measurement.instrument import Instrument, ReliableChange, Scale, reliable_change_points
from securebase.model.parameter_set import ParameterSet
from securebase.picture.axis import time_axis
from securebase.picture.gates import gate
from securebase.picture.omissions import count_answered, partial_answer_notes, symptom_notes
from securebase.picture.parts import EvidenceGate, GateLevel, IntervalEstimate, ReportedScore, Session
from securebase.records.episode import EpisodeRecord, ScoreRecord

#: Half widths of intervals in standard deviations.
HALF_50, HALF_80, HALF_90 = (NormalDist().inv_cdf(0.5 + share / 2) for share in (0.5, 0.8, 0.9))
#: (instrument, scale)
Measure = tuple[str, str]
#: The product's own session set, used where a construct was not measured otherwise.
DEFAULT_MEASURES: Mapping[str, Measure] = {
    "symptoms": ("session_before", "symptoms"),
    "alliance": ("session_after", "alliance"),
    "social_support": ("session_before", "social_support"),
    "interpersonal_stress": ("session_before", "interpersonal_stress"),
    "interpersonal_skills": ("session_before", "interpersonal_skills"),
    "emotional_processing": ("session_after", "emotional_processing"),
}


@dataclass(frozen=True, slots=True)
class Series:
    """The client's scores of one construct, on the one scale that the picture shows.

    `instrument` and `scale` are None for a measure of an imported table. `minimum` and `maximum` are those of the
    scale, else of the scores. `notes` name the responses that are not among the scores, and why.
    """

    construct: str
    measure: Measure
    instrument: Instrument | None
    scale: Scale | None
    reported: tuple[ReportedScore, ...]
    minimum: float
    maximum: float
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> list[float]:
        return [r.value for r in self.reported]

    @property
    def worse_is_higher(self) -> bool:
        return self.scale is None or self.scale.direction is not Direction.HIGHER_IS_BETTER

    @property
    def validated(self) -> bool:
        return self.instrument is not None and self.instrument.validated

    @property
    def measure_name(self) -> str:
        """The instrument's name, preceded by “check-in” for the product's own sets."""
        if self.instrument is None:
            return self.measure[1]
        name = self.instrument.name
        return f"check-in {name[0].lower()}{name[1:]}" if self.instrument.own_wording else name

    def clip(self, value: float) -> float:
        """Clip an estimate to the range of the scale, which the Gaussian model does not know."""
        return float(min(max(value, self.minimum), self.maximum))

    def interval(self, at: float, value: float, half: float) -> IntervalEstimate:
        """Return the interval value ± half, clipped to the range of the scale."""
        return IntervalEstimate(float(at), *(self.clip(v) for v in (value, value - half, value + half)))


@dataclass(frozen=True, slots=True)
class PreparedRecord:
    """One record as known at one day, with the selections that the sections of a picture share.

    `series` maps the tracked constructs to their scores. `models_symptoms` is False if the parameter set has no units
    for the measure that the course follows: the model then tracks the other constructs only. `trackable` is False
    without a score that the model could use. `answered` counts the questionnaires that the client answered, wholly or
    in part.
    """

    record: EpisodeRecord
    as_of: float
    axis: tuple[Session, ...]
    gate: EvidenceGate
    series: Mapping[str, Series]
    models_symptoms: bool
    trackable: bool
    answered: int

    @property
    def measures(self) -> dict[str, Measure]:
        """Construct → (instrument, scale)."""
        return {name: series.measure for name, series in self.series.items()}

    @property
    def shows_estimates(self) -> bool:
        """True where the gate permits this client's usual levels and a forecast."""
        return self.gate.level >= GateLevel.COHORT


def prepare(record: EpisodeRecord, as_of: float, parameter_set: ParameterSet) -> PreparedRecord:
    """Select what the picture of one day rests on: later entries are left out, except safety alerts."""
    past = record_at(record, as_of)
    scores = {name: past.scores(name) for name in TRACKED_CONSTRUCTS}
    measures = select_measures(past.symptom_measure, scores, parameter_set)
    unit = parameter_set.scales.get(past.symptom_measure)
    models_symptoms = unit is not None and unit.construct == "symptoms"
    notes = {
        "symptoms": symptom_notes(past, scores["symptoms"], modelled=models_symptoms),
        "alliance": partial_answer_notes(past, measures["alliance"], "alliance"),
    }
    series = {
        name: _build_series(name, measure, scores[name], parameter_set, notes.get(name, ()))
        for name, measure in measures.items()
    }
    return PreparedRecord(
        record=past,
        as_of=as_of,
        axis=time_axis(past, as_of),
        gate=gate(past, scores),
        series=series,
        models_symptoms=models_symptoms,
        trackable=bool((models_symptoms and series["symptoms"].reported) or scores["alliance"]),
        answered=count_answered(past),
    )


def record_at(record: EpisodeRecord, as_of: float) -> EpisodeRecord:
    """Return the record as known at `as_of`, with all safety alerts."""
    return replace(
        record,
        administrations=tuple(a for a in record.administrations if a.at <= as_of),
        sessions=tuple(s for s in record.sessions if s.at <= as_of),
        ruptures=tuple(
            replace(r, repaired_at=None) if r.repaired_at is not None and r.repaired_at > as_of else r
            for r in record.ruptures
            if r.at <= as_of
        ),
        artefacts=tuple(a for a in record.artefacts if a.begun_at <= as_of),
        life_events=tuple(e for e in record.life_events if e.at <= as_of),
        ended_at=record.ended_at if record.ended_at is not None and record.ended_at <= as_of else None,
    )


def select_measures(
    symptom_measure: Measure, scores: Mapping[str, Sequence[ScoreRecord]], parameter_set: ParameterSet
) -> dict[str, Measure]:
    """Return construct → (instrument, scale).

    The episode names the symptom scale. Every other construct has the scale that the client completed most often, among
    those for which the parameter set has units.
    """
    measures = {**DEFAULT_MEASURES, "symptoms": symptom_measure}
    for construct in TRACKED_CONSTRUCTS[1:]:
        counts = Counter((s.instrument, s.scale) for s in scores[construct])
        known = [measure for measure in counts if measure in parameter_set.scales]
        if known:
            measures[construct] = max(known, key=lambda key: (counts[key], key == DEFAULT_MEASURES[construct], key))
    return measures


def _build_series(
    construct: str,
    measure: Measure,
    scores: Sequence[ScoreRecord],
    parameter_set: ParameterSet,
    notes: tuple[str, ...],
) -> Series:
    instrument, scale = find_measure(measure, parameter_set)
    reported = tuple(ReportedScore(s.at, s.value, s.session) for s in scores if (s.instrument, s.scale) == measure)
    values = [r.value for r in reported] or [0.0, 1.0]
    low, high = (scale.minimum, scale.maximum) if scale is not None else (min(values), max(values))
    return Series(construct, measure, instrument, scale, reported, low, high, notes)


def find_measure(measure: Measure, parameter_set: ParameterSet) -> tuple[Instrument | None, Scale | None]:
    """Return the instrument and scale of the catalogue, or None for a measure of an imported table.

    If the instrument gives no reliable change, it is computed from the SD and reliability of the parameter set and
    takes their verification status.
    """
    instrument = instruments().get(measure[0])
    scale = next((s for s in instrument.scales if s.id == measure[1]), None) if instrument else None
    if instrument is None or scale is None:
        return None, None
    unit = parameter_set.scales.get(measure)
    if scale.reliable_change is None and unit is not None:
        points = reliable_change_points(unit.sd, unit.reliability)
        basis = f"computed from a spread of {unit.sd:g} and a reliability of {unit.reliability:g}"
        scale = msgspec.structs.replace(scale, reliable_change=ReliableChange(basis, unit.verified, points))
    return instrument, scale
