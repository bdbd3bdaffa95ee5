"""Tests of paired sessions and of the thresholds of the evidence gates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from episodes import administration, episode, session_day
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.picture import gates
from securebase.picture.parts import EvidenceGate, GateLevel
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from securebase.records.vocabulary import Moment


def scores(record: EpisodeRecord) -> gates.Scores:
    return {name: record.scores(name) for name in TRACKED_CONSTRUCTS}


def paired_sessions(record: EpisodeRecord) -> tuple[int, ...]:
    return gates.paired_sessions(record, scores(record))


def gate(record: EpisodeRecord) -> EvidenceGate:
    return gates.gate(record, scores(record))


def test_a_session_with_both_check_ins_is_paired() -> None:
    assert paired_sessions(episode(3)) == (1, 2, 3)


def test_neither_symptoms_nor_alliance_alone_pair_a_session() -> None:
    nothing = dict.fromkeys(
        ("social_support", "interpersonal_stress", "interpersonal_skills", "emotional_processing"), (None,) * 3
    )
    assert paired_sessions(episode(3, alliance=(None,) * 3, **nothing)) == ()
    assert paired_sessions(episode(3, symptoms=(None,) * 3)) == ()


def test_mechanisms_in_the_same_check_in_count_as_the_week_before() -> None:
    after = {"alliance": (None,) * 3, "emotional_processing": (None,) * 3}
    assert paired_sessions(episode(3, **after)) == (1, 2, 3)


def test_a_questionnaire_without_a_session_counts_within_a_week() -> None:
    base = episode(2, symptoms=(None, None))
    for days_before, expected in ((3.0, (2,)), (7.0, (2,)), (7.5, ())):
        at = session_day(2) - days_before
        # a date too early for session 2 must lie after session 1, or it would be in the week of session 1
        at = max(at, session_day(1) + 0.1) if days_before <= 7 else session_day(2) + 0.1
        loose = AdministrationRecord(
            "phq9",
            at,
            Moment.BETWEEN,
            None,
            scores=(ScoreRecord("symptoms", 12.0, at, Moment.BETWEEN, None, "phq9", "total"),),
        )
        record = replace(base, administrations=(*base.administrations, loose), symptom_measure=("phq9", "total"))
        assert paired_sessions(record) == expected


def test_symptoms_after_a_session_do_not_pair_it() -> None:
    record = episode(1, symptoms=(None,))
    late = administration(1, Moment.AFTER, {"symptoms": 5.0})
    misplaced = replace(late, scores=tuple(replace(s, instrument="session_before") for s in late.scores))
    assert paired_sessions(replace(record, administrations=(*record.administrations, misplaced))) == ()


@pytest.mark.parametrize(
    ("sessions", "level"),
    [
        (0, GateLevel.REPORTED),
        (5, GateLevel.REPORTED),
        (6, GateLevel.COHORT),
        (11, GateLevel.COHORT),
        (12, GateLevel.CONTRIBUTIONS),
        (23, GateLevel.CONTRIBUTIONS),
        (24, GateLevel.EXPLORATION),
        (99, GateLevel.EXPLORATION),
        (100, GateLevel.RANKING),
    ],
)
def test_gates_open_at_their_thresholds(sessions: int, level: GateLevel) -> None:
    result = gate(episode(sessions, planned=120))
    assert (result.level, result.paired) == (level, sessions)
    assert result.says
    assert result.waits


def test_fifty_reports_between_sessions_open_exploration() -> None:
    def between(n: int) -> AdministrationRecord:
        return AdministrationRecord(
            "session_before",
            n / 3,
            Moment.BETWEEN,
            None,
            scores=(ScoreRecord("loneliness", 5.0, n / 3, Moment.BETWEEN),),
        )

    base = episode(3)
    for count, level in ((49, GateLevel.REPORTED), (50, GateLevel.EXPLORATION)):
        additional = tuple(between(n) for n in range(count))
        assert gate(replace(base, administrations=(*base.administrations, *additional))).level is level
