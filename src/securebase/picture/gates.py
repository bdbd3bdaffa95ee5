"""Evidence gates: the number of paired sessions decides which estimates a picture may show.

The thresholds come from simulation: after 16 sessions, a ranking of four mechanisms by one client's own data names the
right one in a third of cases, where chance is a quarter. The picture therefore opens in steps and lists what is closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from securebase.measurement.constructs import MECHANISM_CONSTRUCTS
from securebase.picture import phrases
from securebase.picture.parts import EvidenceGate, GateLevel
from securebase.records.episode import EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Moment

#: Construct → the client's scores on any scale, in order of time.
Scores = Mapping[str, Sequence[ScoreRecord]]
#: Paired sessions from which each level opens.
GATE_THRESHOLDS = {
    GateLevel.COHORT: 6,
    GateLevel.CONTRIBUTIONS: 12,
    GateLevel.EXPLORATION: 24,
    GateLevel.RANKING: 100,
}
#: Reports between sessions that also open exploration.
EXPLORATION_REPORTS = 50
#: Length in days of the week before a session.
WEEK_DAYS = 7.0


def gate(record: EpisodeRecord, scores: Scores) -> EvidenceGate:
    """Return the evidence gate that this record has reached."""
    paired = len(paired_sessions(record, scores))
    between = len({a.at for a in record.administrations if a.moment is Moment.BETWEEN and a.scores})
    level = max((g for g, count in GATE_THRESHOLDS.items() if paired >= count), default=GateLevel.REPORTED)
    if between >= EXPLORATION_REPORTS:
        level = max(level, GateLevel.EXPLORATION)
    says, waits = phrases.gate_sentence(paired), phrases.closed_gates(level, paired)
    return EvidenceGate(level, paired, between, says, waits)


def paired_sessions(record: EpisodeRecord, scores: Scores) -> tuple[int, ...]:
    """Return the numbers of the paired sessions.

    In a paired session symptoms were rated before, and the alliance or a mechanism after or in the week before it.
    """
    symptoms = [s for s in scores["symptoms"] if (s.instrument, s.scale) == record.symptom_measure]
    process_scores = [s for name in ("alliance", *MECHANISM_CONSTRUCTS) for s in scores[name]]
    return tuple(
        session.number
        for session in record.sessions
        if any(_is_before(score, session) for score in symptoms)
        and any(_is_before(score, session) or _is_after(score, session) for score in process_scores)
    )


def _is_before(score: ScoreRecord, session: TherapySessionRecord) -> bool:
    """Return True for a score rated before this session, or in the week up to it without naming a session."""
    if score.session is not None:
        return score.session == session.number and score.moment is Moment.BEFORE
    return session.at - WEEK_DAYS <= score.at <= session.at


def _is_after(score: ScoreRecord, session: TherapySessionRecord) -> bool:
    return score.session == session.number and score.moment is Moment.AFTER
