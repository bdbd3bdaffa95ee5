"""Emotional work in three of Carla's sessions: retellings, a story card, a corrective experience, ruptures."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.workbench.therapy_sessions.actions import create_session, mark_rupture, record_repair
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.actions import save_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import NOON, Cast


def save_worksheet(
    cast: Cast, name: str, typed: dict[str, Any], session: TherapySession | None = None, **overrides: Any
) -> Artefact:
    """Save a completed worksheet as its page would."""
    parsed = parse_values(worksheet(name), typed)
    assert parsed.unread == {}
    defaults = {"id": uuid.uuid4(), "episode": cast.episode, "worksheet": name, "by": cast.alma, "filled": parsed}
    return save_artefact(**defaults | {"revision": 0, "at": NOON, "session": session} | overrides)


def create_emotional_work(cast: Cast) -> list[TherapySession]:
    """Create three sessions with emotional work and return them."""
    later_sessions = [
        create_session(episode=cast.episode, by=cast.alma, number=n, held_at=NOON + timedelta(days=7 * (n - 1)))
        for n in (2, 3)
    ]
    sessions = [cast.session, *later_sessions]
    for session, peak, end, good in zip(sessions, (90, 75, 60), (70, 50, 30), ("0", "2", "5"), strict=True):
        typed = {"story": "The day father left", "peak": peak, "end_distress": end, "positive": good, "negative": "8"}
        save_worksheet(cast, "telling", typed, session)
    save_worksheet(cast, "telling", {"story": "The <accident>", "peak": 40}, sessions[1])
    save_worksheet(cast, "story_card", {"story": "The day father left", "before": "I drove him away", "changed": "6"})
    typed = {
        "feared": "She would shout",
        "happened": "She asked how I was",
        "who_there": "Her mother",
        "different": "8",
    }
    save_worksheet(cast, "corrective_experience", typed, sessions[2])
    save_worksheet(cast, "emotional_range", {"shown": ["anger", "joy"], "could_voice": "4"}, sessions[2])
    save_worksheet(cast, "affect", {"feeling": "ashamed", "intensity_before": "8", "intensity_after": "5"}, sessions[2])
    repaired = mark_rupture(session=sessions[0], by=cast.alma, kind="withdrawal", at=sessions[0].held_at)
    save_worksheet(
        cast, "rupture_work", {"kind": "withdrawal", "repair": ["named", "owned"], "explored": "yes"}, sessions[1]
    )
    record_repair(rupture=repaired, by=cast.alma, session=sessions[1], at=sessions[1].held_at)
    mark_rupture(session=sessions[2], by=cast.alma, kind="confrontation", at=sessions[2].held_at)
    return sessions
