"""A course with recorded sources of support and ratings of support, for the hand-over."""

from __future__ import annotations

from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord


def course(shares: dict[int, float], support: float, held: int = 16) -> EpisodeRecord:
    """Return a course of sixteen sessions with sources of support (%) and ratings of support."""
    return EpisodeRecord(
        "c",
        sessions=tuple(TherapySessionRecord(n, 7.0 * n) for n in range(1, held + 1)),
        planned_sessions=16,
        artefacts=tuple(
            ArtefactRecord(str(n), "support_ledger", {"therapist_share": share}, at=n, begun_at=n, session=n)
            for n, share in shares.items()
        ),
        administrations=tuple(
            AdministrationRecord("session_before", score.at, session=score.session, scores=(score,))
            for score in (
                ScoreRecord(
                    "social_support", support, 7.0 * n, session=n, instrument="session_before", scale="social_support"
                )
                for n in range(1, held + 1)
            )
        ),
    )
