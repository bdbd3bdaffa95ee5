"""Small courses of therapy for tests: weekly sessions with the session sets, from lists of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.records.episode import (
    AdministrationRecord,
    EpisodeRecord,
    SafetyAlertRecord,
    ScoreRecord,
    TherapySessionRecord,
)
from securebase.records.vocabulary import Moment, Phase, ProblemArea

AFTER = {"alliance", "emotional_processing"}
STEADY: Mapping[str, float] = {
    "symptoms": 6.5,
    "alliance": 7.0,
    "social_support": 4.5,
    "interpersonal_stress": 5.5,
    "emotional_processing": 4.5,
    "interpersonal_skills": 4.5,
}


def session_day(number: int) -> float:
    """Return the day of a weekly session at 14:00, the first on day 0."""
    return 7.0 * (number - 1) + 0.58


def administration(number: int, moment: Moment, values: Mapping[str, float]) -> AdministrationRecord:
    """Return an administration one hour before the session, or one hour after its start."""
    instrument = "session_after" if moment is Moment.AFTER else "session_before"
    at = session_day(number) + (0.04 if moment is Moment.AFTER else -0.04)
    scores = tuple(
        ScoreRecord(construct, value, at, moment, number, instrument, construct) for construct, value in values.items()
    )
    return AdministrationRecord(instrument, at, moment, number, scores=scores)


def episode(n: int, *, planned: int = 16, **series: Sequence[float | None] | float) -> EpisodeRecord:
    """Return an episode of `n` sessions. A series has one value per session (None: missing) or is constant."""
    administrations = []
    for number in range(1, n + 1):
        values: dict[str, float] = {}
        for construct in TRACKED_CONSTRUCTS:
            course = series.get(construct, STEADY[construct])
            value = course[number - 1] if isinstance(course, Sequence) else course
            if value is not None:
                values[construct] = float(value)
        for moment in (Moment.BEFORE, Moment.AFTER):
            part = {c: v for c, v in values.items() if (c in AFTER) == (moment is Moment.AFTER)}
            if part:
                administrations.append(administration(number, moment, part))
    return EpisodeRecord(
        person="client-1",
        administrations=tuple(administrations),
        sessions=tuple(TherapySessionRecord(k, session_day(k), Phase.MIDDLE) for k in range(1, n + 1)),
        problem_areas=(ProblemArea.ROLE_DISPUTE,),
        phase=Phase.MIDDLE,
        planned_sessions=planned,
        simulated=True,
    )


def alert(number: int, *, acknowledged_at: float | None = None) -> SafetyAlertRecord:
    return SafetyAlertRecord(session_day(number) - 0.04, "session_before", 11, 2.0, acknowledged_at)
