"""Episode records: one course of therapy of one client as frozen values.

Tables, database and simulator all produce an `EpisodeRecord`; models and reports do not depend on the source. Times are
days since the episode began.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from securebase.records.artefact import ArtefactRecord, ClosenessCircle, RelationshipRecord
from securebase.records.vocabulary import Ending, Match, Moment, Phase, ProblemArea, Respondent, RuptureKind


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """A score of one construct at one time.

    Parameters
    ----------
    construct : str
        Name of the construct, such as ``"symptoms"``.
    value : float
        Score in points of the scale.
    at : float
        Time in days since the episode began.
    moment : Moment, default Moment.BEFORE
        Before, after or between sessions. Decides what counts as earlier.
    session : int, optional
        Number of the session it belongs to.
    instrument, scale : str
        Instrument and scale that yielded the score; empty if unknown.
    respondent : Respondent, default Respondent.CLIENT
        The person who answered.

    Examples
    --------
    >>> import securebase
    >>> score = securebase.ScoreRecord("symptoms", 14.0, at=7.0, session=2, instrument="phq9", scale="total")
    >>> score.value, score.moment.value
    (14.0, 'before')
    """

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
    """One administration of an instrument, with its responses and scores.

    Parameters
    ----------
    instrument : str
        Id of the instrument.
    at : float
        Time in days since the episode began.
    moment : Moment, default Moment.BEFORE
        Before, after or between sessions.
    session : int, optional
        Number of the session it belongs to.
    respondent : Respondent, default Respondent.CLIENT
        The person who answered.
    responses : mapping of int to float or None
        Item number → response, None if unanswered. An answer that counts as missing keeps its value.
    scores : tuple of ScoreRecord
        Scores computed from the responses.
    instrument_version : str, default "1"
        Version of the instrument: the wording that was asked.

    Examples
    --------
    >>> import securebase
    >>> record = securebase.AdministrationRecord("phq2", at=7.0, session=2, responses={1: 2.0, 2: None})
    >>> record.moment.value, record.responses[2] is None
    ('before', True)
    """

    instrument: str
    at: float
    moment: Moment = Moment.BEFORE
    session: int | None = None
    respondent: Respondent = Respondent.CLIENT
    responses: Mapping[int, float | None] = field(default_factory=dict)
    scores: tuple[ScoreRecord, ...] = ()
    instrument_version: str = "1"


@dataclass(frozen=True, slots=True)
class SafetyAlertRecord:
    """A safety alert: a response at or above a threshold. `acknowledged_at` is None until staff acknowledge it."""

    at: float
    instrument: str
    item: int
    value: float
    acknowledged_at: float | None = None


@dataclass(frozen=True, slots=True)
class TherapySessionRecord:
    """A therapy session that took place.

    Parameters
    ----------
    number : int
        Number of the session, from 1.
    at : float
        Time in days since the episode began.
    phase : Phase, optional
        Phase of the course in this session.

    Examples
    --------
    >>> import securebase
    >>> session = securebase.TherapySessionRecord(number=2, at=7.0)
    >>> session.phase is None
    True
    """

    number: int
    at: float
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class RuptureRecord:
    """A rupture of the alliance that a person marked.

    Parameters
    ----------
    at : float
        Time in days since the episode began.
    session : int or None
        Session in which it was marked.
    kind : RuptureKind
        Withdrawal or confrontation.
    repaired_at : float, optional
        Day of the repair; None while the rupture is unrepaired.

    Examples
    --------
    >>> import securebase
    >>> from securebase.records.vocabulary import RuptureKind
    >>> rupture = securebase.RuptureRecord(at=35.0, session=6, kind=RuptureKind.WITHDRAWAL, repaired_at=42.0)
    >>> rupture.repaired_at - rupture.at
    7.0
    """

    at: float
    session: int | None
    kind: RuptureKind
    repaired_at: float | None = None


@dataclass(frozen=True, slots=True)
class LifeEventRecord:
    """A life event between sessions. `dependent`: the client contributed to it."""

    at: float
    dependent: bool
    weight: float


@dataclass(frozen=True, slots=True)
class RetellingRecord:
    """A retelling of a hard experience (imaginal exposure), with peak and final distress (0 to 100)."""

    at: float
    session: int
    peak: float
    end: float


@dataclass(frozen=True, slots=True)
class CorrectiveExperienceRecord:
    """A corrective emotional experience that a person marked."""

    at: float
    session: int


@dataclass(frozen=True, slots=True)
class InputRecord:
    """The dose of a time-varying input, such as a technique or a medication.

    Parameters
    ----------
    name : str
        Name of the input.
    value : float
        Dose in the units of the table; 0 means not given.
    at : float
        Time in days since the episode began.
    moment : Moment, default Moment.BEFORE
        BEFORE: given between the previous time and this one. AFTER: given in the session at this time, with effect
        until the next.

    Examples
    --------
    >>> import securebase
    >>> securebase.InputRecord("sertraline", 50.0, at=14.0).moment.value
    'before'
    """

    name: str
    value: float
    at: float
    moment: Moment = Moment.BEFORE


@dataclass(frozen=True, slots=True)
class StandardisedCovariate:
    """A time-invariant covariate (attachment, expectation), standardised within its cohort."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class HypothesisMatch:
    """Answers of client or therapist to whether the processes that a picture showed matched what they see.

    A key of `answers` is one process, or several joined by “+” that the picture could not distinguish. `leading` is the
    key of the one with the largest contribution, which the picture asks about.
    """

    at: float
    respondent: Respondent
    leading: str
    answers: Mapping[str, Match]


@dataclass(frozen=True, slots=True)
class EpisodeRecord:
    """One course of therapy of one client.

    All times are days since the episode began. `securebase.read_record` reads one from a file of the workbench.

    Parameters
    ----------
    person : str
        Pseudonym or label of the client.
    administrations : tuple of AdministrationRecord
        Completed instruments with responses and scores.
    sessions : tuple of TherapySessionRecord
        Sessions that took place.
    ruptures : tuple of RuptureRecord
        Ruptures of the alliance and their repair.
    safety_alerts : tuple of SafetyAlertRecord
        Responses that reached a safety threshold.
    problem_areas : tuple of ProblemArea
        Problem areas in focus.
    phase : Phase, optional
        Current phase.
    planned_sessions : int, optional
        Planned number of sessions.
    initial_sessions, ending_sessions : int, default 3
        Planned length of the initial and the ending phase in sessions.
    days_between : int, default 7
        Planned interval between sessions in days.
    course_format : str
        Format of the course when it began, such as ``"standard"``; empty if unknown.
    ended_at : float, optional
        Day of the end; None while the course is running.
    symptom_measure : (str, str)
        Instrument and scale that track the symptoms.
    began_on : datetime.date, optional
        Calendar date of time 0. For display only: no computation uses it.
    simulated : bool, default False
        True for simulated data.
    arm, therapist : str
        Treatment arm and pseudonym of the therapist; empty if unknown.
    brought : tuple of StandardisedCovariate
        Time-invariant covariates of simulated clients, standardised within the cohort.
    covariates : mapping of str to float
        Time-invariant covariates from a table, in its units; categories are 0/1 columns.
    inputs : tuple of InputRecord
        Time-varying inputs.
    life_events, tellings, corrective_experiences : tuple
        Life events, retellings and corrective experiences.
    ending : Ending, optional
        How the course ended.
    follow_ups : tuple of float
        Days of follow-up assessments after the end.
    artefacts : tuple of ArtefactRecord
        Completed worksheets, each in its last version.
    relationships : tuple of RelationshipRecord
        Interpersonal inventory.
    circles : tuple of ClosenessCircle
        All versions of the closeness circle in order of time.
    hypothesis_matches : tuple of HypothesisMatch
        Answers to whether the hypotheses of the picture matched, the last of client and therapist.

    Examples
    --------
    >>> import securebase
    >>> score = securebase.ScoreRecord("symptoms", 14.0, at=7.0, session=2, instrument="phq9", scale="total")
    >>> episode = securebase.EpisodeRecord(
    ...     person="client-1",
    ...     administrations=(securebase.AdministrationRecord("phq9", at=7.0, session=2, scores=(score,)),),
    ...     symptom_measure=("phq9", "total"),
    ... )
    >>> [(s.at, s.value) for s in episode.symptom_scores]
    [(7.0, 14.0)]
    """

    person: str
    administrations: tuple[AdministrationRecord, ...] = ()
    sessions: tuple[TherapySessionRecord, ...] = ()
    ruptures: tuple[RuptureRecord, ...] = ()
    safety_alerts: tuple[SafetyAlertRecord, ...] = ()
    problem_areas: tuple[ProblemArea, ...] = ()
    phase: Phase | None = None
    planned_sessions: int | None = None
    initial_sessions: int = 3
    ending_sessions: int = 3
    days_between: int = 7
    ended_at: float | None = None
    symptom_measure: tuple[str, str] = ("session_before", "symptoms")
    began_on: date | None = None
    simulated: bool = False
    arm: str = ""
    therapist: str = ""
    brought: tuple[StandardisedCovariate, ...] = ()
    covariates: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[InputRecord, ...] = ()
    life_events: tuple[LifeEventRecord, ...] = ()
    tellings: tuple[RetellingRecord, ...] = ()
    corrective_experiences: tuple[CorrectiveExperienceRecord, ...] = ()
    ending: Ending | None = None
    follow_ups: tuple[float, ...] = ()
    artefacts: tuple[ArtefactRecord, ...] = ()
    relationships: tuple[RelationshipRecord, ...] = ()
    circles: tuple[ClosenessCircle, ...] = ()
    hypothesis_matches: tuple[HypothesisMatch, ...] = ()
    course_format: str = ""

    def artefacts_of(self, *worksheets: str) -> tuple[ArtefactRecord, ...]:
        """Return the artefacts of these worksheets in the order of their first version."""
        return tuple(sorted((a for a in self.artefacts if a.worksheet in worksheets), key=lambda a: a.begun_at))

    def scores(
        self,
        construct: str,
        *,
        instrument: str | None = None,
        scale: str | None = None,
        respondent: Respondent = Respondent.CLIENT,
    ) -> tuple[ScoreRecord, ...]:
        """Return the scores of a construct in order of time, optionally of one instrument and scale only.

        The measure that the course follows counts as symptoms, whatever its scale measures.
        """
        followed = self.symptom_measure if construct == "symptoms" else None
        scores = [
            s
            for a in self.administrations
            for s in a.scores
            if (s.construct == construct or (s.instrument, s.scale) == followed)
            and s.respondent == respondent
            and (instrument is None or s.instrument == instrument)
            and (scale is None or s.scale == scale)
        ]
        return tuple(sorted(scores, key=lambda s: s.at))

    @property
    def symptom_scores(self) -> tuple[ScoreRecord, ...]:
        """Scores of the symptom measure in order of time."""
        return self.scores("symptoms", instrument=self.symptom_measure[0], scale=self.symptom_measure[1])

    @property
    def last_at(self) -> float:
        """Day of the last administration or session; 0 for an empty episode."""
        return max([a.at for a in self.administrations] + [s.at for s in self.sessions], default=0.0)
