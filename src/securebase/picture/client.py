"""`ClientPicture`, everything that may be shown about one tracked client, computed from the record alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite
from numbers import Real

from securebase.errors import InputError, check_class
from securebase.measurement.catalogue import instruments
from securebase.model.parameter_set import ParameterSet
from securebase.picture import phrases
from securebase.picture.alliance import alliance as alliance_section
from securebase.picture.axis import latest_session
from securebase.picture.constants import constants
from securebase.picture.contributions import hypotheses
from securebase.picture.course import DatedCourse, track_record
from securebase.picture.fingerprints import FORMAT, default_parameter_set, picture_fingerprint, picture_versions
from securebase.picture.mechanisms import mechanisms
from securebase.picture.outcomes import OutcomeChange, outcome_changes
from securebase.picture.parts import (
    Alliance,
    Constant,
    EvidenceGate,
    Header,
    Hypotheses,
    MechanismSeries,
    PictureProblem,
    Session,
    Signal,
    Symptoms,
    Versions,
)
from securebase.picture.rivals import Rivals, rivals
from securebase.picture.series import PreparedRecord, prepare
from securebase.picture.signals import Findings, signals
from securebase.picture.symptoms import band_excess, sudden_changes
from securebase.picture.symptoms import symptoms as symptoms_section
from securebase.records.episode import EpisodeRecord
from securebase.schema import Place, canonical_json, from_plain


@dataclass(frozen=True, slots=True)
class ClientPicture:
    """Results that a page, a chart or a report may show about one client.

    Scores are in points of the questionnaires, times in days since the episode began. Every interval is a pair of
    ends, and parts that the evidence gate closes are empty.

    Parameters
    ----------
    format : int
        Version of the stored form; `from_json` reads only the current one.
    person : str
        Identifier of the client in the record.
    as_of : float
        Day of the picture, in days.
    fingerprint : str
        Digest of the data, the day and the versions; see `picture_fingerprint`.
    simulated : bool
        Whether the record was drawn by the simulator.
    versions : Versions
        Versions of the product, the parameter set and the specification.
    header : Header
        Phase, problem areas, and sessions held and planned.
    gate : EvidenceGate
        Which statements the number of paired sessions allows.
    axis : tuple of Session
        Sessions held, then those still planned.
    symptoms : Symptoms
        Reported scores, smoothed estimate, forecast (50% and 90% intervals), expected course (80% band) and
        reliable change.
    alliance : Alliance
        Ratings, long-run mean, within-person deviations, ruptures and repairs.
    mechanisms : tuple of MechanismSeries
        Social support, interpersonal stress, emotional processing and interpersonal skills.
    signals : tuple of Signal
        Points to know before the next session, the most urgent first.
    constants : tuple of Constant
        Numbers from outside the record that the results rest on.
    limits : tuple of str
        Sentences on the limits of these results.
    outcomes : tuple of OutcomeChange
        Symptoms, functioning, wellbeing, relationships and resilience, each with reliable change where it is known.
    rivals : Rivals
        Medication and life events on record, which may move symptoms and processes alike.
    problems : tuple of PictureProblem
        Reasons why the course could not be tracked.
    answered : int
        Number of questionnaires that the client answered, wholly or in part.
    hypotheses : Hypotheses, optional
        Person-specific lagged effects and contributions, where their gate is open.
    hypotheses_problem : PictureProblem, optional
        Reason why hypotheses could not be computed.
    whole : bool
        False where hypotheses were left out, as in the caseload.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=1, rng=np.random.default_rng(1), sessions=8, dropout=0.0)
    >>> picture = securebase.client_picture(cohort.episodes[0], as_of=60.0, whole=False)
    >>> securebase.ClientPicture.from_json(picture.to_json()) == picture
    True
    """

    format: int
    person: str
    as_of: float
    fingerprint: str
    simulated: bool
    versions: Versions
    header: Header
    gate: EvidenceGate
    axis: tuple[Session, ...]
    symptoms: Symptoms
    alliance: Alliance
    mechanisms: tuple[MechanismSeries, ...]
    signals: tuple[Signal, ...]
    constants: tuple[Constant, ...]
    limits: tuple[str, ...]
    outcomes: tuple[OutcomeChange, ...]
    rivals: Rivals
    problems: tuple[PictureProblem, ...] = ()
    answered: int = 0
    hypotheses: Hypotheses | None = None
    hypotheses_problem: PictureProblem | None = None
    whole: bool = True

    def to_json(self) -> str:
        """Return the picture as canonical JSON."""
        return canonical_json(self)

    @classmethod
    def from_json(cls, text: str) -> ClientPicture:
        """Read a picture that `to_json` wrote; raise InputError if it is none, or its format is not the current one."""
        check_class(text, str, "text", advice="Pass the text that to_json returned.")
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"invalid JSON: {error}", advice="Pass the text that to_json returned.") from None
        stored = data.get("format") if isinstance(data, dict) else None
        if stored != FORMAT:
            raise InputError(
                f"the stored picture has another format ({stored!r}, expected {FORMAT})",
                advice="Compute it again from the record.",
            )
        return from_plain(data, cls, Place("the stored picture", InputError), complete=True)


def client_picture(
    record: EpisodeRecord,
    *,
    as_of: float,
    parameter_set: ParameterSet | None = None,
    whole: bool = True,
    fingerprint: str | None = None,
) -> ClientPicture:
    """Compute the picture of one client as known at one day of the episode.

    Later entries are left out, except safety alerts, which are never hidden. If the course cannot be tracked, the
    picture still holds the reported scores and gives the reason.

    Parameters
    ----------
    record : EpisodeRecord
        The record of the client.
    as_of : float
        Day of the picture, in days since the episode began.
    parameter_set : ParameterSet, optional
        Parameters with which the course is tracked; by default those of the literature.
    whole : bool
        Whether to compute the hypotheses too, which take longest.
    fingerprint : str, optional
        Result of `picture_fingerprint` for the same arguments, where it is known already.

    Returns
    -------
    ClientPicture
        Reported scores, estimated course, forecast, signals and, if `whole`, hypotheses.

    Raises
    ------
    InputError
        If `as_of` is not a finite number, or no administration is of a known instrument, as in a record read from a
        table: the picture would be empty, as if the client had never answered.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=1, rng=np.random.default_rng(1), sessions=8, dropout=0.0)
    >>> picture = securebase.client_picture(cohort.episodes[0], as_of=60.0, whole=False)
    >>> picture.as_of, picture.whole
    (60.0, False)
    """
    check_class(record, EpisodeRecord, "record", advice="Read one with securebase.read_record, or simulate one.")
    if parameter_set is not None:
        check_class(
            parameter_set, ParameterSet, "parameter_set", advice="Load one with securebase.parameter_set(name)."
        )
    _check_day(as_of)
    if record.administrations and not any(form.instrument in instruments() for form in record.administrations):
        raise InputError(
            f"no administration of “{record.person}” uses an instrument of the catalogue, so no picture can be drawn",
            advice="For a person of a table use the command track, or the function track with the table's own fit.",
        )
    parameters = parameter_set if parameter_set is not None else default_parameter_set()
    prepared = prepare(record, as_of, parameters)
    tracked = track_record(prepared, parameters)
    problem = tracked if isinstance(tracked, PictureProblem) else None
    course = tracked if isinstance(tracked, DatedCourse) else None
    symptoms, alliance = symptoms_section(prepared, course), alliance_section(prepared, course)
    hypotheses_result = hypotheses(prepared, course, parameters) if whole and course is not None else None
    has_hypotheses = isinstance(hypotheses_result, Hypotheses)
    return ClientPicture(
        format=FORMAT,
        person=record.person,
        as_of=as_of,
        fingerprint=fingerprint or picture_fingerprint(record, as_of=as_of, parameter_set=parameters),
        simulated=record.simulated,
        versions=picture_versions(parameters),
        header=_header(prepared),
        gate=prepared.gate,
        axis=prepared.axis,
        symptoms=symptoms,
        alliance=alliance,
        mechanisms=mechanisms(prepared, course),
        signals=signals(
            Findings(
                prepared=prepared,
                symptoms=symptoms,
                alliance=alliance,
                band_excess=band_excess(course, symptoms),
                sudden_changes=sudden_changes(prepared.series["symptoms"]),
            )
        ),
        constants=constants(
            symptoms, prepared.series["symptoms"].scale, prepared.measures, parameters, lags=has_hypotheses
        ),
        limits=LIMITS,
        problems=(problem,) if problem is not None else (),
        outcomes=_outcomes(prepared, parameters),
        rivals=rivals(prepared.record, as_of),
        answered=prepared.answered,
        hypotheses=hypotheses_result if isinstance(hypotheses_result, Hypotheses) else None,
        hypotheses_problem=hypotheses_result if isinstance(hypotheses_result, PictureProblem) else None,
        whole=whole,
    )


def _check_day(as_of: object) -> None:
    if not isinstance(as_of, Real) or not isfinite(as_of):
        raise InputError(f"as_of must be a finite number of days (got {as_of!r})")


def _outcomes(prepared: PreparedRecord, parameters: ParameterSet) -> tuple[OutcomeChange, ...]:
    return outcome_changes(prepared.record.administrations, prepared.record.symptom_measure, parameters)


def _header(prepared: PreparedRecord) -> Header:
    record = prepared.record
    return Header(
        sessions_held=latest_session(prepared.axis) or 0,
        sessions_planned=record.planned_sessions,
        phase=record.phase.value if record.phase else None,
        problem_areas=tuple(area.label for area in record.problem_areas),
        began_on=record.began_on.isoformat() if record.began_on else None,
        ended_at=record.ended_at,
        last_session_at=max((s.at for s in record.sessions), default=None),
    )


#: The limits of these results.
LIMITS = (
    phrases.EXPECTED_COURSE,
    phrases.INTERVALS,
    phrases.SHARED_IMPROVEMENT,
    phrases.MECHANISMS_ARE_HYPOTHESES,
    phrases.FEEDBACK_EFFECT,
    phrases.NOT_A_DEVICE,
)
