"""Emotional work in three of Carla's sessions: retellings, a story card, a corrective experience, ruptures."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.workbench.therapy_sessions import actions
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.actions import save_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import NOON, Cast


def save_sheet(
    cast: Cast, name: str, typed: dict[str, Any], session: TherapySession | None = None, **more: Any
) -> Artefact:
    """Save a worksheet about Carla as Alma filled it in."""
    parsed = parse_values(worksheet(name), typed)
    assert parsed.unread == {}
    defaults = {"id": uuid.uuid4(), "episode": cast.episode, "worksheet": name, "by": cast.alma, "filled": parsed}
    return save_artefact(**defaults | {"revision": 0, "at": NOON, "session": session} | more)


def create_emotional_work(cast: Cast) -> list[TherapySession]:
    """Create three sessions with emotional work and return them."""
    later = [
        actions.create_session(episode=cast.episode, by=cast.alma, number=n, held_at=NOON + timedelta(days=7 * (n - 1)))
        for n in (2, 3)
    ]
    held = [cast.session, *later]
    for session, peak, end, good in zip(held, (90, 75, 60), (70, 50, 30), ("0", "2", "5"), strict=True):
        typed = {"story": "The day father left", "peak": peak, "end_distress": end, "positive": good, "negative": "8"}
        save_sheet(cast, "telling", typed, session)
    save_sheet(cast, "telling", {"story": "The <accident>", "peak": 40}, held[1])
    save_sheet(cast, "story_card", {"story": "The day father left", "before": "I drove him away", "changed": "6"})
    typed = {
        "feared": "She would shout",
        "happened": "She asked how I was",
        "who_there": "Her mother",
        "different": "8",
    }
    save_sheet(cast, "corrective_experience", typed, held[2])
    save_sheet(cast, "emotional_range", {"shown": ["anger", "joy"], "could_voice": "4"}, held[2])
    save_sheet(cast, "affect", {"feeling": "ashamed", "intensity_before": "8", "intensity_after": "5"}, held[2])
    repaired = actions.mark_rupture(session=held[0], by=cast.alma, kind="withdrawal", at=held[0].held_at)
    save_sheet(cast, "rupture_work", {"kind": "withdrawal", "repair": ["named", "owned"], "explored": "yes"}, held[1])
    actions.record_repair(rupture=repaired, by=cast.alma, session=held[1], at=held[1].held_at)
    actions.mark_rupture(session=held[2], by=cast.alma, kind="confrontation", at=held[2].held_at)
    return held
