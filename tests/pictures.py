"""Client pictures written by hand, without a model, so that a chart's test depends only on the chart."""

from __future__ import annotations

from dataclasses import replace
from math import exp, sqrt

from securebase.picture import phrases
from securebase.picture.client import ClientPicture
from securebase.picture.fingerprints import FORMAT
from securebase.picture.outcomes import OutcomeChange
from securebase.picture.parts import (
    Alliance,
    AllianceDeviation,
    Constant,
    EvidenceGate,
    ForecastErrors,
    GateLevel,
    Header,
    Hypotheses,
    Hypothesis,
    Interval,
    IntervalEstimate,
    MechanismSeries,
    RankingVerdict,
    Repair,
    ReportedScore,
    RuptureMark,
    ScoreForecast,
    Session,
    SymptomChange,
    Symptoms,
    Versions,
)
from securebase.picture.rivals import Medication, Rivals

HELD, PLANNED = 13, 16
SYMPTOMS = (19, 18, 17, 17, 15, 18, 19, 17, 15, 14, 13, 13, 12)
SMOOTH = (18.9, 18.1, 17.3, 16.6, 16.2, 17.4, 18.1, 16.9, 15.3, 14.2, 13.3, 12.9, 12.4)
ALLIANCE = (6.9, 7.2, 7.4, 7.8, 7.6, 5.1, 5.6, 6.9, 7.6, 7.5, 8.0, 7.9, 8.1)
MECHANISMS = (
    ("social_support", "Social support", True, (3, 3, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7)),
    ("interpersonal_stress", "Interpersonal stress", False, (7, 7, 6, 6, 6, 8, 8, 7, 6, 5, 5, 5, 4)),
    ("emotional_processing", "Emotional processing", True, (3, 3.5, 4, 4.5, 5, 4.5, 4.5, 5, 5.5, 5.5, 6, 6, 6)),
    ("interpersonal_skills", "Interpersonal skills", True, (4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6)),
)


def day(session: int) -> float:
    """Return the day of a weekly session, the first on day 0."""
    return 7.0 * (session - 1)


def reported(values: tuple[float, ...]) -> tuple[ReportedScore, ...]:
    return tuple(ReportedScore(day(n), float(v), n) for n, v in enumerate(values, 1))


def hypothesis(n: int, construct: str, label: str) -> Hypothesis:
    """Return a hypothesis: the first has a high data share and agreeing readings, the others are borrowed."""
    is_first = n == 0
    carried = Interval(-1.2 - 0.1 * n, -2.6, 0.4)
    return Hypothesis(
        constructs=(construct,),
        label=label,
        carried=carried,
        apart=Interval(-0.9, -2.0, 0.3) if is_first else Interval(0.1, -0.8, 1.0),
        effect=Interval(-0.12, -0.3, 0.06),
        effect_apart=Interval(-0.1, -0.3, 0.1),
        direction=0.86,
        direction_apart=0.8,
        largest=0.3,
        chance=0.2,
        share=0.35 if is_first else 0.12,
        borrowed=not is_first,
        rests_on_trend=not is_first,
        reverse=Interval(-0.05, -0.2, 0.1),
        reverse_direction=0.7,
        hidden=0.34,
        future=0.4,
        future_pairs=12,
        future_fails=False,
        decoys=0 if is_first else 6,
        decoys_made=19,
        decoy_fails=not is_first,
    )


def hypotheses() -> Hypotheses:
    names = (("alliance", "Alliance"), *((name, label) for name, label, _, _ in MECHANISMS))
    return Hypotheses(
        first_session=1,
        last_session=HELD,
        first_at=day(1),
        last_at=day(HELD),
        change=-6.5,
        rows=tuple(hypothesis(n, *labels) for n, labels in enumerate(names)),
        less_pooling=False,
        verdict=RankingVerdict.NOT_YET,
        about="",
        sessions_left=3,
        foretelling=ForecastErrors(12, 1.9, 1.7, 2.8, 2.4),
    )


def full() -> ClientPicture:
    """Return a course at session 13 of 16 with a repaired rupture, on a measure with a remission cut-off."""
    usual = 7.1
    line = tuple(IntervalEstimate(day(n), usual, usual - 0.6, usual + 0.6) for n in range(1, HELD + 1))
    forecasts = []
    for k in range(1, PLANNED - HELD + 1):
        middle, sd = 12.4 - 0.6 * k, 1.2 + 0.75 * sqrt(k)
        ranges = (middle - 0.67 * sd, middle + 0.67 * sd, middle - 1.64 * sd, middle + 1.64 * sd)
        forecasts.append(ScoreForecast(day(HELD + k), HELD + k, middle, *ranges))
    change = SymptomChange(19, 12, -7, -36.8, 6, "improved", "published", True, False, False, False)
    expected_course = [(day(n), 18.6 * exp(-0.06 * (n - 1)) + 1.2) for n in range(1, PLANNED + 1)]
    symptoms = Symptoms(
        instrument="phq9",
        scale="total",
        label="PHQ-9",
        measure="PHQ-9",
        minimum=0,
        maximum=27,
        worse_is_higher=True,
        validated=True,
        reported=reported(SYMPTOMS),
        estimated=tuple(IntervalEstimate(day(n), v, v - 1.5, v + 1.5) for n, v in enumerate(SMOOTH, 1)),
        forecast=tuple(forecasts),
        expected=tuple(IntervalEstimate(at, v, v - 2.6, v + 2.6) for at, v in expected_course),
        remission_below=5,
        remission_chance=0.06,
        severity="moderate",
        change=change,
    )
    bars = tuple(
        AllianceDeviation(day(n), n, v, usual, 0.7 * (v - usual), low=v < 6) for n, v in enumerate(ALLIANCE, 1)
    )
    rupture = RuptureMark(
        day(6),
        6,
        "withdrawal",
        5.1,
        7.5,
        6.2,
        Repair.RETURNED,
        lowest=5.1,
        lowest_at=day(6),
        lowest_session=6,
        repaired_at=day(9),
        repaired_session=9,
    )
    return ClientPicture(
        format=FORMAT,
        person="A. B.",
        as_of=day(HELD) + 1,
        fingerprint="0123456789abcdef",
        simulated=True,
        versions=Versions("0.1.0", "literature", "1", "trend carried, start stationary, per week"),
        header=Header(HELD, PLANNED, "ending", ("Role dispute",), "2025-01-06", None, day(HELD)),
        gate=EvidenceGate(
            GateLevel.CONTRIBUTIONS,
            HELD,
            0,
            phrases.gate_sentence(HELD),
            phrases.closed_gates(GateLevel.CONTRIBUTIONS, HELD),
        ),
        axis=tuple(Session(n, day(n), n <= HELD) for n in range(1, PLANNED + 1)),
        symptoms=symptoms,
        alliance=Alliance(
            "Session alliance",
            0,
            10,
            False,
            reported(ALLIANCE),
            IntervalEstimate(day(HELD), usual, usual - 0.6, usual + 0.6),
            line,
            bars,
            (rupture,),
        ),
        mechanisms=tuple(
            MechanismSeries(name, label, 0, 10, better, reported(values), IntervalEstimate(day(HELD), 5, 4, 6))
            for name, label, better, values in MECHANISMS
        ),
        signals=(),
        constants=(Constant("Usual scores of alliance", "mean 7", "a guess", verified=False),),
        limits=(phrases.EXPECTED_COURSE, phrases.NOT_A_DEVICE),
        outcomes=(OutcomeChange("Symptoms", "PHQ-9", 2, 17.0, 7.0, "improved", 6.0), OutcomeChange("Functioning")),
        rivals=Rivals((Medication("Sertraline", 14.0, None),), (-150.0, 21.0)),
        hypotheses=hypotheses(),
    )


def early() -> ClientPicture:
    """Return the same course after three sessions, with reports and the expected course only."""
    complete, level = full(), GateLevel.REPORTED
    return replace(
        complete,
        gate=EvidenceGate(level, 3, 0, phrases.gate_sentence(3), phrases.closed_gates(level, 3)),
        symptoms=replace(
            complete.symptoms, reported=complete.symptoms.reported[:3], estimated=(), forecast=(), remission_chance=None
        ),
        alliance=replace(
            complete.alliance, reported=complete.alliance.reported[:3], usual=None, usual_line=(), bars=(), ruptures=()
        ),
        mechanisms=tuple(replace(m, reported=m.reported[:3], usual=None) for m in complete.mechanisms),
        hypotheses=None,
    )


def empty() -> ClientPicture:
    """Return a picture without any responses."""
    base = early()
    return replace(
        base,
        axis=tuple(replace(s, held=False) for s in base.axis),
        header=replace(base.header, sessions_held=0, last_session_at=None),
        symptoms=replace(base.symptoms, reported=(), expected=(), change=None, severity=None),
        alliance=replace(base.alliance, reported=()),
        mechanisms=tuple(replace(m, reported=()) for m in base.mechanisms),
    )
