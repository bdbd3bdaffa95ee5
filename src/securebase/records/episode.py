"""`EpisodeRecord`: one course of therapy of one client, as plain frozen values.

Everything that produces data (a table, the database, the simulator) makes one of these, and nothing downstream asks
where it came from. Times are days since the episode began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from securebase.records.artefact import ArtefactRecord, ClosenessCircle, RelationshipRecord
from securebase.records.vocabulary import Ending, Moment, Phase, ProblemArea, Respondent, RuptureKind


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """One number for one construct. `at` in days since the episode began; `session` is the session it belongs to."""

    construct: str
    value: float
    at: float
    moment: Moment = Moment.BEFORE
    session: int | None = None
    instrument: str = ""
    scale: str = ""
    respondent: Respondent = Respondent.CLIENT


@dataclass(frozen=True, slots=True)
class AdministrationRecord:
    """One instrument filled in once. Responses are always kept; an unanswered item is None."""

    instrument: str
    at: float
    moment: Moment = Moment.BEFORE
    session: int | None = None
    respondent: Respondent = Respondent.CLIENT
    responses: Mapping[int, float | None] = field(default_factory=dict)
    scores: tuple[ScoreRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class SafetyAlertRecord:
    """A response that asked for attention. `acknowledged_at` is None while nobody has answered it."""

    at: float
    instrument: str
    item: int
    value: float
    acknowledged_at: float | None = None


@dataclass(frozen=True, slots=True)
class TherapySessionRecord:
    """One therapy meeting that took place."""

    number: int
    at: float
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class RuptureRecord:
    """Strain in the alliance that was marked by a person. `repaired_at` is None while it is open."""

    at: float
    session: int | None
    kind: RuptureKind
    repaired_at: float | None = None


@dataclass(frozen=True, slots=True)
class LifeEventRecord:
    """Something that happened to the client between sessions. dependent: brought about in part by the client."""

    at: float
    dependent: bool
    weight: float


@dataclass(frozen=True, slots=True)
class RetellingRecord:
    """Something hard told in a session: distress (0 to 100) at its height and at the end of the telling."""

    at: float
    session: int
    peak: float
    end: float


@dataclass(frozen=True, slots=True)
class CorrectiveExperienceRecord:
    """An old conflict met again with another ending, as somebody marked it."""

    at: float
    session: int


@dataclass(frozen=True, slots=True)
class InputRecord:
    """How much of something was done: a technique, a phase, a medication (0: not at all). `at` in days.

    moment before: it was done between the moment recorded before and this one; after: it was done in the session of
    this moment, and works until the next.
    """

    name: str
    value: float
    at: float
    moment: Moment = Moment.BEFORE


@dataclass(frozen=True, slots=True)
class StandardisedCovariate:
    """What the client brought along (attachment, expectation), standardised over the cohort it stands in."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """One course of therapy of one client (a pseudonym or a label, never more than the caller chose to give)."""

    person: str
    administrations: tuple[AdministrationRecord, ...] = ()
    sessions: tuple[TherapySessionRecord, ...] = ()
    ruptures: tuple[RuptureRecord, ...] = ()
    safety_alerts: tuple[SafetyAlertRecord, ...] = ()
    problem_areas: tuple[ProblemArea, ...] = ()
    phase: Phase | None = None
    planned_sessions: int | None = None
    #: how many of them open and close the course, and days from one to the next, as told at the start
    initial_sessions: int = 3
    ending_sessions: int = 3
    days_between: int = 7
    ended_at: float | None = None
    #: instrument and scale with which this episode's symptoms are followed
    symptom_measure: tuple[str, str] = ("session_before", "symptoms")
    #: calendar day of time 0; only for display, no computation reads it
    began_on: date | None = None
    simulated: bool = False
    #: of a trial, or of a clinic with several therapists; empty where it is not known
    arm: str = ""
    therapist: str = ""
    brought: tuple[StandardisedCovariate, ...] = ()
    #: what a table says of the person, name → value in its own units; texts are 0/1 columns by now
    covariates: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[InputRecord, ...] = ()
    life_events: tuple[LifeEventRecord, ...] = ()
    tellings: tuple[RetellingRecord, ...] = ()
    corrective_experiences: tuple[CorrectiveExperienceRecord, ...] = ()
    ending: Ending | None = None
    #: days at which the client was asked again after the end
    follow_ups: tuple[float, ...] = ()
    #: what the work left behind, each in its last version
    artefacts: tuple[ArtefactRecord, ...] = ()
    relationships: tuple[RelationshipRecord, ...] = ()
    #: every version of the closeness circle, in order of time
    circles: tuple[ClosenessCircle, ...] = ()

    def artefacts_of(self, *worksheets: str) -> tuple[ArtefactRecord, ...]:
        """Artefacts of these worksheets, in the order in which they were begun."""
        return tuple(sorted((a for a in self.artefacts if a.worksheet in worksheets), key=lambda a: a.begun_at))

    def scores(
        self,
        construct: str,
        *,
        instrument: str | None = None,
        scale: str | None = None,
        respondent: Respondent = Respondent.CLIENT,
    ) -> tuple[ScoreRecord, ...]:
        """Every score of a construct in order of time, optionally of one instrument and scale only."""
        found = [
            s
            for a in self.administrations
            for s in a.scores
            if s.construct == construct
            and s.respondent == respondent
            and (instrument is None or s.instrument == instrument)
            and (scale is None or s.scale == scale)
        ]
        return tuple(sorted(found, key=lambda s: s.at))

    @property
    def symptom_scores(self) -> tuple[ScoreRecord, ...]:
        """Symptoms on the measure that this episode is followed with, in order of time."""
        return self.scores("symptoms", instrument=self.symptom_measure[0], scale=self.symptom_measure[1])

    @property
    def last_at(self) -> float:
        """The last moment anything was recorded; 0 for an empty episode."""
        return max([a.at for a in self.administrations] + [s.at for s in self.sessions], default=0.0)
