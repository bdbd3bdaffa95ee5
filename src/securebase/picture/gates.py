"""How much may be said of one client: it grows with the number of paired sessions.

The limits come from simulation: ranking four mechanisms by one client's own data is right in a third of the cases at 16
sessions, where chance is a quarter. So the picture opens step by step, and says what still waits.
"""

from __future__ import annotations

from securebase.measurement.constructs import MECHANISM_CONSTRUCTS
from securebase.picture import phrases
from securebase.picture.parts import EvidenceGate, GateLevel
from securebase.records.episode import EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Moment

#: Paired sessions from which each level opens.
OPENS_AT = {
    GateLevel.COHORT: 6,
    GateLevel.CONTRIBUTIONS: 12,
    GateLevel.EXPLORATION: 24,
    GateLevel.RANKING: 100,
}
#: Between-session reports that open exploration as well.
BETWEEN_FOR_EXPLORATION = 50
#: Days before a session that count as the week before it.
WEEK = 7.0


def gate(record: EpisodeRecord) -> EvidenceGate:
    """The gate that this record has reached."""
    paired = len(paired_sessions(record))
    between = len({a.at for a in record.administrations if a.moment is Moment.BETWEEN and a.scores})
    level = max((g for g, count in OPENS_AT.items() if paired >= count), default=GateLevel.REPORTED)
    if between >= BETWEEN_FOR_EXPLORATION:
        level = max(level, GateLevel.EXPLORATION)
    return EvidenceGate(level, paired, between, phrases.gate_says(level, paired), phrases.gate_waits(level, paired))


def paired_sessions(record: EpisodeRecord) -> tuple[int, ...]:
    """Numbers of the sessions with symptoms before, and alliance or mechanisms after or in the week before."""
    symptoms = record.symptom_scores
    others = [s for name in ("alliance", *MECHANISM_CONSTRUCTS) for s in record.scores(name)]
    return tuple(
        session.number
        for session in record.sessions
        if any(_before(score, session) for score in symptoms)
        and any(_before(score, session) or _after(score, session) for score in others)
    )


def _before(score: ScoreRecord, session: TherapySessionRecord) -> bool:
    """Given for this session before it began, or with no session in the week up to it."""
    if score.session is not None:
        return score.session == session.number and score.moment is Moment.BEFORE
    return session.at - WEEK <= score.at <= session.at


def _after(score: ScoreRecord, session: TherapySessionRecord) -> bool:
    return score.session == session.number and score.moment is Moment.AFTER
