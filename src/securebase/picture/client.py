"""`ClientPicture`, everything that may be shown about one tracked client, computed from the record alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import isfinite
from numbers import Real

from securebase import __version__
from securebase.errors import InputError, check_class
from securebase.measurement.catalogue import instruments
from securebase.measurement.constructs import MECHANISM_CONSTRUCTS
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameter_set import parameter_set as named_parameter_set
from securebase.model.person_effects.one_client import DEFAULT_BETWEEN_SD, DEFAULT_BETWEEN_SD_SOURCE
from securebase.picture import hypothesis_phrases, phrases, sections
from securebase.picture.alliance import alliance as alliance_section
from securebase.picture.contributions import hypotheses
from securebase.picture.course import measures, time_axis, track_record
from securebase.picture.gates import gate
from securebase.picture.omissions import count_answered, symptom_notes
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
from securebase.picture.signals import Findings, signals
from securebase.records.episode import EpisodeRecord
from securebase.schema import Place, canonical_json, from_plain, value_fingerprint

#: Parameters as the table of constants names them.
_QUANTITIES = {
    "persistence": "How much of a change persists after a week",
    "level_share": "Baseline share of score differences",
    "natural_change": "Change without therapy",
    "level_correlation": "Correlation of baselines",
    "state_correlation": "Correlation within one week",
    "random_slope_sd": "SD of change by the planned end",
    "random_slope_level_correlation": "Correlation of change with baseline",
    "random_slope_correlation": "Correlation of changes",
    "random_slope_rate": "Rate of change per week",
}
#: Names written out in a row of constants; more pairs than this are counted.
MAX_NAMED = 2

#: Raised when the shape or meaning of a stored picture changes.
FORMAT = 4


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
    past = record_at(record, as_of)
    instrument_scales = measures(past, parameters)
    axis = time_axis(past, as_of)
    evidence = gate(past)
    tracked = track_record(past, instrument_scales, axis, parameters)
    course = None if isinstance(tracked, PictureProblem) else tracked
    symptoms = sections.symptoms(past, parameters, course, axis, evidence.level)
    symptoms = replace(symptoms, notes=symptom_notes(past))
    alliance = alliance_section(
        past, instrument_scales["alliance"], parameters, course, level=evidence.level, as_of=as_of
    )
    scale = sections.find_scale(past.symptom_measure, parameters)
    findings = Findings(
        record=past,
        as_of=as_of,
        symptoms=symptoms,
        alliance=alliance,
        band_excess=sections.band_excess(course, symptoms),
        sudden_changes=sections.sudden_changes(scale[1] if scale else None, symptoms.reported),
        own_level=alliance.usual is not None,
    )
    hypotheses_result = None
    if whole and course is not None:
        hypotheses_result = hypotheses(
            course, instrument_scales, axis, parameters, level=evidence.level, paired=evidence.paired
        )
    return ClientPicture(
        format=FORMAT,
        person=record.person,
        as_of=as_of,
        fingerprint=fingerprint or picture_fingerprint(record, as_of=as_of, parameter_set=parameters),
        simulated=record.simulated,
        versions=_versions(parameters),
        header=_header(past),
        gate=evidence,
        axis=axis,
        symptoms=symptoms,
        alliance=alliance,
        mechanisms=tuple(
            sections.mechanism(past, name, instrument_scales[name], parameters, course, level=evidence.level)
            for name in MECHANISM_CONSTRUCTS
        ),
        signals=signals(findings),
        constants=_constants(symptoms, instrument_scales, parameters, lags=isinstance(hypotheses_result, Hypotheses)),
        limits=LIMITS,
        problems=(tracked,) if isinstance(tracked, PictureProblem) else (),
        answered=count_answered(past),
        hypotheses=hypotheses_result if isinstance(hypotheses_result, Hypotheses) else None,
        hypotheses_problem=hypotheses_result if isinstance(hypotheses_result, PictureProblem) else None,
        whole=whole,
    )


def _check_day(as_of: object) -> None:
    if not isinstance(as_of, Real) or not isfinite(as_of):
        raise InputError(f"as_of must be a finite number of days (got {as_of!r})")


@cache
def default_parameter_set() -> ParameterSet:
    """Return the default parameter set with random slopes, used where a picture is given none.

    Without random slopes, intervals far ahead are too narrow (see the set's `limits`).
    """
    return named_parameter_set().with_random_slopes()


def picture_fingerprint(record: EpisodeRecord, *, as_of: float, parameter_set: ParameterSet | None = None) -> str:
    """Return the fingerprint that a stored picture must match: data, day, and versions of product and parameters."""
    parameters = parameter_set if parameter_set is not None else default_parameter_set()
    # worksheets, people and circles do not enter a picture, so an edit there must not make it out of date
    relevant = replace(record, artefacts=(), relationships=(), circles=())
    return value_fingerprint(
        {"format": FORMAT, "record": relevant, "day": int(as_of // 1), "versions": _versions(parameters)}
    )


def versions_fingerprint(parameter_set: ParameterSet | None = None) -> str:
    """Return a fingerprint of the versions behind a picture, without the record and the day."""
    parameters = parameter_set if parameter_set is not None else default_parameter_set()
    return value_fingerprint({"format": FORMAT, "versions": _versions(parameters)})


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
        ended_at=record.ended_at if record.ended_at is not None and record.ended_at <= as_of else None,
    )


def _versions(parameter_set: ParameterSet) -> Versions:
    specification = parameter_set.specification
    return Versions(
        product=__version__,
        parameter_set=parameter_set.id,
        parameter_set_version=str(parameter_set.version),
        specification=", ".join(
            [
                f"trend {specification.trend}",
                f"start {specification.start}",
                *(["random slopes"] if specification.random_slopes else []),
                f"per {specification.time_unit}",
            ]
        ),
    )


def _header(record: EpisodeRecord) -> Header:
    return Header(
        sessions_held=max((s.number for s in record.sessions), default=0),
        sessions_planned=record.planned_sessions,
        phase=record.phase.value if record.phase else None,
        problem_areas=tuple(area.label for area in record.problem_areas),
        began_on=record.began_on.isoformat() if record.began_on else None,
        ended_at=record.ended_at,
        last_session_at=max((s.at for s in record.sessions), default=None),
    )


def _constants(
    symptoms: Symptoms, instrument_scales: dict[str, tuple[str, str]], parameter_set: ParameterSet, *, lags: bool
) -> tuple[Constant, ...]:
    """Return the unverified constants behind the numbers, and always the threshold of reliable change."""
    constants = []
    if symptoms.change is not None and symptoms.change.threshold is not None:
        value = phrases.points(symptoms.change.threshold)
        constants.append(Constant("Reliable change", value, symptoms.change.basis, symptoms.change.verified))
    constants += _typical_scores(instrument_scales, parameter_set)
    for quantity, source in dict.fromkeys((s.quantity, s.source) for s in parameter_set.unverified):
        group = [s for s in parameter_set.unverified if (s.quantity, s.source) == (quantity, source)]
        values = [s.value for s in group]
        value = " to ".join(phrases.number(v, 2) for v in sorted({min(values), max(values)}))
        label = f"{_QUANTITIES.get(quantity, quantity.replace('_', ' '))}: {_join_subjects([s.about for s in group])}"
        constants.append(Constant(label, value, source, False))
    unverified_edges = [e for e in parameter_set.edges if e.grade != "verified"]
    if unverified_edges:
        value = f"{len(unverified_edges)} of {len(parameter_set.edges)} links"
        label = "Lagged effects between constructs"
        constants.append(Constant(label, value, parameter_set.name, False))
    if lags:
        spread = phrases.number(DEFAULT_BETWEEN_SD, 2)
        constants.append(Constant(hypothesis_phrases.BETWEEN_SD, spread, DEFAULT_BETWEEN_SD_SOURCE, False))
    return tuple(constants)


def _typical_scores(instrument_scales: dict[str, tuple[str, str]], parameter_set: ParameterSet) -> Iterator[Constant]:
    """Yield one row per unverified source of typical scores, with the range of the means that it covers."""
    units = {
        name: unit
        for name, measure in instrument_scales.items()
        if (unit := parameter_set.scales.get(measure)) is not None and not unit.verified
    }
    for spread, reliability, source in dict.fromkeys((u.sd, u.reliability, u.source) for u in units.values()):
        group = {n: u for n, u in units.items() if (u.sd, u.reliability, u.source) == (spread, reliability, source)}
        means = " to ".join(f"{mean:g}" for mean in sorted({u.mean for u in group.values()}))
        value = f"mean {means}, SD {spread:g}, reliability {reliability:g}"
        yield Constant(f"Typical scores: {_join_subjects([*group])}", value, source, False)


def _join_subjects(subjects: Sequence[str]) -> str:
    """Join constructs, or pairs such as “symptoms with alliance”, into one phrase; count pairs beyond MAX_NAMED.

    The four mechanisms together are called so.
    """
    if set(MECHANISM_CONSTRUCTS) <= set(subjects):
        subjects = [*(s for s in subjects if s not in MECHANISM_CONSTRUCTS), "the mechanisms"]
    names = [" with ".join(subject.replace("_", " ").split(", ")) for subject in subjects]
    if " with " in names[0] and len(names) > MAX_NAMED:
        return f"{names[0]}, and {len(names) - 1} more pairs"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


#: The limits of these results.
LIMITS = (
    phrases.EXPECTED_COURSE,
    phrases.INTERVALS,
    phrases.SHARED_IMPROVEMENT,
    phrases.MECHANISMS_ARE_HYPOTHESES,
    phrases.FEEDBACK_EFFECT,
    phrases.NOT_A_DEVICE,
)
